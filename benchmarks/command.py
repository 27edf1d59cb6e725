"""Running the engine's command as anybody runs it, and watching the clock."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib

HOPPER = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
SENTENCE = "Most people wait for the perfect moment, and then they wait a little longer. "
SENTENCE_S = 4.2  # as the sketch voice says it
FIRST_FRAME = "performing"  # what the command says when its first frame is with the encoder


@dataclass(frozen=True)
class Run:
    """One run of the command, cold start included.

    cpu_s: user and system, of the process and all it started. first_frame_s: from its start until
    the encoder had its first frame. timings, cues: what --timings and --cues wrote.
    """

    wall_s: float
    cpu_s: float
    first_frame_s: float
    timings: dict[str, Any]
    cues: dict[str, Any]


def run(photo: Path, out: Path, size: str, *options: str) -> Run:
    """Make one reel. size: WIDTHxHEIGHT@FPS; options: --text and whatever else.

    Leaves OUT.mp4, and beside it its face.npz, cues.json and timings.json. Exits with the
    command's sentence when it refuses.
    """
    sides, fps = size.split("@")
    command = [sys.executable, "-m", "avatar.engine", str(photo), "-o", str(out), *options]
    command += ["--size", sides, "--fps", fps, "--face", str(out.with_name("face.npz"))]
    for name in ("timings", "cues"):
        command += [f"--{name}", str(out.with_name(f"{name}.json"))]
    started = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    first_frame_s, line = 0.0, ""
    for line in process.stderr:
        if line.startswith(FIRST_FRAME):
            first_frame_s = time.perf_counter() - started
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(line.strip() or f"The command ended with {process.returncode}.")
    timings, cues = (
        json.loads(out.with_name(f"{name}.json").read_text()) for name in ("timings", "cues")
    )
    return Run(wall_s, usage.ru_utime + usage.ru_stime, first_frame_s, timings, cues)


def workplace() -> tempfile.TemporaryDirectory[str]:
    """A folder for one measurement; nothing of it is kept."""
    return tempfile.TemporaryDirectory(prefix="understudy-bench-")


def spoken(seconds: float) -> str:
    """A text that lasts about this long."""
    return SENTENCE * max(1, round(seconds / SENTENCE_S))
