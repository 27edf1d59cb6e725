"""The models of Hedra that animate a photo. Source: hedra-sdk 7.0.0."""

from typing import Any

from studio.sandbox.vendors import speech_models
from studio.sandbox.vendors.models import Field, Model, file, one_of, text

_SHAPES = one_of("1:1", "4:3", "3:4", "16:9", "9:16", "9:21", "21:9", must=True)
_FILES = {"start_image": file(), "audio": file()}
_OF: dict[str, Any] = {"picture": "start_image", "sound": "audio"}
_OWN = {
    "prompt": text(must=True),
    "aspect_ratio": _SHAPES,
    "resolution": one_of("540p", "720p", "1080p", must=True),
    **_FILES,
    "duration_ms": Field("whole", least=500, most=600_000),
}

MODELS = {
    "hedra-character-3": Model(_OWN, **_OF, sound_s=(0.5, 600)),
    "hedra-avatar": Model(_OWN, **_OF, sound_s=(0.5, 600)),
    "omnihuman-15": Model(
        {"resolution": one_of("720p", "1080p", must=True), **_FILES, "prompt": text(),
         "aspect_ratio": one_of(*_SHAPES.among)},
        **_OF, sound_s=(0, 59.88),
    ),
    "veed-fabric-10": Model(
        {"prompt": text(must=True), "aspect_ratio": _SHAPES,
         "resolution": one_of("480p", "720p", must=True), **_FILES},
        **_OF,
    ),
    "kling-ai-avatar-v2": Model(
        {"aspect_ratio": _SHAPES, **_FILES, "prompt": text(2500),
         "quality": one_of("standard", "pro")},
        **_OF, sound_s=(2, 60.15),
    ),
    "heygen-photo-avatar-4": Model(
        {"aspect_ratio": _SHAPES, "resolution": one_of("720p", "1080p", must=True), **_FILES,
         "prompt": text()},
        **_OF,
    ),
    **speech_models.hedra(),
}  # fmt: skip
# USD a second: an estimate of ours for what an estimate answers; Hedra's own are not published.
PRICES = dict.fromkeys(MODELS, 0.05) | {"omnihuman-15": 0.16, "veed-fabric-10": 0.14}
VOICES = {"voice_11111111-1111-4111-8111-111111111111": "Rachel",
          "voice_22222222-2222-4222-8222-222222222222": "George"}  # fmt: skip
