"""Where sentences end, in several languages, and how they hang together in a note."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from scripts_gen.research.languages import MARKS, Language, language
from scripts_gen.research.markup import HOLE, Block, BlockKind, blocks, ends_itself

MIN_WORDS, MAX_WORDS = 3, 40  # shorter says nothing, longer cannot be followed by ear
MAX_LIST_WORDS = 60  # a list that is only true as a whole must also fit as a whole
_CLOSERS = "\"'”’»)\\]」』"
_END = re.compile(rf"([.!?…]+)([{_CLOSERS}]*)(\s+)|([。！？]+[」』”]*|[؟।۔]+)\s*")
# For want of spaces Thai is cut at its marks.
_JOINING = re.sub("[\u0e00-\u0eff]", "", MARKS)
_WORD = rf"[^\W\d_](?:[^\W\d_]|[{_JOINING}])*"
_TOKEN = re.compile(rf"{_WORD}(?:['’\-]{_WORD})*|\d+(?:[.,:]\d+)*")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LAST_WORDS = """
    etc usw ecc enz std min max oz lb lbs tbsp tsp ft inc ltd co corp el tl mio mrd am pm
    a.m p.m u.s u.k
"""
_MAY_END = frozenset(_LAST_WORDS.split())  # abbreviations that also stand last in a sentence
_EXPLETIVE = re.compile(
    r"it(?:'s| is| was| takes| took) (?:\w+ ){0,4}?(?:to|that|for)\b", re.I
)  # "It takes an hour to": nothing is meant by "it"

_BARE_THAT = re.compile(
    r"(?:\w+ ){1,2}that(?= by| with| for| in| on| to| from| into| every|[.,;:!])"
)


@dataclass(frozen=True)
class Sentence:
    """One sentence of a note.

    position: running number in the note, dropped sentences included, so that neighbours are 1
    apart.
    follows: leans on the sentence before it; leads: promises the one after it.
    step: number in an ordered list, 0 outside.
    """

    text: str
    quote: str
    position: int
    paragraph: int
    kind: BlockKind
    follows: bool = False
    leads: bool = False
    step: int = 0


def words(text: str) -> list[str]:
    """Words and numbers as written; a sign of Chinese, Japanese or Korean is a word."""
    found: list[str] = []
    for token in _TOKEN.findall(text):
        if _CJK.search(token):
            found.extend(token)
        else:
            found.append(token)
    return found


def split(text: str, tag: str = "en") -> list[str]:
    """The sentences of one paragraph, signs included, in their order."""
    known, start, found = language(tag), 0, []
    for match in _END.finditer(text):
        if match.group(1) and not _is_end(text, start, match, known):
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def _is_end(text: str, start: int, match: re.Match[str], known: Language) -> bool:
    after = text[match.end() : match.end() + 40]
    following = next(iter(re.findall(r"\w[\w'’]*", after)), "")
    first_sign = after.lstrip("\"'“‘«„¿¡([")[:1]
    if first_sign.islower():
        return False
    if match.group(1) != ".":
        return True
    before = text[start : match.start()].split()
    last = before[-1].lstrip("(\"'“‘«„[") if before else ""
    starts_fresh = following.lower() in known.stop_words and first_sign.isupper()
    if re.fullmatch(r"\d{1,2}", last):  # "am 3. Mai", and "1." before an item
        return not (len(before) == 1 or before[-2].lower() in known.before_ordinal)
    if re.fullmatch(r"(?:[^\W\d_]\.)+[^\W\d_]", last) or re.fullmatch(r"[^\W\d_]", last):
        never = known.abbreviations - _MAY_END
        return starts_fresh and last.lower() not in never  # "U.S. The", "J. Smith"
    if last.lower().rstrip(".") in known.abbreviations:
        return last.lower() in _MAY_END and starts_fresh
    return True


def sentences(text: str, tag: str = "en") -> list[Sentence]:
    """The sentences of a note that can be said; gaps in the positions are what cannot."""
    known = language(tag)
    position, found = 0, []
    for paragraph, group in enumerate(_groups(blocks(text), tag)):
        for sentence in group:
            checked = _speakable(sentence, known)
            if checked:
                found.append(replace(checked, position=position, paragraph=paragraph))
            position += 1
        position += (
            not group
        )  # a heading, or a paragraph of nothing: what is around it is no neighbour
    return [_with_references(sentence, known) for sentence in found]


def _groups(found: list[Block], tag: str) -> Iterator[list[Sentence]]:
    """Paragraphs and whole lists, each with what introduces it."""
    lead, heading = "", ""
    runs = [
        (kind, [block.text for block in run]) for kind, run in groupby(found, lambda b: b.kind)
    ]
    for index, (kind, texts) in enumerate(runs):
        if kind == "heading":
            heading, lead = texts[-1], texts[-1] if texts[-1].endswith(":") else ""
            yield []
        elif kind == "paragraph":
            introduces = index + 1 < len(runs) and runs[index + 1][0] in ("bullet", "step")
            for number, text in enumerate(texts):
                parts = _split_long(split(text, tag))
                if introduces and number == len(texts) - 1 and parts and parts[-1].endswith(":"):
                    lead = parts.pop()
                yield [_sentence(part, "paragraph") for part in parts]
        else:
            yield _list(kind, texts, lead, heading, tag)
            lead = ""


def _list(kind: BlockKind, items: list[str], lead: str, heading: str, tag: str) -> list[Sentence]:
    if all(_is_fragment(item) for item in items):
        return _joined_list(items, lead or (f"{heading}:" if heading else ""), tag)
    result: list[Sentence] = []
    total = sum(len(words(item)) for item in [lead, *items])
    whole = bool(lead) and total <= MAX_LIST_WORDS
    if whole:
        result.append(replace(_sentence(lead, kind), leads=True))
    for number, item in enumerate(items, 1):
        for part, text in enumerate(_split_long(split(item, tag))):
            leans = part > 0 or whole or (kind == "step" and number > 1)
            promises = whole and number < len(items)
            sentence = _sentence(text, kind)
            step = number if kind == "step" and part == 0 else 0
            result.append(replace(sentence, follows=leans, leads=promises, step=step))
    return result


def _joined_list(items: list[str], lead: str, tag: str) -> list[Sentence]:
    """Flour, water and salt are one sentence, and only with what they are the list of."""
    known = language(tag)
    if not lead or not known.conjunction or len(items) < 2:
        return []
    bare = [item.rstrip(".,;") for item in items]
    text = f"{lead} {', '.join(bare[:-1])} {known.conjunction} {bare[-1]}."
    return [
        Sentence(
            text=text, quote=f"{lead} {' / '.join(items)}", position=0, paragraph=0, kind="bullet"
        )
    ]


def _is_fragment(item: str) -> bool:
    count = len(words(item))
    return not re.search(r"[.!?…]$", item) and (count <= 4 or (item[:1].isdigit() and count <= 8))


def _split_long(parts: list[str]) -> list[str]:
    """A semicolon joins what can also stand alone; by ear two short sentences are better."""
    result: list[str] = []
    for part in parts:
        halves = part.split("; ")
        if len(halves) > 1 and all(len(words(half)) >= 4 for half in halves):
            result.extend(f"{half.rstrip('.;')}." for half in halves[:-1])
            result.append(halves[-1])
        else:
            result.append(part)
    return result


def _sentence(text: str, kind: BlockKind) -> Sentence:
    return Sentence(text=_finished(text), quote=text, position=0, paragraph=0, kind=kind)


def _finished(text: str) -> str:
    """With a capital and an end, as a sentence has them."""
    text = re.sub(r"\s+([.,])", r"\1", " ".join(text.split()))
    first = re.search(r"[^\W_]", text)
    if first and first.start() <= 2 and not _is_brand(text[first.start() :]):
        text = text[: first.start()] + text[first.start()].upper() + text[first.start() + 1 :]
    if re.search(r"[,;–—-]$", text):
        text = text.rstrip(" ,;–—-")
    if ends_itself(text):
        return text
    return f"{text}。" if _CJK.search(text[-1:]) else f"{text}."


def _is_brand(text: str) -> bool:
    return bool(re.match(r"[a-z]+[A-Z]|[a-z]\d|[a-z]\)", text))  # iPhone, x86


_CODE = re.compile(r"[{}<>\\|]|=\S|\S=|\(\)|\[\]|\w_\w")


def _speakable(sentence: Sentence, known: Language) -> Sentence | None:
    text = sentence.text
    if HOLE in text or _BOILERPLATE.search(text) or _CODE.search(text) or not _balanced(text):
        return None
    count = len(words(text))
    if count > MAX_WORDS * (2 if _CJK.search(text) else 1):
        return None
    completes = sentence.step or text.endswith("?") or leans_back(text, known)
    if count < (2 if completes else MIN_WORDS):
        return None
    letters = [sign for sign in text if sign.isalpha()]
    if len(letters) < 0.5 * len(text.replace(" ", "")):
        return None  # a row of numbers or signs
    if text.endswith(":"):
        return sentence if sentence.leads else None
    return replace(sentence, leads=sentence.leads or text.endswith(("?", "؟", "？")))


_BOILERPLATE = re.compile(
    r"\b(cookies?|newsletter|subscribe|sign up|log ?in|click here|read more|share this|"
    r"all rights reserved|privacy policy|terms of (use|service)|advertisement|sponsored|"
    r"affiliate|photo(graph)? (by|:)|image credit|related articles?|leave a comment|"
    r"(in|of) this (article|post|guide|chapter)|(figure|fig\.|table) \d|"
    r"as (mentioned|described|shown) (above|below|earlier)|see (above|below)|the following|"
    r"table of contents|last updated|posted (on|by)|minutes? read|abonnieren|weiterlesen|"
    r"alle rechte|lire la suite|tous droits|leer más|todos los derechos|leggi anche)\b|©",
    re.I,
)


def _balanced(text: str) -> bool:
    """Half a quotation or half a bracket is half a thought."""
    pairs = (("(", ")"), ("“", "”"), ("«", "»"), ("[", "]"))
    return text.count('"') % 2 == 0 and all(
        text.count(opening) == text.count(closing) for opening, closing in pairs
    )


def _with_references(sentence: Sentence, known: Language) -> Sentence:
    return replace(sentence, follows=True) if leans_back(sentence.text, known) else sentence


def leans_back(text: str, known: Language) -> bool:
    """Whether the sentence means something only after another one: "It does.", "Feed them
    daily.".
    """
    plain = text.lower().replace("’", "'").lstrip("\"'“«(¿¡ ")
    if _EXPLETIVE.match(plain):
        return False
    for phrase in known.back_references:
        if plain.startswith(phrase) and not plain[len(phrase) : len(phrase) + 1].isalnum():
            return plain[len(phrase) : len(phrase) + 1] != "'" or "'" in phrase
    if _BARE_THAT.match(plain):
        return True
    named = 0
    for word in words(plain):
        if word in known.pronouns:
            return named < 3
        named += word not in known.stop_words
    return False
