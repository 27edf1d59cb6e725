"""What the stand-alone scripts beside this file share. It imports nothing but Python's own: the
interpreter that runs it has none of our packages.

A line of JSON comes for every piece of text, and one goes back: {} or {"error", "kind"}. The first
one goes out when the package has been imported.
"""

import json
import os
import sys
import wave
from array import array
from collections.abc import Callable
from typing import Any

WORDS = 300  # of an error


def serve(import_it: Callable[[], Any], speak: Callable[[dict[str, Any], Any], None]) -> None:
    """import_it: gives what `speak` needs. speak: writes question["out"]."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print goes to the log

    def answer(**found: str) -> None:
        answers.write(json.dumps(found) + "\n")
        answers.flush()

    try:
        package = import_it()
    except ImportError as e:
        answer(error=str(e)[:WORDS], kind="missing")
        return
    answer()
    for line in sys.stdin:
        try:
            speak(json.loads(line), package)
        except ImportError as e:
            answer(error=str(e)[:WORDS], kind="missing")
        except Exception as e:
            answer(error=f"{type(e).__name__}: {e}"[:WORDS], kind="failed")
        else:
            answer()


def seed(number: int) -> None:
    import torch

    torch.manual_seed(number)


def write_wav(path: str, samples: list[float], sample_rate: int) -> None:
    """samples: in [-1, 1], one channel."""
    whole = array("h", (round(32767 * max(-1.0, min(1.0, one))) for one in samples))
    if sys.byteorder == "big":
        whole.byteswap()
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(whole.tobytes())
