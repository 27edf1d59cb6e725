"""Kling's own API: faces, lip-sync, avatars. Source: kling.ai/document-api, docs.comfy.org.

Films come from addresses, photos and sounds also as base64 without a head. Looking for faces
costs nothing here. Rules: kling.faces (1: how many it sees), and those of every vendor.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from studio.sandbox.calls import Call, Refused, Reply, Route
from studio.sandbox.state import Document, Sandbox
from studio.sandbox.vendors import results
from studio.sandbox.vendors.common import digest
from studio.sandbox.vendors.files import DAY, NotThere, source
from studio.sandbox.vendors.hooks import watch
from studio.sandbox.vendors.jobs import Wanted, look, make, status_word
from studio.sandbox.vendors.kling_house import HOUSE
from studio.sandbox.vendors.media import NotMedia, kept, reading, run_ffmpeg
from studio.sandbox.vendors.media import look as seen

PREFIX = "kling"
trouble = HOUSE.trouble
WORDS = {"queued": "submitted", "running": "processing", "done": "succeed", "failed": "failed"}
MONTH = 30 * DAY
FILM_BYTES, SOUND_BYTES, PHOTO_BYTES = 100 * 2**20, 5 * 2**20, 10 * 2**20
FILM_S = SOUND_S = (2.0, 60.0)
AVATAR_S = (2.0, 300.0)
SLACK_S = 0.1  # containers round
LEAST_PX, MOST_PX = 512, 2160
LEAST_PHOTO_PX = 300
LEAST_MS = 2000  # of a crop, and of what it shares with the face


def good(data: Any) -> Reply:
    body = {"code": 0, "message": "SUCCEED", "request_id": str(uuid4()), "data": data}
    return Reply(200, body)


def bad(call: Call, text: str, field: str = "") -> Refused:
    return HOUSE.refusal(call, "invalid", text, field=field)


def identify(call: Call) -> Reply:
    """POST /v1/videos/identify-face: fetches the film and looks for faces."""
    HOUSE.enter(call)
    body, sandbox = call.json(), call.sandbox
    url = _film_of(call, body)
    path, seconds = _check_film(call, url)
    id = sandbox.new_id("s")
    count = int(sandbox.rule("kling.faces", 1))
    if sandbox.rule("kling.outcome", "") == "no_face":
        count = 0
    faces = [
        {
            "face_id": str(at),
            "face_image": f"{call.url_base}/_faces/{id}.jpg",
            "start_time": 0,
            "end_time": round(seconds * 1000),
        }
        for at in range(count)
    ]
    session = sandbox.put(
        "session", id, url=url, path=str(path), faces=faces, until=sandbox.time() + DAY
    )
    return good({"session_id": session["id"], "face_data": faces})


def face(call: Call) -> Reply:
    """GET of a face: the first picture of the film, whole."""
    session = call.sandbox.get("session", call.args["id"])
    if session is None:
        raise HOUSE.refusal(call, "not_found", "There is no such face")
    path = Path(session["path"])
    target = call.sandbox.folder / "made" / f"face-{digest([path])}.jpg"
    kept(
        target,
        lambda out: run_ffmpeg(*reading(path), "-frames:v", "1", "-update", "1", f"file:{out}"),
    )
    return Reply(200, target, {"Content-Type": "image/jpeg"})


def _film_of(call: Call, body: Mapping[str, Any]) -> str:
    """The address of the film: one of a video made here, or anybody's."""
    id, url = body.get("video_id"), body.get("video_url")
    if bool(id) == bool(url):
        raise bad(call, "Either video_id or video_url is required", "video_url")
    if url:
        if not re.match(r"https?://", str(url)):
            raise bad(call, "video_url is not an address", "video_url")
        return str(url)
    job = call.sandbox.get("job", str(id))
    if job is None or not job.get("made"):
        raise HOUSE.refusal(call, "not_found", "The video does not exist")
    return results.address(call.sandbox, job, call.url_base)


def _check_film(call: Call, url: str) -> tuple[Path, float]:
    """Where it lies now, and how long it is, in seconds."""
    try:
        path = source(call.sandbox, url)
        film = seen(path)
    except (NotThere, NotMedia) as e:
        raise bad(call, f"The video cannot be used: {e}", "video_url") from e
    if film.kind != "video":
        raise bad(call, "video_url is not a video", "video_url")
    if path.stat().st_size > FILM_BYTES:
        raise bad(call, "The video is larger than 100 MB", "video_url")
    if not FILM_S[0] - SLACK_S <= film.seconds <= FILM_S[1] + SLACK_S:
        raise bad(call, "The video must last 2 to 60 seconds", "video_url")
    if not LEAST_PX <= min(film.width, film.height) <= max(film.width, film.height) <= MOST_PX:
        raise bad(call, "The sides of the video must have 512 to 2160 px", "video_url")
    return path, film.seconds


