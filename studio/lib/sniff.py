"""What a file really is, told from its first bytes. Names and MIME types are never believed."""

from dataclasses import dataclass

HEAD_BYTES = 4096  # enough for every signature below


@dataclass(frozen=True)
class Kind:
    """One kind of file.

    words: what to call it in a sentence ("This is {words}.").
    suffix: what a stored file of this kind is called, with the dot.
    photo: a still picture that `studio.lib.photos` reads.
    sound: it is or may carry a sound track.
    moves: it is or may be a moving picture.
    """

    name: str
    words: str
    suffix: str
    mime: str
    photo: bool = False
    sound: bool = False
    moves: bool = False


JPEG = Kind("jpeg", "a JPEG photo", ".jpg", "image/jpeg", photo=True)
PNG = Kind("png", "a PNG picture", ".png", "image/png", photo=True)
WEBP = Kind("webp", "a WebP picture", ".webp", "image/webp", photo=True)
HEIC = Kind("heic", "a HEIC photo", ".heic", "image/heic", photo=True)
HEICS = Kind("heics", "a HEIC image sequence", ".heics", "image/heic-sequence", moves=True)
AVIF = Kind("avif", "an AVIF picture", ".avif", "image/avif")
GIF = Kind("gif", "a GIF picture", ".gif", "image/gif", moves=True)
TIFF = Kind("tiff", "a TIFF or raw camera picture", ".tif", "image/tiff")
BMP = Kind("bmp", "a BMP picture", ".bmp", "image/bmp")
PSD = Kind("psd", "a Photoshop document", ".psd", "image/vnd.adobe.photoshop")
JXL = Kind("jxl", "a JPEG XL picture", ".jxl", "image/jxl")
JP2 = Kind("jp2", "a JPEG 2000 picture", ".jp2", "image/jp2")
RAW = Kind("raw", "a raw camera picture", ".cr3", "image/x-canon-cr3")
ICO = Kind("ico", "an icon", ".ico", "image/vnd.microsoft.icon")
SVG = Kind("svg", "an SVG drawing", ".svg", "image/svg+xml")
HTML = Kind("html", "a web page", ".html", "text/html")
XML = Kind("xml", "an XML document", ".xml", "application/xml")
PDF = Kind("pdf", "a PDF document", ".pdf", "application/pdf")
POSTSCRIPT = Kind("postscript", "a PostScript document", ".ps", "application/postscript")
ZIP = Kind("zip", "a ZIP archive or an Office document", ".zip", "application/zip")
GZIP = Kind("gzip", "a compressed archive", ".gz", "application/gzip")
ARCHIVE = Kind("archive", "an archive", ".bin", "application/octet-stream")
PROGRAM = Kind("program", "a program", ".bin", "application/octet-stream")
TEXT = Kind("text", "a text file", ".txt", "text/plain")

WAV = Kind("wav", "a WAV recording", ".wav", "audio/wav", sound=True)
AIFF = Kind("aiff", "an AIFF recording", ".aiff", "audio/aiff", sound=True)
CAF = Kind("caf", "a CAF recording", ".caf", "audio/x-caf", sound=True)
AU = Kind("au", "an AU recording", ".au", "audio/basic", sound=True)
FLAC = Kind("flac", "a FLAC recording", ".flac", "audio/flac", sound=True)
MP3 = Kind("mp3", "an MP3 recording", ".mp3", "audio/mpeg", sound=True)
AAC = Kind("aac", "an AAC recording", ".aac", "audio/aac", sound=True)
AMR = Kind("amr", "an AMR recording", ".amr", "audio/amr", sound=True)
OGG = Kind("ogg", "an Ogg recording", ".ogg", "audio/ogg", sound=True)
M4A = Kind("m4a", "an M4A recording", ".m4a", "audio/mp4", sound=True)
WEBM = Kind("webm", "a WebM recording or video", ".webm", "video/webm", sound=True, moves=True)
MATROSKA = Kind("matroska", "a Matroska video", ".mkv", "video/x-matroska", sound=True, moves=True)
MP4 = Kind("mp4", "an MP4 video", ".mp4", "video/mp4", sound=True, moves=True)
MOV = Kind("mov", "a QuickTime video", ".mov", "video/quicktime", sound=True, moves=True)
THREEGP = Kind("3gp", "a 3GP video", ".3gp", "video/3gpp", sound=True, moves=True)
AVI = Kind("avi", "an AVI video", ".avi", "video/x-msvideo", sound=True, moves=True)
ASF = Kind("asf", "a Windows Media file", ".wma", "video/x-ms-asf", sound=True, moves=True)
FLV = Kind("flv", "a Flash video", ".flv", "video/x-flv", sound=True, moves=True)
MPEG = Kind("mpeg", "an MPEG video", ".mpg", "video/mpeg", sound=True, moves=True)

