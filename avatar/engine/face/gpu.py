"""Draw frames with torch, many at once: the same steps as `cpu`, for a GPU.

Positions are rounded to 1/32 pixel and looked-up values to whole numbers, as OpenCV does, so that
both agree.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from avatar.engine.face import cpu
from avatar.engine.face.cpu_fields import STEP_SIZE, STEPS_BACK
from avatar.engine.face.eyes import GAZE_PX, Eye
from avatar.engine.face.head import MARGIN, STEP
from avatar.engine.face.layers import Layer, layers
from avatar.engine.face.motion import Motion
from avatar.engine.face.rig import Rig, mouth_box, moved_box
from avatar.engine.face.yuv import Patch

PIXELS_AT_ONCE = 1 << 26  # 32 frames of 1080x1920: a GPU is busy with them, in 4 GB
Box = tuple[int, int, int, int]


class Picture(NamedTuple):
    """y (T, rows, columns), u and v (T, rows/2, columns/2), float32."""

    y: Tensor
    u: Tensor
    v: Tensor


class TorchRenderer:
    def __init__(self, rig: Rig, device: str) -> None:
        self.rig = rig
        self.device = torch.device(device)
        self.layers = layers(rig)
        self.forwards = [self._tensor(layer.fields) for layer in self.layers]
        self.layer_grids = [
            _pixels(layer.fields.shape[2], layer.fields.shape[1], self.device)
            for layer in self.layers
        ]
        self.below = torch.from_numpy(rig.face.below).to(self.device)
        self.face_origin = self._tensor(np.array(rig.face.origin))
        self.at = self._tensor(rig.head.at)
        self.basis = self._tensor(rig.head.basis)
        self.photo = self._patch(Patch(rig.y, rig.u, rig.v, rig.y))
        self.behind = None if rig.behind is None else self._patch(rig.behind)
        mouth = rig.mouth
        self.upper_lip, self.lower_lip = map(self._patch, (mouth.upper_lip, mouth.lower_lip))
        self.interior = {
            name: self._patch(getattr(mouth.interior, name))
            for name in ("back", "tip", "jaw", "teeth")
        }
        self.lids = [self._tensor(eye.lid).permute(2, 0, 1)[None] for eye in rig.eyes]
        self.shut = [self._patch(eye.shut) for eye in rig.eyes]
        self.bite = self._tensor(mouth.bite)
        self.ball = [self._patch(eye.ball) for eye in rig.eyes]
        offsets = torch.tensor([0.0, 1.0], device=self.device)
        self.in_block = torch.stack(torch.meshgrid(offsets, offsets, indexing="xy"), dim=-1)

    def frames(self, motion: Motion) -> Iterator[NDArray[np.uint8]]:
        """(height*3//2, width) uint8, on the host.

        A batch is copied, into pinned memory, while the next one is drawn.
        """
        on_its_way: tuple[Tensor, torch.cuda.Event | None] | None = None
        for batch in self.batches(motion):
            copied = batch.to("cpu", non_blocking=True)
            arrival = torch.cuda.Event() if self.device.type == "cuda" else None  # type: ignore[no-untyped-call]
            if arrival is not None:
                arrival.record()
            if on_its_way is not None:
                yield from _arrived(*on_its_way)
            on_its_way = copied, arrival
        if on_its_way is not None:
            yield from _arrived(*on_its_way)

    @torch.inference_mode()
    def batches(self, motion: Motion) -> Iterator[Tensor]:
        """(T, height*3//2, width) uint8, left on the device, some frames each."""
        n_frames = max(1, PIXELS_AT_ONCE // (self.rig.width * self.rig.height))
        for start in range(0, len(motion), n_frames):
            yield self._batch(motion[start : start + n_frames])

    def _batch(self, motion: Motion) -> Tensor:
        weights = self._tensor(motion.face)
        upper, lower = (
            self._turned_round(torch.tensordot(weights, forward, dims=1), grid)
            for forward, grid in zip(self.forwards, self.layer_grids, strict=True)
        )
        expression = torch.zeros(len(motion), *self.below.shape, 2, device=self.device)
        for layer, back in zip(self.layers, (upper, lower), strict=True):
            part = expression[:, layer.part[0], layer.part[1]]
            seen = self.below[layer.part] if layer is self.layers[1] else ~self.below[layer.part]
            torch.where(seen[..., None], back, part, out=part)
        turned = self._head(self._tensor(motion.head))
        source = self._through(turned, expression)
        frame, alpha = self._warp(source)
        for k, eye in enumerate(self.rig.eyes):
            self._draw_eye(k, eye, motion, source, frame)
        self._draw_mouth(turned, upper, lower, motion, frame)
        if self.behind is not None and alpha is not None:
            _set_before(self.behind, frame, alpha)
        planes = [_bytes(plane).reshape(len(motion), -1) for plane in frame]
        return torch.cat(planes, dim=1).reshape(len(motion), -1, self.rig.width)

    # Fields

    def _turned_round(self, forward: Tensor, grid: Tensor) -> Tensor:
        """As cpu: backward displacement in canvas pixels, (T, rows, columns, 2)."""
        back = -forward
        image = forward.permute(0, 3, 1, 2)
        for _ in range(STEPS_BACK):
            there = _sample(image, grid + back, zeros=True).permute(0, 2, 3, 1)
            back = back - STEP_SIZE * (there + back)
        return back * self.rig.face.step

    def _head(self, weights: Tensor) -> Tensor:
        forward = torch.einsum("tdb,brc->tdrc", weights, self.basis)
        back = -forward.permute(0, 2, 3, 1)
        for _ in range(2):
            there = (self.at + back + (MARGIN * STEP - (STEP - 1) / 2)) / STEP
            back = -_sample(forward, there).permute(0, 2, 3, 1)
        return self.at + back

    def _through(self, at: Tensor, expression: Tensor) -> Tensor:
        there = (at - self.face_origin) / self.rig.face.step
        moved = _sample(expression.permute(0, 3, 1, 2), there, zeros=True)
        return at + moved.permute(0, 2, 3, 1)

    # Pixels

    def _warp(self, source: Tensor) -> tuple[Picture, Tensor | None]:
        """The frames without eyes and mouth; before a background, the share of person, too."""
        rows, columns = self.rig.height, self.rig.width
        whole = self._in_blocks(source - 0.5, STEP // 2)[:, :rows, :columns]
        half = self._in_blocks(source / 2 - 0.75, STEP // 4)[:, : rows // 2, : columns // 2]
        y = _look(self.photo.y, whole)
        u, v = (_look(plane, half) for plane in (self.photo.u, self.photo.v))
        if self.behind is None:
            return Picture(y, u, v), None
        return Picture(y, u, v), _look(self.behind.alpha, whole) / 255

    def _in_blocks(self, first: Tensor, blocks: int) -> Tensor:
        """Where pixels come from: two by two of them move alike, `blocks` across each square.

        first: grid of where the first pixel of a block in its place comes from.
        """
        at = functional.interpolate(
            first.permute(0, 3, 1, 2), scale_factor=blocks, mode="bilinear", align_corners=False
        )
        inner = slice(MARGIN * blocks, -MARGIN * blocks)
        at = _rounded(at[:, :, inner, inner].permute(0, 2, 3, 1))
        pixels = at[:, :, None, :, None] + self.in_block[:, None]
        return pixels.reshape(len(at), 2 * at.shape[1], 2 * at.shape[2], 2)

    def _fine(self, field: Tensor, box: Box) -> Tensor:
        return _at_places(field, box, STEP)

    def _at_blocks(self, field: Tensor, box: Box) -> Tensor:
        """In the middle of every two by two pixels, and of those around the box."""
        x0, y0, x1, y1 = (side // 2 for side in box)
        return _at_places(field, (x0 - 1, y0 - 1, x1 + 1, y1 + 1), STEP // 2)

    def _draw_eye(self, k: int, eye: Eye, motion: Motion, source: Tensor, frame: Picture) -> None:
        x0, y0 = eye.origin
        rows, columns = eye.lid.shape[:2]
        drawn = cpu.eye_moves(eye, motion)
        boxes = [
            moved_box(self.rig, (x0, y0, x0 + columns, y0 + rows), head) if moves else None
            for head, moves in zip(motion.head, drawn, strict=True)
        ]
        if not drawn.any():
            return
        box = _union(boxes)
        at = self._fine(source, box)
        here = at - self._tensor(np.array(eye.origin))
        below, opening, rim, weight = _sample(self.lids[k], here).unbind(1)
        gaze = self._tensor(-motion.gaze * np.float32(GAZE_PX * eye.iris_px))
        picture = _see(self.photo, at)
        ball = _see(self.ball[k], here + weight[..., None] * gaze[:, None, None])
        seen = torch.minimum(below, opening - below - eye.under_px)
        seen = (seen / cpu.BALL_SOFT_PX + 0.5).clamp(0, 1)
        _lay(picture, ball, seen * gaze.abs().amax(1).clamp(max=1)[:, None, None])
        blink = self._tensor(motion.blink[:, k])[:, None, None]
        drop = opening * blink
        above_edge = drop - below
        skin = _see(self.shut[k], here)
        carried = _see(self.photo, at - drop[..., None] * self._tensor(eye.down))
        keeps = 1 - _smooth(blink, *cpu.LASHES_LEAVE)
        _lay(skin, carried, ((rim - above_edge) / (0.35 * rim + 1) + 0.5).clamp(0, 1) * keeps)
        line = torch.exp(-(((above_edge - 0.5 * eye.lash_px) / eye.lash_px) ** 2))
        dark = (opening / (cpu.LINE_TAPERS * eye.lash_px)).clamp(0, 1) * cpu.LASH_LINE
        lash = Picture(*self._tensor(eye.lash))
        _lay(skin, lash, dark * line * _smooth(blink, *cpu.LASH_LINE_COMES))
        fringe = eye.fringe_px * _smooth(blink, *cpu.FRINGE_COMES)
        covers = ((above_edge + fringe) / cpu.LID_SOFT_PX + 0.5).clamp(0, 1) * (blink > 0)
        about = ((-below - rim) / (0.35 * rim + 1) + 0.5).clamp(0, 1)
        covers = covers * (1 - keeps * about)
        _lay(picture, skin, covers * _look(self.shut[k].alpha, here) / 255)
        _paste(picture, box, boxes, frame)

    def _draw_mouth(
        self, turned: Tensor, upper: Tensor, lower: Tensor, motion: Motion, frame: Picture
    ) -> None:
        mouth = self.rig.mouth
        boxes = [
            moved_box(self.rig, mouth_box(self.rig, face), head)
            for face, head in zip(motion.face, motion.head, strict=True)
        ]
        box = _union(boxes)
        at = self._at_blocks(turned, box)
        here = at - self._tensor(np.array(mouth.origin))
        over_at, under_at = (
            _at_pixels(here + self._displaced(layer, back, at))
            for layer, back in zip(self.layers, (upper, lower), strict=True)
        )
        here = _at_pixels(here)
        over_alpha = _look(self.upper_lip.alpha, over_at) / 255
        under_alpha = _look(self.lower_lip.alpha, under_at) / 255
        picture = _see(self.lower_lip, under_at)
        teeth, teeth_alpha = self._draw_inside(picture, here, over_alpha, under_alpha, motion)
        bite = _look(self.bite, under_at) / 255 * self._tensor(motion.tuck)[:, None, None]
        _lay(picture, teeth, teeth_alpha * bite)
        _lay(picture, _see(self.upper_lip, over_at), over_alpha)
        _paste(picture, box, boxes, frame)

    def _displaced(self, layer: Layer, back: Tensor, at: Tensor) -> Tensor:
        there = (at - self.face_origin) / self.rig.face.step
        there = there - self._tensor(np.array([layer.column, layer.row]))
        return _sample(back.permute(0, 3, 1, 2), there, zeros=True).permute(0, 2, 3, 1)

    def _draw_inside(
        self,
        picture: Picture,
        here: Tensor,
        over_alpha: Tensor,
        under_alpha: Tensor,
        motion: Motion,
    ) -> tuple[Picture, Tensor]:
        mouth = self.rig.mouth
        down = self._tensor(mouth.down)
        jaw, tuck, tongue = (
            self._tensor(values)[:, None, None]
            for values in (motion.jaw, motion.tuck, motion.tongue)
        )
        dropped = down * (mouth.jaw_px * jaw)[..., None]
        behind = here - dropped * cpu.BACK_FOLLOWS
        inside = _see(self.interior["back"], behind)
        raised = behind + down * (cpu.TIP_RISES * mouth.jaw_px * tongue)[..., None]
        tip = self.interior["tip"]
        _lay(inside, _see(tip, raised), _look(tip.alpha, raised) / 255 * tongue)
        low = self.interior["jaw"]
        _lay(inside, _see(low, here - dropped), _look(low.alpha, here - dropped) / 255)
        on_skull = here + down * (cpu.BITE_UNDER * self.rig.scale_px * tuck)[..., None]
        teeth = _see(self.interior["teeth"], on_skull)
        teeth_alpha = _look(self.interior["teeth"].alpha, on_skull) / 255
        _lay(inside, teeth, teeth_alpha)
        shade = mouth.interior.shade.tolist()
        _dim(inside, _light(over_alpha, under_alpha, mouth.shadow_px), shade)
        _lay(picture, inside, 1 - under_alpha)
        _dim(teeth, torch.full_like(teeth.y, cpu.BITE_LIGHT), shade)
        return teeth, teeth_alpha

    def _tensor(self, values: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values, np.float32)).to(self.device)

    def _patch(self, patch: Patch) -> "_Patch":
        return _Patch(*(self._tensor(plane) for plane in patch))


class _Patch(NamedTuple):
    y: Tensor
    u: Tensor
    v: Tensor
    alpha: Tensor


def _pixels(columns: int, rows: int, device: torch.device) -> Tensor:
    x = torch.arange(columns, device=device, dtype=torch.float32)
    y = torch.arange(rows, device=device, dtype=torch.float32)
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)


def _at_places(field: Tensor, box: Box, times: int) -> Tensor:
    """A field on the canvas's grid at `times` by `times` places in each of its squares."""
    x0, y0, x1, y1 = box
    column0, row0 = max(0, x0 // times), max(0, y0 // times)
    column1, row1 = -(-x1 // times) + 2 * MARGIN, -(-y1 // times) + 2 * MARGIN
    fine = functional.interpolate(
        field[:, row0:row1, column0:column1].permute(0, 3, 1, 2),
        scale_factor=times,
        mode="bilinear",
        align_corners=False,
    )
    top, left = y0 - row0 * times + MARGIN * times, x0 - column0 * times + MARGIN * times
    return fine[:, :, top : top + y1 - y0, left : left + x1 - x0].permute(0, 2, 3, 1)


def _at_pixels(blocks: Tensor) -> Tensor:
    """Pixels out of the middles of two by two of them, with one more block on each side."""
    fine = functional.interpolate(
        blocks.permute(0, 3, 1, 2), scale_factor=2, mode="bilinear", align_corners=False
    )
    return fine[:, :, 2:-2, 2:-2].permute(0, 2, 3, 1)


def _rounded(at: Tensor) -> Tensor:
    return torch.round(at * 32) / 32


def _arrived(copied: Tensor, arrival: torch.cuda.Event | None) -> NDArray[np.uint8]:
    if arrival is not None:
        arrival.synchronize()
    frames: NDArray[np.uint8] = copied.numpy()
    return frames


@cache
def _per_pixel(columns: int, rows: int, device: torch.device) -> Tensor:
    """A pixel's width and height where an image goes from -1 to 1. Kept: to make it is a copy."""
    return torch.tensor([2 / max(1, columns - 1), 2 / max(1, rows - 1)], device=device)


def _sample(image: Tensor, at: Tensor, *, zeros: bool = False) -> Tensor:
    """image (1 or T, C, h, w) at (T, rows, columns, 2) of its pixels: (T, C, rows, columns)."""
    where = _rounded(at) * _per_pixel(image.shape[3], image.shape[2], at.device) - 1
    return functional.grid_sample(
        image.expand(len(at), -1, -1, -1),
        where,
        mode="bilinear",
        padding_mode="zeros" if zeros else "border",
        align_corners=True,
    )


def _look(plane: Tensor, at: Tensor) -> Tensor:
    """A plane of bytes at (T, rows, columns, 2): whole numbers."""
    return torch.floor(_sample(plane[None, None], at)[:, 0] + 0.5)


def _see(patch: _Patch, at: Tensor) -> Picture:
    small = (_halved(at.permute(0, 3, 1, 2)).permute(0, 2, 3, 1) - 0.5) * 0.5
    return Picture(_look(patch.y, at), _look(patch.u, small), _look(patch.v, small))


def _halved(values: Tensor) -> Tensor:
    """Mean of two by two, over the last two axes."""
    return functional.avg_pool2d(values, 2)


def _doubled(values: Tensor) -> Tensor:
    return functional.interpolate(values, scale_factor=2, mode="bilinear", align_corners=False)


def _lay(under: Picture, over: Picture, alpha: Tensor) -> None:
    small = _halved(alpha)
    for below, above, share in zip(under, over, (alpha, small, small), strict=True):
        below += share * (above - below)


def _set_before(behind: _Patch, frame: Picture, alpha: Tensor) -> None:
    """Put frames before a background, in place."""
    small = _halved(alpha)
    for plane, back, share in zip(frame, behind[:3], (alpha, small, small), strict=True):
        plane.sub_(back).mul_(share).add_(back)


def _dim(picture: Picture, light: Tensor, shade: Sequence[float]) -> None:
    small = _halved(light)
    for plane, black, share in zip(picture, shade, (light, small, small), strict=True):
        plane.sub_(black).mul_(share).add_(black)


def _smooth(x: Tensor, start: float, stop: float) -> Tensor:
    t = ((x - start) / (stop - start)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def _light(upper: Tensor, lower: Tensor, reach_px: float) -> Tensor:
    near = [_blurred(_halved(lip), reach_px / 2) for lip in (upper, lower)]
    light = (1 - cpu.SHADOW_UPPER * near[0]) * (1 - cpu.SHADOW_LOWER * near[1])
    return _doubled(light[:, None])[:, 0]


def _blurred(values: Tensor, sigma: float) -> Tensor:
    """(T, rows, columns), as cv2.GaussianBlur does it for floats."""
    size = round(sigma * 8 + 1) | 1
    kernel = torch.from_numpy(cv2.getGaussianKernel(size, sigma, cv2.CV_32F)).to(values)
    pad = size // 2
    if pad >= min(values.shape[1:]):
        padded = functional.pad(values[:, None], (pad, pad, pad, pad), mode="replicate")
    else:
        padded = functional.pad(values[:, None], (pad, pad, pad, pad), mode="reflect")
    across = functional.conv2d(padded, kernel.reshape(1, 1, 1, -1))
    return functional.conv2d(across, kernel.reshape(1, 1, -1, 1))[:, 0]


def _union(boxes: Sequence[Box | None]) -> Box:
    seen = np.array([box for box in boxes if box is not None])
    x0, y0 = seen[:, :2].min(0).tolist()
    x1, y1 = seen[:, 2:].max(0).tolist()
    return x0, y0, x1, y1


def _paste(picture: Picture, box: Box, boxes: Sequence[Box | None], frame: Picture) -> None:
    """Put a picture of `box` into the frames, each only within its own box (None: not at all)."""
    x0, y0, x1, y1 = box
    device = picture.y.device
    own = torch.tensor([b if b is not None else (0, 0, 0, 0) for b in boxes], device=device)
    left, top, right, bottom = own.T[..., None, None]
    for target, plane, part in zip(frame, picture, (1, 2, 2), strict=True):
        x = torch.arange(x0 // part, x1 // part, device=device)[None, None] * part
        y = torch.arange(y0 // part, y1 // part, device=device)[None, :, None] * part
        inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)
        area = target[:, y0 // part : y1 // part, x0 // part : x1 // part]
        area.copy_(torch.where(inside, plane, area))


def _bytes(plane: Tensor) -> Tensor:
    return torch.round(plane).clamp(0, 255).to(torch.uint8)
