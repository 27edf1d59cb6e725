"""What Sync.so takes, and how it words what it does not take. Source: sync.so/docs."""

import itertools
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from studio.sandbox.calls import Call, Refused, Reply
from studio.sandbox.state import Document
from studio.sandbox.vendors.common import House, Problem
from studio.sandbox.vendors.files import NotThere, source
from studio.sandbox.vendors.media import LENGTHS, NotMedia, look, speech_s

PREFIX = "sync"
# Model -> USD for a second of film at 25 fps (what the list of prices calls a frame, times 25).
MODELS = {
    "sync-3": 0.1335, "lipsync-2-pro": 0.08325, "lipsync-2": 0.05,
    "lipsync-1.9.0-beta": 0.025, "react-1": 0.16675,
}  # fmt: skip
# Plan -> jobs at once, longest film in seconds.
PLANS = {
    "free": (1, 20), "hobbyist": (1, 60), "creator": (3, 300), "growth": (6, 600),
    "scale": (15, 1800),
}  # fmt: skip
MODES = tuple(name for name in LENGTHS if name != "film")
FEELINGS = ("happy", "sad", "angry", "disgusted", "surprised", "neutral")
SCRIPT_CHARS = 5000
AUDIO_S = 300
REACT_S = 15
FREE_SYNC_3_S, FREE_JOBS, MONTH_S = 15, 3, 30 * 86400
DIRECT_BYTES = 20 * 2**20
CODES = {
    "missing_key": "unauthorized", "wrong_key": "unauthorized", "expired_key": "unauthorized",
    "unpaid": "payment_required", "forbidden": "forbidden", "not_found": "generation_not_found",
    "conflict": "conflict", "too_large": "file_size_exceeds_plan_limit",
    "rate": "rate_limit_exceeded", "slots": "concurrency_limit_reached",
    "server": "internal_server_error", "unavailable": "controller_unavailable",
    "timeout": "generation_timeout",
}  # fmt: skip
OF_KEYS = {"other_body": "IDEMPOTENCY_KEY_CONFLICT", "busy": "IDEMPOTENCY_IN_PROGRESS"}
NAMES = {
    400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden",
    404: "Not Found", 409: "Conflict", 413: "Payload Too Large", 422: "Unprocessable Entity",
    429: "Too Many Requests",
}  # fmt: skip


def word(call: Call, problem: Problem) -> Reply:
    code = OF_KEYS.get(problem.code, problem.code) or CODES.get(problem.name, "")
    body = {
        "statusCode": problem.status,
        "message": [problem.text] if problem.name == "invalid" else problem.text,
        "error": NAMES.get(problem.status, "Internal Server Error"),
        "requestId": str(uuid4()),
    }
    body |= {"errorCode": code} if code else {}
    body |= {"field": problem.field} if problem.field else {}
    return Reply(problem.status, body)


HOUSE = House("x-api-key", "", word)
trouble = HOUSE.trouble


def bad(call: Call, text: str, field: str = "", code: str = "", status: int = 400) -> Refused:
    return HOUSE.refusal(call, "invalid", text, status=status, field=field, code=code)


@dataclass(frozen=True)
class Parts:
    """The inputs of a body, sorted. Files are named by their addresses."""

    visual: Mapping[str, Any]
    audio: tuple[Mapping[str, Any], ...]
    texts: tuple[Mapping[str, Any], ...]

    @property
    def is_image(self) -> bool:
        return bool(self.visual["type"] == "image")


def checked(call: Call, body: Mapping[str, Any]) -> Parts:
    """The inputs of a create. Raises Refused."""
    if body.get("model") not in MODELS:
        raise bad(call, f"model must be one of {', '.join(MODELS)}", "model")
    parts = _parts(call, body)
    options = body.get("options") or {}
    if not isinstance(options, Mapping):
        raise bad(call, "options must be an object", "options")
    _check_options(call, body["model"], parts, options)
    _check_segments(call, body.get("segments"), parts)
    name = body.get("outputFileName")
    if name is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", str(name)):
        raise bad(call, "outputFileName has characters that are not allowed", "outputFileName")
    _check_lengths(call, body["model"], parts, options)
    return parts


