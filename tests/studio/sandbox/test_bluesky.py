"""Bluesky as the sandbox plays it, over real sockets."""

import base64
import json
import time

import pytest
import requests

from studio.sandbox.platforms import atproto
from studio.sandbox.state import sha256_of
from tests.publishing.films import write_film

pytestmark = pytest.mark.enable_socket
MIRA, OTTO = "did:plc:sandboxmira2345672345672", "did:plc:sandboxotto2345672345672"
RKEY, OTHER = "3mabcdefghij2", "3mabcdefghij3"
NOW = "2026-10-25T10:00:00.000Z"


class Bluesky:
    def __init__(self, sandbox):
        self.sandbox, self.url, self.seen = (
            sandbox,
            f"{sandbox.url}/bluesky",
            sandbox.of("bluesky"),
        )
        self.session = self.login().json()
        self.pds = "did:web:" + sandbox.url.partition("//")[2].replace(":", "%3A")

    def login(self, name="mira.demo", password="sandbox-password"):
        body = {"identifier": name, "password": password}
        url = f"{self.url}/xrpc/com.atproto.server.createSession"
        return requests.post(url, json=body, timeout=5)

    def call(self, name, body=None, *, method="", token="accessJwt", **more):
        headers = {"Authorization": f"Bearer {self.session.get(token, token)}"}
        headers |= more.pop("headers", {})
        method = method or ("GET" if body is None and "data" not in more else "POST")
        return requests.request(
            method, f"{self.url}/xrpc/{name}", json=body, headers=headers, timeout=10, **more
        )

    def service(self, aud=None, lxm="com.atproto.repo.uploadBlob", seconds=1800):
        params = {"aud": aud or self.pds, "lxm": lxm, "exp": str(int(time.time()) + seconds)}
        return self.call("com.atproto.server.getServiceAuth", params=params)

    def upload(self, film, token=None, did=MIRA, **headers):
        return self.call(
            f"app.bsky.video.uploadVideo?did={did}&name=a.mp4",
            method="POST",
            token=token or self.service().json()["token"],
            data=film.read_bytes(),
            headers={"Content-Type": "video/mp4", **headers},
        )

    def job(self, id):
        return requests.get(
            f"{self.url}/xrpc/app.bsky.video.getJobStatus", params={"jobId": id}, timeout=5
        ).json()["jobStatus"]

    def blob(self, film):
        job = self.upload(film).json()["jobStatus"]
        assert (job["state"], "blob" in job) == ("JOB_STATE_CREATED", False)
        said = [self.job(job["jobId"]) for _ in range(2)]
        assert [one["state"] for one in said] == ["JOB_STATE_ENCODING", "JOB_STATE_COMPLETED"]
        return said[1]["blob"]

    def create(self, rkey=RKEY, name="createRecord", **record):
        value = {"$type": "app.bsky.feed.post", "text": "Hello", "createdAt": NOW, **record}
        body = {"repo": MIRA, "collection": "app.bsky.feed.post", "record": value}
        if rkey:
            body["rkey"] = rkey
        return self.call(f"com.atproto.repo.{name}", body)


@pytest.fixture
def bluesky(sandbox):
    return Bluesky(sandbox)


def error(answer):
    return answer.status_code, answer.json()["error"]


def test_a_post_with_a_video(bluesky, film):
    blob = bluesky.blob(film)
    assert blob["ref"]["$link"].startswith("bafkrei")
    embed = {
        "$type": "app.bsky.embed.video",
        "video": blob,
        "aspectRatio": {"width": 9, "height": 16},
        "alt": "A reel",
    }
    said = bluesky.create(embed=embed, langs=["en"]).json()
    uri = f"at://{MIRA}/app.bsky.feed.post/{RKEY}"
    assert said["uri"] == uri
    (post,) = bluesky.sandbox.posts("bluesky")
    assert (post["post_id"], post["media_sha256"]) == (uri, sha256_of(film))
    shown = requests.get(f"{bluesky.sandbox.url}/_media/bluesky/{uri}", timeout=5)
    assert shown.content == film.read_bytes()
    where = {"repo": MIRA, "collection": "app.bsky.feed.post", "rkey": RKEY}
    read = requests.get(
        f"{bluesky.url}/xrpc/com.atproto.repo.getRecord", params=where, timeout=5
    ).json()
    assert (read["cid"], read["value"]["text"]) == (said["cid"], "Hello")
    (view,) = bluesky.call(f"app.bsky.feed.getPosts?uris={uri}&uris=at://none").json()["posts"]
    assert view["likeCount"] == 0
    assert bluesky.call("com.atproto.repo.deleteRecord", where).status_code == 200
    assert error(bluesky.call("com.atproto.repo.getRecord", params=where)) == (
        400, "RecordNotFound",
    )  # fmt: skip
    assert bluesky.sandbox.posts("bluesky") == []


