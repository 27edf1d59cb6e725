"""TikTok as the sandbox plays it, over real sockets."""

import hashlib
import hmac
import json
import threading

import pytest
import requests

from studio.sandbox import identity
from studio.sandbox.state import sha256_of
from tests.publishing.films import write_film
from tests.sandboxes import hosting
from tests.studio.sandbox.walking import BACK, allow, listening

pytestmark = pytest.mark.enable_socket
MIRA = "open-mira"
SCOPES = ["user.info.basic", "user.info.stats", "video.list", "video.upload", "video.publish"]
APP = {"client_key": "sandbox-app", "client_secret": "sandbox-secret"}
POST = {"privacy_level": "PUBLIC_TO_EVERYONE", "title": "Hello #ai", "is_aigc": True}


class TikTok:
    def __init__(self, sandbox):
        self.sandbox, self.url = sandbox, f"{sandbox.url}/tiktok"
        self.seen = sandbox.of("tiktok")
        self.token = identity.issue_token(self.seen, MIRA, scopes=SCOPES, expires_s=86400)

    def call(self, path, body=None, *, method="POST", token=None):
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return requests.request(
            method, f"{self.url}{path}", json=body, headers=headers, timeout=10
        )

    def code(self, *args, **more):
        """HTTP status and the error's code."""
        answer = self.call(*args, **more)
        return answer.status_code, answer.json()["error"]["code"]

    def init(self, path, *, post=POST, mode="direct"):
        size = path.stat().st_size
        return self.init_of({"video_size": size, "chunk_size": size, "total_chunk_count": 1},
                            post=post, mode=mode)  # fmt: skip

    def init_of(self, source, *, post=POST, mode="direct"):
        body = {"source_info": {"source": "FILE_UPLOAD", **source}}
        if mode == "direct":
            return self.call("/v2/post/publish/video/init/", {**body, "post_info": post})
        return self.call("/v2/post/publish/inbox/video/init/", body)

    def status(self, publish_id):
        answer = self.call("/v2/post/publish/status/fetch/", {"publish_id": publish_id})
        assert answer.json()["error"]["code"] == "ok"
        return answer.json()["data"]


@pytest.fixture
def tiktok(sandbox):
    return TikTok(sandbox)


def put(url, data, first=0, total=None, **headers):
    total = len(data) if total is None else total
    return requests.put(
        url,
        data=data,
        headers={
            "Content-Type": "video/mp4",
            "Content-Range": f"bytes {first}-{first + len(data) - 1}/{total}",
            **headers,
        },
        timeout=10,
    )


def send(tiktok, film, **more):
    """Init and upload in one chunk; the publish_id."""
    begun = tiktok.init(film, **more).json()
    assert begun["error"]["code"] == "ok", begun
    assert put(begun["data"]["upload_url"], film.read_bytes()).status_code == 201
    return begun["data"]["publish_id"]


def test_a_direct_post_is_live_with_its_label_and_gets_its_public_id_later(tiktok, film):
    publish_id = send(tiktok, film)
    (post,) = tiktok.sandbox.posts("tiktok")
    assert (post["text"], post["ai_label"]) == ("Hello #ai", True)
    assert post["media_sha256"] == sha256_of(film)
    said = [tiktok.status(publish_id) for _ in range(4)]
    assert [one["status"] for one in said] == ["PROCESSING_UPLOAD", *["PUBLISH_COMPLETE"] * 3]
    ids = [one.get("publicaly_available_post_id") for one in said]
    assert ids == [None, [], [], [post["post_id"]]]


@pytest.mark.parametrize(
    ("size", "chunk", "count", "is_right"),
    [
        (50_000_123, 10_000_000, 5, True),  # the sheet's own example
        (50_000_123, 10_000_000, 6, False),  # rounded up
        (4_000_000, 4_000_000, 1, True),
        (4_000_000, 2_000_000, 2, False),  # small ones are one chunk
        (20_000_000, 20_000_000, 1, True),
        (20_000_000, 4_000_000, 5, False),
        (70_000_000, 65_000_000, 1, False),
        (120_000_000, 64_000_000, 1, False),  # more than 64 MB must be split
        (190_000_000, 64_000_000, 2, True),  # the last may have up to 128 MB
        (0, 0, 0, False),
        (10_000_000, 6_000_000, True, False),
    ],
)
def test_chunks_are_counted_by_rounding_down(tiktok, size, chunk, count, is_right):
    source = {"video_size": size, "chunk_size": chunk, "total_chunk_count": count}
    answer = tiktok.init_of(source)
    assert answer.status_code == (200 if is_right else 400)
    assert answer.json()["error"]["code"] == ("ok" if is_right else "invalid_params")


