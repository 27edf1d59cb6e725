"""How far off the phone boundaries are, where the truth is known.

Synthetic voices of other speed and pitch know their own times; of the ARCTIC recording of the
media folder somebody has checked them.
"""

import difflib
import itertools
import re
from pathlib import Path

import numpy as np
import soundfile

from avatar.engine.align import align
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.sound import read_sound
from avatar.engine.speech.reading import read
from avatar.engine.types import Waveform
from benchmarks.command import workplace

TEXT = "Here's the truth: most people quit in week two. We try again, and keep the camera close."
VOICES = (
    {"variant": "Annie", "words_per_minute": 260},
    {"variant": "m7", "words_per_minute": 130},
    {"variant": "f3"},
)
WAYS = ((1.0, 1.0), (1.0, 0.75), (1.0, 1.35), (0.75, 1.0), (1.3, 1.0))  # tempo, pitch
ARCTIC = "arctic_slt_a0009", "He turned sharply, and faced Gregson across the table."
LAB_S = 1e-7  # the .lab file's unit

# What the ARCTIC labels call the sounds that espeak-ng writes in IPA.
IPA = {
    "aa": "ɑɔɒ", "ae": "æa", "ah": "ʌəɐ", "ao": "ɔɒɑ", "aw": "a", "ax": "əɐᵻɪ", "ay": "a",
    "b": "b", "ch": "t", "d": "d", "dh": "ð", "eh": "ɛ", "er": "ɜɚəɝ", "ey": "e", "f": "f",
    "g": "ɡg", "hh": "h", "ih": "ɪᵻ", "iy": "iɪ", "jh": "d", "k": "k", "l": "l", "m": "m",
    "n": "n", "ng": "ŋ", "ow": "oə", "oy": "ɔ", "p": "p", "r": "ɹr", "s": "s", "sh": "ʃ",
    "t": "tɾ", "th": "θ", "uh": "ʊ", "uw": "u", "v": "v", "w": "w", "y": "j", "z": "z",
    "zh": "ʒ",
}  # fmt: skip

Times = list[tuple[str, float, float]]  # phone, start_ms, end_ms


def phones(media: Path) -> None:
    """Print the median error of boundaries, in ms, and how many phones they are of."""
    print("phone boundaries, median (90th percentile) error in ms:")
    for voice, (tempo, pitch) in itertools.product(VOICES, WAYS):
        if (tempo, pitch) != (1.0, 1.0) and voice is not VOICES[-1]:
            continue
        truth, sound, rate = _spoken(voice, tempo, pitch)
        name = f"{voice['variant']} at {voice.get('words_per_minute', 175)} words a minute"
        name += f", tempo {tempo:g}, pitch {pitch:g}"
        print(f"  {name:55} {_error(truth, sound, rate, TEXT)}")
    name, text = ARCTIC
    wav = media / "speech" / f"{name}.wav"
    if wav.exists():
        sound, rate = read_sound(wav)
        print(f"  {name:55} {_error(_read_lab(wav.with_suffix('.lab')), sound, rate, text)}")
    print()


def _spoken(voice: dict, tempo: float, pitch: float) -> tuple[Times, Waveform, int]:
    """The text by espeak-ng, made faster or higher afterwards, and when each phone really is."""
    reading = read(TEXT, "en-us", seed=7, **voice)
    truth = [(p.phone, p.start_ms / tempo, p.end_ms / tempo) for p in reading.alignment.phones]
    if tempo == pitch == 1:
        return truth, reading.waveform, reading.sample_rate
    with workplace() as folder:
        plain, changed = Path(folder, "plain.wav"), Path(folder, "changed.wav")
        soundfile.write(plain, reading.waveform, reading.sample_rate)
        how = f"rubberband=tempo={tempo}:pitch={pitch}"
        run_ffmpeg(["-i", f"file:{plain}", "-af", how, f"file:{changed}"])
        return truth, *read_sound(changed)


def _read_lab(path: Path) -> Times:
    """Rows of "start end …-phone+…"; silence is left out."""
    rows = []
    for line in path.read_text().splitlines():
        start, end, label = line.split(maxsplit=2)
        found = re.search(r"-(.*?)\+", label)
        if found and found[1] not in ("sil", "pau"):
            rows.append((found[1], 1000 * LAB_S * int(start), 1000 * LAB_S * int(end)))
    return rows


def _error(truth: Times, sound: Waveform, rate: int, text: str) -> str:
    found = [(p.phone, p.start_ms, p.end_ms) for p in align(sound, rate, text, "en-us").phones]
    pairs = _matched(truth, found)
    errors = np.abs([[one[1] - two[1], one[2] - two[2]] for one, two in pairs]).ravel()
    return (
        f"{np.median(errors):5.1f} ({np.percentile(errors, 90):5.1f})"
        f"  of {len(pairs)} of {len(truth)} phones"
    )


def _matched(truth: Times, found: Times) -> list[tuple[tuple, tuple]]:
    """Those that both have, in order."""
    one, other = ([_common(phone) for phone, _, _ in rows] for rows in (truth, found))
    match = difflib.SequenceMatcher(None, one, other, autojunk=False)
    return [
        pair
        for block in match.get_matching_blocks()
        for pair in zip(
            truth[block.a : block.a + block.size],
            found[block.b : block.b + block.size],
            strict=True,
        )
    ]


def _common(phone: str) -> str:
    """One name for a sound, whether it is written as ARCTIC does or in IPA."""
    symbols = IPA.get(phone, phone)
    return next((name for name, group in IPA.items() if symbols[0] in group), symbols)
