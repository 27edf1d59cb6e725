"""An order among a vendor's jobs: only what is certain counts."""

import datetime as dt

import pytest

from avatar.engine.vendors.listing import Row, found_among
from avatar.engine.vendors.orders import NOT_THERE, Sent

MINE = {"video": "https://files/1", "audio": "https://files/2"}
SENT = Sent("key", MINE, since_s=300)


NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def now(monkeypatch):
    """Rows are made when tests are collected, which may be long before."""
    monkeypatch.setattr("time.time", NOW.timestamp)


def ago(seconds):
    return (NOW - dt.timedelta(seconds=seconds)).isoformat()


LATER = Row("later", {"video": "https://files/9"}, ago(60))
BEFORE = Row("before", {"video": "https://files/0"}, ago(3600))


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([LATER, Row("mine", MINE, ago(299)), BEFORE], {"id": "mine"}),
        ([LATER, BEFORE, None], NOT_THERE),  # the list reaches back far enough
        ([LATER], NOT_THERE),  # there are no others at all
        ([], NOT_THERE),
        ([LATER, None], None),  # there are more, and nobody looked
        ([Row("hidden", None, ago(290)), BEFORE], None),  # what went in is not shown
        ([Row("removed", {}, ago(290)), BEFORE], None),
        ([Row("when", {"video": "x"}, "yesterday"), None], None),
    ],
)
def test_the_order_is_there_is_not_or_nobody_can_tell(rows, found):
    assert found_among(rows, SENT) == found


def test_a_job_of_the_same_model_with_other_files_is_somebody_elses():
    other = {**MINE, "audio": "https://files/3"}
    assert found_among([Row("other", other, ago(299)), BEFORE], SENT) == NOT_THERE
