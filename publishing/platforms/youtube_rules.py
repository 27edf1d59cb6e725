"""What YouTube's codes mean, and what it takes for a title, a description and tags."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from publishing.platforms.base import Limits, Media, Text, over_limits
from publishing.platforms.errors import (
    AccountBlocked,
    AuthExpired,
    HandleExpired,
    QuotaExhausted,
    RateLimited,
    Rejected,
    TokenStale,
    Transient,
)
from publishing.platforms.verdicts import Table, Verdict

TITLE_CHARS, DESCRIPTION_BYTES, TAG_CHARS = 100, 5000, 500
PRIVACIES = ("public", "unlisted", "private")
PEOPLE_AND_BLOGS = "22"
FORBIDDEN = "<>"

NO_PERMISSION = Verdict(
    AuthExpired, "YouTube says this connection may not do that; connect the account again."
)
# `errors[0].reason`. A QuotaExhausted without a pause lasts until midnight in California.
ERRORS: Table = {
    "uploadLimitExceeded": Verdict(
        QuotaExhausted,
        "The channel has uploaded as much as YouTube allows a day.",
        dt.timedelta(1),
    ),
    "invalidTitle": Verdict(Rejected, "YouTube refused the title."),
    "invalidDescription": Verdict(Rejected, "YouTube refused the description."),
    "invalidTags": Verdict(Rejected, "YouTube refused the tags."),
    "invalidCategoryId": Verdict(Rejected, "YouTube does not know this category."),
    "invalidPublishAt": Verdict(Rejected, "YouTube refused the hour to publish at."),
    "invalidVideoMetadata": Verdict(Rejected, "YouTube refused the title or the description."),
    "invalidFilename": Verdict(Rejected, "YouTube refused the file's name."),
    "mediaBodyRequired": Verdict(Rejected, "YouTube got no video."),
    "defaultLanguageNotSet": Verdict(Rejected, "YouTube wants to know the video's language."),
    "authError": Verdict(TokenStale, "The permission for YouTube has to be renewed."),
    "youtubeSignupRequired": Verdict(
        AuthExpired,
        "This Google account has no YouTube channel: make one on youtube.com, then connect again.",
    ),
    "quotaExceeded": Verdict(
        QuotaExhausted, "The Google API project has used up its quota of the day."
    ),
    "rateLimitExceeded": Verdict(RateLimited, "YouTube asks for a pause."),
    "userRateLimitExceeded": Verdict(RateLimited, "YouTube asks for a pause."),
    "forbidden": NO_PERMISSION,
    "insufficientPermissions": NO_PERMISSION,
    "imageFormatUnsupported": Verdict(Rejected, "YouTube does not take this kind of picture."),
    "commentsDisabled": Verdict(Rejected, "The video takes no comments."),
    "backendError": Verdict(Transient, "YouTube is in trouble."),
}
STATUSES: Table = {  # for a reason that is not listed
    400: Verdict(Rejected, "YouTube refused the post as it is."),
    401: ERRORS["authError"],
    403: NO_PERMISSION,
    404: Verdict(HandleExpired, "The upload is no longer on YouTube."),
    410: Verdict(HandleExpired, "The upload is no longer on YouTube."),
}

# `failureReason` and `rejectionReason`, or the upload's status where there is no reason.
_BROKEN = Verdict(Rejected, "YouTube could not read the video; make the reel again.")
UPLOAD_ENDED: Table = {
    "codec": _BROKEN,
    "conversion": _BROKEN,
    "emptyFile": _BROKEN,
    "invalidFile": _BROKEN,
    "tooSmall": _BROKEN,
    "uploadAborted": Verdict(HandleExpired, "The upload was cut off; it is sent again."),
    "deleted": Verdict(HandleExpired, "The private upload was deleted; it is sent again."),
    "claim": Verdict(Rejected, "YouTube rejected the video: somebody claims its rights."),
    "copyright": Verdict(Rejected, "YouTube rejected the video for copyright."),
    "duplicate": Verdict(Rejected, "YouTube rejected the video: the channel has it already."),
    "inappropriate": Verdict(Rejected, "YouTube rejected the video as inappropriate."),
    "legal": Verdict(Rejected, "YouTube rejected the video for legal reasons."),
    "length": Verdict(Rejected, "YouTube rejected the video: it is too long for the channel."),
    "termsOfUse": Verdict(Rejected, "YouTube rejected the video: it breaks the terms of use."),
    "trademark": Verdict(Rejected, "YouTube rejected the video for a trademark."),
    "uploaderAccountClosed": Verdict(AccountBlocked, "The YouTube account is closed."),
    "uploaderAccountSuspended": Verdict(AccountBlocked, "The YouTube account is suspended."),
    "": Verdict(Rejected, "YouTube rejected the video."),
}
PROCESSING_ENDED: Table = {
    "failed": Verdict(Rejected, "YouTube could not process the video."),
    "terminated": Verdict(
        HandleExpired, "YouTube stopped processing the video; it is sent again."
    ),
}


def ended(video: Mapping[str, Any]) -> Verdict | None:
    """Why a video with its status and processingDetails will never be shown; None: it may be."""
    status = video.get("status") or {}
    uploaded = status.get("uploadStatus")
    if uploaded in ("failed", "rejected", "deleted"):
        why = status.get("failureReason") or status.get("rejectionReason") or uploaded
        return UPLOAD_ENDED.get(why, UPLOAD_ENDED[""])
    if uploaded == "uploaded":
        processing = (video.get("processingDetails") or {}).get("processingStatus")
        return PROCESSING_ENDED.get(processing)
    return None


@dataclass(frozen=True)
class Wishes:
    """What was chosen for the account or the post."""

    privacy: str = "public"
    publish_at: str = ""  # ISO 8601 with a zone; YouTube itself shows the video then
    category_id: str = PEOPLE_AND_BLOGS
    made_for_kids: bool = False
    notify_subscribers: bool = True

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Wishes":
        """Raises Rejected for what YouTube does not know."""
        privacy = str(options.get("privacy") or "public")
        if privacy not in PRIVACIES:
            raise Rejected(f"YouTube knows no privacy {privacy}.")
        publish_at = str(options.get("publish_at") or "")
        if publish_at:
            try:
                has_zone = dt.datetime.fromisoformat(publish_at).tzinfo is not None
            except ValueError:
                has_zone = False
            if not has_zone:
                raise Rejected("YouTube wants the hour to publish at with its zone, in ISO 8601.")
        return cls(
            privacy=privacy,
            publish_at=publish_at,
            category_id=str(options.get("category_id") or PEOPLE_AND_BLOGS),
            made_for_kids=bool(options.get("made_for_kids", False)),
            notify_subscribers=bool(options.get("notify_subscribers", True)),
        )


def snippet_of(text: Text, wishes: Wishes, mark: str) -> dict[str, Any]:
    """The video's words. mark: a tag that tells our upload from all others."""
    return {
        "title": title_of(text),
        "description": text.caption,
        "tags": [mark, *_fitting(text.tags, TAG_CHARS - _tag_length(mark))],
        "categoryId": wishes.category_id,
        "defaultLanguage": text.language,
    }


