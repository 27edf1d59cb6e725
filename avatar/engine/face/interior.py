"""What is seen between the lips: cavity, tongue and teeth, the photo's own where it shows them."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face.geometry import EDGE_INSET, MouthFrame, floats, smoothstep
from avatar.engine.face.portrait import Face
from avatar.engine.face.yuv import Patch, patch_from_rgb, yuv_from_rgb
from avatar.engine.types import Image

Array = NDArray[np.float32]

OWN_TEETH_ABOVE = 0.07  # gap over S from which the photo's own teeth can be used
# Half widths of the upper teeth from the middle, in S (90 mm), as seen from the front.
TOOTH_EDGES = (0.0, 0.092, 0.162, 0.222, 0.262, 0.288, 0.305)
LOWER_TOOTH_EDGES = (0.0, 0.058, 0.120, 0.185, 0.235, 0.268, 0.29)
UPPER_EDGE, UPPER_HEIGHT = 0.038, 0.13  # S: edge below the lip line, height
LOWER_EDGE, LOWER_HEIGHT = 0.016, 0.12
TOOTH_LIGHT = 1.0  # of the eye white; a tooth's lightest place has less
BY_EYE = 0.65  # the rest of what is known about the colour of light is by the skin
LUMA = floats([0.2126, 0.7152, 0.0722])
SKIN = floats([1.0, 0.75, 0.62])  # in white light, from pale to dark
GAP_WIDTH, GAPS_END = 0.035, 0.02  # S: widest gap between two of the photo's teeth; its length
GAPS_FAINT = 0.35  # how much of its darkness is left beyond


@dataclass(frozen=True)
class Interior:
    """Patches of one size, all at one place of the canvas.

    back: cavity and tongue, opaque, follow the jaw in part. tip: tip of the tongue, likewise.
    jaw: lower teeth, move with the jaw. teeth: the upper teeth, belong to the skull.
    shade: Y, U, V of what is in there where no light comes.
    """

    back: Patch
    tip: Patch
    jaw: Patch
    teeth: Patch
    shade: Array


def draw_interior(
    canvas: Image,
    face: Face,
    mouth: MouthFrame,
    at: Array,
    closed: tuple[Callable[[Array], Array], Callable[[Array], Array]],
) -> Interior:
    """Paint the patches.

    at: (rows, columns, 2) canvas pixels of the patch. closed: Y at which the lips meet at rest,
    for the upper lip and, where the photo has the jaw, for the lower.
    """
    x, y = mouth.local(at)
    palette = _palette(face)
    back = _over(
        _cavity(palette, mouth, x, y - closed[1](x)), *_tongue(palette, mouth, x, y - closed[1](x))
    )
    jaw_rgb, jaw_alpha = _teeth(
        palette, mouth, x, y - closed[1](x), LOWER_TOOTH_EDGES, LOWER_EDGE, up=True
    )
    teeth_rgb, teeth_alpha = _teeth(
        palette, mouth, x, y - closed[0](x), TOOTH_EDGES, UPPER_EDGE, up=False
    )
    gap = float(np.interp(0, mouth.xs, mouth.lower_edge - mouth.upper_edge))
    if gap > OWN_TEETH_ABOVE:
        own = _Own(_patch_of(canvas, at), mouth, x, y)
        jaw_rgb, jaw_alpha = own.lower(jaw_rgb, jaw_alpha)
        if face.teeth > 0.15:
            teeth_rgb, teeth_alpha = own.upper(teeth_rgb, teeth_alpha)
    return Interior(
        back=patch_from_rgb(back, np.ones_like(x)),
        tip=patch_from_rgb(*_tip(palette, mouth, x, y - closed[1](x))),
        jaw=patch_from_rgb(jaw_rgb, jaw_alpha),
        teeth=patch_from_rgb(teeth_rgb, teeth_alpha),
        shade=yuv_from_rgb(palette.dark),
    )


@dataclass(frozen=True)
class _Palette:
    tooth: Array
    tongue: Array
    dark: Array


def _palette(face: Face) -> _Palette:
    """Colours under the photo's own light: nothing lighter than the eye white."""
    tooth = _lit(face) * floats([1.0, 0.95, 0.87])
    tooth *= TOOTH_LIGHT * float(LUMA @ face.eye_white) / max(float(LUMA @ tooth), 1.0)
    lips = face.lips
    flesh = 0.55 * lips + 0.45 * face.skin * floats([0.95, 0.62, 0.62])
    return _Palette(
        tooth=tooth,
        tongue=flesh * floats([0.72, 0.60, 0.60]),
        dark=np.minimum(lips * floats([0.17, 0.09, 0.09]), 60).astype(np.float32),
    )


