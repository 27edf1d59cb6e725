"""Apps, accounts, one-use codes and tokens, and the page where somebody allows or refuses.

Kept as documents of the platform: app, account, code, token. Times are seconds of the sandbox's
clock. Every platform knows the app "sandbox-app" with "sandbox-secret".
"""

import base64
import hashlib
import html
import secrets
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.pages import page
from studio.sandbox.state import Document, Sandbox

APP_ID, APP_SECRET = "sandbox-app", "sandbox-secret"
HOUR, DAY = 3600.0, 86400.0


class Denied(Exception):
    """A code or token that is not accepted. reason: unknown, used, expired, revoked, kind,
    redirect_uri, verifier, app.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def add_account(sandbox: Sandbox, id: str, username: str, **more: object) -> Document:
    """login=False: not offered on the login page (Pages, for one)."""
    return sandbox.put("account", id, **{"username": username, "login": True, **more})


def app_secret(sandbox: Sandbox, app: str) -> str | None:
    """None: no such app."""
    if app == APP_ID:
        return APP_SECRET
    found = sandbox.get("app", app)
    return str(found["secret"]) if found else None


def is_app(sandbox: Sandbox, app: str, secret: str) -> bool:
    return app_secret(sandbox, app) == secret


# Codes


def issue_code(
    sandbox: Sandbox,
    account: str,
    *,
    app: str,
    redirect_uri: str,
    scopes: list[str],
    challenge: str = "",
    challenge_method: str = "",
    ttl_s: float = HOUR,
    kept: dict[str, str] | None = None,
) -> str:
    """kept: what else was asked for, for the platform to look at when the code is redeemed."""
    code = secrets.token_urlsafe(24)
    sandbox.put(
        "code",
        code,
        account=account,
        app=app,
        redirect_uri=redirect_uri,
        scopes=scopes,
        challenge=challenge,
        challenge_method=challenge_method,
        expires=sandbox.time() + ttl_s,
        kept=kept or {},
        used=False,
    )
    return code


def redeem_code(
    sandbox: Sandbox, code: str, *, app: str, redirect_uri: str, verifier: str = ""
) -> Document:
    """What the code was issued for: account, scopes and so on. It is spent from here on.

    Raises Denied.
    """
    with sandbox.lock:
        found = sandbox.get("code", code)
        if found is None:
            raise Denied("unknown")
        if found["used"]:
            raise Denied("used")
        if found["expires"] <= sandbox.time():
            raise Denied("expired")
        if found["app"] != app:
            raise Denied("app")
        if found["redirect_uri"] != redirect_uri:
            raise Denied("redirect_uri")
        if found["challenge"] and not _proves(found, verifier):
            raise Denied("verifier")
        return sandbox.change("code", code, used=True)


def _proves(code: Document, verifier: str) -> bool:
    digest = hashlib.sha256(verifier.encode())
    method = code["challenge_method"].lower()
    if method == "hex":  # TikTok, which calls it S256 all the same
        return bool(code["challenge"] == digest.hexdigest())
    if method == "plain":
        return bool(code["challenge"] == verifier)
    plain = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
    return bool(code["challenge"] == plain)


# Tokens


def issue_token(
    sandbox: Sandbox,
    account: str,
    *,
    kind: str = "access",
    app: str = APP_ID,
    scopes: list[str] | None = None,
    expires_s: float | None = None,
    age_s: float = 0,
    rotated_from: str = "",
    prefix: str = "",
    value: str = "",
    **more: object,
) -> str:
    """expires_s: from now on, None: never. age_s: pretend that it was issued so long ago.
    value: the token itself, where it has a form of its own.
    """
    now = sandbox.time()
    value = value or prefix + secrets.token_hex(
        24
    )  # nothing that a shell or an option would trip over
    sandbox.put(
        "token",
        value,
        **{
            "kind": kind,
            "account": account,
            "app": app,
            "scopes": scopes or [],
            "issued": now - age_s,
            "expires": None if expires_s is None else now + expires_s,
            "rotated_from": rotated_from,
            "revoked": False,
            **more,
        },
    )
    return value


def token(sandbox: Sandbox, value: str, *kinds: str) -> Document:
    """The document of a token that is good now and of one of these kinds. Raises Denied."""
    found = sandbox.get("token", value) if value else None
    if found is None:
        raise Denied("unknown")
    if found["revoked"]:
        raise Denied("revoked")
    if found["expires"] is not None and found["expires"] <= sandbox.time():
        raise Denied("expired")
    if kinds and found["kind"] not in kinds:
        raise Denied("kind")
    return found


def revoke(sandbox: Sandbox, value: str) -> None:
    """Nothing happens for a token that is not known."""
    with sandbox.lock:
        if sandbox.get("token", value):
            sandbox.change("token", value, revoked=True)


def revoke_account(sandbox: Sandbox, account: str, app: str = "") -> None:
    """All tokens of an account, of one app only when it is named."""
    for one in sandbox.find("token", account=account):
        if not app or one["app"] == app:
            revoke(sandbox, one["id"])


def rotate(sandbox: Sandbox, value: str, *, kind: str = "refresh") -> Document:
    """Spend a refresh token that works once. Raises Denied when it is spent or not good."""
    with sandbox.lock:
        found = token(sandbox, value, kind)
        sandbox.change("token", value, revoked=True)
        return found


# The login page


@dataclass(frozen=True)
class Login:
    """How a platform's authorize page is asked."""

    label: str
    scopes: tuple[str, ...]  # what it can grant; asking for anything else is an error
    id_parameter: str = "client_id"
    separator: str = ","  # between scopes; spaces always separate too
    code_ttl_s: float = HOUR
    suffix: str = ""  # behind the address it returns to
    pkce: Literal["", "S256", "hex"] = ""
    pkce_required: bool = False
    keeps: tuple[str, ...] = ()  # parameters that matter when the code is redeemed


