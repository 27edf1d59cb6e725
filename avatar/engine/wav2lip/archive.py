"""The tensors of a TorchScript archive, read without the program that it also holds.

torch.jit.load would take that program in. Here only the tree of modules in data.pkl is looked at:
each becomes a plain table of its attributes, and every other name in the pickle is refused.
"""

import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from torch import Tensor

DTYPES = {
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "DoubleStorage": torch.float64,
    "LongStorage": torch.int64,
}
MODULES = "__torch__"  # what TorchScript calls the package of all that it compiled
LISTS = "torch.jit._pickle"  # build_intlist and its like, for attributes that are lists


def file_names(path: Path) -> set[str]:
    """What the files in a zip archive are called, without their folders; none where it is none."""
    if not zipfile.is_zipfile(path):
        return set()
    with zipfile.ZipFile(path) as archive:
        return {PurePosixPath(name).name for name in archive.namelist()}


def is_torchscript(path: Path) -> bool:
    """Whether the constants of a program lie beside the weights."""
    return "constants.pkl" in file_names(path)


def tensors_of_torchscript(path: Path) -> dict[str, Tensor]:
    """Parameters and buffers by their dotted names.

    Raises UnpicklingError where the archive names anything but modules and tensors, BadZipFile,
    KeyError, ValueError or another exception of pickle where it is damaged.
    """
    with zipfile.ZipFile(path) as archive:
        name = next(n for n in archive.namelist() if PurePosixPath(n).name == "data.pkl")
        with archive.open(name) as file:
            tree = _Tree(file, archive, PurePosixPath(name).parent).load()
    return dict(_named(tree, ""))


class _Module:
    """A module that was compiled: only the table of its attributes."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.attributes = state


class _Tree(pickle.Unpickler):
    """Reads data.pkl; its tensors lie as files of their own in data/ beside it."""

    def __init__(self, file: Any, archive: zipfile.ZipFile, folder: PurePosixPath) -> None:
        super().__init__(file)
        self.archive, self.folder = archive, folder

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] == MODULES:
            return _Module
        if module == "torch" and name in DTYPES:
            return DTYPES[name]
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if (module, name) == ("collections", "OrderedDict"):
            return dict
        if module == LISTS:
            return _passed_over
        raise pickle.UnpicklingError(f"Unsupported global: {module}.{name}")

    def persistent_load(self, saved: Any) -> Tensor:
        """One storage, flat. saved: ("storage", type, key, device, number of entries)."""
        _, dtype, key, _, n_entries = saved
        entry = self.archive.getinfo(str(self.folder / "data" / str(key)))
        if entry.compress_type != zipfile.ZIP_STORED:  # never written so; it could be any size
            raise zipfile.BadZipFile("a compressed tensor")
        return torch.frombuffer(bytearray(self.archive.read(entry)), dtype=dtype)[:n_entries]


def _tensor(storage: Tensor, offset: int, size: tuple[int, ...], stride: Any, *_: Any) -> Tensor:
    return storage.as_strided(size, stride, offset)


def _passed_over(*_: Any) -> None:
    """An attribute that is no tensor."""


def _named(module: _Module, prefix: str) -> Iterator[tuple[str, Tensor]]:
    for name, value in module.attributes.items():
        if isinstance(value, Tensor):
            yield prefix + name, value
        elif isinstance(value, _Module):
            yield from _named(value, f"{prefix}{name}.")
