"""Stands in for `python -m avatar.child`: same job, same messages, no engine.

Its argument says how it behaves. It keeps stages in the cache folder as the engine does, and notes
there what it did, so that a test can see what was done twice.
"""

import json
import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path

STAGES = ("analyse", "speak", "align", "perform", "assemble")


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def listen():
    heard = b""
    while block := os.read(0, 4096):
        *lines, heard = (heard + block).split(b"\n")
        for line in lines:
            answers.put(json.loads(line))
    os.kill(os.getpid(), signal.SIGKILL)


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def order(how):
    """A film of one dollar at a vendor that does as it is told."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from avatar.engine.vendors.journal import Paid, State
    from avatar.wire import PipeJournal

    journal = PipeJournal(lambda message: say(**message), answers)
    paid = Paid("k" * 64, "double:film", "film", 1.0, "double:abc", 1, {"seconds": 9})
    try:
        entry = journal.begin(paid)
        if how == "dies before it leaves":
            die()
        if entry.state == State.RESERVED:
            journal.sending(paid.key, {"key": "sent"})
            if how == "is cut off":
                say(error="OutcomeUnknown", message="No answer came.", detail="")
                sys.exit()
            if how == "is slow to answer":
                (Path(job["cache_dir"]) / "posted").touch()
                time.sleep(0.6)
            journal.placed(paid.key, {"id": "job 7"})
        elif entry.state == State.SENDING:
            say(error="OutcomeUnknown", message="No answer came.", detail="")
            sys.exit()
        if how != "comes":
            say(error="Pending", message="Double is working on it.", retry_after_s=7, detail="")
            sys.exit()
        if entry.result is None:
            film = Path(job["out"]).with_suffix(".film")
            film.write_bytes(b"a film")
            entry = journal.done(paid.key, film, usd=0.9, facts={"id": "job 7"})
            assert entry.read_bytes() == b"a film"
    except Exception as e:
        say(error=type(e).__name__, message=str(e), detail="")
        sys.exit()


way = sys.argv[1]
answers = queue.SimpleQueue()
threading.Thread(target=listen, daemon=True).start()
job = answers.get()

if way.startswith("error:"):
    _, kind, sentence = way.split(":")
    say(error=kind, message=sentence, detail="the log's tail")
    sys.exit()
if way == "stammers":
    sys.stdout.write('{"result": {"vid')
    sys.stdout.flush()
    die()
if way == "hangs":
    time.sleep(60)
if way == "talks":
    for _ in range(6000):
        say(stage="perform", fraction=0.5)
        time.sleep(0.01)
if job["do"].startswith("inspect"):
    if way == "dies":
        die()
    say(result={"usable": True, "problems": [], "warnings": [], "faces": [{}]})
    sys.exit()

if way.startswith("order "):
    order(way.removeprefix("order "))
cache, out = Path(job["cache_dir"]), Path(job["out"])
with (cache / "diary").open("a") as diary:
    diary.write(f"start {os.getpid()}\n")
for stage in STAGES:
    done = cache / f"{stage}.done"
    if not done.exists():
        say(stage=stage, fraction=0.0)
        if way == f"dies in {stage}":
            die()
        if way == f"dies once in {stage}" and not (cache / "died").exists():
            (cache / "died").touch()
            die()
        if way == f"stays in {stage}":
            (cache / way).write_text(str(os.getpid()))
            time.sleep(60)
        done.touch()
        with (cache / "diary").open("a") as diary:
            diary.write(f"{stage}\n")
    say(stage=stage, fraction=1.0)

made = {
    name: str(out.with_suffix(f".{name}")) for name in ("video", "cover", "srt", "vtt", "take")
}
for name, path in made.items():
    Path(path).write_bytes(f"{name} in {job['options']['captions']}".encode())
say(
    result={
        **made,
        "alignment": {
            "duration_ms": 1500,
            "phones": [],
            "words": [],
            "unplaced": [],
            "unwritten": [],
        },
        "timings": {"video_seconds": 1.5, "frames": 45, "stages": {"total": 1.0}},
        "fps": 30.0,
        "duration_ms": 1500,
    }
)
