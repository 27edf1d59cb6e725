"""Draw frames with OpenCV, on few cores, straight in YUV 4:2:0."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face.eyes import GAZE_PX, Eye
from avatar.engine.face.head import MARGIN, STEP
from avatar.engine.face.motion import Motion
from avatar.engine.face.rig import Rig, mouth_box, moved_box
from avatar.engine.face.yuv import Patch

Array = NDArray[np.float32]
Frame = NDArray[np.uint8]
Box = tuple[int, int, int, int]

MOST_THREADS = 4
BAND_POINTS = 12  # grid rows in one band of the frame
STEPS_BACK = 3  # to turn a forward field round; each leaves a quarter of the error or less
STEP_SIZE = 0.8
BACK_FOLLOWS = 0.8  # how much of the jaw's drop the tongue's body makes
BITE_UNDER = 0.016  # S: how much less of the teeth a tucked lip leaves in sight
BITE_LIGHT = 0.8  # of the teeth over a tucked lip
HOLE_ABOVE = 0.004  # share of a pixel that is neither lip
LID_SOFT_PX, BALL_SOFT_PX = 1.6, 1.2
LASHES_LEAVE = (0.3, 0.85)  # of a blink: the photo's lashes make way
LASH_LINE, LASH_LINE_COMES = 0.7, (0.1, 0.7)  # for the line of a shut eye
LINE_TAPERS = 7.0  # of its thickness: height of the opening from which on it is as dark
FRINGE_COMES = (0.85, 1.0)  # the lashes of a shut eye lie over the lower lid
TIP_RISES = 0.45  # of the jaw's whole way
SHADOW_UPPER, SHADOW_LOWER = 0.55, 0.40  # how much of the light the lips take from the mouth


class Picture(NamedTuple):
    """y (rows, columns), uv (rows/2, columns/2, 2): float32."""

    y: Array
    uv: Array


class Planes(NamedTuple):
    """y (height, width), u and v (height/2, width/2) of a frame under way.

    alpha: (height, width) share of person in the moved photo, where there is a background.
    """

    y: Frame
    u: Frame
    v: Frame
    alpha: Frame | None


class Sheet(NamedTuple):
    """A patch to look things up in: y, alpha (rows, columns), uv (rows/2, columns/2, 2) uint8."""

    y: Frame
    uv: Frame
    alpha: Frame


class Maps(NamedTuple):
    """Where to look: for planes of full size, and for chroma."""

    whole: tuple[NDArray[Any], NDArray[Any]]
    half: tuple[NDArray[Any], NDArray[Any]]


class Band(NamedTuple):
    """Grid points (first and last + 1) of one strip of the frame."""

    row0: int
    row1: int
    column0: int
    column1: int


@dataclass
class Warped:
    """A frame without eyes and mouth, as one row of bytes, and the canvas pixels its grid shows.

    What has not changed since the frame before is not drawn again.
    alpha: (height, width) uint8 share of person, where there is a background of its own.
    """

    frame: Frame
    source: Array
    alpha: Frame | None


class CpuRenderer:
    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        # The encoder works beside us; strips of a frame are too small for many threads anyway.
        cv2.setNumThreads(min(MOST_THREADS, max(1, (os.cpu_count() or 1) // 2)))
        self.upper = rig.face.upper.reshape(len(rig.face.upper), -1)
        self.lower = rig.face.lower.reshape(len(rig.face.lower), -1)
        self.still = np.concatenate([rig.y.ravel(), rig.u.ravel(), rig.v.ravel()])
        if rig.behind is not None:
            whole = 0, 0, rig.width, rig.height
            planes = _planes(self.still, rig.width, rig.height, rig.behind.alpha)
            _set_before(rig.behind, whole, planes)
        grid = np.meshgrid(
            np.arange(rig.face.upper.shape[2], dtype=np.float32),
            np.arange(rig.face.upper.shape[1], dtype=np.float32),
        )
        self.face_grid = np.stack(grid, axis=-1)
        self.photo = _sheet(Patch(rig.y, rig.u, rig.v, rig.y))
        self.upper_lip, self.lower_lip = _sheet(rig.mouth.upper_lip), _sheet(rig.mouth.lower_lip)
        inside = rig.mouth.interior
        self.back, self.tip, self.jaw, self.teeth = map(
            _sheet, (inside.back, inside.tip, inside.jaw, inside.teeth)
        )
        self.shut = [_sheet(eye.shut) for eye in rig.eyes]
        self.ball = [_sheet(eye.ball) for eye in rig.eyes]
        # OpenCV looks up four channels in little more time than one.
        self.luma_blocks = _in_blocks(rig.y)
        self.alpha_blocks = None if rig.behind is None else _in_blocks(rig.behind.alpha)
        u, v = (
            cv2.copyMakeBorder(plane, 0, 0, 1, 1, cv2.BORDER_REPLICATE) for plane in (rig.u, rig.v)
        )
        self.chroma_pairs = np.stack([u[:, :-1], v[:, :-1], u[:, 1:], v[:, 1:]], axis=-1)

    def frames(self, motion: Motion) -> Iterator[Frame]:
        behind = self.rig.behind
        alpha = None if behind is None else behind.alpha.copy()
        warped = Warped(self.still.copy(), self.rig.head.at, alpha)
        for t in range(len(motion)):
            yield self._frame(motion, t, warped)

    def _frame(self, motion: Motion, t: int, warped: "Warped") -> Frame:
        """(height*3//2, width) uint8. warped: what the frame before left; it is changed."""
        rig = self.rig
        upper, lower = self._expression(motion.face[t])
        expression = np.where(rig.face.below[..., None], lower, upper)
        turned = self._head(motion.head[t])
        source = self._through(turned, expression)
        self._warp_changes(warped, source)
        out = warped.frame.copy()
        planes = _planes(out, rig.width, rig.height, warped.alpha)
        for k, blink in enumerate(motion.blink[t]):
            if eye_moves(rig.eyes[k], motion)[t]:
                self._draw_eye(k, float(blink), motion.gaze[t], source, motion.head[t], planes)
        self._draw_mouth(turned, upper, lower, motion, t, planes)
        return out.reshape(rig.height * 3 // 2, rig.width)

    # Fields

    def _expression(self, weights: Array) -> tuple[Array, Array]:
        """Where the upper and the lower layer of each grid point come from, as displacement."""
        shape = self.rig.face.upper.shape[1:]
        used = np.flatnonzero(weights)
        # Not by @: its threads would spin on a core that the encoder needs.
        upper, lower = (
            np.einsum("k,kn->n", weights[used], layer[used]).reshape(shape)
            for layer in (self.upper, self.lower)
        )
        return self._turned_round(upper), self._turned_round(lower)

    def _turned_round(self, forward: Array) -> Array:
        """Backward displacement, canvas pixels, of a forward field on the face's grid."""
        per_step = forward * np.float32(1 / self.rig.face.step)
        back = -per_step
        for _ in range(STEPS_BACK):
            there = cv2.remap(
                per_step,
                self.face_grid + back,
                None,
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_CONSTANT,
            )
            back = back - STEP_SIZE * (there + back)
        return back * np.float32(self.rig.face.step)

    def _head(self, weights: Array) -> Array:
        """Which canvas pixel each grid point of the frame shows, before expression."""
        at = self.rig.head.at
        if not weights.any():
            return at
        used = np.flatnonzero(weights.any(axis=0))
        forward = cv2.merge([sum(w[k] * self.rig.head.basis[k] for k in used) for w in weights])
        back = -forward
        for _ in range(2):
            there = (at + back + (MARGIN * STEP - (STEP - 1) / 2)) * np.float32(1 / STEP)
            back = -cv2.remap(
                forward, there, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
        return at + back

    def _through(self, at: Array, expression: Array) -> Array:
        """Canvas pixels `at` of the turned head, looked up through the expression."""
        face = self.rig.face
        there = _less(at, face.origin) * np.float32(1 / face.step)
        rows, columns = face.upper.shape[1:3]
        over = cv2.inRange(there, (-1.0, -1.0), (float(columns), float(rows)))
        x, y, width, height = cv2.boundingRect(over)
        part = slice(y, y + height), slice(x, x + width)
        source = at.copy()
        source[part] += cv2.remap(
            expression, there[part], None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
        )
        return source

    # Pixels

    def _warp_changes(self, warped: "Warped", source: Array) -> None:
        """Draw what is looked up elsewhere than in the frame before."""
        planes = _planes(warped.frame, self.rig.width, self.rig.height, warped.alpha)
        # x and y of a point compared as one number: NumPy is slow along an axis of two.
        changed = (source.view(np.int64) != warped.source.view(np.int64))[..., 0]
        for band in _bands(changed):
            self._warp(band, source, planes)
        warped.source = source

    def _warp(self, band: Band, source: Array, planes: Planes) -> None:
        """Fill one strip of the frame.

        Two by two pixels of luma share a displacement, and two pixels of chroma side by side.
        """
        rows = slice(band.row0 - MARGIN, band.row1 + MARGIN)
        columns = slice(band.column0 - MARGIN, band.column1 + MARGIN)
        points = source[rows, columns] - np.float32(0.5)  # of each block's first pixel
        half = STEP // 2
        x0, y0 = (band.column0 - MARGIN) * half, (band.row0 - MARGIN) * half
        x1 = min((band.column1 - MARGIN) * half, self.rig.width // 2)
        y1 = min((band.row1 - MARGIN) * half, self.rig.height // 2)
        edge = half * MARGIN
        inner = slice(edge, edge + y1 - y0)
        size = points.shape[1] * half, points.shape[0] * half
        first = cv2.resize(points, size, interpolation=cv2.INTER_LINEAR)
        first = first[inner, edge : edge + x1 - x0]
        in_blocks = cv2.convertMaps(first + 1, None, cv2.CV_16SC2)  # they begin a pixel outside
        box = 2 * x0, 2 * y0, 2 * x1, 2 * y1
        _unfold(_blocks(self.luma_blocks, in_blocks), planes.y, box)
        middle = cv2.resize(points, (size[0] // 2, size[1]), interpolation=cv2.INTER_LINEAR)
        middle = middle[inner, edge // 2 : edge // 2 + -(-(x1 - x0) // 2)]
        # Half a pixel left to the first of the pair, and a pixel right: they begin outside.
        at = cv2.add(middle * np.float32(0.5), (0.5, 0.0, 0.0, 0.0))
        chroma = _blocks(self.chroma_pairs, cv2.convertMaps(at, None, cv2.CV_16SC2)).reshape(
            y1 - y0, -1, 2
        )[:, : x1 - x0]
        for k, plane in enumerate((planes.u, planes.v)):
            cv2.extractChannel(chroma, k, plane[y0:y1, x0:x1])
        if self.alpha_blocks is not None and planes.alpha is not None:
            _unfold(_blocks(self.alpha_blocks, in_blocks), planes.alpha, box)
            _set_before(self.rig.behind, box, planes)

    def _fine(self, field: Array, box: tuple[int, int, int, int]) -> Array:
        """A field on the canvas's grid at every pixel of a box."""
        x0, y0, x1, y1 = box
        column0, row0 = x0 // STEP, y0 // STEP
        column1, row1 = -(-x1 // STEP) + 2 * MARGIN, -(-y1 // STEP) + 2 * MARGIN
        points = field[row0:row1, column0:column1]
        size = points.shape[1] * STEP, points.shape[0] * STEP
        fine = cv2.resize(points, size, interpolation=cv2.INTER_LINEAR)
        top, left = y0 - row0 * STEP + MARGIN * STEP, x0 - column0 * STEP + MARGIN * STEP
        return fine[top : top + y1 - y0, left : left + x1 - x0]

    def _draw_eye(
        self,
        k: int,
        blink: float,
        gaze: Array,
        source: Array,
        head: Array,
        planes: Planes,
    ) -> None:
        eye = self.rig.eyes[k]
        x0, y0 = eye.origin
        rows, columns = eye.lid.shape[:2]
        box = moved_box(self.rig, (x0, y0, x0 + columns, y0 + rows), head)
        at = self._fine(source, box)
        here = _less(at, eye.origin)
        lid = cv2.remap(eye.lid, here, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        below, opening, rim, weight = cv2.split(lid)
        picture = _look(self.photo, _maps(at))
        look = -gaze * np.float32(GAZE_PX * eye.iris_px)
        if look.any():
            ball = _look(self.ball[k], _maps(here + cv2.merge([weight * float(d) for d in look])))
            seen = np.minimum(below, opening - below - np.float32(eye.under_px))
            seen = np.clip(seen / BALL_SOFT_PX + 0.5, 0, 1)
            _lay(picture, ball, seen * np.minimum(1, np.abs(look).max()))
        if blink > 0:
            self._shut(k, blink, picture, at, here, (below, opening, rim))
        self._paste(picture, box, planes)

    def _shut(
        self,
        k: int,
        blink: float,
        picture: Picture,
        at: Array,
        here: Array,
        lid: tuple[Array, Array, Array],
    ) -> None:
        """The upper lid over the eyeball: skin behind an edge that comes down with its lashes."""
        eye, shut = self.rig.eyes[k], self.shut[k]
        below, opening, rim = lid
        drop = opening * np.float32(blink)
        above_edge = drop - below
        in_patch = _maps(here)
        skin = _look(shut, in_patch)
        keeps = 1 - _smooth(blink, *LASHES_LEAVE)
        if keeps > 0:
            with_lid = at - cv2.merge([drop * float(d) for d in eye.down])
            carried = _look(self.photo, _maps(with_lid))
            inside = np.clip((rim - above_edge) / (0.35 * rim + 1) + 0.5, 0, 1)
            _lay(skin, carried, inside * np.float32(keeps))
        line = np.exp(-(((above_edge - 0.5 * eye.lash_px) / eye.lash_px) ** 2))
        dark = np.clip(opening / (LINE_TAPERS * eye.lash_px), 0, 1) * np.float32(
            LASH_LINE * _smooth(blink, *LASH_LINE_COMES)
        )
        y, u, v = (float(value) for value in eye.lash)
        lash = Picture(np.full_like(skin.y, y), cv2.add(np.zeros_like(skin.uv), (u, v, 0, 0)))
        _lay(skin, lash, dark * line)
        fringe = eye.fringe_px * _smooth(blink, *FRINGE_COMES)
        covers = np.clip((above_edge + np.float32(fringe)) / LID_SOFT_PX + 0.5, 0, 1)
        # What stands about the lid stays until its lashes are gone.
        about = np.clip((-below - rim) / (0.35 * rim + 1) + 0.5, 0, 1)
        covers *= 1 - np.float32(keeps) * about
        _lay(picture, skin, covers * _look_alpha(shut, in_patch))

    def _draw_mouth(
        self,
        turned: Array,
        upper: Array,
        lower: Array,
        motion: Motion,
        t: int,
        planes: Planes,
    ) -> None:
        mouth = self.rig.mouth
        box = moved_box(self.rig, mouth_box(self.rig, motion.face[t]), motion.head[t])
        at = self._fine(turned, box)
        face = self.rig.face
        there = _less(at, face.origin) * np.float32(1 / face.step)
        above, beneath = (
            cv2.remap(layer, there, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
            for layer in (upper, lower)
        )
        here = _less(at, mouth.origin)
        over_at, under_at = _maps(here + above), _maps(here + beneath)
        over_alpha = _look_alpha(self.upper_lip, over_at)
        under_alpha = _look_alpha(self.lower_lip, under_at)
        picture = _look(self.lower_lip, under_at)
        hole = _bounds((1 - over_alpha) * (1 - under_alpha) > HOLE_ABOVE)
        if motion.tuck[t] > 0:  # teeth reach over the lip
            hole = 0, 0, picture.y.shape[1], picture.y.shape[0]
        if hole:
            self._draw_inside(picture, hole, here, (over_alpha, under_alpha), motion, t)
        _lay(picture, _look(self.upper_lip, over_at), over_alpha)
        self._paste(picture, box, planes)

    def _draw_inside(
        self,
        picture: Picture,
        hole: tuple[int, int, int, int],
        here: Array,
        alphas: tuple[Array, Array],
        motion: Motion,
        t: int,
    ) -> None:
        """Put what is behind the lips into `picture`, which shows the lower lip, within `hole`."""
        mouth = self.rig.mouth
        light = _light(*alphas, mouth.shadow_px)
        x0, y0, x1, y1 = hole
        here, light = here[y0:y1, x0:x1], light[y0:y1, x0:x1]
        under_alpha = alphas[1][y0:y1, x0:x1]
        dropped = mouth.down * (mouth.jaw_px * motion.jaw[t])
        behind = _less(here, dropped * np.float32(BACK_FOLLOWS))
        inside = _look(self.back, _maps(behind))
        if motion.tongue[t] > 0:
            rise = mouth.down * (TIP_RISES * mouth.jaw_px * motion.tongue[t])
            raised = _maps(_less(behind, -rise))
            alpha = _look_alpha(self.tip, raised)
            _lay(inside, _look(self.tip, raised), alpha * motion.tongue[t])
        with_jaw = _maps(_less(here, dropped))
        _lay(inside, _look(self.jaw, with_jaw), _look_alpha(self.jaw, with_jaw))
        bite_px = BITE_UNDER * self.rig.scale_px * motion.tuck[t]
        on_skull = _maps(_less(here, -mouth.down * np.float32(bite_px)))
        teeth = _look(self.teeth, on_skull)
        teeth_alpha = _look_alpha(self.teeth, on_skull)
        _lay(inside, teeth, teeth_alpha)
        _dim(inside, light, mouth.interior.shade)
        part = _part(picture, hole)
        _lay(part, inside, 1 - under_alpha)
        if motion.tuck[t] > 0:
            _dim(teeth, np.full_like(light, BITE_LIGHT), mouth.interior.shade)
            _lay(part, teeth, teeth_alpha * motion.tuck[t])

    def _paste(self, picture: Picture, box: Box, planes: Planes) -> None:
        """Put a picture of an even box into the frame, the background before it where it is."""
        x0, y0, x1, y1 = box
        half = slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2)
        planes.y[y0:y1, x0:x1] = cv2.convertScaleAbs(picture.y)
        planes.u[half], planes.v[half] = cv2.split(cv2.convertScaleAbs(picture.uv))
        _set_before(self.rig.behind, box, planes)


def eye_moves(eye: Eye, motion: Motion) -> NDArray[np.bool_]:
    """(T,) whether this eye differs from the photo's."""
    looks = np.abs(motion.gaze).max(axis=1) * GAZE_PX * eye.iris_px > 1 / 64
    return looks | (motion.blink > 0).any(axis=1)


def _less(at: Array, point: Any) -> Array:
    """(rows, columns, 2) less (x, y); NumPy is slow where the last axis is so short."""
    x, y = (float(np.float32(value)) for value in point)
    return cv2.subtract(at, (x, y, 0.0, 0.0))


def _sheet(patch: Patch) -> Sheet:
    return Sheet(patch.y, cv2.merge([patch.u, patch.v]), patch.alpha)


def _maps(at: Array) -> Maps:
    """(rows, columns, 2) pixels of a patch, sides even, in OpenCV's fixed point."""
    half = at.shape[1] // 2, at.shape[0] // 2
    small = (cv2.resize(at, half, interpolation=cv2.INTER_AREA) - np.float32(0.5)) * np.float32(
        0.5
    )
    return Maps(
        cv2.convertMaps(at, None, cv2.CV_16SC2), cv2.convertMaps(small, None, cv2.CV_16SC2)
    )


def _look(sheet: Sheet, maps: Maps) -> Picture:
    return Picture(_remapped(sheet.y, maps.whole), _remapped(sheet.uv, maps.half))


def _look_alpha(sheet: Sheet, maps: Maps) -> Array:
    return _remapped(sheet.alpha, maps.whole) * np.float32(1 / 255)


def _remapped(plane: Frame, maps: tuple[NDArray[Any], NDArray[Any]]) -> Array:
    seen = cv2.remap(plane, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return seen.astype(np.float32)


def _lay(under: Picture, over: Picture, alpha: Array) -> None:
    """Put one picture over another, in place. alpha: (rows, columns) in [0, 1]."""
    small = _halved(alpha)
    for below, above, share in zip(under, over, (alpha, cv2.merge([small, small])), strict=True):
        below += share * (above - below)


def _dim(picture: Picture, light: Array, shade: Array) -> None:
    """Leave (rows, columns) light of it, the rest being shade (Y, U, V), in place."""
    y, u, v = (float(value) for value in shade)
    small = _halved(light)
    picture.y[:] = y + (picture.y - np.float32(y)) * light
    dark = cv2.subtract(picture.uv, (u, v, 0, 0)) * cv2.merge([small, small])
    picture.uv[:] = cv2.add(dark, (u, v, 0, 0))


def _halved(values: Array) -> Array:
    return cv2.resize(
        values, (values.shape[1] // 2, values.shape[0] // 2), interpolation=cv2.INTER_AREA
    )


def _part(picture: Picture, box: tuple[int, int, int, int]) -> Picture:
    """A view of an even box."""
    x0, y0, x1, y1 = box
    return Picture(picture.y[y0:y1, x0:x1], picture.uv[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2])


def _bounds(seen: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """Even box (x0, y0, x1, y1) around what is True, or None."""
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(rows):
        return None
    return (
        int(columns[0]) & ~1,
        int(rows[0]) & ~1,
        (int(columns[-1]) + 2) & ~1,
        (int(rows[-1]) + 2) & ~1,
    )


def _smooth(x: float, start: float, stop: float) -> float:
    t = min(1.0, max(0.0, (x - start) / (stop - start)))
    return t * t * (3 - 2 * t)


def _light(upper: Array, lower: Array, reach_px: float) -> Array:
    """Light that reaches the inside of the mouth, less near the lips. (rows, columns)"""
    size = upper.shape[1], upper.shape[0]
    near = [cv2.GaussianBlur(_halved(lip), (0, 0), reach_px / 2) for lip in (upper, lower)]
    light = (1 - SHADOW_UPPER * near[0]) * (1 - SHADOW_LOWER * near[1])
    return cv2.resize(light, size, interpolation=cv2.INTER_LINEAR)


def _planes(frame: Frame, width: int, height: int, alpha: Frame | None) -> Planes:
    luma, chroma = width * height, width * height // 4
    return Planes(
        frame[:luma].reshape(height, width),
        frame[luma : luma + chroma].reshape(height // 2, width // 2),
        frame[luma + chroma :].reshape(height // 2, width // 2),
        alpha,
    )


def _set_before(behind: Patch | None, box: Box, planes: Planes) -> None:
    """What a box of the planes shows is put before the background, if there is one."""
    if behind is None or planes.alpha is None:
        return
    x0, y0, x1, y1 = box
    share = planes.alpha[y0:y1, x0:x1]
    if cv2.minMaxLoc(share)[0] == 255:
        return
    half = slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2)
    size = share.shape[1] // 2, share.shape[0] // 2
    small = cv2.resize(share, size, interpolation=cv2.INTER_AREA)
    _mix(planes.y[y0:y1, x0:x1], behind.y[y0:y1, x0:x1], share)
    _mix(planes.u[half], behind.u[half], small)
    _mix(planes.v[half], behind.v[half], small)


def _mix(over: Frame, under: Frame, alpha: Frame) -> None:
    """Put `over` before `under`, in place."""
    hidden = cv2.multiply(under, cv2.bitwise_not(alpha), scale=1 / 255)
    cv2.add(cv2.multiply(over, alpha, scale=1 / 255), hidden, over)


def _in_blocks(plane: Frame) -> Frame:
    """(rows + 1, columns + 1, 4): two by two pixels from each on, beginning a pixel outside."""
    wide = cv2.copyMakeBorder(plane, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    return np.stack([wide[:-1, :-1], wide[:-1, 1:], wide[1:, :-1], wide[1:, 1:]], axis=-1)


def _unfold(blocks: Frame, plane: Frame, box: Box) -> None:
    """Put blocks of two by two pixels into an even box of a plane."""
    x0, y0, x1, y1 = box
    pairs = blocks.view(np.uint16)  # top pair and bottom pair of each block
    target = plane[y0:y1, x0:x1].view(np.uint16)
    target[0::2], target[1::2] = pairs[..., 0], pairs[..., 1]


def _blocks(source: Frame, maps: tuple[NDArray[Any], NDArray[Any]]) -> Frame:
    return cv2.remap(source, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _bands(changed: NDArray[np.bool_]) -> list[Band]:
    """Cover changed grid points inside the canvas with strips, each as narrow as it can be."""
    rows, columns = changed.shape
    bands = []
    for row0 in range(MARGIN, rows - MARGIN, BAND_POINTS):
        row1 = min(row0 + BAND_POINTS, rows - MARGIN)
        seen = np.flatnonzero(changed[row0 - 1 : row1 + 1].any(0))
        if len(seen):
            column0 = max(MARGIN, int(seen[0]) - 1)
            column1 = min(columns - MARGIN, int(seen[-1]) + 2)
            bands.append(Band(row0, row1, column0, column1))
    return bands