def test_chunks_come_in_order_206_then_201_and_416_says_what_is_there(tiktok, tmp_path):
    film = write_film(tmp_path / "long.mp4", payload=bytes(11_000_000))
    data, step = film.read_bytes(), 5_300_000
    source = {"video_size": len(data), "chunk_size": step, "total_chunk_count": 2}
    begun = tiktok.init_of(source).json()["data"]
    url = begun["upload_url"]
    early = put(url, data[step:], step, len(data))
    assert (early.status_code, early.headers["Content-Range"]) == (416, f"bytes */{len(data)}")
    first = put(url, data[:step], 0, len(data))
    assert first.status_code == 206
    assert first.headers["Content-Range"] == f"bytes 0-{step}/{len(data)}"
    again = put(url, data[:step], 0, len(data))
    assert (again.status_code, again.headers["Content-Range"]) == (
        416, first.headers["Content-Range"],
    )  # fmt: skip
    tiktok.sandbox.set_rule("tiktok.range_ends_at", "last")
    again = put(url, data[:step], 0, len(data))
    assert again.headers["Content-Range"] == f"bytes 0-{step - 1}/{len(data)}"
    assert put(url, data[step:-1], step, len(data)).status_code == 400  # not all that is left
    assert not tiktok.sandbox.posts("tiktok")
    assert put(url, data[step:], step, len(data)).status_code == 201
    assert tiktok.sandbox.posts("tiktok")[0]["media_sha256"] == sha256_of(film)
    assert put(url, data[step:], step, len(data)).status_code == 416
    assert len(tiktok.sandbox.posts("tiktok")) == 1


def test_an_upload_address_lives_an_hour_and_is_a_secret(tiktok, film):
    url = tiktok.init(film).json()["data"]["upload_url"]
    data = film.read_bytes()
    assert put(url + "x", data).status_code == 404
    assert put(url, data, **{"Content-Type": "text/plain"}).status_code == 400
    tiktok.sandbox.advance(3601)
    assert put(url, data).status_code == 403


def test_privacy_is_one_of_the_creators_options(tiktok, film):
    info = tiktok.call("/v2/post/publish/creator_info/query/", {}).json()["data"]
    assert "FOLLOWER_OF_CREATOR" not in info["privacy_level_options"]
    answer = tiktok.init(film, post={**POST, "privacy_level": "FOLLOWER_OF_CREATOR"})
    assert answer.json()["error"]["code"] == "privacy_level_option_mismatch"
    assert tiktok.init(film, post={"title": "No privacy"}).status_code == 400


def test_an_unaudited_app_posts_to_nobody_but_the_creator(tiktok, film):
    tiktok.sandbox.set_rule("tiktok.audited", False)
    followers = {**POST, "privacy_level": "FOLLOWER_OF_CREATOR"}
    refused = tiktok.init(film, post=followers)
    assert refused.status_code == 403
    code = "unaudited_client_can_only_post_to_private_accounts"
    assert refused.json()["error"]["code"] == code
    publish_id = send(tiktok, film, post={**POST, "privacy_level": "SELF_ONLY"})
    assert [tiktok.status(publish_id) for _ in range(6)][-1]["publicaly_available_post_id"] == []
    assert tiktok.sandbox.posts("tiktok") == []
    assert len(tiktok.sandbox.posts("tiktok", hidden=True)) == 1
    tiktok.sandbox.set_rule("tiktok.private_account", False)
    refused = tiktok.init(film, post={**POST, "privacy_level": "SELF_ONLY"})
    assert refused.json()["error"]["code"] == code


