"""What can go wrong in the engine. The class alone says who can do something about it.

EngineError
    InputError         the creator can fix it: photo, text or sound
    ModelUnavailable   the installer can fix it: a package, weights, a font, a GPU
    ResourceError      try later: disk or memory
    AlignmentError     words that could not be placed in the sound
    EncodeError        ffmpeg gave up; carries the tail of its log
    Cancelled          somebody asked to stop
"""


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
