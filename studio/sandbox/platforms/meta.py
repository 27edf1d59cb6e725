"""What Instagram, Facebook and Threads have in common: Graph's errors, tokens, fields.

Errors come as HTTP 400 with code and subcode (sheet 1.9). Parameters may stand in the query, a
form or JSON; the token in `access_token` or the Authorization header.
"""

import base64
import datetime as dt
import hmac
import json
import math
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any

import requests

from studio.sandbox import identity, media
from studio.sandbox.calls import Call, Refused, Reply
from studio.sandbox.state import Document, Sandbox, sha256_of
from studio.sandbox.windows import spend

VERSION = r"(?:/v\d+\.\d+)?"
LONG_S = 60 * identity.DAY
SHORT_S = identity.HOUR
CONTAINER_S = 24 * identity.HOUR
MOST_BYTES = 300 * 10**6
TRANSIENT = {1, 2, 4, 17, 32, 613, 80002}


def error(
    code: int,
    subcode: int = 0,
    message: str = "",
    *,
    status: int = 400,
    transient: bool | None = None,
) -> Reply:
    """An answer in Graph's envelope."""
    inner: dict[str, Any] = {
        "message": message or "An unknown error occurred.",
        "type": "OAuthException" if code in (10, 190, 200) else "IGApiException",
        "code": code,
        "is_transient": code in TRANSIENT if transient is None else transient,
        "fbtrace_id": "Asandbox",
    }
    if subcode:
        inner |= {
            "error_subcode": subcode,
            "error_user_title": message[:40],
            "error_user_msg": message,
        }
    return Reply(status, {"error": inner})


def refuse(code: int, subcode: int = 0, message: str = "", **more: Any) -> Refused:
    return Refused(error(code, subcode, message, **more))


def trouble(call: Call, status: int, seconds: float) -> Reply:
    """Graph says 'too many calls' as code 4 in a 400, or a plain 429 where asked for one."""
    if status == 429:
        found = error(4, 0, "Application request limit reached", status=429)
        return Reply(429, found.body, _usage(call.sandbox.platform, 100, seconds))
    return error(2, 0, "Service temporarily unavailable", status=status)


def _usage(key: str, percent: int, seconds: float) -> dict[str, str]:
    """The header that says how much of a budget is used, and when there is more: in minutes."""
    told = {
        "type": "content_publishing",
        "call_count": percent,
        "total_cputime": percent // 4,
        "total_time": percent // 4,
        "estimated_time_to_regain_access": math.ceil(seconds / 60) if percent >= 100 else 0,
    }
    return {"X-Business-Use-Case-Usage": json.dumps({key: [told]})}


def _count(call: Call, account: str) -> None:
    """One more call of this account; refused with 80002 when its hour has had its share.

    Rule <platform>.calls_an_hour; 0: any number.
    """
    limit = int(call.sandbox.rule(f"{call.sandbox.platform}.calls_an_hour", 0))
    if not limit:
        return
    window = spend(call.sandbox, "calls", account, limit=limit, seconds=identity.HOUR)
    if not window.allowed:
        found = error(80002, 0, "There have been too many calls to this account.")
        left = window.reset - call.sandbox.time()
        raise Refused(Reply(400, found.body, _usage(account, 100, left)))


def version_of(call: Call) -> str:
    """The version this call is made in, with a slash before it."""
    found = re.match(r"/v\d+\.\d+", call.path)
    return found[0] if found else "/v25.0"


# Who calls


def caller(call: Call, *kinds: str, scope: str = "") -> Document:
    """The token of this call. Refused with 190 unless it is good, 10 without the scope."""
    value = call.params().get("access_token") or call.bearer()
    found = granted(call.sandbox, value, *kinds, scope=scope)
    _count(call, found["account"])
    return found


def granted(sandbox: Sandbox, value: str, *kinds: str, scope: str = "") -> Document:
    try:
        found = identity.token(sandbox, value, *kinds)
    except identity.Denied as e:
        subcode = {"expired": 463, "revoked": 460}.get(e.reason, 467)
        raise refuse(
            190, subcode, f"Error validating access token: it is {e.reason}.", transient=False
        ) from e
    if scope and found["scopes"] and scope not in found["scopes"]:
        raise refuse(10, 0, f"This call needs the permission {scope}.")
    return found


def own_app(call: Call, given: dict[str, str], refusal: Callable[[str], Refused]) -> str:
    """The app whose secret this is. Raises what `refusal` makes of it."""
    app = given.get("client_id", "")
    if not identity.is_app(call.sandbox, app, given.get("client_secret", "")):
        raise refusal("Error validating client secret.")
    return app


