"""Voices at companies that host others' models: every piece of text is a job, as a film is."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from avatar.engine.cache import file_sha256
from avatar.engine.errors import BadResult, InputError
from avatar.engine.registry.cloning import CLONING, Cloning
from avatar.engine.speech.base import Lines, record
from avatar.engine.speech.clones import clone_name, clone_order
from avatar.engine.speech.hosted import (
    AROUND_CHARS,
    MOST_CHARS,
    check_raw,
    request_ids,
    speech_order,
)
from avatar.engine.speech.joined import joined
from avatar.engine.speech.raw import Raw
from avatar.engine.speech.samples import Sample, fitting
from avatar.engine.speech.split import split
from avatar.engine.types import Speech
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.clients import client_of
from avatar.engine.vendors.jobs import JobQueue
from avatar.engine.vendors.languages import english_name, iso
from avatar.engine.vendors.orders import TEXT, Context, Handle, Look, Sent, ordered, taken_usd
from avatar.engine.vendors.results import fetched
from studio.lib.engines import Engine

POLL_S = 2.0  # speech is ready sooner than a film
# What is sent of a sample; the sellers say little, the makers' limits fit all of them.
SAMPLE = Sample(10, 60, 8_000_000, 44_100)


class JobSpeaker:
    """Satisfies speech.base.Speaker."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def speak(self, lines: Lines, context: Context) -> Speech:
        with tempfile.TemporaryDirectory() as folder:
            voice = self._voice(lines, context, Path(folder))
            return self._spoken(lines, context, voice)

    def _voice(self, lines: Lines, context: Context, folder: Path) -> dict[str, Any]:
        """The inputs that say in which voice."""
        engine = self.engine
        named = _named_voice(lines)
        if lines.sample is None or not engine.clones or named:
            if "audio*" in engine.inputs:
                raise InputError(f"{engine.label} imitates a voice sample; give it one.")
            return {} if named else self._usual_voice(context.access)
        if engine.name in CLONING:
            return self._cloned(CLONING[engine.name], lines, context)
        return {"audio": fitting(lines.sample, SAMPLE, engine.label, folder)}

    def _usual_voice(self, access: Access) -> dict[str, Any]:
        """Where the seller has no voice that it takes by itself: the first that it lists."""
        if self.engine.vendor != "hedra":
            return {}
        answer = self._queue(access).caller.call("GET", f"/models/{self.engine.model}/voices")
        for path in (("voices", 0), ("data", 0), (0,)):
            for name in ("voice_id", "id"):
                if found := answer.get(*path, name):
                    return {"voice": str(found)}
        raise InputError(f"{self.engine.label} lists no voices; give a voice sample.")

    def _queue(self, access: Access) -> JobQueue:
        client = client_of(self.engine.vendor, access)
        assert isinstance(client, JobQueue)
        return client

    def _cloned(self, cloning: Cloning, lines: Lines, context: Context) -> dict[str, Any]:
        """In the voice of the sample, which is made by a job of its own, once."""
        if not self.engine.confirmed:  # or a voice is paid for that nothing speaks with
            self._queue(context.access).must_offer(self.engine)
        made = replace(self.engine, clone_price=self.engine.clone_price or cloning.engine.price)
        paid = clone_order(made, lines, context, cloning.engine.model)
        job = _CloneJob(cloning, lines, context.access)
        check: Callable[[Path], None] = partial(_must_have_a_voice, self.engine.label)
        suffix = ".safetensors" if cloning.is_file else ".json"
        if cloning.is_file:
            check = _must_hold_something
        kept = ordered(context, job, cloning.engine, paid, {}, check=check, suffix=suffix)
        if cloning.is_file:
            return {"embedding": kept}
        return {"voice": json.loads(kept.read_text(encoding="utf-8"))["voice_id"]}

    def _spoken(self, lines: Lines, context: Context, voice: Mapping[str, Any]) -> Speech:
        texts = self._texts(lines)
        raws: list[Raw] = []
        for number in range(len(texts)):
            inputs = self._inputs(lines, texts, number, voice)
            rest = [] if raws else texts[1:]
            raws.append(self._bought(inputs, texts[number], context, rest))
            context.on_progress((number + 1) / len(texts))
        sound, rate, times = joined(raws, self.engine.label, lines.text)
        settings = {k: v for k, v in lines.options.items() if k != "sample_text"}
        named = _named_voice(lines) or self.engine.fixed.get("voice", "")
        made = record(
            self.engine,
            voice=str(voice.get("voice") or ("of the sample" if voice else named)),
            settings=settings,
            usd=sum(raw.usd or 0.0 for raw in raws),
            request_ids=request_ids(raws),
            is_cloned=bool(voice) and lines.sample is not None,
        )
        return Speech(sound, rate, word_times=times, made=made)

    def _texts(self, lines: Lines) -> list[str]:
        longest = min(self.engine.longest_chars or MOST_CHARS, MOST_CHARS)
        tag = str(lines.options.get("tag") or "")
        texts = split(lines.text, longest - (len(tag) + 3 if tag else 0))
        if not texts:
            raise InputError("There is nothing to say: the text holds no words.")
        return texts

    def _inputs(
        self, lines: Lines, texts: list[str], number: int, voice: Mapping[str, Any]
    ) -> dict[str, Any]:
        """By logical name, those that the engine takes."""
        options = dict(lines.options)
        tag = str(options.pop("tag", "") or "")
        if voice:
            options.pop("voice", None)
        offered = {
            "before": " ".join(texts[:number])[-AROUND_CHARS:],
            "after": " ".join(texts[number + 1 :])[:AROUND_CHARS],
            "language_iso": iso(lines.language),
            "language_name": english_name(lines.language, "Auto"),
            "sample_text": options.pop("sample_text", "") if lines.sample else "",
        }
        known = {k: v for k, v in offered.items() if v and self.engine.takes(k)}
        if lines.seed and self.engine.takes("seed"):
            known["seed"] = lines.seed
        text = f"[{tag}] {texts[number]}" if tag else texts[number]
        return {"text": text, **self.engine.fixed, **known, **options, **voice}

    def _bought(
        self, inputs: dict[str, Any], text: str, context: Context, rest: Sequence[str]
    ) -> Raw:
        engine = self.engine
        paid = speech_order(engine, context.access, inputs, text, rest)
        job = SpeechJob(client_of(engine.vendor, context.access), text, paid.usd)
        check = partial(check_raw, engine.label)
        kept = ordered(context, job, engine, paid, inputs, check=check, suffix=".json")
        return Raw.read(kept)


