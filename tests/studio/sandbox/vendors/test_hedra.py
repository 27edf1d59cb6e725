"""Hedra's API v3 as its SDK describes it."""

import pytest

from studio.sandbox.vendors.common import orders
from tests.studio.sandbox.vendors.asking import Asker, downloaded

MODEL = "/models/hedra-character-3"


@pytest.fixture
def ask(at_once):
    return Asker(f"{at_once.url}/hedra", {"Authorization": "Bearer sandbox-key"})


def uploaded(ask, path):
    answer = ask.post("/files", files={"file": (path.name, path.read_bytes())})
    assert answer.status_code == 200, answer.text
    return {"source": "url", "url": answer.json()["url"]}


@pytest.fixture
def given(ask, photo, voice):
    return {
        "prompt": "A calm person",
        "aspect_ratio": "9:16",
        "resolution": "540p",
        "start_image": uploaded(ask, photo),
        "audio": uploaded(ask, voice(0.6)),
    }


def test_a_job_is_done(ask, given, tmp_path):
    made = ask.post(MODEL, json={"input": given})
    assert made.status_code == 202
    assert made.json()["status"] == "IN_QUEUE"
    assert ask.get(made.json()["status_url"]).json()["progress"] == 1.0
    done = ask.get(made.json()["result_url"]).json()
    assert (done["status"], done["currency"]) == ("COMPLETED", "USD")
    (output,) = done["outputs"]
    assert (output["width"], output["height"], output["duration_ms"]) == (540, 960, 600)
    assert downloaded(output["url"], tmp_path).seconds == pytest.approx(0.6, abs=0.05)


def test_every_word_is_said(sandbox, ask, given):
    sandbox.set_rule("hedra.job_s", 100)
    made = ask.post(MODEL, json={"input": given}).json()
    said = []
    for _ in range(3):
        said.append(ask.get(made["status_url"]).json()["status"])
        sandbox.advance(50)
    assert said == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]


@pytest.mark.parametrize(
    "changes",
    [
        {"prompt": ""}, {"aspect_ratio": "2:1"}, {"resolution": "4k"}, {"audio": None},
        {"start_image": "https://a.example/p.jpg"}, {"start_image": {"source": "url"}},
        {"duration_ms": 1},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(sandbox, ask, given, changes):
    refused = ask.post(MODEL, json={"input": {**given, **changes}})
    assert refused.status_code == 400
    error = refused.json()["error"]
    assert (error["code"], error["retryable"]) == ("INVALID_ARGUMENT", False)
    assert error["param"] == f"input.{next(iter(changes))}"
    assert refused.headers["X-Trace-Id"] == refused.json()["trace_id"]
    assert orders(sandbox) == []


def test_an_address_has_to_come_back_whole(ask, given):
    url = given["audio"]["url"].partition("?")[0]
    refused = ask.post(MODEL, json={"input": {**given, "audio": {"source": "url", "url": url}}})
    assert refused.json()["error"]["code"] == "NOT_FOUND"


def test_a_file_can_be_used_for_an_hour(sandbox, ask, given):
    sandbox.advance(3601)
    refused = ask.post(MODEL, json={"input": given})
    assert (refused.status_code, refused.json()["error"]["code"]) == (410, "GONE")


def test_a_file_is_told_by_its_content(ask, photo, tmp_path):
    odd = tmp_path / "photo.wav"
    odd.write_bytes(photo.read_bytes())
    answer = ask.post("/files", files={"file": (odd.name, odd.read_bytes())})
    assert answer.json()["content_type"] == "image/jpeg"
    refused = ask.post("/files", files={"file": ("a.mp4", b"nothing")})
    assert refused.json()["error"]["code"] == "INVALID_ARGUMENT"


def test_the_same_key_is_charged_once(sandbox, ask, given):
    head = {"Idempotency-Key": "k1"}
    first = ask.post(MODEL, json={"input": given}, headers=head)
    assert ask.post(MODEL, json={"input": given}, headers=head).json() == first.json()
    other = ask.post(MODEL, json={"input": {**given, "prompt": "Other"}}, headers=head)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "ALREADY_EXISTS")
    (bill,) = orders(sandbox)
    assert (bill["charged"], bill["replays"]) == (1, 1)
    sandbox.set_rule("hedra.key_busy_s", 60)
    busy = ask.post(MODEL, json={"input": given}, headers=head).json()["error"]
    assert (busy["code"], busy["retryable"]) == ("ALREADY_IN_PROGRESS", True)


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        ("mine", 401, "UNAUTHORIZED"),
        ("unpaid-key", 402, "INSUFFICIENT_BALANCE"),
        ("forbidden-key", 403, "PERMISSION_DENIED"),
    ],
)
def test_the_key_is_checked(ask, key, status, code):
    refused = ask.post(MODEL, json={}, headers={"Authorization": f"Bearer {key}"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize(
    ("outcome", "code", "retryable"),
    [
        ("refuse", "MODERATION_FAILED", False),
        ("trouble", "UNAVAILABLE", True),
        ("no_face", "INVALID_ARGUMENT", False),
    ],
)
def test_jobs_end_badly_when_told(sandbox, ask, given, outcome, code, retryable):
    sandbox.set_rule("hedra.outcome", outcome)
    made = ask.post(MODEL, json={"input": given}).json()
    found = ask.get(made["result_url"]).json()
    assert found["status"] == "FAILED"
    assert (found["error"]["code"], found["error"]["retryable"]) == (code, retryable)


def test_the_name_of_a_file_can_ask_for_a_failure(ask, given, photo):
    answer = ask.post("/files", files={"file": ("me [no-face].jpg", photo.read_bytes())})
    image = {"source": "url", "url": answer.json()["url"]}
    made = ask.post(MODEL, json={"input": {**given, "start_image": image}}).json()
    assert "No face" in ask.get(made["result_url"]).json()["error"]["message"]


def test_a_pause_says_how_long(sandbox, ask):
    sandbox.fault("status", platform="hedra", commit=True, status=429, seconds=9)
    error = ask.post(MODEL, json={}).json()["error"]
    assert (error["code"], error["retryable"]) == ("RESOURCE_EXHAUSTED", True)
    assert error["retry_after"] == 9


def test_jobs_are_listed_by_model(ask, given):
    id = ask.post(MODEL, json={"input": given}).json()["job_id"]
    assert [one["job_id"] for one in ask.get(f"{MODEL}/jobs").json()["jobs"]] == [id]
    assert ask.get("/models/omnihuman-15/jobs").json()["jobs"] == []


def test_an_estimate_is_given(ask, given):
    found = ask.post(f"{MODEL}/estimate", json={"input": given}).json()
    assert found == {"cost": pytest.approx(0.03), "currency": "USD"}
