"""Measure a finished video again: what somebody who was given only the file can see and hear.

It asks no part of the engine what it meant to do; only --cues, where given, say which sound is
when. Every number comes from the decoded frames, through the refined face mesh of MediaPipe, each
frame by itself (following a face smooths over time what lips do), and from the decoded sound.
Frames are those seen at a constant rate from the beginning of the file on.

*Opening* is the distance of the inner lips (mesh points 13 and 14) over that of the outer eye
corners (33 and 263), as the peers were measured. Nothing is subtracted: on most faces closed lips
measure 0.000 to 0.004, and a vowel 0.1 to 0.25. The instrument errs to both sides. It takes lips
that are less than about 0.02 apart for closed, so "closed" may be parted by that much; and on some
faces (soft video stills, full or glossy lips, lips rounded while shut) it takes the seam for an
opening of 0.01 to 0.03, up to 0.07, and calls shut lips open. p5 shows it: where it is above a
twentieth of p95, closures and quiet say more of the mesh than of the mouth: look at the frames.

    video
        file, width, height, fps, frames, seconds
        frames_without_face   their numbers are taken from their neighbours
    opening
        p95          95th percentile over all frames: the measure of an open mouth in this clip
        median
        p5           what the mesh makes of closed lips here, if they ever close
    sync             against the real speaker of the same sound (--against), at the real frames
        r            Pearson's r of both openings, no lag
        best_r       the best within three frames of the real video, earlier or later
        lag_frames   where that is; above 0 the reel is late
        lag_ms
        frames       how many were compared
    closures         of the phones whose lips meet (p, b, m and their kin; from --cues)
        rate         share whose frame, the one shown at the middle of the phone, has an opening of
                     at most 10 % of p95
        n
        open_at_ms   the others
    quiet            in pauses of more than 200 ms, before the first and after the last sound
        rate         share of frames with an opening of at most 5 % of p95, from 100 ms after a
                     sound to 100 ms before the next: lips close after a sound, not with it
        frames
        rate_with_edges, frames_with_edges   the same over the whole pauses
        open_at_ms   the frames that fail `rate`
        source       "cues", or "sound": where its level says that nobody speaks. Audible breath is
                     no voice, though mouths open for it
    blinks           by eye aspect ratio, height over width of the eye
        n            lids that go below 0.6 of the clip's own open eye, for 700 ms at most
        per_minute
        both_lids    share in which both lids do; dips within 80 ms are one blink
        closed_to    median over blinks of the higher lid's lowest point, 1 open. The mesh cannot
                     see 0: shut lids measure 0.2 to 0.4
        gap_variation   standard deviation over mean of the times between blinks; 0 is a metronome,
                     people have about 0.5 to 1 (Bentivoglio et al. 1997); null below three blinks
        at_s
    identity         the frame most at rest against the photo (--photo), framed as the engine
                     frames it; without a photo against the video's first frame, which says only
                     that nothing has drifted since
        psnr_db      of luma, over the head without the lips and what is near them. Encoding counts
        at_s         which frame
        moved_px     how far its eyes, nose and temples are from the reference's. Half a pixel
                     costs several dB, so a head that never rests cannot be judged by this
        against      "photo" or "first frame"
    flicker          mean change of luma (of 255) from one frame to the next, beside and above the
        median       head, where nothing should move; null where the head fills the frame
        p99          the worst of a hundred frames: key frames pop, captions come and go
    offset           how much later the lips are than the sound, where their correlation peaks,
        sound        against the level of the sound above 500 Hz, which lips dam when they close.
                     Real speakers measure -15 to 45 ms: this compares reels, and tells drift
        phones       against what the engine's table of mouth shapes expects of the phones (--cues)
            ms, r
            drift_ms_per_minute   the median slope over windows of 20 s; null below two windows
            windows
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from avatar.engine.align.features import HOP_MS, features
from avatar.engine.align.voicing import speech_in
from avatar.engine.errors import InputError
from avatar.engine.judge import measures
from avatar.engine.judge.likeness import Likeness
from avatar.engine.judge.seen import Seen, watch
from avatar.engine.lips.pull import blended, mouth_spans
from avatar.engine.lips.sound import LIPS_HZ, RATE, clarity, level_db
from avatar.engine.lips.visemes import targets_of
from avatar.engine.media.frames import frame_rate
from avatar.engine.media.sound import read_sound
from avatar.engine.types import Alignment, Phone, Waveform

__all__ = ["judge"]

SMOOTHED_TICKS = 6  # 30 ms: no lips follow the sound faster
FRAMES_MAY_DIFFER = 2  # between cues and video: a player's rounding at the end


@dataclass(frozen=True)
class _Said:
    """What of CUES.json counts here."""

    frames: int
    fps: float
    phones: list[Phone]


def judge(
    reel: Path,
    *,
    against: Path | None = None,
    cues: Path | None = None,
    photo: Path | None = None,
) -> dict[str, Any]:
    """Everything there is to say about a video, as in the module's docstring.

    Raises InputError when a file is missing, no video, has no sound or shows no face, and when the
    cues are of another video.
    """
    for video in (reel, against):  # what is no video is told before anything is measured
        if video is not None:
            frame_rate(video)
    said = None if cues is None else _read_cues(cues)
    waveform, sample_rate = read_sound(reel)
    likeness = Likeness(photo)
    seen = watch(reel, likeness)
    if said is not None:
        _check_cues(said, seen, cues, reel)
    length_ms = round(1000 * seen.n_frames / float(seen.fps))
    n_ticks = max(1, len(waveform) * RATE // sample_rate)
    heard = clarity(level_db(waveform, sample_rate, n_ticks, above_hz=LIPS_HZ))
    spoken = (
        [(phone.start_ms, phone.end_ms) for phone in said.phones]
        if said
        else _spoken(waveform, sample_rate)
    )
    return {
        "video": {
            "file": reel.name,
            "width": seen.width,
            "height": seen.height,
            "fps": round(float(seen.fps), 3),
            "frames": seen.n_frames,
            "seconds": round(length_ms / 1000, 3),
            "frames_without_face": seen.missing,
        },
        "opening": {
            "p95": round(measures.level(seen.opening), 4),
            "median": round(float(np.median(seen.opening)), 4),
            "p5": round(float(np.percentile(seen.opening, 5)), 4),
        },
        "sync": None if against is None else measures.synchrony(seen, watch(against)),
        "closures": measures.closures(seen, _closing(said.phones)) if said else None,
        "quiet": measures.quiet(seen, _between(spoken, length_ms), "cues" if said else "sound"),
        "blinks": measures.blinks(seen),
        "identity": likeness.measured(float(seen.fps)),
        "flicker": measures.flicker(seen),
        "offset": {
            "sound": measures.offset(seen, gaussian_filter1d(heard, SMOOTHED_TICKS)),
            "phones": measures.offset(seen, _expected(said, n_ticks)) if said else None,
        },
    }


def _read_cues(path: Path) -> _Said:
    try:
        cues = json.loads(path.read_text(encoding="utf-8"))
        phones = [Phone(p["phone"], int(p["start_ms"]), int(p["end_ms"])) for p in cues["phones"]]
        return _Said(int(cues["frames"]), float(cues["fps"]), phones)
    except OSError as e:
        raise InputError(f"There are no cues {path}.") from e
    except (ValueError, KeyError, TypeError) as e:
        raise InputError(f"{path.name} holds no cues as --cues of the engine writes them.") from e


def _check_cues(said: _Said, seen: Seen, cues: Path | None, reel: Path) -> None:
    if (
        abs(said.frames - seen.n_frames) > FRAMES_MAY_DIFFER
        or abs(said.fps - float(seen.fps)) > 0.01
    ):
        raise InputError(
            f"{cues and cues.name} is of another reel: it tells of {said.frames} frames at"
            f" {said.fps:g} a second, {reel.name} has {seen.n_frames} at {float(seen.fps):g}."
        )


def _closing(phones: list[Phone]) -> list[Phone]:
    return [phone for phone in phones if any(goal.closes for goal in targets_of(phone.phone))]


def _spoken(waveform: Waveform, sample_rate: int) -> list[measures.Span]:
    """Where the sound's level says that somebody speaks."""
    speaks = speech_in(features(waveform, sample_rate)) > 0.5
    edges = np.flatnonzero(np.diff(speaks.astype(int), prepend=0, append=0)) * HOP_MS
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _between(spoken: list[measures.Span], length_ms: int) -> list[measures.Span]:
    """Before, between and after them, to the end of the video."""
    starts = [*(start for start, _ in spoken), length_ms]
    ends = [0, *(end for _, end in spoken)]
    return [(end, start) for end, start in zip(ends, starts, strict=True) if start > end]


def _expected(said: _Said, n_ticks: int) -> NDArray[np.float64]:
    """How far the jaw drops by the phones alone, (n_ticks,)."""
    length_ms = round(n_ticks * 1000 / RATE)
    spans = mouth_spans(Alignment(length_ms, tuple(said.phones), ()), [])
    return blended(spans, n_ticks)["jaw"].astype(np.float64)
