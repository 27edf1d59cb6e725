"""Alibaba Model Studio as its documents describe it: Qwen3-TTS and its enrolled voices."""

import base64

import pytest
import requests

from studio.sandbox.vendors.common import orders
from tests.studio.sandbox.vendors.samples import sample, seconds_of

KEY = {"Authorization": "Bearer sandbox-key"}
CLONED = "qwen3-tts-vc-2026-01-22"


@pytest.fixture
def url(sandbox):
    return f"{sandbox.url}/dashscope/api/v1/services"


@pytest.fixture(scope="module")
def voice_file(tmp_path_factory):
    return sample(tmp_path_factory.mktemp("samples") / "me.wav", 15)


def speak(
    url, text="Hello there.", *, model="qwen3-tts-flash", voice="Cherry", headers=KEY, **more
):
    body = {"model": model, "input": {"text": text, "voice": voice, **more}}
    at = f"{url}/aigc/multimodal-generation/generation"
    return requests.post(at, headers=headers, json=body, timeout=20)


def customize(url, headers=KEY, model="qwen-voice-enrollment", **given):
    body = {"model": model, "input": given}
    at = f"{url}/audio/tts/customization"
    return requests.post(at, headers=headers, json=body, timeout=20)


def data_uri(path, kind="audio/wav"):
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def enrol(url, path, *, name="mira", target=CLONED, headers=KEY, kind="audio/wav", **more):
    audio = {"data": data_uri(path, kind)}
    return customize(
        url,
        headers,
        action="create",
        target_model=target,
        preferred_name=name,
        audio=audio,
        **more,
    )


def code(answer):
    found = answer.json()
    assert {"code", "message", "request_id"} == set(found)
    return answer.status_code, found["code"]


def test_speech_lies_at_an_address_for_a_day(sandbox, url):
    answer = speak(url, language_type="English").json()
    assert answer["usage"] == {"characters": 12}
    assert answer["output"]["finish_reason"] == "stop"
    audio = answer["output"]["audio"]
    assert audio["expires_at"] == pytest.approx(sandbox.time() + 86_400, abs=5)
    assert seconds_of(requests.get(audio["url"], timeout=5).content) > 0.5
    sandbox.advance(86_401)
    assert requests.get(audio["url"], timeout=5).status_code == 403


@pytest.mark.parametrize(
    ("key", "expected"),
    [("", (401, "InvalidApiKey")), ("wrong", (401, "InvalidApiKey")),
     ("expired-key", (401, "InvalidApiKey")), ("unpaid-key", (400, "Arrearage")),
     ("forbidden-key", (403, "AccessDenied.Unpurchased"))],
)  # fmt: skip
def test_keys(url, key, expected):
    assert code(speak(url, headers={"Authorization": f"Bearer {key}"} if key else {})) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"text": "x" * 601}, (400, "InvalidParameter")),
        ({"text": ""}, (400, "InvalidParameter")),
        ({"text": "Please [refuse] this"}, (400, "DataInspectionFailed")),
        ({"model": "qwen9"}, (404, "Model.NotExist")),
        ({"voice": "Nobody"}, (400, "InvalidParameter")),
        ({"language_type": "Dutch"}, (400, "InvalidParameter")),
        ({"instructions": "slowly"}, (400, "InvalidParameter")),
        ({"model": CLONED}, (400, "InvalidParameter")),
    ],
)
def test_refusals(sandbox, url, asked, expected):
    assert code(speak(url, **asked)) == expected
    assert orders(sandbox, "dashscope") == []


def test_a_voice_is_bound_to_its_model(url, voice_file):
    made = enrol(url, voice_file).json()["output"]
    assert made["voice"].startswith("qwen-tts-vc-mira-voice-")
    assert made["target_model"] == CLONED
    assert speak(url, model=CLONED, voice=made["voice"]).status_code == 200
    other = enrol(url, voice_file, target="qwen3-tts-vc-realtime-2026-01-15").json()["output"]
    refused = speak(url, model=CLONED, voice=other["voice"])
    assert code(refused) == (400, "InvalidParameter")
    assert "was made for" in refused.json()["message"]
    assert code(speak(url, voice=made["voice"])) == (400, "InvalidParameter")


def test_voices_are_listed_and_deleted(url, voice_file):
    names = [enrol(url, voice_file, name=f"v{i}").json()["output"]["voice"] for i in range(3)]
    listed = customize(url, action="list", page_index=1, page_size=2).json()["output"]
    assert (listed["total_count"], [one["voice"] for one in listed["voice_list"]]) == (
        3, names[2:]
    )  # fmt: skip
    assert customize(url, action="delete", voice=names[0]).status_code == 200
    assert code(customize(url, action="delete", voice=names[0])) == (400, "InvalidParameter")


def test_voices_last_a_year_without_use(sandbox, url, voice_file):
    voice = enrol(url, voice_file).json()["output"]["voice"]
    sandbox.advance(364 * 86_400)
    assert speak(url, model=CLONED, voice=voice).status_code == 200
    sandbox.advance(366 * 86_400)
    assert code(speak(url, model=CLONED, voice=voice)) == (400, "InvalidParameter")


@pytest.mark.parametrize(
    ("seconds", "more"), [(9.5, {}), (61, {}), (15, {"rate": 16_000}), (15, {"channels": 2})]
)
def test_samples_are_listened_to(url, tmp_path, seconds, more):
    path = sample(tmp_path / "s.wav", seconds, **more)
    assert code(enrol(url, path)) == (400, "InvalidParameter")


def test_samples_can_be_wrong_in_other_ways(sandbox, url, tmp_path, voice_file):
    (tmp_path / "text.wav").write_text("no sound")
    wrong = [
        enrol(url, tmp_path / "text.wav"),
        enrol(url, voice_file, kind="audio/ogg"),
        enrol(url, voice_file, name="much too long a name"),
        enrol(url, voice_file, target="qwen3-tts-flash"),
        customize(url, action="create", target_model=CLONED, preferred_name="x"),
        customize(url, action="sing"),
    ]
    sandbox.set_rule("dashscope.sample_problem", "two speakers")
    wrong.append(enrol(url, voice_file))
    assert {code(one) for one in wrong} == {(400, "InvalidParameter")}
    assert code(customize(url, action="list", model="other")) == (404, "Model.NotExist")
    assert orders(sandbox, "dashscope") == []


def test_an_unpaid_account_can_still_list(url, voice_file):
    unpaid = {"Authorization": "Bearer unpaid-key"}
    assert customize(url, unpaid, action="list").status_code == 200
    assert code(enrol(url, voice_file, headers=unpaid)) == (400, "Arrearage")


def test_only_enrolling_is_paid(sandbox, url, voice_file):
    sandbox.fault("status", platform="dashscope", commit=True, status=429)
    assert customize(url, action="list").status_code == 200
    assert code(enrol(url, voice_file)) == (429, "Throttling.RateQuota")
    made = enrol(url, voice_file).json()["output"]
    assert made["fallback_mode"] is False
    sandbox.set_rule("dashscope.fallback", True)
    assert enrol(url, voice_file).json()["output"]["fallback_mode"] is True
