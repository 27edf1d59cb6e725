"""Who the vendors are, where they live and with which key: all of it from the environment."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from avatar.engine.errors import ModelUnavailable
from studio.lib.hosts import SANDBOX_KEY, SANDBOX_WEBHOOK_SECRET, Host, sandbox


@dataclass(frozen=True)
class Vendor:
    """A company that is asked over the network."""

    label: str
    key: str  # names of the environment: its key, and below its addresses
    hosts: Mapping[str, Host]  # the first is its usual one
    at_once: int = 3  # jobs in flight for one key; <NAME>_AT_ONCE replaces it
    keyless: bool = False  # servers at home want no key
    webhook_secret: str = (
        ""  # name of the environment: what the account's webhooks are signed with
    )


VENDORS = {
    "sync": Vendor(
        "Sync.so",
        "SYNC_API_KEY",
        {"SYNC_BASE_URL": Host("https://api.sync.so", "sync")},
        1,
        webhook_secret="SYNC_WEBHOOK_SECRET",
    ),
    "wavespeed": Vendor(
        "WaveSpeed",
        "WAVESPEED_API_KEY",
        {"WAVESPEED_BASE_URL": Host("https://api.wavespeed.ai", "wavespeed")},
        3,
        webhook_secret="WAVESPEED_WEBHOOK_SECRET",
    ),
    "fal": Vendor(
        "fal",
        "FAL_KEY",
        {
            "FAL_BASE_URL": Host("https://queue.fal.run", "fal"),
            "FAL_STORAGE_URL": Host("https://rest.fal.ai", "fal-storage"),
        },
        2,
    ),
    "replicate": Vendor(
        "Replicate",
        "REPLICATE_API_TOKEN",
        {"REPLICATE_BASE_URL": Host("https://api.replicate.com/v1", "replicate")},
        10,
        webhook_secret="REPLICATE_WEBHOOK_SECRET",
    ),
    "hedra": Vendor(
        "Hedra", "HEDRA_API_KEY", {"HEDRA_BASE_URL": Host("https://api.hedra.com/v3", "hedra")}, 3
    ),
    "heygen": Vendor(
        "HeyGen",
        "HEYGEN_API_KEY",
        {"HEYGEN_BASE_URL": Host("https://api.heygen.com", "heygen")},
        3,
        webhook_secret="HEYGEN_WEBHOOK_SECRET",
    ),
    "kling": Vendor(
        "Kling",
        "KLING_API_KEY",
        {"KLING_BASE_URL": Host("https://api-singapore.klingai.com", "kling")},
        3,
    ),
    "pixverse": Vendor(
        "PixVerse",
        "PIXVERSE_API_KEY",
        {"PIXVERSE_BASE_URL": Host("https://app-api.pixverse.ai", "pixverse")},
        2,
    ),
    "elevenlabs": Vendor(
        "ElevenLabs",
        "ELEVENLABS_API_KEY",
        {"ELEVENLABS_BASE_URL": Host("https://api.elevenlabs.io", "elevenlabs")},
        2,
    ),
    "minimax": Vendor(
        "MiniMax",
        "MINIMAX_API_KEY",
        {"MINIMAX_BASE_URL": Host("https://api.minimax.io", "minimax")},
        3,
    ),
    "dashscope": Vendor(
        "Alibaba Model Studio",
        "DASHSCOPE_API_KEY",
        {"DASHSCOPE_BASE_URL": Host("https://dashscope-intl.aliyuncs.com", "dashscope")},
        3,
    ),
    "resemble": Vendor(
        "Resemble",
        "RESEMBLE_API_KEY",
        {
            "RESEMBLE_BASE_URL": Host("https://f.cluster.resemble.ai", "resemble"),
            "RESEMBLE_APP_URL": Host("https://app.resemble.ai/api/v2", "resemble-app"),
        },
        3,
    ),
    "openai": Vendor(
        "OpenAI",
        "OPENAI_API_KEY",
        {"OPENAI_BASE_URL": Host("https://api.openai.com/v1", "openai/v1")},
        5,
    ),
    # Any server that speaks like OpenAI's /audio/speech: Kokoro, openedai-speech, ...
    "speech": Vendor(
        "Speech server",
        "SPEECH_API_KEY",
        {"SPEECH_BASE_URL": Host("", "speech/v1")},
        2,
        keyless=True,
    ),
}


@dataclass(frozen=True)
class Access:
    """The keys and addresses that one render may use.

    keys: a creator's own, by the names of the environment; they go before the installation's.
    """

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    def key(self, vendor: str) -> str:
        """Raises ModelUnavailable when there is none."""
        found = VENDORS[vendor]
        own = self.keys.get(found.key, "").strip() or self.environ.get(found.key, "").strip()
        if own or found.keyless:
            return own
        if self.is_sandbox(vendor):
            return SANDBOX_KEY
        raise ModelUnavailable(f"{found.label} needs a key: {found.key} is not set.")

    def url(self, vendor: str, host: str = "") -> str:
        """Where it is, without a slash at the end. host: which, when it has several."""
        found = VENDORS[vendor]
        name = host or next(iter(found.hosts))
        if address := found.hosts[name].address(name, self.environ):
            return address
        raise ModelUnavailable(f"{found.label} has no address: {name} is not set.")

    def webhook_secret(self, vendor: str) -> str:
        """What it signs webhooks with for the installation's account; empty: not known."""
        name = VENDORS[vendor].webhook_secret
        if own := self.environ.get(name, "").strip():
            return own
        return SANDBOX_WEBHOOK_SECRET if name and self.is_sandbox(vendor) else ""

    def is_sandbox(self, vendor: str) -> bool:
        """Whether it is asked in the sandbox."""
        double = sandbox(self.environ)
        name, host = next(iter(VENDORS[vendor].hosts.items()))
        return bool(double) and host.address(name, self.environ).startswith(double)

    def is_replaced(self, vendor: str) -> bool:
        """Whether the operator has given it another address than its own."""
        return any(h.address(n, self.environ) != h.url for n, h in VENDORS[vendor].hosts.items())

    def missing(self, vendor: str) -> str:
        """What is not set, as a sentence; empty when it can be asked."""
        try:
            self.key(vendor)
            self.url(vendor)
        except ModelUnavailable as e:
            return str(e)
        return ""

    def account(self, vendor: str) -> str:
        """The same for the same key; tells nothing of it. Whose slots a job takes."""
        digest = hashlib.sha256(f"{vendor} {self.key(vendor)}".encode()).hexdigest()
        return f"{vendor}:{digest[:12]}"

    def at_once(self, vendor: str) -> int:
        """How many jobs may be in flight for its key."""
        own = self.environ.get(f"{vendor.upper()}_AT_ONCE", "").strip()
        is_number = own.isascii() and own.isdigit()
        return (int(own) if is_number else 0) or VENDORS[vendor].at_once
