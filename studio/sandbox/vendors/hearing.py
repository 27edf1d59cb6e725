"""What the doubles understand of speech. They recognise what they themselves have said, however
it was encoded since, by the rise and fall of its loudness; of all other speech they hear when
somebody speaks, and put words of their own there.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.sandbox.state import Document, Sandbox
from studio.sandbox.vendors.audio import READ_RATE, Sound
from studio.sandbox.vendors.sound import Samples, Speech

FRAME_S = 0.02
KEPT = 200  # of what was said, so many are known again
SHIFTS = range(-6, 7)  # frames that an encoder adds or takes at the front
ALIKE = 0.93  # correlation of two curves of the same speech, encoded anew
LONGER = 0.04  # part of its length that it may have grown or shrunk by
LOUD = 0.05  # of the loudest frames; below, nobody speaks
WORDS_A_SECOND = 2.5
WORDS = (
    "Somebody speaks here, and the sandbox does not know this voice. "
    "It hears when there are words, and when there are none. "
    "So it writes these down instead, one after the other, where the sound is."
)


@dataclass(frozen=True)
class Heard:
    """A transcript. starts and ends are seconds, one for each character of the text."""

    text: str
    starts: tuple[float, ...]
    ends: tuple[float, ...]

    def words(self) -> list[tuple[str, float, float]]:
        """What stands between the spaces, with its seconds."""
        return [
            (self.text[a:b], self.starts[a], self.ends[b - 1])
            for a, b, is_word in spans(self.text)
            if is_word
        ]


def spans(text: str) -> list[tuple[int, int, bool]]:
    """(first, behind the last, whether it is a word) of words and of what is between them."""
    found, at = [], 0
    for is_space, run in itertools.groupby(text, str.isspace):
        length = len(list(run))
        found.append((at, at + length, not is_space))
        at += length
    return found


def loudness(samples: Samples, sample_rate: int) -> NDArray[np.float64]:
    """(F,) root mean square of every FRAME_S, 1 at its loudest."""
    size = int(sample_rate * FRAME_S)
    n = len(samples) // size
    if not n:
        return np.zeros(1)
    frames = samples[: n * size].astype(np.float64).reshape(n, size)
    curve: NDArray[np.float64] = np.sqrt((frames**2).mean(axis=1))
    return curve / max(float(curve.max()), 1.0)


def remember(sandbox: Sandbox, speech: Speech) -> None:
    """So that the doubles know it again, whichever of them said it."""
    seen = sandbox.of("speech")
    curve = loudness(speech.samples, speech.sample_rate)
    with seen.lock:
        seen.put(
            "said",
            seen.new_id(),
            text=speech.text,
            starts=speech.starts,
            ends=speech.ends,
            curve=[int(255 * one) for one in curve],
        )
        for old in seen.find("said")[:-KEPT]:
            seen.delete("said", old["id"])


def transcribe(sandbox: Sandbox, sound: Sound, text: str = "") -> Heard:
    """What is said in it. text: what it is where it is not known, "" for words enough."""
    if known := recognised(sandbox, sound):
        return Heard(known["text"], tuple(known["starts"]), tuple(known["ends"]))
    loud = _loud(sound)
    if not text:
        n = max(1, round(len(loud) * FRAME_S * WORDS_A_SECOND))
        text = " ".join(itertools.islice(itertools.cycle(WORDS.split()), n)) if len(loud) else ""
    return placed(text, sound)


def aligned(sandbox: Sandbox, sound: Sound, text: str) -> Heard:
    """When each character of a text that is known is said."""
    known = recognised(sandbox, sound)
    if known and known["text"] == text:
        return Heard(text, tuple(known["starts"]), tuple(known["ends"]))
    return placed(text, sound)


def recognised(sandbox: Sandbox, sound: Sound) -> Document | None:
    """What the doubles said there: text, starts, ends; None for somebody else's speech."""
    curve = loudness(sound.samples, READ_RATE)
    for known in reversed(sandbox.of("speech").find("said")):
        if _alike(curve, np.array(known["curve"], dtype=np.float64)):
            return known
    return None


def _alike(one: NDArray[np.float64], two: NDArray[np.float64]) -> bool:
    n = min(len(one), len(two))
    if n < 2 * len(SHIFTS) or abs(len(one) - len(two)) > max(15, LONGER * n):
        return False
    best = 0.0
    for shift in SHIFTS:
        a, b = one[max(shift, 0) :], two[max(-shift, 0) :]
        m = min(len(a), len(b))
        if a[:m].std() and b[:m].std():
            best = max(best, float(np.corrcoef(a[:m], b[:m])[0, 1]))
    return best > ALIKE


def _loud(sound: Sound) -> NDArray[Any]:
    """The frames in which somebody speaks."""
    curve = loudness(sound.samples, READ_RATE)
    return np.flatnonzero(curve > LOUD) if sound.samples.any() else np.zeros(0, dtype=int)


def placed(text: str, sound: Sound) -> Heard:
    """A text spread over the time in which somebody speaks: letters share it evenly, what is
    between them gets the pauses.
    """
    loud = _loud(sound)
    if not len(loud):
        loud = np.arange(max(1, int(sound.seconds / FRAME_S)))
    letters = [i for i, letter in enumerate(text) if letter.isalnum()]
    marks = np.linspace(0, len(loud), len(letters) + 1)
    starts, ends = np.zeros(len(text)), np.zeros(len(text))
    for nth, i in enumerate(letters):
        starts[i] = _at(loud, marks[nth])
        ends[i] = max(starts[i], _at(loud, marks[nth + 1], behind=True))
    for i, letter in enumerate(text):
        if not letter.isalnum():
            starts[i] = ends[i - 1] if i else (starts[letters[0]] if letters else 0.0)
            ends[i] = starts[i]
    for i in range(len(text) - 2, -1, -1):
        if not text[i].isalnum() and text[i + 1].isalnum():
            ends[i] = max(starts[i], starts[i + 1])
    return Heard(text, _rounded(starts), _rounded(ends))


def _rounded(times: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(round(float(one), 3) for one in times)


def _at(loud: NDArray[Any], mark: float, *, behind: bool = False) -> float:
    """The second at which so many frames of speech have passed. behind: where they end, and not
    where the next one begins.
    """
    whole = int(mark)
    if behind and mark == whole:
        return float((loud[whole - 1] + 1) * FRAME_S)
    if whole >= len(loud):
        return float((loud[-1] + 1) * FRAME_S)
    return float((loud[whole] + mark - whole) * FRAME_S)
