"""Webhooks of vendors: sent by themselves when a job is over, signed as each of them signs.

Rules, of every vendor with webhooks: webhooks ("once"; or several of: twice, reversed, wrong,
stale, unknown, never). wrong: the signature is of another body. stale: an hour old, and signed so.
unknown: one for a job that does not exist goes first. sync.webhook_dot (true: a dot stands between
time and body). What became of each is a document of kind "webhook".
"""

import base64
import hashlib
import hmac
import json
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import uuid4

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from studio.sandbox import VENDORS
from studio.sandbox.state import Document, Sandbox
from studio.sandbox.vendors.jobs import FFMPEG_WAIT_S, is_known, is_over, settled, stage

SECRET = "whsec_" + base64.b64encode(b"sandbox-webhook-secret-of-32-bytes").decode()
SIGNER = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"sandbox").digest())
USER = "sandbox-user"
WAIT_S = 10  # for whoever is told
LOOK_S = 0.1
LONGEST_S = 3600  # of the real clock; a job that never ends is forgotten then
STALE_S = 3600

Sign = Callable[[Sandbox, str, int, bytes], dict[str, str]]


@dataclass(frozen=True)
class Manner:
    """How a vendor tells.

    tells: the stages it tells about, "over" for the last.
    sign: sandbox, id of the message, time, body -> headers.
    body: the vendor's own description of a job -> what is sent.
    """

    sign: Sign
    tells: tuple[str, ...] = ("over",)
    body: Callable[[Sandbox, Document, Any], Any] = lambda sandbox, job, shown: shown


def _hmac(key: bytes, message: bytes) -> "hmac.HMAC":
    return hmac.new(key, message, hashlib.sha256)


def _sync(sandbox: Sandbox, id: str, at: int, body: bytes) -> dict[str, str]:
    dot = b"." if sandbox.rule("sync.webhook_dot", True) else b""
    made = _hmac(SECRET.encode(), str(at).encode() + dot + body).hexdigest()
    return {"Sync-Signature": f"t={at},v1={made}"}


def _wavespeed(sandbox: Sandbox, id: str, at: int, body: bytes) -> dict[str, str]:
    key = SECRET.removeprefix("whsec_").encode()
    made = _hmac(key, f"{id}.{at}.".encode() + body).hexdigest()
    return _standard(id, at, f"v3,{made}")


def _replicate(sandbox: Sandbox, id: str, at: int, body: bytes) -> dict[str, str]:
    """Two signatures, as while a secret is exchanged; the second is that of the secret."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    made = _hmac(key, f"{id}.{at}.".encode() + body).digest()
    other = _hmac(b"an older secret", body).digest()
    both = " ".join(f"v1,{base64.b64encode(one).decode()}" for one in (other, made))
    return _standard(id, at, both)


def _standard(id: str, at: int, signature: str) -> dict[str, str]:
    return {
        "webhook-id": id,
        "webhook-timestamp": str(at),
        "webhook-signature": signature,
    }


def _fal(sandbox: Sandbox, id: str, at: int, body: bytes) -> dict[str, str]:
    digest = hashlib.sha256(body).hexdigest()
    made = SIGNER.sign("\n".join([id, USER, str(at), digest]).encode())
    return {
        "X-Fal-Webhook-Request-Id": id,
        "X-Fal-Webhook-User-Id": USER,
        "X-Fal-Webhook-Timestamp": str(at),
        "X-Fal-Webhook-Signature": made.hex(),
    }


def _heygen(sandbox: Sandbox, id: str, at: int, body: bytes) -> dict[str, str]:
    made = _hmac(heygen_secret(sandbox).encode(), body).hexdigest()
    return {"Heygen-Signature": made, "Heygen-Timestamp": str(at), "Heygen-Event-Id": id}


def heygen_secret(sandbox: Sandbox) -> str:
    """Of the endpoint that was registered last."""
    known = sandbox.of("heygen").find("endpoint")
    return str(known[-1]["secret"]) if known else SECRET


def _hedra(sandbox: Sandbox, id: str, at: int, body: bytes) -> dict[str, str]:
    """The header's name and what is signed are not published: this is a guess."""
    made = base64.b64encode(SIGNER.sign(body)).decode()
    return {"X-Hedra-Signature": made, "X-Hedra-Timestamp": str(at)}


def _none(sandbox: Sandbox, id: str, at: int, body: bytes) -> dict[str, str]:
    return {}


def _heygen_body(sandbox: Sandbox, job: Document, shown: Mapping[str, Any]) -> dict[str, Any]:
    kind = {"video": "avatar_video", "translation": "video_translate"}.get(job["what"], "lipsync")
    end = "success" if shown["status"] == "completed" else "fail"
    data = {
        "video_id": job["id"],
        "url": shown["video_url"],
        "callback_id": job["callback_id"],
    }
    return {
        "event_id": uuid4().hex,
        "event_type": f"{kind}.{end}",
        "event_data": data,
        "created_at": int(sandbox.time()),
    }


