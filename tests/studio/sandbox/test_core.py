"""The sandbox as such: routing, bodies, faults, clock, login page."""

import http.client
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.core.management import CommandError, call_command

from studio.sandbox import identity
from studio.sandbox.bodies import Chunked, parts
from studio.sandbox.server import running

pytestmark = pytest.mark.enable_socket
USER = "24001000000000001"


@pytest.fixture
def token(sandbox):
    return identity.issue_token(sandbox.of("threads"), USER, kind="long")


@pytest.fixture
def call(sandbox, token):
    """A call to Threads with a good token."""

    def send(method="GET", path="me", **more):
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{sandbox.url}/threads/v1.0/{path}"
        return requests.request(method, url, headers=headers, timeout=10, **more)

    return send


def admin(sandbox, path, /, *, method="POST", **sent):
    url = f"{sandbox.url}/_admin/{path}"
    return requests.request(method, url, json=sent or None, timeout=10)


def test_unknown_addresses_and_methods_are_said_so(sandbox, call):
    assert call(path="nothing/here").status_code == 404
    assert requests.get(f"{sandbox.url}/nothing", timeout=5).status_code == 404
    refused = call("PUT", f"{USER}/threads")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    "said",
    [b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x00\xa5\x01", b"",
     b"POST /threads/v1.0/1/threads HTTP/1.1\r\nContent-Length: many\r\n\r\n",
     b"POST /threads/v1.0/1/threads HTTP/1.1\r\nContent-Length: 50\r\n\r\nshort",
     b"POST /threads/v1.0/1/threads HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
)  # fmt: skip
def test_garbage_does_not_disturb_others(sandbox, call, said):
    address = urlsplit(sandbox.url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as peer:
        peer.sendall(said)
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(65536):
            pass
    assert call().ok


@pytest.mark.parametrize("body", [b"[]", b"not json", b"\xff"])
def test_a_body_that_is_no_object_is_refused(sandbox, call, body):
    reply = call(
        "POST", f"{USER}/threads", data=body,
    )  # fmt: skip
    assert reply.status_code == 400
    url = f"{sandbox.url}/threads/v1.0/me"
    kind = {"Content-Type": "application/json"}
    assert requests.get(url, data=body, headers=kind, timeout=5).status_code == 400


def test_one_connection_carries_many_calls(sandbox, token):
    address = urlsplit(sandbox.url)
    kept = http.client.HTTPConnection(address.hostname, address.port, timeout=5)
    for _ in range(3):
        kept.request("GET", f"/threads/v1.0/me?access_token={token}")
        assert json.loads(kept.getresponse().read())["id"] == USER
    kept.close()


def test_calls_at_the_same_time_are_all_answered_and_counted(sandbox, call):
    with ThreadPoolExecutor(16) as pool:
        made = list(
            pool.map(
                lambda n: call("POST", f"{USER}/threads", data={"media_type": "TEXT", "text": n}),
                range(64),
            )
        )
    assert len({one.json()["id"] for one in made}) == 64
    assert sandbox.calls["threads"] == 64


# Faults


def create(call):
    reply = call("POST", f"{USER}/threads", data={"media_type": "TEXT", "text": "Hello"})
    return reply.json()["id"]


@pytest.mark.parametrize(("kind", "shown"), [("close_before", 0), ("close_after", 1)])
def test_a_closed_connection_has_or_has_not_published(sandbox, call, kind, shown):
    container = create(call)
    sandbox.fault(kind, commit=True)
    with pytest.raises(requests.ConnectionError):
        call("POST", f"{USER}/threads_publish", data={"creation_id": container})
    assert len(sandbox.posts("threads")) == shown
    assert call().ok  # only the calls that can show something were meant, and only once


def test_a_call_can_be_carried_out_after_its_connection_was_closed(sandbox, call):
    container = create(call)
    sandbox.fault("close_late", commit=True, seconds=0.1)
    with pytest.raises(requests.ConnectionError):
        call("POST", f"{USER}/threads_publish", data={"creation_id": container})
    assert sandbox.posts("threads") == []
    for _ in range(100):
        if sandbox.posts("threads"):
            break
        time.sleep(0.02)
    assert len(sandbox.posts("threads")) == 1


@pytest.mark.parametrize(
    ("fault", "status", "shown"),
    [
        ({"kind": "status", "status": 503}, 503, 0),
        ({"kind": "status", "status": 429}, 429, 0),
        ({"kind": "status_after", "status": 502}, 502, 1),
    ],
)
def test_an_ordered_status_comes_before_or_after_the_effect(sandbox, call, fault, status, shown):
    container = create(call)
    sandbox.fault(**fault, commit=True)
    reply = call("POST", f"{USER}/threads_publish", data={"creation_id": container})
    assert reply.status_code == status
    assert reply.json()["error"]["code"]
    assert len(sandbox.posts("threads")) == shown


def test_answers_can_be_cut_replaced_and_slowed(sandbox, call):
    sandbox.fault("malformed")
    with pytest.raises(ValueError, match=r"."):
        call().json()
    sandbox.fault("html")
    reply = call()
    assert reply.ok
    assert reply.text.startswith("<!doctype")
    sandbox.fault("slow", seconds=0.05)
    assert call().elapsed.total_seconds() < 5
    sandbox.fault("latency", seconds=0.05)
    assert call().elapsed.total_seconds() > 0.05


def test_a_token_can_be_revoked_in_the_middle(sandbox, call):
    assert call().ok
    sandbox.fault("revoke_token", skip=1)
    assert call().ok
    assert call().json()["error"]["code"] == 190


def test_probability_is_drawn_with_a_seed(sandbox, call):
    def failures():
        sandbox.faults.clear()
        sandbox.fault("status", probability=0.3, times=None, seed=7)
        return [call().status_code for _ in range(30)]

    first = failures()
    assert first == failures()
    assert 3 < first.count(500) < 18


def test_a_fault_that_is_none_is_said_so(sandbox):
    assert admin(sandbox, "faults", kind="explode").status_code == 400
    assert admin(sandbox, "faults", kind="slow", colour="red").status_code == 400
    assert admin(sandbox, "faults", kind="status", path="(").status_code == 400
    assert admin(sandbox, "faults", kind="status", status=503).status_code == 201
    assert admin(sandbox, "faults", method="DELETE").json() == []


# The admin address


def test_clock_rules_accounts_and_tokens_over_http(sandbox):
    set_to = admin(sandbox, "clock", set="2026-10-25T00:59:00Z").json()["now"]
    assert set_to.startswith("2026-10-25T00:59:0")
    assert admin(sandbox, "clock", advance_s=120).json()["now"].startswith("2026-10-25T01:01")
    assert admin(sandbox, "clock", set="2026-10-25T00:59").status_code == 400
    assert admin(sandbox, "rules", **{"threads.quota": 1}).json() == {"threads.quota": 1}
    admin(sandbox, "accounts", platform="threads", id="77", username="new")
    made = admin(sandbox, "tokens", platform="threads", account="77", kind="long")
    me = f"{sandbox.url}/threads/v1.0/me?access_token={made.json()['token']}"
    assert requests.get(me, timeout=5).json()["id"] == "77"
    assert admin(sandbox, "tokens", platform="threads", account="none").status_code == 400
    assert admin(sandbox, "tokens", platform="nowhere", account="77").status_code == 400
    admin(sandbox, "revoke", platform="threads", account="77")
    assert requests.get(me, timeout=5).status_code == 400


def test_the_log_of_requests_has_no_secret(sandbox, token):
    requests.get(f"{sandbox.url}/threads/me?access_token={token}&fields=id", timeout=5)
    log = admin(sandbox, "requests", method="GET")
    assert token not in log.text
    assert log.json()[-1]["query"] == "access_token=…&fields=id"


def test_state_outlives_the_server(tmp_path):
    with running(tmp_path) as first:
        first.of("threads").publish("threads", "77", "p1", "Hello", "", ai_label=False)
        first.set_rule("threads.quota", 3)
    with running(tmp_path) as second:
        assert [one["text"] for one in second.posts()] == ["Hello"]
        assert second.rules() == {"threads.quota": 3}


# The page for people


def show(sandbox, **flags):
    path = sandbox.upload_path("p1")
    path.write_bytes(b"0123456789")
    return sandbox.of("threads").publish(
        "threads", USER, "p1", "<b>Hello</b>", "", ai_label=True, media_path=str(path), **flags
    )


def test_the_page_shows_what_an_audience_sees(sandbox):
    show(sandbox, permalink="https://threads.example/1")
    sandbox.of("threads").put("reply", "r1", post="p1", text="And more")
    sandbox.fault("stuck", platform="threads")
    text = requests.get(f"{sandbox.url}/", timeout=5).text
    for words in ("1 post", "@mira.demo", "&lt;b&gt;Hello", ">AI<", "And more", sandbox.url,
                  "https://threads.example/1", "/_media/threads/p1", "0 of 1"):  # fmt: skip
        assert words in text


def test_an_unlisted_video_is_marked_as_one(sandbox):
    show(sandbox, privacy="unlisted")
    page = requests.get(sandbox.url, timeout=5).text
    assert "Unlisted: with its link seen since" in page


def test_players_get_the_range_they_ask_for(sandbox):
    show(sandbox)
    url = f"{sandbox.url}/_media/threads/p1"
    assert requests.get(url, timeout=5).content == b"0123456789"
    part = requests.get(url, headers={"Range": "bytes=3-5"}, timeout=5)
    assert (part.status_code, part.content) == (206, b"345")
    assert part.headers["Content-Range"] == "bytes 3-5/10"
    assert requests.get(f"{sandbox.url}/_media/threads/p2", timeout=5).status_code == 404


def test_no_file_of_elsewhere_is_shown(sandbox, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    sandbox.publish("threads", USER, "p3", "", "", ai_label=False, media_path=str(secret))
    assert requests.get(f"{sandbox.url}/_media/threads/p3", timeout=5).status_code == 404


def test_its_buttons_work_and_only_from_its_own_page(sandbox):
    def press(path, **form):
        return requests.post(f"{sandbox.url}{path}", data=form, timeout=5)

    before = sandbox.now()
    press("/clock", advance_s="3600")
    assert (sandbox.now() - before).total_seconds() > 3599
    press("/fault", kind="status", platform="threads", times="2", status="503", commit="on")
    [fault] = sandbox.faults.all()
    assert (fault["times"], fault["status"], fault["commit"]) == (2, 503, True)
    assert press("/fault", kind="explode").status_code == 400
    assert press("/fault", kind="status", times="many").status_code == 400
    press("/no-fault", id=fault["id"])
    assert sandbox.faults.all() == []
    show(sandbox)
    elsewhere = {"Origin": "https://evil.example"}
    for path in ("/reset", "/_admin/reset"):
        refused = requests.post(f"{sandbox.url}{path}", headers=elsewhere, timeout=5)
        assert refused.status_code == 403
    assert sandbox.posts()
    press("/reset")
    assert sandbox.posts() == []


# The login page

BACK = "https://studio.example/back?x=1"


def login(sandbox, answer="allow", **more):
    asked = {
        "client_id": identity.APP_ID,
        "redirect_uri": BACK,
        "scope": "threads_basic,threads_content_publish",
        "state": "s1",
        **more,
    }
    url = f"{sandbox.url}/threads/oauth/authorize"
    shown = requests.get(url, params=asked, timeout=5)
    if not shown.ok:
        return shown
    assert "@mira.demo" in shown.text
    form = {"answer": answer, "account": USER}
    return requests.post(url, params=asked, data=form, timeout=5, allow_redirects=False)


def test_allowing_brings_a_code_that_works_once(sandbox):
    location = login(sandbox).headers["Location"]
    assert location.startswith(BACK)
    brought = parse_qs(urlsplit(location).query)
    assert brought["state"] == ["s1"]
    redeem = {"app": identity.APP_ID, "redirect_uri": BACK}
    seen = sandbox.of("threads")
    with pytest.raises(identity.Denied, match="redirect_uri"):
        identity.redeem_code(
            seen, brought["code"][0], app=identity.APP_ID, redirect_uri="https://other"
        )
    assert identity.redeem_code(seen, brought["code"][0], **redeem)["account"] == USER
    with pytest.raises(identity.Denied, match="used"):
        identity.redeem_code(seen, brought["code"][0], **redeem)


def test_a_code_runs_out_by_the_sandbox_clock(sandbox):
    code = parse_qs(urlsplit(login(sandbox).headers["Location"]).query)["code"][0]
    sandbox.advance(3601)
    with pytest.raises(identity.Denied, match="expired"):
        identity.redeem_code(sandbox.of("threads"), code, app=identity.APP_ID, redirect_uri=BACK)


def test_refusing_says_so(sandbox):
    location = login(sandbox, answer="refuse").headers["Location"]
    assert "error=access_denied" in location
    assert "state=s1" in location
    assert "code=" not in location


@pytest.mark.parametrize(
    "wrong",
    [{"client_id": "nobody"}, {"redirect_uri": "javascript:1"}, {"scope": "everything"},
     {"response_type": "token"}],
)  # fmt: skip
def test_a_login_that_asks_wrongly_is_refused_on_the_page(sandbox, wrong):
    assert login(sandbox, **wrong).status_code == 400


# Bodies


class Drops:
    """A source that gives a few bytes at a time."""

    def __init__(self, data, size):
        self.data, self.size = data, size

    def read(self, size=-1):
        step = min(self.size, size) if size >= 0 else self.size
        block, self.data = self.data[:step], self.data[step:]
        return block

    def readline(self, size):
        end = self.data.find(b"\n") + 1 or len(self.data)
        line, self.data = self.data[:end], self.data[end:]
        return line


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_multipart_is_read_in_any_pieces(tmp_path, size):
    blob = bytes(range(256)) * 20 + b"\r\n--edg\r\n"
    prepared = requests.Request(
        "POST", "http://x", data={"a": "ä", "empty": ""}, files={"video": ("v.mp4", blob)}
    ).prepare()
    sent = parts(
        Drops(prepared.body, size), prepared.headers["Content-Type"], lambda: tmp_path / "part"
    )
    assert [one.name for one in sent] == ["a", "empty", "video"]
    assert sent[2].filename == "v.mp4"
    found = {one.name: one.content for one in sent}
    assert (found["a"], found["empty"]) == ("ä", "")
    assert found["video"].read_bytes() == blob


@pytest.mark.parametrize("body", [b"", b"--x\r\n", b"--x\r\nContent-Disposition: x"])
def test_multipart_without_an_end_is_none(tmp_path, body):
    with pytest.raises(ValueError, match="multipart"):
        parts(Drops(body, 10), "multipart/form-data; boundary=x", lambda: tmp_path / "part")


def test_chunked_bodies_are_put_together():
    body = Chunked(Drops(b"3\r\nabc\r\n5;x=1\r\ndefgh\r\n0\r\n\r\n", 2))
    assert body.read(4) + body.read() == b"abcdefgh"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--port", "99999"], "below 65536"),
        (["--folder", "/dev/null"], "cannot be its folder"),
        (["--folder", "/dev/null", "--reset"], "cannot be its folder"),
    ],
    ids=str,
)
def test_a_sandbox_that_cannot_be_says_why(given, sentence, tmp_path):
    folder = [] if "--folder" in given else ["--folder", str(tmp_path)]
    with pytest.raises(CommandError, match=sentence):
        call_command("sandbox", *given, *folder)
