"""What the engine has learned about speech, from synthetic speech alone.

    python -m avatar.engine.lessons      (writes align/shapes.npz and lips/ear.npz again)

espeak-ng reads a few sentences of several languages in several voices and knows which sound is
when; no recording of a person is used. Learning takes seconds, reading the two files nothing, so
they are kept with the code; a test learns again and compares.
"""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.engine.align import unknown
from avatar.engine.align.features import BANDS_HZ, HOP_MS, Array, features
from avatar.engine.align.states import compared_rows
from avatar.engine.align.unknown import SHAPES, Model
from avatar.engine.lips import opening
from avatar.engine.lips.opening import OPENINGS, Ear, compared, random_units, with_neighbours
from avatar.engine.lips.pull import blended, mouth_spans
from avatar.engine.speech.reading import Reading, read

READ_ALOUD = {
    "en-us": "The quick brown fox jumps over a lazy dog. We pay you for more good food; choose"
    " both and say what she saw here. Papa may be home by now, but mum bought a big map of Rome.",
    "de": "Fix schnell zwei Boxkämpfer und üben früh am Zoo. Mama mag die Möwe, Papa holt Suppe.",
    "es": "El pingüino Wenceslao hizo kilómetros bajo exhaustiva lluvia, y mi mamá lo mimaba.",
    "fr-fr": "Portez ce vieux whisky au juge blond qui fume une pipe bien pure devant ma mère.",
}
SHRINKAGE = 0.1  # of the shapes' covariance towards its diagonal
MARGIN_MS = 10  # at both ends of a phone; there it is half another

VOICES = ("m3", "f3", "Annie", "klatt2")
TRACTS = (0.92, 1.0, 1.08)  # each voice with three vocal tracts
ROOM_NOISE = 0.002  # no real recording is as clean as a synthetic voice
RIDGE = 0.003
TAKEN = 2  # every second frame: neighbours say almost the same


def main() -> None:
    keep(unknown.LEARNED, opening.LEARNED)


def keep(shapes: Path, ear: Path) -> None:
    """Learn everything and write it to these two files."""
    models = [[learned_model(warp, band) for warp in unknown.WARPS] for band in BANDS_HZ]
    np.savez(
        shapes,
        means=np.array([[model.means for model in row] for row in models]),
        precisions=np.array([[model.precision for model in row] for row in models]),
    )
    ears = [learned_ear(band_hz) for band_hz in BANDS_HZ]
    np.savez(
        ear,
        unit_gains=np.array([ear.unit_gain for ear in ears]),
        weights=np.array([ear.weights for ear in ears]),
    )


# What the shapes of a mouth sound like


def learned_model(warp: float, band_hz: float) -> Model:
    """The mean row of each of SHAPES in this vocal tract, and how rows spread about them."""
    examples = [_examples(language, warp, band_hz) for language in READ_ALOUD]
    rows, shape = (np.concatenate(parts) for parts in zip(*examples, strict=True))
    means = np.stack([rows[shape == i].mean(axis=0) for i in range(len(SHAPES))])
    spread = np.cov((rows - means[shape]).T)
    spread = (1 - SHRINKAGE) * spread + SHRINKAGE * np.diag(np.diag(spread))
    return Model(means.astype(np.float32), np.linalg.inv(spread).astype(np.float32))


def _examples(language: str, warp: float, band_hz: float) -> tuple[Array, NDArray[np.int64]]:
    """Rows of one reading and the shape of each, without those that are of none."""
    reading = _read_aloud(language)
    sound = features(reading.waveform, reading.sample_rate, band_hz=band_hz, warps=(warp,))
    shape = _shapes_in(reading, len(sound.sonority_db))
    rows = compared_rows(sound.cepstra[0], sound.sonority_db, shape >= 0)
    return rows[:][shape >= 0], shape[shape >= 0]


@cache
def _read_aloud(language: str) -> Reading:
    return read(READ_ALOUD[language], language)


def _shapes_in(reading: Reading, n_frames: int) -> NDArray[np.int64]:
    """(n_frames,) the shape of each frame, -1 for none."""
    shape = np.full(n_frames, -1)
    for phone in reading.phones:
        start_ms, end_ms = (1000 * at / reading.sample_rate for at in (phone.start, phone.end))
        margin = min(MARGIN_MS, (end_ms - start_ms) / 4)
        first, last = round((start_ms + margin) / HOP_MS), round((end_ms - margin) / HOP_MS)
        shape[first : last + 1] = _shape_of(phone.phone)
    return shape


def _shape_of(phone: str) -> int:
    """Which of SHAPES a phone has, -1 for none."""
    for i, members in enumerate(SHAPES.values()):
        if phone[0] in members:
            return i
    return -1


# How far a mouth is open by its sound


def learned_ear(band_hz: float) -> Ear:
    """A ridge regression of `pull`'s openings on what is heard around each moment."""
    lessons = [_lesson(language, voice, band_hz) for language in READ_ALOUD for voice in VOICES]
    rows, goals = (np.concatenate(parts) for parts in zip(*lessons, strict=True))
    gain = opening.UNIT_GAIN / float(np.sqrt((rows**2).sum(axis=1).mean()))
    untaught = Ear(gain, random_units(rows.shape[1]), np.zeros((0, len(OPENINGS)), np.float32))
    x = untaught.unfolded(rows).astype(np.float64)
    damped = x.T @ x + RIDGE * len(x) * np.eye(x.shape[1])
    return Ear(gain, untaught.units, np.linalg.solve(damped, x.T @ goals).astype(np.float32))


def _lesson(language: str, voice: str, band_hz: float) -> tuple[Array, Array]:
    """Rows of one reading in all vocal tracts, and how far a mouth is open at each."""
    reading = read(READ_ALOUD[language], language, variant=voice)
    room = ROOM_NOISE * np.random.default_rng(0).standard_normal(len(reading.waveform))
    waveform = (reading.waveform[:] + room).astype(np.float32)
    all_rows, all_goals = [], []
    for tract in TRACTS:
        rows, speech = compared(waveform, reading.sample_rate, tract, band_hz)
        curves = blended(mouth_spans(reading.alignment, []), len(rows))
        at = np.flatnonzero(speech)[::TAKEN]
        all_rows.append(with_neighbours(rows[:], at))
        all_goals.append(np.stack([curves[name][at] for name in OPENINGS], axis=1))
    return np.concatenate(all_rows), np.concatenate(all_goals)


if __name__ == "__main__":
    main()
