import json
import logging

import pytest

from scripts_gen.writing import (
    BadAnswer,
    BadSetup,
    BriefData,
    NeedsNotes,
    Persona,
    TryLater,
    Unanswered,
    writer,
)
from scripts_gen.writing.openai import RULES, SCHEMA, checked
from scripts_gen.writing.service import LanguageModel
from tests.scripts_gen.conftest import RISOTTO
from tests.scripts_gen.writing.briefs import brief
from tests.scripts_gen.writing.server import completion, says, script, serving

KEY = "sk-very-secret-key-1234"


def made(server, **options):
    found = writer("openai", api_key=KEY, base_url=server.url, model="test-model")
    for name, value in options.items():
        setattr(found, name, value)
    return found


def write(server, persona=None, **options):
    return made(server, **options).write(brief(RISOTTO), persona or Persona(), seconds=25)


def error(status, headers=None, **fields):
    return status, {"error": {"message": f"no, {KEY}", "code": None, **fields}}, headers or {}


def test_an_honest_answer_becomes_a_script():
    with serving(says(script())) as server:
        draft = write(server)
    assert draft.hook == "Stop stirring so hard."
    assert draft.body.endswith("Rice is wrapped in starch.")
    assert [entry.note_id for entry in draft.evidence] == [1, 1, None, 1, None]
    assert draft.evidence[0].quote == brief(RISOTTO).points[0].quote
    assert draft.hashtags == ("risotto", "SlowFood")


def test_it_asks_for_the_schema_with_the_key_and_all_the_points():
    with serving(says(script())) as server:
        write(server, Persona(language="de", words_to_avoid=("glue",), sign_off="Bis bald."))
        path, authorization, body = server.asked[0]
    assert (path, authorization) == ("/v1/chat/completions", f"Bearer {KEY}")
    assert body["model"] == "test-model"
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert body["response_format"]["json_schema"]["strict"] is True
    question = body["messages"][-1]["content"]
    for n, point in enumerate(brief(RISOTTO).points, 1):
        assert f"{n}. {point.text}" in question
    for told in ("Language of every part: de", "must not occur: glue", "Bis bald."):
        assert told in question


def test_what_was_wished_after_a_rejection_is_told():
    with serving(says(script())) as server:
        base = brief(RISOTTO)
        asked = BriefData(base.topic, base.points, wishes=("Shorter, please.",))
        made(server).write(asked, Persona())
        assert "Shorter, please." in server.asked[0][2]["messages"][-1]["content"]


def test_the_sign_off_wins_over_the_models_ending():
    with serving(says(script())) as server:
        assert write(server, Persona(sign_off="Ciao.")).call_to_action == "Ciao."


BAD = {
    "not json": "I would rather chat.",
    "no object": "[1, 2]",
    "a part is missing": json.dumps({"hook": {"text": "x", "points": [1]}}),
    "a point there is not": script(hook={"text": "Stop stirring.", "points": [99]}),
    "a claim without a point": script(
        body=[
            {
                "text": "Scientists in Bologna showed that stirring makes every grain angry now.",
                "points": [],
            }
        ]
    ),
    "a new number": script(hook={"text": "Stir for 47 minutes.", "points": [1]}),
    "a new number in the caption": script(caption="93 % of cooks do it wrong."),
    "points are no numbers": script(hook={"text": "Stop.", "points": ["1"]}),
    "nothing is carried": script(body=[{"text": "Well, well.", "points": []}]),
    "an empty sentence": script(hook={"text": " ", "points": [1]}),
    "hashtags are no texts": script(hashtags=[1]),
    "far too long": script(body=[{"text": "Stir the rice now. " * 60, "points": [1]}]),
    "nothing at all": "",
}


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD.keys())
def test_a_bad_answer_is_asked_for_once_more(answer):
    with serving(says(answer), says(script())) as server:
        assert write(server).hook == "Stop stirring so hard."
        again = server.asked[1][2]["messages"]
    assert again[-1]["content"].startswith("That cannot be used: ")


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD.keys())
def test_two_bad_answers_are_given_up(answer):
    with serving(says(answer), says(answer)) as server, pytest.raises(BadAnswer, match="twice"):
        write(server)


def test_a_word_to_avoid_is_a_bad_answer():
    persona = Persona(words_to_avoid=("punishment",))
    answers = says(script()), says(script())
    with serving(*answers) as server, pytest.raises(BadAnswer, match="“punishment”"):
        write(server, persona)


def test_a_fenced_answer_is_read():
    fenced = f"```json\n{json.dumps(script())}\n```"
    with serving(says(fenced)) as server:
        assert write(server).hook


