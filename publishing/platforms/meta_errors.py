"""What the numbers in Graph's errors mean: Instagram, Facebook and Threads.

    {"error": {"message", "type", "code", "error_subcode", "is_transient", "error_user_msg", ...}}

HTTP is nearly always 400. The subcode decides, then the code, then `is_transient`; prose never
does. Sources: instagram-graph-api error codes (June 2026), Reels publishing, Threads publishing.
"""

import datetime as dt
import json
import re
from typing import Any

from publishing.platforms.errors import (
    AccountBlocked,
    AuthExpired,
    HandleExpired,
    NotReady,
    PlatformError,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Transient,
    Unsupported,
    redact,
)
from publishing.platforms.http import Reply, retry_after
from publishing.platforms.verdicts import Table, Verdict, raised

HOUR = dt.timedelta(hours=1)
RECONNECT = "{} no longer accepts this permission; connect the account again."
MISSING = "{} says that a permission is missing; connect the account again and allow everything."
RESTRICTED = "{} restricts this account. Open it there and do what it asks for."
GONE = "What was prepared at {} is gone; it is prepared again."
TROUBLE = "{} had trouble of its own."
NOT_FETCHED = "{} could not fetch the video from this installation's public address."

SUBCODES: Table = {
    # -2, -1
    2207003: Verdict(Transient, "{} took too long to fetch the video."),
    2207020: Verdict(HandleExpired, GONE),
    2207001: Verdict(Transient, TROUBLE),
    2207032: Verdict(Transient, TROUBLE),
    2207053: Verdict(HandleExpired, "{} lost the upload; it is prepared again."),
    # 1
    2207057: Verdict(Rejected, "The cover's moment lies outside the video."),
    # 4: looks like spam
    2207051: Verdict(AccountBlocked, RESTRICTED),
    # 9
    2207042: Verdict(QuotaExhausted, "{} takes no more posts of this account today.", HOUR),
    # 24
    2207006: Verdict(HandleExpired, GONE),
    2207008: Verdict(HandleExpired, GONE),
    # 25
    2207050: Verdict(AccountBlocked, RESTRICTED),
    # 100
    2207023: Verdict(Rejected, "{} does not know this kind of media."),
    2207028: Verdict(Rejected, "{} does not take this number of items."),
    # 352
    2207026: Verdict(Rejected, "{} does not take this video format."),
    # 9004
    2207052: Verdict(Rejected, NOT_FETCHED),
    # 9007
    2207027: Verdict(NotReady, "{} is still processing the video."),
    # 36000 to 36004
    2207004: Verdict(Rejected, "The cover is too large for {}."),
    2207005: Verdict(Rejected, "{} does not take the cover's format."),
    2207009: Verdict(Rejected, "{} does not take this width and height."),
    2207010: Verdict(Rejected, "The caption is too long for {}."),
    # without a code
    2207081: Verdict(Rejected, "{} does not let this account publish trial reels."),
    2207082: Verdict(Transient, "{} lost the upload."),
    2207077: Verdict(Transient, "{} could not download the video."),
    2207085: Verdict(Rejected, "{} could not process the video."),
    # 190
    463: Verdict(AuthExpired, RECONNECT),
    467: Verdict(AuthExpired, RECONNECT),
    460: Verdict(AuthExpired, "The password was changed; connect the {} account again."),
    458: Verdict(AuthExpired, "The app was removed at {}; connect the account again."),
    459: Verdict(AuthExpired, "{} wants the account's owner to log in there first."),
    464: Verdict(AuthExpired, "{} wants the account's owner to log in there first."),
    # 100
    33: Verdict(HandleExpired, GONE),
}

