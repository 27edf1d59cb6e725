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
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from studio.sandbox import feed, identity
from studio.sandbox.bodies import Source
from studio.sandbox.calls import SMALL, Reply
from studio.sandbox.vendors.common import orders

if TYPE_CHECKING:
    from studio.sandbox.server import Server


def answer(
    server: "Server",
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
        return feed.answer(server, method, path, asked, body)
    handler = _HANDLERS.get((method, path.removeprefix("/_admin/").rstrip("/")))
    if handler is None:
        return Reply(404, {"error": f"The sandbox has no {method} {path}."})
    try:
        sent = json.loads(body.read(SMALL) or b"{}") if method == "POST" else {}
        return handler(server, asked, sent)
    except KeyError as e:
        return Reply(400, {"error": f"{e} is missing or not known."})
    except (ValueError, TypeError, AttributeError) as e:
        return Reply(400, {"error": str(e)})


def _from_elsewhere(headers: Mapping[str, str]) -> bool:
    """Whether another site's page in somebody's browser sends this."""
    origin = headers.get("Origin", "")
    return bool(origin) and urlsplit(origin).netloc != headers.get("Host")


def _state(server: "Server", asked: dict[str, str], sent: Any) -> Reply:
    sandbox = server.sandbox
    return Reply(
        200,
        {
            "url": sandbox.url,
            "now": sandbox.now().isoformat(),
            "platforms": list(server.platforms.modules),
            "rules": sandbox.rules(),
            "faults": sandbox.faults.all(),
            "calls": dict(sandbox.calls),
            "crashes": sandbox.crashes,
        },
    )


def _clock(server: "Server", asked: dict[str, str], sent: Any) -> Reply:
    sandbox = server.sandbox
    if "set" in sent:
        when = dt.datetime.fromisoformat(sent["set"])
        if when.tzinfo is None:
            raise ValueError("The time needs a zone, such as Z.")
        sandbox.advance(when.timestamp() - sandbox.time())
    else:
        sandbox.advance(float(sent["advance_s"]))
    return Reply(200, {"now": sandbox.now().isoformat()})


def _rules(server: "Server", asked: dict[str, str], sent: Any) -> Reply:
    for name, value in sent.items():
        server.sandbox.set_rule(name, value)
    return Reply(200, server.sandbox.rules())


def _faults(server: "Server", asked: dict[str, str], sent: Any) -> Reply:
    return Reply(200, server.sandbox.faults.all())


def _fault_add(server: "Server", asked: dict[str, str], sent: Any) -> Reply:
    for one in sent if isinstance(sent, list) else [sent]:
        server.sandbox.faults.add(**one)
    return Reply(201, server.sandbox.faults.all())


def _fault_remove(server: "Server", asked: dict[str, str], sent: Any) -> Reply:
    if "id" in asked:
        server.sandbox.faults.remove(int(asked["id"]))
    else:
        server.sandbox.faults.clear()
    return Reply(200, server.sandbox.faults.all())


def _posts(server: "Server", asked: dict[str, str], sent: Any) -> Reply:
    found = server.sandbox.posts(
        asked.get("platform", ""), asked.get("account", ""), hidden=bool(asked.get("hidden"))
    )
    return Reply(200, found)


def _requests(server: "Server", asked: dict[str, str], sent: Any) -> Reply:
    return Reply(200, list(server.sandbox.log))


def _orders(server: "Server", asked: dict[str, str], sent: Any) -> Reply:
    return Reply(200, orders(server.sandbox, asked.get("vendor", "")))


def _accounts(server: "Server", asked: dict[str, str], sent: Any) -> Reply:
    names = [asked["platform"]] if "platform" in asked else list(server.platforms.modules)
    return Reply(
        200,
        [
            {"platform": name, "id": one["id"], "username": one["username"]}
            for name in names
            for one in server.sandbox.of(name).find("account")
        ],
    )


def _account(server: "Server", asked: dict[str, str], sent: Any) -> Reply:
    sandbox = server.sandbox.of(_platform(server, sent))
    return Reply(201, identity.add_account(sandbox, sent.pop("id"), sent.pop("username"), **sent))


def _token(server: "Server", asked: dict[str, str], sent: Any) -> Reply:
    name = _platform(server, sent)
    sandbox = server.sandbox.of(name)
    if sandbox.get("account", sent["account"]) is None:
        raise ValueError("There is no such account.")
    module = server.platforms.modules[name]
    sent.setdefault("kind", getattr(module, "TOKEN_KIND", "access"))
    sent.setdefault("scopes", list(getattr(module, "SCOPES", ())))
    return Reply(201, {"token": identity.issue_token(sandbox, sent.pop("account"), **sent)})


def _revoke(server: "Server", asked: dict[str, str], sent: Any) -> Reply:
    platform = _platform(server, sent)
    withdrawn = getattr(server.platforms.modules[platform], "withdrawn", identity.revoke_account)
    withdrawn(server.sandbox.of(platform), sent["account"])
    return Reply(200, {})


def _reset(server: "Server", asked: dict[str, str], sent: Any) -> Reply:
    server.sandbox.reset()
    return Reply(200, {})


def _platform(server: "Server", sent: dict[str, Any]) -> str:
    name: str = sent.pop("platform")
    if name not in server.platforms.modules:
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
