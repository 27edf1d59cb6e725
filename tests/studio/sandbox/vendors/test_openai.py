"""OpenAI as its own library knows it: structured answers, what can go wrong, speech, hearing."""

import datetime as dt
import json
from typing import Literal

import openai
import pytest
import requests
from openai import OpenAI
from pydantic import BaseModel, Field, ValidationError

from studio.sandbox.vendors.common import orders
from tests.studio.sandbox.vendors.samples import sample, seconds_of

MODEL = "gpt-6-luna"
POINTS = "Points:\n1. Bread needs salt.\n2. Dough rests for 12 hours.\n3. Ovens are hot."


class Sentence(BaseModel):
    text: str
    points: list[int]


class Script(BaseModel):
    hook: Sentence
    body: list[Sentence]
    tone: Literal["calm", "loud"]
    caption: str | None
    seconds: float
    is_final: bool


class Line(BaseModel):
    number: int
    text: str


class Lines(BaseModel):
    lines: list[Line]


class Tree(BaseModel):
    name: str
    children: "list[Tree]"


@pytest.fixture
def client(sandbox):
    with OpenAI(
        api_key="sandbox-key", base_url=f"{sandbox.url}/openai/v1", max_retries=0
    ) as found:
        yield found


def keyed(client, key):
    return client.with_options(api_key=key)


def chat(client, text="Say it.", model=MODEL, **more):
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]
    return client.chat.completions.create(model=model, messages=messages, **more)


def parse(client, text=POINTS, shape=Script, **more):
    messages = [{"role": "user", "content": text}]
    return client.chat.completions.parse(
        model=MODEL, messages=messages, response_format=shape, **more
    )


# Texts


def test_chat_says_what_it_was_asked(sandbox, client):
    answer = chat(client, "Good morning")
    assert answer.choices[0].message.content == "Good morning"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens > 0
    sandbox.set_rule("openai.says", "Guten Morgen")
    assert chat(client, "Good morning").choices[0].message.content == "Guten Morgen"


def test_both_ways_answer_in_the_schema(client):
    by_chat = parse(client).choices[0].message.parsed
    by_responses = client.responses.parse(model=MODEL, input=POINTS, text_format=Script)
    for script in (by_chat, by_responses.output_parsed):
        assert isinstance(script, Script)
        sentences = [script.hook, *script.body]
        lines = {1: "Bread needs salt.", 2: "Dough rests for 12 hours.", 3: "Ovens are hot."}
        assert all(lines[one.points[0]] == one.text for one in sentences)
        assert script.tone == "calm"
    assert by_responses.status == "completed"


def test_numbered_lines_come_back_one_by_one_in_other_words(client):
    question = f"{POINTS}\n4. Flour is dusty."
    found = parse(client, question, Lines).choices[0].message.parsed.lines
    assert [one.number for one in found] == [1, 2, 3, 4]
    assert found[3].text == "“Flour is dusty.”"


def test_schemas_that_hold_themselves_end(client):
    found = parse(client, "A family.", Tree).choices[0].message.parsed
    assert found.name == "A family."
    assert found.children


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        ({"type": "string", "minLength": 30, "maxLength": 40}, lambda v: 30 <= len(v) <= 40),
        ({"type": "integer", "minimum": 7, "maximum": 9}, lambda v: v in (7, 8, 9)),
        ({"type": "integer", "exclusiveMinimum": 7}, lambda v: v > 7),
        ({"type": "number", "maximum": 0.5, "multipleOf": 0.25}, lambda v: v <= 0.5),
        ({"type": "array", "items": {"type": "string"}, "minItems": 5}, lambda v: len(v) >= 5),
        ({"type": "array", "items": {"type": "boolean"}, "maxItems": 1}, lambda v: len(v) <= 1),
        ({"type": "string", "format": "date"}, dt.date.fromisoformat),
        ({"type": "string", "pattern": r"^#\w+$"}, lambda v: v[0] == "#"),
        ({"enum": ["x", "y"]}, lambda v: v == "x"),
        ({"const": 3}, lambda v: v == 3),
        ({"type": ["string", "null"]}, lambda v: isinstance(v, str)),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, lambda v: v is True),
        ({"allOf": [{"$ref": "#/$defs/n"}, {"maximum": 5}]}, lambda v: v <= 5),
    ],
)
def test_every_word_of_a_schema_is_kept(sandbox, client, schema, fits):
    root = {
        "type": "object",
        "properties": {"value": schema},
        "$defs": {"n": {"type": "integer", "minimum": 3}},
    }
    shape = {"type": "json_schema", "json_schema": {"name": "x", "schema": root}}
    answer = chat(client, "One sentence. Another one.", response_format=shape)
    assert fits(json.loads(answer.choices[0].message.content)["value"])


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": [],
         "additionalProperties": False},
        {"type": "array", "items": {"type": "string"}},
    ],
)  # fmt: skip
def test_strict_schemas_are_checked(client, schema):
    shape = {
        "type": "json_schema",
        "json_schema": {"name": "x", "strict": True, "schema": schema},
    }
    with pytest.raises(openai.BadRequestError, match="Invalid schema"):
        chat(client, response_format=shape)


