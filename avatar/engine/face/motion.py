"""From curves to the coefficients of the rig's fields, a row a frame."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import InputError
from avatar.engine.face.fields import FIELDS
from avatar.engine.face.rig import Rig
from avatar.engine.lips.curves import CURVES
from avatar.engine.types import Performance

Array = NDArray[np.float32]

BREATH_STEP_PX = 0.4  # nobody sees less, and a chest that stays need not be drawn again


@dataclass(frozen=True)
class Motion:
    """For frames start..stop of a performance, T rows.

    face: (T, len(FIELDS)). head: (T, 2, 5): dx and dy for the head's basis fields.
    jaw: (T,) how far the lower teeth have dropped, in jaw curve units, below 0 where the photo's
      open jaw is closed. tuck, tongue: (T,). blink: (T, 2) left, right; gaze: (T, 2) shares.
    """

    face: Array
    head: Array
    jaw: Array
    tuck: Array
    tongue: Array
    blink: Array
    gaze: Array

    def __getitem__(self, rows: slice) -> "Motion":
        return Motion(**{name: values[rows] for name, values in vars(self).items()})

    def __len__(self) -> int:
        return len(self.face)


def motion(rig: Rig, performance: Performance, start: int, stop: int) -> Motion:
    """Curves that are missing are 0; values beyond a curve's range are brought back into it.

    Raises InputError for an unknown curve, a curve of another length or one that is not a number.
    """
    curve = _read_curves(performance, start, stop)
    # Pressed lips stay together whatever the jaw does.
    apart = 1 - curve["press"]
    face = {
        "rest": np.ones(stop - start, np.float32),
        "glued": curve["jaw"],
        "part": curve["jaw"] * apart * (1 - 0.6 * curve["tuck"]),
        "upper": curve["upper"] * apart,
        "lower": curve["lower"] * apart * (1 - curve["tuck"]),
        "tuck": curve["tuck"] * apart,
        **{name: curve[name] for name in ("wide", "pucker", "press", "smile", "brow")},
    }
    return Motion(
        face=np.stack([face[name] for name in FIELDS], axis=1).astype(np.float32),
        head=_head(rig, curve),
        jaw=(curve["jaw"] - rig.face.jaw_rest).astype(np.float32),
        tuck=(curve["tuck"] * apart).astype(np.float32),
        tongue=curve["tongue"],
        blink=_blink(curve),
        gaze=np.stack([curve["gaze_x"], curve["gaze_y"]], axis=1).astype(np.float32),
    )


def _read_curves(performance: Performance, start: int, stop: int) -> dict[str, Array]:
    unknown = set(performance.curves) - set(CURVES)
    if unknown:
        raise InputError(f"Unknown curves: {', '.join(sorted(unknown))}.")
    curves = {}
    for name, (low, high, _) in CURVES.items():
        values = np.asarray(
            performance.curves.get(name, np.zeros(performance.n_frames)), np.float32
        )
        if values.shape != (performance.n_frames,) or not np.isfinite(values).all():
            raise InputError(f"The curve {name} needs one number for each frame.")
        curves[name] = np.clip(values[start:stop], low, high)
    return curves


def _blink(curve: dict[str, Array]) -> Array:
    """The lid follows a look downward."""
    follow = 0.22 * np.maximum(curve["gaze_y"], 0)
    lids = [follow + (1 - follow) * curve[name] for name in ("blink_left", "blink_right")]
    return np.stack(lids, axis=1).astype(np.float32)


def _head(rig: Rig, curve: dict[str, Array]) -> Array:
    """Rotation about the neck, seen from the front, as displacements by weight, x, y and z."""
    yaw, pitch, roll = (np.radians(curve[f"head_{name}"]) for name in ("yaw", "pitch", "roll"))
    cos_roll, sin_roll = np.cos(roll), np.sin(roll)
    # R = roll @ pitch @ yaw; its first two rows, for (x, y, z) with z away from the viewer.
    rows_x = np.cos(yaw), np.zeros_like(yaw), -np.sin(yaw)
    rows_y = np.sin(pitch) * -np.sin(yaw), np.cos(pitch), -np.sin(pitch) * np.cos(yaw)
    dx = [cos_roll * a - sin_roll * b for a, b in zip(rows_x, rows_y, strict=True)]
    dy = [sin_roll * a + cos_roll * b for a, b in zip(rows_x, rows_y, strict=True)]
    dx[0], dy[1] = dx[0] - 1, dy[1] - 1
    breath = -np.rint(curve["breath"] * rig.head.breath_px / BREATH_STEP_PX) * BREATH_STEP_PX
    across = [curve["head_x"] * rig.face_px, *dx, np.zeros_like(breath)]
    down = [curve["head_y"] * rig.face_px, *dy, breath]
    return np.stack([np.stack(across, axis=1), np.stack(down, axis=1)], axis=1).astype(np.float32)