def _parts(call: Call, body: Mapping[str, Any]) -> Parts:
    given = body.get("input")
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        raise bad(call, "input must be a list of objects", "input")
    for one in given:
        if one.get("type") not in ("video", "image", "audio", "text"):
            raise bad(call, "input.type must be one of video, image, audio, text", "input")
    visuals = [_located(call, one) for one in given if one["type"] in ("video", "image")]
    audio = tuple(_located(call, one) for one in given if one["type"] == "audio")
    texts = tuple(one for one in given if one["type"] == "text")
    if len(visuals) > 1:
        code = "generation_input_too_many_visual"
        raise bad(call, "Only one video or image is taken.", "input", code)
    if not visuals:
        raise bad(call, "A video or an image is needed.", "input")
    for one in texts:
        _check_text(call, one)
    if body.get("dubParams"):
        if audio or texts:
            code = "generation_input_dub_audio_conflict"
            raise bad(call, "Dubbing takes no audio and no text.", "dubParams", code)
    elif not audio and not texts:
        raise bad(call, "An audio or a text is needed.", "input")
    if not body.get("segments") and len(audio) + len(texts) > 1:
        raise bad(call, "Several audios need segments.", "input")
    if visuals[0]["type"] == "image" and body["model"] != "sync-3":
        raise bad(call, f"{body['model']} takes no images; sync-3 does.", "input")
    return Parts(visuals[0], audio, texts)


def _located(call: Call, item: Mapping[str, Any]) -> dict[str, Any]:
    """The item with the address of its file."""
    url, asset_id = item.get("url"), item.get("assetId")
    if bool(url) == bool(asset_id):
        raise bad(call, f"The {item['type']} needs either url or assetId.", "input")
    if not asset_id:
        if not isinstance(url, str) or not re.match(r"https?://", url):
            raise bad(call, f"The url of the {item['type']} is not an address.", "input")
        return dict(item)
    asset = call.sandbox.get("asset", str(asset_id))
    if asset is None:
        raise HOUSE.refusal(call, "not_found", "There is no such asset.", code="asset_not_found")
    if asset["type"] != item["type"].upper():
        raise bad(call, f"The asset is of the type {asset['type']}.", "input")
    return {**item, "url": asset["url"]}


def _check_text(call: Call, item: Mapping[str, Any]) -> None:
    provider = item.get("provider")
    if not isinstance(provider, Mapping) or provider.get("name") != "elevenlabs":
        raise bad(call, "provider.name must be elevenlabs", "input")
    script = provider.get("script")
    if not provider.get("voiceId") or not isinstance(script, str) or not script.strip():
        raise bad(call, "provider needs voiceId and script", "input")
    if len(script) > SCRIPT_CHARS:
        code = "generation_text_length_exceeded"
        raise bad(call, f"The script has more than {SCRIPT_CHARS} characters.", "input", code)


def _check_options(
    call: Call, model: str, parts: Parts, options: Mapping[str, Any]
) -> None:  # what a model does not know it ignores; see `fails_of` for the exception
    if options.get("sync_mode", "loop") not in MODES:
        raise bad(call, f"sync_mode must be one of {', '.join(MODES)}", "options.sync_mode")
    degree = options.get("temperature", 0.5)
    if isinstance(degree, bool) or not isinstance(degree, int | float) or not 0 <= degree <= 1:
        raise bad(call, "temperature must lie between 0 and 1", "options.temperature")
    if not isinstance(options.get("occlusion_detection_enabled", False), bool):
        raise bad(call, "occlusion_detection_enabled must be a boolean", "options")
    if model == "react-1":
        if options.get("model_mode", "face") not in ("lips", "face", "head"):
            raise bad(call, "model_mode must be lips, face or head", "options.model_mode")
        if options.get("prompt", "neutral") not in FEELINGS:
            raise bad(call, f"prompt must be one of {', '.join(FEELINGS)}", "options.prompt")
    if speaker := options.get("active_speaker_detection"):
        _check_speaker(call, model, parts, speaker)


def _check_speaker(call: Call, model: str, parts: Parts, speaker: Any) -> None:
    code = "generation_input_face_selection_invalid"
    if parts.is_image or model == "react-1":
        what = "images" if parts.is_image else model
        raise bad(call, f"active_speaker_detection is not for {what}.", "options", code)
    known = ("auto_detect", "frame_number", "bounding_boxes", "bounding_boxes_url")
    if not isinstance(speaker, Mapping) or not any(name in speaker for name in known):
        raise bad(call, "active_speaker_detection names no speaker.", "options", code)
    spot = speaker.get("coordinates")
    if "frame_number" in speaker and not (isinstance(spot, list) and len(spot) == 2):
        raise bad(call, "frame_number needs coordinates [x, y].", "options", code)


