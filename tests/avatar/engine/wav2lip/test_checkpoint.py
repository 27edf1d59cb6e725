import pickle
import zipfile

import pytest
import torch
from torch import nn

from avatar.engine.errors import ModelUnavailable
from avatar.engine.wav2lip.archive import is_torchscript, tensors_of_torchscript
from avatar.engine.wav2lip.checkpoint import load_network


def test_a_checkpoint_with_prefixes_and_an_optimiser_is_read(checkpoint, weights):
    network = load_network(checkpoint)
    assert not network.training
    for name, value in network.state_dict().items():
        assert torch.equal(value, weights[name])
        assert not value.requires_grad


def test_half_precision_in_the_oldest_format_is_read(weights, tmp_path):
    path = tmp_path / "old.pth"
    halves = {n: v.half() if v.is_floating_point() else v for n, v in weights.items()}
    torch.save({"state_dict": halves}, path, _use_new_zipfile_serialization=False)
    loaded = load_network(path).state_dict()
    path.unlink()
    name = "face_decoder_blocks.3.1.conv_block.0.weight"
    assert loaded[name].dtype == torch.float32
    torch.testing.assert_close(loaded[name], weights[name], atol=1e-3, rtol=1e-3)


def compiled(module, way):
    if way == "script":
        return torch.jit.script(module)
    return torch.jit.trace(module, torch.ones(1, 2, 4, 4))


@pytest.mark.parametrize("way", ["trace", "script"])
def test_a_torchscript_archive_gives_its_tensors_without_its_program(tmp_path, way):
    """What the authors hand out since 2024 is one."""
    module = nn.Sequential(nn.Conv2d(2, 3, 1), nn.Sequential(nn.BatchNorm2d(3))).eval()
    path = tmp_path / "compiled.pth"
    with pytest.warns(DeprecationWarning, match="deprecated"):
        torch.jit.save(compiled(module, way), path)
    assert is_torchscript(path)
    read, wanted = tensors_of_torchscript(path), module.state_dict()
    assert read.keys() == wanted.keys()
    assert all(torch.equal(read[name], value) for name, value in wanted.items())
    with pytest.raises(ModelUnavailable, match=r"compiled\.pth lacks face_encoder.* 351 more"):
        load_network(path)


class Dangerous:
    """Makes a file when it is unpickled."""

    def __init__(self, made):
        self.made = made

    def __reduce__(self):
        return open, (str(self.made), "w")


@pytest.mark.parametrize("kind", ["pickle", "old", "new", "torchscript"])
def test_a_file_with_code_is_not_run(tmp_path, kind):
    path, made = tmp_path / "evil.pth", tmp_path / "made"
    evil = {"state_dict": Dangerous(made)}
    if kind == "pickle":
        path.write_bytes(pickle.dumps(evil, 2))
    elif kind == "torchscript":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a/data.pkl", pickle.dumps(evil, 2))
            archive.writestr("a/constants.pkl", b"")
    else:
        torch.save(evil, path, _use_new_zipfile_serialization=kind == "new")
    with pytest.raises(ModelUnavailable, match="code beside its weights, which was not run"):
        load_network(path)
    assert not made.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "is a web page; download"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "only points to a file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "is a PNG picture"),
        (b"\x00\x01\x02\x03" * 30, "holds no weights"),
        (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9", "breaks off before its end"),
        (b"PK\x03\x04" + bytes(60), "breaks off before its end"),
    ],
)
def test_what_is_no_checkpoint_is_said_in_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "given.pth"
    path.write_bytes(content)
    with pytest.raises(ModelUnavailable, match=r"no Wav2Lip checkpoint: given\.pth") as refused:
        load_network(path)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("cut", [0.3, 0.9, 0.999])
@pytest.mark.parametrize("new", [True, False])
def test_a_download_that_broke_off_is_said_to_be_one(tmp_path, cut, new):
    path = tmp_path / "cut.pth"
    torch.save({"state_dict": {"a": torch.ones(4000)}}, path, _use_new_zipfile_serialization=new)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(cut * len(whole))])
    with pytest.raises(ModelUnavailable, match="breaks off before its end or is damaged"):
        load_network(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelUnavailable, match=r"There is no Wav2Lip checkpoint .*none\.pth"):
        load_network(tmp_path / "none.pth")


def test_another_model_is_told_by_its_names_and_shapes(weights, tmp_path):
    path = tmp_path / "other.pth"

    def refusal(**changed):
        given = {"output_block.1.bias": torch.zeros(3), **changed}
        torch.save({"state_dict": given}, path)
        with pytest.raises(ModelUnavailable) as refused:
            load_network(path)
        return str(refused.value)

    assert "lacks face_encoder_blocks.0.0.conv_block.0.weight and 350 more." in refusal()
    thin = {name: torch.zeros(()).expand(value.shape) for name, value in weights.items()}
    assert "also holds extra." in refusal(**thin, extra=torch.ones(2))
    first = "audio_encoder.0.conv_block.0.weight"
    other = {**thin, first: torch.zeros(32, 2, 3, 3)}
    assert f"has {first} of shape (32, 2, 3, 3) instead of (32, 1, 3, 3)" in refusal(**other)
    broken = {**thin, first: torch.full((32, 1, 3, 3), torch.nan)}
    assert f"is damaged: {first}" in refusal(**broken)


@pytest.mark.parametrize("data", [[1, 2], {"a": 1}, {"state_dict": {}}, {"state_dict": {"a": 1}}])
def test_a_file_of_other_things_is_refused(tmp_path, data):
    path = tmp_path / "other.pth"
    torch.save(data, path)
    with pytest.raises(ModelUnavailable, match="holds no state_dict"):
        load_network(path)
