"""Everything that is known about the one face of a photo, worked out once and kept."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from dataclasses import dataclass, fields
from pathlib import Path
from zipfile import BadZipFile

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import InputError
from avatar.engine.face import mesh
from avatar.engine.face.detect import find_faces
from avatar.engine.face.models import solution
from avatar.engine.face.report import head_angles, judge, lip_gap, teeth_share
from avatar.engine.types import Image

VERSION = 2
MASK_SIDE_PX = 512
GLASSES_STEP = 18.0  # luma over 3 % of the eye distance, on the bridge of the nose


@dataclass(frozen=True)
class Face:
    """One person of one photo.

    landmarks: (478, 3) float32, x and y in pixels of the photo, z in the same unit, near is
      negative.
    person: (h, w) uint8, 255 where the person is, at most 512 px a side, over the whole photo.
    Angles in degrees as in `avatar.engine.lips.curves`. Colours are RGB in [0, 255].
    lip_gap: opening of the lips over the distance of the outer eye corners.
    teeth: share of the opening that is teeth, in [0, 1].
    glasses: whether a frame crosses the nose.
    warnings: what the report on the photo says will look worse than it could.
    """

    photo_width: int
    photo_height: int
    landmarks: NDArray[np.float32]
    person: NDArray[np.uint8]
    yaw: float
    pitch: float
    roll: float
    lip_gap: float
    teeth: float
    glasses: bool
    skin: NDArray[np.float32]
    lips: NDArray[np.float32]
    eye_white: NDArray[np.float32]
    warnings: tuple[str, ...] = ()

    def save(self, path: Path) -> None:
        """Write as npz, beside and then renamed."""
        arrays = {entry.name: np.asarray(getattr(self, entry.name)) for entry in fields(self)}
        arrays["warnings"] = np.array(self.warnings, np.str_)
        part = path.with_name(path.name + ".part")
        with part.open("wb") as out:
            np.savez_compressed(out, version=np.asarray(VERSION), **arrays)
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Face":
        """Raises InputError when the file is not a face of this version."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
                if int(data["version"]) != VERSION:
                    raise InputError(
                        "This face file is of another version; analyse the photo again."
                    )
                return cls(
                    photo_width=int(data["photo_width"]),
                    photo_height=int(data["photo_height"]),
                    landmarks=_shaped(data["landmarks"].astype(np.float32), (mesh.N_POINTS, 3)),
                    person=data["person"].astype(np.uint8),
                    yaw=float(data["yaw"]),
                    pitch=float(data["pitch"]),
                    roll=float(data["roll"]),
                    lip_gap=float(data["lip_gap"]),
                    teeth=float(data["teeth"]),
                    glasses=bool(data["glasses"]),
                    skin=_shaped(data["skin"].astype(np.float32), (3,)),
                    lips=_shaped(data["lips"].astype(np.float32), (3,)),
                    eye_white=_shaped(data["eye_white"].astype(np.float32), (3,)),
                    warnings=tuple(str(warning) for warning in data["warnings"]),
                )
        except (OSError, ValueError, KeyError, EOFError, TypeError, BadZipFile) as e:
            raise InputError(f"{path.name} is not a face file.") from e


def analyse(image: Image, face_index: int | None = None) -> Face:
    """Learn the face of an RGB photo.

    Raises InputError with the first problem of the report when the photo is not usable.
    """
    found = find_faces(image)
    report = judge(image, found, face_index)
    if not report.usable:
        raise InputError(report.problems[0])
    assert report.face_index is not None
    landmarks = found[report.face_index].landmarks
    yaw, pitch, roll = head_angles(landmarks)
    height, width = image.shape[:2]
    return Face(
        photo_width=width,
        photo_height=height,
        landmarks=landmarks,
        person=_person(image),
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        lip_gap=lip_gap(landmarks),
        teeth=teeth_share(image, landmarks),
        glasses=_glasses(image, landmarks),
        skin=_median_colour(image, landmarks, (mesh.RIGHT_CHEEK, mesh.LEFT_CHEEK)),
        lips=_median_colour(image, landmarks, (mesh.OUTER_LOWER + mesh.INNER_LOWER[::-1],)),
        eye_white=_eye_white(image, landmarks),
        warnings=tuple(report.warnings),
    )


def _shaped(array: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    if array.shape != shape or not np.isfinite(array).all():
        raise ValueError(f"expected {shape}, found {array.shape}")
    return array


def _person(image: Image) -> NDArray[np.uint8]:
    """Mask of the person, at most MASK_SIDE_PX a side."""
    height, width = image.shape[:2]
    scale = min(1.0, MASK_SIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    with solution("selfie_segmentation").SelfieSegmentation(model_selection=0) as segmenter:
        mask = segmenter.process(small).segmentation_mask
    return np.clip(np.asarray(mask) * 255, 0, 255).astype(np.uint8)


def _median_colour(
    image: Image, landmarks: NDArray[np.float32], polygons: tuple[tuple[int, ...], ...]
) -> NDArray[np.float32]:
    inside = np.zeros(image.shape[:2], np.uint8)
    for points in polygons:
        outline = landmarks[list(points), :2]
        if len(points) < 8:
            outline = cv2.convexHull(outline)[:, 0]
        cv2.fillPoly(inside, [np.round(outline).astype(np.int32)], 1)
    if not inside.any():
        return np.full(3, 128, np.float32)
    return np.median(image[inside > 0], axis=0).astype(np.float32)


def _glasses(image: Image, landmarks: NDArray[np.float32]) -> bool:
    """Whether something with edges lies across the bridge of the nose."""
    points = landmarks[:, :2]
    eyes = points[list(mesh.OUTER_EYE_CORNERS)]
    length = float(np.linalg.norm(eyes[1] - eyes[0]))
    right = (eyes[1] - eyes[0]) / length
    down = np.array([-right[1], right[0]], np.float32)
    x = np.linspace(-0.05, 0.05, 24, dtype=np.float32)[None, :, None] * length
    y = np.linspace(-0.22, 0.22, 96, dtype=np.float32)[:, None, None] * length
    at = (points[168] + x * right + y * down).astype(np.float32)
    luma = cv2.remap(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), at, None, cv2.INTER_LINEAR)
    profile = cv2.GaussianBlur(luma.astype(np.float32), (0, 0), 1.5).mean(1)
    steps = np.abs(profile[6:] - profile[:-6])
    return bool(steps.max() > GLASSES_STEP)


def _eye_white(image: Image, landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colour of the lightest twentieth between the lids."""
    inside = np.zeros(image.shape[:2], np.uint8)
    for upper, lower in mesh.EYES:
        outline = landmarks[[*upper, *lower[::-1]], :2]
        cv2.fillPoly(inside, [np.round(outline).astype(np.int32)], 1)
    pixels = image[inside > 0].astype(np.float32)
    if not len(pixels):
        return np.full(3, 200, np.float32)
    luma = pixels.mean(1)
    return pixels[luma >= np.quantile(luma, 0.95)].mean(0)
