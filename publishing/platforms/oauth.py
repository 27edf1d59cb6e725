"""What logins by OAuth 2 have in common: the address, the token call and its refusals.

Only an answer that names the grant itself as gone is AuthExpired; a token server in trouble leaves
a connection as it is.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from urllib.parse import urlencode

from publishing.platforms.access import Tokens
from publishing.platforms.errors import AuthExpired, Rejected, Transient
from publishing.platforms.http import Caller, Reply

GONE = frozenset({"invalid_grant"})
WRONG_APP = frozenset({"invalid_client", "unauthorized_client"})


def login_address(url: str, **query: str) -> str:
    return f"{url}?{urlencode(query)}"


def token_call(
    caller: Caller,
    url: str,
    form: Mapping[str, str],
    *,
    headers: Mapping[str, str] | None = None,
    gone: Collection[str] = GONE,
) -> Reply:
    """Ask a token endpoint. `gone`: its codes for a code or refresh token that is not valid."""
    reply = caller.call("POST", url, data=form, headers=headers)
    code = reply.get("error")
    if reply.ok and not code:  # TikTok can send its refusals with HTTP 200
        return reply
    if code in WRONG_APP:
        raise Rejected(
            f"{caller.label} does not know this installation's app: check its id and secret in"
            " the settings.",
            reply=reply.text,
        )
    if code in gone:
        raise AuthExpired(
            f"{caller.label} no longer accepts this permission; connect the account again.",
            reply=reply.text,
        )
    raise Transient(
        f"{caller.label} gave no new permission (HTTP {reply.status}).", reply=reply.text
    )


def tokens_of(reply: Reply) -> Tokens:
    """The tokens in the usual answer. Raises Transient when there are none in it."""
    return Tokens(
        access=str(reply.need("access_token")),
        refresh=str(reply.get("refresh_token", default="")),
        expires_at=_from_now(reply.get("expires_in")),
        refresh_expires_at=_from_now(
            reply.get("refresh_expires_in", default=reply.get("refresh_token_expires_in"))
        ),
        scopes=tuple(str(reply.get("scope", default="")).replace(",", " ").split()),
    )


def _from_now(seconds: object) -> dt.datetime | None:
    """`seconds` as platforms write it: a number, a number in quotes, or nothing."""
    try:
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=int(str(seconds)))
    except (ValueError, OverflowError):
        return None
