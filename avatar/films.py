"""A finished film that was made elsewhere, brought in as a reel.

It is not rendered, not re-encoded and not looked into: it goes out byte for byte, but for its
index, which some platforms want in front. Its rows say what it is: a script of which only title
and caption are known, a take by nobody of ours, and a consent that whoever brings it in vouches
for.
"""

import os
import subprocess
import tempfile
from pathlib import Path

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from avatar.engine.errors import InputError
from avatar.engine.media.ffmpeg import ffmpeg_exe
from avatar.engine.media.probe import Probe, probe
from avatar.models import FILM, Reel, Take
from creators.models import Creator
from creators.services import vouch_for_film
from scripts_gen.services import record_film
from studio.lib.files import file_sha256, store_file
from studio.lib.sniff import HEAD_BYTES, MP4, sniff

CODECS = ("h264", "hevc", "av1", "vp9", "mpeg4")  # what one platform or another takes
COVER_AT_MS = 500
COVER_LIMIT_S = 30
MOVE_LIMIT_S = 600


class FilmRefused(Exception):
    """It cannot be brought in; the message is a sentence for whoever chose it."""


def look_at(path: Path) -> Probe:
    """What is in the file. Raises FilmRefused when it is no film that could be posted."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError as e:
        raise FilmRefused(f"There is no file {path}.") from e
    except OSError as e:
        raise FilmRefused(f"{path} cannot be read: {e.strerror}.") from e
    if not head:
        raise FilmRefused(f"{path.name} is empty.")
    kind = sniff(head)
    if kind != MP4:
        what = kind.words if kind else "nothing that is known here"
        raise FilmRefused(f"{path.name} is {what}; an MP4 video is needed.")
    try:
        found = probe(path)
    except (InputError, subprocess.TimeoutExpired) as e:
        raise FilmRefused(f"{path.name} is damaged or cut short: it cannot be played.") from e
    if not found.has_video:
        raise FilmRefused(f"{path.name} has no picture, only sound.")
    if found.video_codec not in CODECS:
        raise FilmRefused(
            f"{path.name} is coded as {found.video_codec}, which no platform takes; H.264 is best."
        )
    if not found.duration_ms or not found.width or not found.height:
        raise FilmRefused(f"{path.name} does not say how long or how large it is.")
    return found


def bring_in(
    creator: Creator,
    path: Path,
    about: Probe,
    *,
    user: AbstractBaseUser,
    title: str,
    caption: str,
    how: str,
    index_first: bool = False,
) -> Reel:
    """The film as a finished reel of this creator's. The bytes are copied, a block at a time.

    about: what `look_at` found. how: where `user` approved it, in words. index_first: where it is
    going wants the index before the pictures.

    Keeps nothing when it fails: OSError (a full disk), creators.services.ConsentError.
    """
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        if index_first and not has_index_first(path):
            path = _index_moved(path, Path(folder) / "film.mp4")
        return _bring_in(creator, path, about, user=user, title=title, caption=caption, how=how)


def has_index_first(path: Path) -> bool:
    """Whether `moov` comes before `mdat` among the file's boxes (ISO/IEC 14496-12, 4.2)."""
    with path.open("rb") as file:
        while len(head := file.read(8)) == 8:
            size, kind = int.from_bytes(head[:4], "big"), head[4:]
            if kind in (b"moov", b"mdat"):
                return kind == b"moov"
            taken = 8
            if size == 1:  # the size is too large for four bytes and stands behind
                size, taken = int.from_bytes(file.read(8), "big"), 16
            if size < taken:  # 0: to the end of the file
                break
            file.seek(size - taken, os.SEEK_CUR)
    return False


def _index_moved(path: Path, target: Path) -> Path:
    """The same pictures and sound with the index in front. Raises FilmRefused when it has none."""
    command = [ffmpeg_exe(), "-hide_banner", "-nostdin", "-protocol_whitelist", "file,pipe"]
    command += ["-i", f"file:{path}", "-map", "0:v:0", "-map", "0:a:0?", "-c", "copy"]
    try:
        subprocess.run(
            [*command, "-movflags", "+faststart", f"file:{target}"],
            capture_output=True,
            check=True,
            timeout=MOVE_LIMIT_S,
        )
    except subprocess.SubprocessError as e:
        raise FilmRefused(
            f"{path.name} is damaged: its index cannot be moved to the front."
        ) from e
    return target


def _bring_in(
    creator: Creator,
    path: Path,
    about: Probe,
    *,
    user: AbstractBaseUser,
    title: str,
    caption: str,
    how: str,
) -> Reel:
    reel = Reel(
        state=Reel.State.READY,
        progress=1.0,
        width=about.width,
        height=about.height,
        fps=float(about.fps),
        duration_ms=about.duration_ms,
        sha256=file_sha256(path),
        ready_at=timezone.now(),
    )
    reel.recipe_sha256 = reel.sha256
    try:
        store_file(reel.video, path)
        _keep_cover(reel, path, min(COVER_AT_MS, about.duration_ms // 2))
        with transaction.atomic():
            vouch_for_film(creator, user=user, sha256=reel.sha256, basis=how)
            script = record_film(
                creator,
                user,
                title=title,
                caption=caption,
                duration_ms=about.duration_ms,
                how=how,
            )
            reel.take = Take.objects.create(
                script=script,
                engine=FILM,
                text_sha256=script.text_sha256,
                duration_ms=about.duration_ms,
            )
            reel.save()
    except BaseException:
        drop_files(reel)
        raise
    return reel


def drop_files(reel: Reel) -> None:
    """Undo what `bring_in` stored; its rows are the caller's transaction."""
    for file in (reel.video, reel.cover):
        if file:
            file.storage.delete(str(file.name))


def _keep_cover(reel: Reel, path: Path, at_ms: int) -> None:
    """One frame as the cover. A film can do without."""
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        cover = Path(folder) / "cover.jpg"
        command = [ffmpeg_exe(), "-hide_banner", "-nostdin", "-protocol_whitelist", "file,pipe"]
        command += ["-ss", f"{at_ms / 1000:.3f}", "-i", f"file:{path}", "-frames:v", "1"]
        try:
            subprocess.run(
                [*command, "-q:v", "3", str(cover)],
                capture_output=True,
                check=True,
                timeout=COVER_LIMIT_S,
            )
        except (subprocess.SubprocessError, OSError):
            return
        if cover.is_file() and cover.stat().st_size:
            store_file(reel.cover, cover)
