"""What the platforms' own buttons and texts cover, as fractions of the frame."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Zone:
    """Margins to keep free of text: of the height (top, bottom), of the width (left, right)."""

    top: float
    bottom: float
    left: float
    right: float
    source: str  # who says so, and when it was read

    def covering(self, other: "Zone") -> "Zone":
        """The margins that satisfy both."""
        return Zone(
            top=max(self.top, other.top),
            bottom=max(self.bottom, other.bottom),
            left=max(self.left, other.left),
            right=max(self.right, other.right),
            source=f"{self.source}; {other.source}",
        )


# The platforms publish margins for ads on 1080x1920 (at the foot: Meta 35 %, Google 672 px). Those
# make room for a call-to-action card that organic posts do not have; below those, at the foot, a
# name and one or two lines of caption stand, in a quarter of the height. Keeping the ads' margin
# would put the words on the speaker's chin.
ORGANIC_FOOT = 0.25
ZONES = {
    "shorts": Zone(
        288 / 1920, ORGANIC_FOOT, 48 / 1080, 192 / 1080, "Google Ads help, vertical video, 2026"
    ),
    "reels": Zone(0.14, ORGANIC_FOOT, 0.06, 0.06, "Meta Ads guide, Reels, 2026"),
    # TikTok publishes template pictures instead of numbers; read off the one without add-ons.
    "tiktok": Zone(
        126 / 1920, 370 / 1920, 120 / 1080, 140 / 1080, "TikTok Ads templates, in-feed, 2026"
    ),
}

HEADLINE_TOP = 0.59
LEAST_HEADLINE = 0.12  # of the height: two lines of a headline
LABEL_ROOM = 0.035  # of the height: a label of one line and the air below it
FACE_MOVES = 0.015  # of the height: a head that nods

SAFE = ZONES["shorts"].covering(ZONES["reels"]).covering(ZONES["tiktok"])


@dataclass(frozen=True)
class FaceRows:
    """What words must not cover, in pixels from the top."""

    forehead: float
    lips: float  # the lower edge of the lower lip


@dataclass(frozen=True)
class Area:
    """Where text may stand, in pixels; as wide to the left of the centre as to the right."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def centre_x(self) -> float:
        return (self.left + self.right) / 2


def safe_area(width: int, height: int) -> Area:
    """Centred, because text off the middle looks like a mistake where there are no buttons."""
    side = max(SAFE.left, SAFE.right) * width
    return Area(side, SAFE.top * height, width - side, (1 - SAFE.bottom) * height)


def caption_area(width: int, height: int, block: float, face: FaceRows | None) -> Area:
    """The safe area; its head where words at its foot would cover a mouth.

    block: the height of two lines, in pixels; they stand at the foot of the area.
    """
    area = safe_area(width, height)
    if face is None or area.bottom - block >= face.lips + FACE_MOVES * height:
        return area
    head = area.top + LABEL_ROOM * height + block
    fits = head <= face.forehead - FACE_MOVES * height
    return Area(area.left, area.top, area.right, head) if fits else area


def headline_area(width: int, height: int, face: FaceRows | None = None) -> Area:
    """Where words may stand on a cover: below the face, within what profile grids show; above it
    where the face is low.

    Instagram's grid shows the middle 3:4 of a cover, TikTok's about as much (2026); a cover has no
    buttons over it.
    """
    shown = min(height, width * 4 / 3)
    left, right, bottom = 0.09 * width, 0.91 * width, (height + shown) / 2 - 0.02 * height
    if face is None or face.lips + FACE_MOVES * height <= HEADLINE_TOP * height:
        return Area(left, HEADLINE_TOP * height, right, bottom)
    top = max(SAFE.top * height, (height - shown) / 2) + LABEL_ROOM * height
    if face.forehead - top >= LEAST_HEADLINE * height:
        return Area(left, top, right, face.forehead)
    return Area(left, HEADLINE_TOP * height, right, bottom)
