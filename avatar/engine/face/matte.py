"""Cut the person out of the photo, hair by hair.

MediaPipe's segmentation says where the person is, 256 px a side; looked at whole and in two nearer
crops, each also mirrored, its mean is steadier than one look. Where it still hesitates, at a thing
held in the hand for instance, colours choose. Around the edge, widely where there may be hair, the
share of person in each pixel is solved for from the colours of the photo itself.

Sources: Rother, Kolmogorov & Blake 2004, GrabCut; Levin, Lischinski & Weiss 2008, a closed-form
solution to natural image matting; Forte 2021, blur-fusion foreground estimation.
"""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face import mesh
from avatar.engine.face.geometry import floats, smoothstep
from avatar.engine.face.models import solution
from avatar.engine.face.portrait import Face
from avatar.engine.types import Image

Array = NDArray[np.float32]
Box = tuple[int, int, int, int]

LONGEST_SIDE_PX = 1280  # of the part that is worked on
MOST_ENLARGED = 3.0  # small photos are, or their edges would be jagged in a large frame
CROPS = (2.5, 3.6)  # S: half the sides of the nearer looks
FEATHER = 0.15  # of a crop, in which its look counts less and less
SURE = (0.2, 0.8)  # of the segmentation; between, the colours decide
# S: how far inside and outside of the edge is undecided, for skin and cloth and for hair
EDGE_IN, EDGE_OUT, HAIR_IN, HAIR_OUT = 0.03, 0.035, 0.055, 0.10
HESITATES, FAINT = (0.12, 0.88), 0.05  # of the segmentation
SPECK, AROUND = 0.06, 0.2  # S: smaller doubts are edges; how far around larger ones is chosen anew
CHOSEN_SIDE_PX, CHOICES = 512, 3  # longer side at which it is chosen, and rounds
TRUST, TRUST_AT_RIM, TRUST_CHOSEN = 2e-3, 0.05, 0.02  # in the segmentation, against the colours
REGULAR = 1e-6  # of the colours' covariance, as published
LEVELS = (0.08, 0.92)  # what is left of background in the person, and of person in background
FUSED_SIDE_PX = 1280  # they change slowly: no need to know them in every pixel
ROWS_AT_ONCE = 256
FUSED = (0.25, 0.02)  # S: from how far around a pixel its two colours are taken, in two rounds


@dataclass(frozen=True)
class Matte:
    """alpha: (h, w) uint8, the share of person in the photo's part `box` (x0, y0, x1, y1)."""

    alpha: NDArray[np.uint8]
    box: Box

    def save(self, path: Path) -> None:
        with path.open("wb") as out:
            np.savez_compressed(out, alpha=self.alpha, box=np.array(self.box))

    @classmethod
    def load(cls, path: Path) -> "Matte":
        with np.load(path, allow_pickle=False) as data:
            x0, y0, x1, y1 = data["box"].tolist()
            return cls(data["alpha"], (x0, y0, x1, y1))


def cut_out(image: Image, face: Face, box: Box) -> Matte:
    """The matte of one part of the photo, which holds the face."""
    x0, y0, x1, y1 = box
    part = image[y0:y1, x0:x1]
    scale = min(MOST_ENLARGED, LONGEST_SIDE_PX / max(part.shape[:2]))
    size = max(8, round(part.shape[1] * scale)), max(8, round(part.shape[0] * scale))
    part = cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    points = (face.landmarks[:, :2] - floats([x0, y0])) * np.float32(scale)
    person = _segmented(part, points)
    known, trust = _undecided(person, points)
    _choose(part, points, person, known, trust)
    alpha = _solved(part, known, person, trust)
    low, high = LEVELS
    alpha = np.clip((alpha - low) / (high - low), 0, 1)
    return Matte(np.rint(255 * alpha).astype(np.uint8), box)


def without_spill(image: Image, alpha: Array, scale_px: float) -> Image:
    """The person's own colours, in pixels that are partly background and in those around.

    alpha: (h, w) share of person. scale_px: distance of the outer eye corners.
    """
    own, behind = _both_colours(image, alpha, scale_px)
    height, width = alpha.shape
    result = image.copy()
    for top in range(0, height, ROWS_AT_ONCE):
        rows = slice(top, min(height, top + ROWS_AT_ONCE))
        own_here, behind_here = (
            _rows_of(colours, rows, height, width) for colours in (own, behind)
        )
        share = alpha[rows, :, None]
        mixed = share * own_here + (1 - share) * behind_here
        pure = np.clip(own_here + share * (image[rows] - mixed), 0, 255)
        result[rows] = np.where(share > 254 / 255, image[rows], np.rint(pure))
    return result


