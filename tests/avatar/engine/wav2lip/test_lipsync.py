"""The whole of it: the network with made-up weights on a portrait."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from avatar.engine.errors import InputError, ModelUnavailable
from avatar.engine.media.frames import read_frames
from avatar.engine.media.sound import write_wav
from avatar.engine.wav2lip import Wav2LipOptions, find_checkpoint, lipsync
from avatar.engine.wav2lip.synthesis import load_mouths

CPU = Wav2LipOptions(device="cpu")


@pytest.fixture
def photo(hopper, tmp_path):
    path = tmp_path / "photo.png"
    Image.open(hopper).convert("RGB").resize((256, 300)).save(path)
    return path


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "sound.wav"
    t = np.arange(8_000) / 22_050
    write_wav(path, (0.4 * np.sin(2 * np.pi * 300 * t) * np.sin(20 * t)).astype("f"), 22_050)
    return path


def test_a_photo_and_a_sound_become_a_film(photo, sound, checkpoint, tmp_path):
    made = lipsync(photo, sound, tmp_path / "out.mp4", checkpoint=checkpoint, options=CPU)
    assert made.n_frames == 10  # 0.363 s, rounded up to a frame
    still = np.array(Image.open(photo)).astype(float)
    frames = np.stack(list(read_frames(tmp_path / "out.mp4", made.fps))).astype(float)
    assert len(frames) == 10
    change = np.abs(frames - still).max(axis=3).mean(axis=0)
    assert change[:120].mean() < 7  # what encoding leaves
    rows = np.flatnonzero(change.mean(axis=1) > 15)  # made-up weights draw no lips
    assert 118 < rows[0] < rows[-1] < 180


def test_the_network_is_given_bgr_with_the_lower_half_masked(checkpoint, golden):
    """The crop's colours and halves, as the golden output's input has them."""
    mouths = load_mouths(checkpoint, "cpu")
    seen = []
    mouths.network.studied = lambda face: seen.append(face) or []
    crop = np.random.default_rng(0).integers(0, 256, (1, 96, 96, 3), dtype=np.uint8)
    mouths.study(crop)
    face = seen[0].numpy()
    assert face.shape == (1, 6, 96, 96)
    for channel, colour in enumerate((2, 1, 0)):
        plane = crop[0, :, :, colour] / np.float32(255)
        np.testing.assert_array_equal(face[0, 3 + channel], plane)
        np.testing.assert_array_equal(face[0, channel, :48], plane[:48])
        assert not face[0, channel, 48:].any()


def test_what_is_drawn_comes_back_as_rgb(checkpoint):
    mouths = load_mouths(checkpoint, "cpu")
    rng = np.random.default_rng(0)
    crop = rng.integers(0, 256, (2, 96, 96, 3), dtype=np.uint8)
    mel = rng.uniform(-4, 4, (2, 80, 16)).astype(np.float32)
    studied = mouths.study(crop)
    drawn = mouths.draw(mel, studied)
    with torch.inference_mode():
        bgr = mouths.network.spoken(torch.from_numpy(mel)[:, None], studied).numpy()
    assert drawn.shape == (2, 96, 96, 3)
    assert drawn.min() >= 0
    assert drawn.max() <= 255
    np.testing.assert_allclose(drawn[..., 0], 255 * bgr[:, 2], atol=1e-3)


@pytest.mark.cuda
def test_a_gpu_draws_what_the_cpu_draws(checkpoint):
    if not torch.cuda.is_available():
        pytest.skip("needs an NVIDIA GPU")
    rng = np.random.default_rng(0)
    crop = rng.integers(0, 256, (2, 96, 96, 3), dtype=np.uint8)
    mel = rng.uniform(-4, 4, (2, 80, 16)).astype(np.float32)
    cpu, cuda = (load_mouths(checkpoint, device) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(
        cuda.draw(mel, cuda.study(crop)), cpu.draw(mel, cpu.study(crop)), atol=2
    )


def test_importing_the_package_loads_no_models():
    heavy = "{'torch', 'mediapipe', 'cv2', 'scipy'}"
    code = f"import sys, avatar.engine.wav2lip; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_weights_of_ones_own_it_says_how_to_name_them(monkeypatch, tmp_path):
    monkeypatch.delenv("WAV2LIP_CHECKPOINT", raising=False)
    with pytest.raises(ModelUnavailable, match="name the file in WAV2LIP_CHECKPOINT"):
        find_checkpoint()
    monkeypatch.setenv("WAV2LIP_CHECKPOINT", str(tmp_path / "gone.pth"))
    with pytest.raises(ModelUnavailable, match=r"gone\.pth, which WAV2LIP_CHECKPOINT names"):
        find_checkpoint()
    (tmp_path / "gone.pth").touch()
    assert find_checkpoint() == tmp_path / "gone.pth"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"strength": 1.5}, "strength goes from 0 to 1"),
        ({"sharpen": -1}, "sharpen goes from 0 to 1"),
        ({"face_index": -1}, "counted from 0"),
        ({"device": "tpu"}, "no device 'tpu'"),
        ({"batch": 0}, "From 1 to 256 frames"),
        ({"pads": (0, 10, 0)}, "four numbers of pixels"),
    ],
)
def test_a_wrong_option_is_refused_before_weights_are_read(tmp_path, options, sentence):
    with pytest.raises(InputError, match=sentence):
        lipsync(
            tmp_path / "a.jpg",
            tmp_path / "a.wav",
            tmp_path / "out.mp4",
            checkpoint=tmp_path / "none.pth",
            options=Wav2LipOptions(**options),
        )


def test_a_wrong_place_for_the_film_is_refused(tmp_path):
    nowhere = tmp_path / "none" / "out.mp4"
    with pytest.raises(InputError, match="There is no folder"):
        lipsync(tmp_path / "a.jpg", tmp_path / "a.wav", nowhere, checkpoint=tmp_path / "w.pth")
    with pytest.raises(InputError, match="is a folder"):
        lipsync(tmp_path / "a.jpg", tmp_path / "a.wav", tmp_path, checkpoint=tmp_path / "w.pth")
