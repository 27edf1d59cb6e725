"""An upload in parts that breaks off: the next worker sends what is missing, not all of it."""

import json

import pytest

from publishing.platforms import errors, platform
from publishing.platforms.base import Begun, Text
from publishing.platforms.http import Slice
from tests.publishing.platforms.stages import connected
from tests.publishing.platforms.test_conformance import commit, processed
from tests.sandboxes import media_of

pytestmark = pytest.mark.enable_socket
KEY = "0123456789abcdef"
TEXT = Text("Words #one", title="Why?")
MB = 2**20
SIZE, CUT = 21 * MB + 1234, 13 * MB
LARGEST_PART = 8 * MB
# What a part of an upload is sent with.
UPLOADS = {
    "youtube": {"method": "PUT"},
    "tiktok": {"method": "PUT"},
    "linkedin": {"method": "PUT"},
    "x": {"path": "append"},
    "facebook": {"path": "video-upload"},
    "instagram_facebook": {"path": "ig-api-upload"},
}
NAMES = sorted(UPLOADS)


class Killed(BaseException):
    """A worker that is gone in the middle of a call."""


class Wire:
    """What left this machine of the video; breaks off after `cut` bytes."""

    def __init__(self, monkeypatch):
        self.sent, self.cut, read = 0, None, Slice.read
        monkeypatch.setattr(Slice, "read", lambda part, size=-1: self.count(read(part, size)))

    def count(self, block):
        self.sent += len(block)
        if self.cut is not None and self.sent > self.cut:
            raise Killed
        return block


class Kept:
    """The database's place of what is saved."""

    def __init__(self):
        self.handle = {}

    def begun(self):
        return Begun(self.handle, self.keep)

    def keep(self, handle):
        self.handle = json.loads(json.dumps(handle))


@pytest.fixture
def large(film):
    with film.open("ab") as out:
        out.truncate(SIZE)
    return media_of(film)


@pytest.fixture
def wire(monkeypatch):
    return Wire(monkeypatch)


@pytest.fixture
def worker(sandbox, tmp_path):
    """A client of its own, as each worker makes one."""
    sandbox.set_rule("tiktok.polls_until_public_id", 0)
    return lambda name: platform(name)(connected(name, sandbox, tmp_path))


def killed(name, worker, large, wire, kept):
    wire.cut = CUT
    with pytest.raises(Killed):
        worker(name).prepare(KEY, large, TEXT, kept.begun())
    wire.sent, wire.cut = 0, None


def cut(name, worker, large, sandbox, kept):
    """The line breaks in the second part and ever after, or in the middle of the only one."""
    skip = 0 if name in ("facebook", "instagram_facebook") else 1
    sandbox.fault("close_midway", times=None, skip=skip, **UPLOADS[name])
    with pytest.raises(errors.Transient):
        worker(name).prepare(KEY, large, TEXT, kept.begun())
    assert kept.handle
    sandbox.faults.clear()


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_worker_costs_one_part(name, worker, large, wire, sandbox):
    kept = Kept()
    killed(name, worker, large, wire, kept)
    assert kept.handle
    client = worker(name)
    handle = json.loads(json.dumps(client.prepare(KEY, large, TEXT, kept.begun())))
    assert wire.sent <= SIZE - CUT + LARGEST_PART
    commit(client, KEY, processed(client, handle), large)
    [post] = sandbox.posts()
    assert post["media_sha256"] == large.sha256


@pytest.mark.parametrize("name", NAMES)
def test_a_line_that_breaks_and_breaks_is_gone_on_with(name, worker, large, wire, sandbox):
    kept = Kept()
    cut(name, worker, large, sandbox, kept)
    wire.sent = 0
    client = worker(name)
    handle = json.loads(json.dumps(client.prepare(KEY, large, TEXT, kept.begun())))
    assert wire.sent < SIZE - 3 * MB
    commit(client, KEY, processed(client, handle), large)
    [post] = sandbox.posts()
    assert post["media_sha256"] == large.sha256


@pytest.mark.parametrize("name", NAMES)
def test_an_upload_that_the_platform_forgot_is_said_to_be_gone(name, worker, large, sandbox):
    kept = Kept()
    cut(name, worker, large, sandbox, kept)
    sandbox.reset()
    client = worker(name)
    with pytest.raises(errors.HandleExpired):
        client.prepare(KEY, large, TEXT, kept.begun())
    client.discard(KEY, kept.handle)
    assert client.prepare(KEY, large, TEXT, Begun({}, kept.keep))


@pytest.mark.parametrize("name", ["x", "linkedin"])
def test_an_upload_that_was_finished_unheard_is_not_finished_twice(name, worker, large, sandbox):
    """The worker died between the platform's last answer and the database."""
    kept = Kept()
    worker(name).prepare(KEY, large, TEXT, kept.begun())
    client = worker(name)
    try:
        handle = client.prepare(KEY, large, TEXT, kept.begun())
    except errors.HandleExpired:
        handle = client.prepare(KEY, large, TEXT)
    commit(client, KEY, processed(client, handle), large)
    assert len(sandbox.posts()) == 1


def test_a_draft_that_is_left_for_nobody_is_taken_back(worker, large, sandbox):
    sandbox.fault("close_before", platform="tiktok", method="PUT", times=None)
    with pytest.raises(errors.Transient):
        worker("tiktok").prepare(KEY, large, TEXT)
    assert [task["state"] for task in sandbox.of("tiktok").find("task")] == ["cancelled"]


def test_a_draft_that_is_kept_is_not_taken_back(worker, large, sandbox):
    kept = Kept()
    sandbox.fault("close_before", platform="tiktok", method="PUT", times=None)
    with pytest.raises(errors.Transient):
        worker("tiktok").prepare(KEY, large, TEXT, kept.begun())
    assert [task["state"] for task in sandbox.of("tiktok").find("task")] != ["cancelled"]
    worker("tiktok").discard(KEY, kept.handle)
    assert [task["state"] for task in sandbox.of("tiktok").find("task")] == ["cancelled"]