def _check_segments(call: Call, segments: Any, parts: Parts) -> None:
    if segments in (None, []):
        return
    code = "generation_input_segments_invalid"
    names = {one.get("refId") for one in (*parts.audio, *parts.texts)}
    if None in names:
        raise bad(call, "Every audio needs a refId when there are segments.", "segments", code)
    spans = []
    listed: list[Any] = segments if isinstance(segments, list) else [segments]
    for one in listed:
        try:
            spans.append((float(one["startTime"]), float(one["endTime"])))
            is_known = one["audioInput"]["refId"] in names
        except (KeyError, TypeError, ValueError):
            raise bad(
                call, "A segment needs startTime, endTime and audioInput.", "segments", code
            ) from None
        if not is_known:
            raise bad(call, "A segment names an audio that is not there.", "segments", code)
    spans.sort()
    wrong_way = any(end <= start for start, end in spans)
    if wrong_way or any(a[1] > b[0] for a, b in itertools.pairwise(spans)):
        raise bad(call, "Segments must not overlap.", "segments", code)


def plan(call: Call) -> tuple[int, int]:
    """Jobs at once, and the longest film in seconds."""
    return PLANS[str(call.sandbox.rule("sync.plan", "creator"))]


def _check_lengths(call: Call, model: str, parts: Parts, options: Mapping[str, Any]) -> None:
    """Of what was uploaded; what lies elsewhere is only seen when the job runs."""
    sound_s = _seconds(call, parts.audio[0]["url"]) if parts.audio else None
    film_s = None if parts.is_image else _seconds(call, parts.visual["url"])
    if sound_s and sound_s > AUDIO_S:
        code = "generation_audio_length_exceeded"
        raise bad(call, f"The audio is longer than {AUDIO_S} s.", "input", code, 422)
    if model == "react-1" and max(sound_s or 0, film_s or 0) > REACT_S:
        code = "generation_audio_length_exceeded"
        raise bad(call, f"react-1 takes {REACT_S} s at most.", "input", code, 422)
    if parts.texts and not parts.audio:
        sound_s = speech_s(parts.texts[0]["provider"]["script"])
    if sound_s is None:
        return
    long = sound_s if film_s is None else LENGTHS[mode_of(options)](sound_s, film_s)
    is_free = call.sandbox.rule("sync.plan", "creator") == "free"
    if long > (FREE_SYNC_3_S if is_free and model == "sync-3" else plan(call)[1]):
        code = "generation_plan_duration_exceeded"
        raise HOUSE.refusal(call, "unpaid", "The plan allows shorter films only.", code=code)


def check_quota(call: Call, account: str) -> None:
    """The free plan has a few films a month."""
    if call.sandbox.rule("sync.plan", "creator") != "free":
        return
    since = call.sandbox.time() - MONTH_S
    if sum(job["at"] > since for job in call.sandbox.find("job", account=account)) >= FREE_JOBS:
        code = "generation_free_quota_exceeded"
        raise HOUSE.refusal(call, "unpaid", f"{FREE_JOBS} films a month are free.", code=code)


def mode_of(options: Mapping[str, Any]) -> str:
    return str(options.get("sync_mode") or "bounce")  # its default is not published


def _seconds(call: Call, url: str) -> float | None:
    """How long an upload of ours is; None for what has to be fetched first."""
    if not url.startswith(f"{call.url_base}/_files/"):
        return None
    try:
        return look(source(call.sandbox, url)).seconds
    except NotThere:
        return None
    except NotMedia:
        code = "generation_media_metadata_missing"
        raise bad(call, "The file cannot be read.", "input", code, 422) from None


def fails_of(body: Mapping[str, Any]) -> str:
    """Options that break a job which was taken: sync-3 does not know these two (field report)."""
    options = body.get("options") or {}
    if body["model"] != "sync-3":
        return ""
    given = [o for o in ("temperature", "occlusion_detection_enabled") if o in options]
    return "fail" if given else ""


def cost_usd(body: Mapping[str, Any], seconds: float) -> float:
    return round(MODELS[str(body["model"])] * seconds, 6)


def iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + ".000Z"


def asset_shown(asset: Document) -> dict[str, Any]:
    names = ("id", "url", "type", "name", "visibility", "projectId", "createdAt")
    return {name: asset[name] for name in names}