def test_a_key_that_is_taken_collides(bluesky):
    assert bluesky.create().ok
    assert error(bluesky.create(text="Again")) == (400, "InvalidRequest")
    bluesky.sandbox.set_rule("bluesky.collision", [500, "InternalServerError"])
    assert error(bluesky.create()) == (500, "InternalServerError")
    assert bluesky.create(name="putRecord", text="Changed").ok
    assert [one["text"] for one in bluesky.sandbox.posts("bluesky")] == ["Changed"]
    assert bluesky.create(rkey=None).ok


@pytest.mark.parametrize("rkey", ["short", "zzzzzzzzzzzzz", "3MABCDEFGHIJ2", "3mabcdefghij1"])
def test_keys_are_tids(bluesky, rkey):
    assert error(bluesky.create(rkey)) == (400, "InvalidRequest")


def test_the_same_bytes_exist_already(bluesky, film):
    first = bluesky.upload(film).json()["jobStatus"]
    early = bluesky.upload(film)
    assert (early.status_code, early.json()["jobId"]) == (409, first["jobId"])
    assert "blob" not in early.json()
    bluesky.job(first["jobId"])
    bluesky.job(first["jobId"])
    late = bluesky.upload(film)
    assert error(late) == (409, "already_exists")
    assert late.json()["blob"]["mimeType"] == "video/mp4"


def test_jobs_come_in_both_shapes(bluesky, film):
    bluesky.sandbox.set_rule("bluesky.job_shape", "flat")
    assert bluesky.upload(film).json()["state"] == "JOB_STATE_CREATED"


def test_service_tokens_are_for_one_audience_and_one_method(bluesky, film):
    wrong = [
        (bluesky.service(aud="did:web:elsewhere"), "BadJwtAudience"),
        (bluesky.service(lxm="com.atproto.repo.createRecord"), "BadJwtLexiconMethod"),
    ]
    for said, code in wrong:
        assert error(bluesky.upload(film, token=said.json()["token"])) == (401, code)
    assert error(bluesky.upload(film, did=OTTO)) == (401, "AuthenticationRequired")
    assert error(bluesky.upload(film, token="accessJwt")) == (401, "BadJwt")
    assert error(bluesky.service(seconds=1900)) == (400, "BadExpiration")
    assert error(bluesky.service(seconds=-5)) == (400, "BadExpiration")
    token = bluesky.service().json()["token"]
    bluesky.sandbox.advance(1801)
    assert error(bluesky.upload(film, token=token)) == (401, "JwtExpired")


def test_videos_are_counted_by_the_day(bluesky, film, tmp_path):
    bluesky.sandbox.set_rule("bluesky.videos_a_day", 1)
    bluesky.upload(film)
    other = write_film(tmp_path / "other.mp4", payload=b"other")
    assert error(bluesky.upload(other)) == (400, "daily_vid_limit_exceeded")
    token = bluesky.service("did:web:video.bsky.app", "app.bsky.video.getUploadLimits")
    limits = bluesky.call("app.bsky.video.getUploadLimits", token=token.json()["token"]).json()
    assert (limits["canUpload"], limits["remainingDailyVideos"]) == (False, 0)


def test_what_is_no_film_fails(bluesky, tmp_path):
    odd = tmp_path / "odd.mp4"
    odd.write_bytes(b"no film")
    job = bluesky.upload(odd).json()["jobStatus"]
    bluesky.job(job["jobId"])
    assert bluesky.job(job["jobId"])["state"] == "JOB_STATE_FAILED"
    text = {"Content-Type": "text/plain"}
    assert error(bluesky.upload(odd, **text)) == (400, "InvalidRequest")


def facet(start, end, **feature):
    kind = f"app.bsky.richtext.facet#{feature.pop('kind', 'tag')}"
    return [
        {"index": {"byteStart": start, "byteEnd": end}, "features": [{"$type": kind, **feature}]}
    ]


