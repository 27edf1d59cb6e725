"""YouTube: the channel, its uploads, comments and reports."""

import datetime as dt
from typing import Any

from studio.sandbox.audience import counts, followers
from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.platforms.youtube_base import (
    ANALYTICS,
    FORCE_SSL,
    MANAGE,
    READ,
    charge,
    iso,
    parts,
    refuse,
    who,
)
from studio.sandbox.platforms.youtube_rules import inner
from studio.sandbox.platforms.youtube_videos import current
from studio.sandbox.state import Document

LAG_DAYS = 2  # reports are that far behind
METRICS = {
    "views": lambda seen: seen.views,
    "estimatedMinutesWatched": lambda seen: seen.watched_ms // 60_000,
    "averageViewDuration": lambda seen: seen.average_watch_ms // 1000,
    "averageViewPercentage": lambda seen: min(seen.average_watch_ms / 150, 100.0),
    "likes": lambda seen: seen.likes,
    "comments": lambda seen: seen.comments,
    "shares": lambda seen: seen.shares,
    "subscribersGained": lambda seen: seen.likes // 40,
}


def uploads_of(channel: str) -> str:
    return "UU" + channel.removeprefix("UC")


def channels(call: Call) -> Reply:
    token = who(call, READ, MANAGE, FORCE_SSL)
    wanted = parts(call, ("id", "snippet", "contentDetails", "statistics", "status"))
    charge(call, token, 1)
    id = token["account"] if call.query.get("mine") == "true" else call.query.get("id", "")
    if not id:
        raise refuse("missingRequiredParameter", "No filter selected.")
    account = call.sandbox.get("account", id)
    items = [_channel(call, account, wanted)] if account else []
    return Reply(200, {"kind": "youtube#channelListResponse", "items": items})


def _channel(call: Call, account: Document, wanted: list[str]) -> dict[str, Any]:
    picture = f"{call.url_base}/avatar/{account['id']}.jpg"
    posts = call.sandbox.posts("youtube", account["id"])
    known = {
        "snippet": {
            "title": account.get("name", account["username"]),
            "customUrl": f"@{account['username']}",
            "thumbnails": {"default": {"url": picture, "width": 88, "height": 88}},
        },
        "contentDetails": {
            "relatedPlaylists": {"likes": "", "uploads": uploads_of(account["id"])}
        },
        "statistics": {
            "viewCount": str(sum(counts(call.sandbox, one).views for one in posts)),
            "subscriberCount": str(followers(account)),
            "hiddenSubscriberCount": False,
            "videoCount": str(len(posts)),
        },
        "status": {"privacyStatus": "public", "isLinked": True},
    }
    found = {"kind": "youtube#channel", "id": account["id"]}
    return found | {name: known[name] for name in wanted if name != "id"}


def playlist_items(call: Call) -> Reply:
    """The uploads, newest first; the owner sees the private ones too."""
    token = who(call, READ, MANAGE, FORCE_SSL)
    wanted = parts(call, ("id", "snippet", "contentDetails", "status"))
    charge(call, token, 1)
    playlist = call.query.get("playlistId", "")
    channel = "UC" + playlist.removeprefix("UU")
    if not call.sandbox.get("account", channel):
        raise refuse("playlistNotFound", "The playlist cannot be found.", status=404)
    most, skip = call.query.get("maxResults", "5"), call.query.get("pageToken", "0")
    if not most.isdigit() or int(most) > 50 or not skip.isdigit():
        raise refuse("invalidParameter", "maxResults is 0 to 50.")
    found = [
        video
        for one in reversed(call.sandbox.find("video", channel=channel))
        if (video := current(call.sandbox, one["id"]))
        and (channel == token["account"] or video["status"]["privacyStatus"] == "public")
    ]
    first, end = int(skip), int(skip) + int(most)
    page = {"totalResults": len(found), "resultsPerPage": int(most)}
    body: dict[str, Any] = {
        "kind": "youtube#playlistItemListResponse",
        "items": [_item(video, playlist, wanted) for video in found[first:end]],
        "pageInfo": page,
    }
    if end < len(found):
        body["nextPageToken"] = str(end)
    return Reply(200, body)


