"""Kling's own API as its documents describe it."""

import base64
import hashlib
import hmac
import json
import time

import pytest
from PIL import Image

from studio.sandbox.vendors import media
from studio.sandbox.vendors.common import orders
from tests.sandboxes import hosting
from tests.studio.sandbox.vendors.asking import Asker, downloaded


@pytest.fixture
def ask(at_once):
    return Asker(f"{at_once.url}/kling", {"Authorization": "Bearer sandbox-key"})


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    """3 s, 512x912: the smallest it takes."""
    path = tmp_path_factory.mktemp("kling") / "film.mp4"
    media.run_ffmpeg("-f", "lavfi", "-i", "testsrc=s=512x912:r=10:d=3", *media.QUICK, str(path))
    return path


@pytest.fixture
def url(film):
    with hosting(film.parent) as address:
        yield f"{address}/{film.name}"


@pytest.fixture
def session(ask, url):
    return ask.post("/v1/videos/identify-face", json={"video_url": url}).json()["data"]


def plain(path):
    """Base64 without a head."""
    return base64.b64encode(path.read_bytes()).decode()


@pytest.fixture
def choice(session, voice):
    return {
        "face_id": session["face_data"][0]["face_id"],
        "sound_file": plain(voice(2.5)),
        "sound_start_time": 0,
        "sound_end_time": 2500,
        "sound_insert_time": 0,
    }


def order(ask, session, choice, **more):
    body = {"session_id": session["session_id"], "face_choose": [choice], **more}
    return ask.post("/v1/videos/advanced-lip-sync", json=body)


def test_a_face_is_found_and_speaks(ask, session, choice, tmp_path):
    (face,) = session["face_data"]
    assert ask.get(face["face_image"]).content.startswith(b"\xff\xd8")
    assert (face["start_time"], face["end_time"]) == (0, 3000)
    made = order(ask, session, choice).json()
    assert (made["code"], made["data"]["task_status"]) == (0, "submitted")
    done = ask.get(f"/v1/videos/advanced-lip-sync/{made['data']['task_id']}").json()["data"]
    assert done["task_status"] == "succeed"
    (video,) = done["task_result"]["videos"]
    seen = downloaded(video["url"], tmp_path)
    # The film keeps its length.
    assert (seen.width, seen.seconds) == (512, pytest.approx(3.0, abs=0.09))


def test_every_word_is_said(sandbox, ask, session, choice):
    sandbox.set_rule("kling.job_s", 100)
    id = order(ask, session, choice).json()["data"]["task_id"]
    said = []
    for _ in range(3):
        found = ask.get(f"/v1/videos/advanced-lip-sync/{id}").json()["data"]
        said.append(found["task_status"])
        sandbox.advance(50)
    assert said == ["submitted", "processing", "succeed"]


