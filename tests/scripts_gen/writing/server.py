"""A language-model server on a loopback socket that answers, or fails, as it is told."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def script(**changes):
    """An honest answer to a brief of at least three points."""
    return {
        "hook": {"text": "Stop stirring so hard.", "points": [1]},
        "body": [
            {"text": "Risotto needs movement, not punishment.", "points": [2]},
            {"text": "Here is why.", "points": []},
            {"text": "Rice is wrapped in starch.", "points": [3]},
        ],
        "call_to_action": "What do you think?",
        "caption": "Creamy, not gluey.",
        "hashtags": ["#Risotto", "slow food"],
        **changes,
    }


def completion(content, finish="stop", **message):
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "test",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": content, **message},
            }
        ],
    }


def says(answer):
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return 200, completion(text), {}


class Fake(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, replies):
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies, self.asked = list(replies), []
        self.offers = {"/v1/chat/completions"}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Fake

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path not in self.server.offers:
            self.send_response(404)
            self.send_header("content-length", "0")
            self.end_headers()
            return
        self.server.asked.append((self.path, self.headers.get("authorization"), body))
        reply = self.server.replies.pop(0)
        if reply == "hang":
            time.sleep(1.5)
            return
        if reply == "drop":
            self.connection.close()
            return
        status, payload, headers = reply
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@contextmanager
def serving(*replies):
    """Answers in order: says(...), "hang", "drop", or (status, body, headers)."""
    server = Fake(replies)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
