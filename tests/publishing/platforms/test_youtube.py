"""The YouTube client against the sandbox."""

import dataclasses
import datetime as dt

import pytest

from publishing.platforms import errors, resumable
from publishing.platforms.access import Tokens
from publishing.platforms.base import Absent, Media, Published, Text
from publishing.platforms.resumable import ResumableUpload
from publishing.platforms.youtube import YouTubePlatform
from publishing.platforms.youtube_channel import next_quota_day
from publishing.platforms.youtube_rules import Wishes, snippet_of, title_of
from studio.sandbox import identity
from studio.sandbox.state import sha256_of
from tests.publishing.platforms.stages import connection_of, entrance, log_in

pytestmark = pytest.mark.enable_socket
KEY = "0123456789abcdef"
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
TEXT = Text("All of it. #ai", title="Why?", tags=("ai", "two words"))
SESSION = r"/upload/youtube/v3/videos"


@pytest.fixture
def connection(sandbox):
    return connection_of(log_in("youtube")[0])


@pytest.fixture
def client(connection):
    return YouTubePlatform(connection)


@pytest.fixture
def large(film, media) -> Media:
    """The same film with a tail of a few chunks."""
    with film.open("ab") as out:
        out.truncate(film.stat().st_size + 5 * resumable.GRAIN)
    return dataclasses.replace(media, size_bytes=film.stat().st_size)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(ResumableUpload.__init__, "__kwdefaults__", {"chunk": resumable.GRAIN})


def through(client, media, text=TEXT, key=KEY):
    return client.commit(key, processed(client, client.prepare(key, media, text)))


def processed(client, handle):
    """The handle once YouTube is through with the video."""
    for _ in range(3):
        try:
            return client.check(handle)
        except errors.NotReady:
            pass
    return handle


def seen(sandbox, **more):
    return sandbox.posts("youtube", **more)


def uploads(sandbox):
    return sandbox.of("youtube").find("video")


def test_a_video_is_private_until_the_commit(client, media, sandbox):
    handle = processed(client, client.prepare(KEY, media, TEXT))
    assert seen(sandbox) == []
    assert client.reconcile(KEY, handle, LONG_AGO) == Absent()
    result = client.commit(KEY, handle)
    (post,) = seen(sandbox)
    assert result == Published(post["post_id"], post["flags"]["permalink"])
    assert (post["text"], post["flags"]["title"]) == ("All of it. #ai", "Why?")
    assert post["media_sha256"] == media.sha256
    assert post["ai_label"]
    assert client.commit(KEY, handle) == result == client.reconcile(KEY, handle, LONG_AGO)
    assert len(seen(sandbox)) == 1


def test_what_the_creator_set_on_youtube_stays(client, media, sandbox):
    text = dataclasses.replace(TEXT, options={"made_for_kids": True}, ai_generated=False)
    handle = client.prepare(KEY, media, text)
    (video,) = uploads(sandbox)
    sandbox.of("youtube").change(
        "video", video["id"], status=video["status"] | {"containsSyntheticMedia": True}
    )
    client.commit(KEY, processed(client, handle))
    status = uploads(sandbox)[0]["status"]
    assert status["selfDeclaredMadeForKids"]
    assert status["containsSyntheticMedia"]


def test_unlisted_and_publish_at(client, media, sandbox):
    result = through(client, media, dataclasses.replace(TEXT, options={"privacy": "unlisted"}))
    assert uploads(sandbox)[0]["status"]["privacyStatus"] == "unlisted"
    assert isinstance(result, Published)
    hour = (sandbox.now() + dt.timedelta(hours=2)).isoformat()
    through(client, media, dataclasses.replace(TEXT, options={"publish_at": hour}), key="other")
    assert len(seen(sandbox)) == 1
    sandbox.advance(3 * 3600)
    assert len(seen(sandbox)) == 2


def test_a_locked_project_is_said_plainly(client, media, sandbox):
    sandbox.set_rule("youtube.audited", False)
    with pytest.raises(errors.Rejected, match=r"keeps the video private.*audit"):
        through(client, media)
    assert seen(sandbox) == []


@pytest.mark.parametrize("kind", ["close_before", "close_midway", "close_after", "status_after"])
@pytest.mark.parametrize("skip", [0, 2, 5])
def test_a_break_in_the_upload_costs_no_second_video(client, large, sandbox, kind, skip):
    sandbox.fault(kind, platform="youtube", method="PUT", path=SESSION, skip=skip, seconds=0.01)
    client.prepare(KEY, large, TEXT)
    (video,) = uploads(sandbox)
    assert seen(sandbox, hidden=True)[0]["media_sha256"] == sha256_of(large.video)
    assert video["status"]["privacyStatus"] == "private"


