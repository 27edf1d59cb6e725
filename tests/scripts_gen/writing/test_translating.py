"""A script into another language: what is asked, what is believed."""

import logging
import re

import pytest

from scripts_gen.writing import (
    TRANSLATORS,
    BadAnswer,
    BadSetup,
    Draft,
    Evidence,
    NeedsNotes,
    Persona,
    Tongue,
    TryLater,
    Unanswered,
    translator,
)
from scripts_gen.writing.translating import RULES, SCHEMA, lines
from tests.scripts_gen.writing.server import completion, says, serving

KEY = "sk-very-secret-key-1234"
GERMAN = Tongue("de", "German")
DRAFT = Draft(
    hook="Stop stirring so hard.",
    body="Risotto needs movement, not punishment. Here is why.\nToast 250 g of rice dry.",
    call_to_action="Tell @rice_club. Ciao!",
    caption="Creamy, not gluey.\n\nSource: https://example.org/rice-2024",
    hashtags=("risotto", "SlowFood"),
    evidence=(
        Evidence("Stop stirring so hard.", 1, "Most people stir too hard."),
        Evidence("Risotto needs movement, not punishment.", 1, "Risotto needs movement."),
        Evidence("Here is why.", None),
        Evidence("Toast 250 g of rice dry.", 2, "Toast 250 g rice."),
        Evidence("Tell @rice_club. Ciao!", None),
    ),
)
TEXTS = (
    "Rühr nicht so fest.",
    "Risotto braucht Bewegung, keine Strafe.",
    "Und das ist der Grund.",
    "Röste 250 g Reis trocken an.",
    "Erzähl es @rice_club. Ciao!",
)


def answer(*texts, **changes):
    return {
        "sentences": [{"number": n, "text": text} for n, text in enumerate(texts or TEXTS, 1)],
        "caption": "Cremig, nicht klebrig.\n\nQuelle: https://example.org/rice-2024",
        "hashtags": ["#Risotto", "langsam kochen", "zuviel"],
        **changes,
    }


def with_text(n, text):
    return answer(*(text if n == one else old for one, old in enumerate(TEXTS, 1)))


def made(server, **options):
    found = translator("openai", api_key=KEY, base_url=server.url, model="for-translations")
    for name, value in options.items():
        setattr(found, name, value)
    return found


def translate(server, draft=DRAFT, to=GERMAN, wishes=(), persona=None, **options):
    return made(server, **options).translate(draft, persona or Persona(), to, wishes)


def test_every_sentence_keeps_its_note_its_quote_and_the_sentence_it_was():
    with serving(says(answer())) as server:
        draft = translate(server)
    assert [one.sentence for one in draft.evidence] == list(TEXTS)
    assert [one.note_id for one in draft.evidence] == [1, 1, None, 2, None]
    assert [one.quote for one in draft.evidence] == [one.quote for one in DRAFT.evidence]
    assert [one.original for one in draft.evidence] == [one.sentence for one in DRAFT.evidence]


def test_the_parts_and_their_lines_stay_where_they_are():
    with serving(says(answer())) as server:
        draft = translate(server)
    assert draft.hook == TEXTS[0]
    assert draft.body == f"{TEXTS[1]} {TEXTS[2]}\n{TEXTS[3]}"
    assert draft.call_to_action == TEXTS[4]
    assert draft.caption.startswith("Cremig")
    assert draft.hashtags == ("risotto", "LangsamKochen")


def test_it_asks_for_the_schema_with_every_sentence_under_its_number():
    persona = Persona(name="Alice", tone="dry", words_to_avoid=("glue",))
    with serving(says(answer())) as server:
        translate(server, persona=persona, wishes=("Less formal, please.",))
        path, authorization, body = server.asked[0]
    assert (path, authorization) == ("/v1/chat/completions", f"Bearer {KEY}")
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    question = body["messages"][-1]["content"]
    for n, one in enumerate(DRAFT.evidence, 1):
        assert f"{n}. {one.sentence}" in question
    told = "original: en", "into: German (de)", "Tone: dry", "glue", "Less formal", DRAFT.caption
    assert all(words in question for words in told)


def test_numbers_may_be_written_as_the_language_does():
    original = "It took 1,250 tries, 3.5 hours and ended at 7:30."
    draft = Draft(original, "", "", "", (), (Evidence(original, 1),))
    for said in (
        "Es dauerte 1.250 Versuche, 3,5 Stunden und endete um 7.30 Uhr.",
        "Il a fallu 1\u202f250 essais, 3,5 heures, et c'était fini à 7 h 30.",
        "استغرق الأمر ١٬٢٥٠ محاولة و٣٫٥ ساعات وانتهى في ٧:٣٠.",
    ):
        with serving(says(answer(said, caption="", hashtags=[]))) as server:
            assert translate(server, draft).hook == said