def login_routes(pattern: str, login: Login) -> list[Route]:
    """The page and its two buttons, under that path."""
    return [
        Route("GET", pattern, lambda call: _ask(call, login)),
        Route("POST", pattern, lambda call: _answer(call, login)),
    ]


def _request(call: Call, login: Login) -> dict[str, str]:
    """The checked parameters. Raises Refused with a page that says what is wrong."""
    asked = dict(call.query)
    redirect = urlsplit(asked.get("redirect_uri", ""))
    if app_secret(call.sandbox, asked.get(login.id_parameter, "")) is None:
        raise _wrong(login, f"There is no app with that {login.id_parameter}.")
    if redirect.scheme not in ("http", "https") or not redirect.netloc or redirect.fragment:
        raise _wrong(login, "The redirect_uri is not an address.")
    app = call.sandbox.get("app", asked[login.id_parameter]) or {}
    if asked["redirect_uri"] not in app.get("redirect_uris", [asked["redirect_uri"]]):
        raise _wrong(login, "The redirect_uri is not one the app was registered with.")
    if asked.get("response_type", "code") != "code":
        raise _wrong(login, "The response_type must be code.")
    unknown = set(_scopes(asked, login)) - set(app.get("scopes", login.scopes))
    if unknown:
        raise _wrong(login, f"There is no scope {', '.join(sorted(unknown))}.")
    if login.pkce_required and not asked.get("code_challenge"):
        raise _wrong(login, "A code_challenge is needed.")
    if login.pkce and asked.get("code_challenge_method", "S256") not in ("S256", "plain"):
        raise _wrong(login, "The code_challenge_method must be S256.")
    return asked


def _scopes(asked: dict[str, str], login: Login) -> list[str]:
    return asked.get("scope", "").replace(login.separator, " ").split()


def _ask(call: Call, login: Login) -> Reply:
    asked = _request(call, login)
    accounts = call.sandbox.find("account", login=True)
    choices = "".join(
        f'<label class="choice"><input type="radio" name="account" required'
        f' value="{html.escape(one["id"])}"{"" if at else " checked"}>'
        f" @{html.escape(one['username'])}</label>"
        for at, one in enumerate(accounts)
    )
    scopes = "".join(f"<li>{html.escape(one)}</li>" for one in _scopes(asked, login))
    address = html.escape(urlsplit(asked["redirect_uri"]).netloc)
    return Reply(
        200,
        page(
            f"{login.label} sandbox",
            f"<h1>{login.label} <small>sandbox</small></h1>"
            f"<p>The app <b>{html.escape(asked[login.id_parameter])}</b> at {address}"
            f" wants to act for an account:</p><ul>{scopes}</ul>"
            f'<form method="post">{choices}<p class="row">'
            '<button name="answer" value="allow" class="main">Allow</button>'
            '<button name="answer" value="refuse">Refuse</button></p></form>',
            narrow=True,
        ),
    )


def _answer(call: Call, login: Login) -> Reply:
    asked = _request(call, login)
    form = call.form()
    if form.get("answer") != "allow":
        return _back(
            asked,
            login,
            error="access_denied",
            error_reason="user_denied",
            error_description="The user denied your request.",
        )
    account = call.sandbox.get("account", form.get("account", ""))
    if account is None:
        raise _wrong(login, "Choose an account.")
    code = issue_code(
        call.sandbox,
        account["id"],
        app=asked[login.id_parameter],
        redirect_uri=asked["redirect_uri"],
        scopes=_scopes(asked, login) or list(login.scopes),
        challenge=asked.get("code_challenge", "") if login.pkce else "",
        challenge_method="hex"
        if login.pkce == "hex"
        else asked.get("code_challenge_method", "S256"),
        ttl_s=float(call.sandbox.rule(f"{call.sandbox.platform}.code_ttl_s", login.code_ttl_s)),
        kept={name: asked[name] for name in login.keeps if name in asked},
    )
    return _back(asked, login, code=code)


def _back(asked: dict[str, str], login: Login, **answer: str) -> Reply:
    """To where the caller wanted the answer, its state with it."""
    parts = urlsplit(asked["redirect_uri"])
    query = [*parse_qsl(parts.query), *answer.items()]
    if asked.get("state"):
        query.append(("state", asked["state"]))
    address = parts._replace(query=urlencode(query)).geturl() + login.suffix
    return Reply(302, None, {"Location": address})


def _wrong(login: Login, sentence: str) -> Refused:
    body = f"<h1>{login.label} <small>sandbox</small></h1><p>{html.escape(sentence)}</p>"
    return Refused(Reply(400, page(f"{login.label} sandbox", body, narrow=True)))
