"""Kling's own API: avatars from a photo, and lip-sync of footage that lies at a public address.

It takes pictures and sounds within the order, but fetches footage itself; without an address of
the footage the same model is reached through fal, WaveSpeed or Replicate.

Source: kling.ai/document-api (avatar, identify-face, advanced-lip-sync, error codes).
"""

import base64
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avatar.engine.errors import Busy, KeyRefused, Refused, Unpaid, VendorError
from avatar.engine.vendors.caller import Caller, reason, seconds_to_wait
from avatar.engine.vendors.files import sendable
from avatar.engine.vendors.jobs import Body, JobCaller, JobQueue, completed, with_webhook
from avatar.engine.vendors.orders import NOT_THERE, Handle, Look, Sent
from studio.lib.engines import Engine
from studio.lib.web import Answer

AVATAR = "/v1/videos/avatar/image2video"
SUCCEEDED, FAILED = "succeed", "failed"
TOKEN_S, SKEW_S = 1800, 5
UNPAID, NO_KEY, REFUSED = (
    (1100, 1101, 1102),
    (1000, 1001, 1002, 1003, 1004, 1103, 1304),
    (1300, 1301),
)
PAUSE, NO_TASK = (1302, 1303), 1203
VOLUME = 1.0


class Kling(JobQueue):
    """An engine's `model` is the path under which its jobs are. Files wait on this machine until
    they are sent: they go within the order, and an order on record stays small.
    """

    vendor = "kling"
    keyed = False  # external_task_id finds an order, and does not keep it from being made twice

    def make_caller(self) -> Caller:
        return _Caller("kling", self.access, {})

    def prepare(self, engine: Engine, inputs: Mapping[str, Any]) -> Body:
        given = completed(engine, inputs)
        plain = {k: v for k, v in given.items() if not isinstance(v, Path)}
        files = {k: str(v) for k, v in given.items() if isinstance(v, Path)}
        if engine.model == AVATAR:
            return {"body": plain, "files": files}
        url = str(plain.pop("video_url", ""))
        if not url.startswith("https://") and not self.access.is_replaced("kling"):
            url = ""
        if not url:
            raise Refused(
                "Kling fetches footage itself and needs its public https address (option"
                " video_url); without one take this model through fal, WaveSpeed or Replicate."
            )
        files.pop("video", None)
        return {"body": self._face_of(url), "files": files, **plain}

    def submit(self, engine: Engine, sent: Sent) -> Handle:
        prepared = sent.prepared
        files = {k: _encoded(engine, k, Path(v)) for k, v in prepared["files"].items()}
        body = {**prepared["body"], "external_task_id": sent.key}
        body = with_webhook(body, "callback_url", sent)
        if engine.model == AVATAR:
            for name, data in files.items():
                body[engine.fields.get(name, name)] = data
        else:
            face = {**body["face_choose"][0], "sound_file": files["audio"]}
            volume = prepared.get("original_audio_volume", 0)
            face |= {"sound_volume": VOLUME, "original_audio_volume": volume}
            body["face_choose"] = [{**face, **_whole(Path(prepared["files"]["audio"]))}]
        answer = self.caller.call("POST", engine.model, order=True, json=body, read_s=180.0)
        return {"id": str(self.caller.need(answer, "data", "task_id", order=True))}

    def look(self, engine: Engine, handle: Handle) -> Look:
        answer = self.caller.call("GET", f"{engine.model}/{handle['id']}")
        status = str(answer.get("data", "task_status", default="")).lower()
        if status == SUCCEEDED:
            units = answer.get("data", "final_unit_deduction")
            url = answer.get("data", "task_result", "videos", 0, "url")
            return self.done(url, facts={"units": units})
        if status == FAILED:
            raise self.failure(answer.get("data", "task_status_msg"), answer.text)
        return Look()

    def find(self, engine: Engine, sent: Sent) -> Handle | None:
        try:
            answer = self.caller.call("GET", f"{engine.model}/{sent.key}")
        except _NoTask:
            return NOT_THERE
        task = answer.get("data", "task_id")
        return {"id": str(task)} if task else None

    def check(self) -> str:
        with contextlib.suppress(Refused):  # there is no such task, which only a good key is told
            self.caller.call("GET", f"{AVATAR}/0")
        return "Kling accepts the key. It does not say what is left on the account."

    def _face_of(self, url: str) -> Body:
        """The session of looking for faces, and the face that is seen longest."""
        answer = self.caller.call("POST", "/v1/videos/identify-face", json={"video_url": url})
        faces = [one for one in answer.get("data", "face_data", default=[]) if "face_id" in one]
        if not faces:
            raise Refused("Kling finds no face in the footage.")
        face = max(faces, key=lambda one: _ms(one, "end_time") - _ms(one, "start_time"))
        # At the very beginning, whenever the face comes: the reel has the sound there, too.
        choice = {"face_id": face["face_id"], "sound_insert_time": 0}
        session = self.caller.need(answer, "data", "session_id")
        return {"session_id": session, "face_choose": [choice]}


