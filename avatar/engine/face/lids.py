"""A shut eye, painted once: the skin that a closing lid brings down, its crease and lashes."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face.geometry import smoothstep
from avatar.engine.types import Image

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]
Doubles = NDArray[np.float64]

# Lengths in the eye's length, from corner to corner.
THINNER_THAN = 0.17  # what is darker than the skin and no wider is a lash, a liner or a fold
GROWS = (0.15, 0.10, 0.10)  # how far above, beside and below the eye such things are taken away
THINS_OUT = (0.06, 0.15)
ENDS = (0.55, 0.72)  # to each side from the middle of the eye
TO_BROW = 0.5  # but no farther than this share of the way to the brow
LEAST_LIGHT = 0.74  # of the skin around the eye: a lid is no darker, whatever its liner
GAP = 0.03  # between two lashes
DARKER = 0.10  # share of the skin's light, at least
FOLD, FOLD_WIDTH = 0.10, 0.022  # how dark the crease of a shut lid is
BULGE = 0.06  # how much lighter the ball makes the middle of its lid
UNDER_EDGE, UNDER_WIDTH = 0.10, 0.10  # how much darker it is just above the lashes
N_LASHES = 34
LASH_SPAN = 0.47  # of the eye's length, to each side
AGAINST_FOUR = np.array([[0.0, -1, 0], [-1, 4, -1], [0, -1, 0]])
COARSEST = 12  # pixels
SOLVED = 0.1  # levels, over a whole hole: nothing that is seen
SHARP = 4  # lashes are thinner than a pixel: drawn so many times larger


@dataclass(frozen=True)
class LidLines:
    """In pixels of the patch along the eye's own axes: x from the middle of the eye, y down.

    x, y: of each pixel, (rows, columns). top, bottom: the opening there; shut: where lids meet;
    brow: lower edge of the brow.
    """

    x: Array
    y: Array
    top: Array
    bottom: Array
    shut: Array
    brow: Array
    length: float

    def pixels(self, x: Array, y: Array) -> Array:
        """(n, 2) pixels (x, y) of the patch for points along the eye's axes."""
        steps = [[axis[0, 1] - axis[0, 0], axis[1, 0] - axis[0, 0]] for axis in (self.x, self.y)]
        there = np.stack([x - self.x[0, 0], y - self.y[0, 0]])
        return np.linalg.solve(np.array(steps), there).T.astype(np.float32)


def paint_lid(patch: Image, lines: LidLines, covered: Mask, *, glasses: bool) -> Array:
    """The patch with skin over `covered`, which holds all of the eye. RGB float32."""
    photo = patch.astype(np.float32)
    length = lines.length
    skin = _without_lashes(photo, covered, round(THINNER_THAN * length))
    away = cv2.distanceTransform(1 - covered.astype(np.uint8), cv2.DIST_L2, 5) / length
    if not glasses:  # their frame is as dark and thin
        covered = _with_lashes(photo, skin, lines, covered)
    filled, inside = _skin_over(photo, skin, covered, length)
    # What goes on beyond reach, a brow or a wing of lashes, thins out instead of being cut.
    inside = inside * (1 - smoothstep(*THINS_OUT, away))
    inside = inside * (1 - smoothstep(*ENDS, np.abs(lines.x) / length))
    light = 1 + inside * (_lid_light(lines) - 1)
    return (photo + inside[..., None] * (filled * light[..., None] - photo)).astype(np.float32)


