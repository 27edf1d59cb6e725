"""ElevenLabs: the voices of the account, cloned ones among them.

Rules: elevenlabs.voice_limit (10), elevenlabs.requires_verification (false),
elevenlabs.shortest_sample_s (1), elevenlabs.sample_problem (""; anything said there is wrong with
every sample).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.sandbox.bodies import Part
from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.state import Document, sha256_of
from studio.sandbox.vendors.audio import read
from studio.sandbox.vendors.common import charge
from studio.sandbox.vendors.elevenlabs_base import (
    HOUSE,
    at_least,
    in_flight,
    refuse,
    unfit,
    voice,
    voices,
    with_headers,
)

MAX_FILES = 25
MAX_BYTES = 10 * 2**20  # of one sample
FIELDS = {"name", "files", "description", "labels", "remove_background_noise"}


@contextmanager
def form(call: Call, allowed: set[str]) -> Iterator[list[Part]]:
    """The parts of a multipart body; files nobody took are gone at the end. A field that the
    endpoint does not know is refused: a client that sends one means something that is not done.
    """
    if call.content_type != "multipart/form-data":
        raise unfit("Field required", "body")
    sent = call.parts()
    try:
        for one in sent:
            if one.name not in allowed:
                raise unfit("Extra inputs are not permitted", "body", one.name)
        yield sent
    finally:
        for one in sent:
            if isinstance(one.content, Path):
                one.content.unlink(missing_ok=True)


def texts(sent: list[Part]) -> dict[str, str]:
    return {one.name: one.content for one in sent if isinstance(one.content, str)}


def files(sent: list[Part], name: str) -> list[Part]:
    return [one for one in sent if one.name == name and isinstance(one.content, Path)]


def add(call: Call) -> Reply:
    """An instant clone."""
    key = HOUSE.enter(call, paid=True)
    with in_flight(call, key) as headers, form(call, FIELDS) as sent:
        found = _described(sent)
        samples = [_sample(call, one) for one in _samples(sent)]
        _allowed(call)
        id = call.sandbox.new_id("voice")
        locked = bool(call.sandbox.rule("elevenlabs.requires_verification", False))
        call.sandbox.put("voice", id, **found, category="cloned", samples=samples,
                         made=call.sandbox.time(), locked=locked)  # fmt: skip
        charge(
            call.sandbox,
            model="instant-clone",
            body={**found, "samples": [one["hash"] for one in samples]},
            account=key,
            job=id,
        )
    return with_headers(Reply(200, {"voice_id": id, "requires_verification": locked}), headers)


def _described(sent: list[Part], *, named: bool = True) -> dict[str, Any]:
    """The plain fields. Raises Refused."""
    plain = texts(sent)
    name = plain.get("name", "")
    if named and not name:
        raise unfit("Field required", "body", "name")
    if len(name) > 100:
        raise unfit("String should have at most 100 characters", "body", "name")
    if len(plain.get("description", "")) > 500:
        raise unfit("String should have at most 500 characters", "body", "description")
    if plain.get("remove_background_noise", "false").lower() not in ("true", "false"):
        raise unfit("Input should be a valid boolean", "body", "remove_background_noise")
    return {
        "name": name,
        "description": plain.get("description", ""),
        "labels": _labels(plain.get("labels", "")),
        "remove_background_noise": plain.get("remove_background_noise", "").lower() == "true",
    }


def _labels(text: str) -> dict[str, str]:
    """The vendor's own library sends the text `null` for none."""
    try:
        found = json.loads(text or "null")
    except ValueError as e:
        raise unfit("Input should be valid JSON", "body", "labels") from e
    if found is not None and not (
        isinstance(found, dict) and all(isinstance(one, str) for one in found.values())
    ):
        raise unfit("Input should be a valid dictionary of texts", "body", "labels")
    return found or {}


def _samples(sent: list[Part]) -> list[Part]:
    found = files(sent, "files")
    if not found:
        raise unfit("Field required", "body", "files")
    if len(found) > MAX_FILES:
        raise unfit(f"List should have at most {MAX_FILES} items", "body", "files")
    return found


