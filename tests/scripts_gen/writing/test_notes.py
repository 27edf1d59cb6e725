import re
from itertools import pairwise

import pytest

from scripts_gen.cadence import estimate_ms
from scripts_gen.research import Point
from scripts_gen.research.sentences import words
from scripts_gen.writing import BriefData, NeedsNotes, Persona, writer
from scripts_gen.writing.phrases import PHRASES
from scripts_gen.writing.wording import as_hashtag, contains, soften
from tests.scripts_gen.conftest import RISOTTO
from tests.scripts_gen.writing.briefs import brief

COLD_BREW = """\
Cold brew needs no machine, only time.

1. Grind 80 g of coffee as coarse as sea salt.
2. Pour 1 litre of cold water over it.
3. Stir once so that everything gets wet.
4. Leave it in the fridge for 16 hours.
5. Filter it through a paper filter.

Cold water pulls out less acid than hot water does. That is why cold brew tastes sweet.
"""
GERMAN = """\
Die meisten Zimmerpflanzen sterben im Winter nicht an Kälte, sondern an zu viel Wasser. Im \
Dezember gibt es z. B. nur 8 Stunden Licht. Die Pflanze wächst kaum und trinkt deshalb weniger. \
Wer weiter wie im Sommer gießt, ertränkt die Wurzeln. Dünge bis März gar nicht. \
Stell die Pflanze ans Fenster.
"""


def write(text=RISOTTO, persona=None, seconds=25, **fields):
    return writer("notes").write(brief(text, **fields), persona or Persona(), seconds=seconds)


def spoken(draft):
    return f"{draft.hook} {draft.body} {draft.call_to_action}"


def test_every_sentence_is_the_creators_or_claims_nothing():
    connective = {
        phrase
        for entry in (PHRASES["en"],)
        for group in (entry.onward, entry.calm_onward, entry.questions)
        for phrase in group
    }
    draft = write()
    said = set(words(RISOTTO.lower()))
    for entry in draft.evidence:
        if entry.note_id is None:
            assert any(entry.sentence in phrase for phrase in connective)
        else:
            assert set(words(entry.quote.lower())) <= said
            assert set(words(entry.quote.lower())) <= set(words(entry.sentence.lower()))


def test_the_evidence_is_the_script_in_its_order():
    draft = write()
    assert " ".join(entry.sentence for entry in draft.evidence) == spoken(draft)


@pytest.mark.parametrize("seconds", [20, 25, 30])
def test_it_is_about_as_long_as_asked(seconds):
    length = estimate_ms(spoken(write(seconds=seconds))) / 1000
    assert 0.55 * seconds <= length <= 1.2 * seconds


def test_a_script_never_starts_with_what_leans_on_something_else():
    draft = write("It rises overnight. But not in the cold. " + RISOTTO)
    assert not re.match(r"(It|But|However|That|This)\b", draft.hook)


def test_however_keeps_its_predecessor():
    draft = write()
    sentences = [entry.sentence for entry in draft.evidence]
    for n, sentence in enumerate(sentences):
        if sentence.startswith("But if you stir"):
            assert sentences[n - 1].startswith("When you stir")
            return
    pytest.fail("the sentence was expected in this script")


def test_steps_are_said_in_order_and_carried_on():
    draft = write(COLD_BREW, title="Cold brew in a jar")
    assert draft.hook == "Cold brew needs no machine, only time."
    places = [draft.body.find(word) for word in ("grind 80 g", "pour 1 litre", "stir once")]
    assert -1 not in places
    assert places == sorted(places)
    assert draft.body.startswith("First, grind 80 g")


def test_a_question_is_followed_by_its_answer():
    text = (
        "Nothing beats fresh dough on a cold day. Why does bread rise? Wild yeast makes gas. "
        + (
            "Bake it in a hot oven with steam. Wait an hour before you cut the loaf. "
            "Eat it warm with butter."
        )
    )
    draft = write(text, title="Bread")
    at = [entry.sentence for entry in draft.evidence].index("Why does bread rise?")
    assert draft.evidence[at + 1].sentence == "Wild yeast makes gas."


