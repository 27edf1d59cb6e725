"""WaveSpeed as its documents describe it."""

import pytest
import requests

from studio.sandbox.vendors.common import orders
from tests.studio.sandbox.vendors.asking import Asker, downloaded, type_of


@pytest.fixture
def ask(at_once):
    return Asker(f"{at_once.url}/wavespeed", {"Authorization": "Bearer sandbox-key"})


def uploaded(ask, path):
    about = {
        "filename": path.name,
        "size": path.stat().st_size,
        "content_type": type_of(path),
    }
    data = ask.post("/api/v3/media/uploads", json=about).json()["data"]
    ticket = data["upload"]
    sent = requests.request(
        ticket["method"], ticket["url"], data=path.read_bytes(), headers=ticket["headers"],
        timeout=9,
    )  # fmt: skip
    assert sent.status_code == 200, sent.text
    return data["download_url"]


@pytest.fixture
def inputs(ask, clip, photo, voice):
    return {
        "video": uploaded(ask, clip),
        "image": uploaded(ask, photo),
        "audio": uploaded(ask, voice(2.0)),
    }


def submit(ask, model, inputs, *names, **more):
    body = {name: inputs[name] for name in names} | more
    return ask.post(f"/api/v3/{model}", json=body)


def data_of(ask, answer):
    assert answer.status_code == 200, answer.text
    return ask.get(answer.json()["data"]["urls"]["get"]).json()["data"]


def test_lipsync_3_cuts_by_default(ask, inputs, tmp_path):
    answer = submit(ask, "sync/lipsync-3", inputs, "video", "audio")
    first = answer.json()
    assert (first["code"], first["message"]) == (200, "success")
    assert (first["data"]["status"], first["data"]["outputs"]) == ("created", [])
    done = data_of(ask, answer)
    assert done["status"] == "completed"
    assert downloaded(done["outputs"][0], tmp_path).seconds == pytest.approx(1.2, abs=0.09)


def test_sync_mode_and_resolution_are_followed(ask, inputs, tmp_path):
    answer = submit(ask, "sync/lipsync-3", inputs, "video", "audio", sync_mode="loop")
    assert downloaded(data_of(ask, answer)["outputs"][0], tmp_path).seconds > 1.9
    answer = submit(ask, "veed/fabric-1.0", inputs, "image", "audio", resolution="480p")
    seen = downloaded(data_of(ask, answer)["outputs"][0], tmp_path)
    assert (seen.width, seen.height) == (480, 640)


@pytest.mark.parametrize(
    ("model", "names", "more"),
    [
        ("sync/lipsync-3", ["video"], {}),
        ("sync/lipsync-3", ["video", "audio"], {"sync_mode": "best"}),
        ("veed/fabric-1.0", ["image", "audio"], {"resolution": "1080p"}),
        ("wavespeed-ai/infinitetalk", ["image", "audio"], {"seed": "one"}),
    ],
)
def test_what_does_not_fit_is_refused(sandbox, ask, inputs, model, names, more):
    refused = submit(ask, model, inputs, *names, **more)
    assert refused.status_code == 400
    assert refused.json()["code"] == 400
    assert orders(sandbox) == []


def test_a_model_that_nobody_confirmed_does_not_exist(ask, inputs):
    refused = submit(ask, "sync/lipsync-2", inputs, "video", "audio")
    assert refused.status_code == 404
    names = [one["model_id"] for one in ask.get("/api/v3/models").json()["data"]]
    assert "sync/lipsync-3" in names
    assert "sync/lipsync-2" not in names


def test_lengths_are_checked_when_it_runs(ask, inputs, voice):
    short = {**inputs, "audio": uploaded(ask, voice(0.6))}
    done = data_of(ask, submit(ask, "bytedance/omni-human-2.0", short, "image", "audio"))
    assert done["status"] == "failed"
    assert "4 s at least" in done["error"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Key sandbox-key"}, 401),
        ({"Authorization": "Bearer unpaid-key"}, 402),
        ({"Authorization": "Bearer forbidden-key"}, 403),
    ],
)
def test_the_key_is_checked(ask, headers, status):
    refused = ask.post("/api/v3/sync/lipsync-3", json={}, headers=headers)
    assert refused.status_code == status
    assert refused.json()["code"] == status


def test_a_ticket_wants_its_headers(ask, clip):
    about = {"filename": "a.mp4", "size": clip.stat().st_size, "content_type": "video/mp4"}
    ticket = ask.post("/api/v3/media/uploads", json=about).json()["data"]["upload"]
    only = {"Content-Type": ticket["headers"]["Content-Type"]}
    sent = requests.put(ticket["url"], data=clip.read_bytes(), headers=only, timeout=9)
    assert sent.status_code == 403


def test_history_lists_what_was_ordered(sandbox, ask, inputs):
    submit(ask, "sync/lipsync-3", inputs, "video", "audio")
    (one,) = ask.post("/api/v3/predictions", json={}).json()["data"]["items"]
    assert (one["model"], one["status"]) == ("sync/lipsync-3", "completed")
    assert ask.post("/api/v3/predictions/delete", json={"ids": [one["id"]]}).status_code == 200
    assert ask.get(one["urls"]["get"]).status_code == 404


def test_trouble_upstream_is_told_in_the_text(sandbox, ask, inputs):
    sandbox.set_rule("wavespeed.outcome", "trouble")
    done = data_of(ask, submit(ask, "sync/lipsync-3", inputs, "video", "audio"))
    assert (done["status"], done["outputs"]) == ("failed", [])
    assert "HTTP 503" in done["error"]


def test_a_failure_has_more_words_than_one(sandbox, ask, inputs):
    sandbox.set_rule("wavespeed.outcome", "fail")
    sandbox.set_rule("wavespeed.failed_word", "timeout")
    done = data_of(ask, submit(ask, "sync/lipsync-3", inputs, "video", "audio"))
    assert done["status"] == "timeout"


def test_a_word_in_a_text_makes_it_refuse(ask, inputs):
    answer = submit(
        ask, "wavespeed-ai/infinitetalk", inputs, "image", "audio", prompt="Wave [refuse]"
    )
    assert data_of(ask, answer)["status"] == "failed"


def test_outputs_can_be_empty(sandbox, ask, inputs):
    sandbox.set_rule("wavespeed.bad_result", "empty")
    done = data_of(ask, submit(ask, "sync/lipsync-3", inputs, "video", "audio"))
    assert (done["status"], done["outputs"]) == ("completed", [])


def test_every_order_is_charged(sandbox, ask, inputs):
    for _ in range(2):
        submit(ask, "sync/lipsync-3", inputs, "video", "audio")
    (bill,) = orders(sandbox)
    assert (bill["charged"], bill["keyed"]) == (2, False)


def test_what_is_sold_has_a_price(ask):
    asked = {"model_id": "sync/lipsync-3", "inputs": {}}
    found = ask.post("/api/v3/model/price", json=asked).json()["data"]
    assert found == {"model_id": "sync/lipsync-3", "unit_price": 0.134, "currency": "USD"}
