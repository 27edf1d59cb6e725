import subprocess
import sys

import pytest

from avatar.engine.errors import ModelUnavailable
from avatar.engine.face import models


def test_finding_a_face_does_not_load_what_draws_or_plots():
    """In a process of its own: matplotlib may be here already."""
    code = (
        "import sys; from avatar.engine.face.models import solution;"
        "solution('face_mesh').FaceMesh(static_image_mode=True).close();"
        "sys.exit('matplotlib' in sys.modules or 'mediapipe.tasks' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_first_face_is_found_where_the_second_is(hopper):
    """In a process of its own: the graph's options may be known here already."""
    code = (
        "import sys; import numpy as np; from PIL import Image;"
        "from avatar.engine.face.detect import find_faces;"
        f"photo = np.array(Image.open({str(hopper)!r}).convert('RGB'));"
        "first, second = (find_faces(photo)[0].landmarks for _ in range(2));"
        "sys.exit(int(np.abs(first - second).max() > 0.01))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_missing_package_is_said(monkeypatch):
    monkeypatch.setattr(models, "PASSED_OVER", ("mediapipe", "mediapipe.python.gone"))
    with pytest.raises(ModelUnavailable, match="mediapipe"):
        models.solution("face_mesh")
