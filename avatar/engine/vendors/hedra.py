"""Hedra, API v3: its own characters, and others' models.

Source: hedra-sdk 7.0.0.
"""

from pathlib import Path
from typing import Any

from avatar.engine.errors import (
    Busy,
    KeyRefused,
    OutcomeUnknown,
    Refused,
    Unpaid,
    VendorError,
)
from avatar.engine.vendors.caller import Caller, reason
from avatar.engine.vendors.files import post_form
from avatar.engine.vendors.jobs import Body, JobCaller, JobQueue, with_webhook
from avatar.engine.vendors.orders import Handle, Look, Sent
from studio.lib.engines import Engine
from studio.lib.web import Answer

COMPLETED, FAILED = "COMPLETED", "FAILED"
NO_KEY = ("UNAUTHORIZED", "PERMISSION_DENIED")


class Hedra(JobQueue):
    vendor = "hedra"
    keyed = True

    def make_caller(self) -> Caller:
        headers = {"Authorization": f"Bearer {self.access.key('hedra')}"}
        return _Caller("hedra", self.access, headers)

    def uploaded(self, engine: Engine, name: str, path: Path) -> Body:
        answer = post_form(self.caller, "/files", path)
        # Signed: it must go back exactly as it came, with everything behind the question mark.
        return {"source": "url", "url": self.caller.need(answer, "url")}

    def must_offer(self, engine: Engine) -> None:
        self.caller.call("GET", f"/models/{engine.model}")

    def submit(self, engine: Engine, sent: Sent) -> Handle:
        answer = self.caller.call(
            "POST",
            f"/models/{engine.model}",
            order=True,
            json=with_webhook({"input": sent.prepared}, "webhook", sent),
            headers={"Idempotency-Key": sent.key},
        )
        return {"id": str(self.caller.need(answer, "job_id", order=True))}

    def look(self, engine: Engine, handle: Handle) -> Look:
        status = self.caller.call("GET", f"/jobs/{handle['id']}/status")
        word = str(status.get("status", default="")).upper()
        if word not in (COMPLETED, FAILED):
            progress = status.get("progress", default=0.0)
            return Look(progress=float(progress) if isinstance(progress, int | float) else 0.0)
        job = self.caller.call("GET", f"/jobs/{handle['id']}")
        made = job.get("outputs", 0, default={})
        ended = str(made.get("status", COMPLETED)) if isinstance(made, dict) else COMPLETED
        if word == FAILED or ended != COMPLETED:
            raise self._ended(job, made)
        return self.done(job.get("outputs", 0, "url"), job.get("outputs"), usd=_usd(job))

    def estimate(self, engine: Engine, prepared: Body) -> float | None:
        answer = self.caller.call(
            "POST", f"/models/{engine.model}/estimate", json={"input": prepared}
        )
        return _usd(answer)

    def _ended(self, job: Answer, made: Any) -> VendorError:
        error = job.get("error") or (made.get("error") if isinstance(made, dict) else None)
        code = error.get("code") if isinstance(error, dict) else error
        return self.failure(error, job.text, is_refusal=code == "MODERATION_FAILED")


def _usd(answer: Answer) -> float | None:
    cost, currency = answer.get("cost"), str(answer.get("currency", default="USD")).upper()
    try:
        return float(cost) if currency == "USD" and cost is not None else None
    except (TypeError, ValueError):
        return None


class _Caller(JobCaller):
    """Its codes say more than its statuses."""

    def usual(self, answer: Answer, order: bool = False) -> VendorError | None:
        code = answer.get("error", "code", default="")
        if answer.ok or not code:
            return super().usual(answer, order)
        said = reason(answer)
        wait = answer.get("error", "retry_after")
        if code == "INSUFFICIENT_BALANCE":
            return Unpaid(f"Hedra wants to be paid first: {said}", reply=answer.text)
        if code == "MODERATION_FAILED":
            return Refused(f"Hedra refuses this: {said}", reply=answer.text)
        if code in NO_KEY:
            return KeyRefused(f"Hedra does not accept the key: {said}", reply=answer.text)
        if code == "ALREADY_IN_PROGRESS":  # this very order, sent a moment ago
            return OutcomeUnknown(f"Hedra has this order already: {said}", reply=answer.text)
        problem = super().usual(answer, order)
        is_later = code == "RESOURCE_EXHAUSTED" or (answer.get("error", "retryable") and not order)
        if isinstance(problem, Busy) or (is_later and answer.status < 500):
            seconds = float(wait) if isinstance(wait, int | float) else None
            seconds = seconds or getattr(problem, "retry_after_s", None)
            words = f"Hedra asks for a pause: {said}"
            return Busy(words, retry_after_s=seconds, reply=answer.text)
        return problem
