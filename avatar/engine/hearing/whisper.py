"""openai-whisper: what was said, and when a known text is said. With weights that lie here.

Weights are never downloaded by us: WHISPER_MODEL names a `.pt` file that whisper has fetched, as a
rule under ~/.cache/whisper.
"""

import functools
import warnings
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from avatar.engine.errors import InputError, ModelUnavailable
from avatar.engine.hearing.base import Heard, fragment
from avatar.engine.media.resample import resampled
from avatar.engine.scratch import WavFile
from avatar.engine.speech.times import Fragment
from avatar.engine.types import Waveform, Word
from avatar.engine.vendors.languages import iso
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Engine

RATE = 16_000  # Hz, what whisper was trained at
WINDOW_S = 28.0  # it hears 30 s at a time; a little stays free at both ends
AROUND_S = 0.2
HOP = 160  # samples a mel frame
# Below this whisper did not recognise the text in the sound at all; its times say nothing then.
LEAST_PROBABILITY = 0.02


class WhisperTranscriber:
    """Satisfies hearing.base.Listener."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def listen(self, sound: Path, *, text: str, language: str, context: Context) -> Heard:
        model = loaded(context)
        waveform = _waveform(sound)
        wanted = iso(language) if model.is_multilingual else "en"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that half precision is not used on a CPU
            found = model.transcribe(
                waveform,
                language=wanted if _knows(wanted) else None,
                word_timestamps=True,
                fp16=model.device.type == "cuda",
                verbose=None,
            )
        words = [word for segment in found["segments"] for word in segment.get("words", ())]
        said = " ".join(str(found["text"]).split())
        timed = [(one["word"], float(one["start"]), float(one["end"])) for one in words]
        return Heard(said, tuple(timed))


class WhisperAligner:
    """Satisfies hearing.base.Listener: a known text, window by window."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def listen(self, sound: Path, *, text: str, language: str, context: Context) -> Heard:
        from avatar.engine.align import align

        model = loaded(context)
        waveform = _waveform(sound)
        # Which words stand in which half minute is known well enough from our own aligner.
        rough = align(waveform, RATE, text, language).words
        timed: list[Fragment] = []
        for window in windows(rough):
            timed += _placed(model, waveform, window, iso(language))
        return Heard(text, tuple(timed))


def windows(words: Sequence[Word], longest_s: float = WINDOW_S) -> Iterator[list[Word]]:
    """Words that follow each other, as many as fit; cut at the longest pause of the last half."""
    left = list(words)
    while left:
        begin = left[0].start_ms
        n = sum(word.end_ms - begin <= 1000 * longest_s for word in left) or 1
        if n < len(left):
            gaps = [later.start_ms - word.end_ms for word, later in pairwise(left[: n + 1])]
            first = n // 2
            n = first + int(np.argmax(gaps[first:])) + 1
        yield left[:n]
        left = left[n:]


def _placed(model: Any, waveform: Waveform, words: list[Word], language: str) -> list[Fragment]:
    """The words of one window, timed by whisper; by us where it does not recognise them."""
    from whisper.audio import log_mel_spectrogram, pad_or_trim
    from whisper.timing import find_alignment
    from whisper.tokenizer import get_tokenizer

    first_s = max(0.0, words[0].start_ms / 1000 - AROUND_S)
    last_s = words[-1].end_ms / 1000 + AROUND_S
    part = waveform[round(first_s * RATE) : round(last_s * RATE)]
    mel = log_mel_spectrogram(pad_or_trim(part), model.dims.n_mels).to(model.device)
    tokenizer = get_tokenizer(
        model.is_multilingual,
        num_languages=model.num_languages,
        language=language if model.is_multilingual and _knows(language) else None,
        task="transcribe",
    )
    tokens = tokenizer.encode(" " + " ".join(word.word for word in words))
    if len(tokens) > model.dims.n_text_ctx - 8:
        return list(map(fragment, words))
    timed = find_alignment(model, tokenizer, tokens, mel, len(part) // HOP)
    if not timed or float(np.mean([one.probability for one in timed])) < LEAST_PROBABILITY:
        return list(map(fragment, words))
    return [(one.word, first_s + one.start, first_s + one.end) for one in timed]


def loaded(context: Context) -> Any:
    """The model that WHISPER_MODEL names. Raises ModelUnavailable."""
    path = context.access.environ.get("WHISPER_MODEL", "").strip()
    if not path or not Path(path).is_file():
        raise ModelUnavailable(
            "whisper needs its weights: WHISPER_MODEL must name a .pt file, such as"
            " ~/.cache/whisper/small.pt."
        )
    return _load(str(Path(path).resolve()))


@functools.lru_cache(1)
def _load(path: str) -> Any:
    try:
        import whisper
    except ImportError as e:
        raise ModelUnavailable("whisper is not installed: pip install '.[whisper]'.") from e
    try:
        model = whisper.load_model(path)
    except Exception as e:  # torch and whisper raise whatever they like for a file that is none
        raise ModelUnavailable(f"{Path(path).name} holds no whisper weights.") from e
    heads = getattr(whisper, "_ALIGNMENT_HEADS", {}).get(Path(path).stem)
    if heads is not None:  # known for the published sizes only; else half of all heads are used
        model.set_alignment_heads(heads)
    return model


def _knows(language: str) -> bool:
    from whisper.tokenizer import LANGUAGES

    return language in LANGUAGES


def _waveform(sound: Path) -> Waveform:
    wav = WavFile(sound)
    waveform = resampled(wav[:], wav.sample_rate, RATE)
    if not len(waveform):
        raise InputError("There is no sound to listen to.")
    return waveform
