"""What the mouth does for each sound."""

import pytest

from avatar.engine.lips.visemes import MOUTH, TARGETS, is_vowel, targets_of


def jaw(phone):
    return targets_of(phone)[0].goal["jaw"]


def test_open_vowels_open_more_than_close_ones():
    assert jaw("iː") < jaw("e") < jaw("ɛ") < jaw("a")


def test_rounded_vowels_pucker_and_spread_ones_do_not():
    assert targets_of("uː")[0].goal["pucker"] > 0.8
    assert targets_of("iː")[0].goal["pucker"] == 0
    assert targets_of("iː")[0].goal["wide"] > 0.5


@pytest.mark.parametrize("phone", ["p", "b", "m", "pʰ", "mʲ", "ɓ"])
def test_bilabials_close_whatever_their_marks(phone):
    assert targets_of(phone)[0].closes


@pytest.mark.parametrize("phone", ["s", "t", "n", "l", "k", "ʃ", "θ"])
def test_consonants_made_behind_the_lips_leave_them_apart_though_the_teeth_are_near(phone):
    goal = targets_of(phone)[0].goal
    assert goal["jaw"] < jaw("a") / 1.5
    assert goal["jaw"] + 0.3 * (goal["upper"] + goal["lower"]) > 0.35


@pytest.mark.parametrize("phone", ["w", "ɹ", "uː", "f", "v", "m"])
def test_labial_and_rounded_sounds_close_them(phone):
    goal = targets_of(phone)[0].goal
    assert goal.get("jaw", 0) + 0.3 * (goal.get("upper", 0) + goal.get("lower", 0)) < 0.25


@pytest.mark.parametrize("phone", ["aɪ", "oʊ", "tʃ", "dʒ", "ts"])
def test_diphthongs_and_affricates_pass_through_two_targets(phone):
    assert len(targets_of(phone)) == 2


@pytest.mark.parametrize("phone", ["ɑ5", "i̯", "ã", "yː"])
def test_tone_length_and_nasal_marks_are_skipped(phone):
    assert len(targets_of(phone)) == 1
    assert is_vowel(phone)


def test_an_unknown_sign_is_a_breath_and_not_an_error():
    assert targets_of("☃") == [TARGETS["h"]]


def test_every_target_names_only_parts_that_exist():
    for target in TARGETS.values():
        assert {*target.goal, *target.insist} <= set(MOUTH)
        assert all(0 <= value <= 1 for value in target.goal.values())
