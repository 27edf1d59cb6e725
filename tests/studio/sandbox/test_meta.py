"""Instagram (both logins), Facebook Pages and Threads as the documents say they behave."""

import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import queue
import threading
from urllib.parse import parse_qs

import pytest
import requests

from studio.sandbox import identity
from studio.sandbox.platforms.threads import text_length
from studio.sandbox.state import sha256_of
from tests.publishing.films import write_film

pytestmark = pytest.mark.enable_socket
IG, PAGE, PERSON, TH = (
    "17841400000000001",
    "10150000000000001",
    "10220000000000001",
    "24001000000000001",
)
APP = {"client_id": identity.APP_ID, "client_secret": identity.APP_SECRET}
BACK = "https://studio.example/back"


class Api:
    """Calls of one platform with one token."""

    def __init__(self, sandbox, prefix, account, kind, scopes=()):
        self.sandbox, self.prefix = sandbox, prefix
        self.token = identity.issue_token(
            sandbox.of(prefix), account, kind=kind, scopes=list(scopes)
        )

    def __call__(self, method, path, **params):
        url = f"{self.sandbox.url}/{self.prefix}/v25.0/{path}"
        params = {"access_token": self.token, **params}
        where = "params" if method != "POST" else "data"
        return requests.request(method, url, **{where: params}, timeout=10)

    def get(self, path, **params):
        reply = self("GET", path, **params)
        assert reply.ok, reply.text
        return reply.json()

    def post(self, path, **params):
        reply = self("POST", path, **params)
        assert reply.ok, reply.text
        return reply.json()


@pytest.fixture
def ig(sandbox):
    return Api(sandbox, "instagram", IG, "long")


@pytest.fixture
def page(sandbox):
    return Api(sandbox, "facebook", PAGE, "page")


@pytest.fixture
def th(sandbox):
    return Api(sandbox, "threads", TH, "long")


def error_of(reply):
    assert reply.status_code >= 400, reply.text
    inner = reply.json()["error"]
    return inner["code"], inner.get("error_subcode", 0)


def container(api, media, account=IG, **more):
    asked = {"media_type": "REELS", "video_url": media.video_url, "caption": "Hello #a", **more}
    return api.post(f"{account}/media", **asked)["id"]


def finished(api, id):
    for _ in range(5):
        found = api.get(id, fields="id,status_code,status")
        if found["status_code"] != "IN_PROGRESS":
            return found
    return found


# Instagram


def test_a_reel_is_downloaded_processed_and_published_once(sandbox, ig, media):
    id = container(ig, media, is_ai_generated="true")
    assert ig.get(id, fields="status_code")["status_code"] == "IN_PROGRESS"
    early = ig("POST", f"{IG}/media_publish", creation_id=id)
    assert error_of(early) == (9007, 2207027)
    assert finished(ig, id)["status_code"] == "FINISHED"
    made = ig.post(f"{IG}/media_publish", creation_id=id)["id"]
    assert error_of(ig("POST", f"{IG}/media_publish", creation_id=id)) == (24, 2207006)
    [post] = sandbox.posts("instagram")
    assert (post["post_id"], post["text"], post["ai_label"]) == (made, "Hello #a", True)
    assert post["media_sha256"] == media.sha256
    assert ig.get(id, fields="status_code")["status_code"] == "PUBLISHED"
    seen = ig.get(made, fields="permalink,shortcode,caption,is_ai_generated,media_product_type")
    assert seen["permalink"] == f"https://www.instagram.com/reel/{seen['shortcode']}/"
    assert seen["is_ai_generated"] is True
    listed = ig.get(f"{IG}/media", fields="id,caption,timestamp", limit=25)["data"]
    assert [one["id"] for one in listed] == [made]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"media_type": "STORY"}, (100, 2207023)),
        ({"caption": "x" * 2201}, (36004, 2207010)),
        ({"caption": "#a " * 31}, (100, 0)),
        ({"caption": "@a " * 21}, (100, 0)),
        ({"video_url": "http://127.0.0.1:1/gone.mp4"}, (9004, 2207052)),
        ({"video_url": ""}, (100, 0)),
        ({"upload_type": "resumable", "video_url": ""}, (100, 0)),
        ({"thumb_offset": "soon"}, (100, 0)),
        ({"is_ai_generated": "perhaps"}, (100, 0)),
        ({"trial_params": "{}"}, (100, 0)),
        ({"collaborators": '["a","b","c","d"]'}, (100, 0)),
    ],
)
def test_instagram_refuses(ig, media, wrong, code):
    asked = {"media_type": "REELS", "video_url": media.video_url, **wrong}
    assert error_of(ig("POST", f"{IG}/media", **asked)) == code