def _lit(face: Face) -> Array:
    """Colour of something white in this light, by the eye white, which is often reddened, and
    by the skin, which is made of less and less red, green and blue."""
    by_eye, by_skin = (
        colour / max(float(LUMA @ colour), 1.0) for colour in (face.eye_white, face.skin / SKIN)
    )
    return (BY_EYE * by_eye + (1 - BY_EYE) * by_skin).astype(np.float32)


def _cavity(palette: _Palette, mouth: MouthFrame, x: Array, y: Array) -> Array:
    """Darkest in the middle and above, a little flesh at the sides and below."""
    side = smoothstep(0.35, 1.0, np.abs(mouth.across(x)))
    below = smoothstep(0.0, 0.3, y)
    lift = 1 + 0.5 * side + 0.7 * below
    return (palette.dark * lift[..., None]).astype(np.float32)


def _tongue(palette: _Palette, mouth: MouthFrame, x: Array, y: Array) -> tuple[Array, Array]:
    """A body that lies behind the lower teeth, lit from the front. y is from the lower lip."""
    across = mouth.across(x)
    top = -0.065 + 0.07 * across**2
    alpha = smoothstep(-0.02, 0.03, y - top) * (1 - smoothstep(0.55, 0.95, np.abs(across)))
    light = 0.35 + 0.65 * smoothstep(-0.01, 0.11, y - top)
    light *= 1 - 0.45 * across**2
    groove = 1 - 0.12 * np.exp(-((across / 0.07) ** 2))
    return (palette.tongue * (light * groove)[..., None]).astype(np.float32), alpha


def _tip(palette: _Palette, mouth: MouthFrame, x: Array, y: Array) -> tuple[Array, Array]:
    """Lies low behind the lower lip until it is raised."""
    across = mouth.across(x)
    inside = (across / 0.72) ** 2 + ((y - 0.09) / 0.12) ** 2
    alpha = 1 - smoothstep(0.45, 1.1, inside)
    light = (1.0 - 0.40 * inside) * (1 - 0.10 * np.exp(-((across / 0.08) ** 2)))
    return (palette.tongue * light[..., None]).astype(np.float32), alpha


def _teeth(
    palette: _Palette,
    mouth: MouthFrame,
    x: Array,
    y: Array,
    edges: tuple[float, ...],
    edge_y: float,
    *,
    up: bool,
) -> tuple[Array, Array]:
    """A row of teeth. y is from the lip's edge; `up`: they stand on the jaw."""
    half = np.where(x < 0, -mouth.left_corner, mouth.right_corner)
    wide = np.maximum(half, 0.2) / 0.30  # teeth keep to the mouth they are in
    size = np.abs(x) / wide
    borders = np.array(edges, np.float32)
    which = np.clip(np.searchsorted(borders, size.ravel(), side="right") - 1, 0, len(edges) - 2)
    which = which.reshape(size.shape)
    start, stop = borders[which], borders[which + 1]
    along = (size - start) / (stop - start)  # 0..1 across one tooth
    from_border = np.minimum(along, 1 - along) * (stop - start)
    arch = size / borders[-1]
    if up:
        edge = edge_y + 0.012 * arch**2
        inward = y - edge  # into the tooth
        corner = 0.007 * np.exp(-((from_border / 0.007) ** 2))
        length = LOWER_HEIGHT
        shade = 0.80
    else:
        shorter = floats([0.0, 0.005, 0.0, 0.009, 0.017, 0.024])[which]
        edge = edge_y - shorter - 0.012 * arch**2
        inward = edge - y
        corner = 0.009 * np.exp(-((from_border / 0.008) ** 2))
        length = UPPER_HEIGHT
        shade = 1.0
    pixel = 1.2 / mouth.scale_px
    alpha = np.clip((inward - corner) / (2 * pixel) + 0.5, 0, 1)
    alpha *= 1 - smoothstep(length * 0.92, length, inward)
    alpha *= 1 - smoothstep(0.92, 1.0, arch)
    between = 1 - 0.16 * np.exp(-((from_border / max(0.0045, 1.1 * pixel)) ** 2))
    round_ = 1 - 0.10 * (2 * along - 1) ** 4
    depth = 1 - 0.72 * np.clip(arch, 0, 1) ** 1.7
    root = 1 - 0.18 * smoothstep(0.03, length, inward)
    tip = 1 - 0.06 * (1 - smoothstep(0.0, 0.018, inward))
    light = shade * between * round_ * depth * root * tip
    return (palette.tooth * light[..., None]).astype(np.float32), alpha.astype(np.float32)