MANNERS = {
    "sync": Manner(_sync),
    "wavespeed": Manner(_wavespeed),
    "replicate": Manner(_replicate, ("running", "over")),
    "fal": Manner(_fal),
    "heygen": Manner(_heygen, body=_heygen_body),
    "hedra": Manner(_hedra),
    "kling": Manner(_none, ("queued", "running", "over")),
}


def watch(sandbox: Sandbox, job: Document) -> None:
    """Tell the address that the order named, when there is something to tell."""
    if job.get("hook"):
        threading.Thread(target=_follow, args=[sandbox, job], name="hooks", daemon=True).start()


def _follow(sandbox: Sandbox, job: Document) -> None:
    """Until the job is over. A sandbox that was reset or closed tells nothing."""
    try:
        manner = str(sandbox.rule(f"{sandbox.platform}.webhooks", "once")).split()
        kept = [_told(sandbox, job, one, manner) for one in MANNERS[sandbox.platform].tells]
        for found, shown in reversed([one for one in kept if one]):  # what was held back
            _send(sandbox, found, shown, manner)
    except (sqlite3.ProgrammingError, _Gone):
        return
    except Exception:
        if is_known(sandbox, job):
            sandbox.crashes.append(traceback.format_exc())


class _Gone(Exception):
    """The job is not there any more."""


def _told(
    sandbox: Sandbox, job: Document, when: str, manner: list[str]
) -> tuple[Document, Any] | None:
    """Wait for a stage and tell of it; what goes out reversed is returned instead."""
    found, now = _reached(sandbox, job, when)
    if not _is_wanted(job, when):
        return None
    describe = import_module(VENDORS[sandbox.platform]).shown
    shown = MANNERS[sandbox.platform].body(sandbox, found, describe(sandbox, found, now))
    if "reversed" in manner:
        return found, shown
    _send(sandbox, found, shown, manner)
    return None


def _is_wanted(job: Document, when: str) -> bool:
    """Some let an order choose what is told; Replicate calls the stages so."""
    chosen = job.get("events")
    return not chosen or {"running": "start", "over": "completed"}.get(when) in chosen


def _reached(sandbox: Sandbox, job: Document, when: str) -> tuple[Document, str]:
    """The job when it has come to that stage, or is past it."""
    until = time.monotonic() + LONGEST_S
    order = ["queued", "running", "over"]
    while time.monotonic() < until:
        found = sandbox.get("job", job["id"])
        if found is None:
            break
        if is_over(sandbox, found):
            if when != "over":
                return found, when
            found = found if found["cancelled"] else settled(sandbox, found, FFMPEG_WAIT_S)
            return found, stage(sandbox, found)
        now = stage(sandbox, found)
        if when != "over" and order.index(now) >= order.index(when):
            return found, when
        time.sleep(LOOK_S)
    raise _Gone


def _send(sandbox: Sandbox, job: Document, shown: Any, manner: list[str]) -> None:
    if "never" in manner:
        return
    if "unknown" in manner:
        _post(sandbox, job["hook"], _of_nobody(job, shown), manner)
    for _ in range(2 if "twice" in manner else 1):
        _post(sandbox, job["hook"], shown, manner)


def _of_nobody(job: Document, shown: Any) -> Any:
    """The same message about a job that nobody ordered."""
    other = uuid4().hex if not job["id"].isdigit() else "1" + job["id"][::-1]
    return json.loads(json.dumps(shown).replace(job["id"], other))


def _post(sandbox: Sandbox, url: str, shown: Any, manner: list[str]) -> None:
    body = json.dumps(shown).encode()
    at = int(sandbox.time()) - (STALE_S if "stale" in manner else 0)
    signed = b"another body" if "wrong" in manner else body
    id = str(shown.get("request_id") or f"msg_{hashlib.sha256(body).hexdigest()[:16]}")
    headers = MANNERS[sandbox.platform].sign(sandbox, id, at, signed)
    try:
        answer = requests.post(
            url,
            data=body,
            headers={"Content-Type": "application/json", **headers},
            timeout=WAIT_S,
            allow_redirects=False,
        )
        outcome = str(answer.status_code)
    except requests.RequestException as e:
        outcome = type(e).__name__
    sandbox.put("webhook", sandbox.new_id(), url=url, outcome=outcome)


def jwks() -> dict[str, Any]:
    """The public key as fal publishes it."""
    return {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": _b64url(_public())}]}


def public_key() -> str:
    """The same as Hedra publishes it."""
    return base64.b64encode(_public()).decode()


def _public() -> bytes:
    return SIGNER.public_key().public_bytes_raw()


def _b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
