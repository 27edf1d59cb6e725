"""Sync.so, API v2: lip-sync of footage, and of a photo with sync-3.

Source: sync.so/docs (create, error-handling, idempotency, speaker-selection), syncsdk 0.3.0.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avatar.engine.errors import InputError, OutcomeUnknown, VendorError
from avatar.engine.vendors.caller import Caller, reason
from avatar.engine.vendors.files import mime_of, put_file
from avatar.engine.vendors.jobs import Body, JobCaller, JobQueue, with_webhook
from avatar.engine.vendors.orders import Handle, Look, Sent
from avatar.engine.vendors.sync_options import segments_of, speaker_of
from studio.lib.engines import Engine
from studio.lib.web import Answer

ASSET_TYPES = {"video": "VIDEO", "image": "IMAGE", "audio": "AUDIO"}
SPEAKER = ("active_speaker", "speaker_frame", "speaker_x", "speaker_y", "speaker_boxes")
VOICE = "voice"  # how segments name the only sound there is
FAILED, REJECTED, COMPLETED = "FAILED", "REJECTED", "COMPLETED"


class Sync(JobQueue):
    vendor = "sync"
    keyed = True
    poll_s = 10.0  # as its documents ask

    def make_caller(self) -> Caller:
        headers = {"x-api-key": self.access.key("sync")}
        return _SyncCaller("sync", self.access, headers)

    def uploaded(self, engine: Engine, name: str, path: Path) -> Body:
        """Ticket, bytes, and a name among the account's assets."""
        mime = mime_of(path)
        wanted = {"fileName": path.name, "contentType": mime, "size": path.stat().st_size}
        ticket = self.caller.call("POST", "/v2/assets/upload", json=wanted)
        put_file(self.caller, self.caller.need(ticket, "uploadUrl"), path, {"Content-Type": mime})
        asset = self.caller.call(
            "POST",
            "/v2/assets",
            json={
                "url": self.caller.need(ticket, "url"),
                "type": ASSET_TYPES[name],
                "name": path.name,
                "visibility": "USER",
            },
        )
        return {"type": name, "assetId": self.caller.need(asset, "id")}

    def prepare(self, engine: Engine, inputs: Mapping[str, Any]) -> Body:
        speaker = speaker_of({name: inputs.get(name) for name in SPEAKER})
        segments = segments_of(inputs.get("segments"), VOICE)
        if speaker and "image" in inputs:
            raise InputError("In a photo Sync.so takes the one face there is; choose no speaker.")
        plain = {k: v for k, v in inputs.items() if k not in (*SPEAKER, "segments")}
        if "image" not in inputs:
            plain.pop("prompt", None)  # tells how a photo is to move
        if not plain.get("reasoning"):
            plain.pop("reasoning", None)  # its name is not certain: sent only to switch it on
        body = self.body_of(engine, plain)
        items = [body.pop(name) for name in ASSET_TYPES if name in body]
        body = {"model": engine.model, "input": items, **body}
        if segments:
            next(item for item in items if item["type"] == "audio")["refId"] = VOICE
            body["segments"] = segments
        if speaker:
            body.setdefault("options", {})["active_speaker_detection"] = speaker
        return body

    def submit(self, engine: Engine, sent: Sent) -> Handle:
        answer = self.caller.call(
            "POST",
            "/v2/generate",
            order=True,
            json=with_webhook(sent.prepared, "webhookUrl", sent),
            headers={"Idempotency-Key": sent.key},
        )
        if taken := answer.get("generationId"):  # an earlier try under this key got through
            return {"id": str(taken)}
        return {"id": str(self.caller.need(answer, "id", order=True))}

    def look(self, engine: Engine, handle: Handle) -> Look:
        answer = self.caller.call("GET", f"/v2/generate/{handle['id']}")
        status = str(answer.get("status", default="")).upper()
        if status == COMPLETED:
            facts = {"output_s": answer.get("outputDuration")}
            return self.done(answer.get("outputUrl"), facts=facts)
        if status in (FAILED, REJECTED):
            code = answer.get("error_code") or answer.get("errorCode") or ""
            said = answer.get("error") or code
            raise self.failure(said, answer.text, is_refusal=status == REJECTED)
        return Look()

    def estimate(self, engine: Engine, prepared: Body) -> float | None:
        answer = self.caller.call("POST", "/v2/analyze/cost", json=prepared)
        rows = answer.body if isinstance(answer.body, list) else [answer.body]
        costs = [row.get("estimatedGenerationCost") for row in rows if isinstance(row, dict)]
        known = [cost for cost in costs if isinstance(cost, int | float)]
        return float(sum(known)) if known else None


class _SyncCaller(JobCaller):
    def usual(self, answer: Answer, order: bool = False) -> VendorError | None:
        code = str(answer.get("errorCode") or answer.get("error_code") or answer.get("error"))
        if answer.ok or not code.startswith("IDEMPOTENCY_"):
            return super().usual(answer, order)
        if answer.get("generationId"):
            return None
        said = reason(answer)
        return OutcomeUnknown(f"{self.label} has this order already: {said}", reply=answer.text)
