"""Mastodon as the sandbox plays it, over real sockets."""

import base64
import datetime as dt
import hashlib

import pytest
import requests

from studio.sandbox import identity
from studio.sandbox.platforms.mastodon_text import as_html, length
from studio.sandbox.state import sha256_of
from tests.studio.sandbox.walking import BACK, allow

pytestmark = pytest.mark.enable_socket
MIRA = "110000000000000001"
SCOPES = ["profile", "write:media", "write:statuses"]
NOT_READY = "Cannot attach files that have not finished processing. Try again in a moment!"


class Mastodon:
    def __init__(self, sandbox):
        self.sandbox, self.url = sandbox, f"{sandbox.url}/mastodon"
        self.seen = sandbox.of("mastodon")
        self.token = identity.issue_token(self.seen, MIRA, scopes=SCOPES)

    def call(self, path, *, method="GET", token=None, **more):
        headers = {"Authorization": f"Bearer {token or self.token}", **more.pop("headers", {})}
        return requests.request(method, f"{self.url}{path}", headers=headers, timeout=10, **more)

    def upload(self, film, **more):
        with film.open("rb") as file:
            return self.call("/api/v2/media", method="POST", files={"file": file}, data=more)

    def media(self, film):
        """One that is ready."""
        said = self.upload(film, description="A reel")
        assert (said.status_code, said.json()["url"]) == (202, None)
        path = f"/api/v1/media/{said.json()['id']}"
        assert [self.call(path).status_code for _ in range(2)] == [206, 200]
        return said.json()["id"]

    def post(self, status="Hello", key=None, **more):
        headers = {"Idempotency-Key": key} if key else {}
        body = {"status": status, **more}
        return self.call("/api/v1/statuses", method="POST", json=body, headers=headers)


@pytest.fixture
def mastodon(sandbox):
    return Mastodon(sandbox)


def test_a_status_with_a_video(mastodon, film):
    id = mastodon.media(film)
    said = mastodon.post("Hello #ai", media_ids=[id]).json()
    assert said["content"].startswith("<p>Hello <a href=")
    assert said["media_attachments"][0]["description"] == "A reel"
    (post,) = mastodon.sandbox.posts("mastodon")
    assert (post["text"], post["media_sha256"]) == ("Hello #ai", sha256_of(film))
    assert post["flags"]["permalink"] == said["url"]
    assert mastodon.call(f"/api/v1/media/{id}").status_code == 404  # attached by now
    assert mastodon.post("Again", media_ids=[id]).status_code == 422
    gone = mastodon.call(f"/api/v1/statuses/{said['id']}", method="DELETE")
    assert gone.json()["text"] == "Hello #ai"
    assert mastodon.sandbox.posts("mastodon") == []
    assert mastodon.call(f"/api/v1/media/{id}").status_code == 200


def test_media_must_be_ready_and_ones_own(mastodon, film):
    id = mastodon.upload(film).json()["id"]
    early = mastodon.post(media_ids=[id])
    assert (early.status_code, early.json()["error"]) == (422, NOT_READY)
    otto = identity.issue_token(mastodon.seen, "110000000000000002", scopes=SCOPES)
    assert mastodon.call(f"/api/v1/media/{id}", token=otto).status_code == 404
    odd = film.with_name("odd.mp4")
    odd.write_bytes(b"no film")
    assert mastodon.upload(odd).status_code == 422
    mastodon.sandbox.set_rule("mastodon.video_size_limit", 100)
    assert "less than" in mastodon.upload(film).json()["error"]


def test_processing_can_fail(mastodon, film):
    mastodon.sandbox.set_rule("mastodon.fate", "fail_late")
    path = f"/api/v1/media/{mastodon.upload(film).json()['id']}"
    assert [mastodon.call(path).status_code for _ in range(3)] == [206, 422, 422]


def test_the_same_key_brings_the_same_status_for_an_hour(mastodon):
    first = mastodon.post(key="k1").json()["id"]
    assert mastodon.post("Other words", key="k1").json()["id"] == first
    assert mastodon.post(key="k2").json()["id"] != first
    mastodon.sandbox.advance(3601)
    assert mastodon.post(key="k1").json()["id"] != first
    assert len(mastodon.sandbox.posts("mastodon")) == 3


def test_a_form_does_as_well(mastodon, film):
    form = {"status": "Form", "media_ids[]": [mastodon.media(film)], "visibility": "unlisted"}
    said = mastodon.call("/api/v1/statuses", method="POST", data=form).json()
    assert (said["visibility"], len(said["media_attachments"])) == ("unlisted", 1)


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("x" * 500, 500),
        ("https://example.com/" + "x" * 100, 23),
        ("hi @mira@example.social", 8),
        ("👩‍👩‍👧", 1),  # grapheme clusters, as its validator counts
    ],
)
def test_lengths(text, counted):
    assert length(text) == counted


