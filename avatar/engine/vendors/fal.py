"""fal.ai: its queue, and its storage.

Source: fal-client 1.0.3 (PyPI), @fal-ai/client 1.10.1, fal.ai/docs (queue, errors).
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from avatar.engine.errors import VendorError
from avatar.engine.vendors.caller import Caller, reason
from avatar.engine.vendors.files import mime_of, put_file
from avatar.engine.vendors.jobs import JobCaller, JobQueue, first_url
from avatar.engine.vendors.orders import Handle, Look, Sent
from studio.lib.engines import Engine
from studio.lib.web import Answer

OWN_HOSTS = ("fal.run", "falrun.com")
COMPLETED = "COMPLETED"


class Fal(JobQueue):
    vendor = "fal"

    def make_caller(self) -> Caller:
        return JobCaller("fal", self.access, self._headers)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Key {self.access.key('fal')}"}

    def uploaded(self, engine: Engine, name: str, path: Path) -> str:
        mime = mime_of(path)
        ticket = self._ticket(path.name, mime)
        put_file(
            self.caller, str(self.caller.need(ticket, "upload_url")), path, {"Content-Type": mime}
        )
        return str(self.caller.need(ticket, "file_url"))

    def submit(self, engine: Engine, sent: Sent) -> Handle:
        answer = self.caller.call(
            "POST",
            f"/{engine.model}",
            order=True,
            params={"fal_webhook": sent.webhook_url or None},
            json=sent.prepared,
        )
        request = str(self.caller.need(answer, "request_id", order=True))
        # Requests of models with longer names live under the first two parts of the name.
        owner, name, *_ = engine.model.split("/")
        base = f"{self.access.url('fal')}/{owner}/{name}/requests/{request}"
        return {
            "id": request,
            "status_url": self._own(answer.get("status_url"), f"{base}/status"),
            "response_url": self._own(answer.get("response_url"), base),
            "cancel_url": self._own(answer.get("cancel_url"), f"{base}/cancel"),
        }

    def cancel(self, engine: Engine, handle: Handle) -> None:
        """Raises VendorError, Refused among them for a job that is over already."""
        self.caller.call("PUT", handle.get("cancel_url") or f"{handle['response_url']}/cancel")

    def look(self, engine: Engine, handle: Handle) -> Look:
        answer = self.caller.call("GET", handle["status_url"])
        if str(answer.get("status")).upper() != COMPLETED:
            return Look()
        made = self._results.call("GET", handle["response_url"])
        if said := answer.get("error"):
            raise self.failure(said, answer.text)
        return self.done(first_url(made.body), made.body)

    @property
    def _results(self) -> Caller:
        """Where the answer may be the model's own failure, under the model's own status."""
        return JobCaller("fal", self.access, self._headers, explain=self._model_failure)

    def _model_failure(self, answer: Answer) -> VendorError | None:
        if answer.ok or answer.status in (401, 403, 408, 429):
            return None
        said, kind = reason(answer), answer.get("detail", 0, "type", default="")
        is_models = bool(kind) or bool(answer.headers.get("X-Fal-Error-Type"))
        if answer.status >= 500 and not (is_models or answer.get("error_type")):
            return None  # the queue is in trouble, not the request
        is_refusal = answer.status == 422 or "content_policy" in str(kind)
        return self.failure(said or kind, answer.text, is_refusal=is_refusal)

    def _ticket(self, name: str, mime: str) -> Answer:
        storage = self.access.url("fal", "FAL_STORAGE_URL")
        return self.caller.call(
            "POST",
            f"{storage}/storage/upload/initiate",
            params={"storage_type": "gcs"},
            json={"file_name": name, "content_type": mime},
        )

    def _own(self, given: Any, usual: str) -> str:
        """The address that it names, as long as it is fal's: the key goes there."""
        if not isinstance(given, str):
            return usual
        here, parts = urlsplit(self.access.url("fal")), urlsplit(given)
        host = parts.hostname or ""
        is_fals = parts.scheme == "https" and (
            host in OWN_HOSTS or host.endswith(tuple(f".{one}" for one in OWN_HOSTS))
        )
        return given if is_fals or parts[:2] == here[:2] else usual
