"""Every movement of a reel as a file, and as the JSON that the command writes."""

from pathlib import Path
from typing import Any

import numpy as np

from avatar.engine.cache import Cache, Entry, code_sha256
from avatar.engine.lips import perform
from avatar.engine.order import KNOBS, Order
from avatar.engine.speech.emotion import acting
from avatar.engine.takes import read_alignment, read_take
from avatar.engine.types import Alignment, Performance


def performed(order: Order, cache: Cache, studied: Entry, aligned: Entry) -> Entry:
    """performance.npz: every movement, frame by frame.

    studied: the sound to move to. aligned: its alignment.json.
    """
    factors = acting(order.options.emotion)
    knobs: dict[str, Any] = {
        name: getattr(order.options, name) * getattr(factors, name) for name in KNOBS
    }
    inputs = {
        "code": code_sha256("avatar.engine.lips", "avatar.engine.align"),
        "take": studied.key,
        "alignment": aligned.key,
        "fps": str(order.fps),
        "seed": order.options.seed,
        "loop": order.options.loop,
        **knobs,
    }

    def make(folder: Path) -> None:
        sound = read_take(studied)
        alignment = read_alignment(aligned.path("alignment.json"))
        performance = perform(
            alignment,
            sound,
            sound.sample_rate,
            fps=float(order.fps),
            seed=order.options.seed,
            loop=order.options.loop,
            **knobs,
        )
        save_performance(folder / "performance.npz", performance)

    return cache.fetch("performance", inputs, make)


def save_performance(path: Path, performance: Performance) -> None:
    np.savez(path, fps=performance.fps, n_frames=performance.n_frames, **performance.curves)


def load_performance(path: Path) -> Performance:
    with np.load(path, allow_pickle=False) as data:
        curves = {name: data[name] for name in data.files if name not in ("fps", "n_frames")}
        return Performance(float(data["fps"]), int(data["n_frames"]), curves)


def cues(alignment: Alignment, performance: Performance) -> dict[str, Any]:
    """The engine's CUES: which sound and word is when, and every movement frame by frame."""
    return {
        "fps": performance.fps,
        "frames": performance.n_frames,
        "phones": [
            {"phone": p.phone, "start_ms": p.start_ms, "end_ms": p.end_ms}
            for p in alignment.phones
        ],
        "words": [
            {"word": w.word, "start_ms": w.start_ms, "end_ms": w.end_ms} for w in alignment.words
        ],
        "unplaced": list(alignment.unplaced),
        "unwritten": [{"start_ms": start, "end_ms": end} for start, end in alignment.unwritten],
        "curves": {
            name: np.round(curve.astype(float), 4).tolist()
            for name, curve in performance.curves.items()
        },
    }
