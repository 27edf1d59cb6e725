"""Small files that are MP4 to whoever reads only their head, as platforms' doubles do."""

import struct
from pathlib import Path


def write_film(
    path: Path, *, ms: int = 6000, width: int = 1080, height: int = 1920, payload: bytes = b"film"
) -> Path:
    """An MP4 with a head that says this and `payload` where the pictures would be."""
    mvhd = struct.pack(">IIIII", 0, 0, 0, 1000, ms) + bytes(80)
    tkhd = struct.pack(">I", 7) + bytes(72) + struct.pack(">II", width << 16, height << 16)
    moov = _box(b"moov", _box(b"mvhd", mvhd) + _box(b"trak", _box(b"tkhd", tkhd)))
    path.write_bytes(
        _box(b"ftyp", b"isom" + bytes(4) + b"isommp42") + moov + _box(b"mdat", payload)
    )
    return path


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body
