"""What can go wrong with a platform. The class alone says what to do; the message is for the
creator.

PlatformError(message, reply)
    Transient            the same step again, later
        NotSent          the same, and certain that nothing left this machine
    TokenStale           refresh the token, then the same step again
    RateLimited(until)   not before then
        QuotaExhausted   the day's allowance is used up
    AuthExpired          the creator must reconnect
    AccountBlocked       the platform restricts the account: nothing more goes to it
    Rejected             this post will never pass as it is
        Unsupported      never offered; found before queueing
    NotReady             still being processed: look again
    HandleExpired        what was prepared is gone: prepare anew
    Duplicate            probably live already: look
    OutcomeUnknown       only from a commit; the request left, no answer came: look, never resend
"""

import datetime as dt
import re
from typing import ClassVar

REPLY_CHARS = 600
LONGEST_PAUSE = dt.timedelta(days=31)  # a month's allowance that is used up
SECRET = re.compile(
    r"(?i)(\b\w{0,30}token|client_secret|upload_?ur[il]|upload_id|code_verifier|\b\w{0,30}jwt|password)"
    r"(\"?\s*[=:]\s*\"?)[^&\s\",}]+"
    r"|(bearer|oauth)\s+[\w.~+/=-]+"
    r"|(eyJ)[\w-]+\.[\w.-]+"  # a JWT, wherever it stands
)


def redact(reply: str) -> str:
    """The platform's words, short enough to keep and without anything that opens a door."""
    return SECRET.sub(_hidden, reply[: 10 * REPLY_CHARS])[:REPLY_CHARS]


def _hidden(found: re.Match[str]) -> str:
    """The same words with the secret part blotted out."""
    return f"{found[1]}{found[2]}(hidden)" if found[1] else f"{found[3] or found[4]} (hidden)"


class PlatformError(Exception):
    """`reply` is what the platform said; it is kept without secrets."""

    code: ClassVar[str] = "error"
    # Raised by a commit: is it certain that the audience sees nothing of it?
    proves_absent: ClassVar[bool] = False

    def __init__(self, message: str, *, reply: str = "") -> None:
        super().__init__(message)
        self.reply = redact(reply)


class Transient(PlatformError):
    code = "transient"


class NotSent(Transient):
    code = "not_sent"
    proves_absent = True


class TokenStale(PlatformError):
    code = "refresh"
    proves_absent = True


class RateLimited(PlatformError):
    """Also of a commit it says that nothing was done: a limit is counted before the work.

    Should one come after the work all the same, the next commit still makes no second post: it is
    one of the same container, key or upload. X and LinkedIn know a repeated post by its words
    only, and the pause may outlast what they remember: theirs is looked for before it is sent
    again, which `look_first` asks for.
    """

    code = "rate_limited"
    proves_absent = True
    look_first = False  # set by a commit

    def __init__(self, message: str, *, until: dt.datetime | None = None, reply: str = "") -> None:
        super().__init__(message, reply=reply)
        # UTC; None: the platform does not say. A date of nobody's lifetime is a slip of theirs.
        latest = dt.datetime.now(dt.UTC) + LONGEST_PAUSE
        self.until = min(until, latest).astimezone(dt.UTC) if until and until.year > 2000 else None


class QuotaExhausted(RateLimited):
    code = "quota_exhausted"


class AuthExpired(PlatformError):
    code = "reauth"
    proves_absent = True


class AccountBlocked(PlatformError):
    code = "account_blocked"
    proves_absent = True


class Rejected(PlatformError):
    code = "invalid_content"
    proves_absent = True


class Unsupported(Rejected):
    code = "unsupported"


class NotReady(PlatformError):
    code = "not_ready"
    proves_absent = True

    def __init__(
        self, message: str, *, retry_after_s: float | None = None, reply: str = ""
    ) -> None:
        super().__init__(message, reply=reply)
        self.retry_after_s = retry_after_s  # None: the platform does not say


class HandleExpired(PlatformError):
    code = "expired_handle"
    proves_absent = True


class Duplicate(PlatformError):
    code = "duplicate"

    def __init__(self, message: str, *, external_id: str = "", reply: str = "") -> None:
        super().__init__(message, reply=reply)
        self.external_id = external_id


class OutcomeUnknown(PlatformError):
    code = "unknown_outcome"
