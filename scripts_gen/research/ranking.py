"""Which sentences of a text carry it: TF-IDF vectors and TextRank over their likeness."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scripts_gen.research.languages import language
from scripts_gen.research.sentences import words

MAX_TERMS = 3000
DAMPING = 0.85  # TextRank, Mihalcea & Tarau 2004
TWINS = 0.7  # share of common terms from which two sentences say the same


def terms(text: str, tag: str) -> list[str]:
    """What a text is about: its words without stop words, cut so that bake meets baked."""
    stop = language(tag).stop_words
    return [_stem(word) for word in map(str.lower, words(text)) if word not in stop]


def _stem(word: str) -> str:
    """A crude stem, good enough to compare: at least four letters stay."""
    if not word.isascii() or len(word) < 5:
        return word
    return re.sub(r"(?<=\w{4})(?:ing|ed|es|s|e|en|er|n)$", "", word)


def tf_idf(documents: Sequence[Sequence[str]]) -> tuple[NDArray[np.float32], dict[str, int]]:
    """Rows of unit length (or zero), one a document, and the column of each term."""
    in_documents = Counter(term for document in documents for term in set(document))
    columns = {term: n for n, (term, _) in enumerate(in_documents.most_common(MAX_TERMS))}
    matrix = np.zeros((len(documents), max(1, len(columns))), np.float32)
    for row, document in enumerate(documents):
        for term, count in Counter(document).items():
            if term in columns:
                rarity = np.log((1 + len(documents)) / (1 + in_documents[term])) + 1
                matrix[row, columns[term]] = (1 + np.log(count)) * rarity
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix / np.maximum(lengths, 1e-9), columns


def text_rank(rows: NDArray[np.float32], *, rounds: int = 30) -> NDArray[np.float32]:
    """How central each row is, (N,) in [0, 1]: 1 for the most central."""
    n = len(rows)
    if n == 0:
        return np.zeros(0, np.float32)
    likeness = rows @ rows.T
    np.fill_diagonal(likeness, 0)
    flow = likeness / np.maximum(likeness.sum(axis=1, keepdims=True), 1e-9)
    rank = np.full(n, 1 / n, np.float32)
    for _ in range(rounds):
        rank = (1 - DAMPING) / n + DAMPING * (flow.T @ rank)
    top: NDArray[np.float32] = (rank / max(float(rank.max()), 1e-9)).astype(np.float32)
    return top


def likeness_to(query: Sequence[str], documents: Sequence[Sequence[str]]) -> NDArray[np.float32]:
    """Cosine of each document with the query, (N,) in [0, 1]."""
    rows, _ = tf_idf([query, *documents])
    return np.asarray(rows[1:] @ rows[0], np.float32)


def twins(one: set[str], other: set[str]) -> bool:
    """Whether two sets of terms say the same."""
    if not one or not other:
        return one == other
    return len(one & other) / min(len(one), len(other)) >= TWINS and (
        len(one & other) / len(one | other) >= TWINS - 0.1
    )
