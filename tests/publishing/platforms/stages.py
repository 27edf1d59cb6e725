"""An account on the sandbox for every platform, connected as a person would connect it."""

import base64
import hashlib
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from publishing import platforms
from publishing.platforms.access import Access, Grant
from publishing.platforms.apps import App, app
from publishing.platforms.base import Connection
from studio.sandbox.state import Sandbox
from tests.studio.sandbox.walking import BACK, allow

VERIFIER = "v" * 64
MIRA = {
    "instagram": "17841400000000001",
    "instagram_facebook": "10220000000000001",  # the person who logs in
    "facebook": "10220000000000001",
    "tiktok": "open-mira",
    "threads": "24001000000000001",
    "youtube": "UCsandboxmira00000000001",
    "linkedin": "urn:li:person:mira0001",
    "x": "1700000000000000001",
    "bluesky": "mira.demo",
    "mastodon": "110000000000000001",
}

# Without them a platform has no post that an audience sees.
OPTIONS = {"tiktok": {"mode": "direct", "privacy_level": "PUBLIC_TO_EVERYONE"}}


def connected(name: str, sandbox: Sandbox, folder: Path) -> Connection:
    """A connection of that platform. folder: for the platform that is a folder."""
    if name == "linkedin":
        sandbox.set_rule("linkedin.min_bytes", 1)  # the tests' film is a short one
    if name == "folder":
        return Connection(str(folder / "posted"))
    return connection_of(log_in(name)[0], options=OPTIONS.get(name, {}))


def connection_of(grant: Grant, **more: object) -> Connection:
    return Connection(
        grant.profile.external_id,
        access_token=grant.tokens.access,
        username=grant.profile.username,
        server=grant.profile.server,
        **more,
    )


def entrance(name: str) -> Access:
    """How accounts of that platform are connected, with this installation's app."""
    cls = platforms.access(name)
    if cls.kind == "server":
        return cls(cls(App()).register(BACK))
    return cls(app(cls.registration) if cls.registration else App())


def log_in(name: str, account: str = "") -> list[Grant]:
    """Through the login page, or by the password that the sandbox's accounts have."""
    way = entrance(name)
    if way.kind == "password":
        return [way.sign_in(account or MIRA[name], "sandbox-password")]
    url = way.authorize_url(redirect_uri=BACK, state="s1", challenge=challenge_of(way))
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    answer = allow(parts._replace(query="").geturl(), account or MIRA[name], **asked)
    assert answer["state"] == "s1"
    return way.exchange(
        code=re.sub("#_$", "", answer["code"]), redirect_uri=BACK, verifier=VERIFIER
    )


def challenge_of(way: Access) -> str:
    digest = hashlib.sha256(VERIFIER.encode())
    match way.pkce:
        case "hex":
            return digest.hexdigest()
        case "S256":
            return base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
    return ""