def test_the_title_becomes_a_question_without_new_facts():
    text = "Rice is wrapped in starch. Grains rub off starch in a pan. " + (
        "Hot stock keeps the pan cooking along. A wide pan cooks the rice evenly. "
        "Cold butter makes the rice glossy. Parmesan goes in at the very end."
    )
    draft = write(text, title="How risotto rice gets creamy")
    assert draft.hook.endswith("how risotto rice gets creamy?")
    assert draft.evidence[0].quote == "How risotto rice gets creamy"


def test_a_title_that_says_nothing_is_no_hook():
    assert "3 May" not in write(title="Notes of 3 May").hook


def test_words_to_avoid_are_avoided_and_that_is_said():
    draft = write(persona=Persona(words_to_avoid=("gluey", "glue", "MOUNTAIN")))
    assert not contains(spoken(draft) + draft.caption + " ".join(draft.hashtags), "glue")
    assert any("“glue”" in remark for remark in draft.remarks)
    assert any("“MOUNTAIN”" in remark for remark in draft.remarks)


def test_words_to_avoid_hit_whole_words_only():
    assert contains("A cat sat.", "cat")
    assert not contains("A category.", "cat")
    assert not contains("Anything.", " ")
    assert contains("C++ is here", "c++")


def test_the_sign_off_ends_it_word_for_word():
    draft = write(persona=Persona(sign_off="See you in the kitchen. Ciao!"))
    assert draft.call_to_action == "See you in the kitchen. Ciao!"
    assert [entry.note_id for entry in draft.evidence[-2:]] == [None, None]


def test_two_scripts_from_one_note_share_no_sentence():
    first = write()
    used = [entry.quote for entry in first.evidence if entry.note_id]
    second = write(used=used)
    said = {entry.sentence for entry in second.evidence if entry.note_id}
    assert said.isdisjoint(entry.sentence for entry in first.evidence if entry.note_id)


def test_too_few_sentences_are_counted_in_words():
    with pytest.raises(NeedsNotes) as caught:
        write("Rice is wrapped in starch. Parmesan goes in last.", title="Risotto")
    assert str(caught.value) == (
        "Your notes on “Risotto” hold two sentences; a script needs about five. Add more notes."
    )


def test_a_used_up_note_says_so():
    with pytest.raises(NeedsNotes, match="hold no unused sentences"):
        writer("notes").write(BriefData("Risotto", (), said_before=9), Persona())


def test_many_tiny_sentences_are_told_apart_from_few():
    text = "Rice cooks fast. Stock stays hot. Pans are wide. Butter is cold. Salt comes last."
    with pytest.raises(NeedsNotes, match="too short"):
        write(text, title="Rice")


def test_a_german_note_becomes_a_german_script():
    draft = write(GERMAN, Persona(language="de-AT"), title="Warum Pflanzen sterben", tag="de")
    assert draft.hook.startswith("Die meisten Zimmerpflanzen")
    assert draft.call_to_action in PHRASES["de"].questions


def test_a_language_without_phrases_gets_none():
    text = (
        "Leipä nousee, koska hiiva syö sokeria. Lämmin keittiö nostaa taikinan neljässä tunnissa. "
        "Kylmä keittiö vaatii koko yön aikaa nousemiseen. Ruoki juurta kaksitoista tuntia ennen. "
        "Paista leipä kuumassa uunissa höyryn kanssa hyvin. "
        "Odota tunti ennen kuin leikkaat leivän."
    )
    draft = write(text, Persona(language="fi"), title="Leipä", tag="fi")
    assert all(entry.note_id for entry in draft.evidence)
    assert draft.call_to_action == ""


def test_the_caption_names_where_a_source_was_found():
    draft = write(own=False, links={1: "https://www.cooks.example/risotto"})
    assert draft.caption.endswith("Source: Why your risotto is gluey, cooks.example")


