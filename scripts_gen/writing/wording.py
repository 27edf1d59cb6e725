"""Questions asked of words, and words made fit for another place in a sentence."""

import re
from collections.abc import Iterable
from itertools import pairwise

from scripts_gen.research.languages import MARKS
from scripts_gen.research.languages import language as known_language
from scripts_gen.research.markup import plain
from scripts_gen.writing.phrases import phrases


def contains(text: str, word: str) -> bool:
    """Whether a word or phrase occurs, as a whole and whatever its case."""
    word = word.strip()
    return bool(word) and bool(re.search(rf"(?<!\w){re.escape(word)}(?![\w{MARKS}])", text, re.I))


def is_question(title: str, tag: str) -> bool:
    """Whether a title asks, directly or in the way of "Why dough rises"."""
    listed = phrases(tag).question_words.split()
    openings = {*listed, *(f"{one} {two}" for one, two in pairwise(listed))}
    first = plain(title).lower().split()[:2]
    return title.rstrip().endswith(("?", "؟", "？")) or bool(
        {" ".join(first), *first[:1]} & openings
    )


def soften(text: str, texts: Iterable[str], tag: str) -> str:
    """Without its capital, where that is surely only the capital of a sentence's start."""
    first = text.split()[0] if text.split() else ""
    if len(first) < 2 or not first[0].isupper() or first[1:] != first[1:].lower():
        return text
    lowered = first.lower()
    common = lowered in known_language(tag).stop_words and lowered.split("'")[0] != "i"
    seen = any(re.search(rf"(?<!\w){re.escape(lowered)}(?!\w)", other) for other in texts)
    return lowered + text[len(first) :] if common or seen or lowered in IMPERATIVES else text


_IMPERATIVES = """
    add aim ask assemble bake beat bend boil book breathe bring brush build buy call change
    check choose chop clean click close combine commit cook cool copy count cover create cut
    decide delete divide do drain drink drop dry eat empty enter fill find fold follow freeze
    fry gather get give go grab grate grill grind heat hold import install invest keep knead
    lay leave let lie lift list look lower make mark measure melt mix move open order pack pay
    peel pick place plan plant pour practise preheat prepare press print pull push put raise
    read reduce remove repeat replace rest return rinse roll rub run save scrape season select
    send serve set shape sift simmer sit sleep slice soak spread sprinkle squeeze stand start
    stir stop store stretch take taste test toast top toss track train transfer try turn twist
    type use wait walk warm wash weigh whip whisk wipe wrap write
"""
IMPERATIVES = frozenset(_IMPERATIVES.split())


def as_hashtag(text: str) -> str:
    """ "Bread baking" as "BreadBaking"; one word stays in lower case."""
    parts = [re.sub(rf"[^\w{MARKS}]|_", "", part) for part in text.split()]
    parts = [part for part in parts if part]
    if len(parts) == 1:
        return parts[0].lower()
    return "".join(part[:1].upper() + part[1:] for part in parts)