CODES: Table = {
    -2: Verdict(Transient, TROUBLE),
    -1: Verdict(Transient, TROUBLE),
    1: Verdict(Transient, TROUBLE),
    2: Verdict(Transient, TROUBLE),
    4: Verdict(RateLimited, "{} asks for fewer calls."),
    17: Verdict(RateLimited, "{} asks for fewer calls."),
    32: Verdict(RateLimited, "{} asks for fewer calls."),
    613: Verdict(RateLimited, "{} asks for fewer calls."),
    80002: Verdict(RateLimited, "{} asks for fewer calls."),
    9: Verdict(QuotaExhausted, "{} takes no more posts of this account today.", HOUR),
    10: Verdict(AuthExpired, MISSING),
    24: Verdict(HandleExpired, GONE),
    25: Verdict(AccountBlocked, RESTRICTED),
    190: Verdict(AuthExpired, RECONNECT),
    352: Verdict(Rejected, "{} does not take this video format."),
    368: Verdict(AccountBlocked, "{} blocks this account for now because of its rules."),
    9004: Verdict(Rejected, NOT_FETCHED),
    9007: Verdict(NotReady, "{} is still processing the video."),
    36000: Verdict(Rejected, "The cover is too large for {}."),
    36001: Verdict(Rejected, "{} does not take the cover's format."),
    36003: Verdict(Rejected, "{} does not take this width and height."),
    36004: Verdict(Rejected, "The caption is too long for {}."),
    4279013: Verdict(AccountBlocked, RESTRICTED),  # Threads
}
PERMISSION = Verdict(AuthExpired, MISSING)
PERMISSIONS = frozenset({10, *range(200, 300)})

# Of Page reels. They may come as code, as subcode or inside a phase of the video's status.
PAGE_NUMBERS: Table = {
    1363040: Verdict(Rejected, "{} does not take this width and height."),
    1363127: Verdict(Rejected, "The video has too few pixels for {}."),
    1363128: Verdict(Rejected, "The video is too short or too long for {}."),
    1363129: Verdict(Rejected, "{} does not take this number of frames a second."),
    2069019: Verdict(Rejected, "{} cannot read the video file."),
    1363047: Verdict(Transient, TROUBLE),
    1609010: Verdict(Transient, TROUBLE),
    1390008: Verdict(RateLimited, "{} says that the Page posts too fast.", HOUR),
    1346003: Verdict(Rejected, "{} sees a breach of its community rules in this reel."),
    1404102: Verdict(Rejected, "{} sees a breach of its community rules in this reel."),
    1404078: Verdict(
        AccountBlocked, "{} wants the Page's owner to finish its publishing authorisation first."
    ),
    1404112: Verdict(
        AccountBlocked, "{} limits this account. Open it there and see what it asks."
    ),
    4854002: Verdict(AccountBlocked, "{} wants the account's owner to confirm who they are."),
    490: Verdict(AuthExpired, RECONNECT),
}

# What a Threads container says when it comes to nothing.
THREADS_MESSAGES: Table = {
    "FAILED_DOWNLOADING_VIDEO": Verdict(Rejected, NOT_FETCHED),
    "FAILED_PROCESSING_AUDIO": Verdict(Rejected, "{} cannot read the sound."),
    "FAILED_PROCESSING_VIDEO": Verdict(Rejected, "{} cannot read the video."),
    "INVALID_ASPEC_RATIO": Verdict(Rejected, "{} does not take this width and height."),  # sic
    "INVALID_ASPECT_RATIO": Verdict(Rejected, "{} does not take this width and height."),
    "INVALID_BIT_RATE": Verdict(Rejected, "{} does not take this bit rate."),
    "INVALID_DURATION": Verdict(Rejected, "The video is too long for {}."),
    "INVALID_FRAME_RATE": Verdict(Rejected, "{} does not take this number of frames a second."),
    "INVALID_AUDIO_CHANNELS": Verdict(Rejected, "{} does not take this number of sound channels."),
    "INVALID_AUDIO_CHANNEL_LAYOUT": Verdict(Rejected, "{} does not take these sound channels."),
    "UNKNOWN": Verdict(HandleExpired, "{} could not say what was wrong; it is prepared again."),
}
SUBCODE_IN_TEXT = re.compile(r"\b(22\d{5})\b")


def numbered(subcode: int, code: int) -> Verdict | None:
    """What the tables say; None for numbers that are not in them."""
    for number in (subcode, code):
        if number in PAGE_NUMBERS:
            return PAGE_NUMBERS[number]
    if subcode in SUBCODES:
        return SUBCODES[subcode]
    if code in CODES:
        return CODES[code]
    return PERMISSION if code in PERMISSIONS else None


