"""HeyGen's API v3 as its documents describe it."""

import base64
import hashlib

import pytest
import requests

from studio.sandbox.vendors.common import orders
from tests.studio.sandbox.vendors.asking import Asker, downloaded, type_of


@pytest.fixture
def ask(at_once):
    return Asker(f"{at_once.url}/heygen", {"X-Api-Key": "sandbox-key"})


def uploaded(ask, path):
    answer = ask.post("/v3/assets", files={"file": (path.name, path.read_bytes())})
    assert answer.status_code == 200, answer.text
    return {"type": "asset_id", "asset_id": answer.json()["data"]["asset_id"]}


@pytest.fixture
def lipsync(ask, clip, voice):
    return {"video": uploaded(ask, clip), "audio": uploaded(ask, voice(2.0))}


@pytest.mark.parametrize(("dynamic", "expected_s"), [(True, 2.0), (False, 1.2)])
def test_a_lipsync_is_as_long_as_was_asked(ask, lipsync, tmp_path, dynamic, expected_s):
    body = {**lipsync, "mode": "precision", "enable_dynamic_duration": dynamic}
    made = ask.post("/v3/lipsyncs", json=body)
    assert made.status_code == 200, made.text
    done = ask.get(f"/v3/lipsyncs/{made.json()['data']['lipsync_id']}").json()["data"]
    assert done["status"] == "completed"
    assert done["duration"] == pytest.approx(expected_s, abs=0.09)
    seen = downloaded(done["video_url"], tmp_path)
    assert seen.seconds == pytest.approx(expected_s, abs=0.09)


