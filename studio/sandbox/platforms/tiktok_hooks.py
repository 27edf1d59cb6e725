"""TikTok's webhooks: signed, at least once, in no order.

Rules: tiktok.webhook_url (where they go; empty: nowhere), tiktok.webhooks ("once", "twice",
"reversed" or "twice reversed"). What became of each is a document of kind "webhook".
"""

import hashlib
import hmac
import json
import threading
from typing import Any

import requests

from studio.sandbox.identity import app_secret
from studio.sandbox.state import Sandbox

WAIT_S = 10


def tell(
    sandbox: Sandbox, app: str, open_id: str, *events: tuple[str, dict[str, Any]]
) -> threading.Thread | None:
    """Send these events, from a thread of its own: the caller's answer does not wait for it.

    events: (name, content) as they happened.
    """
    url = str(sandbox.rule("tiktok.webhook_url", ""))
    if not url:
        return None
    manner = str(sandbox.rule("tiktok.webhooks", "once")).split()
    bodies = [
        json.dumps(
            {
                "client_key": app,
                "event": event,
                "create_time": int(sandbox.time()),
                "user_openid": open_id,
                "content": json.dumps(content),
            }
        )
        for event, content in events
    ]
    if "twice" in manner:
        bodies = [body for body in bodies for _ in range(2)]
    if "reversed" in manner:
        bodies.reverse()
    thread = threading.Thread(
        target=_send,
        args=(sandbox, url, app_secret(sandbox, app) or "", bodies),
        name="webhooks",
        daemon=True,
    )
    thread.start()
    return thread


def signature(secret: str, at: int, body: str) -> str:
    """The TikTok-Signature header."""
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},s={digest}"


def _send(sandbox: Sandbox, url: str, secret: str, bodies: list[str]) -> None:
    for body in bodies:
        headers = {
            "Content-Type": "application/json",
            "TikTok-Signature": signature(secret, int(sandbox.time()), body),
        }
        try:
            answer = requests.post(
                url, data=body.encode(), headers=headers, timeout=WAIT_S, allow_redirects=False
            )
            outcome = str(answer.status_code)
        except requests.RequestException as e:
            outcome = type(e).__name__
        event = json.loads(body)["event"]
        sandbox.put("webhook", sandbox.new_id(), event=event, url=url, outcome=outcome)
