"""What becomes of a post: counts that grow, the same each time they are asked for.

They follow the post's id, its age and the hour it went out at, in the account's own zone, so that
whoever learns from them finds that hour. Plausible, not measured.
"""

import datetime as dt
import hashlib
import math
import zoneinfo
from dataclasses import dataclass

from studio.sandbox.state import Document, Sandbox

PEAK_HOUR = 19.0  # when an account's audience is there, unless its "peak_hour" says otherwise
REACH = 1200  # views after a week, of an average post at an average hour
SPREAD = 0.5  # of the log of it, between posts
GROWTH_H = 20.0  # after so many hours a post has 63 % of its views


@dataclass(frozen=True)
class Counts:
    views: int
    reach: int
    likes: int
    comments: int
    shares: int
    saves: int
    watched_ms: int
    average_watch_ms: int
    clicks: int


def counts(sandbox: Sandbox, post: Document) -> Counts:
    """The counts of a visible post now."""
    account = sandbox.of(post["platform"]).get("account", post["account"]) or {}
    seen_at = post["visible_at"] or post["made_at"]
    age_h = max(0.0, (sandbox.time() - seen_at) / 3600)
    zone = zoneinfo.ZoneInfo(account.get("timezone", "UTC"))
    local = dt.datetime.fromtimestamp(seen_at, zone)
    at = hour_effect(local.hour + local.minute / 60, float(account.get("peak_hour", PEAK_HOUR)))
    luck = math.exp(SPREAD * _normal(post["post_id"]))
    grown = 1 - math.exp(-age_h / GROWTH_H)
    views = int(float(account.get("reach", REACH)) * at * luck * grown)
    watch_ms = 4000 + int(5000 * _unit(post["post_id"], "watch"))
    return Counts(
        views=views,
        reach=int(views * 0.86),
        likes=int(views * (0.03 + 0.05 * _unit(post["post_id"], "likes"))),
        comments=int(views * 0.004),
        shares=int(views * (0.004 + 0.012 * _unit(post["post_id"], "shares"))),
        saves=int(views * 0.009),
        watched_ms=views * watch_ms,
        average_watch_ms=watch_ms if views else 0,
        clicks=int(views * 0.01),
    )


def hour_effect(hour: float, peak: float) -> float:
    """How much more (2 at most) or less (0.5) an hour brings than the average one."""
    return math.exp2(math.cos((hour - peak) / 24 * 2 * math.pi))


def followers(account: Document) -> int:
    return 300 + int(2000 * _unit(str(account["id"]), "followers"))


def _unit(*words: str) -> float:
    digest = hashlib.sha256("/".join(words).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _normal(word: str) -> float:
    one, two = 1 - _unit(word, "a"), _unit(word, "b")
    return math.sqrt(-2 * math.log(one)) * math.cos(2 * math.pi * two)