def lip_sync(call: Call) -> Reply:
    """POST /v1/videos/advanced-lip-sync."""
    key = HOUSE.enter(call, paid=True)
    HOUSE.pace(call, key, 0)
    body, sandbox = call.json(), call.sandbox
    session = sandbox.get("session", str(body.get("session_id")))
    if session is None or session["until"] <= sandbox.time():
        raise bad(call, "session_id is not valid", "session_id")
    chosen = body.get("face_choose")
    if not isinstance(chosen, list) or len(chosen) != 1 or not isinstance(chosen[0], Mapping):
        raise bad(call, "face_choose must have one face", "face_choose")
    choice = chosen[0]
    face = next((one for one in session["faces"] if one["face_id"] == choice.get("face_id")), None)
    if face is None:
        raise bad(call, "face_id is not one of the session", "face_choose")
    _check_times(call, choice, face)
    sound = _sound(call, choice)
    wanted = Wanted(
        picture=session["url"], sound=sound, picture_is=("video",), fit="film",
        sound_s=(FILM_S[0] - SLACK_S, SOUND_S[1] + SLACK_S),
    )  # fmt: skip
    return _made(call, "advanced-lip-sync", wanted, body, key)


def _check_times(call: Call, choice: Mapping[str, Any], face: Mapping[str, Any]) -> None:
    """The crop of the sound, and where it lies in the film; milliseconds."""
    names = ("sound_start_time", "sound_end_time", "sound_insert_time")
    for name in names:
        value = choice.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise bad(call, f"{name} must be a number of milliseconds", name)
    start, end, insert = (choice[name] for name in names)
    if end - start < LEAST_MS:
        raise bad(call, "The cropped audio must last 2 seconds or more", "sound_end_time")
    overlap = min(insert + end - start, face["end_time"]) - max(insert, face["start_time"])
    if overlap < LEAST_MS:
        raise bad(call, "Audio and face must share 2 seconds or more", "sound_insert_time")
    for name in ("sound_volume", "original_audio_volume"):
        value = choice.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 2:
            raise bad(call, f"{name} must lie between 0 and 2", name)


def _sound(call: Call, given: Mapping[str, Any]) -> str:
    """The sound as an address or a data URI; sounds of Kling's own making are not played."""
    if given.get("audio_id"):
        raise HOUSE.refusal(call, "not_found", "The audio does not exist")
    return _inline(call, given.get("sound_file"), "sound_file", SOUND_BYTES)


def _inline(call: Call, value: Any, field: str, most: int) -> str:
    if not isinstance(value, str) or not value:
        raise bad(call, f"{field} is required", field)
    if re.match(r"https?://", value):
        return value
    if not re.fullmatch(r"[A-Za-z0-9+/\s]+=*\s*", value):
        raise bad(call, f"{field} must be an address or base64 without a head", field)
    if len(value) * 3 // 4 > most:
        raise bad(call, f"{field} is larger than {most >> 20} MB", field)
    return f"data:application/octet-stream;base64,{''.join(value.split())}"


def lip_sync_at_once(call: Call) -> Reply:
    """POST /v1/videos/lip-sync, the older call in one step."""
    key = HOUSE.enter(call, paid=True)
    HOUSE.pace(call, key, 0)
    body = call.json()
    given = body.get("input")
    if not isinstance(given, Mapping):
        raise bad(call, "input is required", "input")
    mode, sound, say = given.get("mode"), "", ""
    if mode == "audio2video":
        name = "audio_file" if given.get("audio_type") == "file" else "audio_url"
        sound = _inline(call, given.get(name), name, SOUND_BYTES)
    elif mode == "text2video":
        say = str(given.get("text") or "")
        if not 0 < len(say) <= 120 or not given.get("voice_id"):
            raise bad(call, "text (120 characters at most) and voice_id are required", "text")
    else:
        raise bad(call, "mode must be text2video or audio2video", "mode")
    url = _film_of(call, given)
    _check_film(call, url)
    wanted = Wanted(picture=url, sound=sound, say=say, picture_is=("video",), fit="film")
    return _made(call, "lip-sync", wanted, body, key)


