"""espeak-ng as a program of its own: one text in on stdin, its sound out on stdout.

The library keeps its state in globals and is not made for threads, and the sandbox answers many
calls at once; a process for each text also turns a crash into an exit status. Only the standard
library is imported. Protocol: see `main`.
"""

import ctypes
import json
import sys
from typing import Any

AUDIO_OUTPUT_SYNCHRONOUS = 2
INITIALIZE_DONT_EXIT = 0x8000
CHARS_UTF8, ENDPAUSE = 0x1, 0x1000  # no espeakSSML: markup is read as text
POS_CHARACTER = 1
EVENT_LIST_TERMINATED, EVENT_WORD = 0, 1
RATE, PITCH = 1, 3  # of espeak_PARAMETER


class Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),  # characters, the first is 1
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),  # ms
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_ubyte * 8),
    ]


Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event)
)


def speak(c: Any, text: str) -> tuple[bytes, list[tuple[int, int]]]:
    """Samples (int16, this machine's byte order), and (first character, sample) of each word."""
    pcm = bytearray()
    words: list[tuple[int, int]] = []

    def collect(samples: Any, n_samples: int, event: Any) -> int:
        if n_samples > 0:
            pcm.extend(ctypes.string_at(samples, 2 * n_samples))
        i = 0
        while event[i].type != EVENT_LIST_TERMINATED:
            if event[i].type == EVENT_WORD:
                words.append((event[i].text_position - 1, event[i].sample))
            i += 1
        return 0

    callback = Callback(collect)
    c.espeak_SetSynthCallback(callback)
    encoded = text.encode()
    failed = c.espeak_Synth(
        encoded, len(encoded) + 1, 0, POS_CHARACTER, 0, CHARS_UTF8 | ENDPAUSE, None, None
    )
    if failed:
        raise OSError(f"espeak_Synth answered {failed}")
    return bytes(pcm), words


def main() -> None:
    """In, JSON: library, data (paths), voice, rate (words a minute), pitch (0 to 99), text.
    Out: a line of JSON with sample_rate and words; behind it the samples.
    """
    asked = json.load(sys.stdin)
    c = ctypes.CDLL(asked["library"])
    sample_rate = c.espeak_Initialize(
        AUDIO_OUTPUT_SYNCHRONOUS, 0, asked["data"].encode(), INITIALIZE_DONT_EXIT
    )
    if sample_rate <= 0:
        raise OSError("espeak_Initialize failed")
    if c.espeak_SetVoiceByName(asked["voice"].encode()):
        raise OSError(f"no voice {asked['voice']}")
    c.espeak_SetParameter(RATE, asked["rate"], 0)
    c.espeak_SetParameter(PITCH, asked["pitch"], 0)
    pcm, words = speak(c, asked["text"])
    about = {"sample_rate": sample_rate, "words": words}
    sys.stdout.buffer.write(json.dumps(about).encode() + b"\n" + pcm)


if __name__ == "__main__":
    main()
