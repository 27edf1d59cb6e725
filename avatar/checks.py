"""What `manage.py check` says about this machine. Looks for packages without importing them."""

from importlib.util import find_spec
from typing import Any

import imageio_ffmpeg
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning, register

from avatar.engine.vendors.access import VENDORS, Access
from avatar.engine.vendors.hooks import NEED_SECRET

HINT = "Run `make setup`, or install what pyproject.toml lists."
PACKAGES = {
    "torch": "draws the frames",
    "mediapipe": "finds the face in a photo",
    "cv2": "works on images",
    "soundfile": "reads and writes sound",
    "espeakng_loader": "brings the sketch voice's espeak-ng",
    "pyworld": "fits the sketch voice to a sample",
    "font_manrope": "brings the font of the captions",
    "font_roboto": "brings the font of the bold captions",
    "font_fredoka_one": "brings the font of the pop captions",
}


@register
def ffmpeg_is_there(**kwargs: Any) -> list[CheckMessage]:
    try:
        imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError:
        return [
            Error(
                "There is no ffmpeg, so no sound can be read and no reel written.",
                hint="The pip package imageio-ffmpeg carries one; or set IMAGEIO_FFMPEG_EXE.",
                id="avatar.E001",
            )
        ]
    return []


@register
def packages_are_there(**kwargs: Any) -> list[CheckMessage]:
    """Warnings, because a machine that only serves pages does without."""
    return [
        Warning(
            f"The package {name} is missing; it {purpose}. Render workers need it.",
            hint=HINT,
            id="avatar.W002",
        )
        for name, purpose in PACKAGES.items()
        if find_spec(name) is None
    ]


@register
def webhooks_can_be_told_apart(**kwargs: Any) -> list[CheckMessage]:
    """Vendors that sign are given no address before their secret is known."""
    if not settings.PUBLIC_URL:
        return []
    access = Access()
    silent = [
        VENDORS[name]
        for name in NEED_SECRET
        if not access.missing(name) and not access.webhook_secret(name)
    ]
    return [
        Info(
            f"{vendor.label} tells nobody when a job is over: {vendor.webhook_secret} is not set.",
            hint="Reels look there once a minute all the same; docs/engines.md, Webhooks.",
            id="avatar.I003",
        )
        for vendor in silent
    ]
