"""Photos made by strangers: what comes out is plain, and what cannot is told in a sentence."""

import io
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from studio.lib import photos
from studio.lib.photos import PhotoError, encode_photo, read_photo


def picture(width=160, height=120, mode="RGB") -> Image.Image:
    """Red on the left, blue on the right, darker towards the bottom."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2] = (200, 30, 30)
    pixels[:, width // 2 :] = (30, 30, 200)
    pixels[height // 2 :] //= 2
    return Image.fromarray(pixels).convert(mode)


def saved(image: Image.Image, kind: str, **options) -> io.BytesIO:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return io.BytesIO(out.getvalue())


def is_red(pixel) -> bool:
    red, green, blue = pixel
    return red > 120 and green < 90 and blue < 90


def heic() -> io.BytesIO:
    out = io.BytesIO()
    pillow_heif.from_pillow(picture()).save(out, quality=95)
    return io.BytesIO(out.getvalue())


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims this size and holds one row; decoding the claim would take memory."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    row = zlib.compress(b"\0" * (width * 3 + 1))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", row) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_phones_and_programs_write_is_read(kind):
    image = read_photo(saved(picture(), kind))
    assert (image.mode, image.size) == ("RGB", (160, 120))
    assert is_red(image.getpixel((20, 20)))
    assert not is_red(image.getpixel((140, 20)))


def test_heic_is_read():
    image = read_photo(heic())
    assert (image.mode, image.size) == ("RGB", (160, 120))
    assert is_red(image.getpixel((20, 20)))


def test_a_path_is_read_like_a_file(tmp_path):
    path = tmp_path / "me.photo"
    picture().save(path, "PNG")
    assert read_photo(path).size == (160, 120)


def test_the_name_may_lie_when_the_content_is_a_photo(tmp_path):
    path = tmp_path / "me.pdf"
    picture().save(path, "JPEG")
    assert read_photo(path).size == (160, 120)


@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [
        (1, (160, 120), (20, 20)),
        (3, (160, 120), (140, 100)),
        (6, (120, 160), (60, 20)),
        (8, (120, 160), (60, 140)),
    ],
)
def test_photos_come_out_upright(orientation, size, red_at):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = picture().point(lambda value: value)
    image.paste((200, 30, 30), (0, 0, 80, 120))
    upright = read_photo(saved(image, "JPEG", exif=exif))
    assert upright.size == size
    assert is_red(upright.getpixel(red_at))


def test_metadata_does_not_survive():
    exif = Image.Exif()
    exif[0x010E] = "my kitchen"
    exif.get_ifd(0x8825)[1] = "N"
    image = read_photo(saved(picture(), "JPEG", exif=exif, comment=b"secret place"))
    data, _ = encode_photo(image)
    assert image.info == {}
    assert b"Exif" not in data
    assert b"secret" not in data
    assert dict(Image.open(io.BytesIO(data)).getexif()) == {}


def test_a_colour_profile_is_applied_and_dropped():
    """A profile whose green and blue are exchanged turns blue into green."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    green, blue = profile.index(b"gXYZ"), profile.index(b"bXYZ")
    profile[green : green + 4], profile[blue : blue + 4] = b"bXYZ", b"gXYZ"
    image = read_photo(saved(picture(), "PNG", icc_profile=bytes(profile)))
    red, green_value, blue_value = image.getpixel((140, 20))
    assert green_value > 150 > blue_value
    assert red < 120
    assert "icc_profile" not in image.info


def test_a_broken_colour_profile_is_ignored():
    image = read_photo(saved(picture(), "PNG", icc_profile=b"no profile at all"))
    assert image.getpixel((20, 20)) == (200, 30, 30)


def test_cut_out_photos_stand_on_white():
    cut_out = picture(mode="RGBA")
    cut_out.paste((0, 0, 0, 0), (0, 0, 80, 120))
    image = read_photo(saved(cut_out, "PNG"))
    assert image.getpixel((20, 20)) == (255, 255, 255)
    assert image.getpixel((140, 20)) == (30, 30, 200)


