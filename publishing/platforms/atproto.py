"""The AT Protocol's own: error codes, record keys, sessions. Nothing of Bluesky's app in it."""

import base64
import datetime as dt
import hashlib
import json
from urllib.parse import urlsplit

from publishing.platforms.access import Tokens
from publishing.platforms.base import Profile
from publishing.platforms.errors import (
    AccountBlocked,
    AuthExpired,
    HandleExpired,
    PlatformError,
    QuotaExhausted,
    RateLimited,
    Rejected,
    TokenStale,
    Transient,
)
from publishing.platforms.http import Caller, Reply
from publishing.platforms.servers import server_address
from publishing.platforms.verdicts import Table, Verdict, raised

SERVICE_TOKEN = Verdict(Transient, "Bluesky's video service did not accept the token for it.")
ERRORS: Table = {
    "ExpiredToken": Verdict(TokenStale, "The permission for Bluesky has to be renewed."),
    "InvalidToken": Verdict(
        AuthExpired, "Bluesky no longer accepts this connection; connect the account again."
    ),
    "AuthenticationRequired": Verdict(
        AuthExpired, "Bluesky does not accept this handle and app password."
    ),
    "AuthMissing": Verdict(AuthExpired, "Bluesky wants the account to be connected again."),
    "AuthFactorTokenRequired": Verdict(
        AuthExpired, "Bluesky asks for an e-mailed code; use an app password instead."
    ),
    "AccountTakedown": Verdict(AccountBlocked, "Bluesky has taken this account down."),
    "RateLimitExceeded": Verdict(RateLimited, "Bluesky asks for a pause."),
    # Of a token for another service: asked for anew with every try.
    "BadJwt": SERVICE_TOKEN,
    "JwtExpired": SERVICE_TOKEN,
    "BadJwtAudience": SERVICE_TOKEN,
    "BadJwtLexiconMethod": SERVICE_TOKEN,
    "BadExpiration": Verdict(
        Rejected,
        "Bluesky finds the clock of this machine wrong. Set it right, then try again.",
    ),
    "unconfirmed_email": Verdict(
        AccountBlocked,
        "Bluesky takes videos only once the account's e-mail address is confirmed; confirm it,"
        " then connect again.",
    ),
    "daily_vid_limit_exceeded": Verdict(
        QuotaExhausted,
        "Bluesky takes no more videos of this account today.",
        dt.timedelta(hours=6),
    ),
    "PayloadTooLarge": Verdict(Rejected, "The video is too large for Bluesky."),
    "BlobNotFound": Verdict(HandleExpired, "Bluesky no longer has the uploaded video."),
    "": Verdict(Rejected, "Bluesky refused the post as it is."),
}
# What a refresh adds: the token that it sends is the grant itself.
GRANT_GONE = frozenset({"ExpiredToken", "InvalidToken", "AuthenticationRequired", "AuthMissing"})


def record_key(key: str) -> str:
    """The record key of a post: a valid TID, always the same for the same key.

    A TID holds a time in microseconds and a clock's number. Ours is a moment of 2023 to 2025 drawn
    by the key's hash: always past, since readers may doubt a key of the future.
    """
    draw = int.from_bytes(hashlib.sha256(key.encode()).digest()[:16], "big")
    begin, years = 1_672_531_200_000_000, 94_608_000_000_000  # 2023-01-01; three years
    number = (begin + draw // 1024 % years) << 10 | draw % 1024
    letters = "234567abcdefghijklmnopqrstuvwxyz"
    return "".join(letters[number >> shift & 31] for shift in range(60, -1, -5))


def refusal(caller: Caller, reply: Reply) -> PlatformError:
    """What an answer that is not 2xx means."""
    if reply.status == 429:
        words = ERRORS["RateLimitExceeded"].message
        return RateLimited(words, until=_reset(reply), reply=reply.text)
    if reply.status >= 500:
        return caller.failure(reply)
    if reply.status < 400 or reply.status == 408:
        return reply.puzzling()
    code = str(reply.get("error", default=""))
    if code not in ERRORS and reply.status == 401:
        code = "InvalidToken"
    return raised(ERRORS.get(code, ERRORS[""]), reply)


def session_tokens(session: Reply) -> Tokens:
    access, refresh = str(session.need("accessJwt")), str(session.need("refreshJwt"))
    return Tokens(access, refresh, _expiry(access), _expiry(refresh))


def _expiry(jwt: str) -> dt.datetime | None:
    """When a JWT says that it runs out."""
    try:
        body = jwt.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return dt.datetime.fromtimestamp(claims["exp"], dt.UTC)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def session_profile(session: Reply, server: str) -> Profile:
    """Who the account is, and on which server it lives."""
    for service in session.get("didDoc", "service", default=[]):
        if str(service.get("id", "")).endswith("#atproto_pds"):
            server = server_address(str(service.get("serviceEndpoint", "")), "BLUESKY_PDS_URL")
    handle = str(session.get("handle", default=""))
    return Profile(str(session.need("did")), username=handle, name=handle, server=server)


def did_host(address: str) -> str:
    """A server's name as did:web writes it."""
    return urlsplit(address).netloc.replace(":", "%3A")


def _reset(reply: Reply) -> dt.datetime | None:
    """When calls are taken again."""
    try:
        return dt.datetime.fromtimestamp(int(reply.headers["RateLimit-Reset"]), dt.UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None
