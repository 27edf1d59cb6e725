"""Counting and marking text, against answers worked out by hand from the platforms' rules."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publishing.platforms import texts


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("hello", 5),
        ("é", 1),
        ("日本", 4),
        ("한", 2),
        ("“quoted” – ‘so’", 15),  # typographic marks count one
        ("…", 2),
        ("😀", 2),
        ("👍🏽", 2),
        ("👨‍👩‍👧‍👦", 2),  # one picture of seven code points
        ("🇩🇪🇫🇷", 4),
        ("1️⃣", 2),
        ("❤️", 2),
        ("❤", 2),
        ("a https://example.org/a/very/long/address/that/goes/on?x=1 b", 27),
        ("(https://example.org).", 26),
        ("a\r\nb", 3),
        ("e\u0301", 1),  # composed before it is counted
        ("at example.com/x, not in file.py", 42),
        ("9 #one", 6),
    ],
)
def test_x_weighs_characters(text, length):
    assert texts.x_length(text) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("👨‍👩‍👧‍👦é", 2),
        ("see https://example.org/a/very/long/address", 27),
        ("hi @anna@example.social!", 9),
        ("日本", 2),
    ],
)
def test_mastodon_counts_what_is_seen(text, length):
    assert texts.mastodon_length(text) == length


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no marks", []),
        ("see https://a.example/b?c=d#e.", [("link", "https://a.example/b?c=d#e")]),
        ("(https://a.example/b_(c))", [("link", "https://a.example/b_(c)")]),
        ("http://", []),
        ("hi @anna.bsky.social, you", [("mention", "anna.bsky.social")]),
        ("mail me@home.example or @word", []),
        ("#one #zwei! #日本 #1 # #_", [("tag", "one"), ("tag", "zwei"), ("tag", "日本")]),
        ("a#b &#39; https://x.example/#c", [("link", "https://x.example/#c")]),
        ("＃wide", [("tag", "wide")]),
    ],
)
def test_links_mentions_and_tags_are_found(text, found):
    assert [(span.kind, span.value) for span in texts.spans(text)] == found


@given(st.text(alphabet="ab @#.:/é😀h t p s(x)\n", max_size=60))
def test_spans_lie_apart_and_in_the_text(text):
    end = 0
    for span in texts.spans(text):
        assert end <= span.start < span.end <= len(text)
        assert span.value in text[span.start : span.end]
        end = span.end


@pytest.mark.parametrize(
    ("text", "little"),
    [
        ("Plain words.", "Plain words."),
        ("Why? #bread #Sauer", "Why? #bread #Sauer"),
        ("a (b) [c] {d} <e> f|g", r"a \(b\) \[c\] \{d\} \<e\> f\|g"),
        ("me@home *so* ~50 C:\\x", r"me\@home \*so\* \~50 C:\\x"),
        ("#two_words #1 # ##x", r"\#two\_words \#1 \# \#\#x"),
        ("https://x.example/#a_b", r"https://x.example/\#a\_b"),
    ],
)
def test_little_text_is_escaped_and_hashtags_stay(text, little):
    assert texts.little_text(text) == little


@given(st.text(max_size=200))
def test_little_text_reads_as_it_was_written(text):
    shown = re.sub(r"\\(.)", r"\1", texts.little_text(text), flags=re.DOTALL)
    assert shown == text
