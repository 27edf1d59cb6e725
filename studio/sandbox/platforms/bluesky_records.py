"""What a post's record must be, by its lexicon.

In one thing stricter than a real PDS: a facet must lie inside the text, on whole characters, and a
tag's or a link's on its own words. There it would be stored and point at nothing.
"""

import re
from typing import Any

import regex

from studio.sandbox.platforms import atproto
from studio.sandbox.platforms.bluesky_base import invalid, refuse
from studio.sandbox.state import Sandbox

TEXT_GRAPHEMES, TEXT_BYTES = 300, 3000
ALT_GRAPHEMES = 1000
TAG_GRAPHEMES, TAG_BYTES = 64, 640
CAPTIONS, CAPTION_BYTES = 20, 20_000
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
RICHTEXT = "app.bsky.richtext.facet"


def graphemes(text: str) -> int:
    """Characters as people count them."""
    return len(regex.findall(r"\X", text))


def check_post(sandbox: Sandbox, did: str, record: dict[str, Any]) -> None:
    """Raises Refused for a record that is no post."""
    if record.get("$type") != "app.bsky.feed.post":
        raise _bad("$type must be app.bsky.feed.post")
    text = record.get("text")
    if not isinstance(text, str):
        raise _bad('must have the property "text"')
    if len(text.encode()) > TEXT_BYTES:
        raise _bad("text must not be longer than 3000 bytes")
    if graphemes(text) > TEXT_GRAPHEMES:
        raise _bad("text must not be longer than 300 graphemes")
    if atproto.timestamp(record.get("createdAt")) is None:
        raise _bad("createdAt must be a valid atproto datetime (both RFC-3339 and ISO-8601)")
    languages = record.get("langs", [])
    if not isinstance(languages, list) or len(languages) > 3:
        raise _bad("langs must not have more than 3 elements")
    if not all(isinstance(one, str) and LANGUAGE.fullmatch(one) for one in languages):
        raise _bad("langs must be well-formed BCP 47 language tags")
    facets = record.get("facets", [])
    if not isinstance(facets, list):
        raise _bad("facets must be an array")
    for facet in facets:
        _check_facet(text.encode(), facet)
    if "embed" in record:
        _check_embed(sandbox, did, record["embed"])


def _bad(what: str) -> Exception:
    return invalid(f"Invalid app.bsky.feed.post record: Record/{what}")


def _check_facet(text: bytes, facet: Any) -> None:
    """Offsets are bytes of UTF-8, the end not included."""
    index = facet.get("index") if isinstance(facet, dict) else None
    if not isinstance(index, dict):
        raise _bad("facets/index must be an object")
    start, end = index.get("byteStart"), index.get("byteEnd")
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end <= len(text):
        raise _bad("facets/index is not inside the text")
    try:
        words = text[start:end].decode()
        text[:start].decode()
    except UnicodeDecodeError as e:
        raise _bad("facets/index cuts a character") from e
    features = facet.get("features")
    if not isinstance(features, list) or not features:
        raise _bad("facets/features must be an array")
    for one in features:
        _check_feature(words, one)


def _check_feature(words: str, feature: Any) -> None:
    kind = feature.get("$type") if isinstance(feature, dict) else None
    if kind == f"{RICHTEXT}#tag":
        tag = str(feature.get("tag") or "")
        if not tag or len(tag.encode()) > TAG_BYTES or graphemes(tag) > TAG_GRAPHEMES:
            raise _bad("facets/features/tag is not a tag")
        if words.lower() not in (f"#{tag}".lower(), f"＃{tag}".lower()):
            raise _bad(f"facets/features/tag is {tag!r} and stands on {words!r}")
    elif kind == f"{RICHTEXT}#link":
        uri = str(feature.get("uri", ""))
        if not re.match(r"https?://\S+$", uri) or any(space in words for space in " \n"):
            raise _bad(f"facets/features/uri is {uri!r} and stands on {words!r}")
    elif kind == f"{RICHTEXT}#mention":
        if not str(feature.get("did", "")).startswith("did:") or not words.startswith("@"):
            raise _bad("facets/features/did must be a did on an @ name")
    else:
        raise _bad("facets/features/$type is not known")


def _check_embed(sandbox: Sandbox, did: str, embed: Any) -> None:
    if not isinstance(embed, dict) or "$type" not in embed:
        raise _bad("embed must have a $type")
    if embed["$type"] != "app.bsky.embed.video":
        return
    known_blob(sandbox, did, embed.get("video"), "video/mp4")
    ratio = embed.get("aspectRatio", {"width": 1, "height": 1})
    if not isinstance(ratio, dict) or not all(
        isinstance(ratio.get(side), int) and ratio[side] >= 1 for side in ("width", "height")
    ):
        raise _bad("embed/aspectRatio must have width and height of 1 or more")
    if graphemes(str(embed.get("alt", ""))) > ALT_GRAPHEMES:
        raise _bad("embed/alt must not be longer than 1000 graphemes")
    captions = embed.get("captions", [])
    if not isinstance(captions, list) or len(captions) > CAPTIONS:
        raise _bad("embed/captions must not have more than 20 elements")
    for one in captions:
        if not isinstance(one, dict) or not LANGUAGE.fullmatch(str(one.get("lang", ""))):
            raise _bad("embed/captions/lang must be a language")
        file = known_blob(sandbox, did, one.get("file"), "text/vtt")
        if file["blob"]["size"] > CAPTION_BYTES:
            raise _bad("embed/captions/file is too large")


def known_blob(sandbox: Sandbox, did: str, blob: Any, kind: str) -> dict[str, Any]:
    """The blob as it was uploaded by this account. Raises Refused."""
    try:
        link = blob["ref"]["$link"]
    except (TypeError, KeyError) as e:
        raise _bad("embed must have a blob reference") from e
    found = sandbox.get("blob", f"{did}/{link}")
    if found is None:
        raise refuse(400, "BlobNotFound", f"Could not find blob: {link}")
    if blob != found["blob"] or blob["mimeType"] != kind:
        raise refuse(400, "InvalidMimeType", f"Referenced blob does not match stored: {link}")
    return found
