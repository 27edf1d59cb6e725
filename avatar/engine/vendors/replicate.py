"""Replicate: official models behind one queue.

Source: replicate 1.0.7 (PyPI), replicate.com/docs (http reference, rate-limits).
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from avatar.engine.errors import BadResult, Busy, VendorError
from avatar.engine.vendors.caller import Caller, reason, seconds_to_wait
from avatar.engine.vendors.files import post_form
from avatar.engine.vendors.jobs import Body, JobCaller, JobQueue, first_url
from avatar.engine.vendors.listing import Row, found_among
from avatar.engine.vendors.orders import Handle, Look, Sent
from avatar.engine.vendors.schemas import fitted
from studio.lib.engines import Engine
from studio.lib.web import Answer

SUCCEEDED, ENDED = "succeeded", ("failed", "canceled", "aborted")
RESETS = re.compile(r"resets in ~?(\d+)\s*s")
PAGES = 5  # of the list, a hundred jobs each


class Replicate(JobQueue):
    vendor = "replicate"

    def make_caller(self) -> Caller:
        headers = {"Authorization": f"Bearer {self.access.key('replicate')}"}
        return _Caller("replicate", self.access, headers)

    def uploaded(self, engine: Engine, name: str, path: Path) -> str:
        answer = post_form(self.caller, "/files", path, field="content")
        return str(self.caller.need(answer, "urls", "get"))

    def prepare(self, engine: Engine, inputs: Mapping[str, Any]) -> Body:
        body = self.body_of(engine, inputs)
        return body if engine.confirmed else fitted(body, self._properties(engine), engine)

    def must_offer(self, engine: Engine) -> None:
        self._properties(engine)

    def submit(self, engine: Engine, sent: Sent) -> Handle:
        body: Body = {"input": sent.prepared}
        if sent.webhook_url:
            body |= {"webhook": sent.webhook_url, "webhook_events_filter": ["completed"]}
        answer = self.caller.call(
            "POST", f"/models/{engine.model}/predictions", order=True, json=body
        )
        return {"id": str(self.caller.need(answer, "id", order=True))}

    def cancel(self, engine: Engine, handle: Handle) -> None:
        """Of a job that is over already it says how that ended. Raises VendorError."""
        self.caller.call("POST", f"/predictions/{handle['id']}/cancel")

    def look(self, engine: Engine, handle: Handle) -> Look:
        answer = self.caller.call("GET", f"/predictions/{handle['id']}")
        status = str(answer.get("status", default="")).lower()
        if status == SUCCEEDED:
            if answer.get("data_removed"):
                raise BadResult("Replicate has removed what it made; it keeps it for an hour.")
            facts = {"predict_s": answer.get("metrics", "predict_time")}
            return self.done(first_url(answer.get("output")), answer.get("output"), facts=facts)
        if status in ENDED:
            raise self.failure(answer.get("error") or status, answer.text)
        return Look()

    def find(self, engine: Engine, sent: Sent) -> Handle | None:
        """An hour after it was made, a job shows its inputs no longer."""
        return found_among(self._rows(), sent)

    def _rows(self) -> Iterator[Row | None]:
        cursor: dict[str, str] = {}
        for _ in range(PAGES):
            answer = self.caller.call("GET", "/predictions", params=cursor)
            for one in answer.get("results", default=[]):
                if isinstance(one, dict):
                    inputs, at = one.get("input"), str(one.get("created_at", ""))
                    yield Row(str(one.get("id", "")), inputs, at)
            following = parse_qs(urlsplit(str(answer.get("next", default=""))).query)
            if not following.get("cursor"):
                return
            cursor = {"cursor": following["cursor"][0]}
        yield None

    def _properties(self, engine: Engine) -> Mapping[str, Any]:
        answer = self.caller.call("GET", f"/models/{engine.model}")
        schema = ("latest_version", "openapi_schema", "components", "schemas", "Input")
        return dict(answer.get(*schema, "properties", default={}))


class _Caller(JobCaller):
    """It says in words how long to wait."""

    def usual(self, answer: Answer, order: bool = False) -> VendorError | None:
        problem = super().usual(answer, order)
        if isinstance(problem, Busy) and (found := RESETS.search(reason(answer))):
            problem.retry_after_s = seconds_to_wait(answer) or float(found[1])
        return problem
