"""What can go wrong while a script is written. The class alone says who can do something about it.

WriterError
    NeedsNotes     the creator can fix it: more notes, another topic, other words to avoid
    BadSetup       the installer can fix it: a key, an address, a model
    TryLater       nobody needs to: too many requests, a server that is down or slow
    Unanswered     somebody asks anew: the answer was lost, and may have been paid for
    BadAnswer      the model answered twice with something that is not an honest script
"""


class WriterError(Exception):
    """Base of all; its message is one or two sentences for the person who reads them."""


class NeedsNotes(WriterError):  # named for what is needed
    pass


class BadSetup(WriterError):
    pass


class TryLater(WriterError):
    def __init__(self, message: str, retry_after_s: float = 60.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unanswered(WriterError):  # named for what happened
    pass


class BadAnswer(WriterError):
    pass