def test_five_shares_wait_in_the_inbox_at_most_and_nobody_sees_them(tiktok, film):
    ids = []
    for _ in range(5):
        ids.append(send(tiktok, film, mode="inbox"))
    assert [tiktok.status(ids[0])["status"] for _ in range(2)] == [
        "PROCESSING_UPLOAD", "SEND_TO_USER_INBOX",
    ]  # fmt: skip
    tiktok.sandbox.advance(61)
    refused = tiktok.init(film, mode="inbox")
    assert refused.json()["error"]["code"] == "spam_risk_too_many_pending_share"
    assert tiktok.sandbox.posts("tiktok", hidden=True) == []
    page = f"{tiktok.sandbox.url}/"
    assert requests.get(page, timeout=5).text.count("A draft waits for @mira.demo") == 5
    done = {"publish_id": ids[0], "title": "Mine", "is_aigc": "yes"}
    back = requests.post(f"{tiktok.url}/_creator/post/", data=done, timeout=5)
    assert (back.url, back.text.count("A draft waits")) == (page, 4)
    assert requests.post(f"{tiktok.url}/_creator/post/", data=done, timeout=5).status_code == 404
    assert tiktok.sandbox.posts("tiktok")[0]["ai_label"]
    assert tiktok.init(film, mode="inbox").json()["error"]["code"] == "ok"


def test_errors_can_come_with_200(tiktok):
    tiktok.sandbox.set_rule("tiktok.errors_with_200", True)
    path = "/v2/post/publish/status/fetch/"
    assert tiktok.code(path, {"publish_id": "?"}) == (200, "invalid_publish_id")
    assert tiktok.code(path, {}, token="?") == (200, "access_token_invalid")


def test_calls_are_counted_by_the_minute(tiktok):
    path = "/v2/post/publish/creator_info/query/"
    assert {tiktok.code(path, {}) for _ in range(20)} == {(200, "ok")}
    assert tiktok.code(path, {}) == (429, "rate_limit_exceeded")
    tiktok.sandbox.advance(60)
    assert tiktok.code(path, {}) == (200, "ok")


@pytest.mark.parametrize(
    ("film_of", "reason"),
    [
        ({"width": 300, "height": 500}, "picture_size_check_failed"),
        ({"ms": 601_000}, "duration_check_failed"),
        (None, "file_format_check_failed"),
    ],
)
def test_a_video_it_does_not_like_fails_in_processing(tiktok, tmp_path, film_of, reason):
    film = tmp_path / "odd.mp4"
    film.write_bytes(b"no film") if film_of is None else write_film(film, **film_of)
    publish_id = send(tiktok, film)
    tiktok.status(publish_id)
    assert tiktok.status(publish_id) == {
        "status": "FAILED", "fail_reason": reason, "uploaded_bytes": film.stat().st_size,
    }  # fmt: skip
    assert tiktok.sandbox.posts("tiktok", hidden=True) == []


