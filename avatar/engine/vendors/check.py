"""Trying a key with a call that costs nothing.

Each call is one that the vendor documents as a look at the account, at its models or at what is
there; a token for uploads at fal, which has no other. They are data, so that a page can ask
without loading what reads sound and film; the clients of the few others are asked themselves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from avatar.engine.errors import KeyRefused
from avatar.engine.vendors.access import VENDORS, Access
from avatar.engine.vendors.caller import Caller
from studio.lib.engines import load
from studio.lib.web import Answer

READ_S = 8.0  # somebody is waiting for the page


@dataclass(frozen=True)
class Probe:
    """A free call. scheme: what stands before the key; said: what its answer tells."""

    path: str
    header: str = "Authorization"
    scheme: str = "Bearer "
    method: str = "GET"
    host: str = ""  # of the vendor's hosts, where it is not the usual one
    body: Mapping[str, Any] | None = None
    said: Callable[[Answer], str] = field(default=lambda answer: "")


def _left(*path: str | int, unit: str) -> Callable[[Answer], str]:
    def said(answer: Answer) -> str:
        amount = answer.get(*path)
        return f" {amount:g} {unit} are left." if isinstance(amount, int | float) else ""

    return said


def _elevenlabs(answer: Answer) -> str:
    used, limit = answer.get("character_count"), answer.get("character_limit")
    if not isinstance(used, int) or not isinstance(limit, int):
        return ""
    return f" {max(0, limit - used)} of {limit} characters are left."


def _minimax(answer: Answer) -> str:
    """It says no with 200."""
    if answer.get("base_resp", "status_code", default=0) != 0:
        why = answer.get("base_resp", "status_msg", default="no reason given")
        raise KeyRefused(f"MiniMax does not accept the key: {why}.")
    return ""


PROBES = {
    "sync": Probe("/v2/models", "x-api-key", ""),
    "wavespeed": Probe("/api/v3/balance", said=_left("data", "balance", unit="USD")),
    "fal": Probe(
        "/storage/auth/token?storage_type=fal-cdn-v3",
        scheme="Key ",
        method="POST",
        host="FAL_STORAGE_URL",
        body={},
    ),
    "replicate": Probe("/account"),
    "hedra": Probe("/balance", said=_left("balance", unit="USD")),
    "heygen": Probe("/v3/users/me", "X-Api-Key", ""),
    "elevenlabs": Probe("/v1/user/subscription", "xi-api-key", "", said=_elevenlabs),
    "minimax": Probe(
        "/v1/get_voice", method="POST", body={"voice_type": "voice_cloning"}, said=_minimax
    ),
    "resemble": Probe("/account", host="RESEMBLE_APP_URL"),
    "openai": Probe("/models"),
    "speech": Probe("/models"),
}


CLIENTS = {
    "kling": "avatar.engine.vendors.kling:Kling",
    "pixverse": "avatar.engine.vendors.pixverse:PixVerse",
    "dashscope": "avatar.engine.vendors.dashscope:DashScope",
}


def check(vendor: str, access: Access) -> str:
    """What the vendor says to the key that would be used, as a sentence.

    Raises ModelUnavailable when there is none, and VendorError for a no or no answer.
    """
    label = VENDORS[vendor].label
    key = access.key(vendor)
    probe = PROBES.get(vendor)
    if probe is None:
        return str(load(CLIENTS[vendor])(access).check())
    headers = {probe.header: f"{probe.scheme}{key}"} if key else {}
    answer = Caller(vendor, access, headers).call(
        probe.method,
        access.url(vendor, probe.host) + probe.path,
        json=None if probe.body is None else dict(probe.body),
        read_s=READ_S,
    )
    return f"{label} accepts the key.{probe.said(answer)}"
