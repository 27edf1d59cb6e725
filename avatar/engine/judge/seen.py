"""Looking at a video frame by frame with MediaPipe's face mesh: what moved, and how far."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import InputError
from avatar.engine.face.models import solution
from avatar.engine.face.openings import lid_openings, lip_opening
from avatar.engine.media.frames import frame_rate, read_frames
from avatar.engine.types import Image

Floats = NDArray[np.float64]

LONGEST_SIDE_PX = 960  # what the mesh sees; its own input is a face of 192 px
CONFIDENCE = 0.3
CROP = 2.0  # times the face, where it was last seen, when the whole frame shows none
LEAST_SEEN = 0.5  # share of the frames that must show a face
HEAD_WIDE, HEAD_HIGH = 0.6, 0.6  # of the mesh: how far hair and ears reach beyond it


@dataclass(frozen=True)
class Look:
    """One frame. landmarks: (478, 2) pixels, or None where no face was found."""

    frame: Image
    landmarks: NDArray[np.float32] | None


@dataclass(frozen=True)
class Seen:
    """What a face did. Arrays hold one number a frame; missing frames are between their
    neighbours.

    opening: distance of the inner lips over the distance of the outer eye corners, 0 shut.
    lids: (2, n) height of the left and right eye over its width.
    missing: frames in which no face was found. flicker: (n - 1,) how much of 255 the luma beside
      and above the head changed since the frame before; nan where the head fills the frame.
    """

    fps: Fraction
    width: int
    height: int
    opening: Floats
    lids: Floats
    missing: int
    flicker: Floats

    @property
    def n_frames(self) -> int:
        return len(self.opening)

    @property
    def at_s(self) -> Floats:
        """The middle of each frame's time, where curves are sampled, too."""
        return (np.arange(self.n_frames) + 0.5) / float(self.fps)


def watch(path: Path, *also: "Watcher") -> Seen:
    """Look at a whole video, however long. `also` see each frame, too.

    Raises InputError when it is no video, or shows no face in half of its frames.
    """
    fps = frame_rate(path)
    openings: list[float] = []
    lids: list[tuple[float, float]] = []
    flicker: list[float] = []
    luma = None
    width = height = 0
    for look in looks(read_frames(path, fps)):
        height, width = look.frame.shape[:2]
        before, luma = luma, cv2.cvtColor(look.frame, cv2.COLOR_RGB2GRAY)
        if look.landmarks is None:
            openings.append(np.nan)
            lids.append((np.nan, np.nan))
        else:
            openings.append(lip_opening(look.landmarks))
            lids.append(lid_openings(look.landmarks))
        if before is not None:
            flicker.append(_change(before, luma, look.landmarks))
        for watcher in also:
            watcher.see(look)
    if len(openings) < 2:
        raise InputError(f"{path.name} is a picture, not a video.")
    missing = int(np.isnan(openings).sum())
    if missing > (1 - LEAST_SEEN) * len(openings):
        raise InputError(
            f"{path.name} shows no face in {missing} of its {len(openings)} frames: there are no"
            " lips to judge."
        )
    return Seen(
        fps=fps,
        width=width,
        height=height,
        opening=_without_gaps(np.array(openings)),
        lids=np.stack([_without_gaps(lid) for lid in np.array(lids).T]),
        missing=missing,
        flicker=np.array(flicker),
    )


class Watcher(Protocol):
    """Something else to find out in the same pass."""

    def see(self, look: Look) -> None: ...


def looks(frames: Iterable[Image]) -> Iterator[Look]:
    """Each frame by itself: a mesh that follows the face smooths over time what lips really do."""
    box = None
    with solution("face_mesh").FaceMesh(
        static_image_mode=True,
        max_num_faces=1,
        refine_landmarks=True,
        min_detection_confidence=CONFIDENCE,
    ) as face_mesh:
        for frame in frames:
            landmarks = _mesh(frame, face_mesh)
            if landmarks is None and box is not None:
                x0, y0, x1, y1 = box
                landmarks = _mesh(np.ascontiguousarray(frame[y0:y1, x0:x1]), face_mesh)
                if landmarks is not None:
                    landmarks += np.array([x0, y0], np.float32)
            if landmarks is not None:
                box = _around(landmarks, frame)
            yield Look(frame, landmarks)


def _mesh(frame: Image, face_mesh: Any) -> NDArray[np.float32] | None:
    height, width = frame.shape[:2]
    scale = min(1.0, LONGEST_SIDE_PX / max(height, width))
    small = frame
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    faces = face_mesh.process(small).multi_face_landmarks
    if not faces:
        return None
    return np.array([[p.x * width, p.y * height] for p in faces[0].landmark], np.float32)


def _around(landmarks: NDArray[np.float32], frame: Image) -> tuple[int, int, int, int]:
    low, high = landmarks.min(0), landmarks.max(0)
    middle, half = (low + high) / 2, CROP / 2 * float((high - low).max())
    x0, y0 = np.maximum(0, middle - half).astype(int).tolist()
    x1, y1 = np.minimum(frame.shape[1::-1], middle + half + 1).astype(int).tolist()
    return x0, y0, x1, y1


def _change(
    before: NDArray[np.uint8], now: NDArray[np.uint8], landmarks: NDArray[np.float32] | None
) -> float:
    """Mean change of luma from one frame to the next, above the shoulders and beside the head."""
    if landmarks is None:
        return float("nan")
    low, high = landmarks.min(0), landmarks.max(0)
    wide, high_px = high - low
    x0, x1 = low[0] - HEAD_WIDE * wide, high[0] + HEAD_WIDE * wide
    top, bottom = max(0, int(low[1] - HEAD_HIGH * high_px)), max(0, int(high[1]))
    left, right = max(0, int(x0)), max(0, int(x1))
    total = pixels = 0.0
    for rows, columns in (
        (slice(0, top), slice(None)),
        (slice(top, bottom), slice(0, left)),
        (slice(top, bottom), slice(right, None)),
    ):
        part = cv2.absdiff(before[rows, columns], now[rows, columns])
        if part is not None and part.size:
            total, pixels = total + float(part.sum()), pixels + part.size
    return total / pixels if pixels else float("nan")


def _without_gaps(values: Floats) -> Floats:
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return values
    return np.interp(np.arange(len(values)), known, values[known])
