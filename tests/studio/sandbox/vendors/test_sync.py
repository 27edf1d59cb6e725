"""Sync.so as its documents describe it."""

import json

import pytest
import requests

from studio.sandbox.vendors.common import orders
from tests.sandboxes import hosting
from tests.studio.sandbox.vendors.asking import Asker, downloaded, type_of


@pytest.fixture
def ask(at_once):
    return Asker(f"{at_once.url}/sync", {"x-api-key": "sandbox-key"})


def uploaded(ask, path):
    """The address of a file that went through a ticket."""
    kind = type_of(path)
    about = {"fileName": path.name, "contentType": kind, "size": path.stat().st_size}
    ticket = ask.post("/v2/assets/upload", json=about).json()
    sent = requests.put(
        ticket["uploadUrl"], data=path.read_bytes(), headers={"Content-Type": kind}, timeout=9
    )
    assert sent.status_code == 200, sent.text
    return ticket["url"]


def order(ask, visual, sound, model="sync-3", key="", **more):
    kind = "image" if visual.suffix == ".jpg" else "video"
    inputs = [
        {"type": kind, "url": uploaded(ask, visual)},
        {"type": "audio", "url": uploaded(ask, sound)},
    ]
    headers = {"Idempotency-Key": key} if key else {}
    return ask.post(
        "/v2/generate", json={"model": model, "input": inputs, **more}, headers=headers
    )


@pytest.mark.parametrize(
    ("mode", "sound_s", "expected_s"),
    [("bounce", 2.0, 2.0), ("cut_off", 2.0, 1.2), ("silence", 0.6, 1.2), ("remap", 0.6, 0.6)],
)
def test_a_film_is_made_as_long_as_the_mode_says(
    ask, clip, voice, tmp_path, mode, sound_s, expected_s
):
    made = order(ask, clip, voice(sound_s), options={"sync_mode": mode})
    assert made.status_code == 201
    assert made.json()["status"] == "PENDING"
    done = ask.get(f"/v2/generate/{made.json()['id']}").json()
    assert done["status"] == "COMPLETED"
    assert done["outputDuration"] == pytest.approx(expected_s, abs=0.09)
    seen = downloaded(done["outputUrl"], tmp_path)
    assert (seen.width, seen.height, seen.has_sound) == (96, 160, True)
    assert seen.seconds == pytest.approx(expected_s, abs=0.09)


def test_a_photo_speaks_with_sync_3_only(ask, photo, voice, tmp_path):
    made = order(ask, photo, voice(0.6)).json()
    done = ask.get(f"/v2/generate/{made['id']}").json()
    assert downloaded(done["outputUrl"], tmp_path).seconds == pytest.approx(0.6, abs=0.05)
    refused = order(ask, photo, voice(0.6), model="lipsync-2")
    assert refused.status_code == 400
    assert refused.json()["statusCode"] == 400


def test_every_word_is_said_by_the_clock(sandbox, ask, clip, voice):
    sandbox.set_rule("sync.job_s", 100)
    id = order(ask, clip, voice(0.6)).json()["id"]
    said = []
    for _ in range(4):
        said.append(ask.get(f"/v2/generate/{id}").json()["status"])
        sandbox.advance(34)
    assert said == ["PENDING", "PROCESSING", "PROCESSING", "COMPLETED"]


def test_every_word_is_said_by_looks(sandbox, ask, clip, voice):
    sandbox.set_rule("sync.polls_until_done", 4)
    id = order(ask, clip, voice(0.6)).json()["id"]
    said = [ask.get(f"/v2/generate/{id}").json()["status"] for _ in range(5)]
    assert said == ["PENDING", "PENDING", "PROCESSING", "PROCESSING", "COMPLETED"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-api-key": ""}, 401), ({"x-api-key": "mine"}, 401),
        ({"x-api-key": "expired-key"}, 401),
        ({"x-api-key": "forbidden-key"}, 403), ({"x-api-key": "unpaid-key"}, 402),
        ({"x-api-key": "", "Authorization": "Bearer sandbox-key"}, 401),
    ],
)  # fmt: skip
def test_the_key_is_checked(ask, headers, status):
    refused = ask.post("/v2/generate", json={}, headers=headers)
    assert refused.status_code == status
    assert refused.json()["statusCode"] == status


def test_an_unpaid_key_may_still_look(ask):
    assert ask.get("/v2/models", headers={"x-api-key": "unpaid-key"}).status_code == 200


