"""Whatever a client sends, the doubles of voices and texts have an answer of their own for it.

The sandbox fixture fails a test after which a handler has crashed.
"""

import pytest
import requests

from studio.sandbox import VENDORS
from studio.sandbox.routing import Platforms

OURS = ("elevenlabs", "minimax", "dashscope", "resemble", "resemble-app", "openai", "speech")
KEY = {"xi-api-key": "sandbox-key", "Authorization": "Bearer sandbox-key"}
# One good body each, so that odd values get past the first check.
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"],
          "additionalProperties": False}  # fmt: skip
GOOD = {
    "/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM": {
        "text": "Hi", "model_id": "eleven_v4", "seed": 1, "previous_request_ids": [],
        "language_code": "en", "apply_text_normalization": "auto", "previous_text": "x",
        "voice_settings": {"speed": 1, "use_speaker_boost": True},
        "pronunciation_dictionary_locators": [],
    },
    "/v1/t2a_v2": {
        "model": "speech-2.8-hd", "text": "Hi", "output_format": "hex", "subtitle_type": "word",
        "voice_setting": {"voice_id": "Wise_Woman", "speed": 1, "emotion": "calm", "vol": 1},
        "audio_setting": {"format": "mp3", "sample_rate": 8000}, "subtitle_enable": True,
    },
    "/v1/voice_clone": {
        "file_id": 1, "voice_id": "Mira-2026", "accuracy": 0.5, "text": "x", "model": "x",
        "clone_prompt": {"prompt_audio": 1, "prompt_text": "x"}, "text_validation": "x",
    },
    "/v1/get_voice": {"voice_type": "all"},
    "/v1/delete_voice": {"voice_type": "voice_cloning", "voice_id": "x"},
    "/api/v1/services/aigc/multimodal-generation/generation": {
        "model": "qwen3-tts-flash",
        "input": {"text": "Hi", "voice": "Cherry", "language_type": "Auto", "instructions": ""},
    },
    "/api/v1/services/audio/tts/customization": {
        "model": "qwen-voice-enrollment",
        "input": {"action": "create", "target_model": "qwen3-tts-vc-2026-01-22",
                  "preferred_name": "x", "audio": {"data": "data:audio/wav;base64,AAAA"},
                  "text": "x", "language": "en"},
    },
    "/synthesize": {
        "voice_uuid": "55592656", "data": "Hi", "sample_rate": 8000, "model": "chatterbox",
        "precision": "PCM_16", "output_format": "wav", "title": "x",
    },
    "/voices": {
        "name": "x", "language": "en", "voice_type": "rapid", "callback_uri": "http://x",
        "dataset_url": "",
    },
    "/v1/chat/completions": {
        "model": "gpt-6-luna", "messages": [{"role": "user", "content": "x"}], "max_tokens": 9,
        "response_format": {"type": "json_schema",
                            "json_schema": {"name": "x", "strict": True, "schema": SCHEMA}},
    },
    "/v1/responses": {
        "model": "gpt-6-luna", "input": [{"role": "user", "content": "x"}],
        "tools": [{"type": "web_search", "filters": {"allowed_domains": ["x"]}}],
        "text": {"format": {"type": "json_schema", "name": "x", "schema": SCHEMA}},
        "instructions": "x", "max_output_tokens": 20,
    },
    "/v1/moderations": {"input": "x", "model": "omni-moderation-latest"},
    "/v1/audio/speech": {
        "model": "tts-1", "input": "Hi", "voice": "alloy", "speed": 1, "response_format": "mp3",
    },
}  # fmt: skip
ODD = (None, 3, -1.5, True, "", "x", [], [3], ["x"], [None], {}, {"x": 3}, "\ud83d\ude00" * 9)


def posts(sandbox):
    """(prefix, path) of every address of ours that takes a POST."""
    for prefix, routes in Platforms(sandbox).routes.items():
        for route in routes:
            if prefix in OURS and route.method == "POST":
                path = route.pattern.replace(r"(?P<voice>[\w-]+)", "21m00Tcm4TlvDq8ikWAM")
                yield prefix, path.replace(r"(?P<voice>\w+)", "55592656")


def send(sandbox, prefix, path, **what):
    answer = requests.post(f"{sandbox.url}/{prefix}{path}", timeout=20, **what)
    assert answer.status_code < 500, (prefix, path, what, answer.text)


def variants(body):
    """The body with each of its values, at any depth, replaced by each odd one."""
    for name, value in body.items():
        for odd in ODD:
            yield {**body, name: odd}
        if isinstance(value, dict):
            for inner in variants(value):
                yield {**body, name: inner}
        if isinstance(value, list):
            inside = [found for one in value if isinstance(one, dict) for found in variants(one)]
            for inner in (*ODD, *inside):
                yield {**body, name: [inner]}


def test_all_of_them_are_played():
    assert set(OURS) <= set(VENDORS)


def test_bodies_that_are_none(sandbox):
    found = list(posts(sandbox))
    assert len(found) > 20
    for prefix, path in found:
        for data in (b"", b"[]", b"{", b"\xff\xfe", b"null"):
            head = {**KEY, "Content-Type": "application/json"}
            send(sandbox, prefix, path, headers=head, data=data)
        send(sandbox, prefix, path, headers=KEY, files={"x": ("x", b"x")})
        send(sandbox, prefix, path, headers=KEY, files={"file": ("x.wav", b"x")})
        broken = {**KEY, "Content-Type": "multipart/form-data; boundary=x"}
        send(sandbox, prefix, path, headers=broken, data=b"--x\r\n")


@pytest.mark.parametrize("path", GOOD)
def test_values_that_are_odd(sandbox, path):
    prefixes = [prefix for prefix, found in posts(sandbox) if found == path]
    assert prefixes
    for rule in ("elevenlabs", "minimax", "dashscope", "openai", "speech"):
        sandbox.set_rule(f"{rule}.creates_per_minute", 0)
    for body in variants(GOOD[path]):
        send(sandbox, prefixes[0], path, headers=KEY, json=body)
