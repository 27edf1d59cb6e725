"""fal's models of faces and lips."""

from typing import Any

from avatar.engine.options import SYNC_MODES
from avatar.engine.registry.films.common import (
    CHECKED,
    EMOTION,
    MODEL_MODE,
    SYNC_MODE,
    TEMPERATURE,
    UPRIGHT_OR_WIDE,
    hosted,
    like,
    second,
    sizes,
)
from studio.lib.engines import PER_MINUTE, Engine, Option, Price

REPORTED = "as others report it"
FIELDS = {"video": "video_url", "audio": "audio_url", "image": "image_url"}
KLING: dict[str, Any] = {"shortest_s": 2, "longest_s": 60, "audio_mb": 5.0}
TRANSLATED: dict[str, Any] = {
    "options": {
        "translate_audio_only": Option(False, about="leave the lips as they are"),
        "speaker_num": Option(low=1, high=10, about="how many people speak", whole=True),
        "output_language": Option(about="into which language: Spanish, German, ..."),
    },
    "brings_sound": True,
    "fixed": {"enable_dynamic_duration": False},  # as long as what it was given
}


def _fal(model: str, label: str, rows: str, inputs: str, **more: Any) -> Engine:
    fields = {**FIELDS, **more.pop("fields", {})}
    return hosted("fal", model, f"{label} at fal", rows, inputs, fields=fields, **more)


def _minute(usd: float, **more: Any) -> Price:
    return Price(usd, PER_MINUTE, CHECKED, **more)


FAL = (
    _fal(
        "fal-ai/sync-lipsync/v3", "sync-3", "1", "video* audio*",
        options={"sync_mode": SYNC_MODE}, price=_minute(8),
    ),
    _fal(
        "fal-ai/sync-lipsync/v2", "lipsync-2", "2", "video* audio*",
        price=_minute(3, by={"model": {"lipsync-2-pro": 5}}),
        options={
            "sync_mode": SYNC_MODE, "model": Option("lipsync-2", ("lipsync-2", "lipsync-2-pro")),
        },
    ),
    _fal(
        "fal-ai/sync-lipsync/v2/pro", "lipsync-2-pro", "3", "video* audio*",
        options={"sync_mode": SYNC_MODE}, price=like(0.083, "Sync.so"),
    ),
    _fal(
        "fal-ai/sync-lipsync", "lipsync-1.9.0-beta", "4", "video* audio*", price=_minute(0.70),
        options={
            "sync_mode": SYNC_MODE,
            "model": Option(
                "lipsync-1.9.0-beta", ("lipsync-1.9.0-beta", "lipsync-1.8.0", "lipsync-1.7.1")
            ),
        },
    ),
    _fal(
        "fal-ai/sync-lipsync/react-1", "React 1", "5", "video* audio*", longest_s=15,
        fixed={"emotion": "neutral"},  # it must be told one
        options={
            "emotion": EMOTION, "model_mode": MODEL_MODE, "temperature": TEMPERATURE,
            "lipsync_mode": Option("bounce", SYNC_MODES),
        },
        price=like(0.167, "Sync.so"),
    ),
    _fal(
        "fal-ai/heygen/v2/translate/speed", "HeyGen Video Translate speed", "9",
        "video* output_language*", price=like(0.0333, "HeyGen"), **TRANSLATED,
    ),
    _fal(
        "fal-ai/heygen/v2/translate/precision", "HeyGen Video Translate precision", "9",
        "video* output_language*", price=like(0.0667, "HeyGen"), **TRANSLATED,
    ),
    _fal(
        "fal-ai/heygen/avatar4/image-to-video", "HeyGen Avatar IV", "10",
        "image* audio* aspect_ratio", aspects=UPRIGHT_OR_WIDE,
        options={
            "resolution": sizes("360p", "480p", "540p", "720p", "1080p"),
            "talking_style": Option(about="of the whole performance, as HeyGen names it"),
            "expression": Option(about="of the face, as HeyGen names it"),
        },
        sizes="360p to 1080p", price=second(0.10),
    ),
    _fal(
        "fal-ai/bytedance/omnihuman/v1.5", "Omni Human 1.5", "11", "image* audio* prompt",
        longest_s=30, price=second(0.16), sizes="720p or 1080p",
        options={
            "resolution": sizes("720p", "1080p"),
            "turbo_mode": Option(False, about="quicker, and a little worse"),
        },
    ),
    _fal(
        "fal-ai/bytedance/omnihuman", "Omni Human", "12", "image* audio*", longest_s=29.5,
        price=like(0.12, "WaveSpeed"),
    ),
    _fal(
        "bytedance/omnihuman/v2", "Omni Human 2", "", "image* audio* prompt", longest_s=30,
        confirmed=False, price=like(0.16, "version 1.5"), note="the id is from a page about it",
    ),
    _fal(
        "veed/fabric-1.0", "Fabric 1.0", "13", "image* audio*", sizes="480p or 720p",
        options={"resolution": sizes("480p", "720p")},
        price=second(0.15, REPORTED, by={"resolution": {"480p": 0.08}}),
    ),
    _fal(
        "veed/fabric-1.0/fast", "Fabric 1.0 fast", "13", "image* audio*", sizes="480p or 720p",
        options={"resolution": sizes("480p", "720p")},
        price=second(0.20, REPORTED, by={"resolution": {"480p": 0.10}}),
    ),
    _fal("veed/lipsync", "VEED lip-sync", "", "video* audio*"),
    _fal(
        "fal-ai/kling-video/lipsync/audio-to-video", "Kling lip-sync", "15", "video* audio*",
        **KLING, sizes="720 to 1920 px, 100 MB", price=second(0.014, step_s=5),
    ),
    _fal(
        "fal-ai/kling-video/ai-avatar/v2/standard", "Kling avatar v2", "", "image* audio* prompt",
        **KLING, price=second(0.0562),
    ),
    _fal(
        "fal-ai/kling-video/ai-avatar/v2/pro", "Kling avatar v2 pro", "", "image* audio* prompt",
        **KLING,
    ),
    _fal(
        "fal-ai/pixverse/lipsync", "PixVerse lip-sync", "16", "video* audio*", longest_s=30,
        price=second(0.04),
    ),
    _fal(
        "fal-ai/latentsync", "LatentSync", "19", "video* audio*", price=second(0.005, least_s=40),
    ),
    _fal(
        "fal-ai/musetalk", "MuseTalk", "19", "video* audio*", fields={"video": "source_video_url"},
    ),
    _fal("fal-ai/infinitalk", "InfiniteTalk", "19", "image* audio* prompt"),
)  # fmt: skip
