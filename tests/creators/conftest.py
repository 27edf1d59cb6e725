import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.factories import CreatorFactory

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(500)


@pytest.fixture
def creator(db):
    return CreatorFactory(name="Alice Example")


@pytest.fixture
def signed_in(client, creator):
    client.force_login(creator.owner)
    return client


def photo(name="me.jpg", kind="JPEG", size=(200, 240)) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", size, (180, 120, 90)).save(out, kind)
    return SimpleUploadedFile(name, out.getvalue(), "application/pdf")  # types are never believed


def recording(content=WAV, name="../../voice.exe") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/png")


def face(x=20.0, width=60.0) -> dict:
    return {"x": x, "y": 30.0, "width": width, "height": 70.0, "width_px": width}


def photo_report(n_faces=1, *, usable=True, face_index=0, **changes) -> dict:
    """What a worker writes about a photo, see avatar.engine.face.report.PhotoReport."""
    return {
        "width": 200,
        "height": 240,
        "faces": [face(20.0 + 70 * n) for n in range(n_faces)],
        "face_index": face_index,
        "width_px": 187.0,
        "yaw": -8.0,
        "pitch": 2.0,
        "roll": 0.0,
        "sharpness": 0.51,
        "evenness": 0.86,
        "mouth_open": False,
        "teeth_shown": False,
        "mouth_covered": False,
        "problems": [] if usable else ["No face was found in this photo."],
        "warnings": [],
        "usable": usable,
        **changes,
    }


def voice_report(*, usable=True, **changes) -> dict:
    """What a worker writes about a recording, see avatar.engine.media.sound.SoundReport."""
    return {
        "duration_ms": 18_400,
        "clipping_share": 0.0,
        "noise_floor_dbfs": -62.0,
        "silence_share": 0.12,
        "level_lufs": -19.0,
        "problems": [] if usable else ["The sample is 4.0 seconds long; 15 or more are needed."],
        "warnings": [],
        "usable": usable,
        **changes,
    }