def avatar(call: Call) -> Reply:
    """POST /v1/videos/avatar/image2video."""
    key = HOUSE.enter(call, paid=True)
    HOUSE.pace(call, key, 0)
    body = call.json()
    if body.get("mode", "std") not in ("std", "pro"):
        raise bad(call, "mode must be std or pro", "mode")
    picture = _inline(call, body.get("image"), "image", PHOTO_BYTES)
    _check_photo(call, picture)
    sound = _sound(call, body)
    wanted = Wanted(
        picture=picture, sound=sound, picture_is=("image",),
        short_side=1080 if body.get("mode") == "pro" else 720,
        sound_s=(AVATAR_S[0] - SLACK_S, AVATAR_S[1] + SLACK_S),
    )  # fmt: skip
    return _made(call, "avatar", wanted, body, key)


def _check_photo(call: Call, picture: str) -> None:
    try:
        photo = seen(source(call.sandbox, picture))
    except (NotThere, NotMedia) as e:
        raise bad(call, f"The image cannot be used: {e}", "image") from e
    if photo.kind != "image" or min(photo.width, photo.height) < LEAST_PHOTO_PX:
        raise bad(call, "The image must have sides of 300 px or more", "image")
    if not 1 / 2.5 <= photo.width / photo.height <= 2.5:
        raise bad(call, "The ratio of the image must lie between 1:2.5 and 2.5:1", "image")


def _made(call: Call, kind: str, wanted: Wanted, body: Mapping[str, Any], key: str) -> Reply:
    own = str(body.get("external_task_id") or "")
    if own and call.sandbox.find("job", external=own):
        raise bad(call, "external_task_id is used already", "external_task_id")
    job = make(
        call, HOUSE, wanted, account=key, model=kind, body=body, result_s=MONTH, external=own,
        hook=str(body.get("callback_url") or ""),
    )  # fmt: skip
    watch(call.sandbox, job)
    return good(shown(call.sandbox, job, "queued", call.url_base))


def shown(sandbox: Sandbox, job: Document, now: str, url_base: str = "") -> dict[str, Any]:
    """A task, read or in a callback."""
    found: dict[str, Any] = {
        "task_id": job["id"],
        "task_status": status_word(sandbox, now, WORDS),
        "task_status_msg": job["error"]["text"] if now == "failed" else "",
        "task_info": {"external_task_id": job["external"] or None},
        "created_at": round(job["at"] * 1000),
        "updated_at": round((job.get("over_at") or sandbox.time()) * 1000),
    }
    if now == "done":
        videos = []
        if not results.is_empty(sandbox, job):
            url = results.address(sandbox, job, url_base)
            long = f"{job['made']['seconds']:.2f}"
            videos = [{"id": job["id"], "url": url, "watermark_url": "", "duration": long}]
        found["task_result"] = {"videos": videos}
        found["final_unit_deduction"] = "1"
    return found


def read(call: Call) -> Reply:
    """GET .../{task_id}, or the external id it was given."""
    HOUSE.enter(call)
    id = call.args["id"]
    job = call.sandbox.get("job", id) or next(iter(call.sandbox.find("job", external=id)), None)
    if job is None or job["model"] != _kind(call):
        raise HOUSE.refusal(call, "not_found", "The task does not exist")
    job, now = look(call.sandbox, job)
    return good(shown(call.sandbox, job, now, call.url_base))


def listed(call: Call) -> Reply:
    """GET .../?pageNum=&pageSize=, newest first."""
    HOUSE.enter(call)
    page, size = int(call.query.get("pageNum") or 1), int(call.query.get("pageSize") or 30)
    jobs = call.sandbox.find("job", model=_kind(call))[::-1][(page - 1) * size : page * size]
    return good([
        shown(call.sandbox, *look(call.sandbox, job), call.url_base) for job in jobs
    ])  # fmt: skip


def _kind(call: Call) -> str:
    return call.args["kind"].split("/")[0]


KIND = r"(?P<kind>advanced-lip-sync|lip-sync|avatar/image2video)"
ROUTES = [
    Route("GET", r"/_faces/(?P<id>\w+)\.jpg", face),
    Route("POST", r"/v1/videos/identify-face", identify),
    Route("POST", r"/v1/videos/advanced-lip-sync", lip_sync, commit=True, creates=True),
    Route("POST", r"/v1/videos/lip-sync", lip_sync_at_once, commit=True, creates=True),
    Route("POST", r"/v1/videos/avatar/image2video", avatar, commit=True, creates=True),
    Route("GET", rf"/v1/videos/{KIND}/(?P<id>[\w.-]+)", read),
    Route("GET", rf"/v1/videos/{KIND}", listed),
    *results.RESULT_ROUTES,
]
