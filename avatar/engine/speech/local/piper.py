"""Piper: a neural voice from a file that the user has, spoken by Piper's own program.

The options are those that the program of 2023 (C++) and the package piper-tts of today share.
Source: github.com/rhasspy/piper, github.com/OHF-Voice/piper1-gpl.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avatar.engine.errors import BadResult, InputError, JobFailed, ModelUnavailable
from avatar.engine.speech.base import Lines, record
from avatar.engine.speech.joined import joined
from avatar.engine.speech.local.talk import Program
from avatar.engine.speech.raw import Raw
from avatar.engine.speech.split import split
from avatar.engine.types import Speech
from avatar.engine.vendors.languages import base, english_name
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Engine

MOST_CHARS = 1500  # of one run: it reads all of it before it speaks
SPEAKING_S = 300.0


class PiperSpeaker:
    """Satisfies speech.base.Speaker."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def speak(self, lines: Lines, context: Context) -> Speech:
        environ = context.access.environ
        command = [_program(environ), *_voice(environ, lines.language), *_settings(lines)]
        raws = []
        for text in split(lines.text, MOST_CHARS):
            raws.append(self._said(command, text, context))
        sound, rate, _ = joined(raws, self.engine.label, lines.text)
        voice = Path(environ.get("PIPER_VOICE", "")).stem
        return Speech(sound, rate, made=record(self.engine, voice=voice, settings=lines.options))

    def _said(self, command: list[str], text: str, context: Context) -> Raw:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "voice.wav"
            started = [*command, "--output_file", str(out)]
            with Program(started, context.access.environ, self.engine.label) as program:
                program.tell(" ".join(text.split()).encode() + b"\n")  # a line is an utterance
                assert program.process.stdin is not None
                program.process.stdin.close()
                code = program.ended(SPEAKING_S, context.should_stop)
                if code:
                    said = program.last_words()
                    raise JobFailed(f"{self.engine.label} could not speak (exit {code}).{said}")
            if not out.exists():
                raise BadResult(f"{self.engine.label} wrote no sound.")
            return Raw(out.read_bytes(), "wav", text)


def _program(environ: Mapping[str, str]) -> str:
    named = environ.get("PIPER_COMMAND", "").strip()
    found = shutil.which(named or "piper")
    if not found:
        what = f"there is no program {named}" if named else "PIPER_COMMAND is not set"
        raise ModelUnavailable(f"Piper's program is missing: {what}.")
    return found


def _voice(environ: Mapping[str, str], language: str) -> list[str]:
    """Raises ModelUnavailable for a file that is no voice, InputError for another language."""
    model = Path(environ.get("PIPER_VOICE", "").strip())
    described = model.with_name(f"{model.name}.json")
    if not described.is_file():
        described = model.with_suffix(".json")
    try:
        about: Any = json.loads(described.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise ModelUnavailable(
            f"The Piper voice {model.name} needs its description beside it: {model.name}.json."
        ) from e
    own = _language(about)
    if own and base(own) != base(language):
        raise InputError(
            f"The Piper voice {model.name} speaks {english_name(own, own)}; the text is"
            f" {english_name(language, language)}."
        )
    return ["--model", str(model), "--config", str(described)]


def _language(about: Any) -> str:
    if not isinstance(about, dict):
        return ""
    for part, name in (("language", "code"), ("espeak", "voice")):
        inner = about.get(part)
        if isinstance(inner, dict) and isinstance(inner.get(name), str):
            return str(inner[name]).replace("_", "-")
    return ""


def _settings(lines: Lines) -> list[str]:
    options = lines.options
    speed, noise = float(options.get("speed", 1.0)), float(options.get("noise", 0.667))
    given = ["--length_scale", f"{1 / speed:.3f}", "--noise_scale", f"{noise:.3f}"]
    if options.get("speaker") is not None:
        given += ["--speaker", str(int(options["speaker"]))]
    return given
