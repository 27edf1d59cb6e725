"""The process that a render or an inspection runs in: `python -m avatar.child`.

Reads one line of JSON from stdin (the job), writes lines of JSON to stdout: {"stage", "fraction"}
while it works, then {"result"} or {"error": class, "message": sentence, "detail": for the log}.
Knows no Django. It ends with its parent: when stdin is closed, whatever runs here is killed,
ffmpeg included.
"""

import errno
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import psutil

Report = Callable[[dict[str, Any]], None]

FULL_DISK = (errno.ENOSPC, errno.EDQUOT)


def main() -> None:
    os.nice(5)  # the dashboard on the same machine keeps answering
    report = _reporter()
    job = json.loads(sys.stdin.readline())
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        report({"result": JOBS[job.pop("do")](job, report)})
    except Exception as e:
        report({"detail": traceback.format_exc()} | _explain(e))


def _reporter() -> Report:
    """Messages alone go to stdout; what libraries print goes to the log."""
    stream: TextIO = os.fdopen(os.dup(1), "w")  # os.dup: not inherited by ffmpeg
    os.dup2(2, 1)

    def report(message: dict[str, Any]) -> None:
        stream.write(json.dumps(message) + "\n")
        stream.flush()

    return report


def _die_with_parent() -> None:
    while os.read(0, 4096):
        pass
    for process in psutil.Process().children(recursive=True):
        process.kill()
    os.kill(os.getpid(), signal.SIGKILL)


def _explain(error: Exception) -> dict[str, Any]:
    """The engine's own sentences pass; anything else becomes one that says where to look."""
    from avatar.engine.errors import EncodeError, EngineError
    from studio.lib.photos import PhotoError

    if isinstance(error, EncodeError):
        return {"error": "EncodeError", "message": str(error), "detail": error.log_tail}
    if isinstance(error, PhotoError):
        return {"error": "InputError", "message": str(error)}
    if isinstance(error, EngineError):
        return {"error": type(error).__name__, "message": str(error)}
    if isinstance(error, OSError) and error.errno in FULL_DISK:
        return {"error": "ResourceError", "message": "The disk is full."}
    if isinstance(error, MemoryError):
        return {"error": "ResourceError", "message": "There is not enough memory."}
    return {"error": "Fault", "message": f"{type(error).__name__}: {error}"}


def render(job: dict[str, Any], report: Report) -> dict[str, Any]:
    from avatar.engine.options import ReelOptions
    from avatar.engine.pipeline import make_reel

    sample = Path(job["voice_sample"]) if job["voice_sample"] else None
    reel = make_reel(
        Path(job["photo"]),
        Path(job["out"]),
        text=job["text"],
        options=ReelOptions(**{**job["options"], "voice_sample": sample}),
        cache_dir=Path(job["cache_dir"]),
        on_progress=lambda stage, fraction: report({"stage": stage, "fraction": fraction}),
    )
    files = {name: str(getattr(reel, name)) for name in ("video", "cover", "srt", "vtt", "take")}
    return {
        **files,
        "alignment": reel.alignment.to_json(),
        "timings": reel.timings,
        "fps": float(reel.fps),
        "duration_ms": reel.duration_ms,
    }


def inspect_portrait(job: dict[str, Any], report: Report) -> dict[str, Any]:
    import numpy as np

    from avatar.engine.face import inspect
    from studio.lib.photos import read_photo

    image = np.asarray(read_photo(Path(job["image"])))
    found: dict[str, Any] = inspect(image, job["face_index"]).to_json()
    return found


def inspect_voice(job: dict[str, Any], report: Report) -> dict[str, Any]:
    from avatar.engine.media.sound import inspect_sound

    found: dict[str, Any] = inspect_sound(Path(job["sample"])).to_json()
    return found


JOBS: dict[str, Callable[[dict[str, Any], Report], dict[str, Any]]] = {
    "render": render,
    "inspect_portrait": inspect_portrait,
    "inspect_voice": inspect_voice,
}

if __name__ == "__main__":
    main()
