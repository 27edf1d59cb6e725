"""Addresses under which servers that are not ours fetch a file of this installation.

An address holds a random token, of which only the hash is kept: who reads the database cannot
fetch anything with it. It leads to `PUBLIC_URL`, or, where the server is a double on this very
machine, to the loopback. With a remote store it is the store's own signed address. Who makes one
keeps a row of it, and says when it ends.
"""

import hashlib
import ipaddress
import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from studio.lib import file_server
from studio.lib.files import serve_file

TOKEN_BYTES = 32
LOOK_S = 2
NEEDED = (
    "so it needs an address of this installation that the internet can reach: set PUBLIC_URL to"
    " one that begins with https://, or keep the media in an S3 store."
)


def can_be_fetched(doubles: Iterable[str]) -> bool:
    """Whether a server reaches the files of this installation. Real ones come to https only.

    doubles: its addresses, as far as they are not its own but an operator's.
    """
    places = [urlsplit(url) for url in doubles]
    here = any(_is_loopback(place.hostname or "") for place in places)
    schemes = {"https"} | ({"http"} & {place.scheme for place in places})
    is_public = urlsplit(settings.PUBLIC_URL).scheme in schemes
    return bool(is_public or settings.S3_BUCKET or here)


def new_token() -> str:
    """One that nobody guesses. What is kept of it is its `digest`."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> str:
    """Rows are looked for by it, so what that costs says nothing about how near a guess was."""
    return hashlib.sha256(token.encode()).hexdigest()


def address(file: FieldFile, path: str, content_type: str, *, owner: str) -> str:
    """The whole address of `path`, under which this installation answers with the file.

    owner: whose file it is, for file_server.forget.
    """
    loopback = f"http://127.0.0.1:{settings.WEB_PORT}"
    base = settings.PUBLIC_URL or loopback
    if base == loopback and not _answers(base + path):
        # A worker alone, without the web process: this one hands the file out itself.
        return file_server.offer(owner, path, file, content_type)
    return f"{base}{path}"


def answer(request: HttpRequest, file: FieldFile, content_type: str) -> HttpResponseBase:
    """The file, for whoever has its address; nobody keeps a copy of the answer."""
    response = serve_file(request, file, content_type=content_type)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _answers(url: str) -> bool:
    """Whether this installation's web process is there to hand the file out."""
    try:
        return requests.head(url, timeout=LOOK_S, allow_redirects=False).status_code == 200
    except requests.RequestException:
        return False


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
