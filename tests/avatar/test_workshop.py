import os
import time

import pytest

from avatar import workshop


@pytest.fixture
def stage():
    """`stage(1, "take-aa", 100, hours=3)`: a stage of creator 1, last used 3 hours ago."""

    def make(creator_id, name, n_bytes, *, hours):
        folder = workshop.cache_dir(creator_id) / name
        folder.mkdir()
        (folder / "file").write_bytes(b"x" * n_bytes)
        used = time.time() - hours * 3600
        os.utime(folder, (used, used))
        return folder

    return make


def test_a_bench_is_gone_afterwards():
    with workshop.bench(1) as folder:
        (folder / "reel.mp4").write_bytes(b"film")
    assert not folder.exists()


def test_the_longest_unused_stages_go_first(stage):
    old, newer, newest = (
        stage(1, "take-a", 100, hours=9),
        stage(2, "take-b", 100, hours=6),
        stage(1, "take-c", 100, hours=3),
    )
    assert workshop.prune(max_bytes=250) == 100
    assert [path.exists() for path in (old, newer, newest)] == [False, True, True]


def test_what_is_old_goes_even_when_there_is_room(stage):
    old = stage(1, "take-a", 100, hours=24 * 15)
    assert workshop.prune() == 100
    assert not old.exists()


def test_what_a_render_may_be_using_stays(stage):
    fresh = stage(1, "take-a", 100, hours=1)
    assert workshop.prune(max_bytes=0) == 0
    assert fresh.exists()


def test_clearing_a_creator_leaves_the_others(stage):
    mine, other = stage(1, "take-a", 1, hours=0), stage(12, "take-a", 1, hours=0)
    assert workshop.clear(1)
    assert not workshop.clear(1)
    assert (mine.exists(), other.exists()) == (False, True)


def test_pruning_nothing_is_no_error():
    assert workshop.prune() == 0
