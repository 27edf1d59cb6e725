"""Fetching what a vendor made. Its addresses live for an hour or a week, so it is done at once."""

import contextlib
import ipaddress
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from avatar.engine.errors import BadResult, Busy
from avatar.engine.vendors.access import VENDORS, Access
from studio.lib import web

MOST_BYTES = 2 * 2**30
MOST_S = 20 * 60.0  # for a film on a slow line; who sends drop by drop is not waited for longer
TRIES, PAUSE_S = 3, 1.0
GONE = (403, 404, 410)


class _Again(Exception):
    """A try that came to nothing."""


def fetched(
    access: Access,
    vendor: str,
    url: str,
    target: Path,
    *,
    most_bytes: int = MOST_BYTES,
    most_s: float = MOST_S,
) -> Path:
    """Download an address that a vendor gave into `target`. most_s: all tries together.

    Raises BadResult when it is gone, empty, a web page, too large or an address that is not
    public, Busy when it cannot be had now.
    """
    label = VENDORS[vendor].label
    _must_be_public(access, vendor, url)
    problem, until = "", time.monotonic() + most_s
    for number in range(TRIES):
        if time.monotonic() > until:
            break
        if number:
            time.sleep(PAUSE_S * number)
        try:
            _download(url, target, most_bytes, until, label)
        except _Again as e:
            problem = str(e)
        else:
            return target
    raise Busy(f"What {label} made cannot be fetched now: {problem}")


def _download(url: str, target: Path, most_bytes: int, until: float, label: str) -> None:
    try:
        with requests.get(
            url,
            stream=True,
            timeout=(web.CONNECT_S, web.READ_S),
            headers={"Accept-Encoding": "identity"},
            allow_redirects=False,
        ) as answer:
            _check_status(answer, label)
            announced = answer.headers.get("Content-Length", "")
            if "text/html" in answer.headers.get("Content-Type", ""):
                raise BadResult(f"{label} gave a web page instead of what it made.")
            got = 0
            with target.open("wb") as out:
                # Not `iter_content`: it waits for whole blocks.
                while block := answer.raw.read1(web.BLOCK, decode_content=True):
                    got += len(block)
                    if time.monotonic() > until:
                        raise _Again("It takes too long.")
                    if got > most_bytes:
                        raise BadResult(f"What {label} made is larger than {most_bytes >> 20} MB.")
                    out.write(block)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as e:
        raise _Again(f"{type(e).__name__}.") from None
    if announced.isdigit() and got != int(announced):
        raise _Again(f"{got} of {announced} bytes came.")
    if not got:
        raise BadResult(f"{label} gave an empty file.")


def _check_status(answer: requests.Response, label: str) -> None:
    if answer.status_code in GONE:
        raise BadResult(
            f"What {label} made is no longer there (HTTP {answer.status_code}); it keeps results"
            " for a short time only."
        )
    if answer.status_code != 200:
        raise _Again(f"HTTP {answer.status_code}.")


def _must_be_public(access: Access, vendor: str, url: str) -> None:
    """An address in our own network would be read on behalf of a stranger."""
    parts = urlsplit(url)
    if access.is_replaced(vendor):
        return  # the operator's own double, wherever it is
    with contextlib.suppress(OSError, ValueError):
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
        public = all(ipaddress.ip_address(one[4][0]).is_global for one in found)
        if parts.scheme == "https" and public:
            return
    label = VENDORS[vendor].label
    raise BadResult(f"{label} names an address that is not public: {web.masked(url)[:120]}")
