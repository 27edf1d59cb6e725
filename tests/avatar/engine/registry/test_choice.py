"""The first engine that can does it, and nobody is passed over in silence."""

import pytest

from avatar.engine.errors import Busy, InputError, ModelUnavailable, OutcomeUnknown, Unpaid
from avatar.engine.registry.choice import first_that_can, options_of
from avatar.engine.vendors.access import Access
from studio.lib.engines import Engine, Kind, Option

HOSTED = Engine("sync:x", Kind.PERFORMER, "Sync X", "", vendor="sync")
HERE = Engine("here", Kind.PERFORMER, "Here", "", options={"strength": Option(1.0, low=0, high=1)})
KEY = Access({"SYNC_API_KEY": "k"})


def _tried(access, act):
    said = []
    engine, _ = first_that_can([HOSTED, HERE], access, act, said.append)
    return engine.name, said


def test_one_without_a_key_is_passed_over_with_a_sentence():
    name, said = _tried(Access({}), lambda engine: None)
    assert name == "here"
    assert said == ["Sync X was passed over. Sync.so needs a key: SYNC_API_KEY is not set."]


def test_one_that_is_not_paid_is_passed_over():
    def act(engine):
        if engine is HOSTED:
            raise Unpaid("No credit.")

    assert _tried(KEY, act) == ("here", ["Sync X was passed over. No credit."])


@pytest.mark.parametrize("error", [Busy("Later."), OutcomeUnknown("Who knows.")])
def test_one_that_is_busy_or_may_have_charged_is_not(error):
    def act(engine):
        raise error

    with pytest.raises(type(error)):
        _tried(KEY, act)


def test_the_last_ones_problem_is_the_answer():
    with pytest.raises(ModelUnavailable):
        first_that_can([HOSTED], Access({}), lambda engine: None, print)


def test_an_option_goes_to_the_engine_that_has_it():
    assert options_of(HERE, [HOSTED, HERE], {"strength": 0.5}) == {"strength": 0.5}
    assert options_of(HOSTED, [HOSTED, HERE], {"strength": 0.5}) == {}
    with pytest.raises(InputError, match="there is no option speed; there are: strength"):
        options_of(HERE, [HOSTED, HERE], {"speed": 1})
    with pytest.raises(InputError, match="strength goes from 0 to 1"):
        options_of(HERE, [HERE], {"strength": 2})
