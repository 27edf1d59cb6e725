"""MediaPipe's models, without what its packages load beside them."""

# OpenCV, SciPy and MediaPipe carry no types:
# mypy: disable-error-code="no-any-return"

import importlib
import importlib.util
import sys
from typing import Any

from avatar.engine.errors import ModelUnavailable

# Their __init__ load matplotlib, to draw landmarks, and every other task: a second of work.
PASSED_OVER = ("mediapipe", "mediapipe.python.solutions")

DECLARES = "face_mesh"


def solution(name: str) -> Any:
    """A module of mediapipe.python.solutions: face_mesh, face_detection, …

    Raises ModelUnavailable when the package is missing or carries no models.
    """
    try:
        for package in PASSED_OVER:
            _known(package)
        # Its imports declare the options of the graphs' parts. A graph that is built before they
        # are known leaves them out without a word and finds faces a little beside themselves.
        importlib.import_module(f"mediapipe.python.solutions.{DECLARES}")
        return importlib.import_module(f"mediapipe.python.solutions.{name}")
    except (ImportError, AttributeError) as e:
        raise ModelUnavailable(
            "Faces cannot be found: the package mediapipe 0.10.21 is missing."
        ) from e


def _known(package: str) -> None:
    """Enter a package among those that are loaded, without running its __init__."""
    if package in sys.modules:
        return
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(package)
    sys.modules[package] = importlib.util.module_from_spec(spec)
