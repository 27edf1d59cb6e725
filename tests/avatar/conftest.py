"""What the tests of reels share: a script that may be made, a stand-in for the engine."""

import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from avatar import process, rendering
from tests.factories import ConsentFactory, CreatorFactory, PortraitFactory, ScriptFactory

FAKE_CHILD = Path(__file__).with_name("fake_child.py")


@pytest.fixture
def creator(db):
    """Somebody with a photo that passed its check and a consent to it."""
    creator = CreatorFactory()
    PortraitFactory(creator=creator)
    ConsentFactory(creator=creator)
    return creator


@pytest.fixture
def script(creator):
    return ScriptFactory(slot__creator=creator, approved=True)


@pytest.fixture
def engine(monkeypatch):
    """`engine("fails")` replaces the child process by fake_child.py behaving that way."""

    def behave(way: str) -> None:
        monkeypatch.setattr(process, "COMMAND", [sys.executable, str(FAKE_CHILD), way])

    monkeypatch.setattr(process, "TICK_S", 0.05)
    behave("works")
    return behave


@pytest.fixture
def stack():
    """Closes at the end of the test what a ledger opened."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def during(monkeypatch):
    """`during(3, act)` runs `act` just before the third time the worker says it is alive."""

    def arrange(nth: int, act) -> None:
        keep, calls = rendering.Hold.keep, []

        def keep_and_act(self, **changes):
            calls.append(changes)
            if len(calls) == nth:
                act()
            return keep(self, **changes)

        monkeypatch.setattr(rendering.Hold, "keep", keep_and_act)

    return arrange
