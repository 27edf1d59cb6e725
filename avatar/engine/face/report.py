"""What a photo is worth as a portrait, in sentences for the creator."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

from dataclasses import asdict, dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.engine.face import mesh
from avatar.engine.face.covered import eyes_covered, mouth_covered
from avatar.engine.face.detect import Found, find_faces
from avatar.engine.face.geometry import polygon
from avatar.engine.types import Image

REFUSED_BELOW_PX, WARNED_BELOW_PX, ADVISED_PX = 96, 256, 512
REFUSED_ABOVE_YAW, WARNED_ABOVE_YAW = 35.0, 22.0
REFUSED_ABOVE_PITCH = 35.0
REFUSED_ABOVE_ROLL, WARNED_ABOVE_ROLL = 45.0, 25.0
BLURRED_BELOW, SOFT_BELOW = 0.10, 0.18  # sharpness, see _sharpness
UNEVEN_BELOW = 0.55  # darker half of the face over the lighter one
BLACK_BELOW, DARK_BELOW, BRIGHT_ABOVE = 14, 45, 235  # median luma of the face
EYES_SHUT = 0.13  # opening over length of an eye
CUT_OFF = 0.04  # of the face's height that may lie outside the photo without a word
OPEN_ABOVE = 0.045  # gap between the lips over the distance of the outer eye corners


@dataclass(frozen=True)
class PhotoReport:
    """One photo, judged.

    faces: boxes left to right in pixels of the photo, each x, y, width, height and width_px, which
      is from cheek to cheek.
    face_index: the face the other figures are about, or None.
    Angles in degrees as in `avatar.engine.lips.curves`; sharpness and evenness in [0, 1], 1 best.
    problems: why it cannot be used; warnings: what will look worse than it could.
    """

    width: int
    height: int
    faces: list[dict[str, float]]
    face_index: int | None = None
    width_px: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    sharpness: float = 0.0
    evenness: float = 0.0
    mouth_open: bool = False
    teeth_shown: bool = False
    mouth_covered: bool = False
    eyes_covered: bool = False
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def usable(self) -> bool:
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "usable": self.usable}


def inspect(image: Image, face_index: int | None = None) -> PhotoReport:
    """Judge an RGB photo. face_index picks one of several faces, counted from the left."""
    return judge(image, find_faces(image), face_index)


def judge(image: Image, found: list[Found], face_index: int | None) -> PhotoReport:
    """The report on a photo whose faces are already known."""
    height, width = image.shape[:2]
    boxes = [_box(face) for face in found]
    problem = which_face(image, found, face_index)
    if problem:
        return PhotoReport(width, height, boxes, problems=[problem])
    index = face_index or 0
    face = found[index]
    yaw, pitch, roll = head_angles(face.landmarks)
    crop = _face_crop(image, face)
    luma = float(np.median(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)))
    sharpness = _sharpness(crop)
    seen = BLACK_BELOW <= luma <= BRIGHT_ABOVE and sharpness >= BLURRED_BELOW
    figures: dict[str, Any] = {
        "width_px": round(face.width_px, 1),
        "yaw": round(yaw, 1),
        "pitch": round(pitch, 1),
        "roll": round(roll, 1),
        "sharpness": round(sharpness, 3),
        "evenness": round(_evenness(image, face.landmarks), 3),
        "mouth_open": lip_gap(face.landmarks) > OPEN_ABOVE,
        "teeth_shown": teeth_share(image, face.landmarks) > 0.15,
        "mouth_covered": seen and mouth_covered(image, face),
        "eyes_covered": seen and eyes_covered(image, face.landmarks),
    }
    return PhotoReport(
        width,
        height,
        boxes,
        face_index=index,
        problems=_problems(figures, luma, face, width, height),
        warnings=_warnings(figures, luma, face, width, height),
        **figures,
    )


def head_angles(landmarks: NDArray[np.float32]) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees: to the right of the picture, chin down, clockwise."""
    points = landmarks.astype(np.float64)
    right, left = points[mesh.RIGHT_CHEEK_EDGE], points[mesh.LEFT_CHEEK_EDGE]
    across = left - right
    eyes = points[mesh.OUTER_EYE_CORNERS[1]] - points[mesh.OUTER_EYE_CORNERS[0]]
    down = points[mesh.CHIN] - points[mesh.FOREHEAD]
    yaw = np.degrees(np.arctan2(across[2], np.hypot(across[0], across[1])))
    pitch = np.degrees(np.arctan2(down[2], np.hypot(down[0], down[1])))
    roll = np.degrees(np.arctan2(eyes[1], eyes[0]))
    return float(yaw), float(pitch), float(roll)


