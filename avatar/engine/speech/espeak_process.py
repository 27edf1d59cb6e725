"""espeak-ng in a process of its own: one request in on stdin, one answer out on stdout.

The library keeps its state in globals (voice, flutter, random numbers), has no locks, and a
hostile text may crash it. A fresh process for every request costs 20 ms and makes the same
request give the same samples, lets threads speak at once, and turns a crash into an exit status.
Nothing but the standard library is imported here. Protocol: see `main`.
"""

import ctypes
import json
import sys
from typing import Any

AUDIO_OUTPUT_SYNCHRONOUS = 2
INITIALIZE_PHONEME_EVENTS, INITIALIZE_PHONEME_IPA, INITIALIZE_DONT_EXIT = 0x1, 0x2, 0x8000
CHARS_UTF8, ENDPAUSE = 0x1, 0x1000  # no espeakSSML: markup is read as text
POS_CHARACTER = 1
EVENT_LIST_TERMINATED, EVENT_WORD, EVENT_PHONEME = 0, 1, 7
RATE, PITCH, RANGE = 1, 3, 4  # of espeak_PARAMETER


class EventId(ctypes.Union):
    _fields_ = [
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_ubyte * 8),  # UTF-8, zero-terminated when shorter
    ]


class Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),  # characters, the first is 1
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),  # ms
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", EventId),
    ]


class Voice(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),  # (priority byte, zero-terminated code)*, 0
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    ]


SynthCallback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event)
)


class Library:
    """espeak-ng's C interface, as far as it is needed."""

    def __init__(self, library: str, data: str) -> None:
        self.c = ctypes.CDLL(library)
        options = INITIALIZE_PHONEME_EVENTS | INITIALIZE_PHONEME_IPA | INITIALIZE_DONT_EXIT
        self.sample_rate = self.c.espeak_Initialize(
            AUDIO_OUTPUT_SYNCHRONOUS, 0, data.encode(), options
        )
        if self.sample_rate <= 0:
            raise OSError("espeak_Initialize failed")
        self.c.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(Voice))

    def voices(self) -> list[tuple[str, str, str]]:
        """(language code, name of the language, voice's file); a voice may have several codes."""
        listed = self.c.espeak_ListVoices(None)
        rows = []
        i = 0
        while listed[i]:
            voice = listed[i].contents
            name, file = voice.name.decode(), voice.identifier.decode()
            rows += [(code, name, file) for code in _codes(voice.languages)]
            i += 1
        return rows

    def speak(self, text: str) -> tuple[bytes, list[list[Any]]]:
        """Samples (int16, this machine's byte order) and events of one text.

        An event is ["w", sample, first character from 0] or ["p", sample, IPA].
        """
        pcm = bytearray()
        events: list[list[Any]] = []

        def collect(samples: Any, n_samples: int, event: Any) -> int:
            if n_samples > 0:
                pcm.extend(ctypes.string_at(samples, 2 * n_samples))
            i = 0
            while event[i].type != EVENT_LIST_TERMINATED:
                one = event[i]
                if one.type == EVENT_WORD:
                    events.append(["w", one.sample, one.text_position - 1])
                elif one.type == EVENT_PHONEME:
                    name = bytes(one.id.string).split(b"\0", 1)[0].decode(errors="ignore")
                    events.append(["p", one.sample, name])
                i += 1
            return 0

        callback = SynthCallback(collect)
        self.c.espeak_SetSynthCallback(callback)
        encoded = text.encode()
        failed = self.c.espeak_Synth(
            encoded, len(encoded) + 1, 0, POS_CHARACTER, 0, CHARS_UTF8 | ENDPAUSE, None, None
        )
        if failed:
            raise OSError(f"espeak_Synth answered {failed}")
        return bytes(pcm), events


def _codes(languages: int) -> list[str]:
    codes = []
    while ctypes.string_at(languages, 1) != b"\0":
        code = ctypes.string_at(languages + 1)
        codes.append(code.decode())
        languages += len(code) + 2
    return codes


def main() -> None:
    """Answer one request.

    In, JSON: library, data (paths); and either nothing more (list the voices), or voice, rate
    (words a minute), pitch, range (0 to 99), texts.
    Out: a line of JSON (voices, or sample_rate); then for each text a line (n_samples, events)
    and behind it its samples. Each is sent as soon as it is spoken.
    """
    request = json.load(sys.stdin)
    library = Library(request["library"], request["data"])
    if "texts" not in request:
        sys.stdout.write(json.dumps({"voices": library.voices()}) + "\n")
        return
    if library.c.espeak_SetVoiceByName(request["voice"].encode()):
        raise OSError(f"no voice {request['voice']}")
    for parameter, name in ((RATE, "rate"), (PITCH, "pitch"), (RANGE, "range")):
        library.c.espeak_SetParameter(parameter, request[name], 0)
    out = sys.stdout.buffer
    out.write(json.dumps({"sample_rate": library.sample_rate}).encode() + b"\n")
    for text in request["texts"]:
        pcm, events = library.speak(text)
        about = {"n_samples": len(pcm) // 2, "events": events}
        out.write(json.dumps(about).encode() + b"\n" + pcm)


if __name__ == "__main__":
    main()
