import numpy as np
import torch

from avatar.engine.wav2lip.model import Wav2Lip
from tests.avatar.engine.wav2lip.weights import NAMES


def seeded(make, seed, *shape):
    return make(*shape, generator=torch.Generator().manual_seed(seed))


def network(weights):
    with torch.device("meta"):
        made = Wav2Lip()
    made.load_state_dict(weights, assign=True)
    return made.eval()


def test_every_tensor_has_the_name_and_shape_that_checkpoints_give_it():
    with torch.device("meta"):
        own = {name: tuple(value.shape) for name, value in Wav2Lip().state_dict().items()}
    assert own == NAMES
    assert list(own) == list(NAMES)
    assert len(own) == 352


def test_the_same_weights_draw_what_the_public_model_draws(weights, golden):
    mel = seeded(torch.randn, 1, 2, 1, 80, 16).clamp(-4, 4)
    face = seeded(torch.rand, 2, 2, 6, 96, 96)
    with torch.inference_mode():
        drawn = network(weights)(mel, face)
    assert drawn.shape == (2, 3, 96, 96)
    assert np.abs(drawn.numpy() - golden["output"]).max() < 1e-4


def test_one_face_saying_several_sounds_is_that_face_for_each(weights):
    made = network(weights)
    mel = seeded(torch.randn, 3, 2, 1, 80, 16)
    face = seeded(torch.rand, 4, 1, 6, 96, 96)
    with torch.inference_mode():
        together = made.spoken(mel, made.studied(face))
        apart = made(mel, face.repeat(2, 1, 1, 1))
    torch.testing.assert_close(together, apart)
    assert (together[0] - together[1]).abs().max() > 1e-3  # it does hear