def test_tokens_are_flat_need_the_hex_proof_and_rotate(tiktok):
    verifier = "v" * 43
    said = allow(
        f"{tiktok.url}/v2/auth/authorize/",
        MIRA,
        client_key="sandbox-app",
        scope="user.info.basic,video.upload",
        code_challenge=hashlib.sha256(verifier.encode()).hexdigest(),
        code_challenge_method="S256",
    )
    assert said["state"] == "s1"
    url = f"{tiktok.url}/v2/oauth/token/"
    form = {
        **APP,
        "grant_type": "authorization_code",
        "code": said["code"],
        "redirect_uri": BACK,
        "code_verifier": verifier,
    }
    wrong = requests.post(url, data={**form, "code_verifier": "other"}, timeout=5).json()
    assert wrong["error"] == "invalid_request"
    first = requests.post(url, data=form, timeout=5).json()
    assert (first["open_id"], first["expires_in"]) == (MIRA, 86400)
    assert first["scope"] == "user.info.basic,video.upload"
    used = requests.post(url, data=form, timeout=5)
    assert (used.status_code, used.json()["error"]) == (400, "invalid_grant")
    again = {**APP, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = requests.post(url, data=again, timeout=5).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert requests.post(url, data=again, timeout=5).json()["error"] == "invalid_grant"
    info = "/v2/user/info/?fields=display_name"
    assert tiktok.call(info, method="GET", token=second["access_token"]).ok
    revoke = {**APP, "token": second["access_token"]}
    assert requests.post(f"{tiktok.url}/v2/oauth/revoke/", data=revoke, timeout=5).ok
    assert tiktok.code(info, method="GET", token=second["access_token"]) == (
        401, "access_token_invalid",
    )  # fmt: skip


def test_own_videos_are_listed_with_counts(tiktok, film):
    publish_id = send(tiktok, film)
    send(tiktok, film, post={**POST, "privacy_level": "SELF_ONLY"})
    tiktok.sandbox.advance(3600)
    fields = "id,title,create_time,share_url,view_count,like_count"
    listed = tiktok.call(f"/v2/video/list/?fields={fields}", {"max_count": 20}).json()["data"]
    (video,) = listed["videos"]
    assert video["title"] == "Hello #ai"
    assert video["view_count"] > video["like_count"] >= 0
    asked = {"filters": {"video_ids": [video["id"]]}}
    assert tiktok.call(f"/v2/video/query/?fields={fields}", asked).json()["data"]["videos"] == [
        video
    ]
    assert tiktok.code("/v2/video/list/", {}) == (400, "invalid_params")
    assert publish_id


def test_a_pull_fetches_from_verified_addresses_only(tiktok, film):
    with hosting(film.parent) as url:
        source = {"source": "PULL_FROM_URL", "video_url": f"{url}/{film.name}"}
        answer = tiktok.init_of(source)
        assert answer.json()["error"]["code"] == "url_ownership_unverified"
        tiktok.sandbox.set_rule("tiktok.verified_urls", [url])
        begun = tiktok.init_of(source).json()["data"]
        assert "upload_url" not in begun
        missing = {**source, "video_url": f"{url}/nothing.mp4"}
        other = tiktok.init_of(missing).json()["data"]
        for thread in threading.enumerate():
            if thread.name == "pull":
                thread.join(10)
    assert tiktok.sandbox.posts("tiktok")[0]["media_sha256"] == sha256_of(film)
    assert tiktok.status(begun["publish_id"])["status"] == "PROCESSING_DOWNLOAD"
    assert tiktok.status(begun["publish_id"])["status"] == "PUBLISH_COMPLETE"
    assert tiktok.status(other["publish_id"])["fail_reason"] == "video_pull_failed"


@pytest.fixture
def ear(tiktok):
    with listening() as found:
        tiktok.sandbox.set_rule("tiktok.webhook_url", found.url)
        yield found


def heard(ear):
    """Events and contents of what has been sent until now."""
    for thread in threading.enumerate():
        if thread.name == "webhooks":
            thread.join(10)
    bodies = [json.loads(body) for _, body in ear.heard]
    return [(one["event"], json.loads(one["content"])) for one in bodies]


def test_webhooks_are_signed_and_come_twice_and_backwards_where_asked(tiktok, film, ear):
    tiktok.sandbox.set_rule("tiktok.webhooks", "twice reversed")
    publish_id = send(tiktok, film)
    events = heard(ear)
    assert [event for event, _ in events] == [
        *["post.publish.publicly_available"] * 2, *["post.publish.complete"] * 2,
    ]  # fmt: skip
    assert {content["publish_id"] for _, content in events} == {publish_id}
    signature, body = ear.heard[0]
    at, digest = (part.partition("=")[2] for part in signature.split(","))
    proof = hmac.new(b"sandbox-secret", f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert digest == proof
    said = json.loads(body)
    assert (said["client_key"], said["user_openid"]) == ("sandbox-app", MIRA)


def test_what_creators_do_in_the_app_is_told(tiktok, film, ear):
    tiktok.sandbox.set_rule("tiktok.fate", "fail_late")
    send(tiktok, film)
    tiktok.sandbox.set_rule("tiktok.fate", None)
    send(tiktok, film, mode="inbox")
    publish_id = send(tiktok, film)
    (post,) = tiktok.sandbox.posts("tiktok")
    heard(ear)
    gone = {"post_id": post["post_id"]}
    assert requests.post(f"{tiktok.url}/_creator/delete/", json=gone, timeout=5).ok
    assert tiktok.sandbox.posts("tiktok") == []
    assert tiktok.status(publish_id)
    requests.post(f"{tiktok.url}/_creator/leave/", json={"open_id": MIRA}, timeout=5)
    assert tiktok.code("/v2/post/publish/creator_info/query/", {})[0] == 401
    assert sorted(event for event, _ in heard(ear)) == [
        "authorization.removed",
        "post.publish.complete",
        "post.publish.failed",
        "post.publish.inbox_delivered",
        "post.publish.no_longer_publicaly_available",
        "post.publish.publicly_available",
    ]
