"""Logging in as a person would: allow it on the platform's page, come back with the code."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import requests

from publishing.platforms import access
from publishing.platforms.access import Grant
from publishing.platforms.apps import App, app

BACK = "http://127.0.0.1/back"
VERIFIER = "v" * 64


def log_in(platform: str, external_id: str, login: dict[str, str]) -> Grant:
    """login: "account" to choose on the page; or "identifier" and "password"; "server" if any."""
    way, server = access(platform), login.get("server", "")
    if way.kind == "password":
        return way(App(), server).sign_in(login["identifier"], login["password"])
    mine = way(App(), server).register(BACK) if way.kind == "server" else app(way.registration)
    door = way(mine, server)
    challenge = _challenge(way.pkce) if way.pkce else ""
    address = door.authorize_url(redirect_uri=BACK, state="s", challenge=challenge)
    form = {"answer": "allow", "account": login["account"]}
    answer = requests.post(address, data=form, timeout=30, allow_redirects=False)
    if answer.status_code != 302:
        raise RuntimeError(f"{platform} said {answer.status_code}: {answer.text[:300]}")
    code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    grants = door.exchange(code=code, redirect_uri=BACK, verifier=VERIFIER)
    [grant] = [one for one in grants if one.profile.external_id == external_id]
    return grant


def _challenge(pkce: str) -> str:
    digest = hashlib.sha256(VERIFIER.encode())
    if pkce == "hex":
        return digest.hexdigest()
    return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