@pytest.mark.parametrize(("path", "running"), [("lipsyncs", "running"), ("videos", "processing")])
def test_every_word_is_said(sandbox, ask, lipsync, photo, path, running):
    sandbox.set_rule("heygen.job_s", 100)
    body = lipsync
    if path == "videos":
        sound = lipsync["audio"]["asset_id"]
        body = {"type": "image", "image": uploaded(ask, photo), "audio_asset_id": sound}
    made = ask.post(f"/v3/{path}", json=body).json()["data"]
    said = []
    for _ in range(3):
        id = made[f"{path[:-1]}_id"]
        said.append(ask.get(f"/v3/{path}/{id}").json()["data"]["status"])
        sandbox.advance(50)
    assert said == ["pending", running, "completed"]


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"video": None}, "video"), ({"audio": "https://a.example/a.wav"}, "audio"),
        ({"mode": "best"}, "mode"), ({"enable_caption": "yes"}, "enable_caption"),
        ({"fps_mode": "25"}, "fps_mode"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(sandbox, ask, lipsync, changes, param):
    refused = ask.post("/v3/lipsyncs", json={**lipsync, **changes})
    assert refused.status_code == 400
    error = refused.json()["error"]
    assert (error["code"], error["param"]) == ("validation_error", param)
    assert orders(sandbox) == []


def test_a_photo_speaks(ask, photo, voice, tmp_path):
    body = {
        "type": "image",
        "image": {
            "type": "base64",
            "media_type": "image/jpeg",
            "data": base64.b64encode(photo.read_bytes()).decode(),
        },
        "audio_asset_id": uploaded(ask, voice(0.6))["asset_id"],
        "aspect_ratio": "9:16",
        "resolution": "720p",
    }
    made = ask.post("/v3/videos", json=body).json()["data"]
    done = ask.get(f"/v3/videos/{made['video_id']}").json()["data"]
    seen = downloaded(done["video_url"], tmp_path)
    assert (seen.width, seen.height) == (720, 1280)
    assert seen.seconds == pytest.approx(0.6, abs=0.05)


def test_a_photo_needs_something_to_say(ask, photo):
    body = {"type": "image", "image": uploaded(ask, photo), "script": "Hello"}
    assert ask.post("/v3/videos", json=body).status_code == 400
    assert ask.post("/v3/videos", json={**body, "voice_id": "v1"}).status_code == 200


def test_large_files_go_directly(ask, clip, voice):
    data = clip.read_bytes()
    asked = {
        "filename": clip.name,
        "content_type": type_of(clip),
        "size_bytes": len(data),
        "checksum_sha256": hashlib.sha256(data).hexdigest(),
    }
    ticket = ask.post("/v3/assets/direct-uploads", json=asked).json()["data"]
    assert ticket["status"] == "pending_upload"
    video = {"type": "asset_id", "asset_id": ticket["asset_id"]}
    body = {"video": video, "audio": uploaded(ask, voice(0.6))}
    bare = requests.put(
        ticket["upload_url"], data=data, headers={"Content-Type": "video/mp4"}, timeout=9
    )
    assert bare.status_code == 403
    path = f"/v3/assets/{ticket['asset_id']}/complete"
    assert ask.post(path, json={}).json()["error"]["code"] == "asset_not_available"
    sent = requests.put(
        ticket["upload_url"], data=data, headers=ticket["upload_headers"], timeout=9
    )
    assert sent.status_code == 200, sent.text
    early = ask.post("/v3/lipsyncs", json=body)
    assert early.json()["error"]["code"] == "asset_not_available"
    for _ in range(2):
        assert ask.post(path, json={}).json()["data"]["status"] == "completed"
    assert ask.post("/v3/lipsyncs", json=body).status_code == 200


def test_an_asset_that_is_not_there_is_not_found(ask, lipsync):
    body = {**lipsync, "video": {"type": "asset_id", "asset_id": "asset1"}}
    refused = ask.post("/v3/lipsyncs", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found")


def test_a_film_is_translated_into_every_language(sandbox, ask, lipsync):
    names = ask.get("/v3/video-translations/languages").json()["data"]["languages"]
    body = {"video": lipsync["video"], "output_languages": names[:2]}
    head = {"Idempotency-Key": "t1"}
    ids = ask.post("/v3/video-translations", json=body, headers=head).json()["data"]
    ids = ids["video_translation_ids"]
    done = [ask.get(f"/v3/video-translations/{id}").json()["data"] for id in ids]
    assert [one["output_language"] for one in done] == names[:2]
    assert {one["status"] for one in done} == {"completed"}
    assert [one["charged"] for one in orders(sandbox)] == [1, 1]
    strange = {**body, "output_languages": ["Klingon"]}
    assert ask.post("/v3/video-translations", json=strange).status_code == 400


def test_the_same_key_is_charged_once(sandbox, ask, lipsync):
    head = {"Idempotency-Key": "k1"}
    first = ask.post("/v3/lipsyncs", json=lipsync, headers=head)
    assert ask.post("/v3/lipsyncs", json=lipsync, headers=head).json() == first.json()
    other = ask.post("/v3/lipsyncs", json={**lipsync, "title": "b"}, headers=head)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "conflict")
    (bill,) = orders(sandbox)
    assert (bill["charged"], bill["replays"]) == (1, 1)
    wrong = ask.post("/v3/lipsyncs", json=lipsync, headers={"Idempotency-Key": "a b"})
    assert wrong.status_code == 400
    sandbox.advance(86401)  # it is kept for a day
    assert ask.post("/v3/lipsyncs", json=lipsync, headers=head).json() != first.json()


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"X-Api-Key": "mine"}, 401, "unauthorized"),
        ({"X-Api-Key": "unpaid-key"}, 402, "insufficient_credit"),
        ({"X-Api-Key": "forbidden-key"}, 403, "forbidden"),
        ({"X-Api-Key": "", "Authorization": "Bearer sandbox-key"}, 401, "unauthorized"),
    ],
)
def test_the_key_is_checked(ask, headers, status, code):
    refused = ask.post("/v3/lipsyncs", json={}, headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)


def test_lists_have_pages(ask, lipsync):
    for title in ("a", "b", "c"):
        ask.post("/v3/lipsyncs", json={**lipsync, "title": title, "callback_id": title})
    first = ask.get("/v3/lipsyncs", params={"limit": 2}).json()
    assert [one["callback_id"] for one in first["data"]] == ["c", "b"]
    assert first["has_more"]
    asked = {"limit": 2, "token": first["next_token"]}
    second = ask.get("/v3/lipsyncs", params=asked).json()
    assert [one["title"] for one in second["data"]] == ["a"]
    assert not second["has_more"]


def test_three_jobs_run_at_once(sandbox, ask, lipsync):
    sandbox.set_rule("heygen.job_s", 100)
    said = [ask.post("/v3/lipsyncs", json=lipsync).status_code for _ in range(4)]
    assert said == [200, 200, 200, 429]


def test_a_refusal_is_told(sandbox, ask, lipsync):
    sandbox.set_rule("heygen.outcome", "refuse")
    id = ask.post("/v3/lipsyncs", json=lipsync).json()["data"]["lipsync_id"]
    done = ask.get(f"/v3/lipsyncs/{id}").json()["data"]
    assert (done["status"], done["failure_code"]) == ("failed", "moderation_failed")
