"""What a call's failure proves, with real sockets."""

import contextlib
import datetime as dt
import gzip
import socket
import threading
import traceback

import pytest

from publishing.platforms.errors import NotSent, OutcomeUnknown, RateLimited, Transient
from publishing.platforms.http import Caller, Slice, masked
from studio.lib import web

pytestmark = pytest.mark.enable_socket


@contextlib.contextmanager
def server(answer: bytes | None):
    """A server that reads one request and answers with these bytes, or hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            with contextlib.suppress(OSError):
                peer, _ = listener.accept()
                with peer:
                    peer.recv(65536)
                    if answer is not None:
                        peer.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x?access_token=a-secret"
        thread.join(5)


def answer(status: str, body: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def test_a_request_that_never_left_is_not_sent_even_when_it_publishes():
    with socket.create_server(("127.0.0.1", 0)) as s:
        url = f"http://127.0.0.1:{s.getsockname()[1]}/?token=a-secret"
    with pytest.raises(NotSent) as caught:
        Caller("Place").call("POST", url, commit=True)
    assert "a-secret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "said",
    [
        None,
        answer("200 OK", "<html>we are back soon</html>"),
        answer("502 Bad Gateway", ""),
        b'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"id":',
    ],
)
@pytest.mark.parametrize(("commit", "kind"), [(False, Transient), (True, OutcomeUnknown)])
def test_an_answer_that_says_nothing_leaves_a_commit_open(said, commit, kind, caplog):
    caplog.set_level("DEBUG")
    with server(said) as url, pytest.raises(kind) as caught:
        Caller("Place").call("POST", url, commit=commit)
    assert "a-secret" not in f"{caught.value} {caught.value.reply}"
    assert "a-secret" not in "".join(traceback.format_exception(caught.value))
    assert "a-secret" not in caplog.text


@pytest.mark.parametrize("body", ["{}", "", "not json"])
def test_an_answer_without_what_was_asked_for_leaves_a_commit_open(body):
    with server(answer("200 OK", body)) as url:
        reply = Caller("Place").call("POST", url, commit=True)
    with pytest.raises(OutcomeUnknown):
        reply.need("id")


def test_429_says_until_when():
    with server(answer("429 No", "", "Retry-After: 30")) as url, pytest.raises(RateLimited) as e:
        Caller("Place").call("GET", url)
    assert e.value.until is not None


def test_a_refusal_is_for_the_client_to_read():
    with server(answer("400 Bad", '{"error": {"code": 9}}')) as url:
        reply = Caller("Place").call("GET", url)
    assert not reply.ok
    assert reply.get("error", "code") == 9
    assert reply.get("error", "nothing", 0, default="-") == "-"


def test_a_slice_is_those_bytes(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(bytes(range(100)))
    with Slice(path, 10, 20) as part:
        assert part.len == 20
        assert part.read(7) + part.read() == bytes(range(10, 30))
        assert part.read(5) == b""


def test_addresses_lose_what_stands_behind_the_question_mark():
    assert masked("at https://a.b/c?token=1 it") == "at https://a.b/c?... it"


@pytest.mark.parametrize("after", ["\u00b2", "9" * 5000, "-1", "Sun, 99 Foo", "NaN"])
def test_a_pause_that_is_no_time_is_still_a_pause(after):
    said = answer("429 Too Many", "{}", f"Retry-After: {after}").decode().encode("latin-1")
    with server(said) as url, pytest.raises(RateLimited):
        Caller("Place").call("POST", url)


def test_nobody_waits_for_a_date_of_another_age():
    far = dt.datetime(9999, 12, 31, tzinfo=dt.timezone(-dt.timedelta(hours=12)))
    until = RateLimited("Wait.", until=far).until
    assert until < dt.datetime.now(dt.UTC) + dt.timedelta(days=32)
    assert RateLimited("Wait.", until=dt.datetime(1, 1, 1, tzinfo=dt.UTC)).until is None


def test_no_answer_brings_what_a_database_cannot_keep():
    body = r'{"name": "a\u0000b\ud800", "n": NaN, "of": [{"k\u0000": "\ud83d\ude00"}]}'
    with server(answer("200 OK", body)) as url:
        reply = Caller("Place").call("GET", url)
    assert reply.body == {"name": "a\ufffdb?", "n": None, "of": [{"k\ufffd": "\U0001f600"}]}
    with server(answer("400 Bad", "a\0b")) as url:
        assert Caller("Place").call("GET", url).text == "a\ufffdb"


def test_an_answer_that_is_nested_without_end_is_not_understood():
    with server(answer("200 OK", "[" * 100_000)) as url:
        assert Caller("Place").call("GET", url).body is None


def test_an_answer_drop_by_drop_is_given_up(monkeypatch):
    monkeypatch.setattr(web, "ANSWER_S", -1)
    with server(answer("200 OK", "{}")) as url, pytest.raises(OutcomeUnknown):
        Caller("Place").call("POST", url, commit=True)


def test_an_answer_in_chunks_is_read_to_its_end():
    said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    said += b'5\r\n{"a":\r\n3\r\n 1}\r\n0\r\n\r\n'
    with server(said) as url:
        assert Caller("Place").call("GET", url).body == {"a": 1}
    with server(said[:-12]) as url, pytest.raises(Transient):
        Caller("Place").call("GET", url)


def test_an_answer_is_unpacked_and_no_bomb():
    """Nobody asked for it packed; some servers do it all the same."""
    for body, wanted in ((b'{"a": 1}', {"a": 1}), (b" " * 50_000_000, None)):
        packed = gzip.compress(body)
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n"
        with server(head.encode() + b"\r\n" + packed) as url:
            if wanted:
                assert Caller("Place").call("GET", url).body == wanted
                continue
            with pytest.raises(Transient, match="did not answer"):
                Caller("Place").call("GET", url)
