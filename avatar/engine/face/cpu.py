"""Draw frames with OpenCV, on few cores, straight in YUV 4:2:0."""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face.eyes import GAZE_PX, Eye
from avatar.engine.face.head import MARGIN, STEP
from avatar.engine.face.motion import Motion
from avatar.engine.face.rig import Rig

Array = NDArray[np.float32]
Frame = NDArray[np.uint8]

BAND_POINTS = 8  # grid rows in one band of the frame
STEPS_BACK = 4  # to turn a forward field round; each leaves a quarter of the error or less
STEP_SIZE = 0.8
BACK_FOLLOWS = 0.8  # how much of the jaw's drop the tongue's body makes
BITE_UNDER = 0.016  # S: how much less of the teeth a tucked lip leaves in sight
TIP_RISES = 0.45  # of the jaw's whole way
SHADOW_UPPER, SHADOW_LOWER = 0.50, 0.30  # how much of the light the lips take from the mouth


class Band(NamedTuple):
    """Grid points (first and last + 1) of one strip of the frame that can move."""

    row0: int
    row1: int
    column0: int
    column1: int


class CpuRenderer:
    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        rows, columns = rig.head.at.shape[:2]
        self.head_basis = rig.head.basis.reshape(5, -1)
        self.upper = rig.face.upper.reshape(len(rig.face.upper), -1)
        self.lower = rig.face.lower.reshape(len(rig.face.lower), -1)
        self.still = np.concatenate([rig.y.ravel(), rig.u.ravel(), rig.v.ravel()])
        grid = np.meshgrid(
            np.arange(rig.face.upper.shape[2], dtype=np.float32),
            np.arange(rig.face.upper.shape[1], dtype=np.float32),
        )
        self.face_grid = np.stack(grid, axis=-1)
        face_part = self._face_part()
        self.head_bands = _bands(rig.head.moving | face_part)
        self.face_bands = _bands(face_part)
        self.source = _with_chroma(rig)
        self.lips = np.concatenate(
            [_cut(self.source, rig.mouth.origin, rig.mouth.lips.shape[:2]), rig.mouth.lips],
            axis=-1,
        )

    def frames(self, motion: Motion) -> Iterator[Frame]:
        for t in range(len(motion)):
            yield self.frame(motion, t)

    def frame(self, motion: Motion, t: int) -> Frame:
        """(height*3//2, width) uint8."""
        rig = self.rig
        out = self.still.copy()
        planes = _planes(out, rig.width, rig.height)
        upper, lower = self._expression(motion.face[t])
        expression = np.where(rig.face.below[..., None], lower, upper)
        turned, moves = self._head(motion.head[t])
        source = self._through(turned, expression)
        for band in self.head_bands if moves else self.face_bands:
            self._warp(band, source, planes)
        for eye, blink in zip(rig.eyes, motion.blink[t], strict=True):
            if blink > 0 or motion.gaze[t].any():
                self._draw_eye(eye, float(blink), motion.gaze[t], source, motion.head[t], planes)
        self._draw_mouth(turned, upper, lower, motion, t, planes)
        return out.reshape(rig.height * 3 // 2, rig.width)

    # Fields

    def _face_part(self) -> NDArray[np.bool_]:
        """Grid points of the canvas that lie over the face's grid."""
        face = self.rig.face
        at = self.rig.head.at
        rows, columns = face.upper.shape[1:3]
        (x0, y0), x1 = face.origin, face.origin[0] + face.step * (columns - 1)
        y1 = y0 + face.step * (rows - 1)
        x, y = at[..., 0], at[..., 1]
        return (
            (x > x0 - STEP) & (x < x1 + STEP) & (y > y0 - STEP) & (y < y1 + STEP)
        )  # fmt: skip

    def _expression(self, weights: Array) -> tuple[Array, Array]:
        """Where the upper and the lower layer of each grid point come from, as displacement."""
        shape = self.rig.face.upper.shape[1:]
        upper = (weights @ self.upper).reshape(shape)
        lower = (weights @ self.lower).reshape(shape)
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

    def _head(self, weights: Array) -> tuple[Array, bool]:
        """Which canvas pixel each grid point of the frame shows, before expression."""
        at = self.rig.head.at
        if not weights.any():
            return at, False
        forward = (self.head_basis.T @ weights.T).reshape(at.shape)
        back = -forward
        for _ in range(2):
            there = (at + back + (MARGIN * STEP - (STEP - 1) / 2)) * np.float32(1 / STEP)
            back = -cv2.remap(
                forward, there, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
        return at + back, True

    def _through(self, at: Array, expression: Array) -> Array:
        """Canvas pixels `at` of the turned head, looked up through the expression."""
        face = self.rig.face
        there = (at - np.float32(face.origin)) * np.float32(1 / face.step)
        moved = cv2.remap(
            expression, there, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
        )
        return at + moved

    # Pixels

    def _warp(self, band: Band, source: Array, planes: tuple[Frame, Frame, Frame]) -> None:
        points = source[
            band.row0 - MARGIN : band.row1 + MARGIN, band.column0 - MARGIN : band.column1 + MARGIN
        ]
        y0, x0 = (band.row0 - MARGIN) * STEP, (band.column0 - MARGIN) * STEP
        for plane, kept, part in zip(
            planes, (self.rig.y, self.rig.u, self.rig.v), (1, 2, 2), strict=True
        ):
            if part == 1 or plane is planes[1]:
                step = STEP // part
                size = points.shape[1] * step, points.shape[0] * step
                here = points if part == 1 else (points - 0.5) * np.float32(0.5)
                fine = cv2.resize(here, size, interpolation=cv2.INTER_LINEAR)
                fine = fine[step * MARGIN : -step * MARGIN, step * MARGIN : -step * MARGIN]
                whole, fraction = cv2.convertMaps(fine, None, cv2.CV_16SC2)
            target = plane[
                y0 // part : y0 // part + whole.shape[0], x0 // part : x0 // part + whole.shape[1]
            ]
            rows, columns = target.shape
            cv2.remap(
                kept,
                whole[:rows, :columns],
                fraction[:rows, :columns],
                cv2.INTER_LINEAR,
                dst=target,
                borderMode=cv2.BORDER_REPLICATE,
            )

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

    def _moved_box(self, box: tuple[int, int, int, int], head: Array) -> tuple[int, int, int, int]:
        """Where the content of a box of the canvas is in the frame, generously."""
        if not head.any():
            return box
        x0, y0, x1, y1 = box
        basis = self.rig.head.basis
        columns = slice(x0 // STEP + MARGIN, x1 // STEP + MARGIN + 1)
        rows = slice(y0 // STEP + MARGIN, y1 // STEP + MARGIN + 1)
        part = basis[:, rows, columns].reshape(5, -1)
        dx, dy = head @ part
        return (
            int(max(0, x0 + np.floor(dx.min()))) & ~1,
            int(max(0, y0 + np.floor(dy.min()))) & ~1,
            int(min(self.rig.width, x1 + np.ceil(dx.max()) + 1)) & ~1,
            int(min(self.rig.height, y1 + np.ceil(dy.max()) + 1)) & ~1,
        )

    def _draw_eye(
        self,
        eye: Eye,
        blink: float,
        gaze: Array,
        source: Array,
        head: Array,
        planes: tuple[Frame, Frame, Frame],
    ) -> None:
        x0, y0 = eye.origin
        rows, columns = eye.lid.shape[:2]
        box = self._moved_box((x0, y0, (x0 + columns) & ~1, (y0 + rows) & ~1), head)
        at = self._fine(source, box)
        lid = cv2.remap(
            eye.lid,
            at - np.float32(eye.origin),
            None,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        look = (-gaze * np.float32(GAZE_PX * eye.iris_px)).astype(np.float32)
        ball = self._sample(at + lid[..., 3:] * look)
        if blink > 0:
            ball = self._shut(eye, blink, at, lid, ball)
        _paste(ball, box, planes)

    def _shut(self, eye: Eye, blink: float, at: Array, lid: Array, ball: Array) -> Array:
        """The upper lid over the eyeball: skin behind an edge that comes down with its lashes."""
        below, opening, rim = lid[..., 0], lid[..., 1], lid[..., 2]
        drop = np.float32(blink) * opening
        above_edge = drop - below
        skin = cv2.remap(
            eye.shut,
            at - np.float32(eye.origin),
            None,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ).astype(np.float32)
        carried = self._sample(at - drop[..., None] * eye.down)
        keeps = np.float32(1 - _smooth(blink, 0.3, 0.85))
        share = keeps * np.clip((rim - above_edge) / (0.35 * rim + 1) + 0.5, 0, 1)
        skin += share[..., None] * (carried - skin)
        line = np.exp(-(((above_edge - 0.5 * eye.lash_px) / eye.lash_px) ** 2))
        dark = np.float32(0.8 * _smooth(blink, 0.1, 0.7)) * np.clip(
            opening / (3 * eye.lash_px), 0, 1
        )
        skin += (dark * line)[..., None] * (eye.lash - skin)
        alpha = np.clip(above_edge / 1.6 + 0.5, 0, 1)
        return ball + alpha[..., None] * (skin - ball)

    def _sample(self, at: Array) -> Array:
        return cv2.remap(
            self.source, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ).astype(np.float32)

    def _draw_mouth(
        self,
        turned: Array,
        upper: Array,
        lower: Array,
        motion: Motion,
        t: int,
        planes: tuple[Frame, Frame, Frame],
    ) -> None:
        mouth = self.rig.mouth
        box = self._moved_box(mouth.box, motion.head[t])
        at = self._fine(turned, box)
        face = self.rig.face
        there = (at - np.float32(face.origin)) * np.float32(1 / face.step)
        both = cv2.remap(np.concatenate([upper, lower], axis=-1), there, None, cv2.INTER_LINEAR)
        here = at - np.float32(mouth.origin)

        def look(patch: Frame, where: Array) -> Array:
            return cv2.remap(
                patch, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            ).astype(np.float32)

        over = look(self.lips, here + both[..., :2])
        under = look(self.lips, here + both[..., 2:])
        upper_alpha, lower_alpha = over[..., 3:4] / 255, under[..., 4:5] / 255
        bite = np.float32(BITE_UNDER * motion.tuck[t])
        dropped = mouth.down * (mouth.jaw_px * motion.jaw[t])
        behind = here - dropped * np.float32(BACK_FOLLOWS)
        inside = look(mouth.interior.back, behind)[..., :3]
        if motion.tongue[t] > 0:
            raised = behind + mouth.down * (TIP_RISES * mouth.jaw_px * motion.tongue[t])
            _lay(inside, look(mouth.interior.tip, raised), motion.tongue[t])
        _lay(inside, look(mouth.interior.jaw, here - dropped))
        teeth = look(mouth.interior.teeth, here + mouth.down * (bite * self.rig.scale_px))
        _lay(inside, teeth)
        shade = _shade(upper_alpha, lower_alpha, mouth.shadow_px)
        inside = NEUTRAL + (inside - NEUTRAL) * shade
        skin = inside + lower_alpha * (under[..., :3] - inside)
        if motion.tuck[t] > 0:
            biting = teeth[..., 3:] * (motion.tuck[t] / 255)
            skin += biting * (NEUTRAL + (teeth[..., :3] - NEUTRAL) * 0.8 - skin)
        skin += upper_alpha * (over[..., :3] - skin)
        _paste(skin, box, planes)


def _lay(under: Array, over: Array, share: float = 1.0) -> None:
    """Put (..., 4) Y, U, V, alpha in [0, 255] over (..., 3), in place."""
    under += over[..., 3:] * np.float32(share / 255) * (over[..., :3] - under)


NEUTRAL = np.float32([16, 128, 128])  # black in Y, U, V


def _smooth(x: float, start: float, stop: float) -> float:
    t = min(1.0, max(0.0, (x - start) / (stop - start)))
    return t * t * (3 - 2 * t)


def _shade(upper: Array, lower: Array, reach_px: float) -> Array:
    """Light that reaches the inside of the mouth, less near the lips. (rows, columns, 1)"""
    lips = np.concatenate([upper, lower], axis=-1)
    near = cv2.GaussianBlur(lips, (0, 0), reach_px)
    light = (1 - SHADOW_UPPER * near[..., 0]) * (1 - SHADOW_LOWER * near[..., 1])
    return light[..., None]


def _planes(frame: Frame, width: int, height: int) -> tuple[Frame, Frame, Frame]:
    luma, chroma = width * height, width * height // 4
    return (
        frame[:luma].reshape(height, width),
        frame[luma : luma + chroma].reshape(height // 2, width // 2),
        frame[luma + chroma :].reshape(height // 2, width // 2),
    )


def _paste(yuv: Array, box: tuple[int, int, int, int], planes: tuple[Frame, Frame, Frame]) -> None:
    """Put (rows, columns, 3) float YUV of an even box into the frame's planes."""
    x0, y0, x1, y1 = box
    planes[0][y0:y1, x0:x1] = cv2.convertScaleAbs(yuv[..., 0])
    half = (x1 - x0) // 2, (y1 - y0) // 2
    small = cv2.resize(yuv[..., 1:], half, interpolation=cv2.INTER_AREA)
    for plane, channel in zip(planes[1:], (0, 1), strict=True):
        plane[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2] = cv2.convertScaleAbs(small[..., channel])


def _with_chroma(rig: Rig) -> Frame:
    """(height, width, 3) Y, U, V with chroma repeated, for the small boxes that need all three."""
    chroma = [np.repeat(np.repeat(plane, 2, 0), 2, 1) for plane in (rig.u, rig.v)]
    return np.stack([rig.y, *chroma], axis=-1)


def _cut(image: Frame, origin: tuple[int, int], shape: tuple[int, ...]) -> Frame:
    x0, y0 = origin
    return image[y0 : y0 + shape[0], x0 : x0 + shape[1]]


def _bands(moving: NDArray[np.bool_]) -> list[Band]:
    """Cover the moving grid points inside the canvas with strips, each as narrow as it can be."""
    rows, columns = moving.shape
    bands = []
    for row0 in range(MARGIN, rows - MARGIN, BAND_POINTS):
        row1 = min(row0 + BAND_POINTS, rows - MARGIN)
        seen = np.flatnonzero(moving[row0 - 1 : row1 + 1, MARGIN:-MARGIN].any(0))
        if len(seen):
            column0 = max(MARGIN, int(seen[0]) + MARGIN - 1)
            column1 = min(columns - MARGIN, int(seen[-1]) + MARGIN + 2)
            bands.append(Band(row0, row1, column0, column1))
    return bands