VIDEO = {"type": "video", "url": "https://a.example/v.mp4"}
IMAGE = {"type": "image", "url": "https://a.example/v.jpg"}
AUDIO = {"type": "audio", "url": "https://a.example/a.wav"}
TEXT = {"type": "text", "provider": {"name": "elevenlabs", "voiceId": "v", "script": "Hi"}}
SEGMENT = {"startTime": 0, "endTime": 2, "audioInput": {"refId": "a"}}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"model": "lipsync-9", "input": [VIDEO, AUDIO]}, None),
        ({"model": "lipsync-2"}, None),
        ({"model": "lipsync-2", "input": [VIDEO]}, None),
        ({"model": "lipsync-2", "input": [AUDIO]}, None),
        ({"model": "lipsync-2", "input": [VIDEO, VIDEO, AUDIO]},
         "generation_input_too_many_visual"),
        ({"model": "lipsync-2", "input": [{"type": "video"}, AUDIO]}, None),
        ({"model": "lipsync-2", "input": [VIDEO, AUDIO], "options": {"sync_mode": "best"}}, None),
        ({"model": "lipsync-2", "input": [VIDEO, AUDIO], "options": {"temperature": 2}}, None),
        ({"model": "react-1", "input": [VIDEO, AUDIO], "options": {"prompt": "tired"}}, None),
        ({"model": "react-1", "input": [VIDEO, AUDIO],
          "options": {"active_speaker_detection": {"auto_detect": True}}},
         "generation_input_face_selection_invalid"),
        ({"model": "sync-3", "input": [IMAGE, AUDIO],
          "options": {"active_speaker_detection": {"auto_detect": True}}},
         "generation_input_face_selection_invalid"),
        ({"model": "lipsync-2", "input": [VIDEO, AUDIO], "dubParams": {"targetLang": "de"}},
         "generation_input_dub_audio_conflict"),
        ({"model": "lipsync-2", "input": [VIDEO, AUDIO], "segments": [SEGMENT]},
         "generation_input_segments_invalid"),
        ({"model": "lipsync-2", "input": [VIDEO, {**AUDIO, "refId": "a"}],
          "segments": [SEGMENT, {**SEGMENT, "startTime": 1}]},
         "generation_input_segments_invalid"),
        ({"model": "lipsync-2", "input": [VIDEO, {**TEXT, "provider":
          {**TEXT["provider"], "script": "a" * 5001}}]}, "generation_text_length_exceeded"),
        ({"model": "lipsync-2", "input": [VIDEO, AUDIO], "outputFileName": "a b"}, None),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(sandbox, ask, body, code):
    refused = ask.post("/v2/generate", json=body)
    assert refused.status_code == 400
    assert refused.json().get("errorCode") == code
    assert orders(sandbox) == []


def test_react_1_takes_15_seconds(ask, clip, voice):
    refused = order(ask, clip, voice(15.5), model="react-1")
    assert refused.status_code == 422
    assert refused.json()["errorCode"] == "generation_audio_length_exceeded"


def test_a_plan_has_a_longest_film(sandbox, ask, photo, voice):
    sandbox.set_rule("sync.plan", "free")
    refused = order(ask, photo, voice(21))
    assert refused.status_code == 402
    assert refused.json()["errorCode"] == "generation_plan_duration_exceeded"


def test_the_free_plan_has_three_films_a_month(sandbox, ask, clip, voice):
    sandbox.set_rule("sync.plan", "free")
    said = []
    for _ in range(4):
        said.append(order(ask, clip, voice(0.6)).status_code)
        sandbox.advance(60)
    assert said == [201, 201, 201, 402]
    sandbox.advance(30 * 86400)
    assert order(ask, clip, voice(0.6)).status_code == 201


def test_options_that_sync_3_does_not_know_break_the_job(ask, clip, voice):
    id = order(ask, clip, voice(0.6), options={"temperature": 0.5}).json()["id"]
    found = ask.get(f"/v2/generate/{id}").json()
    assert (found["status"], found["errorCode"]) == ("FAILED", "provider_unknown_error")


def test_a_text_is_spoken(ask, clip, tmp_path):
    url = uploaded(ask, clip)
    body = {"model": "lipsync-2", "input": [{"type": "video", "url": url}, TEXT]}
    id = ask.post("/v2/generate", json=body).json()["id"]
    done = ask.get(f"/v2/generate/{id}").json()
    seen = downloaded(done["outputUrl"], tmp_path)
    assert seen.has_sound
    assert 0.2 < seen.seconds < 1.5


