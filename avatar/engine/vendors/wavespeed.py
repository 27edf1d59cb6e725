"""WaveSpeedAI, API v3: many models behind one queue.

Its price call names a price and not what it is for (the second or the run), so nothing is
estimated from it.

Source: wavespeed 2.0.5 (PyPI), wavespeed.ai/docs.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from avatar.engine.errors import Refused, VendorError
from avatar.engine.vendors.caller import Caller
from avatar.engine.vendors.files import mime_of, put_file
from avatar.engine.vendors.jobs import Body, JobCaller, JobQueue, first_url
from avatar.engine.vendors.listing import Row, found_among
from avatar.engine.vendors.orders import Handle, Look, Sent
from avatar.engine.vendors.schemas import fitted
from studio.lib.engines import Engine
from studio.lib.web import Answer

LISTED = 100  # of the latest jobs
COMPLETED, ENDED = "completed", ("failed", "cancelled", "canceled", "timeout", "deleted")


class WaveSpeed(JobQueue):
    vendor = "wavespeed"

    def make_caller(self) -> Caller:
        headers = {"Authorization": f"Bearer {self.access.key('wavespeed')}"}
        return _Caller("wavespeed", self.access, headers)

    def uploaded(self, engine: Engine, name: str, path: Path) -> str:
        mime = mime_of(path)
        wanted = {"filename": path.name, "size": path.stat().st_size, "content_type": mime}
        ticket = self.caller.call("POST", "/api/v3/media/uploads", json=wanted)
        upload = self.caller.need(ticket, "data", "upload")
        put_file(
            self.caller,
            str(self.caller.need(ticket, "data", "upload", "url")),
            path,
            dict(upload.get("headers") or {}),
            method=str(upload.get("method") or "PUT"),
        )
        return str(self.caller.need(ticket, "data", "download_url"))

    def prepare(self, engine: Engine, inputs: Mapping[str, Any]) -> Body:
        if engine.confirmed:
            return self.body_of(engine, inputs)
        return fitted(self.body_of(engine, inputs), self._properties(engine), engine)

    def submit(self, engine: Engine, sent: Sent) -> Handle:
        answer = self.caller.call(
            "POST",
            f"/api/v3/{engine.model}",
            order=True,
            params={"webhook": sent.webhook_url or None},
            json=sent.prepared,
        )
        return {"id": str(self.caller.need(answer, "data", "id", order=True))}

    def look(self, engine: Engine, handle: Handle) -> Look:
        answer = self.caller.call("GET", f"/api/v3/predictions/{handle['id']}/result")
        status = str(answer.get("data", "status", default="")).lower()
        said = answer.get("data", "error", default="")
        if status == COMPLETED:
            url = first_url(answer.get("data", "outputs", default=[]))
            if not url and any(answer.get("data", "has_nsfw_contents", default=[])):
                raise self.failure("its filter found nudity.", answer.text, is_refusal=True)
            return self.done(url, answer.get("data", "outputs"))
        if status in ENDED:
            raise self.failure(said or status, answer.text)
        return Look()

    def find(self, engine: Engine, sent: Sent) -> Handle | None:
        return found_among(self._rows(), sent)

    def _rows(self) -> Iterator[Row | None]:
        wanted = {"page": 1, "page_size": LISTED}
        answer = self.caller.call("POST", "/api/v3/predictions", json=wanted)
        data = answer.get("data", default=[])
        found = data if isinstance(data, list) else answer.get("data", "items", default=[])
        for one in found:
            if isinstance(one, dict):
                inputs = one.get("inputs") or one.get("input")
                yield Row(str(one.get("id", "")), inputs, str(one.get("created_at", "")))
        if len(found) >= LISTED:
            yield None

    def _properties(self, engine: Engine) -> Mapping[str, Any]:
        """The names of the model's inputs, from its live catalogue. Raises Refused without it."""
        answer = self.caller.call("GET", "/api/v3/models")
        for one in answer.get("data", default=[]):
            if isinstance(one, dict) and one.get("model_id") == engine.model:
                row = Answer(200, {}, "", one)
                path = ("api_schema", "api_schemas", 0, "request_schema", "properties")
                return dict(row.get(*path, default={}))
        raise Refused(f"WaveSpeed does not offer {engine.model} now; its catalogue lacks it.")


class _Caller(JobCaller):
    """Its envelope has a status of its own, which counts where HTTP says 200."""

    def usual(self, answer: Answer, order: bool = False) -> VendorError | None:
        code = answer.get("code", default=200)
        if answer.ok and isinstance(code, int) and 400 <= code < 600:
            answer = self.as_if(answer, code)
        return super().usual(answer, order)
