"""fal's queue and storage as their documents describe them."""

import base64

import pytest
import requests

from studio.sandbox.vendors.common import orders
from tests.studio.sandbox.vendors.asking import Asker, downloaded, type_of

KEY = {"Authorization": "Key sandbox-key"}
V2 = "/fal-ai/sync-lipsync/v2"


@pytest.fixture
def ask(at_once):
    return Asker(f"{at_once.url}/fal", KEY)


@pytest.fixture
def store(at_once):
    return Asker(f"{at_once.url}/fal-storage", KEY)


def uploaded(store, path):
    kind = type_of(path)
    about = {"file_name": path.name, "content_type": kind}
    ticket = store.post(
        "/storage/upload/initiate", params={"storage_type": "gcs"}, json=about
    ).json()
    sent = requests.put(
        ticket["upload_url"], data=path.read_bytes(), headers={"Content-Type": kind}, timeout=9
    )
    assert sent.status_code == 200, sent.text
    return ticket["file_url"]


@pytest.fixture
def inputs(store, clip, voice):
    return {"video_url": uploaded(store, clip), "audio_url": uploaded(store, voice(2.0))}


def test_a_request_goes_through_the_queue(ask, inputs, tmp_path):
    queued = ask.post(V2, json={**inputs, "sync_mode": "loop"}).json()
    assert queued["status_url"].endswith(
        f"/fal-ai/sync-lipsync/requests/{queued['request_id']}/status"
    )
    assert ask.get(queued["status_url"]).json()["status"] == "COMPLETED"
    made = ask.get(queued["response_url"]).json()["video"]
    assert made["content_type"] == "video/mp4"
    assert downloaded(made["url"], tmp_path).seconds == pytest.approx(2.0, abs=0.09)


def test_the_path_of_the_endpoint_is_not_that_of_its_requests(ask, inputs):
    id = ask.post(V2, json=inputs).json()["request_id"]
    assert ask.get(f"{V2}/requests/{id}/status").status_code == 404


def test_every_word_is_said(sandbox, ask, inputs):
    sandbox.set_rule("fal.job_s", 100)
    queued = ask.post(V2, json=inputs).json()
    answers = []
    for _ in range(3):
        answers.append(ask.get(queued["status_url"], params={"logs": "1"}))
        sandbox.advance(50)
    assert [one.json()["status"] for one in answers] == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
    assert [one.status_code for one in answers] == [202, 202, 200]
    assert answers[0].json()["queue_position"] == 0
    assert answers[1].json()["logs"]


def test_a_result_that_is_not_there_yet_is_an_error(sandbox, ask, inputs):
    sandbox.set_rule("fal.job_s", 100)
    queued = ask.post(V2, json=inputs).json()
    assert ask.get(queued["response_url"]).status_code == 400


def test_inputs_are_refused_by_the_model(ask, inputs):
    queued = ask.post(V2, json={**inputs, "model": "lipsync-9"})
    assert queued.status_code == 200
    over = ask.get(queued.json()["status_url"]).json()
    assert (over["status"], over["error_type"]) == ("COMPLETED", "literal_error")
    answer = ask.get(queued.json()["response_url"])
    assert answer.status_code == 422
    assert answer.headers["X-Fal-Retryable"] == "false"
    assert answer.json()["detail"][0]["loc"] == ["body", "model"]


def test_inputs_can_be_refused_at_once(sandbox, ask):
    sandbox.set_rule("fal.validates_at", "submit")
    refused = ask.post(V2, json={})
    assert refused.status_code == 422
    assert {one["loc"][1] for one in refused.json()["detail"]} == {"video_url", "audio_url"}
    assert orders(sandbox) == []


def test_an_endpoint_that_is_not_there_is_not_found(ask):
    assert ask.post("/fal-ai/nothing/v1", json={}).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer sandbox-key"}, 401),
        ({"Authorization": "Key unpaid-key"}, 403),
        ({"Authorization": "Key forbidden-key"}, 403),
    ],
)
def test_the_key_is_checked(ask, headers, status):
    refused = ask.post(V2, json={}, headers=headers)
    assert refused.status_code == status
    assert isinstance(refused.json()["detail"], str)


