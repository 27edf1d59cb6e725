"""The sandbox's own addresses: `/_admin/...` for programs, `/` for people.

GET  /_admin/state                    clock, rules, faults, counts
POST /_admin/clock      {"advance_s": 3600} or {"set": "2026-10-25T00:59:00Z"}
POST /_admin/rules      {"tiktok.audited": true, "instagram.quota": null}
GET, POST, DELETE /_admin/faults      a fault, or a list of them; DELETE takes ?id= or all
GET  /_admin/posts      ?platform= &account= &hidden=1
GET  /_admin/requests                 the last 500, secrets masked
GET  /_admin/orders                   what vendors were paid for, ?vendor=
GET  /_admin/accounts                 ?platform=
POST /_admin/accounts   {"platform", "id", "username", ...}
POST /_admin/tokens     {"platform", "account", "kind", "scopes", "expires_s", "age_s", ...}
                        kind and scopes: where they are left out, those that may post
POST /_admin/revoke     {"platform", "account"} all of its tokens, as when somebody removes the app
POST /_admin/reset
"""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from studio.sandbox import feed, identity
from studio.sandbox.bodies import Source
from studio.sandbox.calls import SMALL, Reply
from studio.sandbox.routing import Platforms
from studio.sandbox.vendors.common import orders


def answer(
    played: Platforms,
    method: str,
    path: str,
    query: str,
    body: Source,
    headers: Mapping[str, str],
) -> Reply:
    """What is not a platform's."""
    asked = dict(parse_qsl(query))
    if method not in ("GET", "HEAD") and _from_elsewhere(headers):
        return Reply(403, {"error": "Only pages of the sandbox itself may do this."})
    if method == "HEAD":
        method = "GET"
    if not path.startswith("/_admin/"):
        return feed.answer(played, method, path, asked, body)
    handler = _HANDLERS.get((method, path.removeprefix("/_admin/").rstrip("/")))
    if handler is None:
        return Reply(404, {"error": f"The sandbox has no {method} {path}."})
    try:
        sent = json.loads(body.read(SMALL) or b"{}") if method == "POST" else {}
        return handler(played, asked, sent)
    except KeyError as e:
        return Reply(400, {"error": f"{e} is missing or not known."})
    except (ValueError, TypeError, AttributeError) as e:
        return Reply(400, {"error": str(e)})


def _from_elsewhere(headers: Mapping[str, str]) -> bool:
    """Whether another site's page in somebody's browser sends this."""
    origin = headers.get("Origin", "")
    return bool(origin) and urlsplit(origin).netloc != headers.get("Host")


def _state(played: Platforms, asked: dict[str, str], sent: Any) -> Reply:
    sandbox = played.sandbox
    return Reply(
        200,
        {
            "url": sandbox.url,
            "now": sandbox.now().isoformat(),
            "platforms": list(played.modules),
            "rules": sandbox.rules(),
            "faults": sandbox.faults.all(),
            "calls": dict(sandbox.calls),
            "crashes": sandbox.crashes,
        },
    )


def _clock(played: Platforms, asked: dict[str, str], sent: Any) -> Reply:
    sandbox = played.sandbox
    if "set" in sent:
        when = dt.datetime.fromisoformat(sent["set"])
        if when.tzinfo is None:
            raise ValueError("The time needs a zone, such as Z.")
        sandbox.advance(when.timestamp() - sandbox.time())
    else:
        sandbox.advance(float(sent["advance_s"]))
    return Reply(200, {"now": sandbox.now().isoformat()})


def _rules(played: Platforms, asked: dict[str, str], sent: Any) -> Reply:
    for name, value in sent.items():
        played.sandbox.set_rule(name, value)
    return Reply(200, played.sandbox.rules())


def _faults(played: Platforms, asked: dict[str, str], sent: Any) -> Reply:
    return Reply(200, played.sandbox.faults.all())


def _fault_add(played: Platforms, asked: dict[str, str], sent: Any) -> Reply:
    for one in sent if isinstance(sent, list) else [sent]:
        played.sandbox.faults.add(**one)
    return Reply(201, played.sandbox.faults.all())


def _fault_remove(played: Platforms, asked: dict[str, str], sent: Any) -> Reply:
    if "id" in asked:
        played.sandbox.faults.remove(int(asked["id"]))
    else:
        played.sandbox.faults.clear()
    return Reply(200, played.sandbox.faults.all())


def _posts(played: Platforms, asked: dict[str, str], sent: Any) -> Reply:
    found = played.sandbox.posts(
        asked.get("platform", ""), asked.get("account", ""), hidden=bool(asked.get("hidden"))
    )
    return Reply(200, found)


def _requests(played: Platforms, asked: dict[str, str], sent: Any) -> Reply:
    return Reply(200, list(played.sandbox.log))


def _orders(played: Platforms, asked: dict[str, str], sent: Any) -> Reply:
    return Reply(200, orders(played.sandbox, asked.get("vendor", "")))


def _accounts(played: Platforms, asked: dict[str, str], sent: Any) -> Reply:
    names = [asked["platform"]] if "platform" in asked else list(played.modules)
    return Reply(
        200,
        [
            {"platform": name, "id": one["id"], "username": one["username"]}
            for name in names
            for one in played.sandbox.of(name).find("account")
        ],
    )


def _account(played: Platforms, asked: dict[str, str], sent: Any) -> Reply:
    sandbox = played.sandbox.of(_platform(played, sent))
    return Reply(201, identity.add_account(sandbox, sent.pop("id"), sent.pop("username"), **sent))


def _token(played: Platforms, asked: dict[str, str], sent: Any) -> Reply:
    name = _platform(played, sent)
    sandbox = played.sandbox.of(name)
    if sandbox.get("account", sent["account"]) is None:
        raise ValueError("There is no such account.")
    module = played.modules[name]
    sent.setdefault("kind", getattr(module, "TOKEN_KIND", "access"))
    sent.setdefault("scopes", list(getattr(module, "SCOPES", ())))
    return Reply(201, {"token": identity.issue_token(sandbox, sent.pop("account"), **sent)})


def _revoke(played: Platforms, asked: dict[str, str], sent: Any) -> Reply:
    platform = _platform(played, sent)
    withdrawn = getattr(played.modules[platform], "withdrawn", identity.revoke_account)
    withdrawn(played.sandbox.of(platform), sent["account"])
    return Reply(200, {})


def _reset(played: Platforms, asked: dict[str, str], sent: Any) -> Reply:
    played.sandbox.reset()
    return Reply(200, {})


def _platform(played: Platforms, sent: dict[str, Any]) -> str:
    name: str = sent.pop("platform")
    if name not in played.modules:
        raise ValueError(f"There is no platform {name!r}.")
    return name


_HANDLERS = {
    ("GET", "state"): _state,
    ("POST", "clock"): _clock,
    ("POST", "rules"): _rules,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _fault_add,
    ("DELETE", "faults"): _fault_remove,
    ("GET", "posts"): _posts,
    ("GET", "requests"): _requests,
    ("GET", "orders"): _orders,
    ("GET", "accounts"): _accounts,
    ("POST", "accounts"): _account,
    ("POST", "tokens"): _token,
    ("POST", "revoke"): _revoke,
    ("POST", "reset"): _reset,
}
