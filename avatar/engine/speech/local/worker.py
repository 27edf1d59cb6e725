"""Chatterbox and Qwen3-TTS as processes: a script of ours, run by the user's own interpreter."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avatar.engine.errors import BadResult, InputError, JobFailed, ModelUnavailable
from avatar.engine.speech.base import Lines, record
from avatar.engine.speech.joined import joined
from avatar.engine.speech.local.talk import Program
from avatar.engine.speech.raw import Raw
from avatar.engine.speech.samples import Sample, fitting
from avatar.engine.speech.split import split
from avatar.engine.types import Speech
from avatar.engine.vendors.languages import english_name, iso
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Engine

LOADING_S = 1800.0  # the first start may bring gigabytes of weights
SPEAKING_S = 900.0  # of one piece, on a slow machine without a GPU
SAMPLE = Sample(3, 30, 8_000_000, 24_000)  # only the first seconds are listened to


@dataclass(frozen=True)
class Script:
    """file: beside this one. python: name of the environment. model: of the weights' folder."""

    file: str
    python: str
    model: Callable[[Mapping[str, str]], str]


SCRIPTS = {
    "chatterbox": Script(
        "chatterbox_script.py",
        "CHATTERBOX_PYTHON",
        lambda environ: environ.get("CHATTERBOX_MODEL", ""),
    ),
    "qwen-tts": Script(
        "qwen_tts_script.py",
        "QWEN_TTS_PYTHON",
        lambda environ: environ.get("QWEN_TTS_MODEL", ""),
    ),
}


class WorkerSpeaker:
    """Satisfies speech.base.Speaker."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.script = engine, SCRIPTS[engine.name]

    def speak(self, lines: Lines, context: Context) -> Speech:
        if lines.sample is None and "audio*" in self.engine.inputs:
            raise InputError(f"{self.engine.label} imitates a voice sample; give it one.")
        texts = split(lines.text, self.engine.longest_chars)
        with (
            tempfile.TemporaryDirectory() as folder,
            Program(self._command(context), context.access.environ, self.engine.label) as program,
        ):
            self._check(program.answer(LOADING_S, context.should_stop))
            question = self._question(lines, context, Path(folder))
            raws = []
            for number, text in enumerate(texts):
                out = Path(folder) / f"{number}.wav"
                asked = {**question, "text": text, "out": str(out), "seed": lines.seed + number}
                self._check(program.ask(asked, SPEAKING_S, context.should_stop))
                if not out.exists():
                    raise BadResult(f"{self.engine.label} wrote no sound.")
                raws.append(Raw(out.read_bytes(), "wav", text))
                context.on_progress((number + 1) / len(texts))
            sound, rate, _ = joined(raws, self.engine.label, lines.text)
        made = record(
            self.engine,
            voice="of the sample" if lines.sample else "its own",
            settings=lines.options,
            is_cloned=lines.sample is not None,
        )
        return Speech(sound, rate, made=made)

    def _command(self, context: Context) -> list[str]:
        python = context.access.environ.get(self.script.python, "").strip()
        if not python:
            raise ModelUnavailable(f"{self.engine.label} needs {self.script.python}.")
        return [python, "-u", str(Path(__file__).with_name(self.script.file))]

    def _question(self, lines: Lines, context: Context, folder: Path) -> dict[str, Any]:
        options = dict(lines.options)
        own_model = self.script.model(context.access.environ).strip()
        model = str(options.pop("model", "") or own_model)
        sample = fitting(lines.sample, SAMPLE, self.engine.label, folder) if lines.sample else None
        return {
            "sample": sample and str(sample),
            "sample_text": options.pop("sample_text", ""),
            "language": iso(lines.language),
            "language_name": english_name(lines.language, "Auto"),
            "model": model,
            "options": options,
        }

    def _check(self, answer: dict[str, Any]) -> None:
        """Raises what its answer says went wrong."""
        if problem := str(answer.get("error") or ""):
            words = problem.rstrip(".")
            if answer.get("kind") == "missing":
                raise ModelUnavailable(
                    f"{self.engine.label} cannot be used with {self.script.python}: {words}."
                )
            if answer.get("kind") == "input":
                raise InputError(f"{self.engine.label}: {words}.")
            raise JobFailed(f"{self.engine.label} could not speak: {words}.")
