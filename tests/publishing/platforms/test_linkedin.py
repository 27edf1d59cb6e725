"""The LinkedIn client against the sandbox, for a member and for a company page."""

import dataclasses
import datetime as dt

import pytest

from publishing.platforms import errors
from publishing.platforms.base import Absent, Published, Text, Unclear
from publishing.platforms.linkedin import LinkedInPlatform
from studio.sandbox import identity
from tests.publishing.platforms.stages import connection_of, entrance, log_in

pytestmark = pytest.mark.enable_socket
KEY = "0123456789abcdef"
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
TEXT = Text("Déjà vu (again) for 5 * 3 → #bread\nby me@home #two_words", title="Why?")
PAGE = "urn:li:organization:5001"


@pytest.fixture(autouse=True)
def _short_films(sandbox):
    sandbox.set_rule("linkedin.min_bytes", 1)


@pytest.fixture
def member(sandbox):
    return LinkedInPlatform(connection_of(log_in("linkedin")[0]))


@pytest.fixture
def page(sandbox, monkeypatch):
    monkeypatch.setenv("LINKEDIN_PAGES", "1")
    (grant,) = [one for one in log_in("linkedin") if one.profile.external_id == PAGE]
    return LinkedInPlatform(connection_of(grant))


def ready(client, media, text=TEXT):
    handle = client.prepare(KEY, media, text)
    for _ in range(4):
        try:
            return client.check(handle)
        except errors.NotReady:
            pass
    raise AssertionError("it is never ready")


def shown(sandbox):
    return sandbox.posts("linkedin")


def test_every_word_arrives(member, media, sandbox):
    result = member.commit(KEY, ready(member, media))
    (post,) = shown(sandbox)
    assert post["text"] == TEXT.caption
    assert post["media_sha256"] == media.sha256
    assert result == Published(post["post_id"], post["flags"]["permalink"])


def test_each_part_goes_to_its_own_address(member, film, media, sandbox):
    """Also when the answer to one of them is lost."""
    size = 2 * 4_194_304 + 1000
    with film.open("ab") as out:
        out.truncate(size)
    sandbox.fault("close_after", platform="linkedin", path="dms-uploads", skip=1)
    handle = member.prepare(KEY, dataclasses.replace(media, size_bytes=size), TEXT)
    assert sandbox.of("linkedin").upload_path(handle["video"]).read_bytes() == film.read_bytes()


def test_the_upload_token_is_given_back(member, media, sandbox):
    sandbox.set_rule("linkedin.upload_token", "t0")
    assert ready(member, media)["video"]


def test_the_cover_goes_along_and_is_not_worth_failing_for(member, media, sandbox, tmp_path):
    cover = tmp_path / "cover.jpg"
    cover.write_bytes(b"\xff\xd8\xff\xe0")
    media = dataclasses.replace(media, cover=cover)
    handle = member.prepare(KEY, media, TEXT)
    assert sandbox.of("linkedin").get("video", handle["video"])["parts"]["thumbnail"]["size"] == 4
    sandbox.fault("status", platform="linkedin", path="thumbnail")
    assert member.prepare(KEY, media, TEXT)["video"]


def test_upload_addresses_run_out(member, media, sandbox):
    sandbox.set_rule("linkedin.url_life_s", 0)
    with pytest.raises(errors.HandleExpired):
        member.prepare(KEY, media, TEXT)


def test_processing_that_fails_is_final(member, media, sandbox):
    sandbox.fault("fail_late", platform="linkedin")
    with pytest.raises(errors.Rejected):
        ready(member, media)


def test_a_members_lost_answer_cannot_be_looked_up(member, media, sandbox):
    handle = ready(member, media)
    sandbox.fault("close_after", platform="linkedin", commit=True)
    with pytest.raises(errors.OutcomeUnknown):
        member.commit(KEY, handle)
    assert isinstance(member.reconcile(KEY, handle, LONG_AGO), Unclear)
    with pytest.raises(errors.Duplicate) as caught:
        member.commit(KEY, handle)
    assert caught.value.external_id == shown(sandbox)[0]["post_id"]


def test_a_pages_lost_answer_is_found_by_its_video(page, media, sandbox):
    page.commit("before", ready(page, media, Text("Before")))
    handle = ready(page, media)
    with pytest.raises(errors.NotReady):
        page.reconcile(KEY, handle, dt.datetime.now(dt.UTC))
    assert page.reconcile(KEY, handle, LONG_AGO) == Absent()
    sandbox.fault("close_after", platform="linkedin", commit=True)
    with pytest.raises(errors.OutcomeUnknown):
        page.commit(KEY, handle)
    found = page.reconcile(KEY, handle, LONG_AGO)
    assert found.external_id == shown(sandbox)[1]["post_id"]
    assert page.commit(KEY, handle) == found  # "a duplicate": it is this very post
    assert len(shown(sandbox)) == 2