@pytest.mark.parametrize(
    ("head", "subcode"),
    [({"ms": 2000}, "2207026"), ({"ms": 901_000}, "2207026"), ({"width": 4000}, "2207026")],
)
def test_a_film_that_does_not_fit_fails_in_processing(ig, media, head, subcode):
    write_film(media.video, **head)
    found = finished(ig, container(ig, media))
    assert found["status_code"] == "ERROR"
    assert subcode in found["status"]


def test_what_is_no_film_or_no_answer_of_a_film_is_refused(sandbox, ig, media):
    media.video.write_bytes(b"not a film")
    assert "2207026" in finished(ig, container(ig, media))["status"]
    asked = {"media_type": "REELS", "video_url": media.video_url.replace(".mp4", ".txt")}
    assert error_of(ig("POST", f"{IG}/media", **asked)) == (9004, 2207052)
    sandbox.set_rule("instagram.download_late", True)
    late = finished(ig, ig.post(f"{IG}/media", **asked)["id"])
    assert "2207052" in late["status"]


def test_containers_live_a_day_and_posts_have_a_quota(sandbox, ig, media):
    old = container(ig, media)
    sandbox.advance(24 * 3600 + 1)
    assert finished(ig, old)["status_code"] == "EXPIRED"
    assert error_of(ig("POST", f"{IG}/media_publish", creation_id=old)) == (24, 2207008)
    sandbox.set_rule("instagram.quota", 1)
    sandbox.set_rule("instagram.polls_until_finished", 0)
    ig.post(f"{IG}/media_publish", creation_id=container(ig, media))
    second = ig("POST", f"{IG}/media_publish", creation_id=container(ig, media))
    assert error_of(second) == (9, 2207042)
    told = ig.get(f"{IG}/content_publishing_limit", fields="quota_usage,config")["data"][0]
    assert (told["quota_usage"], told["config"]["quota_total"]) == (1, 1)
    sandbox.advance(24 * 3600)
    assert ig.get(f"{IG}/content_publishing_limit")["data"][0]["quota_usage"] == 0


@pytest.mark.parametrize(("kind", "ends"), [("stuck", "IN_PROGRESS"), ("fail_late", "ERROR")])
def test_processing_can_stick_or_fail(sandbox, ig, media, kind, ends):
    sandbox.fault(kind)
    assert finished(ig, container(ig, media))["status_code"] == ends
    assert finished(ig, container(ig, media))["status_code"] == "FINISHED"


def test_a_new_container_may_be_missing_at_first(sandbox, ig, media):
    sandbox.set_rule("instagram.container_missing_reads", 1)
    id = container(ig, media)
    assert error_of(ig("GET", id, fields="status_code")) == (24, 2207008)
    assert ig.get(id, fields="status_code")["status_code"] == "FINISHED"


def test_somebody_elses_container_and_account_are_not_there(sandbox, ig, media):
    other = Api(sandbox, "instagram", "17841400000000002", "long")
    id = container(ig, media)
    assert error_of(other("POST", "17841400000000002/media_publish", creation_id=id))[0] == 24
    assert error_of(other("GET", f"{IG}/media")) == (100, 33)


def test_a_cover_is_fetched_and_must_be_a_jpeg(sandbox, ig, media):
    cover = media.video.with_name("cover.jpg")
    cover.write_bytes(b"\xff\xd8\xff\xe0 and so on")
    url = media.video_url.replace("film.mp4", "cover.jpg")
    sandbox.set_rule("instagram.polls_until_finished", 0)
    ig.post(f"{IG}/media_publish", creation_id=container(ig, media, cover_url=url))
    [post] = sandbox.posts("instagram")
    shown = requests.get(f"{sandbox.url}/_cover/instagram/{post['post_id']}", timeout=5)
    assert shown.content == cover.read_bytes()
    cover.write_bytes(b"PNG")
    asked = {"media_type": "REELS", "video_url": media.video_url, "cover_url": url}
    assert error_of(ig("POST", f"{IG}/media", **asked)) == (36001, 2207005)


