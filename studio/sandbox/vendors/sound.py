"""Speech as the doubles of the voice vendors say it, and when each of its characters sounds.

espeak-ng speaks, so that whoever tries the sandbox understands what they hear; every voice has a
pitch of its own, which is all that a "clone" has of its sample.
"""

import functools
import itertools
import json
import re
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

PROCESS = Path(__file__).with_name("espeak.py")
TIMEOUT_S = 120
WORDS_A_MINUTE = 170
SLOWEST, FASTEST = 80, 450  # what espeak-ng takes
VARIANTS = ("", "m1", "m3", "m7", "f1", "f2", "f4")
NOTHING_S = 0.3  # how long a text without a word lasts
QUIET = 0.02  # of the loudest sample; a word has ended below
# Sound tags of the vendors, pauses and SSML: not read out. [laughs] (laughs) <#0.5#> <break/>
MARKUP = re.compile(r"\[[^\]\n]{1,40}\]|\((?:laughs|sighs|coughs|breath)\)|<[^>\n]{1,200}>")
SCRIPTS = (  # the first that a text has letters of
    ("\u3040", "\u30ff", "ja"),
    ("\uac00", "\ud7a3", "ko"),
    ("\u4e00", "\u9fff", "cmn"),
    ("\u0400", "\u04ff", "ru"),
    ("\u0370", "\u03ff", "el"),
    ("\u0600", "\u06ff", "ar"),
    ("\u0590", "\u05ff", "he"),
    ("\u0900", "\u097f", "hi"),
)
ESPEAK_NAMES = {"zh": "cmn", "yue": "yue", "no": "nb", "fil": "en", "tl": "en", "en": "en-us"}

Samples = NDArray[np.int16]


@dataclass(frozen=True)
class Speech:
    """One text, spoken. `starts[i]` and `ends[i]` are the seconds of `text[i]`; there are no
    gaps between them, and the last ends with the sound.
    """

    text: str
    sample_rate: int
    samples: Samples  # mono
    starts: tuple[float, ...]
    ends: tuple[float, ...]

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate


def say(text: str, *, voice: str = "", language: str = "", speed: float = 1.0) -> Speech:
    """A text in the voice of that name; the same request sounds the same.

    language: ISO 639-1, perhaps with a region; "" follows the script of the text.
    """
    said = MARKUP.sub(_blank, text)
    rate, pcm, words = _spoken(said, _voice(voice, language, said), speed)
    samples = np.frombuffer(pcm, dtype="=i2").astype(np.int16)
    if len(samples) < NOTHING_S * rate / 3:
        samples = np.zeros(int(NOTHING_S * rate), dtype=np.int16)
    edges = _edges(said, words, samples) / rate
    times = [round(float(one), 4) for one in edges]
    return Speech(text, rate, samples, tuple(times[:-1]), tuple(times[1:]))


def _blank(found: re.Match[str]) -> str:
    """As long as before, so that positions stay; a pause where there was one."""
    return ("," if found[0].startswith("<") else " ").ljust(len(found[0]))


def _voice(voice: str, language: str, text: str) -> tuple[str, int]:
    """espeak-ng's voice, and its pitch."""
    draw = zlib.crc32(voice.encode())
    code = language.lower() or script_language(text)
    code = ESPEAK_NAMES.get(code.split("-")[0], code.split("-")[0])
    variant = VARIANTS[draw % len(VARIANTS)]
    return (f"{code}+{variant}" if variant else code), 35 + draw // 7 % 35


def script_language(text: str) -> str:
    """What a text is probably written in, by its letters; "en" for Latin ones."""
    for first, last, code in SCRIPTS:
        if any(first <= letter <= last for letter in text):
            return code
    return "en"


@functools.lru_cache(maxsize=64)
def _spoken(
    text: str, voice: tuple[str, int], speed: float
) -> tuple[int, bytes, list[tuple[int, int]]]:
    asked = {
        "library": str(espeakng_loader.get_library_path()),
        "data": str(espeakng_loader.get_data_path()),
        "voice": voice[0],
        "rate": round(min(max(WORDS_A_MINUTE * speed, SLOWEST), FASTEST)),
        "pitch": voice[1],
        "text": text,
    }
    done = subprocess.run(
        [sys.executable, "-I", str(PROCESS)],
        input=json.dumps(asked).encode(),
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode and not voice[0].startswith("en"):
        return _spoken(text, ("en-us", voice[1]), speed)  # a language that it does not speak
    if done.returncode:
        raise OSError(f"espeak-ng failed: {done.stderr.decode(errors='replace')[-300:]}")
    head, _, pcm = done.stdout.partition(b"\n")
    about = json.loads(head)
    return about["sample_rate"], pcm, about["words"]


def _edges(text: str, words: list[tuple[int, int]], samples: Samples) -> NDArray[np.float64]:
    """Where the characters begin, in samples, and behind them the end of the last.

    The letters of a word share the time while it is heard, what stands behind it the pause.
    """
    n, total = len(text), len(samples)
    marks = [(0, 0)]
    for at, sample in words:
        if marks[-1][0] < at < n and marks[-1][1] <= sample < total:
            marks.append((at, sample))
    marks.append((n, total))
    edges = np.zeros(n + 1)
    for (at, begin), (until, end) in itertools.pairwise(marks):
        body = len(text[at:until].rstrip(" \t\n.,;:!?…\"'”’)»")) or until - at
        heard = _heard(samples, begin, end) if at + body < until else end
        edges[at : at + body] = np.linspace(begin, heard, body, endpoint=False)
        edges[at + body : until] = np.linspace(heard, end, until - at - body, endpoint=False)
    edges[n] = total
    return edges


def _heard(samples: Samples, begin: int, end: int) -> int:
    """Behind the last sample in this stretch that can be heard."""
    level = QUIET * float(np.abs(samples.astype(np.int32)).max(initial=1))
    loud = np.flatnonzero(np.abs(samples[begin:end].astype(np.int32)) > level)
    return begin + int(loud[-1]) + 1 if len(loud) else end
