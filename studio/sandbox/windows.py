"""How often something may be called: counters over a stretch of the sandbox's clock."""

from dataclasses import dataclass

from studio.sandbox.state import Sandbox


@dataclass(frozen=True)
class Window:
    """One caller's allowance as it stands after this call."""

    limit: int
    used: int
    reset: float  # when it starts anew, seconds of the sandbox's clock

    @property
    def allowed(self) -> bool:
        return self.used <= self.limit

    @property
    def remaining(self) -> int:
        return max(self.limit - self.used, 0)


def spend(
    sandbox: Sandbox, name: str, key: str, *, limit: int, seconds: float, cost: int = 1
) -> Window:
    """Count a call. The window opens with its first call and lasts so long.

    A call that is not allowed is not counted.
    """
    now = sandbox.time()
    with sandbox.lock:
        found = sandbox.get("window", f"{name}/{key}")
        if found is None or found["reset"] <= now:
            found = {"used": 0, "reset": now + seconds}
        used = found["used"] + cost
        if used <= limit:
            sandbox.put("window", f"{name}/{key}", used=used, reset=found["reset"])
    return Window(limit, used, found["reset"])
