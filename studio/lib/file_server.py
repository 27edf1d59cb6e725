"""Hands out files over the loopback while no web process does.

Only for doubles on this machine, which fetch a file as the real platform or vendor would. Started
when it is first needed, gone with the process; it knows the addresses it was given and no other.
"""

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.core.files.storage import FileSystemStorage
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest

from studio.lib.files import serve_file


@dataclass(frozen=True)
class _Offer:
    owner: str
    file: FieldFile
    content_type: str


_offers: dict[str, _Offer] = {}
_lock = threading.Lock()
_server: ThreadingHTTPServer | None = None


def offer(owner: str, path: str, file: FieldFile, content_type: str) -> str:
    """The address under which `path` is handed out from now on. owner: whom `forget` names."""
    assert isinstance(file.storage, FileSystemStorage)
    _offers[path] = _Offer(owner, file, content_type)
    host, port = _running().server_address[:2]
    return f"http://{host!s}:{port}{path}"


def forget(owner: str) -> None:
    for path in [path for path, offer in list(_offers.items()) if offer.owner == owner]:
        _offers.pop(path, None)


def _running() -> ThreadingHTTPServer:
    global _server
    with _lock:
        if _server is None:
            _server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
            _server.daemon_threads = True
            threading.Thread(target=_server.serve_forever, daemon=True).start()
        return _server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        offer = _offers.get(self.path.partition("?")[0])
        if offer is None:
            self.send_error(404)
            return
        request = HttpRequest()
        request.method = self.command
        for name, value in self.headers.items():
            request.META[f"HTTP_{name.upper().replace('-', '_')}"] = value
        try:
            answer = serve_file(request, offer.file, content_type=offer.content_type)
        except Http404:
            self.send_error(404)
            return
        self.send_response(answer.status_code)
        for name, value in answer.items():
            self.send_header(name, value)
        if not answer.has_header("Content-Length"):
            self.send_header("Content-Length", "0")
        self.end_headers()
        try:
            if self.command == "GET" and answer.streaming:
                for block in answer:
                    self.wfile.write(block)
        finally:
            answer.close()

    do_HEAD = do_GET  # noqa: N815, the name http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        """Addresses are secrets; nothing is logged."""
