"""Who was passed over, remembered for a while.

A render that waits for a vendor comes again every minute. Whoever could not speak or perform the
first time must not be asked each time: some take money for what fails, and one that could now
would make the film of the next engine, which is being paid for, one too many.
"""

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from avatar.engine import errors
from avatar.engine.cache import place_text
from avatar.engine.errors import (
    BadResult,
    EngineError,
    JobFailed,
    KeyRefused,
    Refused,
    Unpaid,
)

# How long after it was last asked, in seconds. What may have been charged for is left alone for
# longer; an account is put in order within minutes, and somebody wants to see that it is.
LASTS_S: dict[type[EngineError], float] = {
    BadResult: 3600, JobFailed: 3600, Refused: 600, KeyRefused: 600, Unpaid: 600,
}  # fmt: skip


class Notes:
    """Beside the finished stages, for one thing that is asked of several engines.

    asked: what it is, as JSON can hold it.
    """

    def __init__(self, folder: Path, asked: Any) -> None:
        text = json.dumps(asked, sort_keys=True, ensure_ascii=False)
        self.home = folder / f"passed-{hashlib.sha256(text.encode()).hexdigest()[:32]}"

    def recalled(self, who: str) -> EngineError | None:
        """Why it could not a moment ago. who: the engine and the account that it is asked with."""
        file = self._file(who)
        try:
            note = json.loads(file.read_text(encoding="utf-8"))
            kind: type[EngineError] = getattr(errors, note["error"])
            is_fresh = time.time() - file.stat().st_mtime < LASTS_S[kind]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        if not is_fresh:
            return None
        file.touch()  # for as long as the same thing is asked again and again
        return kind(note["message"])

    def keep(self, who: str, error: EngineError) -> None:
        kind = next((kind for kind in LASTS_S if isinstance(error, kind)), None)
        if kind is None:  # what is missing here, or too dear, is looked up each time
            return
        self.home.mkdir(parents=True, exist_ok=True)
        note = {"error": kind.__name__, "message": str(error)}
        place_text(json.dumps(note, ensure_ascii=False), self._file(who))

    def _file(self, who: str) -> Path:
        return self.home / f"{hashlib.sha256(who.encode()).hexdigest()[:16]}.json"
