"""HeyGen, API v3: lip-sync, talking photos and translated films.

Source: heygen-com/heygen-cli (v3 specs), developers.heygen.com.
"""

from collections.abc import Mapping
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
from avatar.engine.vendors.caller import Caller, reason, seconds_to_wait
from avatar.engine.vendors.files import mime_of, post_form, put_file
from avatar.engine.vendors.jobs import Body, JobCaller, JobQueue, with_webhook
from avatar.engine.vendors.orders import Handle, Look, Sent
from studio.lib.engines import Engine
from studio.lib.web import Answer

SMALL_BYTES = 32 * 10**6  # more goes the way of large files
SMALL_MIMES = ("image/png", "image/jpeg", "video/mp4", "video/webm", "audio/mpeg", "audio/wav")
COMPLETED, FAILED = "completed", "failed"
IDS = (("data", "lipsync_id"), ("data", "video_id"), ("data", "video_translation_ids", 0))
UNPAID = ("insufficient_credit", "quota_exceeded")
PLAIN_ID = "_asset_id"  # a field that ends so wants the asset's id by itself


class HeyGen(JobQueue):
    """An engine's `model` is the path under which its jobs are: /v3/lipsyncs."""

    vendor = "heygen"
    keyed = True

    def make_caller(self) -> Caller:
        return _Caller("heygen", self.access, {"X-Api-Key": self.access.key("heygen")})

    def uploaded(self, engine: Engine, name: str, path: Path) -> Any:
        is_small = path.stat().st_size <= SMALL_BYTES and mime_of(path) in SMALL_MIMES
        asset = self._small(path) if is_small else self._large(path)
        if engine.fields.get(name, name).endswith(PLAIN_ID):
            return asset
        return {"type": "asset_id", "asset_id": asset}

    def _small(self, path: Path) -> str:
        answer = post_form(self.caller, "/v3/assets", path)
        return str(self.caller.need(answer, "data", "asset_id"))

    def _large(self, path: Path) -> str:
        """Ask where to, bring it there, say that it is whole."""
        wanted = {
            "filename": path.name,
            "content_type": mime_of(path),
            "size_bytes": path.stat().st_size,
        }
        ticket = self.caller.call("POST", "/v3/assets/direct-uploads", json=wanted)
        asset = str(self.caller.need(ticket, "data", "asset_id"))
        headers = dict(ticket.get("data", "upload_headers", default={}))
        put_file(self.caller, str(self.caller.need(ticket, "data", "upload_url")), path, headers)
        self.caller.call("POST", f"/v3/assets/{asset}/complete", json={})
        return asset

    def prepare(self, engine: Engine, inputs: Mapping[str, Any]) -> Body:
        body = self.body_of(engine, inputs)
        if language := body.pop("output_language", ""):
            body["output_languages"] = [language]
        return body

    def submit(self, engine: Engine, sent: Sent) -> Handle:
        answer = self.caller.call(
            "POST",
            engine.model,
            order=True,
            json=with_webhook(sent.prepared, "callback_url", sent),
            headers={"Idempotency-Key": sent.key},
        )
        for path in IDS:
            if found := answer.get(*path):
                return {"id": str(found)}
        raise self.caller.unclear("HeyGen answered without an id.", answer.text, order=True)

    def look(self, engine: Engine, handle: Handle) -> Look:
        answer = self.caller.call("GET", f"{engine.model}/{handle['id']}")
        status = str(answer.get("data", "status", default="")).lower()
        if status == COMPLETED:
            facts = {"output_s": answer.get("data", "duration")}
            return self.done(answer.get("data", "video_url"), facts=facts)
        if status == FAILED:
            code = answer.get("data", "failure_code", default="")
            said = answer.get("data", "failure_message") or code
            is_refusal = "moderation" in str(code).lower()
            raise self.failure(said, answer.text, is_refusal=is_refusal)
        return Look()


class _Caller(JobCaller):
    """Its codes say more than its statuses."""

    def usual(self, answer: Answer, order: bool = False) -> VendorError | None:
        code = str(answer.get("error", "code", default=""))
        if answer.ok or not code:
            return super().usual(answer, order)
        said = reason(answer)
        if code in UNPAID:
            return Unpaid(f"HeyGen wants to be paid first: {said}", reply=answer.text)
        if code in ("unauthorized", "forbidden"):
            return KeyRefused(f"HeyGen does not accept the key: {said}", reply=answer.text)
        if code == "rate_limit_exceeded":
            wait = seconds_to_wait(answer)
            words = f"HeyGen asks for a pause: {said}"
            return Busy(words, retry_after_s=wait, reply=answer.text)
        if answer.status == 409 and order:  # this very order, sent a moment ago
            return OutcomeUnknown(f"HeyGen has this order already: {said}", reply=answer.text)
        if "moderation" in code:
            return Refused(f"HeyGen refuses this: {said}", reply=answer.text)
        return super().usual(answer, order)