def _item(video: Document, playlist: str, wanted: list[str]) -> dict[str, Any]:
    known = {
        "snippet": {
            "publishedAt": iso(video["made"]),
            "channelId": video["channel"],
            "title": video["snippet"]["title"],
            "description": video["snippet"]["description"],
            "playlistId": playlist,
            "resourceId": {"kind": "youtube#video", "videoId": video["id"]},
        },
        "contentDetails": {
            "videoId": video["id"],
            "videoPublishedAt": iso(video["published"] or video["made"]),
        },
        "status": {"privacyStatus": video["status"]["privacyStatus"]},
    }
    found = {"kind": "youtube#playlistItem", "id": f"{playlist}.{video['id']}"}
    return found | {name: known[name] for name in wanted if name != "id"}


def comment(call: Call) -> Reply:
    """A top-level comment below a video."""
    token = who(call, FORCE_SSL)
    parts(call, ("id", "snippet", "replies"))
    charge(call, token, 50)
    snippet = inner(call.json(), "snippet")
    words = str(inner(snippet, "topLevelComment", "snippet").get("textOriginal") or "")
    video = current(call.sandbox, str(snippet.get("videoId", "")))
    if not words:
        raise refuse("commentTextRequired", "The comment resource must have text.")
    if video is None:
        raise refuse("videoNotFound")
    if video["status"]["selfDeclaredMadeForKids"]:
        raise refuse("commentsDisabled", "The video has disabled comments.", status=403)
    if video["status"]["privacyStatus"] == "private" and video["channel"] != token["account"]:
        raise refuse("forbidden")
    id = call.sandbox.new_id("Ug")
    call.sandbox.put("reply", id, post=video["id"], text=words, account=token["account"])
    top = {"id": id, "snippet": {"videoId": video["id"], "textOriginal": words}}
    return Reply(
        200,
        {
            "kind": "youtube#commentThread",
            "id": id,
            "snippet": {"videoId": video["id"], "topLevelComment": top},
        },
    )


def report(call: Call) -> Reply:
    """YouTube Analytics: totals of whole days, some days late; a table with or without days."""
    token = who(call, ANALYTICS)
    if call.query.get("ids") not in ("channel==MINE", f"channel=={token['account']}"):
        raise refuse("badRequest", "The query's ids must be channel==MINE.")
    metrics = [one for one in call.query.get("metrics", "").split(",") if one]
    dimensions = [one for one in call.query.get("dimensions", "").split(",") if one]
    if not metrics or set(metrics) - set(METRICS):
        raise refuse("badRequest", "The query is not supported: metrics.")
    if set(dimensions) - {"day", "video"}:
        raise refuse("badRequest", "The query is not supported: dimensions.")
    first, last = _day(call, "startDate"), _day(call, "endDate")
    newest = call.sandbox.now().date() - dt.timedelta(days=LAG_DAYS)
    rows = []
    for post in _reported(call, token):
        made = dt.datetime.fromtimestamp(post["visible_at"], dt.UTC).date()
        if first <= made <= min(last, newest):
            keys = {"day": made.isoformat(), "video": post["post_id"]}
            seen = counts(call.sandbox, post)
            rows.append([keys[one] for one in dimensions] + [METRICS[m](seen) for m in metrics])
    if not dimensions and rows:
        rows = [[sum(column) for column in zip(*rows, strict=True)]]
    return Reply(
        200,
        {
            "kind": "youtubeAnalytics#resultTable",
            "columnHeaders": [
                *(
                    {"name": d, "columnType": "DIMENSION", "dataType": "STRING"}
                    for d in dimensions
                ),
                *({"name": m, "columnType": "METRIC", "dataType": "INTEGER"} for m in metrics),
            ],
            "rows": rows,
        },
    )


def _reported(call: Call, token: Document) -> list[Document]:
    posts = call.sandbox.posts("youtube", token["account"])
    wanted = call.query.get("filters", "").removeprefix("video==")
    return [one for one in posts if not wanted or one["post_id"] in wanted.split(",")]


def _day(call: Call, name: str) -> dt.date:
    try:
        return dt.date.fromisoformat(call.query.get(name, ""))
    except ValueError as e:
        raise refuse("badRequest", f"{name} is not a date.") from e


ROUTES = [
    Route("GET", r"/youtube/v3/channels", channels),
    Route("GET", r"/youtube/v3/playlistItems", playlist_items),
    Route("POST", r"/youtube/v3/commentThreads", comment),
    Route("GET", r"/v2/reports", report),
]
