"""Reading photos that strangers made. Pillow only, no Django; the engine uses it as well.

What comes out is always the same plain thing: RGB, upright, sRGB, 8 bits, no metadata.
"""

import hashlib
import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from PIL import Image, ImageCms, ImageOps
from PIL.JpegImagePlugin import jpeg_factory
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif import HeifImageFile

from studio.lib.sniff import HEAD_BYTES, HEIC, JPEG, PNG, WEBP, Kind, sniff

MAX_BYTES = 50 * 2**20
MAX_PIXELS = 60_000_000  # today's phones reach 50; decoded, 60 are 180 MB
MIN_SIDE_PX = 96  # the narrowest face the performer accepts
BACKDROP = (255, 255, 255)  # behind cut-out photos
JPEG_QUALITY = 95
PREVIEW_PX = 1024

ACCEPTED = "Photos are accepted as JPEG, PNG, WebP or HEIC."
MOVES = (
    "This {what}: stop it at the moment you like best, save that as a picture, and choose the"
    " picture."
)


class Readable(Protocol):
    """Any binary file; uploads of a web framework are no BinaryIO."""

    def read(self, size: int, /) -> bytes: ...


class PhotoError(ValueError):
    """Not a photo that can be used; the message is a sentence for the person who chose it."""


# Each kind has its one decoder, so a file can never choose among all that Pillow knows.
DECODERS: dict[Kind, Callable[[BinaryIO], Image.Image]] = {
    JPEG: jpeg_factory,
    PNG: PngImageFile,
    WEBP: WebPImageFile,
    HEIC: HeifImageFile,
}


def read_photo(file: Path | Readable) -> Image.Image:
    """The photo as a plain RGB picture: upright, in sRGB, without metadata.

    file: a path, or a binary file that is read from its current position.

    Raises PhotoError when it is not one still photo of sensible size, OSError when the disk fails.
    """
    data = _read(file)
    image = _open(data)
    _check_size(image)
    try:
        image.load()
        return _plain(image)
    except MemoryError:
        raise
    except Exception as e:  # decoders answer damaged data with nearly every exception there is
        raise PhotoError(_broken()) from e


def preview(image: Image.Image) -> Image.Image:
    """`image` in a size for web pages: PREVIEW_PX at its longer side, or as it is when smaller."""
    small = image.copy()
    small.thumbnail((PREVIEW_PX, PREVIEW_PX))
    return small


def encode_photo(image: Image.Image) -> tuple[bytes, str]:
    """A JPEG of `image` with nothing but its pixels, and the file's SHA-256.

    The same picture gives the same bytes. Full colour resolution: it matters for lips and eyes.
    """
    out = io.BytesIO()
    image.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0, exif=b"", icc_profile=None)
    data = out.getvalue()
    return data, hashlib.sha256(data).hexdigest()


def _read(file: Path | Readable) -> bytes:
    if isinstance(file, Path):
        with file.open("rb") as opened:
            return _read(opened)
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise PhotoError(
            f"The photo is larger than {MAX_BYTES // 2**20} MB; choose a smaller file."
        )
    return data


def _open(data: bytes) -> Image.Image:
    """Read the header only: size, mode and how many pictures there are."""
    if not data:
        raise PhotoError("The file is empty; nothing arrived. Choose the photo again.")
    kind = sniff(data[:HEAD_BYTES])
    if kind is None:
        raise PhotoError(f"This file is not a photo. {ACCEPTED}")
    if kind.moves:
        raise PhotoError(MOVES.format(what=f"is {kind.words}, not a photo"))
    if kind not in DECODERS:
        raise PhotoError(f"This is {kind.words}, not a photo. {ACCEPTED}")
    try:
        image = DECODERS[kind](io.BytesIO(data))
    except MemoryError:
        raise
    except Exception as e:
        raise PhotoError(_broken()) from e
    if kind in (PNG, WEBP) and getattr(image, "n_frames", 1) > 1:
        raise PhotoError(MOVES.format(what="picture moves"))
    return image


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PhotoError(
            f"The photo has {width * height / 1e6:.0f} megapixels ({width} × {height}); "
            f"at most {MAX_PIXELS // 10**6} are accepted. Save it smaller and try again."
        )
    if min(width, height) < MIN_SIDE_PX:
        raise PhotoError(
            f"The photo is only {width} × {height} px; a face needs at least {MIN_SIDE_PX} px, "
            "and 512 or more look good."
        )


def _broken() -> str:
    return "The photo is damaged or incomplete; it could not be read to its end. Choose it again."


def _plain(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    image = _upright(image)
    alpha = None
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.convert("RGB")
    rgb = _in_srgb(_eight_bits(image), profile)
    clean = Image.new("RGB", rgb.size, BACKDROP)
    clean.paste(rgb, mask=alpha)
    return clean


def _upright(image: Image.Image) -> Image.Image:
    with suppress(Exception):  # an unreadable EXIF block means: as it is
        return ImageOps.exif_transpose(image)
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16-bit grey
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.mode in ("RGB", "L", "CMYK", "LAB"):
        return image
    return image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert by the embedded colour profile; one that does not fit the picture is ignored."""
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if converted is not None:
                return converted
    return image.convert("RGB")