def test_files_come_in_the_order_itself(ask, clip, voice, tmp_path):
    files = {
        "video": ("clip.mp4", clip.read_bytes()),
        "audio": ("a.wav", voice(0.6).read_bytes()),
    }
    data = {"model": "lipsync-2", "options": json.dumps({"sync_mode": "cut_off"})}
    made = ask.post("/v2/generate", data=data, files=files)
    assert made.status_code == 201, made.text
    done = ask.get(f"/v2/generate/{made.json()['id']}").json()
    assert downloaded(done["outputUrl"], tmp_path).seconds == pytest.approx(0.6, abs=0.06)


def test_files_elsewhere_are_really_fetched(ask, clip, voice, tmp_path):
    with hosting(clip.parent) as there, hosting(voice(0.6).parent) as here:
        inputs = [
            {"type": "video", "url": f"{there}/{clip.name}"},
            {"type": "audio", "url": f"{here}/{voice(0.6).name}"},
        ]
        id = ask.post("/v2/generate", json={"model": "lipsync-2", "input": inputs}).json()["id"]
        done = ask.get(f"/v2/generate/{id}").json()
        assert downloaded(done["outputUrl"], tmp_path).has_sound
        inputs[1]["url"] = f"{here}/nothing.wav"
        id = ask.post("/v2/generate", json={"model": "lipsync-2", "input": inputs}).json()["id"]
        assert ask.get(f"/v2/generate/{id}").json()["status"] == "FAILED"


def test_a_ticket_wants_what_was_promised(ask, clip):
    about = {"fileName": "c.mp4", "contentType": "video/mp4", "size": clip.stat().st_size}
    ticket = ask.post("/v2/assets/upload", json=about).json()
    data = clip.read_bytes()

    def put(data, kind="video/mp4", **headers):
        return requests.put(
            ticket["uploadUrl"], data=data, headers={"Content-Type": kind, **headers}, timeout=9
        ).status_code

    assert put(data, "video/webm") == 403
    assert put(data[:-1]) == 400
    assert put(data, **{"x-api-key": "sandbox-key"}) == 400
    assert requests.get(ticket["url"], timeout=9).status_code == 404
    assert put(data) == 200
    assert requests.get(ticket["url"], timeout=9).content == data


def test_a_ticket_is_good_for_an_hour_and_a_file_for_its_time(sandbox, ask, clip):
    about = {"fileName": "c.mp4", "contentType": "video/mp4", "size": clip.stat().st_size}
    late = ask.post("/v2/assets/upload", json=about).json()["uploadUrl"]
    url = uploaded(ask, clip)
    sandbox.advance(3601)
    sent = requests.put(
        late, data=clip.read_bytes(), headers={"Content-Type": "video/mp4"}, timeout=9
    )
    assert sent.status_code == 403
    assert requests.get(url, timeout=9).status_code == 200
    sandbox.advance(31 * 86400)
    assert requests.get(url, timeout=9).status_code == 403


def test_an_upload_that_never_came_fails_the_job(ask, voice):
    about = {"fileName": "c.mp4", "contentType": "video/mp4", "size": 9}
    url = ask.post("/v2/assets/upload", json=about).json()["url"]
    inputs = [{"type": "video", "url": url}, {"type": "audio", "url": uploaded(ask, voice(0.6))}]
    made = ask.post("/v2/generate", json={"model": "lipsync-2", "input": inputs})
    found = ask.get(f"/v2/generate/{made.json()['id']}").json()
    assert found["status"] == "FAILED"
    assert found["error"]


def test_assets_are_kept_and_used(ask, clip, voice):
    ids = {}
    for path, kind in ((clip, "VIDEO"), (voice(0.6), "AUDIO")):
        body = {"url": uploaded(ask, path), "type": kind, "name": path.name}
        ids[kind] = ask.post("/v2/assets", json=body).json()["id"]
    inputs = [
        {"type": "video", "assetId": ids["VIDEO"]},
        {"type": "audio", "assetId": ids["AUDIO"]},
    ]
    made = ask.post("/v2/generate", json={"model": "lipsync-2", "input": inputs}).json()
    assert ask.get(f"/v2/generate/{made['id']}").json()["status"] == "COMPLETED"
    assert len(ask.get("/v2/assets").json()) == 2
    swapped = [{"type": "video", "assetId": ids["AUDIO"]}, inputs[1]]
    refused = ask.post("/v2/generate", json={"model": "lipsync-2", "input": swapped})
    assert refused.status_code == 400
    assert ask("DELETE", f"/v2/assets/{ids['AUDIO']}").status_code == 204
    assert ask.get(f"/v2/assets/{ids['AUDIO']}").status_code == 404