@pytest.mark.parametrize(
    ("mode", "kind"), [("CMYK", "JPEG"), ("L", "JPEG"), ("P", "PNG"), ("LA", "PNG")]
)
def test_other_colour_modes_become_rgb(mode, kind):
    image = read_photo(saved(picture(mode=mode), kind))
    assert image.mode == "RGB"
    expected = (
        picture(mode="L" if mode in ("L", "LA") else "RGB").convert("RGB").getpixel((20, 20))
    )
    assert np.abs(np.subtract(image.getpixel((20, 20)), expected)).max() < 40


def test_sixteen_bit_grey_keeps_its_brightness():
    grey = Image.fromarray(np.full((120, 160), 0x8080, np.uint16))
    assert read_photo(saved(grey, "PNG")).getpixel((5, 5)) == (128, 128, 128)


def test_the_same_picture_gives_the_same_bytes():
    first, again = (encode_photo(read_photo(saved(picture(), "PNG"))) for _ in range(2))
    other = encode_photo(read_photo(saved(picture(162), "PNG")))
    assert first == again
    assert first[1] != other[1]


def animated(kind: str) -> bytes:
    frames = [picture(), picture().rotate(90, expand=False)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100).getvalue()


HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\0" * 200
ZIP = b"PK\x03\x04" + b"\0" * 100


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (SVG, "This is an SVG drawing, not a photo"),
        (HTML, "This is a web page, not a photo"),
        (b"%PDF-1.7 ...", "This is a PDF document, not a photo"),
        (MP4, "This is an MP4 video, not a photo: stop it"),
        (b"GIF89a ...", "This is a GIF picture, not a photo: stop it"),
        (
            b"\0\0\0\x18ftypmsf1\0\0\0\0msf1heic",
            "This is a HEIC image sequence, not a photo: stop it",
        ),
        (b"\x1aE\xdf\xa3 webm", "This is a WebM recording or video, not a photo"),
        (ZIP, "This is a ZIP archive or an Office document, not a photo"),
        (b"hello", "This is a text file, not a photo"),
        (b"\x00\x01\x02\x03" * 20, "This file is not a photo"),
        (b"\xff\xd8\xff\xe0 and nothing more", "damaged or incomplete"),
    ],
)
def test_what_is_not_a_photo_is_called_what_it_is(content, sentence):
    with pytest.raises(PhotoError, match=sentence):
        read_photo(io.BytesIO(content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_truncated_photo_is_refused(kind, kept):
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8)
    whole = saved(Image.fromarray(noise), kind).getvalue()
    with pytest.raises(PhotoError, match="damaged or incomplete"):
        read_photo(io.BytesIO(whole[: int(len(whole) * kept)]))


def test_a_truncated_heic_is_refused():
    whole = heic().getvalue()
    with pytest.raises(PhotoError, match="damaged or incomplete"):
        read_photo(io.BytesIO(whole[: len(whole) // 2]))


def test_a_gif_is_refused_as_one():
    with pytest.raises(PhotoError, match="GIF"):
        read_photo(io.BytesIO(animated("GIF")))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_moving_pictures_are_refused(kind):
    with pytest.raises(PhotoError, match="moves"):
        read_photo(io.BytesIO(animated(kind)))


@pytest.mark.parametrize("size", [(10_000, 10_000), (40_000, 40_000)])
def test_a_hundred_megapixels_are_refused_from_the_header_alone(size, monkeypatch):
    def never(self):
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", never)
    with pytest.raises(PhotoError, match=f"{size[0] * size[1] // 10**6} megapixels"):
        read_photo(io.BytesIO(png_header(*size)))


def test_a_file_of_many_bytes_is_not_even_opened(monkeypatch):
    monkeypatch.setattr(photos, "MAX_BYTES", 1000)
    with pytest.raises(PhotoError, match="larger than"):
        read_photo(io.BytesIO(b"\xff\xd8\xff" + b"x" * 2000))


def test_a_tiny_picture_is_refused_with_its_size():
    with pytest.raises(PhotoError, match="only 64 × 200 px"):
        read_photo(saved(picture(64, 200), "PNG"))
