"""Fetching what a vendor made, from a server that sends it drop by drop."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from avatar.engine.errors import Busy
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.results import fetched


class Dripping(BaseHTTPRequestHandler):
    """A drop now and then, for ever."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        try:
            while not self.server.stopped.wait(0.02):
                self.wfile.write(b"drop")
        except OSError:
            pass

    def log_message(self, *args):
        pass


@pytest.fixture
def dripping():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Dripping)
    server.daemon_threads, server.stopped = True, threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.stopped.set()
    server.shutdown()
    server.server_close()


def test_what_comes_drop_by_drop_is_not_waited_for(dripping, tmp_path):
    access = Access({"SYNC_BASE_URL": dripping})
    with pytest.raises(Busy, match="takes too long"):
        fetched(access, "sync", f"{dripping}/film.mp4", tmp_path / "film.mp4", most_s=0.2)
