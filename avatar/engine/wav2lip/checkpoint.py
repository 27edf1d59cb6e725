"""Reading the weights that a creator already has: wav2lip.pth, wav2lip_gan.pth. Loads torch.

They come in three kinds of file: a pickle as torch 1.1 wrote it, the zip archive of later
versions, and a TorchScript archive, what the authors hand out since 2024. None is let run code.
"""

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from avatar.engine.errors import ModelUnavailable
from avatar.engine.wav2lip.archive import file_names, is_torchscript, tensors_of_torchscript
from avatar.engine.wav2lip.model import Wav2Lip
from studio.lib.sniff import HEAD_BYTES, HTML, ZIP, sniff

PREFIX = "module."  # left by training on several GPUs
POINTER = b"version https://git-lfs"
PICKLE = b"\x80\x02"  # protocol 2, what torch.save writes


def load_network(path: Path) -> Wav2Lip:
    """The network with the weights of a file, ready to draw, on the CPU.

    Raises ModelUnavailable with one sentence when there is no such file or it is anything else.
    """
    given = {name.removeprefix(PREFIX): value for name, value in _weights(path).items()}
    with torch.device("meta"):  # no numbers of its own before those of the file
        network = Wav2Lip()
    _check(given, network.state_dict(), path)
    weights = {name: _counted(value) for name, value in given.items()}
    for name, value in weights.items():
        if not torch.isfinite(value).all():
            raise _no_checkpoint(path, f"is damaged: {name} holds what is no number")
    network.load_state_dict(weights, assign=True)
    return network.eval().requires_grad_(False)


def _no_checkpoint(path: Path, why: str) -> ModelUnavailable:
    return ModelUnavailable(f"This is no Wav2Lip checkpoint: {path.name} {why}.")


def _weights(path: Path) -> dict[str, Tensor]:
    """Tensors by name, as they stand in the file."""
    _check_file(path)
    try:
        if is_torchscript(path):
            return tensors_of_torchscript(path)
        # mapped: what else is in the file, an optimiser as large again, is never read
        mapped = bool(file_names(path))
        data = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except MemoryError:
        raise
    except Exception as e:  # a damaged file is answered with nearly every exception there is
        raise _no_checkpoint(path, _what_is_wrong(path, e)) from e
    return _state_dict(data, path)


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise ModelUnavailable(f"There is no Wav2Lip checkpoint {path}.")
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as e:
        raise ModelUnavailable(f"{path} cannot be read: {e.strerror}.") from e
    if not head:
        raise _no_checkpoint(path, "is empty")
    if head.startswith(POINTER):
        raise _no_checkpoint(path, "only points to a file in Git LFS; fetch the file itself")
    kind = sniff(head)
    if kind is HTML:
        raise _no_checkpoint(path, "is a web page; download the file itself")
    if kind is not None and kind is not ZIP:
        raise _no_checkpoint(path, f"is {kind.words}")


def _what_is_wrong(path: Path, error: Exception) -> str:
    if isinstance(error, pickle.UnpicklingError) and "unsupported global" in str(error).lower():
        return "holds code beside its weights, which was not run"
    if (names := file_names(path)) and "data.pkl" not in names:
        return "is an archive without weights"
    with path.open("rb") as file:
        head = file.read(2)
    if head in (PICKLE, b"PK"):
        return "breaks off before its end or is damaged"
    return "holds no weights"


def _state_dict(data: object, path: Path) -> dict[str, Tensor]:
    """What is called state_dict in a checkpoint; the whole of one that holds nothing else."""
    found = data.get("state_dict", data) if isinstance(data, Mapping) else None
    if not isinstance(found, Mapping) or not found:
        raise _no_checkpoint(path, "holds no state_dict")
    weights = {str(name): value for name, value in found.items() if isinstance(value, Tensor)}
    if len(weights) < len(found):
        raise _no_checkpoint(path, "holds no state_dict")
    return weights


def _counted(value: Tensor) -> Tensor:
    """As the network counts, float32, in memory of its own: the file may go or change."""
    dtype = torch.float32 if value.is_floating_point() else value.dtype
    return torch.empty(value.shape, dtype=dtype).copy_(value)


def _check(given: Mapping[str, Tensor], wanted: Mapping[str, Tensor], path: Path) -> None:
    """Every tensor of the network, no other, and each of its shape."""
    if missing := [name for name in wanted if name not in given]:
        raise _no_checkpoint(path, f"lacks {_some(missing)}")
    if unknown := [name for name in given if name not in wanted]:
        raise _no_checkpoint(path, f"also holds {_some(unknown)}")
    for name, value in given.items():
        if value.shape != wanted[name].shape:
            shape, right = tuple(value.shape), tuple(wanted[name].shape)
            raise _no_checkpoint(path, f"has {name} of shape {shape} instead of {right}")


def _some(names: list[str]) -> str:
    more = len(names) - 1
    return names[0] + (f" and {more} more" if more else "")
