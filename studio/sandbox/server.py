"""The server: one port, a prefix a platform, any number of calls at once."""

import contextlib
import io
import json
import logging
import re
import shutil
import socket
import struct
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from studio.sandbox import admin, identity
from studio.sandbox.bodies import BLOCK, Chunked, Cut, Exactly, Truncated
from studio.sandbox.calls import SMALL, Call, Refused, Reply, Route, says
from studio.sandbox.faults import FATES, Fault
from studio.sandbox.routing import Platforms
from studio.sandbox.state import Sandbox

log = logging.getLogger(__name__)

IDLE_S = 120  # a kept connection without a request, or a body that does not come
DRAIN = 64 * 2**20  # what is read and thrown away so that an early answer arrives
SECRETS = re.compile(
    r"token|secret|code|password|verifier|challenge|proof|signature|state|upload_id"
    r"|authorization|api[-_]?key|cookie",
    re.I,
)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        super().__init__(address, Connection)
        self.sandbox = sandbox
        self.platforms = Platforms(sandbox)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that goes away is nothing to report."""
        log.debug("connection ended", exc_info=True)


class HangUp(Exception):
    """Close the connection without a word."""


class Connection(BaseHTTPRequestHandler):
    """One connection: requests, one after the other."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "UnderstudySandbox", ""
    timeout = IDLE_S
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def serve(self) -> None:
        """Answer one request."""
        started = time.perf_counter()
        try:
            body = self._stream()
        except ValueError:
            self._send(Reply(400, {"error": "The length of the body is not a number."}))
            self.close_connection = True
            return
        split = urlsplit(self.path)
        path = unquote(split.path)
        prefix, _, rest = path.lstrip("/").partition("/")
        known = prefix in self.server.platforms.modules
        fault: Fault | None = None
        self._noted: dict[str, Any] = {}
        try:
            if known:
                reply, fault = self._platform(prefix, f"/{rest}", split.query, body)
            else:
                reply = admin.answer(
                    self.server.platforms, self.command, path, split.query, body, self._heads
                )
            self._drain(body)
            self._send(reply, fault)
            status = str(reply.status)
        except HangUp as e:
            status = str(e)
            self._hang_up()
        except (Truncated, ConnectionError, TimeoutError) as e:
            status = f"caller left ({type(e).__name__})"
            self.close_connection = True
        if known:
            self._remember(prefix, rest, split.query, status, fault, started)

    @property
    def _heads(self) -> Mapping[str, str]:
        """A Message is one, in any case."""
        return cast("Mapping[str, str]", self.headers)

    # What platforms answer

    def _platform(
        self, prefix: str, path: str, query: str, body: Exactly | Chunked
    ) -> tuple[Reply, Fault | None]:
        sandbox = self.server.sandbox.of(prefix)
        with sandbox.lock:
            sandbox.calls[prefix] += 1
            sandbox.calls["all"] += 1
        found = self.server.platforms.route(prefix, self.command, path)
        if isinstance(found, Reply):
            return found, None
        route, args = found
        pairs = parse_qsl(query, keep_blank_values=True)
        call = Call(
            sandbox=sandbox,
            method=self.command,
            path=path,
            args=args,
            query=dict(pairs),
            headers=self._heads,
            stream=body,
            origin=f"http://{self.headers.get('Host') or self.server.sandbox.url[7:]}",
            fate=str(sandbox.rule(f"{prefix}.fate", "")),
            pairs=tuple(pairs),
            noted=self._noted,
        )
        fault = self._drawn(route, call)
        if fault and fault.kind in FATES:
            call.fate = fault.kind
        if fault and fault.kind == "close_late" and 0 <= body.left <= SMALL:
            self._do_later(route, call, fault.seconds)
            raise HangUp("closed, done later")
        if fault and (ordered := self._before(fault, call)):
            return ordered, fault
        if fault and fault.kind == "close_midway":
            self._half(route, call, body.left)
        reply = handle(route, call)
        if fault and fault.kind in ("close_after", "close_late"):
            self._drain(body)
            raise HangUp("closed after")
        if fault and fault.kind == "status_after":
            reply = self._trouble(call, fault)
        return reply, fault

    def _drawn(self, route: Route, call: Call) -> Fault | None:
        try:
            commit, creates = says(route.commit, call), says(route.creates, call)
        except Refused:
            commit = creates = False
        return call.sandbox.faults.draw(
            call.sandbox.platform, call.method, call.path, commit=commit, creates=creates
        )

    def _before(self, fault: Fault, call: Call) -> Reply | None:
        """The answer that comes in place of the handler's, if one does."""
        if fault.kind == "close_before":
            raise HangUp("closed before")
        if fault.kind == "status":
            return self._trouble(call, fault)
        if fault.kind == "latency":
            time.sleep(fault.seconds)
        if fault.kind == "revoke_token":
            value = call.bearer() or call.query.get("access_token", "")
            if not value and call.content_type == "application/x-www-form-urlencoded":
                value = call.form().get("access_token", "")
            identity.revoke(call.sandbox, value)
            call.fate = fault.kind  # vendors know their keys themselves
        return None

    def _half(self, route: Route, call: Call, length: int) -> None:
        """The handler gets half of the body."""
        call.stream = Cut(call.stream, length // 2)
        with contextlib.suppress(Truncated):
            handle(route, call)
        raise HangUp("closed midway")

    def _do_later(self, route: Route, call: Call, seconds: float) -> None:
        """As when an answer is given up on in the middle of a queue. The body is read now."""
        call.stream = io.BytesIO(call.body())
        timer = threading.Timer(seconds, handle, [route, call])
        timer.daemon = True
        timer.start()

    def _trouble(self, call: Call, fault: Fault) -> Reply:
        """How this platform words it."""
        own = getattr(self.server.platforms.modules[call.sandbox.platform], "trouble", None)
        if own:
            reply: Reply = own(call, fault.status, fault.seconds)
            return reply
        headers = {"Retry-After": str(max(1, round(fault.seconds)))} if fault.status == 429 else {}
        return Reply(fault.status, {"error": f"HTTP {fault.status}, as ordered."}, headers)

    # The wire

    def _stream(self) -> Exactly | Chunked:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return Chunked(self.rfile)
        length = int(self.headers.get("Content-Length") or 0)
        if length < 0:
            raise ValueError(length)
        return Exactly(self.rfile, length)

    def _drain(self, body: Any) -> None:
        """Read what the handler did not, so that the caller gets to reading the answer."""
        left = DRAIN
        try:
            while left > 0 and (block := body.read(BLOCK)):
                left -= len(block)
        except ValueError:
            left = 0
        if left <= 0:
            self.close_connection = True

    def _send(self, reply: Reply, fault: Fault | None = None) -> None:
        kind = fault.kind if fault else ""
        if kind == "html":
            reply = Reply(200, "<!doctype html><title>Sorry</title><h1>Something went wrong</h1>")
        if isinstance(reply.body, Path):
            self._send_file(reply, is_cut=kind == "malformed")
            return
        content, data = _encoded(reply.body)
        if kind == "malformed":
            data = data[: len(data) // 2] or b'{"'
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if content and "Content-Type" not in reply.headers:
            self.send_header("Content-Type", content)
        if reply.status != 304:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "HEAD":
            data = b""
        if kind == "slow" and fault:
            self._drip(data, fault.seconds)
        else:
            self.wfile.write(data)
        self.wfile.flush()

    def _drip(self, data: bytes, seconds: float) -> None:
        parts = 10
        size = max(1, -(-len(data) // parts))
        for at in range(0, len(data), size):
            self.wfile.write(data[at : at + size])
            self.wfile.flush()
            time.sleep(seconds / parts)

    def _send_file(self, reply: Reply, *, is_cut: bool = False) -> None:
        """A file, or the range of it that was asked for (players do).

        is_cut: the connection ends in the middle of it.
        """
        path: Path = reply.body
        size = path.stat().st_size
        start, end = 0, size - 1
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked and int(asked[1]) < size:
            start = int(asked[1])
            end = min(int(asked[2] or end), end)
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{end}/{size}")
        self.send_header("Accept-Ranges", "bytes")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(end - start + 1))
        self.end_headers()
        if self.command == "HEAD":
            return
        with path.open("rb") as file:
            file.seek(start)
            length = end - start + 1
            shutil.copyfileobj(Exactly(file, length // 2 if is_cut else length), self.wfile, BLOCK)
        if is_cut:
            self.close_connection = True
        self.wfile.flush()

    def _hang_up(self) -> None:
        """Close at once; what lies unread makes it a reset, as a crashed server's would be."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
        self.connection.close()

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def _remember(
        self, prefix: str, rest: str, query: str, status: str, fault: Fault | None, started: float
    ) -> None:
        sandbox = self.server.sandbox
        sandbox.log.append(
            {
                "at": sandbox.time(),
                "platform": prefix,
                "method": self.command,
                "path": f"/{rest}",
                "query": masked(query),
                "status": status,
                "fault": fault.kind if fault else "",
                "ms": round((time.perf_counter() - started) * 1000, 1),
                "headers": {
                    name: "…" if SECRETS.search(name) else value
                    for name, value in self.headers.items()
                },
                **self._noted,
            }
        )


def handle(route: Route, call: Call) -> Reply:
    """What the handler answers. A bug in it is a 500 and remembered as a crash."""
    try:
        return route.handler(call)
    except Refused as e:
        return e.reply
    except (Truncated, ConnectionError, TimeoutError):
        raise
    except Exception:
        trace = traceback.format_exc()
        log.error("%s %s%s\n%s", call.method, call.sandbox.platform, call.path, trace)
        call.sandbox.crashes.append(trace)
        return Reply(500, {"error": "A bug in the sandbox.", "trace": trace.splitlines()[-1]})


def masked(query: str) -> str:
    """Without the values of what is secret."""
    return "&".join(
        f"{name}=…" if SECRETS.search(name) else f"{name}={value}"
        for name, value in parse_qsl(query, keep_blank_values=True)
    )


def _encoded(body: Any) -> tuple[str, bytes]:
    if body is None:
        return "", b""
    if isinstance(body, bytes):
        return "application/octet-stream", body
    if isinstance(body, str):
        return "text/html; charset=utf-8", body.encode()
    return "application/json; charset=utf-8", json.dumps(body, ensure_ascii=False).encode()


@contextlib.contextmanager
def running(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    clock: Callable[[], float] = time.time,
) -> Iterator[Sandbox]:
    """A sandbox that answers at `sandbox.url` until the block ends. port 0: any free one.

    clock: what its own clock is set against; seconds since 1970.
    """
    sandbox = Sandbox(folder, clock)
    server = Server((host, port), sandbox)
    sandbox.url = f"http://{host}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
    thread.start()
    try:
        yield sandbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        sandbox.close()
