"""Temporary addresses of what was made, and all that can be wrong with it.

Rules, of every vendor: result_s (its own: how long a result can be fetched), expired_status (403),
bad_result (""; or a word of jobs.BAD).

empty: the job is done and names no output. 403, 404, 410: the address is no good. The others are
files that are not what they should be: truncated, zero bytes, a web page, without sound, of half
or twice the length, not a film at all.
"""

import hashlib
from pathlib import Path

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.state import Document, Sandbox
from studio.sandbox.vendors import media
from studio.sandbox.vendors.common import digest

KINDS = {
    ".mp4": "video/mp4", ".mp3": "audio/mpeg", ".wav": "audio/wav",
    ".safetensors": "application/octet-stream",
}  # fmt: skip


def is_empty(sandbox: Sandbox, job: Document) -> bool:
    """Whether the vendor forgets to name what it made."""
    return _bad(sandbox, job) == "empty"


def is_expired(sandbox: Sandbox, job: Document) -> bool:
    return bool(job["over_at"] + job["result_s"] <= sandbox.time())


def address(sandbox: Sandbox, job: Document, url_base: str = "") -> str:
    """Where the result lies. url_base: as the caller addresses us, see `Call.url_base`."""
    base = url_base or f"{sandbox.url}/{sandbox.platform}"
    suffix = Path(job["made"]["path"]).suffix
    return f"{base}/_results/{job['id']}/{_secret(job)}{suffix}"


def _secret(job: Document) -> str:
    return hashlib.sha256(f"{job['id']} {job['at']}".encode()).hexdigest()[:16]


def _bad(sandbox: Sandbox, job: Document) -> str:
    return job["bad"] or str(sandbox.rule(f"{sandbox.platform}.bad_result", ""))


def give(call: Call) -> Reply:
    """GET of a result. No key is asked for: whoever has the address has the film."""
    sandbox = call.sandbox
    job = sandbox.get("job", call.args["id"])
    if job is None or call.args["secret"] != _secret(job) or not job.get("made"):
        return _gone(404)
    if is_expired(sandbox, job):
        return _gone(int(sandbox.rule(f"{sandbox.platform}.expired_status", 403)))
    bad = _bad(sandbox, job)
    if bad in ("403", "404", "410"):
        return _gone(int(bad))
    path = sandbox.folder / job["made"]["path"]
    kind = KINDS[path.suffix]
    if bad in media.SPOILT:
        kind = "text/html; charset=utf-8" if bad == "html" else kind
        target = sandbox.folder / "made" / f"{digest([path.name, bad])}{path.suffix}"
        good = path
        path = media.kept(target, lambda out: media.spoil(good, bad, out))
    return Reply(200, path, {"Content-Type": kind})


def _gone(status: int) -> Reply:
    words = {403: "Request has expired", 404: "The specified key does not exist.", 410: "Gone"}
    body = f'<?xml version="1.0"?><Error><Message>{words.get(status, "Gone")}</Message></Error>'
    return Reply(status, body, {"Content-Type": "application/xml"})


RESULT_ROUTES = [Route("GET", r"/_results/(?P<id>[\w.-]+)/(?P<secret>\w+)\.\w+", give)]
