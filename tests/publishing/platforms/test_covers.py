"""A cover that is no picture, or that nobody takes, never costs a post."""

import dataclasses
import datetime as dt

import pytest

from publishing.platforms import platform
from publishing.platforms.base import SAID, Accepted, Text
from publishing.platforms.errors import NotReady
from tests.publishing.platforms.stages import connected
from tests.publishing.platforms.test_faults import HOSTED
from tests.sandboxes import hosting

pytestmark = pytest.mark.enable_socket
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
KEY = "0123456789abcdef"
TEXT = Text("With a cover", title="With a cover")
# Where a cover has a call of its own.
CALLS = {"facebook": "thumbnails", "linkedin": "/thumbnail", "youtube": "thumbnails/set"}


@pytest.fixture
def covered(media, tmp_path):
    """That film with a cover that is none, also at an address."""
    folder = tmp_path / "cover"
    folder.mkdir()
    cover = folder / "cover.jpg"
    cover.write_bytes(b"This is not a picture.")
    with hosting(folder) as url:
        yield dataclasses.replace(media, cover=cover, cover_url=f"{url}/cover.jpg")


def post(name, sandbox, media, folder):
    sandbox.set_rule("threads.wait_s", 0)
    client = platform(name)(connected(name, sandbox, folder))
    handle = client.prepare(KEY, media, TEXT)
    for _ in range(6):
        try:
            handle = client.check(handle)
            break
        except NotReady:
            continue
    sends = client.capabilities.commit_sends_video
    sending = handle | ({"video": str(media.video)} if sends else {})
    if isinstance(client.commit(KEY, sending), Accepted):
        for _ in range(6):
            try:
                client.reconcile(KEY, handle, LONG_AGO)
                break
            except NotReady:
                continue
    return sandbox.posts(hidden=True)


@pytest.mark.parametrize("name", HOSTED)
def test_a_cover_that_is_no_picture_is_left_out(name, sandbox, covered, tmp_path):
    (shown,) = post(name, sandbox, covered, tmp_path)
    assert shown["media_sha256"] == covered.sha256


@pytest.mark.parametrize("kind", ["status", "close_before", "html"])
@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_cover_that_is_refused_is_left_out(name, kind, sandbox, covered, tmp_path):
    covered.cover.write_bytes(b"\xff\xd8\xff\xe0")
    status = 403 if kind == "status" else 500
    sandbox.fault(kind, platform=name, path=CALLS[name], status=status)
    (shown,) = post(name, sandbox, covered, tmp_path)
    assert shown["media_sha256"] == covered.sha256


@pytest.mark.parametrize("name", [*sorted(CALLS), "mastodon"])
def test_that_the_cover_was_left_out_is_said(name, sandbox, covered, tmp_path):
    sandbox.fault("status", platform=name, path=CALLS.get(name, "nowhere"), status=403)
    client = platform(name)(connected(name, sandbox, tmp_path))
    said = client.prepare(KEY, covered, TEXT)[SAID]
    assert "did not take the cover, so the" in said
    assert not client.prepare(KEY, dataclasses.replace(covered, cover=None), TEXT).get(SAID)


def test_a_cover_too_large_for_youtube_is_said(sandbox, covered, tmp_path):
    with covered.cover.open("ab") as out:
        out.truncate(2 * 2**20 + 1)
    client = platform("youtube")(connected("youtube", sandbox, tmp_path))
    assert "covers of up to 2 MB" in client.prepare(KEY, covered, TEXT)[SAID]