def test_a_dead_link_ends_the_step_and_the_next_one_starts_over(client, large, sandbox):
    sandbox.fault("close_before", platform="youtube", method="PUT", path=SESSION, times=None)
    with pytest.raises(errors.Transient):
        client.prepare(KEY, large, TEXT)
    sandbox.faults.clear()
    client.prepare(KEY, large, TEXT)
    assert len(uploads(sandbox)) == 1


def test_an_upload_goes_on_with_a_newer_token(connection, large, sandbox):
    newer = log_in("youtube")[0].tokens.access
    asked = []

    def renew():
        asked.append(1)
        return newer

    client = YouTubePlatform(dataclasses.replace(connection, renew=renew))
    sandbox.fault("revoke_token", platform="youtube", method="PUT", path=SESSION, skip=2)
    client.prepare(KEY, large, TEXT)
    assert asked == [1]
    assert len(sandbox.of("youtube").find("session")) == len(uploads(sandbox)) == 1


def test_without_one_the_token_is_stale(client, large, sandbox):
    sandbox.fault("revoke_token", platform="youtube", method="PUT", path=SESSION)
    with pytest.raises(errors.TokenStale):
        client.prepare(KEY, large, TEXT)


def test_a_second_prepare_takes_the_upload_that_is_there(client, media, sandbox):
    first = client.prepare(KEY, media, TEXT)
    assert client.prepare(KEY, media, TEXT)["video"] == first["video"]
    assert len(uploads(sandbox)) == 1


def test_a_second_prepare_with_other_words_replaces_it(client, media, sandbox):
    client.prepare(KEY, media, TEXT)
    client.prepare(KEY, media, dataclasses.replace(TEXT, caption="Better words."))
    (video,) = uploads(sandbox)
    assert video["snippet"]["description"] == "Better words."


def test_a_session_that_is_gone_after_the_last_byte_is_no_second_upload(client, media, sandbox):
    """The answer to the last byte is lost, and the session forgotten before anybody asks."""
    sandbox.fault("close_after", platform="youtube", method="PUT", path=SESSION)
    put = ResumableUpload._put

    def put_and_forget(self, span, body):
        if span.startswith("bytes */"):
            for session in sandbox.of("youtube").find("session"):
                sandbox.of("youtube").delete("session", session["id"])
        return put(self, span, body)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ResumableUpload, "_put", put_and_forget)
        handle = client.prepare(KEY, media, TEXT)
    assert [video["id"] for video in uploads(sandbox)] == [handle["video"]]


def test_discard_deletes_what_is_private_and_nothing_else(client, media, sandbox):
    handle = client.prepare(KEY, media, TEXT)
    client.discard(KEY, {})
    assert uploads(sandbox) == []
    client.discard(KEY, handle)
    through(client, media)
    client.discard(KEY, {"video": seen(sandbox)[0]["post_id"]})
    assert len(seen(sandbox)) == 1


def test_a_lost_answer_to_the_commit_is_found(client, media, sandbox):
    handle = processed(client, client.prepare(KEY, media, TEXT))
    sandbox.fault("close_after", platform="youtube", method="PUT", path="/videos")
    with pytest.raises(errors.OutcomeUnknown):
        client.commit(KEY, handle)
    assert isinstance(client.reconcile(KEY, handle, LONG_AGO), Published)
    assert isinstance(client.reconcile(KEY, {}, LONG_AGO), Published)


def test_processing_that_fails_is_final(client, media, sandbox):
    sandbox.fault("fail_late", platform="youtube")
    handle = client.prepare(KEY, media, TEXT)
    with pytest.raises(errors.Rejected, match="could not read"):
        processed(client, handle)


def test_the_cover_is_set_and_an_unverified_channel_does_without(client, media, sandbox, tmp_path):
    cover = tmp_path / "cover.jpg"
    cover.write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    media = dataclasses.replace(media, cover=cover)
    client.prepare(KEY, media, TEXT)
    assert seen(sandbox, hidden=True)[0]["flags"]["cover_path"]
    sandbox.set_rule("youtube.channel_verified", False)
    assert client.prepare("other", media, TEXT)["video"]