def said(verdict: Verdict, label: str) -> Verdict:
    """The same in the words for one platform."""
    return Verdict(verdict.kind, verdict.message.format(label), verdict.pause)


def graph_error(label: str, reply: Reply, *, optional: bool = False) -> PlatformError:
    """The exception for an answer that is not a 2xx.

    optional: the call belongs to a permission that an account can do without, so that its lack is
    Unsupported and does not end the connection.
    """
    code, subcode = (
        _number(reply.get("error", "code")),
        _number(reply.get("error", "error_subcode")),
    )
    if reply.status == 429:
        return RateLimited(
            f"{label} asks for fewer calls.",
            until=regained(reply) or retry_after(reply),
            reply=reply.text,
        )
    if reply.status >= 500:
        return raised(Verdict(Transient, f"{label} is in trouble (HTTP {reply.status})."), reply)
    if code is None:
        return reply.puzzling(f"{label} gave an answer that is not understood")
    if optional and code in PERMISSIONS:
        return Unsupported(f"{label} gives no permission for this.", reply=reply.text)
    verdict = numbered(subcode or 0, code)
    if verdict is None and reply.get("error", "is_transient") is True:
        verdict = Verdict(Transient, TROUBLE)
    if verdict is not None:
        return raised(said(verdict, label), reply, until=regained(reply))
    return Rejected(f"{label} refused it (error {code}).{_users_words(reply)}", reply=reply.text)


def _users_words(reply: Reply) -> str:
    """What Graph wrote for the person at the screen."""
    words = str(reply.get("error", "error_user_msg", default="")).strip()
    return f" It says: {redact(words)[:140]}" if words else ""


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


# How much of what a business case may call is used up


def strain(reply: Reply) -> float:
    """How much of the allowance of calls is used, in percent; 0 where the answer does not say.

    `X-Business-Use-Case-Usage` is {id: [{"call_count": 85, "total_cputime": 2, ...}]},
    `X-App-Usage` the inner object alone.
    """
    used = [0.0]
    for usage in _usages(reply):
        for name in ("call_count", "total_cputime", "total_time"):
            number = usage.get(name)
            if isinstance(number, int | float):
                used.append(float(number))
    return max(used)


def regained(reply: Reply) -> dt.datetime | None:
    """When calls are taken again, where the answer says so (UTC)."""
    minutes = [usage.get("estimated_time_to_regain_access") for usage in _usages(reply)]
    most = max((m for m in minutes if isinstance(m, int | float)), default=0)
    return dt.datetime.now(dt.UTC) + dt.timedelta(minutes=min(most, 1440)) if most > 0 else None


def _usages(reply: Reply) -> list[dict[str, Any]]:
    found: list[Any] = []
    for name in ("X-Business-Use-Case-Usage", "X-App-Usage"):
        try:
            value = json.loads(reply.headers.get(name, "") or "{}")
        except ValueError:
            continue
        if isinstance(value, dict):
            found.append(value)
            found += [one for inner in value.values() if isinstance(inner, list) for one in inner]
    return [one for one in found if isinstance(one, dict)]


# What went wrong while a container or an upload was processed


def status_error(label: str, status: str) -> PlatformError:
    """The exception for an Instagram container in ERROR, by the subcode in its `status` text."""
    found = SUBCODE_IN_TEXT.search(status)
    verdict = SUBCODES.get(int(found[1])) if found else None
    return spent(label, verdict, status)


def threads_error(label: str, message: str) -> PlatformError:
    """The exception for a Threads container in ERROR."""
    return spent(label, THREADS_MESSAGES.get(message.strip()), message)


def spent(label: str, verdict: Verdict | None, words: str) -> PlatformError:
    """The exception for something prepared that came to nothing: what is worth another try needs
    another handle.
    """
    if verdict is None or verdict.kind in (Transient, NotReady):
        message = verdict.message if verdict else "{} could not process the video."
        return HandleExpired(message.format(label), reply=words)
    if issubclass(verdict.kind, RateLimited):
        until = dt.datetime.now(dt.UTC) + (verdict.pause or HOUR)
        return verdict.kind(verdict.message.format(label), until=until, reply=words)
    return verdict.kind(verdict.message.format(label), reply=words)