def _without_lashes(photo: Array, eye: Mask, size: int) -> Array:
    """What is dark and thin made as light as the skin beside it; the eye itself does not count."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (max(3, size | 1),) * 2)
    soft = cv2.GaussianBlur(photo, (0, 0), 0.8)
    soft[eye] = 0
    return cv2.erode(cv2.dilate(soft, kernel), kernel)


def _with_lashes(photo: Array, skin: Array, lines: LidLines, eye: Mask) -> Mask:
    """The eye and what is dark and thin beside it and touches it."""
    length = lines.length
    above, beside, below = (reach * length for reach in GROWS)
    height = np.minimum(TO_BROW * (lines.top - lines.brow), above)
    far = (lines.y < lines.top - height) | (lines.y > lines.bottom + below)
    near = cv2.dilate(
        eye.astype(np.uint8),
        cv2.getStructuringElement(
            cv2.MORPH_ELLIPSE, (2 * round(beside) + 1, 2 * round(above) + 1)
        ),
    )
    light, plain = photo.mean(-1), skin.mean(-1)
    dark = (plain - light > np.maximum(DARKER * plain, 6)) & (near > 0) & ~far
    gap = 2 * round(GAP * length) + 1
    joined = cv2.dilate((dark | eye).astype(np.uint8), np.ones((gap, gap), np.uint8))
    marks = cv2.connectedComponents(joined, connectivity=8)[1]
    return eye | (dark & np.isin(marks, np.unique(marks[eye])))


def _skin_over(photo: Array, skin: Array, covered: Mask, length: float) -> tuple[Array, Array]:
    """Skin for `covered`, carried on smoothly from its rim, and how much of it to show there."""
    shrink = max(1, round(covered.shape[1] / 90))
    size = -(-covered.shape[1] // shrink), -(-covered.shape[0] // shrink)
    width = max(3, round(0.07 * length) | 1)
    around = cv2.dilate(covered.astype(np.uint8), np.ones((width, width), np.uint8))
    known = np.where(around[..., None] > 0, skin, photo)
    small = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
    hole = cv2.resize(around.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    hole[[0, -1]] = hole[:, [0, -1]] = False
    filled = cv2.resize(
        _membrane(small, hole), covered.shape[1::-1], interpolation=cv2.INTER_CUBIC
    )
    soft = cv2.GaussianBlur(around.astype(np.float32), (0, 0), width / 4)
    plain = around == 0
    if plain.any():
        usual = np.median(known[plain], axis=0)
        light = filled.mean(-1)
        short = (LEAST_LIGHT * usual.mean() - light) / np.maximum(usual.mean() - light, 1)
        filled = filled + np.clip(short, 0, 1)[..., None] * (usual - filled)
    return filled + _grain(photo, length), smoothstep(0.35, 0.8, soft)


def _grain(photo: Array, length: float) -> Array:
    """The grain of the cheek below, for the whole patch."""
    texture_px = 0.4 * length
    grain = 0.7 * np.clip(photo - cv2.GaussianBlur(photo, (0, 0), 0.06 * texture_px + 1), -10, 10)
    # Rows of the cheek, up and down again: what is right under the eye has lashes of its own.
    strip = max(2, round(0.7 * texture_px))
    first = min(len(photo) - strip, len(photo) // 2 + round(0.6 * texture_px))
    rows = np.arange(len(photo))
    return grain[first + np.abs(rows % (2 * strip - 2) - (strip - 1))]


def _lid_light(lines: LidLines) -> Array:
    """How the light falls on a shut lid: lighter on the ball, a crease above, dark at the edge."""
    length = lines.length
    across = np.clip(1 - (2 * lines.x / length) ** 2, 0, 1)
    height = np.maximum(lines.shut - lines.top, 0.08 * length)
    down = (lines.y - lines.top) / height
    ball = BULGE * across * np.exp(-(((down - 0.45) / 0.35) ** 2))
    crease_y = lines.top - 0.03 * length
    crease = FOLD * across**0.5 * np.exp(-(((lines.y - crease_y) / (FOLD_WIDTH * length)) ** 2))
    above = np.maximum(lines.shut - lines.y, 0)
    edge = UNDER_EDGE * across**0.5 * np.exp(-((above / (UNDER_WIDTH * length)) ** 2))
    edge = edge * (lines.y <= lines.shut)
    return (1 + ball - crease - edge).astype(np.float32)


def lashes(lines: LidLines, outward: float, reach: float, thick: float) -> Array:
    """Alpha of the lashes of a shut lid, hanging from where the lids meet.

    outward: 1 where the outer corner is at larger x, else -1. reach, thick: of the longest, in
    pixels.
    """
    rows, columns = lines.x.shape
    drawn = np.zeros((rows * SHARP, columns * SHARP), np.float32)
    order = np.unravel_index(np.argsort(lines.x, axis=None), lines.x.shape)
    rng = np.random.default_rng(7)  # the same photo gives the same lashes
    for share in np.linspace(-1, 1, N_LASHES):
        out = share * outward  # -1 at the nose, 1 at the temple
        grown = (0.55 + 0.45 * np.clip(0.5 + 0.5 * out, 0, 1)) * np.clip(1.15 - share**2, 0, 1)
        size = reach * grown * rng.uniform(0.75, 1.1)
        lean = np.radians(outward * (12 + 38 * out) + rng.uniform(-7, 7))
        steps = np.linspace(0, 1, 5)
        turn = lean * (0.6 + 0.5 * steps)
        x = share * LASH_SPAN * lines.length + size * steps * np.sin(turn)
        root = np.interp(x[0], lines.x[order], lines.shut[order])
        points = lines.pixels(x, root + size * steps * np.cos(turn)) * SHARP
        for k in range(len(steps) - 1):
            width = max(1, round(thick * SHARP * (1 - 0.8 * steps[k])))
            ends = [tuple(np.round(point).astype(int).tolist()) for point in points[k : k + 2]]
            cv2.line(drawn, ends[0], ends[1], 1.0, width, cv2.LINE_AA)
    return cv2.resize(drawn, (columns, rows), interpolation=cv2.INTER_AREA)


def _membrane(image: Array, hole: Mask) -> Array:
    """Fill a hole, clear of the edges, so that each pixel is the mean of its four neighbours.

    By conjugate gradients, all channels at once, begun at what half the size gives.
    """
    inside = hole[..., None]
    if not hole.any():
        return image
    begin = np.where(inside, image[~hole].mean(axis=0), image).astype(np.float32)
    if min(hole.shape) > COARSEST:
        half = hole.shape[1] // 2, hole.shape[0] // 2
        smaller = cv2.resize(hole.astype(np.float32), half, interpolation=cv2.INTER_AREA) > 0.99
        smaller[[0, -1]] = smaller[:, [0, -1]] = False
        coarse = _membrane(cv2.resize(begin, half, interpolation=cv2.INTER_AREA), smaller)
        upward = cv2.resize(coarse, hole.shape[::-1], interpolation=cv2.INTER_LINEAR)
        begin = np.where(inside, upward, image)

    def unlike_neighbours(values: Doubles) -> Doubles:
        return cv2.filter2D(values, -1, AGAINST_FOUR, borderType=cv2.BORDER_CONSTANT) * inside

    filled = begin.astype(np.float64)
    left = -unlike_neighbours(filled)
    way, power = left.copy(), np.einsum("ijk,ijk->k", left, left)
    for _ in range(4 * sum(hole.shape)):
        ahead = unlike_neighbours(way)
        stride = power / np.maximum(np.einsum("ijk,ijk->k", way, ahead), 1e-12)
        filled += stride * way
        left -= stride * ahead
        before, power = power, np.einsum("ijk,ijk->k", left, left)
        if power.max() < SOLVED**2:
            break
        way = left + power / np.maximum(before, 1e-12) * way
    return filled.astype(np.float32)
