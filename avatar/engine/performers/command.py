"""Open models that are run as commands, each in the environment that its makers ask for.

LatentSync, MuseTalk and SadTalker cannot share one Python with us or with each other, so each is a
checkout and an interpreter of its own, named by the environment. A job has a working folder in
which the checkout's files appear as links: the program finds its weights where it looks for them,
and what it writes stays with the job.
"""

import json
import re
import signal
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from avatar.engine.errors import (
    EngineError,
    InputError,
    JobFailed,
    ModelUnavailable,
    ResourceError,
)
from avatar.engine.performers.base import Take
from avatar.engine.performers.process import run
from avatar.engine.vendors.files import sendable
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Engine

LONGEST_S = 6 * 3600.0  # a minute of film takes hours without a GPU
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")  # colours and the like
NO_MEMORY = re.compile(r"(?i)out of memory|cannot allocate memory|std::bad_alloc")
NOT_SET_UP = re.compile(
    r"(?i)no module named|no such file or directory|can't open file|checkpoint.{0,40}not found"
)
NO_FACE = re.compile(
    r"(?i)\b(no|not|cannot|can't|failed to)\b.*\b(face|landmark)|\b(face|landmark).*\bnot\b"
)


@dataclass(frozen=True)
class Program:
    """How one of them is called.

    arguments: what stands behind the interpreter, from the take and the job's folder; options are
    the engine's. They are those of the checkouts' own inference scripts.
    """

    name: str  # LATENTSYNC: the environment names it NAME_HOME, NAME_PYTHON
    arguments: Callable[[Take, Path], list[str]]

    @property
    def home(self) -> str:
        return f"{self.name}_HOME"

    @property
    def python(self) -> str:
        return f"{self.name}_PYTHON"


def _latentsync(take: Take, job: Path) -> list[str]:
    chosen = take.options
    made = [
        "-m", "scripts.inference",
        "--unet_config_path", str(chosen["unet_config"]),
        "--inference_ckpt_path", str(chosen["checkpoint"]),
        "--video_path", str(take.source),
        "--audio_path", str(take.audio),
        "--video_out_path", str(job / "out" / "film.mp4"),
        "--inference_steps", str(chosen["inference_steps"]),
        "--guidance_scale", str(chosen["guidance_scale"]),
        "--seed", str(chosen["seed"]),
    ]  # fmt: skip
    return [*made, "--enable_deepcache"] if chosen["deepcache"] else made


def _musetalk(take: Take, job: Path) -> list[str]:
    """It reads what is to be done from a file; JSON is YAML."""
    task = {"video_path": str(take.source), "audio_path": str(take.audio)}
    config = job / "task.yaml"
    config.write_text(json.dumps({"task_0": task}))
    chosen = take.options
    made = [
        "-m", "scripts.inference",
        "--inference_config", str(config),
        "--unet_model_path", str(chosen["checkpoint"]),
        "--version", str(chosen["version"]),
        "--bbox_shift", str(chosen["bbox_shift"]),
        "--fps", str(chosen["fps"]),
        "--batch_size", str(chosen["batch_size"]),
        "--result_dir", str(job / "out"),
    ]  # fmt: skip
    return [*made, "--use_float16"] if chosen["float16"] else made


def _sadtalker(take: Take, job: Path) -> list[str]:
    chosen = take.options
    made = [
        "inference.py",
        "--driven_audio", str(take.audio),
        "--source_image", str(take.source),
        "--preprocess", str(chosen["preprocess"]),
        "--size", str(chosen["size"]),
        "--result_dir", str(job / "out"),
    ]  # fmt: skip
    made += ["--still"] if chosen["still"] else []
    made += ["--enhancer", "gfpgan"] if chosen["enhance"] else []
    return [*made, "--cpu"] if take.device == "cpu" else made


PROGRAMS: Mapping[str, Program] = {
    "latentsync": Program("LATENTSYNC", _latentsync),
    "musetalk": Program("MUSETALK", _musetalk),
    "sadtalker": Program("SADTALKER", _sadtalker),
}


