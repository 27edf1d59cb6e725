"""manage.py publish_reel and post_status, from the shell's side."""

import datetime as dt
import json
import os
import subprocess
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from avatar.engine.media.ffmpeg import ffmpeg_exe
from avatar.films import has_index_first, look_at
from avatar.models import Reel
from avatar.tasks import due as due_in_avatar
from creators import services as creators
from creators.models import Consent
from publishing import services, tick
from publishing.models import Attempt, Post
from publishing.platforms.base import Limits
from publishing.posting import local_time
from scripts_gen.models import Script, Slot
from tests import factories
from tests.publishing.doubles import DoublePlatform

pytestmark = pytest.mark.django_db
State = Post.State


@pytest.fixture(scope="session")
def film(tmp_path_factory) -> Path:
    """A real MP4 of one second."""
    path = tmp_path_factory.mktemp("film") / "holiday.mp4"
    source = ["-f", "lavfi", "-i", "testsrc=size=90x160:rate=10:duration=1"]
    encode = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    subprocess.run([ffmpeg_exe(), "-loglevel", "error", *source, *encode, str(path)], check=True)
    return path


@pytest.fixture
def account():
    creator = factories.CreatorFactory(time_zone="Europe/Berlin")
    return services.connect_folder(creator)


def publish_reel(film, account, *more, caption="Look at this"):
    out = StringIO()
    call_command(
        *("publish_reel", str(film), "--account", str(getattr(account, "pk", account))),
        *("--caption", caption, *more),
        stdout=out,
    )
    return Post.objects.get(pk=int(out.getvalue()))


def post_status(post):
    out = StringIO()
    call_command("post_status", str(post.pk), "--json", stdout=out)
    return json.loads(out.getvalue())


def stored():
    root = Path(settings.MEDIA_ROOT)
    return [path for path in root.rglob("*") if path.is_file()] if root.exists() else []


def test_a_film_goes_out_byte_for_byte(film, account):
    post = publish_reel(film, account)
    assert post.state == State.SCHEDULED
    tick.drain()
    told = post_status(post)
    assert told["id"] == post.pk
    assert told["state"] == "published"
    assert told["external_id"]
    assert told["permalink"].startswith("file://")
    assert [(a["phase"], a["outcome"]) for a in told["attempts"]][-1] == ("commit", "ok")
    assert all(a["started_at"] and a["finished_at"] for a in told["attempts"])
    posted = Path(account.external_id) / told["external_id"] / "reel.mp4"
    assert posted.read_bytes() == film.read_bytes()


def test_the_operator_is_on_record_as_the_one_who_approved(film, account, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    post = publish_reel(film, account)
    assert post.is_approved
    assert (post.approved_by, post.approved_how) == (
        account.creator.owner,
        "at the shell, by root",
    )
    assert post.reel.script.decisions.get().note == "at the shell, by root"
    consent = account.creator.consents.get()
    assert consent.likeness_sha256 == post.reel.sha256
    assert "by root" in consent.basis


def test_a_film_is_not_taken_for_something_made_here(film, account):
    """No place in the calendar, no script to read, nothing rendered, nowhere else posted."""
    other = factories.AccountFactory(
        creator=account.creator, created_at=timezone.now() - dt.timedelta(days=1)
    )
    post = publish_reel(film, account)
    tick.drain()
    assert not Slot.objects.planned().exists()
    assert not Script.objects.written().exists()
    assert due_in_avatar() == []
    assert not other.posts.exists()
    assert creators.live_consent(post.creator) is None


def test_revoking_the_consent_stops_it_and_deletes_the_film(
    film, account, django_capture_on_commit_callbacks
):
    post = publish_reel(film, account, "--at", "2027-07-01T12:00")
    assert stored()
    with django_capture_on_commit_callbacks(execute=True):
        creators.revoke_consent(account.creator.consents.get(), account.creator.owner)
    post.refresh_from_db()
    assert post.state == State.CANCELLED
    tick.drain()
    assert stored() == []
    with pytest.raises(CommandError, match="was revoked"):
        publish_reel(film, account)


def test_its_page_says_what_it_is_and_lets_the_consent_be_revoked(film, account, client):
    post = publish_reel(film, account)
    client.force_login(account.creator.owner)
    page = client.get(reverse("reel-detail", args=[post.reel_id])).content.decode()
    assert "elsewhere, and brought in as it is" in page
    assert "Make it again" not in page
    consent = account.creator.consents.get()
    assert reverse("consent-revoke", args=[consent.pk]) in page
    cover = client.get(reverse("reel-cover", args=[post.reel_id]))
    assert b"".join(cover.streaming_content).startswith(b"\xff\xd8")
    client.post(reverse("consent-revoke", args=[consent.pk]))
    page = client.get(reverse("reel-detail", args=[post.reel_id])).content.decode()
    assert reverse("consent-revoke", args=[consent.pk]) not in page


def test_a_film_whose_rows_cannot_be_written_leaves_no_file(film, account, monkeypatch):
    def broken(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("avatar.films.record_film", broken)
    with pytest.raises(CommandError, match="No space left"):
        publish_reel(film, account)
    assert stored() == []
    assert not Consent.objects.exists()


@pytest.fixture
def double(account, script):
    return factories.AccountFactory(creator=account.creator, platform="double", name="Double")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"film": "nowhere.mp4"}, "There is no file"),
        ({"film": os.devnull}, "null is empty"),
        ({"film": __file__}, "is a text file; an MP4 video is needed"),
        ({"account": "4711"}, "There is no account 4711"),
        ({"account": "me"}, "There is no account me"),
        ({"caption": "x" * 41}, "41 characters; Double takes 40 at most"),
        ({"more": ["--at", "2020-01-01T12:00"]}, "has passed"),
        ({"more": ["--at", "2031-03-30T02:30"]}, "There is no 02:30 on 30 March 2031"),
        ({"more": ["--at", "soon"]}, "“soon” is not a time"),
        ({"more": ["--at", "2990-01-01"]}, "years away"),
        ({"more": ["--option", "loud"]}, "NAME=VALUE"),
        ({"more": ["--first-comment", "Hi"]}, "takes no first comment"),
        ({"more": ["--title", "t" * 201]}, "title has 201 characters"),
    ],
)
def test_wrong_input_is_one_sentence_and_nothing_is_kept(
    film, double, monkeypatch, change, sentence
):
    monkeypatch.setattr(DoublePlatform, "limits", Limits(caption_chars=40))
    monkeypatch.setattr(local_time, "YEARS_AHEAD", 20)
    given = {"film": film, "account": double, "caption": "Fine", "more": []} | change
    with pytest.raises(CommandError) as refused:
        publish_reel(given["film"], given["account"], *given["more"], caption=given["caption"])
    assert sentence in str(refused.value)
    assert refused.value.returncode != 0
    assert not Post.objects.exists()
    assert not Reel.objects.exists()
    assert not Consent.objects.exists()
    assert stored() == []