def test_the_words_of_another_post_are_refused_with_its_link(page, media, sandbox):
    first = page.commit(KEY, ready(page, media))
    with pytest.raises(errors.Rejected, match=first.external_id):
        page.commit("other", ready(page, media))


def test_the_words_of_a_deleted_post_are_refused_for_a_while(page, media, sandbox):
    first = page.commit(KEY, ready(page, media))
    seen = sandbox.of("linkedin")
    seen.change("post", first.external_id, deleted=sandbox.time())
    with pytest.raises(errors.Rejected, match="deleted post"):
        page.commit("other", ready(page, media))


@pytest.mark.parametrize("kind", ["close_before", "status", "malformed", "html", "status_after"])
def test_trouble_while_posting_leaves_it_open(page, media, sandbox, kind):
    handle = ready(page, media)
    sandbox.fault(kind, platform="linkedin", commit=True)
    if kind == "malformed":  # the answer has no body to break; its header says it all
        assert isinstance(page.commit(KEY, handle), Published)
        return
    with pytest.raises(errors.OutcomeUnknown):
        page.commit(KEY, handle)


def test_a_version_that_has_ended_is_the_installations_fault(member, media, monkeypatch):
    monkeypatch.setenv("LINKEDIN_VERSION", "202401")
    with pytest.raises(errors.NotSent, match="LINKEDIN_VERSION"):
        member.prepare(KEY, media, TEXT)


@pytest.mark.parametrize("how", ["revoked", "expired", "unknown"])
def test_a_dead_token_must_be_connected_again(member, sandbox, how):
    seen, token = sandbox.of("linkedin"), member.connection.access_token
    if how == "revoked":
        identity.revoke(seen, token)
    elif how == "expired":
        sandbox.advance(61 * 24 * 3600)
    else:
        seen.delete("token", token)
    with pytest.raises(errors.AuthExpired):
        member.whoami()


def test_a_page_one_may_not_write_for(member, media):
    other = LinkedInPlatform(dataclasses.replace(member.connection, external_id=PAGE))
    with pytest.raises(errors.AuthExpired, match="admin"):
        other.prepare(KEY, media, TEXT)


def test_too_many_calls_say_until_when(member, media, sandbox):
    handle = ready(member, media)
    sandbox.set_rule("linkedin.member_calls_a_day", 0)
    with pytest.raises(errors.RateLimited) as caught:
        member.commit(KEY, handle)
    assert caught.value.until > dt.datetime.now(dt.UTC)


def test_comment_counts_and_whoami(page, member, media):
    result = page.commit(KEY, ready(page, media))
    assert page.comment(result.external_id, "First!")
    assert page.insights(result.external_id).views is not None
    assert page.whoami().name == "Demo Studio"
    assert member.whoami().external_id == "urn:li:person:mira0001"
    result = member.commit(KEY, ready(member, media))
    assert member.comment(result.external_id, "First!")
    with pytest.raises(errors.Unsupported):
        member.insights(result.external_id)


def test_a_login_gives_the_person_and_with_pages_what_they_administer(sandbox, monkeypatch):
    (grant,) = log_in("linkedin")
    days = (grant.tokens.expires_at - dt.datetime.now(dt.UTC)).days
    assert (grant.tokens.refresh, days) == ("", 59)
    monkeypatch.setenv("LINKEDIN_PAGES", "yes")
    assert [one.profile.name for one in log_in("linkedin")] == ["Mira", "Demo Studio"]


def test_a_spent_code_is_no_fault_of_the_app(sandbox):
    with pytest.raises(errors.AuthExpired):
        entrance("linkedin").exchange(code="spent", redirect_uri="https://x.example", verifier="")


@pytest.mark.parametrize(
    ("change", "text", "said"),
    [
        ({"size_bytes": 80_000}, TEXT, None),
        ({"size_bytes": 7000}, TEXT, "7 KB"),
        ({"size_bytes": 80_000}, Text("x" * 3001), "3001 characters"),
        ({"size_bytes": 80_000, "duration_ms": 2000}, TEXT, "3 s or more"),
        ({"size_bytes": 80_000}, Text("", options={"visibility": "secret"}), "SECRET"),
    ],
)
def test_what_linkedin_would_refuse_is_said_before(media, change, text, said):
    found = LinkedInPlatform.problems(dataclasses.replace(media, **change), text, {})
    assert bool(found) == bool(said)
    if said:
        assert said in found[0]