def withdrawn(sandbox: Sandbox, account: str) -> None:
    """Somebody removed the app: its tokens are dead, and it is told where the rules
    <platform>.deauthorize_url and <platform>.deletion_url say.
    """
    identity.revoke_account(sandbox, account)
    for what in ("deauthorize", "deletion"):
        url = str(sandbox.rule(f"{sandbox.platform}.{what}_url", ""))
        if url:
            form = {"signed_request": signed_request(sandbox, account)}
            threading.Thread(target=_tell, args=[sandbox, what, url, form], daemon=True).start()


def signed_request(sandbox: Sandbox, account: str, app: str = identity.APP_ID) -> str:
    """Who withdrew, signed over the encoded text with the app's secret."""
    told = {"algorithm": "HMAC-SHA256", "issued_at": int(sandbox.time()), "user_id": account}
    payload = _base64(json.dumps(told).encode())
    secret = identity.app_secret(sandbox, app) or ""
    return f"{_base64(hmac.digest(secret.encode(), payload.encode(), 'sha256'))}.{payload}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _tell(sandbox: Sandbox, what: str, url: str, form: dict[str, str]) -> None:
    """Call the app, and keep what it answered."""
    try:
        answer = requests.post(url, data=form, timeout=media.FETCH_S, allow_redirects=False)
        came = {"status": answer.status_code, "body": answer.text[:1000]}
    except requests.RequestException as e:
        came = {"status": 0, "body": type(e).__name__}
    sandbox.put("webhook", sandbox.new_id(), what=what, **came)


# Tokens that replace themselves (Instagram Login, Threads)


def exchange(call: Call, letters: str, *, needs: str = "") -> Reply:
    """Short-lived into long-lived. letters: what the names of its grant types begin with.

    needs: the permission without which there is none.
    """
    given = _granting(call, f"{letters}_exchange_token")
    short = granted(call.sandbox, given.get("access_token", ""), "short")
    if not identity.is_app(call.sandbox, short["app"], given.get("client_secret", "")):
        raise refuse(1, 0, "Error validating client secret.", transient=False)
    return _long_lived(call, short, letters, needs)


def refresh(call: Call, letters: str, *, needs: str = "") -> Reply:
    """Sixty days more. Refused when younger than a day or no longer good."""
    given = _granting(call, f"{letters}_refresh_token")
    old = granted(call.sandbox, given.get("access_token", ""), "long")
    if call.sandbox.time() - old["issued"] < identity.DAY:
        raise refuse(10, 0, "The token must be at least 24 hours old to be refreshed.")
    return _long_lived(call, old, letters, needs)


def _granting(call: Call, grant_type: str) -> dict[str, str]:
    given = call.params()
    if given.get("grant_type") != grant_type:
        raise refuse(100, 0, f"grant_type must be {grant_type}")
    return given


def _long_lived(call: Call, old: Document, letters: str, needs: str) -> Reply:
    if needs and old["scopes"] and needs not in old["scopes"]:
        raise refuse(10, 0, f"This call needs the permission {needs}.")
    token = identity.issue_token(
        call.sandbox,
        old["account"],
        kind="long",
        app=old["app"],
        scopes=old["scopes"],
        expires_s=LONG_S,
        rotated_from=old["id"],
        prefix=f"{letters.upper()}long",
    )
    return Reply(200, {"access_token": token, "token_type": "bearer", "expires_in": int(LONG_S)})


# Fields


def only(call: Call, found: Document, default: Iterable[str] = ("id",)) -> Reply:
    """The fields that were asked for, and the id always. An unknown field is an error 100."""
    asked = split_fields(call.query.get("fields", ""))
    unknown = [one for one in asked if one not in found]
    if unknown:
        raise refuse(100, 0, f"Tried accessing nonexisting field ({unknown[0]})")
    wanted = asked or list(default)
    body = {name: found[name] for name in wanted if found[name] is not None}
    return Reply(200, {**body, "id": found["id"]})


def split_fields(fields: str) -> list[str]:
    """Names at the top of a field list; what stands in braces belongs to the name before it."""
    flat = re.sub(r"\{[^{}]*\}", "", fields)
    return [one.strip() for one in flat.split(",") if one.strip()]


def no_such(id: str) -> Refused:
    return refuse(
        100, 33, f"Object with ID '{id}' does not exist or cannot be loaded.", transient=False
    )