@pytest.mark.parametrize(
    "changes",
    [
        {"face_id": "9"}, {"sound_file": ""}, {"sound_file": "data:audio/wav;base64,AAAA"},
        {"sound_end_time": 1000}, {"sound_insert_time": 1500}, {"sound_volume": 3},
        {"sound_start_time": None},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(sandbox, ask, session, choice, changes):
    answer = order(ask, session, {**choice, **changes})
    assert (answer.status_code, answer.json()["code"]) == (400, 1201)
    assert orders(sandbox) == []


def test_only_one_person_speaks(ask, session, choice):
    body = {"session_id": session["session_id"], "face_choose": [choice, choice]}
    assert ask.post("/v1/videos/advanced-lip-sync", json=body).status_code == 400


def test_films_are_looked_at_before(ask, clip):
    with hosting(clip.parent) as address:
        body = {"video_url": f"{address}/{clip.name}"}
        answer = ask.post("/v1/videos/identify-face", json=body)
    assert answer.json()["code"] == 1201
    assert ask.post("/v1/videos/identify-face", json={}).json()["code"] == 1201


def test_no_face_may_be_found(sandbox, ask, url):
    sandbox.set_rule("kling.faces", 0)
    found = ask.post("/v1/videos/identify-face", json={"video_url": url}).json()["data"]
    assert found["face_data"] == []


def test_a_photo_speaks(ask, voice, tmp_path):
    path = tmp_path / "photo.png"
    Image.new("RGB", (320, 400), "teal").save(path)
    body = {"image": plain(path), "sound_file": plain(voice(2.5)), "mode": "std"}
    made = ask.post("/v1/videos/avatar/image2video", json=body).json()["data"]
    done = ask.get(f"/v1/videos/avatar/image2video/{made['task_id']}").json()["data"]
    seen = downloaded(done["task_result"]["videos"][0]["url"], tmp_path)
    assert (seen.width, seen.seconds) == (720, pytest.approx(2.5, abs=0.06))
    Image.new("RGB", (200, 400), "teal").save(path)
    small = ask.post("/v1/videos/avatar/image2video", json={**body, "image": plain(path)})
    assert small.json()["code"] == 1201


def test_the_older_call_does_it_in_one_step(ask, url, tmp_path):
    given = {"video_url": url, "mode": "text2video", "text": "Hello there", "voice_id": "v"}
    made = ask.post("/v1/videos/lip-sync", json={"input": given}).json()["data"]
    done = ask.get(f"/v1/videos/lip-sync/{made['task_id']}").json()["data"]
    assert done["task_status"] == "succeed"
    wrong = {**given, "mode": "sing"}
    assert ask.post("/v1/videos/lip-sync", json={"input": wrong}).json()["code"] == 1201


def test_a_task_is_found_by_the_id_it_was_given(ask, session, choice):
    made = order(ask, session, choice, external_task_id="reel-7").json()["data"]
    found = ask.get("/v1/videos/advanced-lip-sync/reel-7").json()["data"]
    assert found["task_id"] == made["task_id"]
    assert found["task_info"] == {"external_task_id": "reel-7"}
    assert order(ask, session, choice, external_task_id="reel-7").status_code == 400
    (one,) = ask.get("/v1/videos/advanced-lip-sync").json()["data"]
    assert one["task_id"] == made["task_id"]


def signed(secret="sandbox-secret", expires_s=1800, begins_s=-5, issuer="sandbox-access"):
    """A token; its times from now."""
    now = int(time.time())
    claims = {"iss": issuer, "exp": now + expires_s, "nbf": now + begins_s}
    parts = [
        base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=")
        for one in ({"alg": "HS256", "typ": "JWT"}, claims)
    ]
    made = hmac.new(secret.encode(), b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(made).rstrip(b"=")]).decode()


def refused(ask, key):
    headers = {"Authorization": f"Bearer {key}".strip()}
    answer = ask.post("/v1/videos/advanced-lip-sync", json={}, headers=headers)
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("", (401, 1001)), ("mine", (401, 1002)), ("expired-key", (401, 1004)),
        ("forbidden-key", (403, 1103)), ("unpaid-key", (429, 1102)), ("sandbox-key", (400, 1201)),
    ],
)  # fmt: skip
def test_the_key_is_checked(ask, key, expected):
    assert refused(ask, key) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (400, 1201)), ({"secret": "other"}, (401, 1000)), ({"begins_s": 900}, (401, 1003)),
        ({"expires_s": -1}, (401, 1004)), ({"expires_s": 86400}, (401, 1004)),
        ({"issuer": "me"}, (401, 1002)),
    ],
)  # fmt: skip
def test_a_signed_token_is_checked(ask, changes, expected):
    assert refused(ask, signed(**changes)) == expected


@pytest.mark.parametrize(
    ("status", "means", "code"),
    [(402, "rate", 1102), (429, "rate", 1302), (429, "slots", 1303), (503, "rate", 5001)],
)
def test_429_means_money_or_patience(sandbox, ask, status, means, code):
    sandbox.set_rule("kling.busy_means", means)
    sandbox.fault("status", platform="kling", status=status)
    answer = ask.post("/v1/videos/advanced-lip-sync", json={})
    assert answer.status_code == (429 if status == 402 else status)
    assert answer.json()["code"] == code


def test_a_failed_task_says_why(sandbox, ask, session, choice):
    sandbox.set_rule("kling.outcome", "refuse")
    id = order(ask, session, choice).json()["data"]["task_id"]
    found = ask.get(f"/v1/videos/advanced-lip-sync/{id}").json()["data"]
    assert found["task_status"] == "failed"
    assert "flagged" in found["task_status_msg"]
