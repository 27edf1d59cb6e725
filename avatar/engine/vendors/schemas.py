"""Models whose names of inputs are not certain: their live schema decides."""

from collections.abc import Mapping
from typing import Any

from avatar.engine.errors import InputError
from studio.lib.engines import Engine

# What the same input is called here and there.
SYNONYMS = (
    ("video", "video_url", "video_file", "input_video"),
    ("audio", "audio_url", "audio_file", "input_audio"),
    ("image", "image_url", "start_image", "input_image"),
    ("output_language", "target_language", "language"),
    ("emotion", "prompt"),
)


def fitted(
    body: Mapping[str, Any], properties: Mapping[str, Any], engine: Engine
) -> dict[str, Any]:
    """The body with every name as the schema has it; unchanged where there is no schema.

    Raises InputError for what the schema has no name for.
    """
    if not properties:
        return dict(body)
    found: dict[str, Any] = {}
    for name, value in body.items():
        same = next((names for names in SYNONYMS if name in names), ())
        known = [one for one in (name, *same) if one in properties]
        if not known:
            raise InputError(f"{engine.label} has no input {name} any more.")
        found[known[0]] = value
    return found
