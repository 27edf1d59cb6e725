"""A voice that imitates the creator's sample, made once for many takes.

It is an order of its own, kept by the journal: the sample's content and the account name it. Its
name at the vendor carries the key of the attempt, so that one whose answer was lost can be looked
for.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from avatar.engine.errors import InputError
from avatar.engine.speech.base import Lines
from avatar.engine.speech.client import About, CloningClient
from avatar.engine.speech.samples import Sample, fitting
from avatar.engine.vendors.journal import Paid
from avatar.engine.vendors.orders import Context, Handle, Look, Sent, ordered, paid_key
from studio.lib.engines import Engine

NAME_CHARS = 24  # of the hash in its name; nobody has two voices that share them


def clone_order(engine: Engine, lines: Lines, context: Context, scope: str = "") -> Paid:
    """The order for the voice of that sample.

    scope: what the vendor ties a voice to, its model for instance; voices of one account serve
        all its models otherwise.
    """
    assert lines.sample is not None
    account = context.access.account(engine.vendor)
    name = f"{engine.vendor}:clone {scope}".strip()
    words = str(lines.options.get("sample_text") or "")
    inputs = {"sample": lines.sample, "words": words}
    return Paid(
        key=paid_key(replace(engine, name=name), inputs, account),
        engine=engine.name,
        what="clone",
        usd=engine.clone_price.of() if engine.clone_price else 0.0,
        account=account,
        about={"sample": lines.sample.name},
    )


def cloned(
    engine: Engine, client: CloningClient, lines: Lines, context: Context, scope: str = ""
) -> tuple[Paid, dict[str, Any]]:
    """The order, and what the vendor said of the voice, `voice_id` among it."""
    paid = clone_order(engine, lines, context, scope)
    job = _CloneJob(client, lines)
    kept = ordered(
        context,
        job,
        engine,
        paid,
        {"audio": lines.sample},
        check=lambda file: None,
        suffix=".json",
    )
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return paid, found


def clone_name(key: str) -> str:
    """What the voice of that attempt is called at the vendor: letters, digits and one dash."""
    return f"understudy-{hashlib.sha256(key.encode()).hexdigest()[:NAME_CHARS]}"


class _CloneJob:
    """Satisfies vendors.orders.JobClient: making a voice is a job that ends at once, mostly."""

    poll_s = 3.0

    def __init__(self, client: CloningClient, lines: Lines) -> None:
        self.client, self.lines, self.keyed = client, lines, client.is_keyed
        self.about = About(lines.language, str(lines.options.get("sample_text") or ""))

    @contextmanager
    def _sample(self, engine: Engine) -> Iterator[Path]:
        wanted: Sample | None = self.client.sample
        if wanted is None or self.lines.sample is None:
            raise InputError(f"{engine.label} cannot imitate a sample.")
        with tempfile.TemporaryDirectory() as folder:
            yield fitting(self.lines.sample, wanted, engine.label, Path(folder))

    def prepare(self, engine: Engine, inputs: Mapping[str, Any]) -> Any:
        with self._sample(engine) as sample:
            return self.client.bring(sample)

    def submit(self, engine: Engine, sent: Sent) -> Handle:
        with self._sample(engine) as sample:
            return self.client.clone(
                engine, sample, sent.prepared, clone_name(sent.key), self.about
            )

    def estimate(self, engine: Engine, prepared: Any) -> float | None:
        return None

    def look(self, engine: Engine, handle: Handle) -> Look:
        return Look(is_done=self.client.is_ready(engine, handle), facts=_kept(handle))

    def find(self, engine: Engine, sent: Sent) -> Handle | None:
        with self._sample(engine) as sample:
            return self.client.find_clone(engine, sample, clone_name(sent.key), self.about)

    def fetch(self, engine: Engine, look: Look, target: Path) -> Path:
        target.write_text(json.dumps(dict(look.facts)), encoding="utf-8")
        return target


def _kept(handle: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in handle.items() if k != "placed_at"}
