import dataclasses

import numpy as np
import pytest

from avatar.engine.errors import InputError
from avatar.engine.face import Face, analyse


def test_a_face_is_the_same_after_it_was_saved(face, tmp_path):
    face.save(tmp_path / "face.npz")
    again = Face.load(tmp_path / "face.npz")
    for entry in dataclasses.fields(Face):
        kept, read = getattr(face, entry.name), getattr(again, entry.name)
        assert type(kept) is type(read)
        np.testing.assert_array_equal(kept, read)
    assert [path.name for path in tmp_path.iterdir()] == ["face.npz"]


def test_the_face_of_the_portrait_is_known(face, photo):
    assert face.landmarks.shape == (478, 3)
    assert (face.photo_width, face.photo_height) == (512, 600)
    assert face.glasses
    assert face.teeth == 0
    assert face.skin[0] > face.skin[2]  # skin is more red than blue
    person = face.person > 127
    assert person.shape[0] / person.shape[1] == pytest.approx(600 / 512, rel=0.01)
    assert not person[:10, -10:].any()
    assert person[-40:, 200:260].all()


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04" + bytes(50)])
def test_what_is_not_a_face_file_is_said_in_a_sentence(tmp_path, content):
    path = tmp_path / "face.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"face\.npz is not a face file"):
        Face.load(path)


def test_a_face_with_missing_or_broken_points_is_not_loaded(face, tmp_path):
    path = tmp_path / "face.npz"
    for points in (face.landmarks[:468], np.full_like(face.landmarks, np.nan)):
        dataclasses.replace(face, landmarks=points).save(path)
        with pytest.raises(InputError, match="not a face file"):
            Face.load(path)


def test_a_file_with_pickled_objects_is_not_opened(tmp_path):
    path = tmp_path / "face.npz"
    with path.open("wb") as out:
        np.savez(out, version=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError):
        Face.load(path)


def test_an_unusable_photo_raises_its_first_problem():
    with pytest.raises(InputError, match="No face was found"):
        analyse(np.zeros((300, 200, 3), np.uint8))
