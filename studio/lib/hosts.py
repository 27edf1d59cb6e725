"""Where servers are that are not ours. Every address can be replaced by the environment.

`SANDBOX_URL` moves all that are not named to the sandbox at once: its address, then the host's
prefix there.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

SANDBOX_KEY = "sandbox-key"  # the doubles of vendors know it; used where no other is set
# What they sign their webhooks with.
SANDBOX_WEBHOOK_SECRET = "whsec_c2FuZGJveC13ZWJob29rLXNlY3JldC1vZi0zMi1ieXRlcw=="


@dataclass(frozen=True)
class Host:
    url: str  # the real one
    prefix: str  # in the sandbox

    def address(self, name: str, environ: Mapping[str, str] = os.environ) -> str:
        """Where it is, without a slash at its end. name: of the variable that replaces it."""
        own = environ.get(name, "").strip().rstrip("/")
        if own:
            return own
        return f"{sandbox(environ)}/{self.prefix}" if sandbox(environ) else self.url


def sandbox(environ: Mapping[str, str] = os.environ) -> str:
    """The sandbox's address without a slash at its end; empty when it is not in use."""
    return environ.get("SANDBOX_URL", "").strip().rstrip("/")
