"""PixVerse's own API: lip-sync of footage. Its errors come as HTTP 200.

Source: docs.platform.pixverse.ai, as recorded by others; its numbers of states and errors are from
general knowledge, so words decide where a number is not known.
"""

import contextlib
import re
import uuid
from pathlib import Path
from typing import Any

from avatar.engine.errors import Busy, KeyRefused, Refused, Unpaid, VendorError
from avatar.engine.vendors.caller import Caller, reason, seconds_to_wait
from avatar.engine.vendors.files import post_form
from avatar.engine.vendors.jobs import UNPAID, JobCaller, JobQueue
from avatar.engine.vendors.orders import Handle, Look, Sent
from studio.lib.engines import Engine
from studio.lib.web import Answer

SUBMIT = "/openapi/v2/video/lip_sync/generate"
DONE, MODERATED, FAILED = 1, 7, 8
BUSY = re.compile(
    r"(?i)\brate\b|rate.?limit|too many|concurren|reached the limit|frequen|high load|try again"
)
NO_KEY = re.compile(r"(?i)\bkey\b|api.?key|token|\bauth(ori[sz]|entic|\b)|permission|not allowed")
IN_TROUBLE = re.compile(
    r"(?i)internal|system error|server error|unknown error|timed? ?out|un ?available|not available"
)
NO_CREDITS = re.compile(r"(?i)balance|credits?")


class PixVerse(JobQueue):
    vendor = "pixverse"

    def make_caller(self) -> Caller:
        return _Caller("pixverse", self.access, {"API-KEY": self.access.key("pixverse")})

    def uploaded(self, engine: Engine, name: str, path: Path) -> int:
        answer = post_form(self.caller, "/openapi/v2/media/upload", path)
        return int(self.caller.need(answer, "Resp", "media_id"))

    def submit(self, engine: Engine, sent: Sent) -> Handle:
        answer = self.caller.call("POST", SUBMIT, order=True, json=sent.prepared)
        return {"id": str(self.caller.need(answer, "Resp", "video_id", order=True))}

    def look(self, engine: Engine, handle: Handle) -> Look:
        answer = self.caller.call("GET", f"/openapi/v2/video/result/{handle['id']}")
        status = answer.get("Resp", "status")
        if status == DONE:
            return self.done(answer.get("Resp", "url"))
        if status == MODERATED:
            raise self.failure("its moderation stopped it.", answer.text, is_refusal=True)
        if status == FAILED:
            raise self.failure(answer.get("ErrMsg"), answer.text)
        return Look()

    def check(self) -> str:
        with contextlib.suppress(Refused):  # there is no such film, which only a good key is told
            self.caller.call("GET", "/openapi/v2/video/result/0")
        return "PixVerse accepts the key. It does not say what is left on the account."


class _Caller(JobCaller):
    def call(self, method: str, url: str, **more: Any) -> Answer:
        """Every call has a number of its own; the same one twice is answered from its memory."""
        traced = {"Ai-Trace-Id": str(uuid.uuid4())}
        return super().call(
            method, url, **{**more, "headers": traced | (more.get("headers") or {})}
        )

    def usual(self, answer: Answer, order: bool = False) -> VendorError | None:
        code = answer.get("ErrCode", default=0)
        if not answer.ok or code in (0, "0"):
            return super().usual(answer, order)
        said = reason(answer)
        if UNPAID.search(said) or (NO_CREDITS.search(said) and not BUSY.search(said)):
            return Unpaid(f"PixVerse wants to be paid first: {said}", reply=answer.text)
        if BUSY.search(said):
            wait = seconds_to_wait(answer)
            words = f"PixVerse asks for a pause: {said}"
            return Busy(words, retry_after_s=wait, reply=answer.text)
        if IN_TROUBLE.search(said):
            return self.unclear(f"PixVerse is in trouble: {said}", answer.text, order)
        if NO_KEY.search(said):
            return KeyRefused(f"PixVerse does not accept the key: {said}", reply=answer.text)
        return Refused(f"PixVerse refuses this: {said}", reply=answer.text)