@pytest.mark.parametrize(
    ("record", "is_right"),
    [
        ({"text": "x" * 300}, True),
        ({"text": "x" * 301}, False),
        ({"text": "👩‍👩‍👧‍👦" * 100}, True),
        ({"text": "👩‍👩‍👧‍👦" * 121}, False),  # 3025 bytes
        ({"createdAt": "2026-10-25 10:00"}, False),
        ({"createdAt": "2026-10-25T10:00:00"}, False),
        ({"langs": ["not a language"]}, False),
        ({"$type": "app.bsky.feed.like"}, False),
        ({"text": "é #ai", "facets": facet(3, 6, tag="ai")}, True),
        ({"text": "é #ai", "facets": facet(2, 5, tag="ai")}, False),  # counted in characters
        ({"text": "é #ai", "facets": facet(1, 6, tag="ai")}, False),  # half a character
        ({"text": "#ai", "facets": facet(0, 9, tag="ai")}, False),
        ({"text": "#ai", "facets": facet(0, 3, tag="#ai")}, False),
        ({"text": "at x.eu", "facets": facet(3, 7, kind="link", uri="https://x.eu")}, True),
        ({"text": "at x.eu", "facets": facet(2, 7, kind="link", uri="https://x.eu")}, False),
        ({"embed": {"$type": "app.bsky.embed.video"}}, False),
    ],
)
def test_records_are_checked(bluesky, record, is_right):
    said = bluesky.create(**record)
    assert said.status_code == (200 if is_right else 400)
    assert bool(bluesky.sandbox.posts("bluesky")) == is_right


def test_blobs_must_be_there_and_be_that_blob(bluesky, film):
    blob = bluesky.blob(film)

    def post(**changed):
        return bluesky.create(
            embed={"$type": "app.bsky.embed.video", "video": {**blob, **changed}}
        )

    missing = {"$link": atproto.content_id(bytes(32), atproto.RAW)}
    assert error(post(ref=missing)) == (400, "BlobNotFound")
    assert error(post(size=1)) == (400, "InvalidMimeType")
    headers = {"Content-Type": "text/vtt"}
    vtt = bluesky.call("com.atproto.repo.uploadBlob", data=b"WEBVTT", headers=headers).json()
    captions = [{"lang": "en", "file": vtt["blob"]}]
    embed = {"$type": "app.bsky.embed.video", "video": blob, "captions": captions}
    assert bluesky.create(embed=embed).ok


def test_replies_are_comments(bluesky):
    said = bluesky.create().json()
    parent = {"uri": said["uri"], "cid": said["cid"]}
    reply = {"root": parent, "parent": parent}
    assert bluesky.create(OTHER, text="First!", reply=reply).ok
    wrong = {"root": parent, "parent": {**parent, "cid": "bafy"}}
    assert not bluesky.create("3mabcdefghij4", text="Second", reply=wrong).ok
    assert len(bluesky.sandbox.posts("bluesky")) == 1
    (view,) = bluesky.call(f"app.bsky.feed.getPosts?uris={said['uri']}").json()["posts"]
    assert view["replyCount"] == 1


def test_sessions_expire_with_400_and_refreshing_rotates(bluesky):
    session = bluesky.session
    assert session["didDoc"]["service"][0]["serviceEndpoint"] == bluesky.url
    claims = json.loads(base64.urlsafe_b64decode(session["accessJwt"].split(".")[1] + "=="))
    assert 7100 < claims["exp"] - time.time() <= 7200
    bluesky.sandbox.advance(7201)
    assert error(bluesky.create()) == (400, "ExpiredToken")
    wrong = bluesky.call("com.atproto.server.refreshSession", method="POST")
    assert error(wrong) == (400, "ExpiredToken")  # the access token is no refresh token
    refresh = {"method": "POST", "token": session["refreshJwt"]}
    fresh = bluesky.call("com.atproto.server.refreshSession", **refresh).json()
    assert fresh["refreshJwt"] != session["refreshJwt"]
    assert error(bluesky.call("com.atproto.server.refreshSession", **refresh)) == (
        400, "ExpiredToken",
    )  # fmt: skip
    bluesky.session = fresh
    assert bluesky.create().ok
    assert bluesky.call("app.bsky.actor.getProfile?actor=mira.demo").json()["did"] == MIRA
    assert error(bluesky.call("com.atproto.server.getSession", token="nothing")) == (
        400, "InvalidToken",
    )  # fmt: skip


def test_passwords_and_their_limits(bluesky):
    assert error(bluesky.login(password="wrong")) == (401, "AuthenticationRequired")
    assert bluesky.login("mira.demo").json()["did"] == MIRA
    bluesky.sandbox.set_rule("bluesky.auth_factor", True)
    assert error(bluesky.login()) == (401, "AuthFactorTokenRequired")
    bluesky.sandbox.set_rule("bluesky.sessions_5min", 1)
    held = bluesky.login()
    assert error(held) == (429, "RateLimitExceeded")
    assert held.headers["RateLimit-Remaining"] == "0"


def test_writing_costs_points(bluesky):
    bluesky.sandbox.set_rule("bluesky.points_an_hour", 4)
    assert bluesky.create().headers["RateLimit-Remaining"] == "1"
    assert error(bluesky.create(OTHER)) == (429, "RateLimitExceeded")
