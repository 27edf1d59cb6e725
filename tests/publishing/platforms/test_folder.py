import datetime as dt
import errno
import hashlib
import json
import os
from pathlib import Path

import pytest

from publishing.platforms import errors, folder
from publishing.platforms.base import Absent, Connection, Media, Published, Text, Unclear
from publishing.platforms.folder import FolderPlatform

KEY = "0123456789abcdef"
NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def media(tmp_path) -> Media:
    files = {}
    for name, words in (
        ("v.mp4", b"film"),
        ("c.jpg", b"jpeg"),
        ("s.srt", b"1\n"),
        ("s.vtt", b"WEBVTT\n"),
    ):
        files[name] = tmp_path / name
        files[name].write_bytes(words)
    return Media(
        video=files["v.mp4"],
        duration_ms=9000,
        width=1080,
        height=1920,
        size_bytes=4,
        sha256=hashlib.sha256(b"film").hexdigest(),
        cover=files["c.jpg"],
        subtitles=(files["s.srt"], files["s.vtt"]),
    )


TEXT = Text("Déjà vu? #bread", title="Why? Sourdough/rises …", day=dt.date(2026, 12, 1))


@pytest.fixture
def root(tmp_path) -> Path:
    return tmp_path / "posted" / "alice"


@pytest.fixture
def client(root):
    return FolderPlatform(Connection(str(root)))


def names(folder_: Path) -> list[str]:
    return sorted(path.name for path in folder_.iterdir())


def test_a_post_is_one_dated_folder_with_everything_in_it(client, media, root):
    handle = client.prepare(KEY, media, TEXT)
    assert [name for name in names(root) if not name.startswith(".")] == []
    result = client.commit(KEY, client.check(handle))
    assert names(root) == [f"2026-12-01_why-sourdough-rises_{KEY}"]
    post = root / result.external_id
    assert names(post) == [
        "caption.txt",
        "cover.jpg",
        "receipt.json",
        "reel.mp4",
        "reel.srt",
        "reel.vtt",
    ]
    assert (post / "reel.mp4").read_bytes() == b"film"
    assert (post / "caption.txt").read_text(encoding="utf-8") == "Déjà vu? #bread\n"
    receipt = json.loads((post / "receipt.json").read_text(encoding="utf-8"))
    assert receipt["post"] == KEY
    assert receipt["caption"] == "Déjà vu? #bread"
    assert receipt["ai_generated"] is True
    assert receipt["video_sha256"] == media.sha256
    assert dt.datetime.fromisoformat(receipt["published_at"]).tzinfo is not None
    assert result.permalink == client.permalink(result.external_id) == post.as_uri()


def test_a_title_that_no_file_system_takes_is_left_out(client, media):
    assert client.prepare(KEY, media, Text("", title="日本語 /..")) == client.prepare(
        KEY, media, Text("", title="")
    )


def test_committing_again_makes_no_second_post(client, media, root):
    handle = client.prepare(KEY, media, TEXT)
    first = client.commit(KEY, handle)
    assert client.commit(KEY, handle) == first
    client.prepare(KEY, media, TEXT)  # a worker that came late prepares once more
    assert client.commit(KEY, handle) == first
    assert len([name for name in names(root) if not name.startswith(".")]) == 1


def test_preparing_again_replaces_what_a_killed_worker_left(client, media, root):
    (root / f".{KEY}").mkdir(parents=True)
    (root / f".{KEY}" / "half").write_text("x")
    client.commit(KEY, client.prepare(KEY, media, TEXT))
    assert "half" not in names(next(root.iterdir()))


def test_reconcile_finds_it_with_and_without_a_handle(client, media):
    handle = client.prepare(KEY, media, TEXT)
    assert client.reconcile(KEY, handle, NOW) == Absent()
    result = client.commit(KEY, handle)
    assert client.reconcile(KEY, handle, NOW) == result
    assert client.reconcile(KEY, {}, NOW) == result


def test_reconcile_cannot_tell_when_the_folder_is_not_there(client):
    """A network drive that is not mounted proves nothing."""
    found = client.reconcile(KEY, {"folder": "x"}, NOW)
    assert isinstance(found, Unclear)
    assert "cannot be reached" in found.why


def test_another_posts_folder_is_not_taken_for_this_one(client, media, root):
    handle = client.prepare(KEY, media, TEXT)
    taken = root / handle["folder"]
    taken.mkdir()
    (taken / "receipt.json").write_text('{"post": "somebody else"}')
    with pytest.raises(errors.Rejected, match="taken by something else"):
        client.commit(KEY, handle)
    assert client.reconcile(KEY, handle, NOW) == Absent()


def test_a_worker_killed_before_the_rename_has_posted_nothing(client, media, monkeypatch):
    handle = client.prepare(KEY, media, TEXT)
    with monkeypatch.context() as patch:

        def killed(self, target):
            raise KeyboardInterrupt

        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            client.commit(KEY, handle)
    assert client.reconcile(KEY, handle, NOW) == Absent()
    assert isinstance(client.commit(KEY, handle), Published)


def test_a_staging_folder_that_vanished_is_prepared_anew(client, media, root):
    handle = client.prepare(KEY, media, TEXT)
    client.discard(KEY, handle)
    assert names(root) == []
    with pytest.raises(errors.HandleExpired):
        client.commit(KEY, handle)


def test_discard_leaves_what_is_live(client, media, root):
    handle = client.prepare(KEY, media, TEXT)
    client.commit(KEY, handle)
    client.discard(KEY, handle)
    assert isinstance(client.reconcile(KEY, handle, NOW), Published)


def test_a_full_disk_is_said_and_leaves_nothing(client, media, root, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(folder.shutil, "copyfileobj", full)
    with pytest.raises(errors.NotSent, match=r"disk is full; nothing was posted"):
        client.prepare(KEY, media, TEXT)
    assert names(root) == []


def test_a_folder_that_cannot_be_written_is_said(media, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    client = FolderPlatform(Connection(str(tmp_path / "file" / "posts")))
    with pytest.raises(errors.NotSent, match="could not be written"):
        client.prepare(KEY, media, TEXT)


def test_a_rename_that_fails_leaves_the_outcome_open(client, media, monkeypatch):
    handle = client.prepare(KEY, media, TEXT)

    def gone(self, target):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "rename", gone)
    with pytest.raises(errors.OutcomeUnknown):
        client.commit(KEY, handle)