def test_an_empty_balance_is_told(ask):
    refused = ask.post(V2, json={}, headers={"Authorization": "Key unpaid-key"})
    assert "Exhausted balance" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("outcome", "status", "kind"),
    [
        ("refuse", 422, "content_policy_violation"),
        ("no_face", 422, "face_detection_error"),
        ("trouble", 500, "downstream_service_unavailable"),
    ],
)
def test_jobs_end_badly_when_told(sandbox, ask, inputs, outcome, status, kind):
    sandbox.set_rule("fal.outcome", outcome)
    queued = ask.post(V2, json=inputs).json()
    assert ask.get(queued["status_url"]).json()["error_type"] == kind
    answer = ask.get(queued["response_url"])
    assert answer.status_code == status
    assert answer.json()["detail"][0]["type"] == kind


def test_an_address_that_gives_nothing_fails_the_job(ask, inputs):
    url = inputs["video_url"].replace("/_files/", "/_files/1")
    queued = ask.post(V2, json={**inputs, "video_url": url}).json()
    answer = ask.get(queued["response_url"])
    assert answer.json()["detail"][0]["type"] == "file_download_error"


def test_sound_that_is_too_long_is_told(ask, store, photo, voice):
    body = {"image_url": uploaded(store, photo), "audio_url": uploaded(store, voice(31))}
    queued = ask.post("/fal-ai/bytedance/omnihuman/v1.5", json=body).json()
    assert queued["response_url"].endswith(f"/fal-ai/bytedance/requests/{queued['request_id']}")
    answer = ask.get(queued["response_url"]).json()["detail"][0]
    assert (answer["type"], answer["loc"][1]) == ("audio_duration_too_long", "audio_url")


def test_small_files_come_as_data(ask, photo, voice, tmp_path):
    def inline(path):
        return f"data:{type_of(path)};base64,{base64.b64encode(path.read_bytes()).decode()}"

    body = {"image_url": inline(photo), "audio_url": inline(voice(0.6)), "resolution": "480p"}
    queued = ask.post("/veed/fabric-1.0", json=body).json()
    seen = downloaded(ask.get(queued["response_url"]).json()["video"]["url"], tmp_path)
    assert (seen.width, seen.height) == (480, 640)


def test_a_request_can_be_cancelled_while_it_runs(sandbox, ask, inputs):
    sandbox.set_rule("fal.job_s", 100)
    queued = ask.post(V2, json=inputs).json()
    assert ask("PUT", queued["cancel_url"]).json() == {"status": "CANCELLATION_REQUESTED"}
    over = ask.get(queued["status_url"]).json()
    assert (over["status"], over["error_type"]) == ("COMPLETED", "client_cancelled")
    assert ask("PUT", queued["cancel_url"]).json() == {"status": "ALREADY_COMPLETED"}


def test_the_cdn_takes_files_with_its_token(store, clip):
    token = store.post(
        "/storage/auth/token", params={"storage_type": "fal-cdn-v3"}, json={}
    ).json()
    head = {
        "Authorization": f"{token['token_type']} {token['token']}",
        "Content-Type": "video/mp4",
        "X-Fal-File-Name": "clip.mp4",
    }
    sent = requests.post(
        f"{token['base_url']}/files/upload", data=clip.read_bytes(), headers=head, timeout=9
    )
    assert requests.get(sent.json()["access_url"], timeout=9).content == clip.read_bytes()


def test_output_can_be_missing(sandbox, ask, inputs):
    sandbox.set_rule("fal.bad_result", "empty")
    queued = ask.post(V2, json=inputs).json()
    assert ask.get(queued["response_url"]).json() == {"video": None}


def test_trouble_of_the_platform_has_its_own_shape(sandbox, ask):
    sandbox.fault("status", platform="fal", commit=True, status=503)
    refused = ask.post(V2, json={})
    assert refused.headers["X-Fal-Error-Type"] == refused.json()["error_type"]
