"""Pieces of picture in torch, many frames at once: looked up, laid over each other."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from avatar.engine.face import cpu
from avatar.engine.face.head import MARGIN

Box = tuple[int, int, int, int]


class Picture(NamedTuple):
    """y (T, rows, columns), u and v (T, rows/2, columns/2), float32."""

    y: Tensor
    u: Tensor
    v: Tensor


class Sheet(NamedTuple):
    y: Tensor
    u: Tensor
    v: Tensor
    alpha: Tensor


def pixels(columns: int, rows: int, device: torch.device) -> Tensor:
    x = torch.arange(columns, device=device, dtype=torch.float32)
    y = torch.arange(rows, device=device, dtype=torch.float32)
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)


def at_places(field: Tensor, box: Box, times: int) -> Tensor:
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


def at_pixels(blocks: Tensor) -> Tensor:
    """Pixels out of the middles of two by two of them, with one more block on each side."""
    fine = functional.interpolate(
        blocks.permute(0, 3, 1, 2), scale_factor=2, mode="bilinear", align_corners=False
    )
    return fine[:, :, 2:-2, 2:-2].permute(0, 2, 3, 1)


def rounded(at: Tensor) -> Tensor:
    return torch.round(at * 32) / 32


def arrived(copied: Tensor, arrival: torch.cuda.Event | None) -> NDArray[np.uint8]:
    if arrival is not None:
        arrival.synchronize()
    frames: NDArray[np.uint8] = copied.numpy()
    return frames


@cache
def per_pixel(columns: int, rows: int, device: torch.device) -> Tensor:
    """A pixel's width and height where an image goes from -1 to 1. Kept: to make it is a copy."""
    return torch.tensor([2 / max(1, columns - 1), 2 / max(1, rows - 1)], device=device)


def sample(image: Tensor, at: Tensor, *, zeros: bool = False) -> Tensor:
    """image (1 or T, C, h, w) at (T, rows, columns, 2) of its pixels: (T, C, rows, columns)."""
    where = rounded(at) * per_pixel(image.shape[3], image.shape[2], at.device) - 1
    return functional.grid_sample(
        image.expand(len(at), -1, -1, -1),
        where,
        mode="bilinear",
        padding_mode="zeros" if zeros else "border",
        align_corners=True,
    )


def look(plane: Tensor, at: Tensor) -> Tensor:
    """A plane of bytes at (T, rows, columns, 2): whole numbers."""
    return torch.floor(sample(plane[None, None], at)[:, 0] + 0.5)


def see(patch: Sheet, at: Tensor) -> Picture:
    small = (halved(at.permute(0, 3, 1, 2)).permute(0, 2, 3, 1) - 0.5) * 0.5
    return Picture(look(patch.y, at), look(patch.u, small), look(patch.v, small))


def halved(values: Tensor) -> Tensor:
    """Mean of two by two, over the last two axes."""
    return functional.avg_pool2d(values, 2)


def doubled(values: Tensor) -> Tensor:
    return functional.interpolate(values, scale_factor=2, mode="bilinear", align_corners=False)


def lay(under: Picture, over: Picture, alpha: Tensor) -> None:
    small = halved(alpha)
    for below, above, share in zip(under, over, (alpha, small, small), strict=True):
        below += share * (above - below)


def set_before(behind: Sheet, frame: Picture, alpha: Tensor) -> None:
    """Put frames before a background, in place."""
    small = halved(alpha)
    for plane, back, share in zip(frame, behind[:3], (alpha, small, small), strict=True):
        plane.sub_(back).mul_(share).add_(back)


def dim(picture: Picture, light: Tensor, shade: Sequence[float]) -> None:
    small = halved(light)
    for plane, black, share in zip(picture, shade, (light, small, small), strict=True):
        plane.sub_(black).mul_(share).add_(black)


def smooth(x: Tensor, start: float, stop: float) -> Tensor:
    t = ((x - start) / (stop - start)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def light(upper: Tensor, lower: Tensor, reach_px: float) -> Tensor:
    near = [blurred(halved(lip), reach_px / 2) for lip in (upper, lower)]
    light = (1 - cpu.SHADOW_UPPER * near[0]) * (1 - cpu.SHADOW_LOWER * near[1])
    return doubled(light[:, None])[:, 0]


def blurred(values: Tensor, sigma: float) -> Tensor:
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


def union(boxes: Sequence[Box | None]) -> Box:
    seen = np.array([box for box in boxes if box is not None])
    x0, y0 = seen[:, :2].min(0).tolist()
    x1, y1 = seen[:, 2:].max(0).tolist()
    return x0, y0, x1, y1


def paste(picture: Picture, box: Box, boxes: Sequence[Box | None], frame: Picture) -> None:
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


def as_bytes(plane: Tensor) -> Tensor:
    return torch.round(plane).clamp(0, 255).to(torch.uint8)