def test_the_same_key_is_charged_once(sandbox, ask, clip, voice):
    inputs = [
        {"type": "video", "url": uploaded(ask, clip)},
        {"type": "audio", "url": uploaded(ask, voice(0.6))},
    ]
    body = {"model": "lipsync-2", "input": inputs}
    head = {"Idempotency-Key": "order-1"}
    first = ask.post("/v2/generate", json=body, headers=head)
    again = ask.post("/v2/generate", json=body, headers=head)
    assert again.json() == first.json()
    (bill,) = orders(sandbox)
    assert (bill["charged"], bill["replays"], bill["keyed"]) == (1, 1, True)
    other = ask.post("/v2/generate", json={**body, "model": "sync-3"}, headers=head)
    assert other.status_code == 409
    assert other.json()["errorCode"].startswith("IDEMPOTENCY_")
    wrong = ask.post("/v2/generate", json=body, headers={"Idempotency-Key": "a key"})
    assert (wrong.status_code, wrong.json()["errorCode"]) == (400, "INVALID_IDEMPOTENCY_KEY")


def test_an_unknown_outcome_names_the_generation(sandbox, ask, clip, voice):
    first = order(ask, clip, voice(0.6), key="k").json()
    sandbox.set_rule("sync.outcome_unknown", True)
    again = order(ask, clip, voice(0.6), key="k")
    assert again.status_code == 409
    assert again.json()["errorCode"] == "IDEMPOTENCY_OUTCOME_UNKNOWN"
    assert again.json()["generationId"] == first["id"]


def test_a_second_order_without_a_key_shows(sandbox, ask, clip, voice):
    for _ in range(2):  # uploaded anew each time: the files are the same all the same
        order(ask, clip, voice(0.6))
    (bill,) = requests.get(f"{sandbox.url}/_admin/orders", timeout=9).json()
    assert (bill["vendor"], bill["charged"], bill["keyed"]) == ("sync", 2, False)
    assert len(bill["jobs"]) == len(bill["times"]) == 2


def test_a_plan_has_so_many_jobs_at_once(sandbox, ask, clip, voice):
    sandbox.set_rule("sync.job_s", 60)
    sandbox.set_rule("sync.slots", 1)
    assert order(ask, clip, voice(0.6)).status_code == 201
    refused = order(ask, clip, voice(0.6))
    assert refused.status_code == 429
    assert refused.json()["errorCode"] == "concurrency_limit_reached"
    sandbox.advance(61)
    assert order(ask, clip, voice(0.6)).status_code == 201


def test_a_minute_has_so_many_orders(sandbox, ask):
    sandbox.set_rule("sync.creates_per_minute", 2)
    said = [ask.post("/v2/generate", json={}).status_code for _ in range(3)]
    assert said == [400, 400, 429]
    assert int(ask.post("/v2/generate", json={}).headers["Retry-After"]) > 30
    sandbox.advance(60)
    assert ask.post("/v2/generate", json={}).status_code == 400


def test_generations_are_listed_and_deleted(sandbox, ask, clip, voice):
    sandbox.set_rule("sync.job_s", 60)
    ids = [order(ask, clip, voice(0.6)).json()["id"] for _ in range(2)]
    assert [one["id"] for one in ask.get("/v2/generations").json()] == ids[::-1]
    assert ask("DELETE", f"/v2/generations/{ids[0]}").status_code == 409
    sandbox.advance(61)
    done = ask.get("/v2/generations", params={"status": "COMPLETED", "ids": ids[0]}).json()
    assert [one["id"] for one in done] == [ids[0]]
    assert ask("DELETE", f"/v2/generations/{ids[0]}").status_code == 204
    assert ask.get(f"/v2/generate/{ids[0]}").status_code == 404


def test_the_price_is_told_before(ask, clip, voice):
    inputs = [
        {"type": "video", "url": uploaded(ask, clip)},
        {"type": "audio", "url": uploaded(ask, voice(2.0))},
    ]
    (found,) = ask.post("/v2/analyze/cost", json={"model": "lipsync-2", "input": inputs}).json()
    assert found == {"estimatedFrameCount": 50, "estimatedGenerationCost": pytest.approx(0.1)}


