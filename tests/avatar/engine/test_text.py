"""A pasted script becomes words that can be spoken and shown, whatever is in it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar.engine.errors import InputError
from avatar.engine.text import (
    MAX_WORDS,
    display_words,
    speakable,
    word_spans,
)


@pytest.mark.parametrize(
    ("pasted", "clean"),
    [
        ("**Bold**, _soft_ and `code`.", "Bold, soft and code."),
        ("# A title\nThen text.", "A title\n\nThen text."),
        ("One.\n\n---\n\nTwo.", "One.\n\nTwo."),
        ("- milk\n- [x] eggs\n2) bread", "milk\n\neggs\n\nbread"),
        ("> quoted words", "quoted words"),
        ("| price | 3,000 |\n|---|---|\n| size | XL |", "price, 3,000\n\nsize, XL"),
        ("```\nall of it fenced\n```", "all of it fenced"),
        ("See [the guide](https://x.y/z).", "See the guide."),
        ("Read https://example.com/a?b=c. Then go.", "Read. Then go."),
        ("<b>Loud</b> &amp; clear<br>again", "Loud & clear again"),
        ("Great news 🎉🎉!", "Great news!"),
        ("A family 👨‍👩‍👧 and 1️⃣ flag 🇩🇪", "A family and 1 flag"),
        ("#SmallBusiness tips", "Small Business tips"),
        ("Watch this.\n#reels #fyp #ai", "Watch this."),
        ("What?!?! No!!!", "What?! No!"),
        ("Wait....... what", "Wait… what"),
        ("𝗕𝗼𝗹𝗱 𝘭𝘦𝘵𝘵𝘦𝘳𝘴", "Bold letters"),
        ("Zero\u200bwidth\ufeff and\x00 control\x07", "Zerowidth and control"),
        ("It costs 3\u202f000 €", "It costs 3000 €"),
        ("A line that an editor\nbroke in two", "A line that an editor broke in two"),
        ("First line\nSecond line", "First line\nSecond line"),
        ("snake_case and 5 * 3", "snake case and 5 × 3"),
        ("12:30, $3.50, 25% and 1/2", "12:30, $3.50, 25% and 1/2"),
        ("می‌خواهم", "می‌خواهم"),
    ],
)
def test_what_cannot_be_said_goes_and_the_rest_stays(pasted, clean):
    assert speakable(pasted, "en") == clean


@pytest.mark.parametrize(
    "nothing", ["", "  \n\t", "🎉🎉", "---", "https://example.com", "?! …", "\x00"]
)
def test_nothing_to_say_is_one_clear_sentence(nothing):
    with pytest.raises(InputError, match=r"^There is nothing to say"):
        speakable(nothing, "en")


def test_too_many_words_are_refused_with_both_numbers():
    with pytest.raises(InputError, match=f"10,000 words; {MAX_WORDS:,} is the most"):
        speakable("word " * 10_000, "en")


def test_the_most_words_are_still_accepted():
    assert len(display_words(speakable("word " * MAX_WORDS, "en"))) == MAX_WORDS


def test_a_word_that_nobody_can_say_is_refused():
    with pytest.raises(InputError, match="5,000 letters without a space"):
        speakable("a" * 5000, "en")


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_is_cleaned_or_refused_and_cleaning_again_changes_nothing(text):
    try:
        clean = speakable(text, "en")
    except InputError:
        return
    assert speakable(clean, "en") == clean
    assert not any(ord(sign) < 32 and sign != "\n" for sign in clean)
    assert "\n\n\n" not in clean
    assert display_words(clean)


@given(st.text(alphabet="ab 'é—«»(),.!?\n你好、。かカอเก1%&", max_size=80))
@settings(max_examples=200, deadline=None)
def test_words_cover_every_letter_of_the_text_in_order(text):
    spans = word_spans(text)
    ends = [0, *[span.end for span in spans]]
    for before, span in zip(ends, spans, strict=False):
        assert before <= span.start < span.end
        assert not any(sign.isalnum() for sign in text[before : span.start])
    assert all(word == word.strip() and word for word in display_words(text))
    assert not any(sign.isalnum() for sign in text[ends[-1] :])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("“Well-known” rock 'n' roll — yes!", ["“Well-known”", "rock", "'n'", "roll —", "yes!"]),
        ("L'été, qu'est-ce ?", ["L'été,", "qu'est-ce ?"]),
        ("It costs 3,000 $ & more", ["It", "costs", "3,000", "$", "&", "more"]),
        ("你好,世界。《三体》", ["你", "好,", "世", "界。", "《三", "体》"]),
        ("今日は、天気です。カメラを", ["今日は、", "天気です。", "カメラを"]),
        ("สวัสดีครับ", ["สวัส", "ดีครับ"]),
        ("안녕하세요 여러분", ["안녕하세요", "여러분"]),
        ("¿Qué tal? ( bien )", ["¿Qué", "tal?", "( bien )"]),
    ],
)
def test_words_are_cut_as_captions_show_them(text, words):
    assert display_words(text) == words
