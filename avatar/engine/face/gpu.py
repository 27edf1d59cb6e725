"""Draw frames with torch, many at once: the same steps as `cpu`, for a GPU.

Positions are rounded to 1/32 pixel and looked-up values to whole numbers, as OpenCV does, so that
both agree.
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from avatar.engine.face import cpu
from avatar.engine.face.cpu_fields import STEP_SIZE, STEPS_BACK
from avatar.engine.face.eyes import GAZE_PX, Eye
from avatar.engine.face.gpu_picture import (
    Box,
    Picture,
    Sheet,
    arrived,
    as_bytes,
    at_pixels,
    at_places,
    dim,
    lay,
    light,
    look,
    paste,
    pixels,
    rounded,
    sample,
    see,
    set_before,
    smooth,
    union,
)
from avatar.engine.face.head import MARGIN, STEP
from avatar.engine.face.layers import Layer, layers
from avatar.engine.face.motion import Motion
from avatar.engine.face.rig import Rig, mouth_box, moved_box
from avatar.engine.face.yuv import Patch

PIXELS_AT_ONCE = 1 << 26  # 32 frames of 1080x1920: a GPU is busy with them, in 4 GB


class TorchRenderer:
    def __init__(self, rig: Rig, device: str) -> None:
        self.rig = rig
        self.device = torch.device(device)
        self.layers = layers(rig)
        self.forwards = [self._tensor(layer.fields) for layer in self.layers]
        self.layer_grids = [
            pixels(layer.fields.shape[2], layer.fields.shape[1], self.device)
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
                yield from arrived(*on_its_way)
            on_its_way = copied, arrival
        if on_its_way is not None:
            yield from arrived(*on_its_way)

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
            set_before(self.behind, frame, alpha)
        planes = [as_bytes(plane).reshape(len(motion), -1) for plane in frame]
        return torch.cat(planes, dim=1).reshape(len(motion), -1, self.rig.width)

    # Fields

    def _turned_round(self, forward: Tensor, grid: Tensor) -> Tensor:
        """As cpu: backward displacement in canvas pixels, (T, rows, columns, 2)."""
        back = -forward
        image = forward.permute(0, 3, 1, 2)
        for _ in range(STEPS_BACK):
            there = sample(image, grid + back, zeros=True).permute(0, 2, 3, 1)
            back = back - STEP_SIZE * (there + back)
        return back * self.rig.face.step

    def _head(self, weights: Tensor) -> Tensor:
        forward = torch.einsum("tdb,brc->tdrc", weights, self.basis)
        back = -forward.permute(0, 2, 3, 1)
        for _ in range(2):
            there = (self.at + back + (MARGIN * STEP - (STEP - 1) / 2)) / STEP
            back = -sample(forward, there).permute(0, 2, 3, 1)
        return self.at + back

    def _through(self, at: Tensor, expression: Tensor) -> Tensor:
        there = (at - self.face_origin) / self.rig.face.step
        moved = sample(expression.permute(0, 3, 1, 2), there, zeros=True)
        return at + moved.permute(0, 2, 3, 1)

    # Pixels

    def _warp(self, source: Tensor) -> tuple[Picture, Tensor | None]:
        """The frames without eyes and mouth; before a background, the share of person, too."""
        rows, columns = self.rig.height, self.rig.width
        whole = self._in_blocks(source - 0.5, STEP // 2)[:, :rows, :columns]
        half = self._in_blocks(source / 2 - 0.75, STEP // 4)[:, : rows // 2, : columns // 2]
        y = look(self.photo.y, whole)
        u, v = (look(plane, half) for plane in (self.photo.u, self.photo.v))
        if self.behind is None:
            return Picture(y, u, v), None
        return Picture(y, u, v), look(self.behind.alpha, whole) / 255

    def _in_blocks(self, first: Tensor, blocks: int) -> Tensor:
        """Where pixels come from: two by two of them move alike, `blocks` across each square.

        first: grid of where the first pixel of a block in its place comes from.
        """
        at = functional.interpolate(
            first.permute(0, 3, 1, 2), scale_factor=blocks, mode="bilinear", align_corners=False
        )
        inner = slice(MARGIN * blocks, -MARGIN * blocks)
        at = rounded(at[:, :, inner, inner].permute(0, 2, 3, 1))
        pixels = at[:, :, None, :, None] + self.in_block[:, None]
        return pixels.reshape(len(at), 2 * at.shape[1], 2 * at.shape[2], 2)

    def _fine(self, field: Tensor, box: Box) -> Tensor:
        return at_places(field, box, STEP)

    def _at_blocks(self, field: Tensor, box: Box) -> Tensor:
        """In the middle of every two by two pixels, and of those around the box."""
        x0, y0, x1, y1 = (side // 2 for side in box)
        return at_places(field, (x0 - 1, y0 - 1, x1 + 1, y1 + 1), STEP // 2)

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
        box = union(boxes)
        at = self._fine(source, box)
        here = at - self._tensor(np.array(eye.origin))
        below, opening, rim, weight = sample(self.lids[k], here).unbind(1)
        gaze = self._tensor(-motion.gaze * np.float32(GAZE_PX * eye.iris_px))
        picture = see(self.photo, at)
        ball = see(self.ball[k], here + weight[..., None] * gaze[:, None, None])
        seen = torch.minimum(below, opening - below - eye.under_px)
        seen = (seen / cpu.BALL_SOFT_PX + 0.5).clamp(0, 1)
        lay(picture, ball, seen * gaze.abs().amax(1).clamp(max=1)[:, None, None])
        blink = self._tensor(motion.blink[:, k])[:, None, None]
        drop = opening * blink
        above_edge = drop - below
        skin = see(self.shut[k], here)
        carried = see(self.photo, at - drop[..., None] * self._tensor(eye.down))
        keeps = 1 - smooth(blink, *cpu.LASHES_LEAVE)
        lay(skin, carried, ((rim - above_edge) / (0.35 * rim + 1) + 0.5).clamp(0, 1) * keeps)
        line = torch.exp(-(((above_edge - 0.5 * eye.lash_px) / eye.lash_px) ** 2))
        dark = (opening / (cpu.LINE_TAPERS * eye.lash_px)).clamp(0, 1) * cpu.LASH_LINE
        lash = Picture(*self._tensor(eye.lash))
        lay(skin, lash, dark * line * smooth(blink, *cpu.LASH_LINE_COMES))
        fringe = eye.fringe_px * smooth(blink, *cpu.FRINGE_COMES)
        covers = ((above_edge + fringe) / cpu.LID_SOFT_PX + 0.5).clamp(0, 1) * (blink > 0)
        about = ((-below - rim) / (0.35 * rim + 1) + 0.5).clamp(0, 1)
        covers = covers * (1 - keeps * about)
        lay(picture, skin, covers * look(self.shut[k].alpha, here) / 255)
        paste(picture, box, boxes, frame)

    def _draw_mouth(
        self, turned: Tensor, upper: Tensor, lower: Tensor, motion: Motion, frame: Picture
    ) -> None:
        mouth = self.rig.mouth
        boxes = [
            moved_box(self.rig, mouth_box(self.rig, face), head)
            for face, head in zip(motion.face, motion.head, strict=True)
        ]
        box = union(boxes)
        at = self._at_blocks(turned, box)
        here = at - self._tensor(np.array(mouth.origin))
        over_at, under_at = (
            at_pixels(here + self._displaced(layer, back, at))
            for layer, back in zip(self.layers, (upper, lower), strict=True)
        )
        here = at_pixels(here)
        over_alpha = look(self.upper_lip.alpha, over_at) / 255
        under_alpha = look(self.lower_lip.alpha, under_at) / 255
        picture = see(self.lower_lip, under_at)
        teeth, teeth_alpha = self._draw_inside(picture, here, over_alpha, under_alpha, motion)
        bite = look(self.bite, under_at) / 255 * self._tensor(motion.tuck)[:, None, None]
        lay(picture, teeth, teeth_alpha * bite)
        lay(picture, see(self.upper_lip, over_at), over_alpha)
        paste(picture, box, boxes, frame)

    def _displaced(self, layer: Layer, back: Tensor, at: Tensor) -> Tensor:
        there = (at - self.face_origin) / self.rig.face.step
        there = there - self._tensor(np.array([layer.column, layer.row]))
        return sample(back.permute(0, 3, 1, 2), there, zeros=True).permute(0, 2, 3, 1)

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
        inside = see(self.interior["back"], behind)
        raised = behind + down * (cpu.TIP_RISES * mouth.jaw_px * tongue)[..., None]
        tip = self.interior["tip"]
        lay(inside, see(tip, raised), look(tip.alpha, raised) / 255 * tongue)
        low = self.interior["jaw"]
        lay(inside, see(low, here - dropped), look(low.alpha, here - dropped) / 255)
        on_skull = here + down * (cpu.BITE_UNDER * self.rig.scale_px * tuck)[..., None]
        teeth = see(self.interior["teeth"], on_skull)
        teeth_alpha = look(self.interior["teeth"].alpha, on_skull) / 255
        lay(inside, teeth, teeth_alpha)
        shade = mouth.interior.shade.tolist()
        dim(inside, light(over_alpha, under_alpha, mouth.shadow_px), shade)
        lay(picture, inside, 1 - under_alpha)
        dim(teeth, torch.full_like(teeth.y, cpu.BITE_LIGHT), shade)
        return teeth, teeth_alpha

    def _tensor(self, values: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values, np.float32)).to(self.device)

    def _patch(self, patch: Patch) -> "Sheet":
        return Sheet(*(self._tensor(plane) for plane in patch))
