"""Replicate as its documents describe it."""

import pytest

from studio.sandbox.vendors.common import orders
from tests.studio.sandbox.vendors.asking import Asker, downloaded, type_of

LIPSYNC = "/models/sync/lipsync-2/predictions"


@pytest.fixture
def ask(at_once):
    return Asker(f"{at_once.url}/replicate", {"Authorization": "Bearer sandbox-key"})


def uploaded(ask, path):
    files = {"content": (path.name, path.read_bytes(), type_of(path))}
    answer = ask.post("/files", files=files)
    assert answer.status_code == 201, answer.text
    return answer.json()["urls"]["get"]


@pytest.fixture
def inputs(ask, clip, voice):
    return {"video": uploaded(ask, clip), "audio": uploaded(ask, voice(2.0))}


def test_a_prediction_succeeds(ask, inputs, tmp_path):
    made = ask.post(LIPSYNC, json={"input": inputs})
    assert (made.status_code, made.json()["status"]) == (201, "starting")
    done = ask.get(made.json()["urls"]["get"]).json()
    assert (done["status"], done["error"]) == ("succeeded", None)
    # It loops by default.
    assert downloaded(done["output"], tmp_path).seconds == pytest.approx(2.0, abs=0.09)


def test_waiting_holds_the_answer(sandbox, ask, inputs):
    sandbox.set_rule("replicate.job_s", 0.4)
    made = ask.post(LIPSYNC, json={"input": inputs}, headers={"Prefer": "wait=5"})
    assert made.json()["status"] == "succeeded"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "input.video"),
        ({"video": "https://a.example/v.mp4"}, "input.audio"),
        ({"video": 3, "audio": "https://a.example/a.wav"}, "input.video"),
    ],
)
def test_what_does_not_fit_is_refused(sandbox, ask, given, field):
    refused = ask.post(LIPSYNC, json={"input": given})
    assert refused.status_code == 422
    assert refused.json()["invalid_fields"][0]["field"] == field
    assert refused.json()["title"] == "Input validation failed"
    assert orders(sandbox) == []


def test_a_model_that_is_not_there_is_not_found(ask):
    assert ask.post("/models/a/b/predictions", json={"input": {}}).status_code == 404
    assert ask.get("/models/a/b").status_code == 404


def test_versions_are_taken_too(ask, inputs):
    version = ask.get("/models/sync/lipsync-2").json()["latest_version"]["id"]
    for name in (version, "sync/lipsync-2"):
        made = ask.post("/predictions", json={"version": name, "input": inputs})
        assert made.status_code == 201, made.text
        assert made.json()["model"] == "sync/lipsync-2"


def test_the_schema_of_a_model_is_told(ask):
    found = ask.get("/models/veed/fabric-1.0").json()["latest_version"]["openapi_schema"]
    fields = found["components"]["schemas"]["Input"]
    assert fields["required"] == ["image", "audio"]
    assert fields["properties"]["resolution"]["enum"] == ["480p", "720p"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Token sandbox-key"}, 401),
        ({"Authorization": "Bearer unpaid-key"}, 402),
    ],
)
def test_the_key_is_checked(ask, headers, status):
    refused = ask.post(LIPSYNC, json={}, headers=headers)
    assert refused.status_code == status
    assert refused.json()["status"] == status


def test_a_prediction_can_be_cancelled(sandbox, ask, inputs):
    sandbox.set_rule("replicate.job_s", 100)
    made = ask.post(LIPSYNC, json={"input": inputs}).json()
    sandbox.advance(50)
    assert ask.get(made["urls"]["get"]).json()["status"] == "processing"
    assert ask.post(made["urls"]["cancel"]).json()["status"] == "canceled"


def test_predictions_are_listed_by_pages(ask, inputs):
    for _ in range(101):
        ask.post(LIPSYNC, json={"input": inputs})
    first = ask.get("/predictions").json()
    assert len(first["results"]) == 100
    second = ask.get(first["next"]).json()
    assert (len(second["results"]), second["next"]) == (1, None)


def test_everything_is_removed_after_an_hour(sandbox, ask, inputs):
    made = ask.post(LIPSYNC, json={"input": inputs}).json()
    url = ask.get(made["urls"]["get"]).json()["output"]
    sandbox.advance(3601)
    late = ask.get(made["urls"]["get"]).json()
    assert (late["status"], late["output"], late["data_removed"]) == ("succeeded", None, True)
    assert ask.get(url).status_code == 403


def test_a_film_for_kling_lasts_ten_seconds_at_most(ask, inputs):
    body = {"video_url": inputs["video"], "audio_file": inputs["audio"]}
    made = ask.post("/models/kwaivgi/kling-lip-sync/predictions", json={"input": body}).json()
    done = ask.get(made["urls"]["get"]).json()
    assert done["status"] == "failed"
    assert "2 s at least" in done["error"]


def test_a_refusal_reads_as_it_does_there(sandbox, ask, inputs):
    sandbox.set_rule("replicate.outcome", "refuse")
    made = ask.post(LIPSYNC, json={"input": inputs}).json()
    done = ask.get(made["urls"]["get"]).json()
    assert done["status"] == "failed"
    assert "flagged as sensitive" in done["error"]


@pytest.mark.parametrize("shape", ["list", "object"])
def test_outputs_have_several_shapes(sandbox, ask, inputs, shape):
    sandbox.set_rule("replicate.output_shape", shape)
    made = ask.post(LIPSYNC, json={"input": inputs}).json()
    output = ask.get(made["urls"]["get"]).json()["output"]
    url = output[0] if shape == "list" else output["video"]
    assert url.startswith("http")


def test_a_pause_is_asked_for_in_its_words(sandbox, ask):
    sandbox.fault("status", platform="replicate", commit=True, status=429, seconds=30)
    refused = ask.post(LIPSYNC, json={})
    assert refused.json()["detail"].endswith("resets in ~30s.")
    assert refused.headers["Retry-After"] == "30"
