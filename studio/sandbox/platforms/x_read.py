"""X: the timeline, posts by id, counts, and the account.

Texts come back as X gives them: with &amp; for &, links as t.co, and a t.co link for the media.
"""

import datetime as dt
import hashlib
import html
from typing import Any

from studio.sandbox.audience import counts, followers
from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.platforms.x_base import invalid, limited, who
from studio.sandbox.platforms.x_text import LINKS
from studio.sandbox.state import Document, Sandbox


def _link(words: str) -> str:
    return f"https://t.co/{hashlib.sha256(words.encode()).hexdigest()[:10]}"


def shown(tweet: Document, fields: list[str], counted: Any = None) -> dict[str, Any]:
    text = html.escape(LINKS.sub(lambda m: _link(m[0]), tweet["text"]), quote=False)
    if tweet["media"]:
        text = f"{text} {_link(tweet['id'])}".strip()
    made = dt.datetime.fromtimestamp(tweet["made"], dt.UTC)
    known: dict[str, Any] = {
        "id": tweet["id"],
        "text": text,
        "edit_history_tweet_ids": [tweet["id"]],
        "author_id": tweet["account"],
        "created_at": made.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "conversation_id": tweet["conversation"],
    }
    if tweet["media"]:
        known["attachments"] = {"media_keys": [f"13_{tweet['media']}"]}
    if tweet["parent"]:
        known["referenced_tweets"] = [{"type": "replied_to", "id": tweet["parent"]}]
    links = [
        {"url": _link(one[0]), "expanded_url": one[0]} for one in LINKS.finditer(tweet["text"])
    ]
    if links:
        known["entities"] = {"urls": links}
    if counted is not None:
        known["public_metrics"] = counted
    return {name: known[name] for name in ["id", "text", *fields] if name in known}


def _fields(call: Call) -> list[str]:
    asked = [one for one in call.query.get("tweet.fields", "").split(",") if one]
    return ["edit_history_tweet_ids", *asked]


def _counted(sandbox: Sandbox, tweet: Document) -> dict[str, int]:
    post = sandbox.post("x", tweet["id"])
    replies = len(sandbox.find("reply", post=tweet["id"]))
    if post is None:  # a reply
        return dict.fromkeys(("retweet_count", "like_count", "quote_count", "bookmark_count",
                              "impression_count"), 0) | {"reply_count": replies}  # fmt: skip
    seen = counts(sandbox, post)
    return {
        "retweet_count": seen.shares,
        "reply_count": seen.comments + replies,
        "like_count": seen.likes,
        "quote_count": seen.shares // 5,
        "bookmark_count": seen.saves,
        "impression_count": seen.views,
    }


def timeline(call: Call) -> Reply:
    token = who(call, "tweet.read", "users.read")
    headers = limited(call, "timeline", token, 900)
    if not call.sandbox.get("account", call.args["user"]):
        raise invalid("The id is not one of a user.", id=call.args["user"])
    most = call.query.get("max_results", "10")
    if not most.isdigit() or not 5 <= int(most) <= 100:
        raise invalid(f"The max_results query parameter value [{most}] is not between 5 and 100",
                      max_results=most)  # fmt: skip
    since = call.query.get("since_id", "0")
    if not since.isdigit():
        raise invalid("since_id is not valid.", since_id=since)
    excluded = call.query.get("exclude", "")
    found = [
        one
        for one in reversed(call.sandbox.find("tweet", account=call.args["user"]))
        if int(one["id"]) > int(since) and not (one["parent"] and "replies" in excluded)
    ][: int(most)]
    meta: dict[str, Any] = {"result_count": len(found)}
    if not found:
        return Reply(200, {"meta": meta}, headers)
    meta |= {"newest_id": found[0]["id"], "oldest_id": found[-1]["id"]}
    items = [shown(one, _fields(call), _counted(call.sandbox, one)) for one in found]
    return Reply(200, {"data": items, "meta": meta}, headers)


def lookup(call: Call) -> Reply:
    """GET /2/tweets?ids= or /2/tweets/{id}"""
    token = who(call, "tweet.read", "users.read")
    headers = limited(call, "lookup", token, 900)
    ids = [call.args["id"]] if call.args.get("id") else call.query.get("ids", "").split(",")
    found, missing = [], []
    for id in ids[:100]:
        tweet = call.sandbox.get("tweet", id)
        if tweet:
            found.append(shown(tweet, _fields(call), _counted(call.sandbox, tweet)))
        else:
            missing.append(_missing(id))
    answer: dict[str, Any] = {"errors": missing} if missing else {}
    if found:
        answer["data"] = found[0] if call.args.get("id") else found
    return Reply(200, answer, headers)  # what is missing is an error inside a 200


def _missing(id: str) -> dict[str, str]:
    return {
        "resource_type": "tweet", "resource_id": id, "value": id, "parameter": "id",
        "title": "Not Found Error", "detail": f"Could not find tweet with id: [{id}].",
        "type": "https://api.x.com/2/problems/resource-not-found",
    }  # fmt: skip


def me(call: Call) -> Reply:
    token = who(call, "tweet.read", "users.read")
    headers = limited(call, "me", token, 75)
    account = call.sandbox.get("account", token["account"]) or {}
    known = {
        "id": token["account"],
        "name": account.get("name", account["username"]),
        "username": account["username"],
        "profile_image_url": f"{call.url_base}/avatar/{token['account']}_normal.jpg",
        "public_metrics": {
            "followers_count": followers(account),
            "following_count": 12,
            "tweet_count": len(call.sandbox.find("tweet", account=token["account"])),
            "listed_count": 0,
        },
    }
    asked = call.query.get("user.fields", "").split(",")
    fields = ["id", "name", "username", *asked]
    return Reply(200, {"data": {k: v for k, v in known.items() if k in fields}}, headers)


ROUTES = [
    Route("GET", r"/2/tweets", lookup),
    Route("GET", r"/2/tweets/(?P<id>\d+)", lookup),
    Route("GET", r"/2/users/me", me),
    Route("GET", r"/2/users/(?P<user>\d+)/tweets", timeline),
]