def _sample(call: Call, part: Part) -> dict[str, Any]:
    """What is kept of a sample. Raises Refused for one that nothing can be learned from."""
    assert isinstance(part.content, Path)
    size = part.content.stat().st_size
    if size > MAX_BYTES:
        raise refuse(
            call, 400, "upload_file_size_exceeded", "A sample has 10 MB at most.", "files"
        )
    sound = read(part.content)
    if sound is None:
        raise refuse(
            call, 400, "upload_file_corrupted", f"{part.filename} is not an audio file.", "files"
        )
    if sound.seconds < float(call.sandbox.rule("elevenlabs.shortest_sample_s", 1)):
        raise refuse(
            call, 400, "audio_too_short", f"{part.filename} is too short to clone.", "files"
        )
    if problem := str(call.sandbox.rule("elevenlabs.sample_problem", "")):
        raise refuse(
            call, 400, "invalid_sample", f"The sample cannot be used: {problem}.", "files"
        )
    return {
        "sample_id": call.sandbox.new_id("sample"),
        "file_name": part.filename,
        "mime_type": part.content_type,
        "size_bytes": size,
        "hash": sha256_of(part.content),
        "duration_secs": round(sound.seconds, 3),
    }


def _allowed(call: Call) -> None:
    if not at_least(call.sandbox, "starter"):
        raise refuse(
            call,
            403,
            "ivc_not_permitted",
            "Your subscription does not include instant voice cloning. Please upgrade.",
        )
    limit = int(call.sandbox.rule("elevenlabs.voice_limit", 10))
    own = len(call.sandbox.find("voice", category="cloned"))
    if own >= limit:
        raise refuse(
            call,
            400,
            "voice_limit_reached",
            f"You have reached your maximum amount of custom voices ({own} / {limit}). You can "
            "upgrade your subscription to increase your custom voice limit.",
        )


def shown(one: Document) -> dict[str, Any]:
    is_own = one["category"] == "cloned"
    return {
        "voice_id": one["id"],
        "name": one["name"],
        "samples": one["samples"] if is_own else None,
        "category": one["category"],
        "labels": one["labels"],
        "description": one["description"] or None,
        "preview_url": None,
        "available_for_tiers": [],
        "settings": None,
        "sharing": None,
        "high_quality_base_model_ids": [],
        "voice_verification": {
            "requires_verification": one["locked"],
            "is_verified": False,
            "verification_failures": [],
            "verification_attempts_count": 0,
            "language": None,
            "verification_attempts": None,
        },
        "is_owner": is_own,
        "is_legacy": False,
        "is_mixed": False,
        "created_at_unix": int(one["made"]) or None,
    }


def all_voices(call: Call) -> Reply:
    HOUSE.enter(call)
    return Reply(200, {"voices": [shown(one) for one in voices(call.sandbox)]})


def page_of_voices(call: Call) -> Reply:
    """Of those that fit, page_size behind next_page_token, which is a voice's id here."""
    HOUSE.enter(call)
    size = call.query.get("page_size", "10")
    if not size.isdigit() or not 0 < int(size) <= 100:
        raise unfit("Input should be between 1 and 100", "query", "page_size")
    wanted, category = call.query.get("search", "").lower(), call.query.get("category", "")
    found = [
        one
        for one in voices(call.sandbox)
        if wanted in one["name"].lower() and category in ("", one["category"])
    ]
    ids = [one["id"] for one in found]
    token = call.query.get("next_page_token", "")
    begin = ids.index(token) + 1 if token in ids else 0
    page = found[begin : begin + int(size)]
    more = begin + len(page) < len(found)
    answer = {
        "voices": [shown(one) for one in page],
        "has_more": more,
        "total_count": len(found),
        "next_page_token": page[-1]["id"] if more else None,
    }
    return Reply(200, answer)


def one_voice(call: Call) -> Reply:
    HOUSE.enter(call)
    return Reply(200, shown(voice(call, call.args["voice"])))


def delete(call: Call) -> Reply:
    HOUSE.enter(call)
    _own(call)
    call.sandbox.delete("voice", call.args["voice"])
    return Reply(200, {"status": "ok"})


def edit(call: Call) -> Reply:
    HOUSE.enter(call)
    one = _own(call)
    with form(call, FIELDS) as sent:
        found = _described(sent)
        samples = [_sample(call, part) for part in files(sent, "files")]
        call.sandbox.change("voice", one["id"], **found, samples=one["samples"] + samples)
    return Reply(200, {"status": "ok"})


def _own(call: Call) -> Document:
    one = voice(call, call.args["voice"])
    if one["category"] != "cloned":
        raise refuse(call, 400, "voice_access_denied", "Default voices cannot be changed.")
    return one


ROUTES = [
    Route("POST", r"/v1/voices/add", add, commit=True),
    Route("GET", r"/v1/voices", all_voices),
    Route("GET", r"/v2/voices", page_of_voices),
    Route("GET", r"/v1/voices/(?P<voice>[\w-]+)", one_voice),
    Route("DELETE", r"/v1/voices/(?P<voice>[\w-]+)", delete),
    Route("POST", r"/v1/voices/(?P<voice>[\w-]+)/edit", edit),
]