BAD = {
    "not json": ("I would rather chat.", "not JSON"),
    "a sentence too few": (answer(*TEXTS[:4]), "has 4 sentences"),
    "two joined into one": (answer(*TEXTS[:3], f"{TEXTS[3]} {TEXTS[4]}"), "has 4 sentences"),
    "a sentence too many": (answer(*TEXTS, "Noch etwas."), "has 6 sentences"),
    "one number twice": (
        answer(sentences=[{"number": 1, "text": text} for text in TEXTS]),
        "numbered 1 to 5",
    ),
    "an empty sentence": (with_text(2, "  "), "lacks its number or its text"),
    "a number of another kind": (answer(sentences=[{"number": "1", "text": "x"}]), "lacks"),
    "another number": (with_text(4, "Röste 350 g Reis an."), "says the number 350"),
    "a number left out": (with_text(4, "Röste den Reis an."), "has lost the number 250"),
    "a number made up": (with_text(3, "Dafür gibt es 3 Gründe."), "says the number 3"),
    "a name lost": (with_text(5, "Sag es allen. Ciao!"), "has lost @rice_club"),
    "a link lost": (answer(caption="Cremig."), "has lost https://example.org/rice-2024"),
    "no caption": (answer(caption=""), "has no caption"),
    "hashtags are no texts": (answer(hashtags=[1]), "hashtags"),
    "far too long": (with_text(2, "Risotto braucht immerzu Bewegung. " * 12), "much longer"),
    "a part beyond measure": (with_text(1, "ß" * 401), "much longer|more than 400"),
    "not translated": (answer(*(e.sentence for e in DRAFT.evidence)), "still in the language"),
}


@pytest.mark.parametrize(("bad", "problem"), BAD.values(), ids=BAD.keys())
def test_a_bad_answer_is_asked_for_once_more_with_what_was_wrong(bad, problem):
    with serving(says(bad), says(answer())) as server:
        assert translate(server).hook == TEXTS[0]
        again = server.asked[1][2]["messages"][-1]["content"]
    assert again.startswith("That cannot be used: ")
    assert re.search(problem, again)


@pytest.mark.parametrize("bad", [bad for bad, _ in BAD.values()], ids=BAD.keys())
def test_two_bad_answers_are_given_up(bad):
    with (
        serving(says(bad), says(bad)) as server,
        pytest.raises(BadAnswer, match=r"twice.*translate it yourself\.$"),
    ):
        translate(server)


def test_a_caption_nobody_wrote_is_not_made_up():
    draft = Draft("Stop.", "", "", "", (), (Evidence("Stop.", 1),))
    texts = answer("Halt.", caption="Neu!"), answer("Halt.", caption="", hashtags=["neu"])
    with serving(*map(says, texts)) as server:
        found = translate(server, draft)
    assert (found.caption, found.hashtags) == ("", ())


def test_one_dialect_may_say_it_word_for_word():
    with serving(says(answer(*(e.sentence for e in DRAFT.evidence)))) as server:
        assert translate(server, to=Tongue("en-us", "English (America)")).hook == DRAFT.hook


def test_japanese_has_no_space_between_sentences():
    draft = Draft("Stop.", "Look. Listen.", "", "", (), (Evidence("Look.", 1),))
    texts = answer("待って。", "見て。", "聞いて。", caption="", hashtags=[])
    with serving(says(texts)) as server:
        assert translate(server, draft, Tongue("ja", "Japanese")).body == "見て。聞いて。"


def test_words_of_ones_own_are_cut_at_their_sentences_and_stay_ones_own():
    draft = Draft("Hello.", "One.  Two\nThree? Two words.", "", "", (), (Evidence("Two", 7),))
    found = [(one.part, one.row, one.text, one.evidence.note_id) for one in lines(draft, "en")]
    assert found == [
        ("hook", 0, "Hello.", None),
        ("body", 0, "One.", None),
        ("body", 0, "Two", 7),
        ("body", 1, "Three?", None),
        ("body", 1, "Two", 7),
        ("body", 1, "words.", None),
    ]
    assert [one.evidence.edited for one in lines(draft, "en")][:3] == [True, True, False]


def test_what_a_moderator_flags_is_held_back():
    flagged = {"categories": {"hate": False, "violence": True}, "flagged": True}
    moderation = 200, {"id": "m", "model": "m", "results": [flagged]}, {}
    with serving(says(answer()), moderation) as server:
        server.offers.add("/v1/moderations")
        with pytest.raises(NeedsNotes, match=r"moderation \(violence\)"):
            translate(server)


def test_a_refusal_is_about_the_translation():
    refusal = 200, completion(None, refusal="I cannot."), {}
    with serving(refusal) as server, pytest.raises(NeedsNotes, match="declined to translate"):
        translate(server)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ((401, {"error": {"message": KEY}}, {}), BadSetup),
        ((500, {"error": {"message": KEY}}, {}), TryLater),
        ("drop", Unanswered),
    ],
    ids=["wrong key", "broken", "closed"],
)
def test_trouble_says_who_can_do_something_about_it(reply, kind, caplog):
    caplog.set_level(logging.DEBUG)
    with serving(reply) as server, pytest.raises(kind) as caught:
        translate(server)
    assert KEY not in str(caught.value)
    assert KEY not in caplog.text


@pytest.mark.parametrize("name", sorted(TRANSLATORS))
def test_it_is_known_by_its_name_and_keeps_its_key_to_itself(name):
    found = translator(name, api_key=KEY, model="m")
    assert found.name == name
    assert KEY not in repr(found)


def test_an_unknown_translator_is_a_matter_of_setup():
    with pytest.raises(BadSetup, match="'babel'"):
        translator("babel")


def test_the_rules_are_plain_text_in_lines():
    assert "\\" not in RULES
    assert all(len(line) < 100 for line in RULES.splitlines())
