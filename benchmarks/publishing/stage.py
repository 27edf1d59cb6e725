"""What a run is about: who posts what, where and when, and what goes wrong on the way."""

import hashlib
import random
import struct
from pathlib import Path
from typing import Any

from publishing.platforms import PLATFORMS
from studio.sandbox import identity
from studio.sandbox.platforms import bluesky_session, facebook_login
from studio.sandbox.state import Sandbox

REELS_A_CREATOR = 4
DURATION_MS = 9000
ZONE = "Europe/Berlin"

# Of all calls, what share meets which fault. A fifth in all.
FAULTS: list[tuple[float, dict[str, Any]]] = [
    (0.040, {"kind": "close_before"}),
    (0.030, {"kind": "close_after"}),
    (0.010, {"kind": "close_late", "seconds": 2.0}),
    (0.025, {"kind": "status", "status": 429, "seconds": 5}),
    (0.025, {"kind": "status", "status": 500}),
    (0.015, {"kind": "status", "status": 503}),
    (0.015, {"kind": "status_after", "status": 502}),
    (0.015, {"kind": "malformed"}),
    (0.005, {"kind": "html"}),
    (0.010, {"kind": "slow", "seconds": 0.5}),
    (0.007, {"kind": "latency", "seconds": 0.5}),
    (0.003, {"kind": "revoke_token"}),
    # Of what is made, not of all calls.
    (0.010, {"kind": "stuck"}),
    (0.020, {"kind": "fail_late"}),
]


def order_faults(sandbox: Sandbox, share: float, seed: int) -> None:
    """Let that share of all calls fail. Each kind is drawn from what those before it left."""
    whole = sum(part for part, _ in FAULTS[:-2])
    left = 1.0
    for number, (part, fault) in enumerate(FAULTS):
        wanted = part / whole * share
        sandbox.faults.add(
            **fault, times=None, probability=wanted / left, seed=seed * 1000 + number
        )
        if fault["kind"] not in ("stuck", "fail_late"):
            left -= wanted


def film(path: Path, number: int, padding: int = 80_000) -> str:
    """An MP4 as far as its head goes, unlike every other one. Its SHA-256."""

    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I4s", len(body) + 8, kind) + body

    mvhd = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, DURATION_MS) + bytes(80))
    size = struct.pack(">II", 1080 << 16, 1920 << 16)
    tkhd = box(b"tkhd", struct.pack(">I", 7) + bytes(72) + size)
    with path.open("wb") as out:
        out.write(box(b"ftyp", b"isom" + bytes(4) + b"isommp42"))
        out.write(box(b"moov", mvhd + box(b"trak", tkhd)))
        out.write(struct.pack(">I4s", padding + 8, b"mdat") + number.to_bytes(8, "big"))
        left = padding - 8
        block = hashlib.sha256(str(number).encode()).digest() * 32768
        while left > 0:
            out.write(block[: min(left, len(block))])
            left -= len(block)
    with path.open("rb") as done:
        return hashlib.file_digest(done, "sha256").hexdigest()


def platforms(only: str = "") -> list[str]:
    """Those whose clients are registered, the folder aside."""
    known = [name for name in PLATFORMS if name != "folder"]
    wanted = [name for name in only.split(",") if name] or known
    if unknown := set(wanted) - set(known):
        raise SystemExit(f"There is no client for {', '.join(sorted(unknown))}.")
    return wanted


def plan(
    sandbox: Sandbox, folder: Path, n_posts: int, names: list[str], begins: float, lasts: float
) -> dict[str, Any]:
    """Creators with an account on every platform, and due times drawn over `lasts` seconds."""
    draw = random.Random(n_posts)
    films: dict[str, str] = {}
    creators = []
    left, number = n_posts, 0
    while left > 0:
        paths = []
        for _ in range(REELS_A_CREATOR):
            path = folder / f"film{len(films)}.mp4"
            films[str(path)] = film(path, len(films))
            paths.append(str(path))
        accounts = []
        for name in names:
            take = min(REELS_A_CREATOR, left)
            if not take:
                break
            left -= take
            place = account(sandbox, name, number)
            place["due"] = sorted(begins + draw.random() * lasts for _ in range(take))
            accounts.append(place)
        creators.append({"films": paths, "accounts": accounts})
        number += 1
    cover = folder / "cover.jpg"
    cover.write_bytes(_jpeg())
    return {
        "creators": creators,
        "films": films,
        "cover": str(cover),
        "zone": ZONE,
        "duration_ms": DURATION_MS,
    }


def _jpeg() -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (90, 160), "gray").save(out, "JPEG")
    return out.getvalue()


def account(sandbox: Sandbox, name: str, number: int) -> dict[str, Any]:
    """An account of that platform in the sandbox, and how one logs in to it."""
    handle = f"bench{number}"
    id = f"77{number:015}"
    login: dict[str, str] = {"account": id}
    options: dict[str, Any] = {}
    if name in ("facebook", "instagram_facebook"):
        offset = 1 if name == "facebook" else 2
        seen, who = sandbox.of("facebook"), f"88{offset}{number:014}"
        page = f"99{offset}{number:014}"
        linked = id.replace("77", "66", 1) if name == "instagram_facebook" else ""
        facebook_login.add_person(seen, who, f"{handle} {offset}")
        facebook_login.add_page(seen, page, f"{handle}.{offset}", who, linked)
        if linked:
            identity.add_account(sandbox.of("instagram"), linked, f"{handle}.b")
        login = {"account": who}
        id = linked or page
    elif name == "youtube":
        id = f"UCbench{number:017}"
        identity.add_account(sandbox.of(name), id, handle)
        login = {"account": id}
    elif name == "tiktok":
        identity.add_account(sandbox.of(name), id, handle, name=handle)
        if number % 2:
            options = {"mode": "direct", "privacy_level": "PUBLIC_TO_EVERYONE"}
    elif name == "linkedin":
        id = f"urn:li:person:bench{number:04}"
        identity.add_account(sandbox.of(name), id, handle, name=handle)
        login = {"account": id}
    elif name == "bluesky":
        id = "did:plc:" + f"bench{number}".replace("0", "a").replace("1", "b").ljust(24, "z")
        id = id.translate(str.maketrans("89", "cd"))
        identity.add_account(sandbox.of(name), id, f"{handle}.test", name=handle)
        login = {"identifier": f"{handle}.test", "password": bluesky_session.PASSWORD}
    else:
        identity.add_account(sandbox.of(name), id, handle, name=handle)
    return {"platform": name, "external_id": id, "login": login, "options": options}