def test_a_refusal_has_its_own_field(client):
    message = parse(client, "Please [refuse]").choices[0].message
    assert (message.parsed, bool(message.refusal)) == (None, True)
    answer = client.responses.create(model=MODEL, input="Please [refuse]")
    assert answer.output[0].content[0].type == "refusal"


def test_answers_can_be_cut_off(client):
    with pytest.raises(openai.LengthFinishReasonError):
        parse(client, "Be [length]y")
    assert chat(client, "word " * 50, max_completion_tokens=5).choices[0].finish_reason == "length"
    answer = client.responses.create(model=MODEL, input="word " * 50, max_output_tokens=16)
    assert answer.status == "incomplete"
    assert answer.incomplete_details.reason == "max_output_tokens"


def test_answers_can_be_filtered_broken_or_missing(sandbox, client):
    with pytest.raises(openai.ContentFilterFinishReasonError):
        parse(client, "A [content filter] case")
    with pytest.raises(ValidationError):
        parse(client, "An [invalid json] case")
    assert chat(client, "[empty choices]").choices == []
    sandbox.set_rule("openai.answer", "refusal")
    assert chat(client, "Anything").choices[0].message.refusal


def test_servers_without_responses_or_schemas(sandbox, client):
    sandbox.set_rule("openai.without", ["responses", "json_schema"])
    with pytest.raises(openai.NotFoundError):
        client.responses.parse(model=MODEL, input="x", text_format=Script)
    with pytest.raises(openai.BadRequestError):
        parse(client)
    plain = chat(client, "As JSON, please", response_format={"type": "json_object"})
    assert plain.choices[0].message.content.startswith('{"answer"')


def test_json_has_to_be_spoken_of(client):
    with pytest.raises(openai.BadRequestError, match="json"):
        chat(client, "x", response_format={"type": "json_object"})


def test_web_search_cites(client):
    tool = {"type": "web_search", "filters": {"allowed_domains": ["example.com"]}}
    answer = client.responses.create(model=MODEL, input="Who?", tools=[tool])
    assert [one.type for one in answer.output] == ["web_search_call", "message"]
    assert answer.output[1].content[0].annotations[0].url == "https://example.com/page"
    assert answer.output_text == "Who?"


@pytest.mark.parametrize(
    ("key", "error", "code"),
    [("wrong", openai.AuthenticationError, "invalid_api_key"),
     ("expired-key", openai.AuthenticationError, "invalid_api_key"),
     ("forbidden-key", openai.PermissionDeniedError, "insufficient_permissions"),
     ("unpaid-key", openai.RateLimitError, "insufficient_quota")],
)  # fmt: skip
def test_keys(client, key, error, code):
    with pytest.raises(error) as caught:
        chat(keyed(client, key))
    assert caught.value.code == code
    assert caught.value.request_id.startswith("req_")


def test_an_empty_purse_is_not_a_busy_server(sandbox, client):
    sandbox.set_rule("openai.quota_code", "credit_balance_exhausted")
    with pytest.raises(openai.RateLimitError) as empty:
        chat(keyed(client, "unpaid-key"))
    sandbox.fault("status", platform="openai", status=429, seconds=9)
    with pytest.raises(openai.RateLimitError) as busy:
        chat(client)
    assert (empty.value.code, busy.value.code) == (
        "credit_balance_exhausted", "rate_limit_exceeded"
    )  # fmt: skip
    assert busy.value.response.headers["retry-after"] == "9"
    assert "retry-after" not in empty.value.response.headers


def test_overload_is_said_so(sandbox, client):
    sandbox.fault("status", platform="openai", status=503)
    with pytest.raises(openai.InternalServerError) as caught:
        chat(client)
    assert caught.value.code == "server_is_overloaded"


def test_models_are_shut_down(sandbox, client):
    listed = {one.id: one.shutdown_date for one in client.models.list()}
    assert listed["gpt-4o-mini"] == "2027-01-14"
    assert listed[MODEL] is None
    assert client.models.retrieve("whisper-1").shutdown_date == "2027-02-26"
    off = dt.datetime(2027, 1, 14, 1, tzinfo=dt.UTC).timestamp()
    sandbox.advance(off - sandbox.time())
    assert "gpt-4o-mini" not in {one.id for one in client.models.list()}
    with pytest.raises(openai.NotFoundError) as caught:
        chat(client, model="gpt-4o-mini")
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("asked", "param"),
    [({"model": ""}, "model"), ({"messages": []}, "messages"),
     ({"messages": [{"role": "boss", "content": "x"}]}, "messages[0].role"),
     ({"stream": True}, "stream")],
)  # fmt: skip
def test_fields_are_checked(sandbox, asked, param):
    body = {"model": MODEL, "messages": [{"role": "user", "content": "x"}], **asked}
    answer = requests.post(
        f"{sandbox.url}/openai/v1/chat/completions",
        headers={"Authorization": "Bearer sandbox-key"},
        json=body,
        timeout=5,
    )
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_the_library_sends_a_lost_answer_again(sandbox, client):
    """Why calls that cost are made without its retries."""
    sandbox.fault("close_after", platform="openai", commit=True)
    chat(client.with_options(max_retries=1), "Twice")
    assert [one["charged"] for one in orders(sandbox, "openai")] == [2]


