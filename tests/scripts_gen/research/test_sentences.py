import pytest

from scripts_gen.research.languages import language
from scripts_gen.research.sentences import leans_back, sentences, split, words
from scripts_gen.writing.wording import as_hashtag, contains


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        ("en", "Dr. Smith paid $3.50. He left.", ["Dr. Smith paid $3.50.", "He left."]),
        ("en", "J. R. R. Tolkien wrote it.", ["J. R. R. Tolkien wrote it."]),
        (
            "en",
            "It works in the U.S. The rest waits.",
            ["It works in the U.S.", "The rest waits."],
        ),
        ("en", "Use flour, salt, etc. Then wait.", ["Use flour, salt, etc.", "Then wait."]),
        ("en", "Use fat, e.g. butter. Stir.", ["Use fat, e.g. butter.", "Stir."]),
        ("en", "Really?! Yes... Maybe.", ["Really?!", "Yes...", "Maybe."]),
        ("en", "“Stop!” she said. He did.", ["“Stop!” she said.", "He did."]),
        ("en", "Python 3.11 is out. It is fast.", ["Python 3.11 is out.", "It is fast."]),
        (
            "de",
            "Am 3. Mai backe ich z. B. Brot. Gut.",
            ["Am 3. Mai backe ich z. B. Brot.", "Gut."],
        ),
        ("de", "Das kostet ca. 2,50 Euro. Ja.", ["Das kostet ca. 2,50 Euro.", "Ja."]),
        ("fr", "Vraiment ? Oui ! M. Dupont le dit.", ["Vraiment ?", "Oui !", "M. Dupont le dit."]),
        ("es", "¿Por qué? El Sr. Pérez lo sabe.", ["¿Por qué?", "El Sr. Pérez lo sabe."]),
        ("ja", "パンは発酵します。本当？はい。", ["パンは発酵します。", "本当？", "はい。"]),
        ("ar", "هل تعلم؟ الخبز يرتفع.", ["هل تعلم؟", "الخبز يرتفع."]),
        ("hi", "यह सच है। वह भी।", ["यह सच है।", "वह भी।"]),
        ("en", "", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(tag, text, expected):
    assert split(text, tag) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "It does.",
        "However, cold dough is slower.",
        "Feed them daily.",
        "If it smells, throw it out.",
        "Multiply that by three.",
        "This makes it soft.",
    ],
)
def test_what_leans_on_the_sentence_before_is_known(sentence):
    assert leans_back(sentence, language("en"))


@pytest.mark.parametrize(
    "sentence",
    [
        "It takes an hour to wake a starter up.",
        "A warm kitchen makes dough rise.",
        "Italy eats more bread.",
        "Theresa bakes at night.",
    ],
)
def test_what_stands_alone_is_left_alone(sentence):
    assert not leans_back(sentence, language("en"))


def texts(note, tag="en"):
    return [sentence.text for sentence in sentences(note, tag)]


def test_a_list_of_things_is_said_with_what_it_is_the_list_of():
    note = "What you need:\n- 500 g flour\n- 350 g water\n- 10 g salt\n"
    assert texts(note) == ["What you need: 500 g flour, 350 g water and 10 g salt."]


def test_a_list_of_things_without_an_introduction_is_not_said():
    assert texts("- flour\n- water\n- salt\n") == []


def test_a_promised_list_comes_whole():
    found = sentences(
        "There are two mistakes:\n- Cold water slows the yeast.\n- Baking early gives a brick.\n"
    )
    assert [s.leads for s in found] == [True, True, False]
    assert [s.follows for s in found] == [False, True, True]


def test_steps_keep_their_numbers_and_lean_on_the_step_before():
    found = sentences("1. Mix flour and water.\n2. Add salt\n3. Fold the dough four times.\n")
    assert [s.step for s in found] == [1, 2, 3]
    assert [s.follows for s in found] == [False, True, True]
    assert found[1].text == "Add salt."


def test_notes_typed_on_a_phone_get_capitals_and_ends():
    note = "feed your starter twice a day\nuse warm water 🔥\nmost people bake too early"
    assert texts(note) == [
        "Feed your starter twice a day.",
        "Use warm water.",
        "Most people bake too early.",
    ]


def test_lines_broken_by_a_mail_program_are_one_paragraph():
    note = (
        "Sourdough rises because wild yeast eats sugar and makes a lot of gas\n"
        "while it does so, and the gluten of the flour holds the gas in small\n"
        "bubbles. A cold kitchen needs all night."
    )
    assert len(texts(note)) == 2


@pytest.mark.parametrize(
    "note",
    [
        "https://example.com/a\nhttps://example.com/b",
        "```python\nprint('x')\n```",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "Subscribe to our newsletter today.",
        "© 2026 Example Media Group Limited.",
        "See https://example.com for all of it.",
        "<script>alert('x')</script>",
        "def add(item, bucket=[]) looks harmless.",
        "🔥🔥🔥",
        "#bread #baking #sourdough",
        "12 34 56 78 90 12 34 56",
        " ".join(["word"] * 60) + ".",
        "",
    ],
)
def test_what_cannot_be_said_is_left_out(note):
    assert texts(note) == []


def test_markup_goes_and_words_stay():
    note = "<p>Use **hot** [stock](https://x.example) and *never* `cold` water[1].</p>"
    assert texts(note) == ["Use hot stock and never cold water."]


def test_a_heading_parts_what_stands_around_it():
    found = sentences("Flour is ground grain.\n\n# Water\n\nIt should be warm and soft.")
    assert found[1].position - found[0].position > 1


def test_every_quote_is_in_the_note():
    note = "feed it twice; then let the dough rest for an hour\n\nUse *warm* water. Bake it hot."
    plain = note.replace("*", "")
    for sentence in sentences(note):
        assert sentence.quote.rstrip(".") in plain


def test_a_ten_thousand_word_paste_is_read_at_once():
    note = "Good bread needs time and warm hands. " * 1500
    assert len(texts(note)) == 1500


def test_signs_of_chinese_writing_count_as_words():
    assert words("面包 bread") == ["面", "包", "bread"]


def test_vowel_signs_belong_to_their_word():
    assert words("रोटी में नमक, cafe\u0301") == ["रोटी", "में", "नमक", "cafe\u0301"]
    assert as_hashtag("रोटी") == "रोटी"
    assert contains("नमक में", "में")
    assert not contains("नमक कि", "क")  # a letter of another word
