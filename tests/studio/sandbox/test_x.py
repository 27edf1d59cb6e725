"""X as the sandbox plays it, over real sockets."""

import base64
import hashlib

import pytest
import requests

from studio.sandbox import identity
from studio.sandbox.platforms.x_text import weighted_length
from studio.sandbox.state import sha256_of
from tests.publishing.films import write_film
from tests.studio.sandbox.walking import BACK, allow

pytestmark = pytest.mark.enable_socket
MIRA = "1700000000000000001"
SCOPES = ["tweet.read", "tweet.write", "users.read", "media.write", "offline.access"]
APP = ("sandbox-app", "sandbox-secret")


class X:
    def __init__(self, sandbox):
        self.sandbox, self.url, self.seen = sandbox, f"{sandbox.url}/x/2", sandbox.of("x")
        self.token = identity.issue_token(self.seen, MIRA, scopes=SCOPES)

    def call(self, path, *, method="GET", **more):
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.request(method, f"{self.url}{path}", headers=headers, timeout=10, **more)

    def initialize(self, size, **more):
        body = {"media_type": "video/mp4", "total_bytes": size, "media_category": "tweet_video"}
        return self.call("/media/upload/initialize", method="POST", json={**body, **more})

    def append(self, id, index, data):
        return self.call(
            f"/media/upload/{id}/append",
            method="POST",
            data={"segment_index": str(index)},
            files={"media": ("blob", data, "application/octet-stream")},
        )

    def finalize(self, id):
        return self.call(f"/media/upload/{id}/finalize", method="POST")

    def status(self, id):
        return self.call(f"/media/upload?command=STATUS&media_id={id}")

    def upload(self, film):
        """A media that is ready."""
        data = film.read_bytes()
        id = self.initialize(len(data)).json()["data"]["id"]
        assert self.append(id, 0, data).ok
        said = [self.finalize(id), self.status(id), self.status(id)]
        states = [one.json()["data"]["processing_info"]["state"] for one in said]
        assert states == ["pending", "in_progress", "succeeded"]
        return id

    def post(self, text="Hello #ai", **more):
        return self.call("/tweets", method="POST", json={"text": text, **more})


@pytest.fixture
def x(sandbox):
    return X(sandbox)


def test_a_post_with_a_video_and_its_label(x, film):
    said = x.post(media={"media_ids": [x.upload(film)]}, made_with_ai=True)
    assert said.status_code == 201
    assert said.json()["data"]["text"].startswith("Hello #ai https://t.co/")
    (post,) = x.sandbox.posts("x")
    assert (post["text"], post["ai_label"], post["media_sha256"]) == (
        "Hello #ai", True, sha256_of(film),
    )  # fmt: skip
    assert said.headers["x-rate-limit-limit"] == "100"
    assert said.headers["x-rate-limit-remaining"] == "99"


def test_segments_go_by_their_numbers_and_may_be_sent_again(x, tmp_path):
    film = write_film(tmp_path / "film.mp4", payload=bytes(range(256)) * 40)
    data = film.read_bytes()
    id = x.initialize(len(data)).json()["data"]["id"]
    assert x.append(id, 1, data[5000:]).ok
    short = x.finalize(id)
    assert (short.status_code, short.json()["type"]) == (
        400, "https://api.x.com/2/problems/invalid-request",
    )  # fmt: skip
    assert x.append(id, 0, b"wrong").ok
    assert x.append(id, 0, data[:5000]).ok
    assert x.append(id, 1000, b"x").status_code == 400
    assert x.append(id, 2, bytes(5 * 2**20 + 1)).status_code == 400
    assert x.status(id).status_code == 400
    assert x.finalize(id).ok
    assert x.append(id, 0, data[:5000]).status_code == 400
    assert sha256_of(x.seen.upload_path(id)) == sha256_of(film)


def test_media_must_be_ready_and_lives_a_day(x, film):
    data = film.read_bytes()
    id = x.initialize(len(data)).json()["data"]["id"]
    x.append(id, 0, data)
    x.finalize(id)
    assert x.post(media={"media_ids": [id]}).status_code == 400
    x.status(id)
    x.status(id)
    x.sandbox.advance(86401)
    assert x.status(id).status_code == 404
    assert x.post(media={"media_ids": [id]}).status_code == 404


def test_what_is_no_film_fails_in_processing(x):
    id = x.initialize(7).json()["data"]["id"]
    x.append(id, 0, b"no film")
    x.finalize(id)
    x.status(id)
    info = x.status(id).json()["data"]["processing_info"]
    assert (info["state"], info["error"]["name"]) == ("failed", "InvalidMedia")


@pytest.mark.parametrize(
    "body",
    [
        {"total_bytes": "7"},
        {"total_bytes": 0},
        {"media_type": "video/x"},
        {"media_category": "tweet_image"},
    ],
)
def test_initialize_is_checked(x, body):
    assert x.initialize(7, **body).status_code == 400


def test_the_same_words_again_are_a_duplicate(x):
    assert x.post().status_code == 201
    again = x.post()
    assert again.status_code == 403
    assert again.json() == {
        "detail": "You are not allowed to create a Tweet with duplicate content.",
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
    }
    assert len(x.sandbox.posts("x")) == 1