def test_permalinks_may_lag_and_comments_are_kept(sandbox, ig, media):
    sandbox.set_rule("instagram.permalink_missing_reads", 2)
    sandbox.set_rule("instagram.polls_until_finished", 0)
    made = ig.post(f"{IG}/media_publish", creation_id=container(ig, media))["id"]
    reads = [ig.get(made, fields="permalink").get("permalink") for _ in range(3)]
    assert [bool(one) for one in reads] == [False, False, True]
    comment = ig.post(f"{made}/comments", message="First")["id"]
    assert ig.get(f"{made}/comments")["data"] == [{"id": comment, "text": "First"}]


def test_counts_grow_are_the_same_when_asked_again_and_one_wrong_metric_spoils_all(
    sandbox, ig, media
):
    sandbox.set_rule("instagram.polls_until_finished", 0)
    made = ig.post(f"{IG}/media_publish", creation_id=container(ig, media))["id"]

    def views():
        found = ig.get(f"{made}/insights", metric="views,likes,ig_reels_avg_watch_time")["data"]
        return {one["name"]: one["values"][0]["value"] for one in found}["views"]

    sandbox.advance(3600)
    first = views()
    sandbox.advance(23 * 3600)
    assert 0 < first < views()
    assert error_of(ig("GET", f"{made}/insights", metric="views,impressions")) == (100, 0)
    sandbox.set_rule("instagram.insights_lag_s", 10**6)
    assert ig.get(f"{made}/insights", metric="views")["data"] == []


def test_an_account_has_so_many_calls_an_hour(sandbox, ig):
    sandbox.set_rule("instagram.calls_an_hour", 2)
    assert ig("GET", "me", fields="id").ok
    assert ig("GET", "me", fields="id").ok
    refused = ig("GET", "me", fields="id")
    assert error_of(refused) == (80002, 0)
    [told] = json.loads(refused.headers["X-Business-Use-Case-Usage"])[IG]
    assert told["estimated_time_to_regain_access"] == 60
    sandbox.advance(3601)
    assert ig("GET", "me", fields="id").ok


# Tokens of Instagram and Threads


@pytest.mark.parametrize(
    ("prefix", "account", "grants"),
    [
        ("instagram", IG, ("ig_exchange_token", "ig_refresh_token")),
        ("threads", TH, ("th_exchange_token", "th_refresh_token")),
    ],
)
def test_codes_and_tokens_of_instagram_and_threads(sandbox, prefix, account, grants):
    seen, base = sandbox.of(prefix), f"{sandbox.url}/{prefix}"
    scopes = list({"instagram": ["instagram_business_basic"]}.get(prefix, ["threads_basic"]))

    def redeem(code, back=BACK, **app):
        form = {"grant_type": "authorization_code", "redirect_uri": back, "code": code}
        return requests.post(f"{base}/oauth/access_token", data=form | APP | app, timeout=5)

    code = identity.issue_code(
        seen, account, app=identity.APP_ID, redirect_uri=BACK, scopes=scopes
    )
    assert redeem(code, client_secret="wrong").status_code == 400
    assert redeem(code, back="https://other").status_code == 400
    short = redeem(code).json()
    assert str(short["user_id"]) == account
    assert redeem(code).status_code == 400

    def get(path, grant, token):
        params = {
            "grant_type": grant,
            "access_token": token,
            "client_secret": APP["client_secret"],
        }
        return requests.get(f"{base}/{path}", params=params, timeout=5)

    long = get("access_token", grants[0], short["access_token"]).json()
    assert 59 * 86400 < long["expires_in"] <= 60 * 86400
    young = get("refresh_access_token", grants[1], long["access_token"])
    assert young.status_code == 400
    assert young.json()["error"]["code"] == 10
    sandbox.advance(24 * 3600 + 1)
    newer = get("refresh_access_token", grants[1], long["access_token"]).json()
    assert newer["access_token"] != long["access_token"]
    sandbox.advance(61 * 86400)
    dead = get("refresh_access_token", grants[1], newer["access_token"])
    assert (dead.json()["error"]["code"], dead.json()["error"]["error_subcode"]) == (190, 463)


def test_instagram_words_its_token_errors_differently_and_may_wrap_its_answer(sandbox):
    seen, url = sandbox.of("instagram"), f"{sandbox.url}/instagram/oauth/access_token"
    form = {"grant_type": "authorization_code", "redirect_uri": BACK, "code": "none", **APP}
    refused = requests.post(url, data=form, timeout=5)
    assert refused.json()["error_type"] == "OAuthException"
    sandbox.set_rule("instagram.enveloped_token", True)
    form["code"] = identity.issue_code(
        seen, IG, app=identity.APP_ID, redirect_uri=BACK, scopes=["instagram_business_basic"]
    )
    assert requests.post(url, data=form, timeout=5).json()["data"][0]["access_token"]


