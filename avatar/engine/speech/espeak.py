"""espeak-ng: every language, exact times of words and phones, nothing to download.

Its library runs in a child process (espeak_process.py says why).
"""

import contextlib
import difflib
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import IO, Any

import espeakng_loader
import numpy as np

from avatar.engine.errors import EngineError, InputError, ModelUnavailable
from avatar.engine.speech.phones import sound_class
from avatar.engine.types import Waveform

PROCESS = Path(__file__).with_name("espeak_process.py")
TIMEOUT_S = 120  # half an hour of speech takes some seconds
ALIASES = {"zh": "cmn", "zh-cn": "cmn", "zh-tw": "cmn", "zh-hk": "yue", "no": "nb", "iw": "he"}
# Stress and espeak-ng's own allophone marks go; its ASCII for a few phones becomes IPA.
TO_IPA = str.maketrans({"S": "ʃ", "Z": "ʒ", "A": "ɑ", "g": "ɡ", "ε": "ɛ", "?": "ʔ", ":": "ː"})
MARKS = str.maketrans("", "", "ˈˌ-^'\"\u200d#._|;~")
CLOSURE_S, LONGEST_CLOSURE_S = 0.06, 0.15  # of a stop behind a pause, and behind a sound
CLOSED_LEVEL = 0.08  # of the sound before; louder is no closure
GLIDE_S = 0.02  # from a nasal or liquid into its vowel, measured on espeak-ng 1.52
PRIMARY_STRESS, SECONDARY_STRESS = "ˈ", "ˌ"


@dataclass(frozen=True)
class SpokenPhone:
    phone: str  # IPA, without stress
    start: int  # samples
    end: int
    stress: int = 0


@dataclass(frozen=True)
class Utterance:
    """One text as espeak-ng says it."""

    waveform: Waveform
    sample_rate: int
    phones: tuple[SpokenPhone, ...]  # silence is where there is none
    word_starts: tuple[tuple[int, int], ...]  # (index of its first phone, of its first letter)


def utterances(
    texts: list[str],
    language: str,
    *,
    variant: str = "",
    words_per_minute: int = 170,
    pitch: int = 50,
    pitch_range: int = 50,
) -> Iterator[Utterance]:
    """Each text spoken by itself, one after the other; the same request gives the same samples.

    variant: one of espeak-ng's voice variants ("f3"), or "" for the language's own voice.
    pitch, pitch_range: 0 to 99 as espeak-ng counts them, 50 is the voice's own.

    Raises InputError for a language that espeak-ng does not speak.
    """
    file = voice(language).file
    request = {
        "voice": f"{file}+{variant}" if variant else file,
        "rate": words_per_minute,
        "pitch": pitch,
        "range": pitch_range,
        "texts": texts,
    }
    with _asked(**request) as answer:
        rate = int(answer.line()["sample_rate"])
        for _ in texts:
            part = answer.line()
            pcm = answer.bytes(2 * part["n_samples"])
            waveform = np.frombuffer(pcm, dtype=np.int16).astype(np.float32) / 32768
            yield _utterance(waveform, rate, part["events"])


def _utterance(waveform: Waveform, rate: int, events: list[list[Any]]) -> Utterance:
    """Phones and words out of events.

    A word's own sample may lie before the last phone of the word ahead of it; the order of the
    events is right.
    """
    starts = [int(at) for kind, at, _ in events if kind == "p"] + [len(waveform)]
    phones: list[SpokenPhone] = []
    words: list[tuple[int, int]] = []
    n_seen = 0
    for kind, _, value in events:
        if kind == "w":
            words.append((len(phones), int(value)))
            continue
        start, end = starts[n_seen], min(starts[n_seen + 1], len(waveform))
        n_seen += 1
        phone = value.translate(MARKS).translate(TO_IPA)
        if not phone or value.startswith("(") or end <= start:
            continue  # a pause, or the mark of another language's word: "(en)"
        stress = 2 if PRIMARY_STRESS in value else 1 if SECONDARY_STRESS in value else 0
        phones.append(SpokenPhone(phone, start, end, stress))
    timed = _as_heard(phones, waveform, rate)
    return Utterance(waveform, rate, tuple(timed), tuple(words))


