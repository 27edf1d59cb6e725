"""Replicate's models of faces and lips."""

from typing import Any

from avatar.engine.registry.films.common import (
    EMOTIONS,
    FABRIC,
    KLINGS,
    P_VIDEO,
    SEED,
    SYNC_MODE,
    TEMPERATURE,
    hosted,
    like,
    second,
    sizes,
)
from studio.lib.engines import Option

RESOLVED = "its inputs are looked up at Replicate before each order"
HEYGEN = {
    "enable_dynamic_duration": Option(False, about="let the film become longer or shorter"),
    "disable_music_track": Option(False, about="take the music out"),
    "enable_speech_enhancement": Option(False, about="clean the voice"),
}
FILES_MB: dict[str, Any] = {"image_mb": 100.0, "audio_mb": 100.0}
FIELDS = {"occlusion": "occlusion_detection"}

REPLICATE = (
    hosted(
        "replicate", "sync/lipsync-2", "lipsync-2 at Replicate", "2", "video* audio*",
        fields=FIELDS, price=like(0.05, "Sync.so"),
        options={
            "sync_mode": SYNC_MODE, "temperature": TEMPERATURE,
            "active_speaker": Option(False, about="find who speaks among several"),
            "occlusion": Option(False, about="something passes before the mouth; slower"),
        },
        **FILES_MB,
    ),
    hosted(
        "replicate", "sync/lipsync-2-pro", "lipsync-2-pro at Replicate", "3", "video* audio*",
        price=second(0.08325),
        options={
            "sync_mode": SYNC_MODE, "temperature": TEMPERATURE,
            "active_speaker": Option(False, about="find who speaks among several"),
        },
        **FILES_MB,
    ),
    hosted(
        "replicate", "sync/react-1", "React 1 at Replicate", "5", "video* audio*", longest_s=15,
        options={
            "emotion": Option(None, EMOTIONS),
            "model_mode": Option(None, ("lips", "face", "head")),
            "temperature": Option(None, low=0, high=1),
        },
        confirmed=False, note=RESOLVED, price=like(0.167, "Sync.so"), **FILES_MB,
    ),
    hosted(
        "replicate", "heygen/lipsync-speed", "HeyGen Lipsync Speed at Replicate", "7",
        "video* audio*", options=HEYGEN, price=like(0.0333, "HeyGen"), **FILES_MB,
    ),
    hosted(
        "replicate", "heygen/lipsync-precision", "HeyGen Lipsync Precision at Replicate", "8",
        "video* audio*", options=HEYGEN, price=like(0.0667, "HeyGen"), **FILES_MB,
    ),
    hosted(
        "replicate", "heygen/video-translate", "HeyGen Video Translate at Replicate", "9",
        "video* output_language*", confirmed=False, note=RESOLVED, brings_sound=True,
        options={"output_language": Option(about="into which language: Spanish, German, ...")},
        price=like(0.0667, "HeyGen"), **FILES_MB,
    ),
    hosted(
        "replicate", "bytedance/omni-human-1.5", "Omni Human 1.5 at Replicate", "11",
        "image* audio* prompt", longest_s=34.5,
        options={"seed": SEED, "fast_mode": Option(False, about="quicker, and a little worse")},
        price=like(0.16, "fal"), **FILES_MB,
    ),
    hosted(
        "replicate", "bytedance/omni-human", "Omni Human at Replicate", "12", "image* audio*",
        longest_s=15, price=like(0.12, "WaveSpeed"), **FILES_MB,
    ),
    hosted(
        "replicate", "veed/fabric-1.0", "Fabric 1.0 at Replicate", "13", "image* audio*",
        options={"resolution": sizes("480p", "720p")}, sizes="480p or 720p",
        price=like(0.14, "WaveSpeed", by=FABRIC), **FILES_MB,
    ),
    hosted(
        "replicate", "prunaai/p-video-avatar", "P Video Avatar at Replicate", "14",
        "image* audio* prompt", sizes="720p or 1080p",
        options={
            "resolution": sizes("720p", "1080p", default="720p"), "seed": SEED,
            "draft": Option(False, about="quick and rough"),
        },
        price=second(0.045, by=P_VIDEO), **FILES_MB,
    ),
    hosted(
        "replicate", "kwaivgi/kling-lip-sync", "Kling lip-sync at Replicate", "15",
        "video* audio*", fields={"video": "video_url", "audio": "audio_file"}, shortest_s=2,
        longest_s=10, audio_mb=5.0, sizes="720 to 1920 px, 100 MB", price=KLINGS,
    ),
    hosted(
        "replicate", "pixverse/lipsync", "PixVerse lip-sync at Replicate", "16", "video* audio*",
        longest_s=30, confirmed=False, note=RESOLVED, price=like(0.04, "fal"), **FILES_MB,
    ),
)  # fmt: skip
