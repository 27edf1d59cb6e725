"""Record keys and sessions of the AT Protocol."""

import datetime as dt
import re

from hypothesis import given
from hypothesis import strategies as st

from publishing.platforms.atproto import record_key

LETTERS = "234567abcdefghijklmnopqrstuvwxyz"


@given(st.text(max_size=40))
def test_a_record_key_is_a_tid_of_the_past(key):
    rkey = record_key(key)
    assert re.fullmatch(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}", rkey)
    number = 0
    for letter in rkey:
        number = number << 5 | LETTERS.index(letter)
    moment = dt.datetime.fromtimestamp((number >> 10) / 1e6, dt.UTC)
    assert (
        dt.datetime(2023, 1, 1, tzinfo=dt.UTC) <= moment < dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    )


def test_a_record_key_stays_the_same_and_others_differ():
    assert (
        record_key("k1") == record_key("k1") == "3masbyizqxajx"
    )  # a release that changed it would post twice
    assert len({record_key(str(n)) for n in range(2000)}) == 2000
