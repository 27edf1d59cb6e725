"""What YouTube accepts as the words and the status of a video."""

import datetime as dt
from typing import Any

from studio.sandbox.platforms.youtube_base import refuse

TITLE_CHARS, DESCRIPTION_BYTES, TAGS_CHARS = 100, 5000, 500
CATEGORIES = {
    "1", "2", "10", "15", "17", "19", "20", "22", "23", "24", "25", "26", "27", "28", "29",
}  # fmt: skip
PRIVACY = ("public", "unlisted", "private")
SWITCHES = (
    "selfDeclaredMadeForKids", "containsSyntheticMedia", "embeddable", "publicStatsViewable",
)  # fmt: skip


def inner(given: dict[str, Any], *names: str) -> dict[str, Any]:
    """The object at that path, empty where there is nothing. Raises Refused for no object."""
    for name in names:
        found = given.get(name, {})
        if not isinstance(found, dict):
            raise refuse("badRequest", f"{name} is not an object.")
        given = found
    return given


def snippet(given: dict[str, Any], *, is_update: bool = False) -> dict[str, Any]:
    """A checked snippet. An update must bring title and category again. Raises Refused."""
    title = given.get("title", "" if is_update else "unknown")
    if not isinstance(title, str) or not title.strip() or len(title) > TITLE_CHARS:
        raise refuse("invalidTitle", "The request metadata specifies an invalid video title.")
    if "<" in title or ">" in title:
        raise refuse("invalidTitle", "The request metadata specifies an invalid video title.")
    words = given.get("description", "")
    if (
        not isinstance(words, str)
        or len(words.encode()) > DESCRIPTION_BYTES
        or set("<>") & {*words}
    ):
        raise refuse(
            "invalidDescription", "The request metadata specifies an invalid description."
        )
    tags = given.get("tags", [])
    if not isinstance(tags, list) or _tags_length(tags) > TAGS_CHARS:
        raise refuse("invalidTags", "The request metadata specifies invalid video keywords.")
    category = given.get("categoryId", "" if is_update else "22")
    if category not in CATEGORIES:
        raise refuse("invalidCategoryId", "The request metadata specifies an invalid category ID.")
    return {
        "title": title,
        "description": words,
        "tags": tags,
        "categoryId": category,
        "defaultLanguage": given.get("defaultLanguage", ""),
    }


def _tags_length(tags: list[Any]) -> int:
    """As YouTube counts: commas between them, and quotes around one with a space."""
    if not all(isinstance(one, str) for one in tags):
        return TAGS_CHARS + 1
    return sum(len(one) + (2 if " " in one else 0) for one in tags) + max(len(tags) - 1, 0)


def status(given: dict[str, Any], now: dt.datetime, *, was_public: bool = False) -> dict[str, Any]:
    """A checked status, all of it: what is not named goes back to its default. Raises Refused."""
    privacy = given.get("privacyStatus", "public")
    if privacy not in PRIVACY:
        raise refuse("invalidVideoMetadata", "The privacy status is not valid.")
    for name in SWITCHES:
        if not isinstance(given.get(name, False), bool):
            raise refuse("invalidVideoMetadata", f"{name} is not a boolean.")
    found = {"privacyStatus": privacy, **{name: given.get(name, False) for name in SWITCHES}}
    if given.get("publishAt"):
        when = _moment(given["publishAt"])
        if privacy != "private" or was_public or when is None:
            raise refuse(
                "invalidPublishAt",
                "The request metadata specifies an invalid scheduled publishing time.",
            )
        found["publishAt"] = max(when, now).timestamp()
    return found


def _moment(value: Any) -> dt.datetime | None:
    try:
        when = dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return when if when.tzinfo else None
