"""Serving parts of stored files, and putting files away whole or not at all."""

import datetime as dt
import errno
import shutil
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.http import Http404
from django.test import RequestFactory
from django.utils.http import http_date

from creators.models import Portrait
from studio.lib.files import local_path, serve_file, store_file
from studio.lib.sniff import sniff, sound_type

pytestmark = pytest.mark.django_db  # a response that is closed looks after the connection

CONTENT = bytes(range(256)) * 10


class Shelf(Storage):
    """A store without paths, like S3."""

    def __init__(self):
        self.kept = {}

    def _open(self, name, mode="rb"):
        return BytesIO(self.kept[name])

    def _save(self, name, content):
        self.kept[name] = content.read()
        return name

    def exists(self, name):
        return name in self.kept

    def url(self, name):
        return f"https://shelf.example/{name}?signature=1"


@pytest.fixture
def image():
    """A file field with CONTENT in it; no database row is needed."""
    portrait = Portrait()
    portrait.image.save("x.jpg", ContentFile(CONTENT), save=False)
    return portrait.image


@pytest.fixture
def remote(monkeypatch):
    monkeypatch.setattr(Portrait.image.field, "storage", Shelf())
    portrait = Portrait()
    portrait.image.save("x.jpg", ContentFile(CONTENT), save=False)
    return portrait.image


def get(image, method="get", filename=None, **headers):
    request = getattr(RequestFactory(), method)("/", headers=headers)
    return serve_file(request, image, content_type="image/jpeg", filename=filename)


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def test_the_whole_file_comes_with_what_a_browser_must_know(image):
    response = get(image)
    assert response.status_code == 200
    assert body(response) == CONTENT
    assert response["Content-Length"] == str(len(CONTENT))
    assert response["Content-Type"] == "image/jpeg"
    assert response["Accept-Ranges"] == "bytes"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-cache"
    assert "attachment" not in response.get("Content-Disposition", "")
    response.close()


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=2000-", 2000, 2560),
        ("bytes=-60", 2500, 2560),
        ("bytes=-99999", 0, 2560),
        ("bytes=2500-99999", 2500, 2560),
    ],
)
def test_a_part_is_served(image, asked, start, stop):
    response = get(image, Range=asked)
    assert body(response) == CONTENT[start:stop]
    assert response["Content-Length"] == str(stop - start)
    whole = (start, stop) == (0, len(CONTENT))
    assert response.status_code == (200 if whole else 206)
    if not whole:
        assert response["Content-Range"] == f"bytes {start}-{stop - 1}/2560"
    response.close()


@pytest.mark.parametrize("asked", ["bytes=2560-", "bytes=9999-10000", "bytes=-0"])
def test_beyond_the_end_is_416(image, asked):
    response = get(image, Range=asked)
    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */2560"


@pytest.mark.parametrize(
    "asked",
    [
        *("bytes=5-2", "bytes=-", "lines=1-2", "bytes=0-1,5-6", "bytes=a-b", "bytes=١-٢"),
        f"bytes={'9' * 5000}-",  # more digits than int() reads
    ],
)
def test_an_unclear_range_gets_everything(image, asked):
    response = get(image, Range=asked)
    assert response.status_code == 200
    assert body(response) == CONTENT
    response.close()


def test_a_part_of_another_version_is_never_mixed_in(image):
    first = get(image)
    first.close()
    same = get(image, Range="bytes=0-9", **{"If-Range": first["ETag"]})
    by_date = get(image, Range="bytes=0-9", **{"If-Range": first["Last-Modified"]})
    other = get(image, Range="bytes=0-9", **{"If-Range": '"other"'})
    older = get(image, Range="bytes=0-9", **{"If-Range": http_date(0)})
    assert [r.status_code for r in (same, by_date, other, older)] == [206, 206, 200, 200]
    for response in (same, by_date, other, older):
        response.close()


