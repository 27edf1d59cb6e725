"""Resemble as its OpenAPI document describes it, on both of its hosts."""

import base64

import pytest
import requests

from studio.sandbox.vendors.common import orders
from tests.studio.sandbox.vendors.samples import sample, seconds_of

KEY = {"Authorization": "Bearer sandbox-key"}
TEXT = "Hello, naïve “world”! 😀"
READY = "55592656"


@pytest.fixture
def app(sandbox):
    return f"{sandbox.url}/resemble-app"


def speak(sandbox, data=TEXT, *, voice=READY, headers=KEY, **more):
    body = {"voice_uuid": voice, "data": data, **more}
    at = f"{sandbox.url}/resemble/synthesize"
    return requests.post(at, headers=headers, json=body, timeout=20)


def make(app, name="Mira"):
    answer = requests.post(f"{app}/voices", headers=KEY, json={"name": name}, timeout=5).json()
    return answer["item"]


def record(app, voice, path, **more):
    fields = {"name": "one", "text": "hello", "emotion": "neutral", "is_active": "true", **more}
    with path.open("rb") as file:
        return requests.post(
            f"{app}/voices/{voice}/recordings",
            headers=KEY,
            data=fields,
            files={"file": file},
            timeout=10,
        )


def refused(answer, status):
    found = answer.json()
    assert (answer.status_code, found["success"]) == (status, False)
    return found.get("message") or found["error"]


def test_letters_have_their_times(sandbox):
    answer = speak(sandbox, sample_rate=22_050, precision="PCM_16").json()
    times = answer["audio_timestamps"]
    assert times["graph_chars"] == list(TEXT)
    assert len(times["graph_times"]) == len(TEXT)
    assert times["graph_times"][-1][1] == pytest.approx(answer["duration"], abs=0.01)
    sound = base64.b64decode(answer["audio_content"])
    assert seconds_of(sound) == pytest.approx(answer["duration"], abs=0.01)


def test_marks_of_ssml_are_not_read_out(sandbox):
    answer = speak(sandbox, '<speak>Hello <prosody rate="slow">you</prosody></speak>').json()
    assert "".join(answer["audio_timestamps"]["graph_chars"]) == "Hello you"


@pytest.mark.parametrize(
    "more", [{"output_format": "mp3"}, {"precision": "PCM_24"}, {"precision": "MULAW"}]
)
def test_formats(sandbox, more):
    answer = speak(sandbox, "Hello", **more).json()
    assert len(base64.b64decode(answer["audio_content"])) > 5000


@pytest.mark.parametrize(
    ("key", "status"),
    [("", 401), ("wrong", 401), ("expired-key", 401), ("unpaid-key", 402), ("forbidden-key", 403)],
)
def test_keys(sandbox, key, status):
    refused(speak(sandbox, headers={"Authorization": f"Bearer {key}"} if key else {}), status)


@pytest.mark.parametrize(
    ("asked", "status", "word"),
    [
        ({"data": ""}, 400, "data"),
        ({"data": "x" * 3001}, 400, "3001"),
        ({"data": "a [refuse] b"}, 400, "moderation"),
        ({"data": "a < b"}, 400, "SSML"),
        ({"voice": "12345678"}, 404, "Voice"),
        ({"sample_rate": 12_345}, 400, "sample_rate"),
        ({"precision": "PCM_8"}, 400, "precision"),
        ({"model": "other"}, 400, "model"),
    ],
)
def test_refusals(sandbox, asked, status, word):
    assert word in refused(speak(sandbox, **asked), status)
    assert orders(sandbox, "resemble") == []


def test_a_voice_is_recorded_built_and_spoken_with(sandbox, app, tmp_path):
    voice = make(app)["uuid"]
    at = f"{app}/voices/{voice}"
    build = f"{at}/build"
    assert "recordings" in refused(requests.post(build, headers=KEY, timeout=5), 422)
    assert record(app, voice, sample(tmp_path / "a.wav", 10)).json()["success"] is True
    assert "not ready" in refused(speak(sandbox, voice=voice), 422)
    assert requests.post(build, headers=KEY, timeout=5).json() == {"success": True}
    assert requests.get(at, headers=KEY, timeout=5).json()["item"]["status"] == "building"
    sandbox.advance(61)
    assert requests.get(at, headers=KEY, timeout=5).json()["item"]["status"] == "finished"
    assert speak(sandbox, voice=voice).status_code == 200
    listed = requests.get(f"{app}/voices", headers=KEY, params={"page": 1}, timeout=5).json()
    assert voice in [one["uuid"] for one in listed["items"]]
    assert requests.delete(at, headers=KEY, timeout=5).status_code == 200
    refused(speak(sandbox, voice=voice), 404)


def test_building_can_fail(sandbox, app, tmp_path):
    sandbox.set_rule("resemble.build_fails", True)
    sandbox.set_rule("resemble.build_s", 1)
    voice = make(app)["uuid"]
    record(app, voice, sample(tmp_path / "a.wav", 10))
    requests.post(f"{app}/voices/{voice}/build", headers=KEY, timeout=5)
    sandbox.advance(2)
    seen = requests.get(f"{app}/voices/{voice}", headers=KEY, timeout=5).json()["item"]
    assert seen["status"] == "failed"


def test_recordings_are_checked(sandbox, app, tmp_path):
    voice = make(app)["uuid"]
    good = sample(tmp_path / "a.wav", 5)
    assert "15.0 s" in refused(record(app, voice, sample(tmp_path / "b.wav", 15)), 422)
    assert "0.5 s" in refused(record(app, voice, sample(tmp_path / "c.wav", 0.5)), 422)
    (tmp_path / "d.wav").write_text("no sound")
    refused(record(app, voice, tmp_path / "d.wav"), 422)
    assert "emotion" in refused(record(app, voice, good, emotion="bored"), 400)
    assert "text" in refused(record(app, voice, good, text=""), 400)
    sandbox.set_rule("resemble.recordings_need_text", False)
    assert record(app, voice, good, text="").status_code == 200
    refused(record(app, READY, good), 403)


def test_the_account(app):
    answer = requests.get(f"{app}/account", headers=KEY, timeout=5).json()
    assert answer["success"] is True
    refused(requests.get(f"{app}/account", timeout=5), 401)
    refused(requests.post(f"{app}/voices", headers=KEY, json={}, timeout=5), 400)
