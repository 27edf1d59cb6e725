"""What an installation is to the platforms: the app it registered with each.

From the environment, as `TIKTOK_CLIENT_KEY` or, for a secret in a file, `TIKTOK_CLIENT_KEY_FILE`.
The sandbox knows an app of its own, so that it needs none of this.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

from publishing.platforms.hosts import sandbox

# Registration -> names of its id and its secret.
NAMES = {
    "instagram": ("INSTAGRAM_APP_ID", "INSTAGRAM_APP_SECRET"),
    "facebook": ("META_APP_ID", "META_APP_SECRET"),
    "threads": ("THREADS_APP_ID", "THREADS_APP_SECRET"),
    "tiktok": ("TIKTOK_CLIENT_KEY", "TIKTOK_CLIENT_SECRET"),
    "google": ("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"),
    "linkedin": ("LINKEDIN_CLIENT_ID", "LINKEDIN_CLIENT_SECRET"),
    "x": ("X_CLIENT_ID", "X_CLIENT_SECRET"),
}
SANDBOX_ID, SANDBOX_SECRET = "sandbox-app", "sandbox-secret"


@dataclass(frozen=True)
class App:
    """A registration with a platform."""

    id: str = ""
    secret: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.id and self.secret)


def app(registration: str) -> App:
    """The registration of that name; false when it is not configured."""
    key, secret = (_setting(name) for name in NAMES[registration])
    if not key and sandbox():
        return App(SANDBOX_ID, SANDBOX_SECRET)
    return App(key, secret)


def _setting(name: str) -> str:
    path = os.environ.get(f"{name}_FILE", "")
    return Path(path).read_text().strip() if path else os.environ.get(name, "").strip()
