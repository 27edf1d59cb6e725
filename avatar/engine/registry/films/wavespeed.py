"""WaveSpeed's models of faces and lips."""

from typing import Any

from avatar.engine.options import SYNC_MODES
from avatar.engine.registry.films.common import (
    EMOTIONS,
    FABRIC,
    KLINGS,
    P_VIDEO,
    SEED,
    SYNC_MODE,
    hosted,
    like,
    second,
    sizes,
)
from studio.lib.engines import Option

LOOSE = {"sync_mode": Option(None, SYNC_MODES)}  # of models whose schema is asked for first
RESOLVED = "its id and its inputs are looked up in WaveSpeed's catalogue before each order"
FROM_5: dict[str, Any] = {"step_s": 1, "least_s": 5}  # how it counts its own models' seconds
KLING: dict[str, Any] = {"shortest_s": 2, "longest_s": 60, "audio_mb": 5.0}

WAVESPEED = (
    hosted(
        "wavespeed", "sync/lipsync-3", "WaveSpeed LipSync-3", "1 6", "video* audio*",
        options={"sync_mode": SYNC_MODE}, price=second(0.134),
    ),
    hosted(
        "wavespeed", "sync/react-1", "React 1 at WaveSpeed", "5", "video* audio*", longest_s=15,
        options={"emotion": Option(None, EMOTIONS)}, confirmed=False, note=RESOLVED,
        price=like(0.167, "Sync.so"),
    ),
    hosted(
        "wavespeed", "sync/lipsync-2", "lipsync-2 at WaveSpeed", "2", "video* audio*",
        options=LOOSE, confirmed=False, note=RESOLVED, price=like(0.05, "Sync.so"),
    ),
    hosted(
        "wavespeed", "sync/lipsync-2-pro", "lipsync-2-pro at WaveSpeed", "3", "video* audio*",
        options=LOOSE, confirmed=False, note=RESOLVED, price=like(0.083, "Sync.so"),
    ),
    hosted(
        "wavespeed", "bytedance/avatar-omni-human", "Omni Human at WaveSpeed", "12",
        "image* audio*", longest_s=29.5, price=second(0.12),
    ),
    hosted(
        "wavespeed", "bytedance/avatar-omni-human-1.5", "Omni Human 1.5 at WaveSpeed", "11",
        "image* audio* prompt", longest_s=29.5, confirmed=False, note=RESOLVED,
        price=like(0.16, "fal"),
    ),
    hosted(
        "wavespeed", "bytedance/omni-human-2.0", "Omni Human 2.0 at WaveSpeed", "",
        "image* audio* prompt", shortest_s=4, longest_s=300,
    ),
    hosted(
        "wavespeed", "veed/fabric-1.0", "Fabric 1.0 at WaveSpeed", "13", "image* audio*",
        options={"resolution": sizes("480p", "720p")}, sizes="480p or 720p",
        price=second(0.14, by=FABRIC, step_s=5),
    ),
    hosted(
        "wavespeed", "kwaivgi/kling-lipsync/audio-to-video", "Kling lip-sync at WaveSpeed", "15",
        "video* audio*", **KLING, price=KLINGS,
    ),
    hosted(
        "wavespeed", "kwaivgi/kling-v1-ai-avatar-standard", "Kling avatar v1 at WaveSpeed", "",
        "image* audio* prompt", **KLING, price=second(0.05, step_s=5),
    ),
    hosted(
        "wavespeed", "kwaivgi/kling-v2-ai-avatar-standard", "Kling avatar v2 at WaveSpeed", "",
        "image* audio* prompt", **KLING, price=like(0.0562, "fal"),
    ),
    hosted(
        "wavespeed", "kwaivgi/kling-v2-ai-avatar-pro", "Kling avatar v2 pro at WaveSpeed", "",
        "image* audio* prompt", **KLING,
    ),
    hosted(
        "wavespeed", "pruna-ai/p-video/avatar", "P Video Avatar at WaveSpeed", "14",
        "image* audio* prompt", fields={"prompt": "video_prompt"},
        options={"resolution": sizes("720p", "1080p", default="720p"), "seed": SEED},
        sizes="720p or 1080p", price=like(0.045, "another reseller", by=P_VIDEO),
    ),
    hosted(
        "wavespeed", "pruna-ai/p-video-2-pro/avatar", "P Video 2 Pro Avatar at WaveSpeed", "",
        "image* audio*", longest_s=180, options={"resolution": sizes("480p", "768p")},
        sizes="480p or 768p",
    ),
    hosted(
        "wavespeed", "wavespeed-ai/infinitetalk", "InfiniteTalk at WaveSpeed", "19",
        "image* audio* prompt", options={"resolution": sizes("480p", "720p"), "seed": SEED},
        sizes="480p or 720p", price=second(0.06, by={"resolution": {"480p": 0.03}}, **FROM_5),
    ),
    hosted(
        "wavespeed", "wavespeed-ai/infinitetalk-fast", "InfiniteTalk fast at WaveSpeed", "19",
        "image* audio* prompt", options={"seed": SEED}, price=second(0.03, **FROM_5),
    ),
    hosted(
        "wavespeed", "wavespeed-ai/ltx-2.3/lipsync", "LTX 2.3 lip-sync at WaveSpeed", "19",
        "video* audio* prompt",
    ),
    hosted(
        "wavespeed", "wavespeed-ai/longcat-avatar-1.5", "LongCat Avatar 1.5 at WaveSpeed", "19",
        "image* audio* prompt", price=second(0.06, **FROM_5),
    ),
)  # fmt: skip
