"""Hedra's characters, and others' models at Hedra."""

from typing import Any

from avatar.engine.registry.films.common import FABRIC, KLINGS_PRO, hosted, like, sizes
from studio.lib.engines import Option

FIELDS = {"image": "start_image"}
SHAPES = ("1:1", "4:3", "3:4", "16:9", "9:16", "9:21", "21:9")
SAID = "the vendor says what it took, and that is kept"
CHARACTER: dict[str, Any] = {
    "fields": FIELDS,
    "aspects": SHAPES,
    "options": {"resolution": sizes("540p", "720p", "1080p", default="720p")},
    "sizes": "540p, 720p or 1080p",
    "shortest_s": 0.5,
    "longest_s": 600,
    "image_mb": 10.4,
    "audio_mb": 104.8,
    "note": SAID,
}

HEDRA = (
    hosted(
        "hedra", "hedra-character-3", "Hedra Character-3", "17",
        "image* audio* prompt* aspect_ratio*", **CHARACTER,
    ),
    hosted(
        "hedra", "hedra-avatar", "Hedra Avatar", "17", "image* audio* prompt* aspect_ratio*",
        **CHARACTER,
    ),
    hosted(
        "hedra", "omnihuman-15", "Omni Human 1.5 at Hedra", "11",
        "image* audio* prompt aspect_ratio", fields=FIELDS, longest_s=59.8, image_mb=10.4,
        options={"resolution": sizes("720p", "1080p")}, sizes="720p or 1080p",
        price=like(0.16, "fal"), note=SAID,
    ),
    hosted(
        "hedra", "veed-fabric-10", "Fabric 1.0 at Hedra", "13",
        "image* audio* prompt* aspect_ratio*", fields=FIELDS, aspects=SHAPES, image_mb=10.4,
        options={"resolution": sizes("480p", "720p")}, sizes="480p or 720p",
        price=like(0.14, "WaveSpeed", by=FABRIC), note=SAID,
    ),
    hosted(
        "hedra", "kling-ai-avatar-v2", "Kling avatar v2 at Hedra", "",
        "image* audio* prompt aspect_ratio*", fields=FIELDS, aspects=SHAPES, shortest_s=2,
        longest_s=60.1, image_mb=10.4, audio_mb=5.0,
        options={"quality": Option("standard", ("standard", "pro"))},
        price=like(0.0562, "fal", by={"quality": KLINGS_PRO}), note=SAID,
    ),
    hosted(
        "hedra", "heygen-photo-avatar-4", "HeyGen photo avatar at Hedra", "10",
        "image* audio* prompt aspect_ratio*", fields=FIELDS, aspects=SHAPES, image_mb=10.4,
        options={"resolution": sizes("720p", "1080p")}, price=like(0.05, "HeyGen"), note=SAID,
    ),
)  # fmt: skip