def title_of(text: Text) -> str:
    """The title, or the caption's first words where there is none: YouTube wants one."""
    title = " ".join(text.title.split())
    if title:
        return title
    first = next(iter(text.caption.split("\n")), "").strip()
    short = first if len(first) <= TITLE_CHARS else first[: TITLE_CHARS - 1].rstrip() + "…"
    return short or "Short"


def text_problems(
    label: str, limits: Limits, media: Media, text: Text, options: Mapping[str, Any]
) -> list[str]:
    """Why YouTube would refuse these words or this reel, a sentence each."""
    found = over_limits(label, limits, media, text, 0)
    n_bytes = len(text.caption.encode())
    if n_bytes > DESCRIPTION_BYTES:
        found.append(
            f"The caption takes {n_bytes} bytes; {label} allows {DESCRIPTION_BYTES} for a"
            " description."
        )
    for what, words in (("title", text.title), ("caption", text.caption)):
        if any(char in words for char in FORBIDDEN):
            found.append(f"{label} takes no < and > in a {what}.")
    try:
        Wishes.of({**options, **text.options})
    except Rejected as e:
        found.append(str(e))
    return found


def _fitting(tags: tuple[str, ...], room: int) -> list[str]:
    """The first tags that have room; none is worth refusing the video for."""
    kept = []
    for tag in tags:
        clean = "".join(char for char in tag if char not in FORBIDDEN).strip()
        room -= _tag_length(clean)
        if clean and room >= 0:
            kept.append(clean)
    return kept


def _tag_length(tag: str) -> int:
    """As YouTube counts: a tag with a space stands in quotes, and a comma follows each."""
    return len(tag) + (2 if " " in tag else 0) + 1