def test_a_film_that_is_cut_short_is_refused(film, account, tmp_path):
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(film.read_bytes()[:200])
    with pytest.raises(CommandError, match="damaged or cut short"):
        publish_reel(damaged, account)


def test_what_the_platform_refuses_is_said_before_copying(film, double, monkeypatch):
    monkeypatch.setattr(DoublePlatform, "limits", Limits(min_ms=3000))
    monkeypatch.setattr("avatar.films.store_file", lambda *args: pytest.fail("copied"))
    with pytest.raises(CommandError, match="1 s long; Double takes 3 s or more"):
        publish_reel(film, double)


def test_options_title_and_time_reach_the_post(film, double):
    post = publish_reel(
        *(film, double, "--title", "A title", "--at", "2026-12-24T18:30"),
        *("--option", "privacy=unlisted", "--option", "made_for_kids=false"),
    )
    assert post.title == "A title"
    assert post.options == {"privacy": "unlisted", "made_for_kids": False}
    local = dt.datetime(2026, 12, 24, 18, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert post.due_at == local


BERLIN, NOW = ZoneInfo("Europe/Berlin"), dt.datetime(2026, 10, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-10-24T12:00", "2026-10-24T10:00+00:00"),
        ("2026-10-25T02:30", "2026-10-25T00:30+00:00"),  # shown twice: the first
        ("2026-10-25T02:30+01:00", "2026-10-25T01:30+00:00"),
        ("2026-12-01T18:30:00Z", "2026-12-01T18:30:00+00:00"),
    ],
)
def test_a_time_without_an_offset_is_the_creators(text, utc):
    assert local_time.moment(text, BERLIN, NOW) == dt.datetime.fromisoformat(utc)


def test_status_of_no_post_is_one_sentence():
    for given in ("4711", "all"):
        with pytest.raises(CommandError, match=f"There is no post {given}"):
            call_command("post_status", given)


def test_status_can_be_read_by_people(film, account):
    post = publish_reel(film, account)
    tick.drain()
    out = StringIO()
    call_command("post_status", str(post.pk), stdout=out)
    assert f"Post {post.pk} to Folder: published." in out.getvalue()
    assert "Sent out" in out.getvalue()


@pytest.mark.parametrize("wanted", [False, True])
def test_the_index_moves_to_the_front_only_where_that_is_wanted(
    film, account, tmp_path, monkeypatch, wanted
):
    late = tmp_path / "late.mp4"
    copied = ["-i", str(film), "-c", "copy", str(late)]
    subprocess.run([ffmpeg_exe(), "-loglevel", "error", *copied], check=True)
    assert not has_index_first(late)
    monkeypatch.setattr(
        "publishing.platforms.folder.FolderPlatform.limits", Limits(index_first=wanted)
    )
    post = publish_reel(late, account)
    sent = Path(post.reel.video.path)
    assert has_index_first(sent) is wanted
    assert (sent.read_bytes() == late.read_bytes()) is not wanted
    assert look_at(sent).duration_ms == look_at(late).duration_ms


def test_a_platforms_words_do_nothing_to_a_terminal(film, account):
    post = publish_reel(film, account)
    detail = "\x1b]0;owned\x07\x9b2J"
    Attempt.objects.create(post=post, phase="prepare", outcome="transient", detail=detail)
    out = StringIO()
    call_command("post_status", str(post.pk), stdout=out)
    assert "owned" in out.getvalue()
    assert not set("\x1b\x07\x9b") & set(out.getvalue())


def test_an_option_that_is_misspelt_is_told(film, account):
    with pytest.raises(CommandError, match="There is no option privcy here"):
        publish_reel(film, account, "--option=privcy=private")
    assert not Post.objects.exists()