def _named_voice(lines: Lines) -> str:
    return str(lines.options.get("custom_voice") or lines.options.get("voice") or "")


class _Job:
    """A client that is asked on somebody's behalf."""

    poll_s = POLL_S

    def __init__(self, client: Any) -> None:
        self.client = client
        self.keyed = bool(client.keyed)
        self.handle: Handle = {}

    def prepare(self, engine: Engine, inputs: Mapping[str, Any]) -> Any:
        return self.client.prepare(engine, inputs)

    def submit(self, engine: Engine, sent: Sent) -> Handle:
        handle: Handle = self.client.submit(engine, sent)
        return handle

    def look(self, engine: Engine, handle: Handle) -> Look:
        self.handle = handle
        look: Look = self.client.look(engine, handle)
        return look

    def find(self, engine: Engine, sent: Sent) -> Handle | None:
        found: Handle | None = self.client.find(engine, sent)
        return found

    def fetch(self, engine: Engine, look: Look, target: Path) -> Path:
        path: Path = self.client.fetch(engine, look, target)
        return path

    def estimate(self, engine: Engine, prepared: Any) -> float | None:
        usd: float | None = self.client.estimate(engine, prepared)
        return usd


class SpeechJob(_Job):
    """What it fetches is a `Raw`."""

    def __init__(self, client: Any, text: str, usd: float | None) -> None:
        super().__init__(client)
        self.text, self.usd = text, usd

    def submit(self, engine: Engine, sent: Sent) -> Handle:
        """With the text: whoever asks after it later has nothing but the handle."""
        return {TEXT: self.text, **super().submit(engine, sent)}

    def fetch(self, engine: Engine, look: Look, target: Path) -> Path:
        sound = self.client.fetch(engine, look, target.with_suffix(".sound"))
        usd = taken_usd(look, self.handle, self.usd)
        facts = {"request_id": str(self.handle.get("id", ""))}
        # What kind of sound it is, its first bytes say.
        Raw(sound.read_bytes(), "sound", self.text, usd=usd, facts=facts).write(target)
        return target


class _CloneJob(_Job):
    """A voice made at a seller. What it fetches is its name, or the file that stands for it."""

    def __init__(self, cloning: Cloning, lines: Lines, access: Access) -> None:
        client = client_of(cloning.engine.vendor, access)
        assert isinstance(client, JobQueue)
        client.needs_url = cloning.is_file
        super().__init__(client)
        self.cloning, self.lines = cloning, lines

    def prepare(self, engine: Engine, inputs: Mapping[str, Any]) -> Any:
        assert self.lines.sample is not None
        words = str(self.lines.options.get("sample_text") or "")
        with tempfile.TemporaryDirectory() as folder:
            sample = fitting(self.lines.sample, SAMPLE, engine.label, Path(folder))
            given: dict[str, Any] = {"audio": sample, **engine.fixed}
            if words and "sample_text" in engine.fields:
                given["sample_text"] = words
            if self.cloning.name:  # the same sample has the same name
                given[self.cloning.name] = clone_name(file_sha256(self.lines.sample))
            return self.client.prepare(engine, given)

    def submit(self, engine: Engine, sent: Sent) -> Handle:
        handle = super().submit(engine, sent)
        if self.cloning.is_its_id:
            field = engine.fields.get(self.cloning.name, self.cloning.name)
            handle["voice_id"] = sent.prepared[field]
        return handle

    def look(self, engine: Engine, handle: Handle) -> Look:
        look = super().look(engine, handle)
        if not look.is_done or self.cloning.is_file:
            return look
        output = look.facts.get("output")
        voice = handle.get("voice_id") or named(output, self.cloning.output)
        return replace(look, facts={"voice_id": voice})

    def fetch(self, engine: Engine, look: Look, target: Path) -> Path:
        if self.cloning.is_file:
            return fetched(self.client.access, engine.vendor, look.url, target)
        target.write_text(json.dumps(dict(look.facts)), encoding="utf-8")
        return target


def named(output: Any, names: tuple[str, ...]) -> str:
    """The text that lies under one of the names, wherever in what a model gave."""
    if isinstance(output, str):
        return "" if output.startswith(("http://", "https://")) else output
    if isinstance(output, list):
        return next((found for one in output if (found := named(one, names))), "")
    if isinstance(output, dict):
        for name in names:
            if isinstance(output.get(name), str) and output[name]:
                return str(output[name])
        inner = [one for one in output.values() if isinstance(one, dict | list)]
        return named(inner, names) if inner else ""
    return ""


def _must_have_a_voice(label: str, path: Path) -> None:
    if not json.loads(path.read_text(encoding="utf-8"))["voice_id"]:
        raise BadResult(f"{label} made a voice and did not name it.")


def _must_hold_something(path: Path) -> None:
    if not path.stat().st_size:
        raise BadResult("The voice that was made is an empty file.")