def lip_gap(landmarks: NDArray[np.float32]) -> float:
    """Distance of the inner lips over the distance of the outer eye corners."""
    eyes = landmarks[list(mesh.OUTER_EYE_CORNERS)]
    return float(np.linalg.norm(landmarks[13] - landmarks[14]) / np.linalg.norm(eyes[0] - eyes[1]))


def teeth_share(image: Image, landmarks: NDArray[np.float32]) -> float:
    """How much of what is between the lips is teeth, in [0, 1]; 0 for a closed mouth."""
    if lip_gap(landmarks) < OPEN_ABOVE:
        return 0.0
    inside = polygon(image, landmarks, (*mesh.INNER_UPPER, *mesh.INNER_LOWER[::-1]))
    skin = polygon(image, landmarks, mesh.RIGHT_CHEEK) | polygon(image, landmarks, mesh.LEFT_CHEEK)
    if inside.sum() < 12 or not skin.any():
        return 0.0
    x0, y0, x1, y1 = _around(inside | skin, image)
    hsv = cv2.cvtColor(image[y0:y1, x0:x1], cv2.COLOR_RGB2HSV)
    inner = hsv[inside[y0:y1, x0:x1]].astype(np.float32)
    value = float(np.median(hsv[skin[y0:y1, x0:x1]][:, 2]))
    saturation = float(np.median(hsv[skin[y0:y1, x0:x1]][:, 1]))
    white = (inner[:, 2] > 0.75 * value) & (inner[:, 1] < 0.75 * saturation + 10)
    return float(white.mean())


def which_face(image: Image, found: list[Found], face_index: int | None) -> str:
    """Why there is no one face to talk about, or nothing."""
    if not found:
        return _no_face(image)
    if face_index is None and len(found) > 1:
        listed = ", ".join(f"{k} is {face.width_px:.0f} px wide" for k, face in enumerate(found))
        return (
            f"There are {len(found)} faces in this photo; choose whose it is. "
            f"Face index from the left: {listed}."
        )
    if face_index is not None and not 0 <= face_index < len(found):
        return (
            f"This photo has {len(found)} faces; there is none with index {face_index}, "
            f"counted from 0 at the left."
        )
    return ""


def _no_face(image: Image) -> str:
    """A photo that lies on its side or its head shows none either."""
    for quarters, lies in (
        (2, "is upside down"),
        (1, "lies on its side"),
        (3, "lies on its side"),
    ):
        if find_faces(np.ascontiguousarray(np.rot90(image, quarters))):
            return f"The photo {lies}; turn it upright."
    return (
        "No face was found in this photo; use one in which somebody looks at the camera, "
        "with eyes and mouth in sight."
    )


def _box(face: Found) -> dict[str, float]:
    x, y, width, height = (round(side, 1) for side in face.box)
    return {"x": x, "y": y, "width": width, "height": height, "width_px": round(face.width_px, 1)}


def _problems(
    figures: dict[str, Any], luma: float, face: Found, width: int, height: int
) -> list[str]:
    problems = []
    if face.width_px < REFUSED_BELOW_PX:
        problems.append(
            f"The face is {face.width_px:.0f} px wide; {WARNED_BELOW_PX} or more is needed."
        )
    if abs(figures["yaw"]) > REFUSED_ABOVE_YAW:
        problems.append(
            f"The face is turned {abs(figures['yaw']):.0f} degrees to the side; "
            f"look at the camera, {REFUSED_ABOVE_YAW:.0f} degrees is the most."
        )
    if abs(figures["roll"]) > REFUSED_ABOVE_ROLL:
        problems.append(
            f"The head is tilted by {abs(figures['roll']):.0f} degrees; turn the photo upright."
        )
    if abs(figures["pitch"]) > REFUSED_ABOVE_PITCH:
        problems.append("The face looks far up or down; look straight at the camera.")
    features = face.landmarks[[*mesh.LIPS, mesh.CHIN, *mesh.OUTER_EYE_CORNERS], :2]
    if (features < 0).any() or (features >= (width, height)).any():
        problems.append("Part of the face is outside the photo; use one that shows all of it.")
    if luma < BLACK_BELOW:
        problems.append("The face is too dark to make out; take the photo in more light.")
    covered, sharpness = figures["mouth_covered"], figures["sharpness"]
    if sharpness < BLURRED_BELOW or (covered and sharpness < SOFT_BELOW):
        problems.append("The face is too blurred to make out; use a sharp photo.")
    elif covered:
        problems.append("The mouth is covered; use a photo in which it can be seen.")
    return problems