def _ms(face: Mapping[str, Any], name: str) -> int:
    try:
        return int(face.get(name, 0))
    except (TypeError, ValueError):
        return 0


def _whole(sound: Path) -> dict[str, int]:
    """All of the sound, in ms."""
    from avatar.engine.media.probe import probe

    return {"sound_start_time": 0, "sound_end_time": probe(sound).duration_ms}


def _encoded(engine: Engine, name: str, path: Path) -> str:
    """base64 without the words that a data address begins with, as Kling wants it."""
    with sendable(engine, name, path) as file:
        return base64.b64encode(file.read_bytes()).decode()


def bearer(key: str, now_s: float) -> str:
    """What goes behind `Bearer`: a key as it is, or a token signed for half an hour where the key
    is one of the older pairs, `access:secret`.
    """
    access, colon, secret = key.partition(":")
    if not colon:
        return key
    claims = {"iss": access, "exp": int(now_s) + TOKEN_S, "nbf": int(now_s) - SKEW_S}
    signed = f"{_segment({'alg': 'HS256', 'typ': 'JWT'})}.{_segment(claims)}"
    digest = hmac.digest(secret.encode(), signed.encode(), hashlib.sha256)
    return f"{signed}.{_url_safe(digest)}"


def _segment(claims: Mapping[str, Any]) -> str:
    return _url_safe(json.dumps(claims, separators=(",", ":")).encode())


def _url_safe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class _NoTask(Refused):
    """There is no task of that name."""


class _Caller(JobCaller):
    def call(self, method: str, url: str, **more: Any) -> Answer:
        """Signed anew each time: a film takes longer than a token lives."""
        signed = {"Authorization": f"Bearer {bearer(self.access.key('kling'), time.time())}"}
        return super().call(
            method, url, **{**more, "headers": signed | (more.get("headers") or {})}
        )

    def usual(self, answer: Answer, order: bool = False) -> VendorError | None:
        """Its codes decide: an empty account is a 429 with it, as a pause is."""
        code = answer.get("code", default=0)
        if not isinstance(code, int) or code == 0:
            return super().usual(answer, order)
        said = reason(answer)
        if code in UNPAID:
            return Unpaid(f"Kling wants to be paid first: {said}", reply=answer.text)
        if code in NO_KEY:
            return KeyRefused(f"Kling does not accept the key: {said}", reply=answer.text)
        if code in PAUSE:
            wait = seconds_to_wait(answer)
            words = f"Kling asks for a pause: {said}"
            return Busy(words, retry_after_s=wait, reply=answer.text)
        if code == NO_TASK:
            return _NoTask(f"Kling knows no such task: {said}", reply=answer.text)
        if code in REFUSED or answer.ok:
            return Refused(f"Kling refuses this: {said}", reply=answer.text)
        return super().usual(answer, order)