def test_an_unchanged_file_is_not_sent_again(image):
    first = get(image)
    first.close()
    again = get(image, **{"If-None-Match": first["ETag"]})
    by_date = get(image, **{"If-Modified-Since": first["Last-Modified"]})
    assert again.status_code == by_date.status_code == 304
    assert again["ETag"] == first["ETag"]
    changed = get(image, **{"If-None-Match": '"other"'})
    assert changed.status_code == 200
    changed.close()


def test_head_tells_the_size_without_parts(image):
    response = get(image, method="head", Range="bytes=0-9")
    assert response.status_code == 200
    assert response["Content-Length"] == "2560"
    response.close()


def test_a_download_has_the_name_it_is_given(image):
    response = get(image, filename="reel “one”.jpg")
    assert response["Content-Disposition"].startswith("attachment")
    response.close()


def test_no_file_and_a_lost_file_are_404(image):
    with pytest.raises(Http404):
        get(Portrait().image)
    Path(image.path).unlink()
    with pytest.raises(Http404):
        get(image)


def test_a_remote_store_answers_by_its_signed_address(remote):
    response = get(remote)
    assert response.status_code == 302
    assert response["Location"].endswith("?signature=1")
    assert "no-store" in response["Cache-Control"]


def test_a_local_file_is_lent_where_it_lies(image):
    with local_path(image) as path:
        assert path == Path(image.path)
    assert path.exists()


def test_a_remote_file_is_fetched_and_given_back(remote):
    with local_path(remote) as path:
        assert path.read_bytes() == CONTENT
        assert path.suffix == ".jpg"
    assert not path.exists()


def test_lending_what_is_not_there_says_so(image):
    with pytest.raises(FileNotFoundError), local_path(Portrait().image):
        pass
    Path(image.path).unlink()
    with pytest.raises(FileNotFoundError), local_path(image):
        pass


def test_a_file_is_put_away_under_a_name_of_its_own(tmp_path):
    source = tmp_path / "reel of Alice.jpg"
    source.write_bytes(CONTENT)
    field = Portrait().image
    store_file(field, source)
    assert Path(field.path).read_bytes() == CONTENT
    assert "Alice" not in field.name
    assert field.name.endswith(".jpg")
    assert field.name.startswith(f"portraits/{dt.date.today():%Y/%m}/")
    assert source.exists()


def test_a_file_is_put_away_remotely(tmp_path, monkeypatch):
    shelf = Shelf()
    monkeypatch.setattr(Portrait.image.field, "storage", shelf)
    source = tmp_path / "a.jpg"
    source.write_bytes(CONTENT)
    field = Portrait().image
    store_file(field, source)
    assert shelf.kept == {field.name: CONTENT}


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch, settings):
    def full(source, target, *args):
        target.write(source.read(100))
        raise OSError(errno.ENOSPC, "No space left on device")

    source = tmp_path / "a.jpg"
    source.write_bytes(CONTENT)
    field = Portrait().image
    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(OSError, match="No space left"):
        store_file(field, source)
    assert not field
    assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"RIFF\0\0\0\0WAVEfmt ", "wav"),
        (b"OggS\0", "ogg"),
        (b"\x1aE\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f\x42\x82\x84webm", "webm"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0", "m4a"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp41", "mp4"),
        (b"ID3\x04", "mp3"),
        (b"\xff\xfb\x90\x00", "mp3"),
        (b"\xff\xf1\x50\x80", "aac"),
        (b"fLaC", "flac"),
        (b"FORM\0\0\0\0AIFF", "aiff"),
        (b"\0\0\0\x20ftypheic\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x20ftypmif1\0\0\0\0mif1avif", "avif"),
        (b"  \n<html>", "html"),
        (b"\xef\xbb\xbf<svg>", "svg"),
    ],
)
def test_content_tells_the_kind(head, name):
    assert sniff(head).name == name


def test_a_stored_recording_plays_under_its_own_type():
    assert sound_type("voices/2026/11/ab.webm") == "video/webm"
    assert sound_type("voices/2026/11/ab.exe") == "application/octet-stream"
