"""python -m avatar.engine.judge REEL.mp4 [--against REAL.mp4] [--cues CUES.json] [--photo PHOTO]

JSON on stdout; what it says is in the docstring of `avatar.engine.judge`. Exit codes: 0 done, 2
with one sentence on stderr when it cannot be done, 130 after Ctrl-C.
"""

import json
import signal
import sys
from pathlib import Path

from avatar.engine.command import OneSentence, interrupt, quiet_libraries, sentence
from avatar.engine.errors import EngineError


def main(arguments: list[str] | None = None) -> int:
    parsed = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, interrupt)
    with quiet_libraries() as stderr:
        try:
            from avatar.engine.judge import judge

            found = judge(
                parsed.reel, against=parsed.against, cues=parsed.cues, photo=parsed.photo
            )
        except EngineError as e:
            print(f"judge: {sentence(e)}", file=stderr)
            return 2
        except KeyboardInterrupt:
            print("judge: stopped.", file=stderr)
            return 130
    print(json.dumps(found, indent=2))
    return 0


def parser() -> OneSentence:
    about = "measure a finished video: lips, closures, silence, blinks, identity, offset"
    made = OneSentence(prog="judge", description=about, allow_abbrev=False)
    add = made.add_argument
    add("reel", type=Path, metavar="REEL.mp4")
    add("--against", type=Path, metavar="REAL.mp4", help="the real speaker of the same sound")
    add(
        "--cues", type=Path, metavar="CUES.json", help="what was said when, as the engine wrote it"
    )
    add("--photo", type=Path, help="what the reel was made of, to tell whether it is still them")
    return made


if __name__ == "__main__":
    sys.exit(main())
