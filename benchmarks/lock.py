"""Write requirements.lock and requirements-test.lock from what is installed beside this Python.

The locks are installed with --no-deps, so they hold the closure of the requirements without what
is never imported: jax (asked for by mediapipe), opencv-contrib (the headless build stands in),
triton (asked for by openai-whisper, 1 GB) and torch, which is installed by itself.
"""

import importlib.metadata as metadata
import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = {"jax", "jaxlib", "opencv-contrib-python", "triton", "torch", "sounddevice"}
TORCHS_OWN = ("filelock", "fsspec", "jinja2", "networkx", "sympy", "typing-extensions")
HEADS = {
    "requirements.lock": "# The product. `make lock` rewrites both files; they are installed with"
    " --no-deps, see benchmarks/lock.py.\n",
    "requirements-test.lock": "# What the checks and tests need on top of requirements.lock.\n",
}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(roots: list[str]) -> set[str]:
    """`name==version` of the roots and everything they ask for here."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [Requirement(root) for root in roots]
    while waiting:
        asked = waiting.pop()
        name = canonical(asked.name)
        key = f"{name}[{','.join(sorted(asked.extras))}]"
        if key in seen or name in LEFT_OUT:
            continue
        seen.add(key)
        dist = metadata.distribution(name)
        found.add(f"{name}=={dist.version.split('+')[0]}")
        for line in dist.requires or []:
            need = Requirement(line)
            extras = asked.extras or {""}
            if not need.marker or any(need.marker.evaluate({"extra": e}) for e in extras):
                waiting.append(need)
    return found


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    product = closure([*project["dependencies"], *TORCHS_OWN])
    extras = [r for group in project["optional-dependencies"].values() for r in group]
    tests = closure(extras) - product
    for name, lines in (("requirements.lock", product), ("requirements-test.lock", tests)):
        (ROOT / name).write_text(HEADS[name] + "\n".join(sorted(lines)) + "\n")


if __name__ == "__main__":
    main()
