"""One channel's YouTube, Data API and Analytics: calls, videos, the uploads list."""

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from publishing.platforms.base import Connection
from publishing.platforms.errors import (
    AuthExpired,
    HandleExpired,
    PlatformError,
    QuotaExhausted,
    Transient,
)
from publishing.platforms.hosts import host
from publishing.platforms.http import Caller, Reply
from publishing.platforms.verdicts import raised
from publishing.platforms.youtube_rules import ERRORS, STATUSES

log = logging.getLogger(__name__)

NEWEST = 10  # of the uploads, to look through
FIRST_DAY = "2005-02-14"  # no video is older
PACIFIC = ZoneInfo("America/Los_Angeles")


class Channel:
    """The channel behind a connection."""

    def __init__(self, connection: Connection, label: str) -> None:
        self.connection = connection
        self.caller = Caller(label)
        self.token = connection.access_token

    def renew(self) -> bool:
        """Get a newer access token. False when nobody gives one."""
        if self.connection.renew is None:
            return False
        before, self.token = self.token, self.connection.renew()
        return self.token != before

    def video(self, video: str, parts: str) -> dict[str, Any] | None:
        """These parts of a video; None when it is not there."""
        query = {"part": parts, "id": video}
        items = self.call("GET", "/youtube/v3/videos", params=query).get("items")
        if not isinstance(items, list):
            raise Transient("An answer from YouTube that is not understood.")
        return items[0] if items else None

    def marked(self, mark: str) -> dict[str, Any] | None:
        """The newest of the last uploads with a tag that begins like that: id, snippet, status and
        processingDetails.
        """
        uploads = (
            (self.mine("contentDetails").get("contentDetails") or {}).get("relatedPlaylists") or {}
        ).get("uploads")
        query = {"part": "contentDetails", "playlistId": uploads, "maxResults": NEWEST}
        try:
            listed = self.call("GET", "/youtube/v3/playlistItems", params=query)
        except HandleExpired:  # a channel that never had an upload has no such list
            return None
        ids = [item["contentDetails"]["videoId"] for item in listed.need("items")]
        if not ids:
            return None
        query = {"part": "snippet,status,processingDetails", "id": ",".join(ids)}
        found = self.call("GET", "/youtube/v3/videos", params=query)
        videos: list[dict[str, Any]] = found.need("items")
        for video in videos:
            if any(str(tag).startswith(mark) for tag in video["snippet"].get("tags") or []):
                return video
        return None

    def mine(self, parts: str) -> dict[str, Any]:
        query = {"part": parts, "mine": "true"}
        found = self.call("GET", "/youtube/v3/channels", params=query)
        found.need("kind")
        if found.get("items", default=[]) == []:
            raise AuthExpired(ERRORS["youtubeSignupRequired"].message, reply=found.text)
        channel: dict[str, Any] = found.need("items", 0)
        return channel

    def delete_private(self, video: str) -> None:
        """Delete an upload that nobody has seen. Does nothing to one that is public."""
        there = self.video(video, "status")
        if there is None:
            return
        status = there.get("status") or {}
        if status.get("privacyStatus") == "private" and not status.get("publishAt"):
            self.call("DELETE", "/youtube/v3/videos", params={"id": video})

    def analytics(self, video: str) -> dict[str, Any]:
        """What YouTube Analytics knows so far; empty when it knows nothing yet."""
        metrics = "estimatedMinutesWatched,averageViewDuration,shares"
        query = {
            "ids": "channel==MINE",
            "startDate": FIRST_DAY,
            "endDate": dt.datetime.now(PACIFIC).date().isoformat(),
            "metrics": metrics,
            "filters": f"video=={video}",
        }
        try:
            url = f"{host('YOUTUBE_ANALYTICS_URL')}/v2/reports"
            found = self.call("GET", url, params=query)
        except PlatformError as e:
            log.info("No analytics of %s: %s", video, e)
            return {}
        names = [column.get("name") for column in found.get("columnHeaders", default=[])]
        return dict(zip(names, found.get("rows", 0, default=[]), strict=False))

    def call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **rest: Any
    ) -> Reply:
        """path: of the Data API, or a whole address."""
        url = path if "://" in path else host("YOUTUBE_API_URL") + path
        headers = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        reply = self.caller.call(method, url, headers=headers, raises=False, **rest)
        if not reply.ok:
            raise self.refusal(reply)
        if reply.body is None:
            raise reply.puzzling()
        return reply

    def refusal(self, reply: Reply) -> PlatformError:
        """Decided by `errors[0].reason`, and by the status where that is unknown."""
        verdict = ERRORS.get(reply.get("error", "errors", 0, "reason"))
        if verdict is None:
            if reply.status >= 500 or reply.status == 429:
                return self.caller.failure(reply)
            if reply.status < 400 or reply.status == 408:
                return reply.puzzling()
            verdict = STATUSES.get(reply.status, STATUSES[400])
        daily = verdict.kind is QuotaExhausted and verdict.pause is None
        return raised(verdict, reply, until=next_quota_day() if daily else None)


def next_quota_day(now: dt.datetime | None = None) -> dt.datetime:
    """When the day's quota begins anew: midnight in California (UTC)."""
    here = (now or dt.datetime.now(dt.UTC)).astimezone(PACIFIC)
    tomorrow = here.date() + dt.timedelta(days=1)
    return dt.datetime.combine(tomorrow, dt.time(), PACIFIC).astimezone(dt.UTC)
