"""A journal at the other end of a pipe is the same journal."""

import queue

import pytest

from avatar import wire
from avatar.engine.errors import Busy, OverBudget, ResourceError
from avatar.engine.vendors.journal import Entry, FileJournal, Paid, State
from avatar.wire import PipeJournal

PAID = Paid("k" * 64, "sync:sync-3", "film", 1.0, "sync:1", 1, {"seconds": 9})


@pytest.fixture
def far(tmp_path):
    """A journal in a folder; and the same at the far end of a wire."""
    near, answers = FileJournal(tmp_path / "orders", most_usd=2.5), queue.SimpleQueue()
    return PipeJournal(lambda message: answers.put(wire.answer(near, message)), answers)


def test_an_order_goes_through_all_its_states(far, tmp_path):
    assert far.begin(PAID).state == State.RESERVED
    far.sending(PAID.key, {"key": "sent"})
    assert far.begin(PAID).handle == {"key": "sent"}
    far.placed(PAID.key, {"id": "7"})
    assert far.begin(PAID).handle == {"id": "7"}
    film = tmp_path / "film.mp4"
    film.write_bytes(b"a film")
    kept = far.done(PAID.key, film, usd=0.9, facts={"id": "7"})
    assert kept.read_bytes() == b"a film"
    assert far.begin(PAID).result == kept


def test_all_that_is_known_of_an_order_arrives(far, monkeypatch, tmp_path):
    entry = Entry(State.DONE, {"id": "7"}, tmp_path, 2.5, "https://example.org/?order=1")
    monkeypatch.setattr(FileJournal, "begin", lambda self, paid: entry)
    assert far.begin(PAID) == entry


def test_an_order_may_have_no_file(far):
    far.begin(PAID)
    assert far.done(PAID.key, None, usd=0.9, facts={}) is None


@pytest.mark.parametrize("verb", ["absent", "failed"])
def test_what_came_to_nothing_begins_anew(far, verb):
    far.begin(PAID)
    far.sending(PAID.key)
    getattr(far, verb)(PAID.key, "No face was found.")
    assert far.begin(PAID).state == State.RESERVED


def test_what_was_made_and_is_gone_begins_anew(far):
    far.begin(PAID)
    far.done(PAID.key, None, usd=0.9, facts={})
    far.lost(PAID.key, "The vendor has deleted the voice.")
    assert far.begin(PAID).state == State.RESERVED


def test_a_no_arrives_as_the_same_error(far):
    far.begin(PAID)
    with pytest.raises(OverBudget, match=r"2\.50 USD that are allowed"):
        far.begin(Paid("b" * 64, "sync:sync-3", "film", 2.0))


def test_how_long_to_wait_arrives_too(far, monkeypatch):
    def begin(self, paid):
        raise Busy("No free place.", retry_after_s=20)

    monkeypatch.setattr(FileJournal, "begin", begin)
    with pytest.raises(Busy, match="No free place") as busy:
        far.begin(PAID)
    assert busy.value.retry_after_s == 20


def test_a_full_disk_is_told_to_the_render(far, monkeypatch):
    def begin(self, paid):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileJournal, "begin", begin)
    with pytest.raises(ResourceError, match="No space left"):
        far.begin(PAID)
