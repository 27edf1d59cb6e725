"""Files as vendors take them: a plain picture, a sound under a limit, streamed from the disk."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from requests_toolbelt import MultipartEncoder

from avatar.engine.errors import InputError
from avatar.engine.vendors.caller import UPLOAD_READ_S, Caller
from studio.lib.engines import Engine
from studio.lib.sniff import HEAD_BYTES, JPEG, sniff
from studio.lib.web import Answer, Slice

MB = 10**6
SOUND_KBPS = (192, 128, 96, 64)  # AAC; speech is whole at the lowest of them
SMALLER = 0.8  # of a picture's side, until it fits


def mime_of(path: Path) -> str:
    """What the first bytes say it is."""
    with path.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
    return kind.mime if kind else "application/octet-stream"


@contextlib.contextmanager
def sendable(engine: Engine, name: str, path: Path) -> Iterator[Path]:
    """The file as that engine may have it. name: the logical input, image or audio.

    Raises InputError when it cannot be had small enough, or is not what it should be.
    """
    with tempfile.TemporaryDirectory() as folder:
        if name == "image":
            yield _plain_picture(path, Path(folder), engine)
        elif name == "audio" and engine.audio_mb and path.stat().st_size > engine.audio_mb * MB:
            yield _lighter_sound(path, Path(folder), engine)
        else:
            yield path


def _plain_picture(path: Path, folder: Path, engine: Engine) -> Path:
    """A JPEG without the place and the camera that phones write into theirs."""
    from studio.lib.photos import PhotoError, encode_photo, read_photo

    if _is_plain(path, engine):
        return path
    try:
        picture = read_photo(path)
    except PhotoError as e:
        raise InputError(str(e)) from e
    data, _ = encode_photo(picture)
    while engine.image_mb and len(data) > engine.image_mb * MB:
        width, height = (round(side * SMALLER) for side in picture.size)
        picture = picture.resize((width, height))
        data, _ = encode_photo(picture)
    made = folder / "photo.jpg"
    made.write_bytes(data)
    return made


def _is_plain(path: Path, engine: Engine) -> bool:
    """Whether it can go as it is: encoding once more would only cost sharpness."""
    if engine.image_mb and path.stat().st_size > engine.image_mb * MB:
        return False
    with path.open("rb") as file:
        if sniff(file.read(HEAD_BYTES)) != JPEG:
            return False
    from PIL import Image

    try:
        with Image.open(path) as image:
            return image.mode == "RGB" and not {"exif", "icc_profile", "xmp"} & set(image.info)
    except (OSError, ValueError, Image.DecompressionBombError):
        return False


def _lighter_sound(path: Path, folder: Path, engine: Engine) -> Path:
    from avatar.engine.media.ffmpeg import run_ffmpeg

    made = folder / "voice.m4a"
    for kbps in SOUND_KBPS:
        codec = ["-vn", "-c:a", "aac", "-b:a", f"{kbps}k"]
        run_ffmpeg(["-y", "-i", f"file:{path}", *codec, str(made)], doing="making a sound smaller")
        if made.stat().st_size <= (engine.audio_mb or 0) * MB:
            return made
    raise InputError(f"{engine.label} takes {engine.audio_mb:g} MB of sound; this is longer.")


def put_file(
    caller: Caller, url: str, path: Path, headers: dict[str, str], method: str = "PUT"
) -> None:
    """Bring a file to where the vendor's ticket says. The key stays here: it is storage of some
    other company, and the ticket is in the address.
    """
    with Slice(path) as body:
        caller.call(
            method,
            url,
            headers=headers,
            data=body,
            read_s=UPLOAD_READ_S,
            bytes_wanted=True,
            with_key=False,
        )


def post_form(caller: Caller, url: str, path: Path, field: str = "file", **headers: str) -> Answer:
    """Upload a file as a form's only field."""
    with path.open("rb") as file:
        fields: dict[str, Any] = {field: (path.name, file, mime_of(path))}
        body = MultipartEncoder(fields)
        return caller.call(
            "POST",
            url,
            headers={"Content-Type": body.content_type, **headers},
            data=body,
            read_s=UPLOAD_READ_S,
        )
