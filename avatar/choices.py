"""What may be chosen for one reel, and what makes two reels the same."""

import hashlib
import json
from dataclasses import MISSING, fields
from typing import Any

from avatar.engine.errors import InputError
from avatar.engine.options import ReelOptions
from avatar.engine.registry import order_of
from avatar.engine.registry.choice import options_of
from creators.models import Portrait
from studio.lib.engines import Kind

# What a creator may choose for one reel; the rest of ReelOptions follows from script and voice.
LISTENING = {
    "denoiser": Kind.DENOISER,
    "transcriber": Kind.TRANSCRIBER,
    "aligner": Kind.ALIGNER,
}
SPEAKING = ("voice", "voice_options", "emotion", *LISTENING)  # they make another take
ENGINES = (*SPEAKING, "performer", "performer_options", "prompt", "sync_mode", "source")
PHOTO, FOOTAGE = "photo", "footage"  # what is made to speak: the choice called source
CHOICES = (
    *("captions", "width", "height", "background", "punch_in"),
    *("motion", "blink", "expression", "loop"),
    *ENGINES,
)
DEFAULTS: dict[str, Any] = {
    f.name: f.default if f.default_factory is MISSING else f.default_factory()
    for f in fields(ReelOptions)
    if f.name in CHOICES
}
DEFAULTS["source"] = PHOTO
PICTURE = "picture:"  # and the SHA-256 of one of the creator's backdrops: a background


class ReelRefused(Exception):  # an answer, not a fault
    """A reel cannot be made or changed that way; the message is a sentence for the creator."""


def settled(options: dict[str, Any]) -> dict[str, Any]:
    """All of CHOICES, so that 1 and 1.0, or left out and written out, are the same reel."""
    if unknown := options.keys() - DEFAULTS.keys():
        raise ReelRefused(f"There is no such choice: {', '.join(sorted(unknown))}.")
    chosen = {name: type(usual)(options.get(name, usual)) for name, usual in DEFAULTS.items()}
    for named, kind in (("voice", Kind.VOICE), ("performer", Kind.PERFORMER)):
        chosen[named] = _order(chosen[named], kind, chosen[f"{named}_options"])
    for named, kind in LISTENING.items():
        if chosen[named]:
            chosen[named] = _order(chosen[named], kind, {})
    _check_source(chosen)
    return chosen


def _check_source(chosen: dict[str, Any]) -> None:
    """Every performer of the order takes what is to speak. Raises ReelRefused."""
    if chosen["source"] not in (PHOTO, FOOTAGE):
        raise ReelRefused(f"What is made to speak is a {PHOTO} or {FOOTAGE}.")
    wanted, words = ("image", "a photo") if chosen["source"] == PHOTO else ("video", "a video")
    for engine in order_of(chosen["performer"], Kind.PERFORMER):
        if not engine.takes(wanted):
            raise ReelRefused(f"{engine.label} does not take {words}; choose another performer.")


def _order(names: str, kind: Kind, options: dict[str, Any]) -> str:
    """The engines as they are written down. Raises ReelRefused for what cannot be."""
    try:
        engines = order_of(names, kind)
        for engine in engines:
            options_of(engine, engines, options)
    except InputError as e:
        raise ReelRefused(str(e)) from e
    return ", ".join(engine.name for engine in engines)


def voice_settings(chosen: dict[str, Any]) -> dict[str, Any]:
    """How it is spoken, as far as that is not as usual."""
    return {name: chosen[name] for name in SPEAKING[1:] if chosen[name] != DEFAULTS[name]}


def recipe_sha256(
    portrait: Portrait | None, options: dict[str, Any], label: str, footage_sha256: str = ""
) -> str:
    """Engines that are as usual count for nothing: reels from before they could be chosen stay
    the same reels.
    """
    told = {k: v for k, v in options.items() if k not in ENGINES or v != DEFAULTS[k]}
    source = [portrait.sha256, portrait.face_index] if portrait else []
    return sha256([*source, told, label, *([footage_sha256] if footage_sha256 else [])])


def sha256(parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