def _both_colours(image: Image, alpha: Array, scale_px: float) -> tuple[Array, Array]:
    """The person's and the background's around each pixel, at most FUSED_SIDE_PX a side."""
    less = min(1.0, FUSED_SIDE_PX / max(alpha.shape))
    size = max(1, round(alpha.shape[1] * less)), max(1, round(alpha.shape[0] * less))
    observed = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    share = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)[..., None]
    own = behind = observed
    for reach in FUSED:
        box = (2 * max(1, round(reach * scale_px * less)) + 1,) * 2
        mean = cv2.blur(share, box)[..., None]
        own_mean = cv2.blur(own * share, box) / (mean + 1e-5)
        behind_mean = cv2.blur(behind * (1 - share), box) / (1 - mean + 1e-5)
        mixed = share * own_mean + (1 - share) * behind_mean
        own, behind = np.clip(own_mean + share * (observed - mixed), 0, 255), behind_mean
    return own_mean, behind_mean


def _rows_of(colours: Array, rows: slice, height: int, width: int) -> Array:
    """These rows of small colours enlarged to (height, width)."""
    per_row = colours.shape[0] / height
    place = floats(
        [
            [colours.shape[1] / width, 0, (colours.shape[1] / width - 1) / 2],
            [0, per_row, (rows.start + 0.5) * per_row - 0.5],
        ]
    )
    return cv2.warpAffine(
        colours,
        place,
        (width, rows.stop - rows.start),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _scale_px(points: Array) -> float:
    corners = points[list(mesh.OUTER_EYE_CORNERS)]
    return float(np.linalg.norm(corners[1] - corners[0]))


def _segmented(part: Image, points: Array) -> Array:
    """Mean of all looks, (h, w) in [0, 1]."""
    height, width = part.shape[:2]
    total, weight = np.zeros((2, height, width), np.float32)
    with solution("selfie_segmentation").SelfieSegmentation(model_selection=0) as segmenter:
        for x0, y0, x1, y1 in [(0, 0, width, height), *_crops(points, width, height)]:
            look = part[y0:y1, x0:x1]
            counts = np.outer(
                _feathered(y1 - y0, y0 > 0, y1 < height), _feathered(x1 - x0, x0 > 0, x1 < width)
            )
            for turn in (1, -1):
                seen = segmenter.process(np.ascontiguousarray(look[:, ::turn])).segmentation_mask
                total[y0:y1, x0:x1] += counts * np.asarray(seen)[:, ::turn]
                weight[y0:y1, x0:x1] += counts
    return total / weight


def _crops(points: Array, width: int, height: int) -> list[Box]:
    x, y = points.mean(0)
    crops = []
    for reach in CROPS:
        half = reach * _scale_px(points)
        x0, y0 = max(0, int(x - half)), max(0, int(y - half))
        x1, y1 = min(width, int(x + half)), min(height, int(y + 1.08 * half))
        if x1 - x0 > 16 and y1 - y0 > 16:
            crops.append((x0, y0, x1, y1))
    return crops


def _feathered(length: int, start: bool, stop: bool) -> Array:
    """1 in the middle, falling towards the ends that are no ends of the photo."""
    ramp = np.clip((np.arange(length) + 1) / (FEATHER * length), 0, 1).astype(np.float32)
    ones = np.ones(length, np.float32)
    return np.minimum(ramp if start else ones, ramp[::-1] if stop else ones)


def _undecided(person: Array, points: Array) -> tuple[Array, Array]:
    """(h, w) 1 person, 0 background, 0.5 undecided; and how far the segmentation is trusted."""
    scale_px = _scale_px(points)
    inside = (person > 0.5).astype(np.uint8)
    from_edge = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    beyond = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    hair = _hairy(person.shape, points, scale_px)
    reach_in = scale_px * (EDGE_IN + (HAIR_IN - EDGE_IN) * hair)
    reach_out = scale_px * (EDGE_OUT + (HAIR_OUT - EDGE_OUT) * hair)
    known = np.full(person.shape, 0.5, np.float32)
    known[(from_edge > reach_in) & (person > SURE[1])] = 1
    known[(beyond > reach_out) & (person < SURE[0])] = 0
    face = cv2.convexHull(np.round(points).astype(np.int32))
    cv2.fillConvexPoly(known, face, 1)
    trust = TRUST + (TRUST_AT_RIM - TRUST) * np.clip(beyond / reach_out, 0, 1) ** 2
    return known, trust


def _choose(part: Image, points: Array, person: Array, known: Array, trust: Array) -> None:
    """Make up the segmentation's mind where it hesitates over more than an edge, in place."""
    less = min(1.0, CHOSEN_SIDE_PX / max(person.shape))
    size = max(1, round(person.shape[1] * less)), max(1, round(person.shape[0] * less))
    scale_px = _scale_px(points) * less
    seen = cv2.resize(person, size, interpolation=cv2.INTER_LINEAR)
    sure = cv2.resize(known, size, interpolation=cv2.INTER_NEAREST)
    doubt = ((seen > HESITATES[0]) & (seen < HESITATES[1])).astype(np.uint8)
    doubt = cv2.morphologyEx(doubt, cv2.MORPH_OPEN, _disc(SPECK / 2 * scale_px))
    if not doubt.any() or not (sure == 1).any() or not (sure == 0).any():
        return
    around = cv2.dilate(doubt, _disc(AROUND * scale_px))
    probably = np.where(seen > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    may_change = (around > 0) & (seen > FAINT)
    background = np.where(may_change, cv2.GC_PR_BGD, cv2.GC_BGD)
    choice = np.where(sure == 1, cv2.GC_FGD, np.where(sure == 0, background, probably))
    choice = choice.astype(np.uint8)
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    colours = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)  # the same photo gives the same matte
    cv2.grabCut(small, choice, None, *colours, CHOICES, cv2.GC_INIT_WITH_MASK)
    chosen = ((choice == cv2.GC_FGD) | (choice == cv2.GC_PR_FGD)).astype(np.float32)
    whole = person.shape[::-1]
    chosen = cv2.resize(chosen, whole, interpolation=cv2.INTER_LINEAR)
    near = cv2.resize(around, whole, interpolation=cv2.INTER_NEAREST) > 0
    known[near & (known == 0) & (chosen > SURE[0])] = 0.5
    anew = near & (known == 0.5)
    person[anew], trust[anew] = chosen[anew], TRUST_CHOSEN


def _disc(radius_px: float) -> NDArray[np.uint8]:
    side = 2 * max(1, round(radius_px)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


def _hairy(shape: tuple[int, ...], points: Array, scale_px: float) -> Array:
    """1 where hair may stand out, 0 on the body and further away; less beside the cheeks."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    chin, forehead = points[mesh.CHIN], points[mesh.FOREHEAD]
    down = (chin - forehead) / np.linalg.norm(chin - forehead)
    below_chin = ((x - chin[0]) * down[0] + (y - chin[1]) * down[1]) / scale_px
    middle = points.mean(0)
    away = np.hypot(x - middle[0], y - middle[1]) / scale_px
    near = 1 - smoothstep(2.4, 3.0, away)
    return ((1 - smoothstep(-0.2, 0.6, below_chin)) * near).astype(np.float32)


def _solved(part: Image, known: Array, person: Array, trust: Array) -> Array:
    """The alpha with the least cost in colours and against the segmentation, (h, w)."""
    from scipy import sparse  # a quarter of a second, for those who want another background
    from scipy.sparse.linalg import cg

    undecided = known.ravel() == 0.5
    alpha = known.ravel().copy()
    if not undecided.any():
        return alpha.reshape(known.shape)
    pixels, laplacian = _matting_laplacian(part, known == 0.5)
    free = undecided[pixels]
    weights = trust.ravel()[pixels][free].astype(np.float64)
    prior = np.clip(2 * person.ravel()[pixels][free] - 0.5, 0, 1).astype(np.float64)
    of_free = laplacian[free]
    matrix = of_free[:, free] + sparse.diags(weights)
    right = weights * prior - of_free[:, ~free] @ alpha[pixels][~free].astype(np.float64)
    solution, _ = cg(
        matrix, right, x0=prior, M=sparse.diags(1 / matrix.diagonal()), rtol=1e-4, maxiter=250
    )
    alpha[pixels[free]] = np.clip(solution, 0, 1)
    return alpha.reshape(known.shape)


def _matting_laplacian(part: Image, undecided: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Any]:
    """Pixels near what is undecided, as indices, and the matting Laplacian between them, sparse.

    Within 3 by 3 pixels alpha is taken to be a linear function of the colour.
    """
    from scipy import sparse

    height, width = undecided.shape
    index = np.arange(height * width).reshape(height, width)
    near = cv2.dilate(undecided.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    windows = np.lib.stride_tricks.sliding_window_view(index, (3, 3))[near[1:-1, 1:-1]]
    windows = windows.reshape(-1, 9)
    colours = (part.reshape(-1, 3) / 255.0)[windows]  # (n, 9, 3)
    colours -= colours.mean(axis=1, keepdims=True)
    covariance = np.einsum("nki,nkj->nij", colours, colours) / 9 + REGULAR / 9 * np.eye(3)
    whitened = np.einsum("nki,nij->nkj", colours, np.linalg.inv(covariance))
    affinity = (1 + np.einsum("nki,nli->nkl", whitened, colours)) / 9
    pixels, place = np.unique(windows, return_inverse=True)
    place = place.reshape(windows.shape)
    rows, columns = np.repeat(place, 9, axis=1), np.tile(place, (1, 9))
    values = (np.eye(9) - affinity).reshape(len(windows), 81)
    size = len(pixels)
    laplacian = sparse.csr_matrix(
        (values.ravel(), (rows.ravel(), columns.ravel())), shape=(size, size)
    )
    return pixels, laplacian
