"""Kling and PixVerse, directly."""

from avatar.engine.registry.films.common import KLINGS, KLINGS_PRO, hosted, like
from studio.lib.engines import Option

MAKERS = (
    hosted(
        "kling", "/v1/videos/advanced-lip-sync", "Kling lip-sync", "15", "video* audio*",
        name="lip-sync", shortest_s=2, longest_s=60, audio_mb=5.0, public_url=True,
        price=KLINGS,
        options={
            "video_url": Option(
                about="where Kling can fetch the footage: a public https address", by_hand=True
            ),
            "original_audio_volume": Option(0.0, low=0, high=2, about="the footage's own sound"),
        },
        sizes="720p or 1080p, 512 to 2160 px, 100 MB",
        note="fetches the footage from PUBLIC_URL; without it use Kling through fal or WaveSpeed",
    ),
    hosted(
        "kling", "/v1/videos/avatar/image2video", "Kling avatar", "", "image* audio* prompt",
        name="avatar", fields={"audio": "sound_file"}, shortest_s=2, longest_s=300, image_mb=10.0,
        audio_mb=5.0, options={"mode": Option("std", ("std", "pro"))},
        price=like(0.0562, "fal", by={"mode": KLINGS_PRO}),
    ),
    hosted(
        "pixverse", "/openapi/v2/video/lip_sync/generate", "PixVerse lip-sync", "16",
        "video* audio*", name="lipsync", longest_s=30, audio_mb=50.0,
        fields={"video": "video_media_id", "audio": "audio_media_id"}, price=like(0.04, "fal"),
        confirmed=False, note="known from others' records of its documents",
    ),
)  # fmt: skip
