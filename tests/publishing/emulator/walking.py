"""Logging in as a person does: the page, its button, the address it returns to."""

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