def iso(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def paged(call: Call, items: list[Document]) -> Reply:
    """A list with cursors, `limit` at a time."""
    limit = min(100, max(1, int(call.query.get("limit") or 25)))
    after = call.query.get("after", "")
    ids = [one["id"] for one in items]
    start = ids.index(after) + 1 if after in ids else 0
    part = items[start : start + limit]
    body: dict[str, Any] = {"data": part}
    if part:
        body["paging"] = {"cursors": {"before": part[0]["id"], "after": part[-1]["id"]}}
        if start + limit < len(items):
            body["paging"]["next"] = f"{call.url_base}{call.path}?after={part[-1]['id']}"
    return Reply(200, body)


# Containers: Instagram and Threads


def container_state(sandbox: Sandbox, container: Document) -> str:
    """Where a container stands, without counting as a look at it."""
    if container.get("media_id"):
        return "PUBLISHED"
    if container["error"]:
        return "ERROR"
    if sandbox.time() - container["made"] >= CONTAINER_S:
        return "EXPIRED"
    if container["fate"] == "stuck" or not container["has_media"]:
        return "IN_PROGRESS"
    age = sandbox.time() - container["made"]
    if container["polls"] < container["needs_polls"] or age < container["ready_after_s"]:
        return "IN_PROGRESS"
    return "ERROR" if container["fate"] == "fail_late" else "FINISHED"


def look(sandbox: Sandbox, platform: str, container: Document) -> tuple[Document, str]:
    """A poll: counts, and says where the container stands.

    Refused as missing for the first reads of a new one, as many as the rule
    <platform>.container_missing_reads says: not every server knows of it yet.
    """
    missing = sandbox.rule(f"{platform}.container_missing_reads", 0)
    with sandbox.lock:
        fresh = sandbox.get("container", container["id"]) or container
        fresh = sandbox.change("container", fresh["id"], polls=fresh["polls"] + 1)
        if fresh["polls"] <= missing:
            raise refuse(24, 2207008, "The media container does not exist.")
        return fresh, container_state(sandbox, fresh)


def published_since(sandbox: Sandbox, account: str, seconds: float) -> int:
    """How many posts of the account lie within the last `seconds`."""
    since = sandbox.time() - seconds
    posts = sandbox.posts(sandbox.platform, account, hidden=True)
    return sum(one["made_at"] > since for one in posts)


def permalink_lags(sandbox: Sandbox, platform: str, post_id: str) -> bool:
    """Whether this read of a fresh post still comes without its address; counts as one."""
    reads = sandbox.rule(f"{platform}.permalink_missing_reads", 0)
    if not reads:
        return False
    with sandbox.lock:
        seen = (sandbox.get("reads", post_id) or {"n": 0})["n"] + 1
        sandbox.put("reads", post_id, n=seen)
    return bool(seen <= reads)


def own_list(
    call: Call, platform: str, account: str, shown: Callable[[Document], Document]
) -> Reply:
    """The account's posts, newest first, with the fields asked for, `since` and `until`."""
    since, until = (_moment(call.query.get(name, "")) for name in ("since", "until"))
    found = []
    for post in reversed(call.sandbox.posts(platform, account)):
        if (since is None or post["visible_at"] >= since) and (
            until is None or post["visible_at"] < until
        ):
            found.append(only(call, shown(post)).body)
    return paged(call, found)


def _moment(text: str) -> float | None:
    """Seconds since 1970, or a date."""
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        pass
    try:
        when = dt.datetime.fromisoformat(text)
    except ValueError as e:
        raise refuse(100, 0, f"{text!r} is not a time.") from e
    return (when if when.tzinfo else when.replace(tzinfo=dt.UTC)).timestamp()


def hashtags(text: str) -> int:
    return len(re.findall(r"(?<!\w)#\w", text))


def mentions(text: str) -> int:
    return len(re.findall(r"(?<!\w)@\w", text))


def fetched(sandbox: Sandbox, id: str, url: str, most: int = MOST_BYTES) -> str:
    """Download a video; its SHA-256. Raises `media.Unfetchable`."""
    media.fetch(sandbox, id, url, most=most, kinds=("video/", "application/octet-stream"))
    return sha256_of(sandbox.upload_path(id))


def metric_list(
    call: Call,
    known: dict[str, Any],
    *,
    wrong: tuple[int, int] = (100, 0),
    total: bool = False,
) -> Reply:
    """Insights. One metric that is not known fails the whole call, vaguely.

    wrong: code and subcode when none is named. total: the shape of metric_type=total_value.
    """
    asked = [one for one in call.query.get("metric", "").split(",") if one]
    if not asked:
        raise refuse(*wrong, "The parameter metric is required.")
    if any(one not in known for one in asked):
        raise refuse(100, 0, "(#100) metric must be one of the supported values")
    return Reply(
        200,
        {
            "data": [
                {
                    "name": name,
                    "period": "lifetime",
                    **(
                        {"total_value": {"value": known[name]}}
                        if total
                        else {"values": [{"value": known[name]}]}
                    ),
                    "title": name.replace("_", " ").capitalize(),
                    "description": "",
                    "id": f"{call.path}/{name}/lifetime",
                }
                for name in asked
            ]
        },
    )