class CommandPerformer:
    """Satisfies performers.base.Performer. The engine's name says which program."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.program = engine, PROGRAMS[engine.name]

    def perform(self, take: Take, context: Context, folder: Path) -> Path:
        if not self.engine.takes(take.kind):
            other = "a photo" if take.is_footage else "footage"
            raise InputError(
                f"{self.engine.label} animates {other}; give it that, or choose another."
            )
        environ = context.access.environ
        home = self._named(environ, self.program.home)
        python = self._named(environ, self.program.python)
        job = _job_folder(folder, home)
        with sendable(self.engine, take.kind, take.source.absolute()) as source:
            named = replace(take, source=source, audio=take.audio.absolute())
            done = run(
                [str(python), *self.program.arguments(named, job)],
                cwd=job,
                log=job / "log.txt",
                limit_s=_limit_s(environ),
                should_stop=context.should_stop,
            )
        if done.is_late:
            raise JobFailed(
                f"{self.engine.label} was still at it after {_limit_s(environ):.0f} s."
            )
        if done.code != 0:
            raise self._failure(done.code, done.log_tail)
        return self._film(job / "out", done.log_tail)

    def _named(self, environ: Mapping[str, str], name: str) -> Path:
        value = environ.get(name, "").strip()
        path = Path(value).expanduser().absolute()
        if not value:
            raise ModelUnavailable(f"{self.engine.label} needs {name}, which is not set.")
        if not path.exists():
            raise ModelUnavailable(
                f"{self.engine.label}: {name} names {value}, which is not there."
            )
        return path

    def _film(self, out: Path, log_tail: str) -> Path:
        """The newest film below the folder, as it can be played."""
        from avatar.engine.media.probe import probe

        films = sorted(out.rglob("*.mp4"), key=lambda path: path.stat().st_mtime, reverse=True)
        for film in films:
            try:
                found = probe(film)
            except InputError:
                continue
            if found.has_video and found.duration_ms:
                return film
        what = "a film that cannot be played" if films else "no film"
        raise JobFailed(f"{self.engine.label} ended well and left {what}.", reply=log_tail)

    def _failure(self, code: int, log_tail: str) -> EngineError:
        label, last = self.engine.label, _last_line(log_tail)
        if NO_MEMORY.search(log_tail):
            return ResourceError(f"{label} ran out of memory: {last}")
        if NOT_SET_UP.search(log_tail):
            return ModelUnavailable(f"{label} is not set up as its makers ask: {last}")
        if NO_FACE.search(last):
            return InputError(f"{label} finds no face: {last}")
        how = f"exit {code}" if code > 0 else signal.Signals(-code).name
        return JobFailed(f"{label} stopped ({how}): {last}", reply=log_tail)


def _job_folder(folder: Path, home: Path) -> Path:
    """Where one job runs: the checkout's files as links, and a folder for what is made."""
    job = Path(tempfile.mkdtemp(prefix="job-", dir=folder)).absolute()
    for entry in home.iterdir():
        if entry.name not in ("out", "task.yaml", "log.txt", "temp", "results", ".git"):
            (job / entry.name).symlink_to(entry)
    (job / "out").mkdir()
    return job


def _limit_s(environ: Mapping[str, str]) -> float:
    try:
        return float(environ.get("ENGINE_LIMIT_S", "") or LONGEST_S)
    except ValueError:
        return LONGEST_S


def _last_line(log_tail: str) -> str:
    """Without what a terminal would obey, or nobody could read."""
    readable = [
        words
        for line in log_tail.splitlines()
        if (words := " ".join(ESCAPE.sub("", line).split()))
        and words.isprintable()
        and "\ufffd" not in words
    ]
    line = readable[-1][:200] if readable else "it said nothing that can be read"
    return line if line.endswith((".", "!", "?")) else f"{line}."
