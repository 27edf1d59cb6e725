"""Speech and clones at the aggregators."""

import pytest

from studio.sandbox.vendors.common import orders
from tests.sandboxes import hosting
from tests.studio.sandbox.vendors.asking import Asker, downloaded


@pytest.fixture
def sample(voice):
    """The address of eleven seconds of voice."""
    path = voice(11)
    with hosting(path.parent) as url:
        yield f"{url}/{path.name}"


@pytest.fixture
def short(voice):
    path = voice(2.0)
    with hosting(path.parent) as url:
        yield f"{url}/{path.name}"


@pytest.fixture
def fal(at_once):
    return Asker(f"{at_once.url}/fal", {"Authorization": "Key sandbox-key"})


def asked(sandbox, vendor):
    return Asker(f"{sandbox.url}/{vendor}", {"Authorization": "Bearer sandbox-key"})


def said_by_fal(fal, endpoint, **body):
    queued = fal.post(f"/{endpoint}", json=body).json()
    return fal.get(queued["response_url"])


@pytest.mark.parametrize(
    ("endpoint", "name", "kind"),
    [
        ("fal-ai/elevenlabs/tts/eleven-v3", "text", "audio/mpeg"),
        ("fal-ai/minimax/speech-2.8-hd", "prompt", "audio/mpeg"),
        ("fal-ai/chatterbox/text-to-speech", "text", "audio/wav"),
        ("fal-ai/qwen-3-tts/text-to-speech/1.7b", "text", "audio/mpeg"),
    ],
)
def test_fal_speaks(fal, tmp_path, endpoint, name, kind):
    said = said_by_fal(fal, endpoint, **{name: "Good morning, everybody."}).json()
    assert said["audio"]["content_type"] == kind
    seen = downloaded(said["audio"]["url"], tmp_path)
    assert (seen.kind, seen.has_sound) == ("audio", True)
    assert 0.8 < seen.seconds < 4
    if "minimax" in endpoint:
        assert said["duration_ms"] == pytest.approx(seen.seconds * 1000, abs=20)


def test_fal_clones(fal, sample, short, tmp_path):
    made = said_by_fal(fal, "fal-ai/minimax/voice-clone", audio_url=sample).json()
    assert made["custom_voice_id"].startswith("Voice")
    early = said_by_fal(fal, "fal-ai/minimax/voice-clone", audio_url=short)
    assert early.status_code == 422
    voice = said_by_fal(fal, "fal-ai/qwen-3-tts/clone-voice/1.7b", audio_url=short).json()
    url = voice["speaker_embedding"]["url"]
    body = {"text": "Hello there", "speaker_voice_embedding_file_url": url}
    said = said_by_fal(fal, "fal-ai/qwen-3-tts/text-to-speech/1.7b", **body).json()
    assert downloaded(said["audio"]["url"], tmp_path).has_sound


def test_a_text_that_is_too_long_is_refused(fal):
    answer = said_by_fal(fal, "fal-ai/chatterbox/text-to-speech", text="a" * 5001)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == "string_too_long"


def test_wavespeed_speaks_and_clones(at_once, sample, tmp_path):
    ask = asked(at_once, "wavespeed")
    for model, body in (
        ("elevenlabs/eleven-v3", {"text": "Good morning", "voice_id": "Alicia"}),
        ("minimax/speech-2.6-hd", {"text": "Good morning", "voice_id": "Wise_Woman"}),
        ("wavespeed-ai/qwen3-tts/voice-clone", {"text": "Good morning", "audio": sample}),
    ):
        made = ask.post(f"/api/v3/{model}", json=body).json()["data"]
        done = ask.get(made["urls"]["get"]).json()["data"]
        assert downloaded(done["outputs"][0], tmp_path).kind == "audio"
    refused = ask.post("/api/v3/minimax/speech-2.6-hd", json={"text": "Good morning"})
    assert refused.status_code == 400


def test_replicate_speaks_and_clones(at_once, sample, short, tmp_path):
    ask = asked(at_once, "replicate")

    def done(model, **given):
        made = ask.post(f"/models/{model}/predictions", json={"input": given}).json()
        return ask.get(made["urls"]["get"]).json()

    said = done("resemble-ai/chatterbox-pro", prompt="Good morning", voice="Luna")
    assert downloaded(said["output"], tmp_path).kind == "audio"
    clone = done("minimax/voice-cloning", voice_file=sample)["output"]
    said = done("minimax/speech-2.8-turbo", text="Good morning", voice_id=clone["voice_id"])
    assert said["status"] == "succeeded"
    early = done("resemble-ai/chatterbox-turbo", text="Hello", reference_audio=short)
    assert early["status"] == "failed"
    assert len(orders(at_once, "replicate")) == 4


def test_hedra_knows_its_voices_and_its_clones(at_once, sample, tmp_path):
    ask = asked(at_once, "hedra")

    def done(model, **given):
        made = ask.post(f"/models/{model}", json={"input": given})
        assert made.status_code == 202, made.text
        return ask.get(made.json()["result_url"]).json()["outputs"][0]

    sound = {"source": "url", "url": sample}
    clone = done("elevenlabs-voice-clone", audio=sound, name="Mira")["voice_id"]
    listed = ask.get("/models/elevenlabs-v3/voices").json()["voices"]
    assert {"voice_id": clone, "name": "Mira"} in listed
    said = done("elevenlabs-v3", text="Good morning", voice_id=clone)
    assert (said["content_type"], said["width"]) == ("audio/mpeg", None)
    assert downloaded(said["url"], tmp_path).kind == "audio"
    strange = {"text": "Good morning", "voice_id": "voice_1"}
    refused = ask.post("/models/elevenlabs-v3", json={"input": strange})
    assert refused.json()["error"]["param"] == "input.voice_id"


def test_every_voice_sounds_different(fal):
    def size(voice):
        said = said_by_fal(
            fal, "fal-ai/elevenlabs/tts/eleven-v3", text="Good morning, all.", voice=voice
        ).json()
        return fal.get(said["audio"]["url"]).content

    assert size("Rachel") == size("Rachel")
    assert size("Rachel") != size("George")


def test_speech_goes_bad_when_told(at_once, fal, tmp_path):
    at_once.set_rule("fal.bad_result", "short")
    url = said_by_fal(fal, "fal-ai/elevenlabs/tts/eleven-v3", text="Good morning").json()
    short = downloaded(url["audio"]["url"], tmp_path).seconds
    at_once.set_rule("fal.bad_result", "silent")
    assert downloaded(url["audio"]["url"], tmp_path).seconds > 1.5 * short
