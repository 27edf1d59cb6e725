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

SAFE = ZONES["shorts"].covering(ZONES["reels"]).covering(ZONES["tiktok"])


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


def headline_area(width: int, height: int) -> Area:
    """Where words may stand on a cover: below the face, within what profile grids show.

    Instagram's grid shows the middle 3:4 of a cover, TikTok's about as much (2026); a cover has no
    buttons over it.
    """
    shown = min(height, width * 4 / 3)
    return Area(0.09 * width, 0.59 * height, 0.91 * width, (height + shown) / 2 - 0.02 * height)
