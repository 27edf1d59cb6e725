"""Whoever was passed over is not asked again by a render that comes again every minute."""

import os
import time

import pytest

from avatar.engine.errors import (
    BadResult,
    Busy,
    JobFailed,
    KeyRefused,
    ModelUnavailable,
    OverBudget,
    Refused,
    Unpaid,
)
from avatar.engine.registry.choice import first_that_can
from avatar.engine.registry.notes import Notes
from avatar.engine.speech.client import VoiceGone
from avatar.engine.vendors.access import Access
from studio.lib.engines import Engine, Kind

FIRST = Engine("sync:x", Kind.PERFORMER, "Sync X", "", vendor="sync")
SECOND = Engine("here", Kind.PERFORMER, "Here", "")


@pytest.fixture
def tried(tmp_path):
    """Ask both; the first has that problem. Returns who was asked, and what was said."""

    def ask(problem, *, key="k", asked="a film", minutes_later=0):
        for file in tmp_path.rglob("*.json"):
            then = time.time() - 60 * minutes_later
            os.utime(file, (then, then))
        names, said = [], []

        def act(engine):
            names.append(engine.name)
            if engine is FIRST and problem is not None:
                raise problem

        access = Access({"SYNC_API_KEY": key})
        first_that_can([FIRST, SECOND], access, act, said.append, Notes(tmp_path, asked))
        return names, said

    return ask


@pytest.mark.parametrize(
    "error",
    [BadResult("Silent."), JobFailed("Broke."), Refused("No."), KeyRefused("No."), Unpaid("No."),
     VoiceGone("Gone.")],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_it_is_asked_once_and_the_reason_is_said_each_time(tried, error):
    first = tried(error)
    assert first == (["sync:x", "here"], [f"Sync X was passed over. {error}"])
    assert tried(None, minutes_later=8) == (["here"], first[1])
    assert tried(None, minutes_later=8) == (["here"], first[1])  # while it is asked, it lasts


def test_later_it_may_show_that_it_can(tried):
    tried(Unpaid("No credit."))
    assert tried(None, minutes_later=11)[0] == ["sync:x"]


def test_what_may_have_been_charged_for_is_left_alone_for_longer(tried):
    tried(JobFailed("Broke."))
    assert tried(None, minutes_later=50)[0] == ["here"]
    assert tried(None, minutes_later=70)[0] == ["sync:x"]


def test_another_key_and_another_thing_are_asked_for_at_once(tried):
    tried(KeyRefused("No."))
    assert tried(None, key="another")[0] == ["sync:x"]
    assert tried(None, asked="another film")[0] == ["sync:x"]


@pytest.mark.parametrize("error", [OverBudget("Too dear."), ModelUnavailable("Not installed.")])
def test_what_a_person_here_can_mend_is_looked_up_each_time(tried, error):
    tried(error)
    assert tried(None)[0] == ["sync:x"]


def test_the_last_one_is_always_asked(tmp_path):
    notes = Notes(tmp_path, "a film")
    for _ in range(2):
        with pytest.raises(Refused):
            first_that_can([SECOND], Access({}), _refusing, print, notes)


def _refusing(engine):
    raise Refused("No.")


def test_one_that_is_busy_is_asked_again(tried):
    with pytest.raises(Busy):
        tried(Busy("Later."))
    assert tried(None)[0] == ["sync:x"]


def test_a_note_that_cannot_be_read_is_none(tried, tmp_path):
    tried(Refused("No."))
    for file in tmp_path.rglob("*.json"):
        file.write_text("[]")
    assert tried(None)[0] == ["sync:x"]