SIGNATURES: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF8", GIF),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"BM", BMP),
    (b"8BPS", PSD),
    (b"\xff\x0a", JXL),
    (b"\x00\x00\x00\x0cJXL ", JXL),
    (b"\x00\x00\x00\x0cjP  ", JP2),
    (b"\x00\x00\x01\x00", ICO),
    (b"%PDF", PDF),
    (b"%!PS", POSTSCRIPT),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"\x1f\x8b", GZIP),
    (b"7z\xbc\xaf\x27\x1c", ARCHIVE),
    (b"Rar!\x1a\x07", ARCHIVE),
    (b"\xfd7zXZ\x00", ARCHIVE),
    (b"\x7fELF", PROGRAM),
    (b"MZ", PROGRAM),
    (b"#!AMR", AMR),
    (b"fLaC", FLAC),
    (b"OggS", OGG),
    (b"caff", CAF),
    (b".snd", AU),
    (b"ID3", MP3),
    (b"\xff\xf1", AAC),
    (b"\xff\xf9", AAC),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", ASF),
    (b"FLV\x01", FLV),
    (b"\x00\x00\x01\xba", MPEG),
    (b"\x00\x00\x01\xb3", MPEG),
)
RIFF = {b"WEBP": WEBP, b"WAVE": WAV, b"AVI ": AVI}
SOUND_TYPES = {
    kind.suffix: kind.mime
    for kind in (
        *(WAV, AIFF, CAF, AU, FLAC, MP3, AAC, AMR, OGG, M4A, WEBM),
        *(MATROSKA, MP4, MOV, THREEGP, AVI, ASF, FLV, MPEG),
    )
}
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1"}
HEICS_BRANDS = {b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"}
AVIF_BRANDS = {b"avif", b"avis"}


def sniff(head: bytes) -> Kind | None:
    """The kind of a file that begins with `head` (HEAD_BYTES are plenty). None: nothing known."""
    if head[:4] in (b"RIFF", b"RF64"):
        return RIFF.get(head[8:12])
    if head[:4] == b"FORM" and head[8:11] == b"AIF":
        return AIFF
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if head[:4] == b"\x1aE\xdf\xa3":
        return WEBM if b"webm" in head[:64] else MATROSKA
    for signature, kind in SIGNATURES:
        if head.startswith(signature):
            return kind
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:  # MPEG audio, layer III or II
        return MP3
    return _text(head)


def _iso_media(head: bytes) -> Kind:
    """HEIC, AVIF, MP4, M4A and QuickTime share one box format; the brands tell them apart."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    major = head[8:12]
    brands = {major} | {head[i : i + 4] for i in range(16, size - 3, 4)}
    if brands & AVIF_BRANDS:
        return AVIF
    if major in HEICS_BRANDS:
        return HEICS
    if major in HEIC_BRANDS or (brands & HEIC_BRANDS and major == b"MiHE"):
        return HEIC
    if major == b"crx ":
        return RAW
    if major in (b"M4A ", b"M4B "):
        return M4A
    if major == b"qt  ":
        return MOV
    if major[:2] == b"3g":
        return THREEGP
    return MP4


def _text(head: bytes) -> Kind | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not text:
        return None
    if text.startswith((b"<!doctype html", b"<html")):
        return HTML
    if b"<svg" in text:
        return SVG
    if text.startswith(b"<?xml"):
        return XML
    if text.startswith(b"<"):
        return HTML
    binary = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
    return TEXT if binary == 0 and b"\x7f" not in head else None


def sound_type(name: str) -> str:
    """The MIME type for playing a recording that was stored with its kind's suffix."""
    return SOUND_TYPES.get("." + name.rpartition(".")[2], "application/octet-stream")