def test_html_is_what_comes_back():
    found = as_html(
        "a < b\nnext\n\n#Tag https://example.com/a-rather-long-path/to/it", "https://m"
    )
    assert found.startswith('<p>a &lt; b<br />next</p><p><a href="https://m/tags/Tag"')
    assert '<span class="ellipsis">example.com/a-rather-long-path</span>' in found


def test_texts_are_checked(mastodon):
    assert "500 exceeded" in mastodon.post("x" * 501).json()["error"]
    assert mastodon.post("").json()["error"] == "Validation failed: Text can't be blank"
    assert mastodon.post(visibility="all").status_code == 422
    assert mastodon.post(in_reply_to_id="1").status_code == 404
    soon = (mastodon.sandbox.now() + dt.timedelta(minutes=2)).isoformat()
    assert mastodon.post(scheduled_at=soon).status_code == 422
    later = (mastodon.sandbox.now() + dt.timedelta(minutes=10)).isoformat()
    assert "scheduled_at" in mastodon.post(scheduled_at=later).json()
    assert mastodon.sandbox.posts("mastodon") == []
    mastodon.sandbox.advance(601)
    assert len(mastodon.sandbox.posts("mastodon")) == 1


def test_lists_are_for_anybody_but_a_token_needs_its_scope(mastodon):
    first = mastodon.post("one").json()["id"]
    mastodon.post("to the one", in_reply_to_id=first)
    mastodon.post("hidden", visibility="direct")
    second = mastodon.post("two").json()["id"]
    path = f"/api/v1/accounts/{MIRA}/statuses?exclude_replies=true&limit=20"
    found = requests.get(mastodon.url + path, timeout=5).json()
    assert [one["id"] for one in found] == [second, first]
    assert found[1]["replies_count"] == 1
    refused = mastodon.call(path)
    assert refused.status_code == 403
    assert refused.json() == {"error": "This action is outside the authorized scopes"}
    reader = identity.issue_token(mastodon.seen, MIRA, scopes=["read"])
    assert len(mastodon.call(path, token=reader).json()) == 3
    assert len(mastodon.sandbox.posts("mastodon")) == 2


def test_limits_are_counted_and_said(mastodon):
    said = mastodon.call("/api/v1/accounts/verify_credentials")
    assert said.json()["username"] == "mira"
    assert (said.headers["X-RateLimit-Limit"], said.headers["X-RateLimit-Remaining"]) == (
        "300", "299",
    )  # fmt: skip
    assert dt.datetime.fromisoformat(said.headers["X-RateLimit-Reset"]).tzinfo
    mastodon.sandbox.set_rule("mastodon.calls_5min", 1)
    assert mastodon.post().status_code == 429
    mastodon.sandbox.advance(301)
    assert mastodon.post().status_code == 200


def test_the_server_says_what_it_takes(mastodon):
    said = requests.get(f"{mastodon.url}/api/v2/instance", timeout=5).json()["configuration"]
    assert said["statuses"]["max_characters"] == 500
    assert said["media_attachments"]["video_size_limit"] == 103_809_024


def test_apps_register_and_tokens_last(mastodon):
    wanted = {"client_name": "Studio", "redirect_uris": BACK, "scopes": " ".join(SCOPES)}
    app = requests.post(f"{mastodon.url}/api/v1/apps", data=wanted, timeout=5).json()
    assert requests.post(f"{mastodon.url}/api/v1/apps", data={}, timeout=5).status_code == 422
    page = f"{mastodon.url}/oauth/authorize"
    for odd in ({"redirect_uri": "https://other.example/"}, {"scope": "read"}):
        asked = {"client_id": app["client_id"], "redirect_uri": BACK, **odd}
        assert requests.get(page, params=asked, timeout=5).status_code == 400
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 50).digest()).decode()
    code = allow(
        page,
        MIRA,
        client_id=app["client_id"],
        scope=" ".join(SCOPES),
        code_challenge=challenge.rstrip("="),
        code_challenge_method="S256",
    )["code"]
    client = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    form = {**client, "grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    url = f"{mastodon.url}/oauth/token"
    assert requests.post(url, data=form, timeout=5).json()["error"] == "invalid_grant"
    said = requests.post(url, data={**form, "code_verifier": "v" * 50}, timeout=5).json()
    assert set(said) == {"access_token", "token_type", "scope", "created_at"}
    mastodon.sandbox.advance(400 * 86400)
    mastodon.token = said["access_token"]
    assert mastodon.post().ok
    done = requests.post(
        f"{mastodon.url}/oauth/revoke", data={**client, "token": mastodon.token}, timeout=5
    )
    assert done.ok
    dead = mastodon.post()
    assert (dead.status_code, dead.json()["error"]) == (401, "The access token was revoked")
    wrong = requests.post(url, data={**form, "client_secret": "?"}, timeout=5)
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
