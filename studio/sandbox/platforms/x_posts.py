"""X: posts and replies.

Rules: x.max_weight (280), x.max_seconds (140), x.duplicate_hours (24).
"""

from typing import Any

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.media import film
from studio.sandbox.platforms.x_base import app_limited, body, invalid, limited, refuse, who
from studio.sandbox.platforms.x_media import own
from studio.sandbox.platforms.x_read import shown
from studio.sandbox.platforms.x_text import LIMIT, weighted_length
from studio.sandbox.state import Document, Sandbox, sha256_of

FIELDS = {
    "text", "media", "made_with_ai", "paid_partnership", "reply_settings", "community_id",
    "quote_tweet_id", "reply", "poll", "geo", "edit_options", "nullcast",
    "for_super_followers_only", "direct_message_deep_link", "share_with_followers", "card_uri",
}  # fmt: skip
REPLY_SETTINGS = ("following", "mentionedUsers", "subscribers", "verified")


def create(call: Call) -> Reply:
    token = who(call, "tweet.read", "tweet.write", "users.read")
    headers = limited(call, "tweets", token, 100)
    asked = body(call)
    text = _checked(call, asked)
    media = _media(call, token, asked.get("media"))
    parent = _parent(call, asked.get("reply"))
    app_limited(call, token)
    sandbox = call.sandbox
    with sandbox.lock:
        _no_duplicate(sandbox, token["account"], text)
        id = sandbox.new_id("19")
        tweet = sandbox.put(
            "tweet",
            id,
            account=token["account"],
            text=text,
            media=media["id"] if media else "",
            parent=parent,
            conversation=_conversation(sandbox, parent) or id,
            made=sandbox.time(),
            ai=asked.get("made_with_ai", False),
        )
        if parent:
            sandbox.put("reply", id, post=parent, text=text, account=token["account"])
        else:
            _show(sandbox, tweet, media)
    return Reply(201, {"data": shown(tweet, ["id", "text", "edit_history_tweet_ids"])}, headers)


def _checked(call: Call, asked: dict[str, Any]) -> str:
    if strange := set(asked) - FIELDS:
        raise invalid(
            f"[{sorted(strange)[0]}] is not one of the fields.", field=sorted(strange)[0]
        )
    text = asked.get("text", "")
    if not isinstance(text, str) or (not text and not asked.get("media")):
        raise invalid("One of text and media is required.", text=text)
    for name in ("made_with_ai", "paid_partnership", "nullcast"):
        if not isinstance(asked.get(name, False), bool):
            raise invalid(f"{name} is a boolean.", field=name)
    if "reply_settings" in asked and asked["reply_settings"] not in REPLY_SETTINGS:
        raise invalid("reply_settings is not valid.", reply_settings=asked["reply_settings"])
    if weighted_length(text) > int(call.sandbox.rule("x.max_weight", LIMIT)):
        raise invalid("Your post is too long.", text=text)
    return text


def _media(call: Call, token: Document, asked: Any) -> Document | None:
    """The video of the post. Raises Refused for one that is not ready."""
    if asked is None:
        return None
    ids = asked.get("media_ids") if isinstance(asked, dict) else None
    if not isinstance(ids, list) or not 1 <= len(ids) <= 4:
        raise invalid("media_ids has 1 to 4 ids.", media__media_ids=ids)
    if not all(isinstance(one, str) for one in ids):
        raise invalid("media_ids are texts.", media__media_ids=ids)
    found = call.sandbox.get("media", ids[0])
    if found is None or found["state"] != "succeeded":
        raise invalid("Your media IDs are invalid.", media__media_ids=ids[0])
    media = own(call, token, ids[0])
    seen = film(call.sandbox.upload_path(media["id"]))
    if seen and seen.duration_ms > 1000 * int(call.sandbox.rule("x.max_seconds", 140)):
        raise refuse(403, "This user is not allowed to post a video longer than 2 minutes.")
    return media


def _parent(call: Call, asked: Any) -> str:
    if asked is None:
        return ""
    id = asked.get("in_reply_to_tweet_id") if isinstance(asked, dict) else None
    if not isinstance(id, str) or not call.sandbox.get("tweet", id):
        raise invalid("The post you are replying to does not exist.",
                      reply__in_reply_to_tweet_id=id)  # fmt: skip
    return id


def _no_duplicate(sandbox: Sandbox, account: str, text: str) -> None:
    since = sandbox.time() - 3600 * float(sandbox.rule("x.duplicate_hours", 24))
    if text and any(
        one["text"] == text and one["made"] > since
        for one in sandbox.find("tweet", account=account)
    ):
        raise refuse(403, "You are not allowed to create a Tweet with duplicate content.")


def _conversation(sandbox: Sandbox, parent: str) -> str:
    found = sandbox.get("tweet", parent) if parent else None
    return str(found["conversation"]) if found else ""


def _show(sandbox: Sandbox, tweet: Document, media: Document | None) -> None:
    account = sandbox.get("account", tweet["account"]) or {}
    path = sandbox.upload_path(media["id"]) if media else None
    sandbox.publish(
        "x",
        tweet["account"],
        tweet["id"],
        tweet["text"],
        sha256_of(path) if path else "",
        tweet["ai"],
        media_path=str(path) if path else "",
        permalink=f"https://x.com/{account.get('username', 'i')}/status/{tweet['id']}",
    )


def delete(call: Call) -> Reply:
    token = who(call, "tweet.read", "tweet.write", "users.read")
    with call.sandbox.lock:
        tweet = call.sandbox.get("tweet", call.args["id"])
        if tweet and tweet["account"] != token["account"]:
            raise refuse(403, "You are not authorized to delete this Tweet.")
        call.sandbox.delete("tweet", call.args["id"])
        call.sandbox.delete("reply", call.args["id"])
        call.sandbox.delete_post("x", call.args["id"])
    return Reply(200, {"data": {"deleted": tweet is not None}})


ROUTES = [
    Route("POST", r"/2/tweets", create, commit=True),
    Route("DELETE", r"/2/tweets/(?P<id>\d+)", delete),
]