def _as_heard(phones: list[SpokenPhone], waveform: Waveform, rate: int) -> list[SpokenPhone]:
    """Phones from where they are heard, which is not always where espeak-ng announces them.

    A stop is announced at its burst: its closure, when lips or tongue shut, lies in the phone
    before. A vowel behind a nasal or liquid is announced when its glide is over.
    """
    heard = list(phones)
    for i, phone in enumerate(phones):
        before = heard[i - 1] if i else SpokenPhone("", 0, 0)
        start = phone.start
        if sound_class(phone.phone) == "stop":
            start = _closure_start(waveform, before, phone.start, rate)
        elif sound_class(phone.phone) == "vowel" and sound_class(before.phone) == "sonorant":
            start = max(phone.start - round(rate * GLIDE_S), (before.start + before.end) // 2)
        if before.end > start:
            heard[i - 1] = replace(before, end=start)
        heard[i] = replace(phone, start=start)
    return heard


def _closure_start(waveform: Waveform, before: SpokenPhone, burst: int, rate: int) -> int:
    """Where the sound stops before a burst: in the phone before it, or in a pause."""
    pause = burst - before.end
    if pause > 0:
        return max(burst - round(rate * CLOSURE_S), before.end)
    earliest = max((before.start + before.end) // 2, burst - round(rate * LONGEST_CLOSURE_S))
    step = round(rate * 0.002)
    loud = CLOSED_LEVEL * float(np.abs(waveform[before.start : before.end]).max(initial=0.0))
    start = burst
    while start - step >= earliest and np.abs(waveform[start - step : start]).max() < loud:
        start -= step
    return start


@dataclass(frozen=True)
class Voice:
    code: str  # of the language, as espeak-ng writes it
    name: str  # of the language, in English
    file: str  # "gmw/en-US"


def voice(language: str) -> Voice:
    """espeak-ng's voice for a language; a region it lacks falls back to the language.

    Raises InputError, naming the nearest, when there is none.
    """
    known = voices()
    wanted = language.strip().lower().replace("_", "-")
    wanted = ALIASES.get(wanted, wanted)
    while wanted not in known and "-" in wanted:
        wanted = wanted.rpartition("-")[0]
        wanted = ALIASES.get(wanted, wanted)
    if wanted in known:
        return known[wanted]
    near = "; ".join(f"{v.code} ({v.name})" for v in _nearest(language.strip().lower()))
    raise InputError(f"There is no voice for the language “{language}”. Nearest: {near}.")


def _nearest(language: str) -> list[Voice]:
    """Up to four voices whose code or English name looks like what was asked for."""
    known = list(voices().values())

    def likeness(voice: Voice) -> float:
        name = voice.name.lower()
        scores = [
            difflib.SequenceMatcher(None, language, other).ratio()
            for other in (voice.code.lower(), name, name.split(" (")[0])
        ]
        return max(scores)

    return sorted(known, key=likeness, reverse=True)[:4]


@cache
def voices() -> dict[str, Voice]:
    """Every language espeak-ng speaks, by its code in small letters."""
    with _asked() as asked:
        answer = asked.line()
    known: dict[str, Voice] = {}
    for code, name, file in answer["voices"]:
        known.setdefault(code.lower(), Voice(code, name.strip(), file))
    return known


class _Answer:
    """What a process says to one request, read as it comes."""

    def __init__(self, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        self.process, self.log = process, log
        self.too_late = False
        self.watch = threading.Timer(TIMEOUT_S, self._end)
        self.watch.daemon = True
        self.watch.start()

    def _end(self) -> None:
        self.too_late = True
        self.process.kill()

    def line(self) -> dict[str, Any]:
        """Raises ModelUnavailable or EngineError when there is no whole one."""
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        if not said.endswith(b"\n"):
            raise self._broken_off()
        answer: dict[str, Any] = json.loads(said)
        return answer

    def bytes(self, n: int) -> bytes:
        assert self.process.stdout is not None
        said = self.process.stdout.read(n)
        if len(said) < n:
            raise self._broken_off()
        return said

    def _broken_off(self) -> EngineError:
        """Why it said no more."""
        code = self.process.wait()
        if self.too_late:
            return EngineError(f"The sketch voice did not finish within {TIMEOUT_S} seconds.")
        self.log.seek(0)
        tail = self.log.read().decode(errors="replace").strip().splitlines()[-1:]
        why = tail[0] if tail else f"signal {-code}"
        if "espeak_Initialize" in why or "cannot open" in why:
            return ModelUnavailable(f"espeak-ng is not usable on this machine: {why}.")
        return EngineError(f"The sketch voice broke off while reading the text ({why}).")

    def close(self) -> None:
        self.watch.cancel()
        self.process.kill()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.wait()


@contextlib.contextmanager
def _asked(**request: Any) -> Iterator[_Answer]:
    """One request to a fresh process."""
    request["library"] = espeakng_loader.get_library_path()
    request["data"] = espeakng_loader.get_data_path()
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as log:
        told.write(json.dumps(request).encode())
        told.seek(0)
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(PROCESS)],
                stdin=told,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        except OSError as e:
            raise ModelUnavailable(
                f"The sketch voice (espeak-ng) could not be started: {e}."
            ) from e
        answer = _Answer(process, log)
        try:
            yield answer
        finally:
            answer.close()
