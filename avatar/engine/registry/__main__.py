"""python -m avatar.engine.registry [PAGE.md]: print the table of systems, or write it there."""

import sys
from pathlib import Path

from avatar.engine.registry.systems import table, written_into


def main(arguments: list[str]) -> int:
    if not arguments:
        print(table())
        return 0
    page = Path(arguments[0])
    try:
        page.write_text(written_into(page.read_text(encoding="utf-8")), encoding="utf-8")
    except (OSError, ValueError) as e:
        print(f"{page}: {e}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
