import os
import subprocess
import sys
import threading
import time

import pytest

from avatar.engine.cache import Cache, code_sha256, place, place_text


class Work:
    """A stage that counts how often it is done."""

    def __init__(self, content="done"):
        self.content, self.times = content, 0

    def __call__(self, folder):
        self.times += 1
        (folder / "result.txt").write_text(self.content)
        (folder / "more.bin").write_bytes(b"\x00" * 100)


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache")


def test_same_inputs_are_done_once(cache):
    work = Work()
    first = cache.fetch("speak", {"text": "hello", "seed": 0}, work)
    again = Cache(cache.folder).fetch("speak", {"seed": 0, "text": "hello"}, work)
    assert work.times == 1
    assert first == again
    assert again.path("result.txt").read_text() == "done"


def test_any_other_input_or_stage_is_done_anew(cache):
    work = Work()
    keys = {
        cache.fetch(stage, inputs, work).key
        for stage, inputs in [
            ("speak", {"text": "a"}),
            ("speak", {"text": "b"}),
            ("speak", {"text": "a", "seed": 0}),
            ("align", {"text": "a"}),
        ]
    }
    assert (len(keys), work.times) == (4, 4)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "result.txt").write_text("evil"),
        lambda folder: (folder / "result.txt").unlink(),
        lambda folder: (folder / "more.bin").write_bytes(b"\x00" * 60),
        lambda folder: (folder / "manifest.json").write_text("{"),
        lambda folder: (folder / "manifest.json").write_text("[]"),
        lambda folder: (folder / "manifest.json").unlink(),
    ],
)
def test_a_damaged_entry_is_made_again(cache, damage):
    work = Work()
    damage(cache.fetch("speak", {}, work).folder)
    assert cache.fetch("speak", {}, work).path("result.txt").read_text() == "done"
    assert work.times == 2


def test_a_stage_that_fails_leaves_nothing(cache):
    def fail(folder):
        (folder / "half.txt").write_text("half")
        raise KeyError("no")

    with pytest.raises(KeyError):
        cache.fetch("speak", {}, fail)
    assert list(cache.folder.iterdir()) == []


def test_a_process_killed_while_filling_leaves_no_entry(cache):
    script = (
        "import sys, time; from pathlib import Path; from avatar.engine.cache import Cache\n"
        "def slow(folder):\n"
        "    (folder / 'result.txt').write_text('half'); print('started', flush=True)\n"
        "    time.sleep(60)\n"
        "Cache(Path(sys.argv[1])).fetch('speak', {}, slow)"
    )
    command = [sys.executable, "-c", script, str(cache.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"started\n"
        process.kill()
    work = Work()
    assert cache.fetch("speak", {}, work).path("result.txt").read_text() == "done"
    assert work.times == 1

    (left,) = cache.folder.glob(".part-*")
    os.utime(left, (time.time() - 2 * 86_400,) * 2)
    Cache(cache.folder)
    assert not left.exists()


def test_two_at_once_end_with_one_whole_entry(cache):
    both_inside = threading.Barrier(2)

    def make(folder):
        both_inside.wait(timeout=10)
        (folder / "result.txt").write_text("done")

    threads = [
        threading.Thread(target=cache.fetch, args=("speak", {}, make), daemon=True)
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    (entry,) = cache.folder.iterdir()
    assert (entry / "result.txt").read_text() == "done"


def test_what_is_used_again_counts_as_used_now(cache):
    entry = cache.fetch("speak", {}, Work())
    os.utime(entry.folder, (time.time() - 10 * 86_400,) * 2)
    cache.fetch("speak", {}, Work())
    assert time.time() - entry.folder.stat().st_mtime < 60


def test_code_has_a_hash_that_knows_its_files():
    assert code_sha256("avatar.engine.timing") != code_sha256("avatar.engine.types")
    assert code_sha256("avatar.engine.captions") != code_sha256("avatar.engine.captions.ass")


def test_placing_replaces_whole_files_only(tmp_path):
    target = tmp_path / "reel.mp4"
    target.write_bytes(b"old")
    with pytest.raises(FileNotFoundError):
        place(tmp_path / "missing.mp4", target)
    with pytest.raises(UnicodeEncodeError):
        place_text("half \ud800", target)
    assert target.read_bytes() == b"old"
    place_text("new ☼", target)
    assert target.read_text(encoding="utf-8") == "new ☼"
    assert [path.name for path in tmp_path.iterdir()] == ["reel.mp4"]