def test_a_serious_tone_gets_a_serious_connection():
    lively = write(persona=Persona(tone="funny"))
    serious = write(persona=Persona(tone="serious and calm"))
    assert any(entry.sentence in PHRASES["en"].onward for entry in lively.evidence)
    assert any(entry.sentence in PHRASES["en"].calm_onward for entry in serious.evidence)


def test_one_note_is_enough_when_it_is_enough():
    risotto = brief(RISOTTO)
    other = Point(
        "Cats sleep sixteen hours a day.", 2, "Cats sleep sixteen hours a day.", 0, score=1
    )
    both = BriefData(risotto.topic, (*risotto.points, other), titles=risotto.titles)
    assert "Cats" not in writer("notes").write(both, Persona()).body


def test_a_thin_note_is_filled_from_the_next():
    thin = brief("Rice is wrapped in starch. Toast the rice dry for two minutes first.", "Rice")
    more = tuple(
        Point(text, 2, text, n)
        for n, text in enumerate(
            ["Hot stock keeps the pan cooking.", "Parmesan goes in at the very end of it all.",
             "A wide pan cooks more evenly than a deep one.", "Cold butter makes it glossy."]
        )
    )  # fmt: skip
    draft = writer("notes").write(BriefData("Rice", (*thin.points, *more)), Persona())
    assert {entry.note_id for entry in draft.evidence if entry.note_id} == {1, 2}


def test_a_capital_that_may_be_a_name_stays():
    assert soften("Mix the flour", [], "en") == "mix the flour"
    assert soften("Python is quick", [], "en") == "Python is quick"
    assert soften("Python is quick", ["I like python"], "en") == "python is quick"
    assert soften("I bake", [], "en") == "I bake"
    assert soften("NASA says so", [], "en") == "NASA says so"


@pytest.mark.parametrize(
    ("text", "tag"),
    [("Bread baking", "BreadBaking"), ("#Brot!", "brot"), ("C++ & me", "CMe"), ("🔥", "")],
)
def test_hashtags_are_words_platforms_take(text, tag):
    assert as_hashtag(text) == tag


@pytest.mark.parametrize(
    "text",
    ["", "https://a.example\n" * 50, "<script>alert(1)</script>", "🔥" * 500, "a " * 10_000],
)
def test_hostile_notes_are_refused_with_a_sentence(text):
    with pytest.raises(NeedsNotes, match=r"Add more notes\.$"):
        write(text)


def test_right_to_left_notes_are_written_from():
    text = (
        "الخبز يرتفع لأن الخميرة تأكل السكر وتصنع الغاز كل يوم. "
        "المطبخ الدافئ يرفع العجين في أربع ساعات فقط. "
        "المطبخ البارد يحتاج إلى ليلة كاملة من الوقت. "
        "أطعم البادئ قبل الخبز باثنتي عشرة ساعة كاملة. "
        "اخبز الرغيف في فرن ساخن مع البخار الكثير. انتظر ساعة قبل أن تقطع الرغيف بالسكين."
    )
    draft = write(text, Persona(language="ar"), title="الخبز", tag="ar")
    assert draft.hook in text


def test_what_belongs_together_stays_together_whatever_opens():
    """For many notes: whatever leans on its predecessor comes directly after it."""
    sentences = RISOTTO.replace("# Why your risotto is gluey", "").strip()
    for striking in ("Never stir cold rice, only warm rice.", "Nobody needs cream."):
        for place in range(0, len(sentences), 150):
            cut = sentences.find("\n\n", place)
            text = f"{sentences[:cut]}\n\n{striking}{sentences[cut:]}"
            found = brief(text)
            where = {point.text: point for point in found.points}
            draft = writer("notes").write(found, Persona())
            spoken_points = [where.get(entry.sentence) for entry in draft.evidence]
            for before, point in pairwise([None, *spoken_points]):
                if point and point.follows and not point.step:
                    assert before
                    assert before.position == point.position - 1