# Moderation


def test_moderation(client):
    results = client.moderations.create(
        model="omni-moderation-latest", input=["Hello", "Please [refuse] me"]
    ).results
    assert [one.flagged for one in results] == [False, True]
    assert results[1].categories.violence
    assert results[1].category_scores.violence > 0.5
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "[refuse]"}]
    assert client.moderations.create(input=parts).results[0].flagged


# Speech and hearing


@pytest.mark.parametrize("shape", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
def test_speech_in_all_formats(client, shape):
    answer = client.audio.speech.create(
        model="gpt-4o-mini-tts", input="Hello there", voice="coral", response_format=shape
    )
    assert len(answer.content) > 2000
    if shape == "wav":
        assert seconds_of(answer.content) > 0.5


@pytest.mark.parametrize(
    ("asked", "code"),
    [({"input": "x" * 4097}, "string_above_max_length"),
     ({"input": "[refuse]"}, "content_policy_violation"),
     ({"voice": "nobody"}, "invalid_value"), ({"speed": 5}, None), ({"model": MODEL}, None)],
)  # fmt: skip
def test_speech_is_refused(sandbox, client, asked, code):
    body = {"model": "tts-1", "input": "Hello", "voice": "alloy", **asked}
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.speech.create(**body)
    assert caught.value.code == code
    assert orders(sandbox, "openai") == []


def test_own_speech_is_heard_with_its_words(client):
    said = "Known words, said here."
    sound = client.audio.speech.create(model="tts-1", input=said, voice="alloy").content
    heard = client.audio.transcriptions.create(
        model="whisper-1",
        file=("a.mp3", sound),
        response_format="verbose_json",
        timestamp_granularities=["word"],
    )
    assert (heard.text, heard.language) == (said, "english")
    assert [one.word for one in heard.words] == ["Known", "words", "said", "here"]
    assert 0 <= heard.words[0].start < heard.words[-1].end <= heard.duration + 0.1
    assert heard.segments is None


def test_transcripts_in_other_shapes(sandbox, client, tmp_path):
    sandbox.set_rule("openai.transcript", "Good morning")
    path = sample(tmp_path / "me.wav", 4)

    def hear(**more):
        return client.audio.transcriptions.create(file=path, **more)

    assert hear(model="gpt-4o-transcribe").text == "Good morning"
    assert hear(model="whisper-1", response_format="text").strip() == "Good morning"
    assert "00:00:00,000 --> 00:00:04,000" in hear(model="whisper-1", response_format="srt")
    assert hear(model="whisper-1", response_format="vtt").startswith("WEBVTT")
    for wrong in (
        {"model": "gpt-4o-transcribe", "response_format": "verbose_json"},
        {"model": "whisper-1", "timestamp_granularities": ["word"]},
    ):
        with pytest.raises(openai.BadRequestError):
            hear(**wrong)
    with pytest.raises(openai.BadRequestError, match="format"):
        client.audio.transcriptions.create(model="whisper-1", file=("a.txt", b"no sound"))


# A server at home


@pytest.fixture
def home(sandbox):
    with OpenAI(api_key="none", base_url=f"{sandbox.url}/speech/v1", max_retries=0) as found:
        yield found


def test_a_server_at_home_wants_no_key(sandbox, home):
    body = {"model": "kokoro", "input": "Hello", "voice": "af_heart", "response_format": "wav"}
    answer = requests.post(f"{sandbox.url}/speech/v1/audio/speech", json=body, timeout=20)
    assert answer.status_code == 200
    assert seconds_of(answer.content) > 0.2
    assert {one.id for one in home.models.list()} == {"kokoro", "faster-whisper", "home-model"}
    assert chat(home, "Hi", model="llama").choices[0].message.content == "Hi"
    with pytest.raises(openai.AuthenticationError):
        chat(keyed(home, "wrong"))
    with pytest.raises(openai.NotFoundError):
        home.responses.create(model="home-model", input="x")


class Limits(BaseModel):
    tags: list[str] = Field(max_length=2)


def test_pydantic_fields_with_limits(client):
    assert len(parse(client, "a. b. c.", Limits).choices[0].message.parsed.tags) <= 2