def test_waiting_holds_the_answer_until_it_is_over(sandbox, ask, clip, voice):
    sandbox.set_rule("sync.job_s", 0.5)
    id = order(ask, clip, voice(0.6)).json()["id"]
    found = ask.get(f"/v2/generate/{id}", params={"wait": "true"}).json()
    assert found["status"] == "COMPLETED"


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [
        ("refuse", "REJECTED", None),
        ("no_face", "FAILED", "generation_input_face_selection_invalid"),
        ("trouble", "FAILED", "generation_infra_error"),
    ],
)
def test_jobs_end_badly_when_told(sandbox, ask, clip, voice, outcome, status, code):
    sandbox.set_rule("sync.outcome", outcome)
    id = order(ask, clip, voice(0.6)).json()["id"]
    found = ask.get(f"/v2/generate/{id}").json()
    assert (found["status"], found["errorCode"], found["outputUrl"]) == (status, code, None)


def test_an_odd_word_is_said_while_it_runs(sandbox, ask, clip, voice):
    sandbox.set_rule("sync.job_s", 10)
    sandbox.set_rule("sync.odd_word", "WARMING_UP")
    id = order(ask, clip, voice(0.6)).json()["id"]
    sandbox.advance(5)
    assert ask.get(f"/v2/generate/{id}").json()["status"] == "WARMING_UP"


def test_results_go_bad_when_told(sandbox, ask, clip, voice):
    id = order(ask, clip, voice(0.6)).json()["id"]
    url = ask.get(f"/v2/generate/{id}").json()["outputUrl"]
    good = requests.get(url, timeout=9)
    for bad in ("403", "404", "410"):
        sandbox.set_rule("sync.bad_result", bad)
        assert requests.get(url, timeout=9).status_code == int(bad)
    sandbox.set_rule("sync.bad_result", "truncated")
    assert len(requests.get(url, timeout=9).content) < len(good.content)
    sandbox.set_rule("sync.bad_result", "html")
    assert "text/html" in requests.get(url, timeout=9).headers["Content-Type"]
    sandbox.set_rule("sync.bad_result", "empty")
    assert ask.get(f"/v2/generate/{id}").json()["outputUrl"] is None
    sandbox.set_rule("sync.bad_result", None)
    sandbox.advance(2 * 86400)
    assert requests.get(url, timeout=9).status_code == 403


def test_a_download_can_break_off_or_be_a_web_page(sandbox, ask, clip, voice):
    id = order(ask, clip, voice(0.6)).json()["id"]
    url = ask.get(f"/v2/generate/{id}").json()["outputUrl"]
    sandbox.fault("malformed", platform="sync", path="_results")
    with pytest.raises(requests.RequestException):
        requests.get(url, timeout=9)
    sandbox.fault("html", platform="sync", path="_results")
    page = requests.get(url, timeout=9)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert requests.get(url, timeout=9).headers["Content-Type"] == "video/mp4"


@pytest.mark.parametrize(
    ("status", "means", "code"),
    [
        (401, "rate", "unauthorized"), (402, "rate", "payment_required"),
        (403, "rate", "forbidden"), (404, "rate", "generation_not_found"),
        (409, "rate", "conflict"), (413, "rate", "file_size_exceeds_plan_limit"),
        (429, "rate", "rate_limit_exceeded"), (429, "slots", "concurrency_limit_reached"),
        (503, "rate", "controller_unavailable"), (504, "rate", "generation_timeout"),
    ],
)  # fmt: skip
def test_trouble_is_worded_as_sync_words_it(sandbox, ask, status, means, code):
    sandbox.set_rule("sync.busy_means", means)
    sandbox.fault("status", platform="sync", commit=True, status=status, seconds=7)
    refused = ask.post("/v2/generate", json={})
    assert refused.status_code == status
    assert refused.json()["errorCode"] == code
    assert refused.headers.get("Retry-After") == ("7" if status == 429 else None)


def test_a_stuck_job_never_ends(sandbox, ask, clip, voice):
    sandbox.fault("stuck", platform="sync")
    id = order(ask, clip, voice(0.6)).json()["id"]
    sandbox.advance(86400)
    assert ask.get(f"/v2/generate/{id}").json()["status"] == "PROCESSING"


def test_a_lost_answer_was_charged_all_the_same(sandbox, ask, clip, voice):
    sandbox.fault("close_after", platform="sync", commit=True)
    with pytest.raises(requests.ConnectionError):
        order(ask, clip, voice(0.6))
    assert [one["charged"] for one in orders(sandbox)] == [1]
    assert len(ask.get("/v2/generations").json()) == 1
