"""Voices that are asked over the network and answer at once."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

from avatar.engine.errors import InputError
from avatar.engine.speech.base import Lines, record
from avatar.engine.speech.client import (
    CloningClient,
    OrderingClient,
    Piece,
    SayingClient,
    VoiceClient,
    VoiceGone,
)
from avatar.engine.speech.clones import cloned
from avatar.engine.speech.joined import joined
from avatar.engine.speech.raw import Raw, decoded
from avatar.engine.speech.split import split
from avatar.engine.types import Speech
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.journal import Paid
from avatar.engine.vendors.orders import (
    Context,
    Handle,
    Look,
    Sent,
    bought,
    ordered,
    paid_key,
)
from studio.lib.engines import Engine, load

log = logging.getLogger(__name__)

# Vendor -> its client, made with an Access.
CLIENTS = {
    "elevenlabs": "avatar.engine.vendors.elevenlabs:ElevenLabs",
    "minimax": "avatar.engine.vendors.minimax:MiniMax",
    "dashscope": "avatar.engine.vendors.dashscope:DashScope",
    "resemble": "avatar.engine.vendors.resemble:Resemble",
    "speech": "avatar.engine.vendors.openai_speech:SpeechServer",
}
# One request is answered within the time after which it counts as lost.
MOST_CHARS = 5000
AROUND_CHARS = 300  # of what stands before and after a piece
NOT_SAID = ("voice_id", "sample_text")  # options that choose the voice


def voice_client(vendor: str, access: Access) -> VoiceClient:
    make: Callable[[Access], VoiceClient] = load(CLIENTS[vendor])
    return make(access)


class HostedSpeaker:
    """Satisfies speech.base.Speaker."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def speak(self, lines: Lines, context: Context) -> Speech:
        client = voice_client(self.engine.vendor, context.access)
        named = str(lines.options.get("voice_id") or "")
        if named or not self._imitates(lines):
            voice = named or client.default_voice(self.engine)
            return self._spoken(client, lines, context, voice, is_cloned=False)
        return self._imitated(client, lines, context)

    def _imitates(self, lines: Lines) -> bool:
        return self.engine.clones and lines.sample is not None

    def _imitated(self, client: Any, lines: Lines, context: Context) -> Speech:
        """In the voice of the sample. One that the vendor has dropped is made anew, once."""
        paid, clone = self._clone(client, lines, context)
        try:
            return self._spoken(client, lines, context, clone["voice_id"], is_cloned=True)
        except VoiceGone as e:
            log.info("%s: %s", self.engine.name, e)
            context.journal.lost(paid.key, str(e))
        _, clone = self._clone(client, lines, context)
        return self._spoken(client, lines, context, clone["voice_id"], is_cloned=True)

    def _clone(
        self, client: CloningClient, lines: Lines, context: Context
    ) -> tuple[Paid, dict[str, Any]]:
        scope = str(self.engine.fixed.get("target_model", ""))
        return cloned(self.engine, client, lines, context, scope)

    def _spoken(
        self, client: VoiceClient, lines: Lines, context: Context, voice: str, *, is_cloned: bool
    ) -> Speech:
        pieces = self._pieces(lines, voice)
        raws: list[Raw] = []
        for number, piece in enumerate(pieces, 1):
            rest = [] if raws else [one.text for one in pieces[1:]]
            raws.append(self._bought(client, piece, context, rest))
            context.on_progress(number / len(pieces))
        sound, rate, times = joined(raws, self.engine.label, lines.text)
        made = record(
            self.engine,
            voice=voice,
            settings=pieces[0].options,
            usd=sum(self._usd(raw) or 0.0 for raw in raws),
            request_ids=request_ids(raws),
            is_cloned=is_cloned,
        )
        return Speech(sound, rate, word_times=times, made=made)

    def _pieces(self, lines: Lines, voice: str) -> list[Piece]:
        longest = min(self.engine.longest_chars or MOST_CHARS, MOST_CHARS)
        options = {k: v for k, v in lines.options.items() if k not in NOT_SAID}
        # A tag before the text counts as well.
        longest -= len(str(options.get("tag", ""))) + 3 if options.get("tag") else 0
        texts = split(lines.text, longest)
        if not texts:
            raise InputError("There is nothing to say: the text holds no words.")
        return [
            Piece(
                text,
                voice,
                lines.language,
                lines.seed,
                before=" ".join(texts[:i])[-AROUND_CHARS:],
                after=" ".join(texts[i + 1 :])[:AROUND_CHARS],
                options=options,
            )
            for i, text in enumerate(texts)
        ]

    def _usd(self, raw: Raw) -> float | None:
        return self.engine.usd(characters=len(raw.text)) if raw.usd is None else raw.usd

    def _bought(
        self, client: VoiceClient, piece: Piece, context: Context, rest: Sequence[str]
    ) -> Raw:
        """From the journal, if it was paid for already."""
        engine = self.engine
        paid = speech_order(engine, context.access, vars(piece), piece.text, rest)
        if isinstance(client, OrderingClient):
            job = _SpeechJob(client, piece)
            check = partial(check_raw, engine.label)
            return Raw.read(ordered(context, job, engine, paid, {}, check=check, suffix=".json"))

        def send(path: Path) -> dict[str, Any]:
            raw = cast(SayingClient, client).say(engine, piece)
            decoded(raw, engine.label)  # what cannot be used is not kept
            raw.write(path)
            return {"usd": self._usd(raw), **raw.facts}

        return Raw.read(bought(context, paid, send))


class _SpeechJob:
    """Satisfies vendors.orders.JobClient: speech that is ready at once, and has to be fetched."""

    keyed = False
    poll_s = 1.0

    def __init__(self, client: OrderingClient, piece: Piece) -> None:
        self.client, self.piece = client, piece
        self.handle: Handle = {}

    def prepare(self, engine: Engine, inputs: Mapping[str, Any]) -> Any:
        return None

    def submit(self, engine: Engine, sent: Sent) -> Handle:
        return self.client.order(engine, self.piece)

    def estimate(self, engine: Engine, prepared: Any) -> float | None:
        return None

    def look(self, engine: Engine, handle: Handle) -> Look:
        self.handle = handle
        return Look(is_done=True, usd=handle.get("usd"))

    def find(self, engine: Engine, sent: Sent) -> Handle | None:
        return None

    def fetch(self, engine: Engine, look: Look, target: Path) -> Path:
        self.client.fetch(self.handle, self.piece, target.parent).write(target)
        return target


def check_raw(label: str, path: Path) -> None:
    """Raises BadResult for what is no voice-over of its text."""
    decoded(Raw.read(path), label)


def speech_order(
    engine: Engine,
    access: Access,
    inputs: dict[str, Any],
    text: str,
    rest: Sequence[str] = (),
) -> Paid:
    """One piece of text as something that is paid for once. rest: the pieces behind the first one,
    for which the budget must have room as well.
    """
    account = access.account(engine.vendor)
    return Paid(
        key=paid_key(engine, inputs, account),
        engine=engine.name,
        what="speech",
        usd=engine.usd(characters=len(text), options=inputs),
        account=account,
        at_once=access.at_once(engine.vendor),
        about={"characters": len(text), "voice": str(inputs.get("voice", ""))},
        rest_usd=sum(engine.usd(characters=len(one), options=inputs) or 0.0 for one in rest),
    )


def request_ids(raws: list[Raw]) -> tuple[str, ...]:
    return tuple(str(raw.facts["request_id"]) for raw in raws if raw.facts.get("request_id"))
