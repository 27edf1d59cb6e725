import pytest

from publishing.platforms.base import Limits
from publishing.posting.captions import CUT, fit, title_of
from tests.publishing.doubles import DoublePlatform

TAGS = [f"#tag{n}" for n in range(8)]
WORDS = "Sourdough rises because wild yeast eats sugar, and the gluten holds the gas."


@pytest.fixture
def taking(monkeypatch):
    """The double with other limits."""

    def limits(**given):
        monkeypatch.setattr(DoublePlatform, "limits", Limits(**given))
        return DoublePlatform

    return limits


def test_what_fits_stays_as_it_is(taking):
    assert fit(WORDS, TAGS, "", taking()) == f"{WORDS}\n\n{' '.join(TAGS)}"


@pytest.mark.parametrize("most", [300, 120, 100, 60, 45, 30, 14])
def test_a_suggestion_always_fits_and_always_says_that_it_is_synthetic(taking, most):
    found = fit(WORDS, TAGS, "Made with AI.", taking(caption_chars=most))
    assert len(found) <= most
    assert found.endswith("Made with AI.")


def test_hashtags_go_before_sentences_but_three_stay(taking):
    found = fit(WORDS, TAGS, "", taking(caption_chars=102))
    assert found == f"{WORDS}\n\n#tag0 #tag1 #tag2 #tag3"
    found = fit(WORDS, TAGS, "", taking(caption_chars=60))
    assert found == f"Sourdough rises because wild yeast eats{CUT}\n\n#tag0 #tag1 #tag2"


def test_only_as_many_hashtags_as_are_taken(taking):
    found = fit("One #own", TAGS, "", taking(hashtags=3))
    assert found == "One #own\n\n#tag0 #tag1"


def test_the_platform_counts(taking, monkeypatch):
    kind = taking(caption_chars=20)
    monkeypatch.setattr(kind, "caption_length", classmethod(lambda cls, words: 2 * len(words)))
    assert fit("Why sourdough rises", [], "", kind) == f"Why{CUT}"


def test_a_hook_too_long_for_a_title_ends_at_a_word(taking):
    assert title_of("", WORDS, taking(title_chars=30)) == f"Sourdough rises because wild{CUT}"
    assert title_of(" My\n own ", WORDS, taking(title_chars=30)) == "My own"