TROUBLES = {
    "wrong key": (error(401), BadSetup, "OPENAI_API_KEY"),
    "forbidden": (error(403), BadSetup, "OPENAI_API_KEY"),
    "no such model": (error(404), BadSetup, "OPENAI_MODEL"),
    "not so": (error(400), BadSetup, "status 400"),
    "no credit": (error(429, code="insufficient_quota"), BadSetup, "no credit"),
    "too often": (error(429), TryLater, "too often"),
    "broken": (error(500), TryLater, "status 500"),
    "overloaded": (error(503), TryLater, "status 503"),
    "a gateway": (error(502), Unanswered, "may have charged"),
    "closed": ("drop", Unanswered, "may have charged"),
    "another server": (
        (200, b"<html>hello</html>", {"content-type": "text/html"}),
        BadSetup,
        "as an OpenAI server",
    ),
    "half an answer": ((200, b'{"choices": [', {}), BadSetup, "as an OpenAI server"),
    "no choices": ((200, {"id": "c", "choices": []}, {}), BadAnswer, "empty answer"),
    "a refusal": (
        (200, completion(None, refusal="I cannot."), {}),
        NeedsNotes,
        "declined",
    ),
    "filtered": ((200, completion("", finish="content_filter"), {}), NeedsNotes, "filter"),
}


@pytest.mark.parametrize(("reply", "kind", "says_"), TROUBLES.values(), ids=TROUBLES.keys())
def test_trouble_says_who_can_do_something_about_it(reply, kind, says_, caplog):
    caplog.set_level(logging.DEBUG)
    with serving(reply, reply) as server, pytest.raises(kind) as caught:
        write(server)
    assert says_ in str(caught.value)
    assert KEY not in str(caught.value)
    assert KEY not in caplog.text


def no_schema():
    return error(400, param="response_format", message="json_schema is not supported")


def test_a_server_without_schemas_is_asked_in_words_and_remembered():
    with serving(no_schema(), says(script()), says(script())) as server:
        assert write(server).hook
        assert write(server).hook
        bodies = [body for _, _, body in server.asked]
    assert ["response_format" in body for body in bodies] == [True, False, False]
    assert json.dumps(SCHEMA) in bodies[1]["messages"][0]["content"]


def test_the_responses_api_is_asked_first_where_there_is_one(sandbox):
    """Against the double of OpenAI, whose answers satisfy the schema and nothing else."""
    service = LanguageModel("sandbox-key", f"{sandbox.url}/openai/v1", "gpt-5.4-mini")
    said = json.loads(service.answer([{"role": "user", "content": "Write."}], SCHEMA, "script"))
    assert set(said) == set(SCHEMA["properties"])
    assert [one["path"] for one in sandbox.log if one["platform"] == "openai"][-1:] in (
        ["/v1/responses"],
        [],
    )


@pytest.mark.parametrize(
    ("mark", "kind"),
    [("[refuse]", NeedsNotes), ("[content filter]", NeedsNotes), ("[length]", BadAnswer)],
)
@pytest.mark.parametrize("without", [[], ["responses"]])
def test_a_refusal_is_one_whichever_way_was_asked(sandbox, mark, kind, without):
    sandbox.set_rule("openai.without", without)
    where = f"{sandbox.url}/openai/v1"
    service = LanguageModel("sandbox-key", where, "gpt-5.4-mini", timeout_s=30 + len(without))
    service._ways.clear()
    with pytest.raises(kind):
        checked(
            service.answer([{"role": "user", "content": mark}], SCHEMA, "script"),
            brief(RISOTTO), Persona(), 25,
        )  # fmt: skip


def test_what_a_moderator_flags_is_held_back():
    flagged = {"categories": {"hate": False, "violence": True}, "flagged": True}
    moderation = 200, {"id": "m", "model": "m", "results": [flagged]}, {}
    with serving(says(script()), moderation) as server:
        server.offers.add("/v1/moderations")
        with pytest.raises(NeedsNotes, match="violence"):
            write(server)


def test_the_service_says_when_to_come_back():
    with serving(error(429, {"retry-after": "17"})) as server, pytest.raises(TryLater) as caught:
        write(server)
    assert caught.value.retry_after_s == 17


def test_silence_ends():
    with serving("hang") as server, pytest.raises(Unanswered, match="did not answer in"):
        write(server, timeout_s=0.3)


def test_a_server_that_charges_nobody_is_asked_again():
    with serving("drop") as server, pytest.raises(TryLater, match="asked again"):
        write(server, api_key="")


def test_nobody_there_is_tried_later():
    with serving() as server:
        url = server.url
    gone = writer("openai", api_key=KEY, base_url=url, model="m")
    with pytest.raises(TryLater, match="cannot be reached"):
        gone.write(brief(RISOTTO), Persona())


def test_without_a_key_nothing_is_asked():
    with pytest.raises(BadSetup, match="OPENAI_API_KEY"):
        writer("openai", model="m").write(brief(RISOTTO), Persona())


def test_a_server_at_home_needs_no_key():
    with serving(says(script())) as server:
        home = writer("openai", base_url=server.url, model="m")
        assert home.write(brief(RISOTTO), Persona()).hook


def test_too_few_points_are_not_sent():
    with serving() as server, pytest.raises(NeedsNotes, match="about five sentences"):
        made(server).write(brief("Rice is wrapped in starch."), Persona())


def test_the_key_is_not_shown():
    assert KEY not in repr(writer("openai", api_key=KEY, model="m"))


def test_the_rules_are_plain_text_in_lines():
    assert "\\" not in RULES
    assert all(len(line) < 100 for line in RULES.splitlines())
