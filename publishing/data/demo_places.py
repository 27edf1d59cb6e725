"""Where the demonstration posts beside its folder: platforms of the sandbox, in this process.

The loopback is all that is used. Its accounts are let go afterwards, so that nothing of theirs is
ever sent to the real platforms.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests

from creators.models import Creator
from publishing.accounts import connecting
from publishing.accounts.logins import challenge
from publishing.models import Account
from publishing.platforms import access, apps
from publishing.platforms.access import Grant
from studio.sandbox.server import running
from studio.sandbox.state import Sandbox

OPTIONS = {
    "instagram": {},
    "tiktok": {"mode": "direct", "privacy_level": "PUBLIC_TO_EVERYONE"},
    "youtube": {},
    "x": {},
}
AT_ONCE = {  # a demonstration does not wait for anybody's processing
    "instagram.polls_until_finished": 0,
    "tiktok.polls_until_complete": 0,
    "tiktok.polls_until_public_id": 0,
    "youtube.polls_until_processed": 0,
    "x.polls_until_processed": 0,
}
BACK = "https://studio.example/back"
ANSWER_S = 10


@contextmanager
def sandbox(folder: Path) -> Iterator[Sandbox]:
    """The sandbox while the block lasts, with every platform's address leading there."""
    folder.mkdir(parents=True, exist_ok=True)
    before = os.environ.get("SANDBOX_URL")
    with running(folder) as here:
        os.environ["SANDBOX_URL"] = here.url
        for rule, value in AT_ONCE.items():
            here.set_rule(rule, value)
        try:
            yield here
        finally:
            del os.environ["SANDBOX_URL"]
            if before is not None:
                os.environ["SANDBOX_URL"] = before


def connect(creator: Creator, here: Sandbox) -> list[Account]:
    """One account on each platform, through its login page."""
    return [
        connecting.connect(creator, name, _log_in(name, here), options=options)
        for name, options in OPTIONS.items()
    ]


def let_go(creator: Creator) -> None:
    """Forget the tokens without telling anybody: who gave them is gone with the sandbox."""
    Account.objects.filter(creator=creator, platform__in=OPTIONS).update(
        state=Account.State.DISCONNECTED, access_token="", refresh_token=""
    )


def _log_in(name: str, here: Sandbox) -> Grant:
    """Press "Allow" on the platform's login page, as a person does."""
    kind = access(name)
    way, verifier = kind(apps.app(kind.registration)), secrets.token_urlsafe(48)
    url = way.authorize_url(
        redirect_uri=BACK, state="demo", challenge=challenge(verifier, kind.pkce)
    )
    account = here.of(name).find("account", login=True)[0]["id"]
    pressed = requests.post(
        url,
        data={"answer": "allow", "account": account},
        allow_redirects=False,
        timeout=ANSWER_S,
    )
    code = parse_qs(urlsplit(pressed.headers["Location"]).query)["code"][0]
    return way.exchange(code=code, redirect_uri=BACK, verifier=verifier)[0]
