import numpy as np

from scripts_gen.research import ranking


def test_rows_have_unit_length_and_empty_ones_none():
    rows, columns = ranking.tf_idf([["yeast", "gas"], [], ["yeast"]])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 0, 1], atol=1e-6)
    assert set(columns) == {"yeast", "gas"}


def test_the_sentence_most_others_resemble_is_central():
    rows, _ = ranking.tf_idf([["yeast", "gas"], ["gas", "dough"], ["dough", "oven"], ["cats"]])
    rank = ranking.text_rank(rows)
    assert rank.argmin() == 3
    assert rank.max() == 1


def test_ranking_nothing_is_nothing():
    assert ranking.text_rank(np.zeros((0, 1), np.float32)).shape == (0,)


def test_forms_of_a_word_meet():
    assert len(set(ranking.terms("kneading kneads kneaded", "en"))) == 1


def test_twins_say_the_same():
    assert ranking.twins({"warm", "water", "yeast"}, {"warm", "water", "yeast", "wake"})
    assert not ranking.twins({"warm", "water"}, {"cold", "water"})
    assert not ranking.twins(set(), {"water"})
