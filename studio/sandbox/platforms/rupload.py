"""rupload.facebook.com: bytes into a container or a video, resumable.

Headers `offset` and `file_size`, the word OAuth before the token, or a `file_url` to fetch from.
"""

from studio.sandbox import media
from studio.sandbox.bodies import Truncated
from studio.sandbox.calls import Call, Refused, Reply
from studio.sandbox.platforms import meta
from studio.sandbox.state import Sandbox


def failure(kind: str, message: str, *, retriable: bool, status: int = 400) -> Refused:
    inner = {"retriable": retriable, "type": kind, "message": message}
    return Refused(Reply(status, {"debug_info": inner}))


def token_of(call: Call) -> str:
    """The token behind the word OAuth. Refused with any other word."""
    word, _, value = call.headers.get("Authorization", "").partition(" ")
    if word != "OAuth" or not value.strip():
        raise failure(
            "NotAuthorizedError", "The header must be: Authorization: OAuth …", retriable=False,
            status=401,
        )  # fmt: skip
    return value.strip()


def receive(call: Call, id: str, *, most: int) -> bool:
    """Take the bytes of this call into the upload `id`. Whether it is complete now."""
    if call.headers.get("file_url"):
        return _fetch(call, id, most)
    sandbox = call.sandbox
    offset, size = _number(call, "offset"), _number(call, "file_size")
    have = sandbox.upload_size(id)
    if offset != have:
        raise failure("OffsetInvalidError", f"The offset must be {have}.", retriable=True)
    if not 0 < size <= most:
        raise failure("ProcessingFailedError", "The file is too large.", retriable=False)
    stored = _save(sandbox, id, call, offset)
    if offset + stored != size:
        if offset + stored > size:
            sandbox.drop_upload(id)
        raise failure(
            "PartialRequestError",
            "Partial request (did not match length of file)",
            retriable=True,
        )
    return True


def _save(sandbox: Sandbox, id: str, call: Call, offset: int) -> int:
    try:
        return sandbox.save_upload(id, call.stream, offset)
    except Truncated:
        raise
    except ValueError as e:
        raise failure("PartialRequestError", str(e), retriable=True) from e


def _fetch(call: Call, id: str, most: int) -> bool:
    try:
        meta.fetched(call.sandbox, id, call.headers["file_url"], most)
    except media.Unfetchable as e:
        raise failure(
            "ProcessingFailedError", f"The file could not be fetched: {e}.", retriable=False
        ) from e
    return True


def _number(call: Call, name: str) -> int:
    value = call.headers.get(name, "")
    if not value.isdigit():
        raise failure(
            "OffsetInvalidError", f"The header {name} must be a number.", retriable=False
        )
    return int(value)
