"""What can go wrong in the engine. The class alone says who can do something about it.

EngineError
    InputError         the creator can fix it: photo, text or sound
    ModelUnavailable   the installer can fix it: a package, weights, a font, a GPU, a missing key
    ResourceError      try later: disk or memory
    AlignmentError     words that could not be placed in the sound
    EncodeError        ffmpeg gave up; carries the tail of its log
    Cancelled          somebody asked to stop
    OverBudget         it would cost more than is allowed
    VendorError        a hosted engine; carries what it said, without secrets
        Busy           it asks for a pause, has no free slot or is in trouble: later, by itself
            Unreachable    the same, and certain that nothing left this machine
        Pending        it is working on it: look again
        KeyRefused     the key is wrong, expired or may not do this
        Unpaid         the account there has no money or allowance left
        Refused        this will never pass as it is: moderation, an input it does not take
        JobFailed      it tried and failed; a person may order it again
        BadResult      what came back cannot be used: truncated, silent, of another length
        OutcomeUnknown a paid order left and no answer came: look, never send again
"""

import re
from typing import ClassVar

REPLY_CHARS = 600
SECRET = re.compile(
    r"(?i)(\b\w{0,30}(?:token|key|secret|signature|password)\b)(\"?\s*[=:]\s*\"?)[^&\s\",}]+"
    r"|(bearer|key|basic)\s+[\w.~+/=:-]{8,}"
    r"|(eyJ)[\w-]+\.[\w.-]+"  # a JWT, wherever it stands
)


def redact(reply: str) -> str:
    """A vendor's words, short enough to keep and without anything that opens a door."""
    return SECRET.sub(_hidden, reply[: 10 * REPLY_CHARS])[:REPLY_CHARS]


def _hidden(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}(hidden)" if found[1] else f"{found[3] or found[4]} (hidden)"


class EngineError(Exception):
    """Base of all; its message is one sentence for the person who reads it."""


class InputError(EngineError):
    pass


class ModelUnavailable(EngineError):  # named for the state, as in the design
    pass


class ResourceError(EngineError):
    pass


class AlignmentError(EngineError):
    pass


class EncodeError(EngineError):
    def __init__(self, message: str, log_tail: str = "") -> None:
        super().__init__(message)
        self.log_tail = log_tail


class Cancelled(EngineError):  # not a fault
    pass


class OverBudget(EngineError):
    pass


class VendorError(EngineError):
    """`reply` is what the vendor said."""

    # Raised by an order: is it certain that nothing was made and nothing is charged?
    proves_absent: ClassVar[bool] = False

    def __init__(self, message: str, *, reply: str = "") -> None:
        super().__init__(message)
        self.reply = redact(reply)


class _Later(VendorError):
    def __init__(
        self, message: str, *, retry_after_s: float | None = None, reply: str = ""
    ) -> None:
        super().__init__(message, reply=reply)
        self.retry_after_s = retry_after_s  # None: the vendor does not say


class Busy(_Later):
    """Of an order it says that nothing was made: a limit is counted before the work. A failure of
    the vendor's own (5xx) in answer to an order is OutcomeUnknown.
    """

    proves_absent = True


class Unreachable(Busy):
    pass


class Pending(_Later):
    pass


class KeyRefused(VendorError):
    proves_absent = True


class Unpaid(VendorError):
    proves_absent = True


class Refused(VendorError):
    proves_absent = True


class JobFailed(VendorError):
    pass


class BadResult(VendorError):
    pass


class OutcomeUnknown(VendorError):
    pass
