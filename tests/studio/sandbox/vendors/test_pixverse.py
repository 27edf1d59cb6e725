"""PixVerse as it was described by those who use it."""

from uuid import uuid4

import pytest

from studio.sandbox.vendors.common import orders
from tests.studio.sandbox.vendors.asking import Asker, downloaded


class Traced(Asker):
    """Every call with a trace id of its own."""

    def __call__(self, method, path, **more):
        headers = {"Ai-Trace-Id": str(uuid4()), **more.pop("headers", {})}
        return super().__call__(method, path, headers=headers, **more)


@pytest.fixture
def ask(at_once):
    return Traced(f"{at_once.url}/pixverse", {"API-KEY": "sandbox-key"})


def uploaded(ask, path):
    files = {"file": (path.name, path.read_bytes())}
    return ask.post("/openapi/v2/media/upload", files=files).json()["Resp"]["media_id"]


@pytest.fixture
def body(ask, clip, voice):
    return {
        "video_media_id": uploaded(ask, clip),
        "audio_media_id": uploaded(ask, voice(0.6)),
    }


def generate(ask, body):
    return ask.post("/openapi/v2/video/lip_sync/generate", json=body).json()


def result(ask, made):
    return ask.get(f"/openapi/v2/video/result/{made['Resp']['video_id']}").json()["Resp"]


def test_a_film_is_made(sandbox, ask, body, tmp_path):
    sandbox.set_rule("pixverse.polls_until_done", 1)
    made = generate(ask, body)
    assert made["ErrCode"] == 0
    assert result(ask, made)["status"] == 5
    done = result(ask, made)
    assert done["status"] == 1
    assert downloaded(done["url"], tmp_path).seconds == pytest.approx(0.6, abs=0.06)


def test_a_text_is_spoken(ask, body, tmp_path):
    said = {"lip_sync_tts_speaker_id": "1", "lip_sync_tts_content": "Hello there"}
    made = generate(ask, {"video_media_id": body["video_media_id"], **said})
    assert downloaded(result(ask, made)["url"], tmp_path).has_sound
    again = generate(ask, {"source_video_id": made["Resp"]["video_id"], **said})
    assert result(ask, again)["status"] == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"video_media_id": 7}, {"audio_media_id": None}, {"video_media_id": "7"},
        {"source_video_id": 7}, {"lip_sync_tts_content": "Both"},
    ],
)  # fmt: skip
def test_refusals_are_http_200(sandbox, ask, body, changes):
    refused = ask.post("/openapi/v2/video/lip_sync/generate", json={**body, **changes})
    assert refused.status_code == 200
    assert refused.json()["ErrCode"] != 0
    assert refused.json()["ErrMsg"]
    assert orders(sandbox) == []


def test_sounds_are_short(ask, voice):
    files = {"file": ("a.wav", voice(31).read_bytes())}
    assert ask.post("/openapi/v2/media/upload", files=files).json()["ErrCode"] == 400017


def test_a_trace_id_is_used_once(ask):
    trace = {"Ai-Trace-Id": str(uuid4())}
    path = "/openapi/v2/account/balance"
    said = [ask.get(path, headers=trace).json()["ErrCode"] for _ in range(2)]
    assert said == [0, 400017]
    assert ask.get(path, headers={"Ai-Trace-Id": "1"}).json()["ErrCode"] == 400017


@pytest.mark.parametrize(
    ("key", "code"),
    [("", 10003), ("mine", 10001), ("unpaid-key", 500090), ("forbidden-key", 500020)],
)
def test_the_key_is_checked(ask, key, code):
    path = "/openapi/v2/video/lip_sync/generate"
    assert ask.post(path, json={}, headers={"API-KEY": key}).json()["ErrCode"] == code


@pytest.mark.parametrize(("outcome", "status"), [("refuse", 7), ("fail", 8), ("no_face", 8)])
def test_jobs_end_badly_when_told(sandbox, ask, body, outcome, status):
    sandbox.set_rule("pixverse.outcome", outcome)
    assert result(ask, generate(ask, body))["status"] == status


def test_a_gateway_may_fail_for_real(sandbox, ask, body):
    path = "/openapi/v2/video/lip_sync/generate"
    for status, expected in ((503, 503), (429, 200)):
        sandbox.fault("status", platform="pixverse", commit=True, status=status)
        assert ask.post(path, json=body).status_code == expected