def test_windows_of_fifteen_minutes(x):
    x.sandbox.set_rule("x.tweets_per_window", 1)
    assert x.post("one").ok
    held = x.post("two")
    assert (held.status_code, held.json()["type"]) == (429, "about:blank")
    reset = int(held.headers["x-rate-limit-reset"])
    assert 800 < reset - x.sandbox.time() <= 900
    x.sandbox.advance(900)
    assert x.post("two").ok


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("abc", 3),
        ("ü", 1),
        ("日本", 4),
        ("👩‍👩‍👧‍👦", 2),
        ("🇩🇪", 2),
        ("see https://example.com/a/very/long/path?with=much", 4 + 23),
        ("see example.com now", 8 + 23),
        ("e.g. this", 9),
        ("“quoted” – dash…", 17),
        ("©", 1),
    ],
)
def test_weights(text, length):
    assert weighted_length(text) == length


def test_280_and_not_one_more(x):
    assert x.post("a" * 279 + "日").status_code == 400
    assert x.post("a" * 278 + "日").status_code == 201
    assert x.post("x", unknown=1).status_code == 400
    assert x.post("x", made_with_ai="yes").status_code == 400
    assert x.post("").status_code == 400


def test_replies_are_comments_and_not_posts(x):
    id = x.post().json()["data"]["id"]
    reply = x.post("First!", reply={"in_reply_to_tweet_id": id})
    assert reply.status_code == 201
    assert len(x.sandbox.posts("x")) == 1
    assert x.seen.find("reply", post=id)[0]["text"] == "First!"
    assert x.post("Nowhere", reply={"in_reply_to_tweet_id": "1"}).status_code == 400
    counted = x.call(f"/tweets?ids={id}&tweet.fields=public_metrics").json()["data"][0]
    assert counted["public_metrics"]["reply_count"] == 1


def test_the_timeline_is_newest_first_and_escaped(x):
    first = x.post("one & two").json()["data"]["id"]
    second = x.post("two https://example.com").json()["data"]["id"]
    path = f"/users/{MIRA}/tweets?max_results=10&tweet.fields=created_at"
    said = x.call(path).json()
    assert [one["id"] for one in said["data"]] == [second, first]
    assert said["data"][1]["text"] == "one &amp; two"
    assert said["data"][0]["text"].startswith("two https://t.co/")
    assert said["meta"] == {"result_count": 2, "newest_id": second, "oldest_id": first}
    later = x.call(f"{path}&since_id={second}").json()
    assert later == {"meta": {"result_count": 0}}
    assert x.call(f"/users/{MIRA}/tweets?max_results=1").status_code == 400
    assert x.call(f"/tweets/{first}", method="DELETE").json()["data"]["deleted"]
    gone = x.call(f"/tweets/{first}").json()
    assert gone["errors"][0]["title"] == "Not Found Error"


def test_who_i_am_and_what_i_may(x):
    assert x.call("/users/me").json()["data"] == {
        "id": MIRA, "name": "Mira", "username": "mira_demo",
    }  # fmt: skip
    x.token = identity.issue_token(x.seen, MIRA, scopes=["tweet.read", "users.read"])
    assert x.post().status_code == 403
    x.token = "gone"
    assert (x.post().status_code, x.post().json()["title"]) == (401, "Unauthorized")


def login(x, verifier="v" * 50):
    digest = hashlib.sha256(verifier.encode()).digest()
    return allow(
        f"{x.sandbox.url}/x/i/oauth2/authorize",
        MIRA,
        client_id="sandbox-app",
        scope=" ".join(SCOPES),
        code_challenge=base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        code_challenge_method="S256",
    )["code"]


def token(x, auth=APP, **form):
    return requests.post(f"{x.url}/oauth2/token", data=form, auth=auth, timeout=5)


def test_codes_live_half_a_minute_and_need_their_proof(x):
    form = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": "v" * 50}
    late = login(x)
    x.sandbox.advance(31)
    assert token(x, code=late, **form).status_code == 400
    code = login(x)
    assert token(x, code=code, auth=None, **form).status_code == 401
    assert token(x, code=code, **{**form, "code_verifier": "w" * 50}).status_code == 400
    said = token(x, code=code, **form).json()
    assert (said["expires_in"], said["token_type"]) == (7200, "bearer")
    assert said["scope"] == " ".join(SCOPES)
    page = requests.get(
        f"{x.sandbox.url}/x/i/oauth2/authorize",
        params={"client_id": "sandbox-app", "redirect_uri": BACK},
        timeout=5,
    )
    assert page.status_code == 400  # no challenge


def test_a_refresh_token_used_twice_ends_the_connection(x):
    form = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": "v" * 50}
    first = token(x, code=login(x), **form).json()
    again = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = token(x, **again).json()
    x.token = second["access_token"]
    assert x.call("/users/me").ok
    spent = token(x, **again)
    assert (spent.status_code, spent.json()["error"]) == (400, "invalid_request")
    assert x.call("/users/me").status_code == 401
    assert token(x, **{**again, "refresh_token": second["refresh_token"]}).status_code == 400