class _Own:
    """The photo's own interior, cut along its darkest way between upper and lower teeth."""

    def __init__(self, photo: Array, mouth: MouthFrame, x: Array, y: Array) -> None:
        self.photo, self.mouth, self.x, self.y = photo, mouth, x, y
        self.upper_line, self.lower_line = mouth.upper_at(x), mouth.lower_at(x)
        self.pixel = 1.0 / mouth.scale_px
        self.corner = mouth.canvas(x[:1, :1], y[:1, :1])[0, 0]
        self.cut, self.shown = self._cut()

    def _cut(self) -> tuple[Array, Array]:
        """Y where the upper teeth end: where the first light run from above does.

        And in [0, 1] where there are any to see.
        """
        mouth = self.mouth
        luma = cv2.GaussianBlur(self.photo.mean(-1), (0, 0), 1.0)
        share = np.linspace(0.04, 1.0, 49, dtype=np.float32)
        ys = mouth.upper_edge + share[:, None] * (mouth.lower_edge - mouth.upper_edge)
        at = mouth.canvas(np.broadcast_to(mouth.xs, ys.shape), ys) - self.corner
        seen = cv2.remap(luma, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        whole = float(np.quantile(seen, 0.9))
        light = seen > np.maximum(0.62 * seen.max(axis=0), 0.30 * whole)
        ends = np.full(len(mouth.xs), np.nan)
        for k in range(len(mouth.xs)):
            lit = np.flatnonzero(light[:, k])
            if len(lit) < 5 or lit[0] > 20:
                continue
            gaps = np.flatnonzero(np.diff(lit) > 2)
            ends[k] = share[lit[gaps[0]] if len(gaps) else lit[-1]]
        known = np.flatnonzero(np.isfinite(ends))
        if not len(known):
            return (self.upper_line + self.lower_line) / 2, np.zeros_like(self.x)
        line = np.interp(np.arange(len(ends)), known, ends[known]).astype(np.float32)
        line = cv2.GaussianBlur(
            cv2.medianBlur(line.reshape(1, -1), 5), (0, 0), 1.5, borderType=cv2.BORDER_REPLICATE
        )[0]
        here = np.interp(self.x, mouth.xs, line)
        cut = self.upper_line + here * (self.lower_line - self.upper_line)
        seen = np.isfinite(ends).astype(np.float32).reshape(1, -1)
        seen = cv2.GaussianBlur(cv2.medianBlur(seen, 5), (0, 0), 3.0)[0]
        shown = np.interp(self.x, mouth.xs, np.clip(2 * seen - 1, 0, 1), left=0, right=0)
        return cut.astype(np.float32), shown.astype(np.float32)

    def upper(self, drawn: Array, drawn_alpha: Array) -> tuple[Array, Array]:
        """Teeth as they are, carried on upward under the lip; beside them drawn ones."""
        inset = 2.5 * self.pixel + 1.5 * EDGE_INSET
        rgb = self._carried(self.upper_line + inset, below=True)
        # Gaps between teeth end under the lip: what is drawn out there is tooth.
        under = smoothstep(0.0, GAPS_END, self.upper_line + inset - self.y)[..., None]
        tooth = self._tooth_colour()
        faint = np.clip(rgb.mean(-1) / np.maximum(tooth.mean(-1), 1), 0.3, 1) ** GAPS_FAINT
        rgb = rgb + under * (tooth * faint[..., None] - rgb)
        alpha = np.clip((self.cut - self.y) / (2 * self.pixel) + 0.5, 0, 1)
        alpha *= 1 - smoothstep(0.93, 1.0, np.abs(self.mouth.across(self.x)))
        alpha *= smoothstep(-0.10, -0.08, self.y - self.upper_line) * self.shown
        return _beside(rgb, alpha, drawn, drawn_alpha * np.clip(2 - 2 * self.shown, 0, 1))

    def _tooth_colour(self) -> Array:
        """Of the tooth in or beside each column, without the gaps."""
        mouth = self.mouth
        cut = np.interp(mouth.xs, self.x[len(self.x) // 2], self.cut[len(self.x) // 2])
        at = mouth.canvas(mouth.xs, (0.4 * mouth.upper_edge + 0.6 * cut).astype(np.float32))
        row = cv2.remap(self.photo, (at - self.corner)[None], None, cv2.INTER_LINEAR)
        step = float(mouth.xs[1] - mouth.xs[0])
        wide = np.ones((1, round(GAP_WIDTH / step) | 1), np.uint8)
        row = cv2.morphologyEx(row, cv2.MORPH_CLOSE, wide)
        row = cv2.GaussianBlur(row, (0, 0), 0.004 / step)[0]
        return np.stack([np.interp(self.x, mouth.xs, row[:, k]) for k in range(3)], axis=-1)

    def lower(self, drawn: Array, drawn_alpha: Array) -> tuple[Array, Array]:
        """What the photo shows above the lower lip, over drawn teeth."""
        inset = 2.5 * self.pixel + 1.5 * EDGE_INSET
        rgb = self._carried(self.lower_line - inset, below=False)
        tall = self.lower_line - self.cut
        alpha = smoothstep(0.0, 0.025, self.y - self.cut) * smoothstep(0.02, 0.05, tall)
        alpha *= 1 - smoothstep(0.8, 1.0, np.abs(self.mouth.across(self.x)))
        alpha *= 1 - smoothstep(0.05, 0.10, self.y - self.lower_line)
        return _beside(rgb, alpha, drawn, drawn_alpha)

    def _carried(self, line: Array, *, below: bool) -> Array:
        """The photo on one side of the line, drawn out beyond it."""
        fold = np.minimum(0.4 * np.abs(self.y - line), 0.6 * np.abs(self.cut - line))
        inside = (self.y >= line) if below else (self.y <= line)
        y = np.where(inside, self.y, line + fold if below else line - fold)
        move = ((y - self.y)[..., None] * self.mouth.down * self.mouth.scale_px).astype(np.float32)
        rows, columns = self.y.shape
        grid = np.stack(
            np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32)),
            axis=-1,
        )
        return cv2.remap(
            self.photo, grid + move, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )


def _beside(rgb: Array, alpha: Array, under: Array, under_alpha: Array) -> tuple[Array, Array]:
    """One layer over another, as one layer."""
    total = alpha + under_alpha * (1 - alpha)
    mixed = under + (alpha / np.maximum(total, 1e-3))[..., None] * (rgb - under)
    return mixed.astype(np.float32), total.astype(np.float32)


def _patch_of(canvas: Image, at: Array) -> Array:
    x0, y0 = at[0, 0].astype(int)
    rows, columns = at.shape[:2]
    return canvas[y0 : y0 + rows, x0 : x0 + columns].astype(np.float32)


def _over(base: Array, rgb: Array, alpha: Array) -> Array:
    return (base + alpha[..., None] * (rgb - base)).astype(np.float32)