@pytest.mark.parametrize("prefix", ["instagram", "facebook", "threads"])
def test_who_removes_the_app_ends_its_tokens_and_the_app_is_told(sandbox, prefix):
    account = {"instagram": IG, "facebook": PERSON, "threads": TH}[prefix]
    kind = "user-long" if prefix == "facebook" else "long"
    api = Api(sandbox, prefix, account, kind)
    with taking() as (url, came):
        sandbox.set_rule(f"{prefix}.deauthorize_url", url)
        sent = {"platform": prefix, "account": account}
        requests.post(f"{sandbox.url}/_admin/revoke", json=sent, timeout=5)
        form = came.get(timeout=5)
    signature, payload = parse_qs(form)["signed_request"][0].split(".")
    right = hmac.digest(identity.APP_SECRET.encode(), payload.encode(), "sha256")
    assert base64.urlsafe_b64decode(signature + "==") == right
    assert json.loads(base64.urlsafe_b64decode(payload + "=="))["user_id"] == account
    assert error_of(api("GET", "me"))[0] == 190


@contextlib.contextmanager
def taking():
    """An address, and what is posted to it."""
    came = queue.Queue()

    class Taker(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            came.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Taker) as server:
        thread = threading.Thread(target=server.handle_request, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/", came
        thread.join(5)


def test_a_scope_that_was_not_granted_is_missing(sandbox, media):
    poor = Api(sandbox, "instagram", IG, "long", ["instagram_business_basic"])
    assert poor.get("me", fields="user_id,username")["user_id"] == IG
    asked = {"media_type": "REELS", "video_url": media.video_url}
    assert error_of(poor("POST", f"{IG}/media", **asked)) == (10, 0)


# Facebook


@pytest.fixture
def person(sandbox):
    scopes = ["pages_show_list", "instagram_basic", "instagram_content_publish"]
    return Api(sandbox, "facebook", PERSON, "user-long", scopes)


def test_a_login_of_facebook_has_pages_with_tokens_of_their_own(sandbox, person):
    found = person.get(
        "me/accounts",
        fields="id,name,access_token,tasks,instagram_business_account{id,username}",
        limit=1,
    )
    [first] = found["data"]
    assert first["instagram_business_account"]["id"] == IG
    after = found["paging"]["cursors"]["after"]
    [second] = person.get("me/accounts", fields="id", limit=1, after=after)["data"]
    assert second == {"id": "10150000000000002"}
    granted = [one["permission"] for one in person.get("me/permissions")["data"]]
    assert "pages_show_list" in granted
    asker = f"{identity.APP_ID}|{identity.APP_SECRET}"
    told = person.get("debug_token", input_token=first["access_token"], access_token=asker)
    assert told["data"]["is_valid"]
    assert told["data"]["expires_at"] == 0
    person("DELETE", "me/permissions")
    told = person.get("debug_token", input_token=first["access_token"], access_token=asker)
    assert not told["data"]["is_valid"]


def test_codes_of_facebook_become_short_then_long_tokens(sandbox):
    base = f"{sandbox.url}/facebook/v25.0/oauth/access_token"
    code = identity.issue_code(
        sandbox.of("facebook"), PERSON, app=identity.APP_ID, redirect_uri=BACK, scopes=[]
    )
    params = {**APP, "redirect_uri": BACK, "code": code}
    short = requests.get(base, params=params, timeout=5).json()
    assert short["expires_in"] < 2 * 3600 + 1
    assert error_of(requests.get(base, params=params, timeout=5)) == (100, 36009)
    exchange = {
        **APP, "grant_type": "fb_exchange_token", "fb_exchange_token": short["access_token"],
    }  # fmt: skip
    assert requests.get(base, params=exchange, timeout=5).json()["expires_in"] == 60 * 86400
    sandbox.advance(2 * 3600)
    assert error_of(requests.get(base, params=exchange, timeout=5)) == (190, 463)


def test_the_proof_of_the_secret_is_checked(sandbox, person):
    sandbox.set_rule("facebook.require_appsecret_proof", True)
    assert error_of(person("GET", "me/accounts")) == (100, 0)
    key, told = identity.APP_SECRET.encode(), person.token.encode()
    proof = hmac.new(key, told, hashlib.sha256).hexdigest()
    assert person.get("me/accounts", appsecret_proof=proof)["data"]


def test_instagram_through_facebook_takes_bytes(sandbox, person, film):
    made = person.post(f"{IG}/media", media_type="REELS", upload_type="resumable", caption="Hi")
    data = film.read_bytes()
    size = len(data)

    def send(body, offset, word="OAuth", uri=made["uri"]):
        headers = {"Authorization": f"{word} {person.token}", "offset": str(offset)}
        headers["file_size"] = str(size)
        return requests.post(uri, headers=headers, data=body, timeout=5)

    assert send(data, 0, word="Bearer").status_code == 401
    partial = send(data[:50], 0).json()["debug_info"]
    assert (partial["type"], partial["retriable"]) == ("PartialRequestError", True)
    seen = person.get(made["id"], fields="status_code,video_status")
    assert seen["video_status"]["uploading_phase"]["bytes_transferred"] == 50
    assert send(data, 0).json()["debug_info"]["type"] == "OffsetInvalidError"
    assert send(data[50:], 50).json()["success"]
    assert finished(person, made["id"])["status_code"] == "FINISHED"
    post = person.post(f"{IG}/media_publish", creation_id=made["id"])["id"]
    assert sandbox.posts("instagram")[0]["media_sha256"] == sha256_of(film)
    assert person.get(post, fields="permalink,caption")["caption"] == "Hi"


def test_bytes_sent_to_another_version_of_the_address_are_never_processed(sandbox, person, film):
    made = person.post(f"{IG}/media", media_type="REELS", upload_type="resumable")
    headers = {
        "Authorization": f"OAuth {person.token}",
        "offset": "0",
        "file_size": str(film.stat().st_size),
    }
    uri = made["uri"].replace("v25.0", "v19.0")
    assert requests.post(uri, headers=headers, data=film.read_bytes(), timeout=5).ok
    assert finished(person, made["id"])["status_code"] == "IN_PROGRESS"


def started(page, film, **head):
    if head:
        write_film(film, **head)
    begun = page.post(f"{PAGE}/video_reels", upload_phase="start")
    headers = {
        "Authorization": f"OAuth {page.token}",
        "offset": "0",
        "file_size": str(film.stat().st_size),
    }
    sent = requests.post(begun["upload_url"], headers=headers, data=film.read_bytes(), timeout=5)
    assert sent.json() == {"success": True}
    return begun["video_id"]


def status(page, id, polls=3):
    for _ in range(polls):
        found = page.get(id, fields="status")["status"]
    return found


def finish(page, id, **more):
    asked = {"upload_phase": "finish", "video_id": id, "video_state": "PUBLISHED", **more}
    return page("POST", f"{PAGE}/video_reels", **asked)


def test_a_reel_of_a_page_is_accepted_then_published_once(sandbox, page, film):
    id = started(page, film)
    assert status(page, id, 1)["uploading_phase"]["bytes_transfered"] == film.stat().st_size
    assert status(page, id)["video_status"] == "ready"
    sandbox.set_rule("facebook.publish_s", 30)
    assert finish(page, id, description="Hello").json() == {"success": True}
    assert sandbox.posts("facebook") == []
    assert status(page, id)["publishing_phase"]["status"] == "in_progress"
    sandbox.advance(31)
    assert finish(page, id, description="Hello again").ok
    [post] = sandbox.posts("facebook")
    assert (post["text"], post["media_sha256"]) == ("Hello", sha256_of(film))
    assert status(page, id)["publishing_phase"]["publish_status"] == "published"
    [listed] = page.get(f"{PAGE}/video_reels", fields="id,description,permalink_url")["data"]
    assert listed["id"] == id


def test_finish_succeeds_though_processing_fails_later(sandbox, page, film):
    sandbox.fault("fail_late")
    id = started(page, film)
    assert status(page, id)["video_status"] == "ready"
    assert finish(page, id).ok
    assert status(page, id)["video_status"] == "error"
    assert sandbox.posts(hidden=True) == []


@pytest.mark.parametrize(
    ("head", "code"),
    [({"ms": 91_000}, 1363128), ({"width": 1080, "height": 1080}, 1363040),
     ({"width": 270, "height": 480}, 1363127)],
)  # fmt: skip
def test_a_page_refuses_films_in_processing(page, film, head, code):
    found = status(page, started(page, film, **head))
    assert found["video_status"] == "error"
    assert found["processing_phase"]["errors"][0]["code"] == code


@pytest.mark.parametrize("ahead", [599, 29 * 86400 + 10])
def test_a_scheduled_time_lies_within_its_window(sandbox, page, film, ahead):
    id = started(page, film)
    when = int(sandbox.time()) + ahead
    refused = finish(page, id, video_state="SCHEDULED", scheduled_publish_time=when)
    assert error_of(refused) == (100, 0)
    fine = int(sandbox.time()) + 700
    assert finish(page, id, video_state="SCHEDULED", scheduled_publish_time=fine).ok
    assert status(page, id)["publishing_phase"]["publish_status"] == "scheduled"
    sandbox.advance(701)
    assert len(sandbox.posts("facebook")) == 1


def test_a_page_has_a_quota_covers_comments_and_counts(sandbox, page, film):
    sandbox.set_rule("facebook.quota", 1)
    id = started(page, film)
    assert finish(page, id).ok
    assert error_of(finish(page, started(page, film))) == (4, 1390008)
    url = f"{sandbox.url}/facebook/v25.0/{id}/thumbnails"
    form = {"access_token": page.token, "is_preferred": "true"}
    sent = requests.post(url, data=form, files={"source": ("c.jpg", b"\xff\xd8\xff")}, timeout=5)
    assert sent.json() == {"success": True}
    assert page.post(f"{id}/comments", message="First")["id"]
    sandbox.advance(3600)
    found = page.get(f"{id}/video_insights", metric="blue_reels_play_count")["data"]
    assert found[0]["values"][0]["value"] > 0
    assert error_of(page("GET", f"{id}/video_insights")) == (3001, 1504028)


# Threads


def thread(th, **more):
    return th.post(f"{TH}/threads", **{"media_type": "TEXT", "text": "Hi", **more})["id"]


def test_a_thread_waits_half_a_minute_after_its_film(sandbox, th, media):
    id = thread(th, media_type="VIDEO", video_url=media.video_url)
    sandbox.advance(29)
    for _ in range(3):
        assert th.get(id, fields="id,status,error_message")["status"] == "IN_PROGRESS"
    assert error_of(th("POST", f"{TH}/threads_publish", creation_id=id)) == (9007, 2207027)
    sandbox.advance(2)
    assert th.get(id, fields="status")["status"] == "FINISHED"
    made = th.post(f"{TH}/threads_publish", creation_id=id)["id"]
    assert error_of(th("POST", f"{TH}/threads_publish", creation_id=id)) == (24, 2207006)
    assert [one["post_id"] for one in sandbox.posts("threads")] == [made]
    assert th.get(id, fields="status")["status"] == "PUBLISHED"
    assert made in th.get(made, fields="permalink")["permalink"]


def test_an_emoji_counts_as_its_bytes(th):
    assert text_length("aé😀") == 6
    assert th("POST", f"{TH}/threads", media_type="TEXT", text="x" * 496 + "😀").ok
    refused = th("POST", f"{TH}/threads", media_type="TEXT", text="x" * 497 + "😀")
    assert error_of(refused) == (100, 0)


def test_threads_says_what_is_wrong_with_a_film(sandbox, th, media):
    sandbox.set_rule("threads.wait_s", 0)
    gone = media.video_url.replace("film", "gone")
    id = thread(th, media_type="VIDEO", video_url=gone)
    found = th.get(id, fields="status,error_message")
    assert (found["status"], found["error_message"]) == ("ERROR", "FAILED_DOWNLOADING_VIDEO")
    write_film(media.video, ms=301_000)
    id = thread(th, media_type="VIDEO", video_url=media.video_url)
    assert th.get(id, fields="status,error_message")["error_message"] == "INVALID_DURATION"


def test_a_reply_is_no_post_of_its_own(sandbox, th):
    post = th.post(f"{TH}/threads_publish", creation_id=thread(th))["id"]
    reply = thread(th, text="More", reply_to_id=post)
    th.post(f"{TH}/threads_publish", creation_id=reply)
    assert len(sandbox.posts("threads")) == 1
    assert th.get(f"{post}/replies")["data"][0]["text"] == "More"
    limits = th.get(f"{TH}/threads_publishing_limit", fields="quota_usage,reply_quota_usage")
    assert limits["data"][0]["quota_usage"] == limits["data"][0]["reply_quota_usage"] == 1


def test_six_links_are_too_many(th):
    text = " ".join(["https://a.example"] * 6)
    refused = th("POST", f"{TH}/threads", media_type="TEXT", text=text)
    assert "LINK_LIMIT" in refused.json()["error"]["message"]
