"""What all of YouTube's answers share: the envelope, who is asking, and what it costs."""

import datetime as dt
import zoneinfo

from studio.sandbox import identity
from studio.sandbox.calls import Call, Refused, Reply
from studio.sandbox.state import Document
from studio.sandbox.windows import spend

# Where quota days begin: midnight in California.
ZONE = zoneinfo.ZoneInfo("America/Los_Angeles")
UPLOAD = "https://www.googleapis.com/auth/youtube.upload"
READ = "https://www.googleapis.com/auth/youtube.readonly"
MANAGE = "https://www.googleapis.com/auth/youtube"
FORCE_SSL = "https://www.googleapis.com/auth/youtube.force-ssl"
ANALYTICS = "https://www.googleapis.com/auth/yt-analytics.readonly"
REASONS = {
    "authError": (401, "global", "UNAUTHENTICATED", "Invalid Credentials"),
    "youtubeSignupRequired": (401, "youtube.header", "UNAUTHENTICATED", "Unauthorized"),
    "insufficientPermissions": (
        403,
        "global",
        "PERMISSION_DENIED",
        "Request had insufficient authentication scopes.",
    ),
    "quotaExceeded": (
        403,
        "youtube.quota",
        "PERMISSION_DENIED",
        'The request cannot be completed because you have exceeded your <a href="/youtube/v3/'
        'getting-started#quota">quota</a>.',
    ),
    "rateLimitExceeded": (403, "usageLimits", "RESOURCE_EXHAUSTED", "Rate Limit Exceeded"),
    "forbidden": (403, "youtube.common", "PERMISSION_DENIED", "Forbidden"),
    "videoNotFound": (404, "youtube.video", "NOT_FOUND", "The video cannot be found."),
    "backendError": (503, "global", "UNAVAILABLE", "Backend Error"),
}  # fmt: skip; all others are 400 youtube.video


def refuse(reason: str, message: str = "", *, status: int = 0) -> Refused:
    return Refused(failure(reason, message, status=status))


def failure(reason: str, message: str = "", *, status: int = 0) -> Reply:
    code, domain, name, words = REASONS.get(
        reason, (400, "youtube.video", "INVALID_ARGUMENT", reason)
    )
    message = message or words
    return Reply(
        status or code,
        {
            "error": {
                "code": status or code,
                "message": message,
                "errors": [{"domain": domain, "reason": reason, "message": message}],
                "status": name,
            }
        },
    )


def trouble(call: Call, status: int, seconds: float) -> Reply:
    if status == 429:
        return failure("rateLimitExceeded", status=429)
    return failure("backendError", status=status)


def who(call: Call, *scopes: str) -> Document:
    """The caller's token. One of the scopes is enough. Raises Refused."""
    try:
        found = identity.token(call.sandbox, call.bearer(), "access")
    except identity.Denied as e:
        raise refuse("authError") from e
    if not set(scopes) & set(found["scopes"]):
        raise refuse("insufficientPermissions")
    if not call.sandbox.rule("youtube.has_channel", True):
        raise refuse("youtubeSignupRequired")
    return found


def charge(call: Call, token: Document, cost: int, bucket: str = "units") -> None:
    """Take from the project's quota of the day. Raises Refused when it is used up.

    Rules: youtube.units_a_day (10 000) and youtube.inserts_a_day (100), a bucket of its own.
    """
    limit = int(
        call.sandbox.rule(f"youtube.{bucket}_a_day", 100 if bucket == "inserts" else 10000)
    )
    left = until_midnight_s(call.sandbox.now())
    if not spend(call.sandbox, bucket, token["app"], limit=limit, seconds=left, cost=cost).allowed:
        raise refuse("quotaExceeded")


def until_midnight_s(now: dt.datetime) -> float:
    """Until quotas start anew, at midnight Pacific time."""
    local = now.astimezone(ZONE)
    tomorrow = dt.datetime.combine(local.date() + dt.timedelta(days=1), dt.time(), ZONE)
    return (tomorrow.astimezone(dt.UTC) - now).total_seconds()


def parts(call: Call, known: tuple[str, ...]) -> list[str]:
    """The parts that were asked for; there is no default."""
    asked = [one.strip() for one in call.query.get("part", "").split(",") if one.strip()]
    if not asked:
        raise refuse("missingRequiredParameter", "No filter selected: part is required.")
    for one in asked:
        if one not in known:
            raise refuse("unknownPart", f"'{one}'")
    return asked


def iso(seconds: float) -> str:
    return dt.datetime.fromtimestamp(int(seconds), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
