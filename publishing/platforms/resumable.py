"""Google's resumable uploads: chunks into a session that remembers how far it got."""

from collections.abc import Callable
from pathlib import Path

from publishing.platforms.errors import HandleExpired, RateLimited, TokenStale, Transient
from publishing.platforms.http import Caller, Reply, Slice

GRAIN = 256 * 2**10  # every chunk but the last is a multiple of this
CHUNK = 32 * GRAIN
MAX_SETBACKS = 4  # in a row without a byte stored; then the whole step is for another time
GONE = (404, 410)


class ResumableUpload:
    """One file into one session.

    session: its address, which opens it to whoever knows it.
    bearer: gives the access token to use.
    renew: gets a newer one; false when there is none to be had.
    """

    def __init__(
        self,
        caller: Caller,
        session: str,
        path: Path,
        *,
        bearer: Callable[[], str],
        renew: Callable[[], bool],
        chunk: int = CHUNK,
    ) -> None:
        self.caller, self.session, self.path, self.chunk = caller, session, path, chunk
        self.bearer, self.renew = bearer, renew
        self.size = path.stat().st_size

    def run(self, *, is_begun: bool = False) -> Reply:
        """Send what is missing and return the last answer: of 2xx, or a refusal to be read.

        is_begun: the session may hold some of it already, so it is asked first.

        Raises HandleExpired when the session is gone, TokenStale when no newer token can be had,
        Transient and RateLimited when it gets no further now.
        """
        at = setbacks = 0
        while True:
            before = at
            reply = self._step(at) if at < self.size and not is_begun else None
            is_begun = False
            if reply is None or reply.status == 401:  # no answer, or none that counts: look
                reply = self._probe()
            if reply.status != 308:
                if reply.status in GONE:
                    raise HandleExpired("The upload's session is gone.", reply=reply.text)
                return reply
            at = received(reply)
            setbacks = 0 if at > before else setbacks + 1
            if setbacks > MAX_SETBACKS:
                raise Transient(f"The upload to {self.caller.label} gets no further.")

    def _step(self, at: int) -> Reply | None:
        """Send the chunk that begins there; None when no answer came."""
        length = min(self.chunk, self.size - at)
        span = f"bytes {at}-{at + length - 1}/{self.size}"
        try:
            with Slice(self.path, at, length) as body:
                return self._put(span, body)
        except RateLimited:
            raise
        except Transient:
            return None

    def _probe(self) -> Reply:
        """Ask how far it got: 308 and the bytes stored, or the finished video."""
        reply = self._put(f"bytes */{self.size}", b"")
        if reply.status == 401 and self.renew():
            reply = self._put(f"bytes */{self.size}", b"")
        if reply.status == 401:
            raise TokenStale("The permission has to be renewed.", reply=reply.text)
        return reply

    def _put(self, span: str, body: Slice | bytes) -> Reply:
        headers = {
            "Authorization": f"Bearer {self.bearer()}",
            "Content-Type": "video/mp4",
            "Content-Range": span,
        }
        return self.caller.call("PUT", self.session, headers=headers, data=body, upload=True)


def received(reply: Reply) -> int:
    """How many bytes are stored, by the Range header of a 308: none of it, none stored."""
    last = reply.headers.get("Range", "").rpartition("-")[2]
    return int(last) + 1 if last.isascii() and last.isdigit() and len(last) < 16 else 0
