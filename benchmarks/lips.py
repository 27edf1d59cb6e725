"""Lips against real speakers of the same sound, on rendered video.

Another face says what each clip of the media folder says, with the clip's own sound, once with
the text and once without; the judge measures clip and reel alike. The clips are recordings whose
sound is the visible speaker's: sentences of the GRID corpus, whose file names spell what is said,
and one interview without text.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from avatar.engine.judge import judge
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.options import ReelOptions
from avatar.engine.pipeline import make_reel
from benchmarks.command import workplace

CLIPS = "grid_*.mpg", "vr_face1.mp4"
OPTIONS = ReelOptions(width=360, height=640, fps=25, captions="none")  # as good as larger ones
CLOSURES, QUIET = ("closures", "rate", "n"), ("quiet", "rate", "frames")
QUIET_WITH_EDGES = "quiet", "rate_with_edges", "frames_with_edges"
PEERS = (  # mean r of the same eight clips, what each says the mouth does, never drawn
    ("Rhubarb 1.14, text given", 0.652),
    ("Rhubarb 1.14, phonetic", 0.651),
    ("loudness of the sound", 0.571),
)
# The GRID corpus (Cooke et al. 2006): a letter or digit of the file name for each word.
GRID = (
    {"b": "bin", "l": "lay", "p": "place", "s": "set"},
    {"b": "blue", "g": "green", "r": "red", "w": "white"},
    {"a": "at", "b": "by", "i": "in", "w": "with"},
    None,  # a letter of the alphabet says its own name
    {"z": "zero", "1": "one", "2": "two", "3": "three", "4": "four"}
    | {"5": "five", "6": "six", "7": "seven", "8": "eight", "9": "nine"},
    {"a": "again", "n": "now", "p": "please", "s": "soon"},
)


@dataclass(frozen=True)
class Judged:
    """What the judge says of a reel against its clip, and of the clip where its text is known."""

    clip: str
    with_text: bool
    found: dict[str, Any]
    speaker: dict[str, Any] | None = None


def lips(photo: Path, media: Path) -> None:
    """Print correlation and lag for each clip, with text and without, and the means."""
    clips = sorted(clip for pattern in CLIPS for clip in (media / "talking").glob(pattern))
    if not clips:
        print(f"no talking clips in {media}: lips were not measured\n")
        return
    print(
        f"opening of the lips against {len(clips)} real speakers, r (best within 3 frames, lag):"
    )
    judged = []
    with workplace() as folder:
        for clip in clips:
            row = _judged(photo, clip, Path(folder))
            judged += row
            print(f"  {clip.stem:14} {'   '.join(map(_cell, row))}")
    without = {one.clip: one for one in judged if not one.with_text}
    given = without | {one.clip: one for one in judged if one.with_text}
    for name, these in (("text given where it is known", given), ("text not given", without)):
        found = [one.found for one in these.values()]
        rates = ", ".join(pooled(found, *what) for what in (CLOSURES, QUIET))
        print(f"  mean, {name:28}: {_means(found)}; {rates}")
    speakers = [one.speaker for one in given.values() if one.speaker]
    rates = ", ".join(pooled(speakers, *what) for what in (CLOSURES, QUIET))
    print(f"  the speakers themselves, by the same measure: {rates}")
    for name, r in PEERS:
        print(f"  {name}: {r:.3f}")
    print()


def said_in(clip: Path) -> str | None:
    """The sentence of a GRID clip by its name; None for others."""
    kind, _, code = clip.stem.partition("_")
    if kind != "grid":
        return None
    spelled = (
        letter if words is None else words[letter]
        for letter, words in zip(code, GRID, strict=True)
    )
    return " ".join(spelled)


def sound_of(clip: Path, folder: Path) -> Path:
    """The clip's sound as it lies beside its pictures, from the beginning of the file on."""
    wav = folder / f"{clip.stem}.wav"
    if not wav.exists():
        kept = "aresample=async=1:first_pts=0"
        run_ffmpeg(["-i", f"file:{clip}", "-vn", "-af", kept, "-ac", "1", f"file:{wav}"])
    return wav


def rendered(
    photo: Path, audio: Path | None, text: str | None, folder: Path, options: ReelOptions = OPTIONS
) -> tuple[Path, Path]:
    """A reel and its cues; what was spoken, aligned and analysed before is used again."""
    reel, cues = folder / "reel.mp4", folder / "cues.json"
    made = make_reel(
        photo, reel, text=text, audio=audio, options=options, cache_dir=folder / "cache"
    )
    cues.write_text(json.dumps(made.cues))
    return reel, cues


def _judged(photo: Path, clip: Path, folder: Path) -> list[Judged]:
    """With its text where that is known, and without.

    Which sound is when is told by the text for both: what a reel without one made of its guesses
    is judged by what was really said.
    """
    audio, text = sound_of(clip, folder), said_in(clip)
    judged, truth = [], None
    if text is not None:
        reel, cues = rendered(photo, audio, text, folder)
        truth = cues.rename(folder / "truth.json")
        found = judge(reel, against=clip, cues=truth)
        judged.append(Judged(clip.stem, True, found, judge(clip, cues=truth)))
    reel, _ = rendered(photo, audio, None, folder)
    judged.append(Judged(clip.stem, False, judge(reel, against=clip, cues=truth)))
    return judged


def _cell(judged: Judged) -> str:
    sync = judged.found["sync"]
    text = "text" if judged.with_text else "none"
    return f"{text} {sync['r']:.3f} ({sync['best_r']:.3f}, {sync['lag_frames']:+d})"


def pooled(found: list[dict[str, Any]], part: str, rate: str, count: str) -> str:
    """One rate over all reels, each frame or sound counting once."""
    parts = [one[part] for one in found if one[part] is not None]
    n = sum(one[count] for one in parts)
    met = sum((one[rate] or 0) * one[count] for one in parts)
    return f"{part} {met / n:.1%} of {n}" if n else f"{part} none"


def _means(found: list[dict[str, Any]]) -> str:
    syncs = [one["sync"] for one in found]
    r, best, lag = (
        np.mean([sync[name] for sync in syncs]) for name in ("r", "best_r", "lag_frames")
    )
    return f"r {r:.3f} (best {best:.3f}), lag {lag:+.2f} frames"
