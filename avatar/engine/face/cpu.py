"""Draw frames with OpenCV, on few cores, straight in YUV 4:2:0."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

import os
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face.cpu_fields import Fields, Sources
from avatar.engine.face.cpu_picture import (
    Array,
    Box,
    Frame,
    Picture,
    Planes,
    bounds,
    dim,
    halved,
    lay,
    less,
    look_alpha,
    look_at,
    maps_at,
    maps_at_blocks,
    part_of,
    planes_of,
    remapped,
    set_before,
    sheet,
)
from avatar.engine.face.cpu_warp import Warp, Warped, unfolded
from avatar.engine.face.eyes import GAZE_PX, Eye
from avatar.engine.face.head import MARGIN, STEP
from avatar.engine.face.motion import Motion
from avatar.engine.face.rig import Rig, mouth_box, moved_box
from avatar.engine.face.yuv import Patch

MOST_THREADS = 4
BACK_FOLLOWS = 0.8  # how much of the jaw's drop the tongue's body makes
BITE_UNDER = 0.016  # S: how much less of the teeth a tucked lip leaves in sight
BITE_LIGHT = 0.88  # of the teeth over a tucked lip
HOLE_ABOVE = 0.004  # share of a pixel that is neither lip
LID_SOFT_PX, BALL_SOFT_PX = 1.6, 1.2
LASHES_LEAVE = (0.3, 0.85)  # of a blink: the photo's lashes make way
LASH_LINE, LASH_LINE_COMES = 0.7, (0.1, 0.7)  # for the line of a shut eye
LINE_TAPERS = 7.0  # of its thickness: height of the opening from which on it is as dark
FRINGE_COMES = (0.85, 1.0)  # the lashes of a shut eye lie over the lower lid
TIP_RISES = 0.45  # of the jaw's whole way
SHADOW_UPPER, SHADOW_LOWER = 0.55, 0.40  # how much of the light the lips take from the mouth


class CpuRenderer:
    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        # The encoder works beside us; strips of a frame are too small for many threads anyway.
        cv2.setNumThreads(min(MOST_THREADS, max(1, (os.cpu_count() or 1) // 2)))
        self.fields, self.warp = Fields(rig), Warp(rig)
        self.photo = sheet(Patch(rig.y, rig.u, rig.v, rig.y))
        self.upper_lip, self.lower_lip = sheet(rig.mouth.upper_lip), sheet(rig.mouth.lower_lip)
        inside = rig.mouth.interior
        self.back, self.tip, self.jaw, self.teeth = map(
            sheet, (inside.back, inside.tip, inside.jaw, inside.teeth)
        )
        self.shut = [sheet(eye.shut) for eye in rig.eyes]
        self.ball = [sheet(eye.ball) for eye in rig.eyes]

    def frames(self, motion: Motion) -> Iterator[Frame]:
        warped = self.warp.still()
        moving = np.stack([eye_moves(eye, motion) for eye in self.rig.eyes], axis=1)
        for t, sources in enumerate(self.fields.sources(motion)):
            self.warp.draw(warped, sources.source)
            yield self._frame(motion, t, sources, moving[t], warped)

    def _frame(
        self, motion: Motion, t: int, sources: Sources, moving: NDArray[np.bool_], warped: Warped
    ) -> Frame:
        """(height*3//2, width) uint8. moving: (2,) the eyes to draw."""
        rig = self.rig
        out = np.empty(rig.width * rig.height * 3 // 2, np.uint8)
        planes = planes_of(out, rig.width, rig.height)
        for plane, blocks in zip(planes, warped.planes, strict=False):
            unfolded(blocks, plane)
        for k, blink in enumerate(motion.blink[t]):
            if moving[k]:
                self._draw_eye(
                    k, float(blink), motion.gaze[t], sources.source, motion.head[t], planes
                )
        self._draw_mouth(sources, motion, t, planes)
        if rig.behind is not None:
            alpha = np.empty_like(planes.y)
            unfolded(warped.planes[3], alpha)
            set_before(rig.behind, alpha, planes)
        return out.reshape(rig.height * 3 // 2, rig.width)

    def _fine(self, field: Array, box: Box) -> Array:
        """A field on the canvas's grid at every pixel of a box."""
        return _at_places(field, box, STEP)

    def _at_blocks(self, field: Array, box: Box) -> Array:
        """The same in the middle of every two by two pixels, and of those around the box."""
        x0, y0, x1, y1 = (side // 2 for side in box)
        return _at_places(field, (x0 - 1, y0 - 1, x1 + 1, y1 + 1), STEP // 2)

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
        here = less(at, eye.origin)
        lid = cv2.remap(eye.lid, here, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        below, opening, rim, weight = cv2.split(lid)
        picture = look_at(self.photo, maps_at(at))
        look = -gaze * np.float32(GAZE_PX * eye.iris_px)
        if look.any():
            ball = look_at(
                self.ball[k], maps_at(here + cv2.merge([weight * float(d) for d in look]))
            )
            seen = np.minimum(below, opening - below - np.float32(eye.under_px))
            seen = np.clip(seen / BALL_SOFT_PX + 0.5, 0, 1)
            lay(picture, ball, seen * np.minimum(1, np.abs(look).max()))
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
        in_patch = maps_at(here)
        skin = look_at(shut, in_patch)
        keeps = 1 - _smooth(blink, *LASHES_LEAVE)
        if keeps > 0:
            with_lid = at - cv2.merge([drop * float(d) for d in eye.down])
            carried = look_at(self.photo, maps_at(with_lid))
            inside = np.clip((rim - above_edge) / (0.35 * rim + 1) + 0.5, 0, 1)
            lay(skin, carried, inside * np.float32(keeps))
        line = np.exp(-(((above_edge - 0.5 * eye.lash_px) / eye.lash_px) ** 2))
        dark = np.clip(opening / (LINE_TAPERS * eye.lash_px), 0, 1) * np.float32(
            LASH_LINE * _smooth(blink, *LASH_LINE_COMES)
        )
        y, u, v = (float(value) for value in eye.lash)
        lash = Picture(np.full_like(skin.y, y), cv2.add(np.zeros_like(skin.uv), (u, v, 0, 0)))
        lay(skin, lash, dark * line)
        fringe = eye.fringe_px * _smooth(blink, *FRINGE_COMES)
        covers = np.clip((above_edge + np.float32(fringe)) / LID_SOFT_PX + 0.5, 0, 1)
        # What stands about the lid stays until its lashes are gone.
        about = np.clip((-below - rim) / (0.35 * rim + 1) + 0.5, 0, 1)
        covers *= 1 - np.float32(keeps) * about
        lay(picture, skin, covers * look_alpha(shut, in_patch))

    def _draw_mouth(
        self,
        sources: Sources,
        motion: Motion,
        t: int,
        planes: Planes,
    ) -> None:
        mouth = self.rig.mouth
        box = moved_box(self.rig, mouth_box(self.rig, motion.face[t]), motion.head[t])
        at = self._at_blocks(sources.turned, box)
        fields = self.fields
        above = fields.displaced(fields.upper, sources.upper, at)
        beneath = fields.displaced(fields.lower, sources.lower, at)
        here = less(at, mouth.origin)
        over_at, under_at = maps_at_blocks(here + above), maps_at_blocks(here + beneath)
        over_alpha = look_alpha(self.upper_lip, over_at)
        under_alpha = look_alpha(self.lower_lip, under_at)
        picture = look_at(self.lower_lip, under_at)
        hole = bounds((1 - over_alpha) * (1 - under_alpha) > HOLE_ABOVE)
        if motion.tuck[t] > 0:  # teeth reach over the lip
            hole = 0, 0, picture.y.shape[1], picture.y.shape[0]
        if hole:
            teeth = self._draw_inside(picture, hole, here, (over_alpha, under_alpha), motion, t)
            if motion.tuck[t] > 0:
                bite = remapped(mouth.bite, under_at.whole) * np.float32(motion.tuck[t] / 255)
                lay(picture, teeth[0], teeth[1] * bite)
        lay(picture, look_at(self.upper_lip, over_at), over_alpha)
        self._paste(picture, box, planes)

    def _draw_inside(
        self,
        picture: Picture,
        hole: tuple[int, int, int, int],
        here: Array,
        alphas: tuple[Array, Array],
        motion: Motion,
        t: int,
    ) -> tuple[Picture, Array]:
        """Put what is behind the lips into `picture`, which shows the lower lip, within `hole`.

        Returns the upper teeth there, under a tucked lip's light, and their alpha.
        """
        mouth = self.rig.mouth
        light = _light(*alphas, mouth.shadow_px)
        x0, y0, x1, y1 = hole
        here, light = here[y0 // 2 : y1 // 2 + 2, x0 // 2 : x1 // 2 + 2], light[y0:y1, x0:x1]
        under_alpha = alphas[1][y0:y1, x0:x1]
        dropped = mouth.down * (mouth.jaw_px * motion.jaw[t])
        behind = less(here, dropped * np.float32(BACK_FOLLOWS))
        inside = look_at(self.back, maps_at_blocks(behind))
        if motion.tongue[t] > 0:
            rise = mouth.down * (TIP_RISES * mouth.jaw_px * motion.tongue[t])
            raised = maps_at_blocks(less(behind, -rise))
            alpha = look_alpha(self.tip, raised)
            lay(inside, look_at(self.tip, raised), alpha * motion.tongue[t])
        with_jaw = maps_at_blocks(less(here, dropped))
        lay(inside, look_at(self.jaw, with_jaw), look_alpha(self.jaw, with_jaw))
        bite_px = BITE_UNDER * self.rig.scale_px * motion.tuck[t]
        on_skull = maps_at_blocks(less(here, -mouth.down * np.float32(bite_px)))
        teeth = look_at(self.teeth, on_skull)
        teeth_alpha = look_alpha(self.teeth, on_skull)
        lay(inside, teeth, teeth_alpha)
        dim(inside, light, mouth.interior.shade)
        part = part_of(picture, hole)
        lay(part, inside, 1 - under_alpha)
        if motion.tuck[t] > 0:
            dim(teeth, np.full_like(light, BITE_LIGHT), mouth.interior.shade)
        return teeth, teeth_alpha

    def _paste(self, picture: Picture, box: Box, planes: Planes) -> None:
        """Put a picture of an even box into the frame, the background before it where it is."""
        x0, y0, x1, y1 = box
        half = slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2)
        planes.y[y0:y1, x0:x1] = cv2.convertScaleAbs(picture.y)
        planes.u[half], planes.v[half] = cv2.split(cv2.convertScaleAbs(picture.uv))


def eye_moves(eye: Eye, motion: Motion) -> NDArray[np.bool_]:
    """(T,) whether this eye differs from the photo's."""
    looks = np.abs(motion.gaze).max(axis=1) * GAZE_PX * eye.iris_px > 1 / 64
    return looks | (motion.blink > 0).any(axis=1)


def _smooth(x: float, start: float, stop: float) -> float:
    t = min(1.0, max(0.0, (x - start) / (stop - start)))
    return t * t * (3 - 2 * t)


def _light(upper: Array, lower: Array, reach_px: float) -> Array:
    """Light that reaches the inside of the mouth, less near the lips. (rows, columns)"""
    size = upper.shape[1], upper.shape[0]
    near = [cv2.GaussianBlur(halved(lip), (0, 0), reach_px / 2) for lip in (upper, lower)]
    light = (1 - SHADOW_UPPER * near[0]) * (1 - SHADOW_LOWER * near[1])
    return cv2.resize(light, size, interpolation=cv2.INTER_LINEAR)


def _at_places(field: Array, box: Box, times: int) -> Array:
    """A field on the canvas's grid at `times` by `times` places in each of its squares.

    box: x0, y0, x1, y1 counted in those places, not further outside than the grid.
    """
    x0, y0, x1, y1 = box
    column0, row0 = max(0, x0 // times), max(0, y0 // times)
    column1, row1 = -(-x1 // times) + 2 * MARGIN, -(-y1 // times) + 2 * MARGIN
    points = field[row0:row1, column0:column1]
    size = points.shape[1] * times, points.shape[0] * times
    fine = cv2.resize(points, size, interpolation=cv2.INTER_LINEAR)
    top, left = y0 - row0 * times + MARGIN * times, x0 - column0 * times + MARGIN * times
    return fine[top : top + y1 - y0, left : left + x1 - x0]