def _warnings(
    figures: dict[str, Any], luma: float, face: Found, width: int, height: int
) -> list[str]:
    warnings = []
    if REFUSED_BELOW_PX <= figures["width_px"] < WARNED_BELOW_PX:
        warnings.append(
            f"The face is {figures['width_px']:.0f} px wide and will look soft; "
            f"{ADVISED_PX} or more is best."
        )
    if WARNED_ABOVE_YAW < abs(figures["yaw"]) <= REFUSED_ABOVE_YAW:
        warnings.append("The face is turned to the side; a frontal photo moves better.")
    if WARNED_ABOVE_ROLL < abs(figures["roll"]) <= REFUSED_ABOVE_ROLL:
        warnings.append("The head is tilted a lot; an upright photo moves better.")
    if BLURRED_BELOW <= figures["sharpness"] < SOFT_BELOW:
        warnings.append("The face is not sharp; a crisper photo will look better.")
    if figures["evenness"] < UNEVEN_BELOW:
        warnings.append("One side of the face is much darker; softer light moves better.")
    if BLACK_BELOW <= luma < DARK_BELOW:
        warnings.append("The face is dark; more light helps.")
    if luma > BRIGHT_ABOVE:
        warnings.append("The face is overexposed; less light helps.")
    if figures["eyes_covered"]:
        warnings.append("The eyes cannot be seen; without dark glasses they blink and look about.")
    elif eyes_opening(face.landmarks) < EYES_SHUT:
        warnings.append("The eyes are shut; a photo with open eyes looks alive.")
    oval = face.landmarks[list(mesh.OVAL), :2]
    out = max(float(-oval.min()), *(oval.max(0) - (width, height)).tolist())
    if out > CUT_OFF * np.ptp(oval[:, 1]):
        warnings.append("The photo's edge cuts the head off; a photo with room around it is best.")
    if figures["mouth_open"]:
        warnings.append("The mouth is open; a photo with closed lips moves better.")
    return warnings


def _face_crop(image: Image, face: Found) -> Image:
    """The face alone, 256 px wide."""
    height, width = image.shape[:2]
    x, y, w, h = face.box
    x0, y0 = max(0, int(x)), max(0, int(y))
    x1, y1 = min(width, int(x + w) + 1), min(height, int(y + h) + 1)
    crop = image[y0:y1, x0:x1] if x1 > x0 and y1 > y0 else image
    scale = 256 / crop.shape[1]
    size = 256, max(1, round(crop.shape[0] * scale))
    return cv2.resize(crop, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def _sharpness(crop: Image) -> float:
    """Fine detail of a 256 px wide face against its contrast, about 0.1 blurred, 1 crisp."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    detail = cv2.Laplacian(grey, cv2.CV_32F)
    return float(min(1.0, np.std(detail) / (np.std(grey) + 4) / 0.35))


def _evenness(image: Image, landmarks: NDArray[np.float32]) -> float:
    """Luma of the darker cheek over that of the lighter."""
    cheeks = []
    for points in (mesh.RIGHT_CHEEK, mesh.LEFT_CHEEK):
        inside = polygon(image, landmarks, points)
        if not inside.any():
            return 1.0
        cheeks.append(float(image[inside].astype(np.float32).mean()) + 1)
    return min(cheeks) / max(cheeks)


def eyes_opening(landmarks: NDArray[np.float32]) -> float:
    """Height of the wider open eye over its length."""
    openings = []
    for upper, lower in mesh.EYES:
        length = np.linalg.norm(landmarks[upper[0]] - landmarks[upper[-1]])
        heights = np.linalg.norm(
            landmarks[list(upper[2:-2])] - landmarks[list(lower[2:-2])], axis=1
        )
        openings.append(float(heights.mean() / max(float(length), 1e-6)))
    return max(openings)


def _around(inside: NDArray[np.bool_], image: Image) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