def test_first_comment_counts_and_whoami(client, media, sandbox):
    result = through(client, media)
    assert client.comment(result.external_id, "First!")
    counts = client.insights(result.external_id)
    assert counts.views is not None
    assert counts.followers is not None
    me = client.whoami()
    assert me.external_id == client.connection.external_id
    assert me.name


def test_quota_is_exhausted_until_midnight_in_california(client, media, sandbox):
    sandbox.set_rule("youtube.inserts_a_day", 0)
    with pytest.raises(errors.QuotaExhausted) as caught:
        client.prepare(KEY, media, TEXT)
    assert caught.value.until == next_quota_day()
    for now, midnight in (
        ("2026-07-01T12:00+00:00", "2026-07-02T07:00+00:00"),
        ("2026-12-01T07:59+00:00", "2026-12-01T08:00+00:00"),
        ("2026-11-01T08:30+00:00", "2026-11-02T08:00+00:00"),  # the day of 25 hours
    ):
        assert next_quota_day(dt.datetime.fromisoformat(now)) == dt.datetime.fromisoformat(
            midnight
        )


def test_a_channels_own_limit_lasts_a_day(client, media, sandbox):
    sandbox.set_rule("youtube.channel_uploads_a_day", 0)
    with pytest.raises(errors.QuotaExhausted) as caught:
        client.prepare(KEY, media, TEXT)
    assert caught.value.until > dt.datetime.now(dt.UTC) + dt.timedelta(hours=23)


def test_an_account_without_a_channel_is_told_so(client, sandbox):
    sandbox.set_rule("youtube.has_channel", False)
    with pytest.raises(errors.AuthExpired, match="has no YouTube channel"):
        client.whoami()


def test_a_refresh_brings_no_refresh_token_and_a_revoked_one_ends_it(sandbox):
    way, (grant,) = entrance("youtube"), log_in("youtube")
    assert grant.tokens.refresh
    assert grant.tokens.expires_at is not None
    newer = way.refresh(grant.tokens)
    assert newer.access != grant.tokens.access
    assert newer.refresh == ""
    way.revoke(grant.tokens)
    with pytest.raises(errors.AuthExpired):
        way.refresh(grant.tokens)


@pytest.mark.parametrize("kind", ["close_after", "status", "malformed", "html"])
def test_trouble_at_the_token_server_leaves_the_connection(sandbox, kind):
    way, (grant,) = entrance("youtube"), log_in("youtube")
    sandbox.fault(kind, platform="youtube", path="/token")
    with pytest.raises(errors.Transient):
        way.refresh(grant.tokens)
    assert way.refresh(grant.tokens).access


def test_a_wrong_app_secret_is_no_lost_connection(sandbox, monkeypatch):
    (grant,) = log_in("youtube")
    monkeypatch.setenv("GOOGLE_CLIENT_ID", "sandbox-app")
    monkeypatch.setenv("GOOGLE_CLIENT_SECRET", "mistyped")
    with pytest.raises(errors.Rejected, match="id and secret"):
        entrance("youtube").refresh(grant.tokens)


def test_a_revoked_token_is_stale(client, sandbox):
    identity.revoke(sandbox.of("youtube"), client.connection.access_token)
    with pytest.raises(errors.TokenStale):
        client.whoami()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (Text("fine", title="fine"), None),
        (Text("x" * 5001), "5001 bytes"),
        (Text("é" * 2501), "5002 bytes"),
        (Text("", title="t" * 101), "101 characters"),
        (Text("a < b"), "in a caption"),
        (Text("", title="a > b"), "in a title"),
        (Text("", options={"privacy": "secret"}), "secret"),
        (Text("", options={"publish_at": "2026-12-01T10:00"}), "zone"),
    ],
)
def test_wrong_words_are_said_before_anything_is_sent(text, said, media):
    found = YouTubePlatform.problems(media, text, {})
    assert bool(found) == bool(said)
    if said:
        assert said in found[0]


def test_titles_and_tags_fit():
    assert title_of(Text("First line\nsecond")) == "First line"
    assert title_of(Text("w" * 200)) == "w" * 99 + "…"
    assert title_of(Text("")) == "Short"
    many = Text("", tags=("<b>", *(f"tag number {n}" for n in range(100))))
    tags = snippet_of(many, Wishes(), "mark")["tags"]
    assert tags[0] == "mark"
    counted = sum(len(tag) + 2 * (" " in tag) for tag in tags) + len(tags) - 1
    assert 480 < counted <= 500


def test_a_token_is_not_shown():
    assert "secret" not in repr(Tokens("secret", "secret"))
