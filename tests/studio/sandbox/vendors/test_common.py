"""What all vendors share: orders on record, keys, faults, requests that can be looked up."""

import threading

import pytest
import requests

from studio.sandbox.vendors.common import orders
from tests.studio.sandbox.vendors.asking import Asker, on_record
from tests.studio.sandbox.vendors.test_sync import order, uploaded


@pytest.fixture
def ask(at_once):
    return Asker(f"{at_once.url}/sync", {"x-api-key": "sandbox-key"})


def test_the_same_order_sent_at_the_same_time_is_charged_once(sandbox, ask, clip, voice):
    inputs = [
        {"type": "video", "url": uploaded(ask, clip)},
        {"type": "audio", "url": uploaded(ask, voice(0.6))},
    ]
    answers = []

    def send():
        answers.append(
            ask.post(
                "/v2/generate",
                json={"model": "lipsync-2", "input": inputs},
                headers={"Idempotency-Key": "both"},
            ).json()["id"]
        )

    threads = [threading.Thread(target=send) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(answers) == 6
    assert len(set(answers)) == 1
    (bill,) = orders(sandbox)
    assert (bill["charged"], bill["replays"]) == (1, 5)


def test_many_looks_make_one_film(sandbox, ask, clip, voice):
    id = order(ask, clip, voice(0.7)).json()["id"]
    said = []
    threads = [
        threading.Thread(
            target=lambda: said.append(ask.get(f"/v2/generate/{id}").json()["status"])
        )
        for _ in range(6)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert said == ["COMPLETED"] * 6


def test_a_sandbox_that_forgets_everything_forgets_jobs_under_way(sandbox, ask, clip, voice):
    id = order(ask, clip, voice(1.9)).json()["id"]
    thread = threading.Thread(target=ask.get, args=[f"/v2/generate/{id}"])
    thread.start()
    sandbox.reset()
    thread.join()
    assert ask.get(f"/v2/generate/{id}").status_code == 404
    assert orders(sandbox) == []


def test_films_are_forgotten_with_the_rest(at_once, ask, clip, voice):
    id = order(ask, clip, voice(0.6)).json()["id"]
    assert ask.get(f"/v2/generate/{id}").json()["status"] == "COMPLETED"
    assert list((at_once.folder / "made").iterdir())
    requests.post(f"{at_once.url}/_admin/reset", timeout=9)
    assert not (at_once.folder / "made").exists()


def test_requests_are_on_record_without_their_secrets(sandbox, ask, clip, voice):
    files = {"video": ("c.mp4", clip.read_bytes()), "audio": ("a.wav", voice(0.6).read_bytes())}
    ask.post("/v2/generate", data={"model": "lipsync-2"}, files=files)
    ask.post("/v2/assets/upload", json={"fileName": "a"})
    sent, plain = on_record(sandbox, 2).json()
    assert sorted(sent["fields"]) == ["audio", "model", "video"]
    assert sent["headers"]["x-api-key"] == "…"
    assert sent["headers"]["Content-Type"].startswith("multipart/form-data")
    assert len(plain["body_sha256"]) == 64
    assert "sandbox-key" not in str((sent, plain))


@pytest.mark.parametrize(
    ("vendor", "method", "path"),
    [
        ("sync", "POST", "/v2/generate"),
        ("wavespeed", "POST", "/api/v3/sync/lipsync-3"),
        ("fal", "POST", "/fal-ai/sync-lipsync/v2"),
        ("replicate", "POST", "/models/sync/lipsync-2/predictions"),
        ("hedra", "POST", "/models/hedra-avatar"),
        ("heygen", "POST", "/v3/lipsyncs"),
        ("kling", "POST", "/v1/videos/advanced-lip-sync"),
        ("pixverse", "POST", "/openapi/v2/video/lip_sync/generate"),
    ],
)
def test_faults_strike_what_costs_money(sandbox, vendor, method, path):
    sandbox.fault("close_before", platform=vendor, commit=True)
    with pytest.raises(requests.ConnectionError):
        requests.request(method, f"{sandbox.url}/{vendor}{path}", json={}, timeout=9)
    for status in (500, 503, 504):
        sandbox.fault("status", platform=vendor, commit=True, status=status)
        answer = requests.request(method, f"{sandbox.url}/{vendor}{path}", json={}, timeout=9)
        assert answer.status_code == status
    assert orders(sandbox) == []
