"""The process that a render or an inspection runs in: `python -m avatar.child`.

Reads one line of JSON from stdin (the job), writes lines of JSON to stdout: {"stage", "fraction"}
while it works, {"journal"} when it wants to order something (see avatar.wire; the answer is a line
on stdin), then {"result"} or {"error": class, "message": sentence, "detail": for the log}.
Knows no Django. It ends with its parent: when stdin is closed, whatever runs here is killed,
ffmpeg included.
"""

import json
import os
import queue
import signal
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import psutil

from avatar.wire import PipeJournal
from studio.lib import disk

Report = Callable[[dict[str, Any]], None]

PATIENCE_S = 20  # a job at a vendor is waited for here so long; then the worker is free for others


def main() -> None:
    os.nice(5)  # the dashboard on the same machine keeps answering
    report, lines = _reporter(), queue.SimpleQueue[dict[str, Any]]()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()
    job, journal = lines.get(), PipeJournal(report, lines)
    try:
        report({"result": JOBS[job.pop("do")](job, report, journal)})
    except Exception as e:
        report({"detail": traceback.format_exc()} | _explain(e))


def _reporter() -> Report:
    """Messages alone go to stdout; what libraries print goes to the log."""
    stream: TextIO = os.fdopen(os.dup(1), "w")  # os.dup: not inherited by ffmpeg
    os.dup2(2, 1)
    whole_lines = threading.Lock()

    def report(message: dict[str, Any]) -> None:
        with whole_lines:
            stream.write(json.dumps(message) + "\n")
            stream.flush()

    return report


def _listen(lines: "queue.SimpleQueue[dict[str, Any]]") -> None:
    """Hand on what the parent says; when it is gone, end everything that runs here."""
    heard = b""
    while block := os.read(0, 65536):  # not sys.stdin, which a thread may not hold at the end
        *whole, heard = (heard + block).split(b"\n")
        for line in whole:
            lines.put(json.loads(line))
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
        wait = getattr(error, "retry_after_s", None)
        told = {"error": type(error).__name__, "message": str(error), "retry_after_s": wait}
        return {**told, "detail": ""}  # the sentence says all of it
    if isinstance(error, OSError) and disk.is_full(error):
        return {"error": "ResourceError", "message": "The disk is full."}
    if isinstance(error, MemoryError):
        return {"error": "ResourceError", "message": "There is not enough memory."}
    return {"error": "Fault", "message": f"{type(error).__name__}: {error}"}


def render(job: dict[str, Any], report: Report, journal: PipeJournal) -> dict[str, Any]:
    from avatar.engine.options import ReelOptions
    from avatar.engine.pipeline import make_reel
    from avatar.engine.vendors.access import Access
    from avatar.engine.vendors.orders import Context

    sample = Path(job["voice_sample"]) if job["voice_sample"] else None
    spoken_before, warnings = job.get("spoken_before"), list[str]()
    reel = make_reel(
        Path(job["source"]),
        Path(job["out"]),
        text=job["text"],
        options=ReelOptions(**{**job["options"], "voice_sample": sample}),
        cache_dir=Path(job["cache_dir"]),
        spoken_before=Path(spoken_before) if spoken_before else None,
        on_warning=warnings.append,
        context=Context(
            Access(keys=job["keys"]), journal, patience_s=PATIENCE_S, publish=journal.publish
        ),
        on_progress=lambda stage, fraction: report({"stage": stage, "fraction": fraction}),
    )
    assert reel.voice_over  # there is a cache_dir
    take, alignment = reel.voice_over
    files = {name: str(getattr(reel, name)) for name in ("video", "cover", "srt", "vtt")}
    return {
        **files,
        "take": str(take),
        "alignment": json.loads(alignment.read_text(encoding="utf-8")),
        "spoken_by": reel.spoken_by,
        "performed_by": reel.performed_by,
        "warnings": warnings,
        "timings": reel.timings,
        "fps": float(reel.fps),
        "duration_ms": reel.duration_ms,
    }


def inspect_portrait(job: dict[str, Any], report: Report, journal: PipeJournal) -> dict[str, Any]:
    import numpy as np

    from avatar.engine.face import inspect
    from studio.lib.photos import read_photo

    image = np.asarray(read_photo(Path(job["image"])))
    found: dict[str, Any] = inspect(image, job["face_index"]).to_json()
    return found


def inspect_voice(job: dict[str, Any], report: Report, journal: PipeJournal) -> dict[str, Any]:
    from avatar.engine.media.sound import inspect_sound

    found: dict[str, Any] = inspect_sound(Path(job["sample"])).to_json()
    return found


def inspect_footage(job: dict[str, Any], report: Report, journal: PipeJournal) -> dict[str, Any]:
    from avatar.engine.footage import look, still

    found = look(Path(job["video"]))
    still(found, Path(job["still"]))
    return {
        "usable": True,
        "problems": [],
        "warnings": [],
        "duration_ms": found.duration_ms,
        "width": found.width,
        "height": found.height,
        "fps": float(found.fps),
        "has_sound": found.has_sound,
    }


JOBS: dict[str, Callable[[dict[str, Any], Report, PipeJournal], dict[str, Any]]] = {
    "render": render,
    "inspect_portrait": inspect_portrait,
    "inspect_voice": inspect_voice,
    "inspect_footage": inspect_footage,
}

if __name__ == "__main__":
    main()
