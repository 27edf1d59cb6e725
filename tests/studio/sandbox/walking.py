"""Logging in as a person does: the page, its button, the address it returns to. And listening to
what platforms send by themselves.
"""

import contextlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import requests

BACK = "https://studio.example/back"
APP = {"client_id": "sandbox-app", "client_secret": "sandbox-secret"}


def allow(url: str, account: str, answer: str = "allow", **query: str) -> dict[str, str]:
    """Press a button on an authorize page; what the address it returns to says."""
    asked = {"redirect_uri": BACK, "response_type": "code", "state": "s1", **query}
    shown = requests.get(url, params=asked, timeout=5)
    assert shown.status_code == 200, shown.text
    sent = requests.post(
        url,
        params=asked,
        data={"answer": answer, "account": account},
        allow_redirects=False,
        timeout=5,
    )
    assert sent.status_code == 302, sent.text
    where = sent.headers["Location"]
    assert where.startswith(asked["redirect_uri"])
    return {k: v[0] for k, v in parse_qs(urlsplit(where).query).items()}


@dataclass
class Ear:
    url: str = ""
    heard: list[tuple[str, bytes]] = field(default_factory=list)  # signature, body


@contextlib.contextmanager
def listening() -> Iterator[Ear]:
    """An address that takes TikTok's webhooks, in the order they come."""
    ear = Ear()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            ear.heard.append((self.headers["TikTok-Signature"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        ear.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        yield ear
        server.shutdown()
        thread.join()
