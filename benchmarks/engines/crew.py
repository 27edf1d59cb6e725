"""What the database says of the reels that were made: `python -m benchmarks.engines.crew`."""

import json
import sys
from typing import Any

import django

django.setup()

from avatar.engine.registry import ENGINES  # noqa: E402
from avatar.models import Charge, Reel  # noqa: E402
from studio.lib import words  # noqa: E402

NOT_KNOWN = "price not known"  # as the page says it
TELLS_ITSELF = ("hedra",)  # vendors that say what they took


def story() -> dict[str, Any]:
    """Reels by id, each with its lengths and what was ordered for it."""
    found: dict[str, Any] = {}
    for reel in Reel.objects.select_related("take__script"):
        found[str(reel.pk)] = {
            "state": reel.state,
            "duration_ms": reel.duration_ms,
            "take_ms": reel.take.duration_ms,
            "charges": [_charge(one) for one in reel.charges.all()],
        }
    return found


def _charge(charge: Charge) -> dict[str, Any]:
    return {
        "engine": charge.engine,
        "what": charge.what,
        "state": charge.state,
        "usd": None if charge.cost_usd is None else float(charge.cost_usd),
        "shown": NOT_KNOWN if charge.cost_usd is None else words.usd(charge.cost_usd),
        "listed": _listed(charge),
    }


def _listed(charge: Charge) -> float | None:
    """What the engine's own table says it costs; None where the vendor says so itself."""
    engine = ENGINES[charge.engine]
    if engine.vendor in TELLS_ITSELF:
        return None
    if charge.what == "clone":
        return engine.clone_price.of() if engine.clone_price else 0.0
    facts = charge.facts
    seconds, characters = facts.get("seconds", 0.0), facts.get("characters", 0)
    return engine.usd(seconds=float(seconds), characters=int(characters), options=facts)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(story()) + "\n")
