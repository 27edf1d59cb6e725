"""Which speaker, and which part of the sound where: Sync.so's structured options, checked before
anything leaves. Source: sync.so/docs (speaker-selection, segments).
"""

import itertools
import json
from collections.abc import Mapping
from typing import Any

from avatar.engine.errors import InputError


def speaker_of(chosen: Mapping[str, Any]) -> dict[str, Any] | None:
    """`active_speaker_detection`: by itself, by a point in a frame, or by boxes.

    chosen: active_speaker (true: by itself); speaker_frame, speaker_x and speaker_y (pixels);
    speaker_boxes (a list with [x1, y1, x2, y2] or null for every frame, or an address of one).

    Raises InputError.
    """
    boxes = _parsed(chosen.get("speaker_boxes"), "speaker_boxes")
    if isinstance(boxes, str):
        return {"bounding_boxes_url": boxes}
    if boxes is not None:
        return {"bounding_boxes": _boxes(boxes)}
    x, y = chosen.get("speaker_x"), chosen.get("speaker_y")
    if x is not None and y is not None:
        frame = int(chosen.get("speaker_frame") or 0)
        return {"frame_number": frame, "coordinates": [round(x), round(y)]}
    if x is not None or y is not None:
        raise InputError("A speaker is named by speaker_x and speaker_y, both in pixels.")
    return {"auto_detect": True} if chosen.get("active_speaker") else None


def segments_of(given: Any, voice: str) -> list[dict[str, Any]] | None:
    """`segments`: which part of the footage says which part of the sound.

    given: a list of {startTime, endTime, audioInput?: {startTime, endTime}, optionsOverride?} in
    seconds, or the same as JSON. voice: the name under which the sound is sent.

    Raises InputError when one is no span, or two overlap.
    """
    segments = _parsed(given, "segments")
    if segments is None:
        return None
    if not isinstance(segments, list) or not all(isinstance(one, dict) for one in segments):
        raise InputError("Segments are a list of {startTime, endTime, audioInput} in seconds.")
    made = [_segment(one, voice) for one in segments]
    ordered = sorted(made, key=lambda one: one["startTime"])
    for earlier, later in itertools.pairwise(ordered):
        if later["startTime"] < earlier["endTime"]:
            raise InputError(
                f"Two segments overlap: one ends at {earlier['endTime']:g} s, the next begins at"
                f" {later['startTime']:g} s."
            )
    return made


def _segment(given: Mapping[str, Any], voice: str) -> dict[str, Any]:
    start, end = given.get("startTime"), given.get("endTime")
    if not _is_span(start, end):
        raise InputError(f"A segment from {start!r} to {end!r} s is none.")
    return {**given, "audioInput": {"refId": voice, **(given.get("audioInput") or {})}}


def _is_span(start: Any, end: Any) -> bool:
    numbers = all(isinstance(t, int | float) and not isinstance(t, bool) for t in (start, end))
    return numbers and bool(0 <= start < end)


def _boxes(boxes: Any) -> list[Any]:
    fits = isinstance(boxes, list) and all(
        box is None or (isinstance(box, list) and len(box) == 4) for box in boxes
    )
    if not fits:
        raise InputError("speaker_boxes has [x1, y1, x2, y2] or null for every frame.")
    return list(boxes)


def _parsed(given: Any, name: str) -> Any:
    """JSON where text begins like it; None for nothing."""
    if not isinstance(given, str):
        return given
    text = given.strip()
    if not text.startswith(("[", "{")):
        return text or None
    try:
        return json.loads(text)
    except ValueError as e:
        raise InputError(f"{name} cannot be read as JSON.") from e
