"""Find every face of a photo and its mesh. Worker code: loads MediaPipe on first use."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face import mesh
from avatar.engine.face.geometry import floats
from avatar.engine.face.models import solution
from avatar.engine.types import Image

CONFIDENCE = 0.5
MESH_SIDE_PX = 512  # the crop the mesh model sees; its own input is 192 px
SMALLEST_PX = 20  # below this nothing can be said about a face
SAME_FACE = 0.35  # intersection over union at which two boxes are one face


@dataclass(frozen=True)
class Found:
    """One face.

    landmarks: (478, 3) float32, x and y in pixels of the photo, z in the same unit, near is
    negative.
    """

    score: float
    landmarks: NDArray[np.float32]

    @property
    def width_px(self) -> float:
        """From cheek to cheek, however the head is turned or tilted."""
        oval = self.landmarks[list(mesh.OVAL), :2]
        eyes = self.landmarks[list(mesh.OUTER_EYE_CORNERS), :2]
        across = (eyes[1] - eyes[0]) / max(1e-6, float(np.linalg.norm(eyes[1] - eyes[0])))
        return float(np.ptp(oval @ across))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x, y, width, height of the face oval in pixels of the photo."""
        low, high = self.landmarks[:, :2].min(0), self.landmarks[:, :2].max(0)
        return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])


def find_faces(image: Image) -> list[Found]:
    """Faces of an RGB image of any size, from left to right."""
    with FaceFinder() as finder:
        return finder.faces(image)


class FaceFinder(contextlib.AbstractContextManager["FaceFinder"]):
    """The models of `find_faces`, kept open for many pictures."""

    def __enter__(self) -> "FaceFinder":
        with contextlib.ExitStack() as opening:
            self._detector = opening.enter_context(
                solution("face_detection").FaceDetection(
                    model_selection=1, min_detection_confidence=CONFIDENCE
                )
            )
            self._mesh = opening.enter_context(
                solution("face_mesh").FaceMesh(
                    static_image_mode=True,
                    max_num_faces=1,
                    refine_landmarks=True,
                    min_detection_confidence=0.3,
                )
            )
            self._opened = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def faces(self, image: Image, *, small_ones: bool = True) -> list[Found]:
        """Faces of an RGB image, from left to right.

        small_ones: look for faces small in a wide picture, too, where none else is found. It takes
        ten times as long.
        """
        found: list[Found] = []
        for score, box in _boxes(image, self._detector, small_ones=small_ones):
            face = self._face(image, box, score)
            if face is not None and not any(_same(face, other) for other in found):
                found.append(face)
        return sorted(found, key=lambda face: face.box[0] + face.box[2] / 2)

    def near(self, image: Image, box: tuple[float, float, float, float]) -> Found | None:
        """The face where one has just been. box: x, y, width, height; score is 1."""
        x, y, width, height = box
        return self._face(image, np.array([x, y, x + width, y + height]), 1.0)

    def _face(self, image: Image, box: NDArray[np.float64], score: float) -> Found | None:
        landmarks = _landmarks(image, box, self._mesh)
        if landmarks is None:
            return None
        face = Found(score, landmarks)
        return face if face.width_px >= SMALLEST_PX else None


def _boxes(
    image: Image, detector: Any, *, small_ones: bool
) -> list[tuple[float, NDArray[np.float64]]]:
    """Score and (x0, y0, x1, y1) of each candidate, surest first.

    The whole photo first; where that finds nothing, overlapping tiles, for faces small in a
    wide picture.
    """
    boxes = _detect(image, detector, 0, 0)
    if not boxes and small_ones:
        boxes = [box for x0, y0, tile in _tiles(image) for box in _detect(tile, detector, x0, y0)]
    return sorted(boxes, key=lambda scored: -scored[0])


def _detect(
    tile: Image, detector: Any, x0: int, y0: int
) -> list[tuple[float, NDArray[np.float64]]]:
    height, width = tile.shape[:2]
    found = []
    for detection in detector.process(np.ascontiguousarray(tile)).detections or []:
        box = detection.location_data.relative_bounding_box
        low = np.array([box.xmin, box.ymin]) * (width, height) + (x0, y0)
        high = low + np.array([box.width, box.height]) * (width, height)
        scaled = np.concatenate([low, high]).astype(np.float64)
        found.append((float(detection.score[0]), scaled))
    return found


def _tiles(image: Image) -> Iterator[tuple[int, int, Image]]:
    """x, y and pixels of tiles a third of the long side wide, each half over the next."""
    height, width = image.shape[:2]
    side = max(height, width) // 3
    if side < 160:
        return
    for y in range(0, max(1, height - side // 2), side // 2):
        for x in range(0, max(1, width - side // 2), side // 2):
            yield x, y, image[y : y + side, x : x + side]


def _landmarks(
    image: Image, box: NDArray[np.float64], face_mesh: Any
) -> NDArray[np.float32] | None:
    """The mesh of the face in `box`, looked at closely, or None."""
    centre = (box[:2] + box[2:]) / 2
    side = float(max(box[2:] - box[:2])) * 1.9
    scale = MESH_SIDE_PX / max(side, 1.0)
    to_crop = floats(
        [
            [scale, 0, MESH_SIDE_PX / 2 - scale * centre[0]],
            [0, scale, MESH_SIDE_PX / 2 - scale * centre[1]],
        ]
    )
    source = image
    if scale < 0.5:  # warpAffine does not average: shrink first
        step = 1 / (2 * scale)
        size = max(1, round(image.shape[1] / step)), max(1, round(image.shape[0] / step))
        source = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        to_crop[:, :2] *= step
    crop = cv2.warpAffine(
        source,
        to_crop,
        (MESH_SIDE_PX, MESH_SIDE_PX),
        flags=cv2.INTER_LINEAR if scale < 1 else cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    faces = face_mesh.process(crop).multi_face_landmarks
    if not faces:
        return None
    points = np.array([[p.x, p.y, p.z] for p in faces[0].landmark], np.float64)
    points *= MESH_SIDE_PX / scale
    points[:, :2] += centre - MESH_SIDE_PX / 2 / scale
    return points.astype(np.float32)


def _same(one: Found, other: Found) -> bool:
    ax, ay, aw, ah = one.box
    bx, by, bw, bh = other.box
    wide = min(ax + aw, bx + bw) - max(ax, bx)
    high = min(ay + ah, by + bh) - max(ay, by)
    shared = max(0.0, wide) * max(0.0, high)
    return shared > SAME_FACE * (aw * ah + bw * bh - shared)
