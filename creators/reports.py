"""What workers found in a photo or a recording, told to a creator. Nothing is measured here."""

import re
from dataclasses import dataclass
from typing import Any

Report = dict[str, Any]

TURNED_DEGREES = 22  # from here on the worker warns
OUR_FILE_NAME = re.compile(r"\b[0-9a-f]{32}(_\w+)?\.\w+")


@dataclass(frozen=True)
class Face:
    """One face in a photo. Box in pixels of the photo; `number` counts from 1, left to right."""

    index: int
    number: int
    place: str
    x: float
    y: float
    width: float
    height: float
    width_px: float
    chosen: bool

    @property
    def label_y(self) -> float:
        """Where its number is written: inside the box, at its foot."""
        return self.y + self.height * 0.94

    @property
    def label_px(self) -> float:
        return self.height * 0.3


def faces(report: Report, chosen: int | None) -> list[Face]:
    """The faces of a photo report; `chosen` is the one reels use, or None."""
    boxes = report.get("faces", [])
    return [
        Face(
            index=index,
            number=index + 1,
            place=_place(index, len(boxes)),
            x=box["x"],
            y=box["y"],
            width=box["width"],
            height=box["height"],
            width_px=box.get("width_px", box["width"]),
            chosen=index == chosen or len(boxes) == 1,
        )
        for index, box in enumerate(boxes)
    ]


def _place(index: int, count: int) -> str:
    if index == 0:
        return "on the left"
    if index == count - 1:
        return "on the right"
    return "in the middle" if count == 3 else f"number {index + 1} from the left"


def photo_facts(report: Report) -> list[tuple[str, str]]:
    """What was measured on the face, in words with the number: (what, how much)."""
    if report.get("face_index") is None:
        return []
    return [
        ("Face width", f"{report['width_px']:.0f} px"),
        ("Direction", _direction(report["yaw"], report["pitch"])),
        ("Sharpness", f"{_in_words(report['sharpness'], 0.18, 0.4)} ({report['sharpness']:.2f})"),
        ("Light", f"{_evenly(report['evenness'])} ({report['evenness']:.0%})"),
        ("Mouth", _mouth(report)),
        ("Eyes", "not to be seen" if report.get("eyes_covered") else "in full view"),
    ]


def _direction(yaw: float, pitch: float) -> str:
    side = "right" if yaw > 0 else "left"
    turned = f"{abs(yaw):.0f}° to the {side}" if abs(yaw) >= 1 else "straight ahead"
    if abs(pitch) < TURNED_DEGREES:
        return turned
    return f"{turned}, {abs(pitch):.0f}° {'down' if pitch > 0 else 'up'}"


def _in_words(value: float, soft: float, crisp: float) -> str:
    return "soft" if value < soft else "crisp" if value >= crisp else "good"


def _evenly(evenness: float) -> str:
    return (
        "even" if evenness >= 0.75 else "a little one-sided" if evenness >= 0.55 else "one-sided"
    )


def _mouth(report: Report) -> str:
    if report.get("mouth_covered"):
        return "covered"
    if report.get("teeth_shown"):
        return "open, teeth seen"
    return "open" if report.get("mouth_open") else "closed, in full view"


def voice_facts(report: Report) -> list[tuple[str, str]]:
    """What was measured on a recording: (what, how much)."""
    if not report.get("duration_ms"):
        return []
    return [
        ("Length", f"{report['duration_ms'] / 1000:.1f} s"),
        ("Clipped", f"{report['clipping_share']:.2%}"),
        ("Background noise", f"{report['noise_floor_dbfs']:.0f} dBFS"),
        ("Silence", f"{report['silence_share']:.0%}"),
        ("Loudness", f"{report['level_lufs']:.0f} LUFS"),
    ]


def footage_facts(report: Report) -> list[tuple[str, str]]:
    """What was seen in a video: (what, how much)."""
    if not report.get("duration_ms"):
        return []
    return [
        ("Length", f"{report['duration_ms'] / 1000:.1f} s"),
        ("Size", f"{report['width']} × {report['height']}"),
        ("Pictures a second", f"{report['fps']:.3g}"),
    ]


def problems(report: Report) -> list[str]:
    """Why it cannot be used, in sentences."""
    return [_ours(text) for text in report.get("problems", [])]


def warnings(report: Report) -> list[str]:
    """What could be better, in sentences."""
    return [_ours(text) for text in report.get("warnings", [])]


def _ours(sentence: str) -> str:
    """The name we gave a file means nothing to the person who brought it."""
    return OUR_FILE_NAME.sub("The file", sentence)
