"""What the process that makes a reel is told: its files on this machine, its options, its keys."""

import json
import shutil
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from avatar import engine_keys, services, workshop
from avatar.models import Reel, Take
from studio.lib.files import local_path

PICTURE_GONE = (
    "The picture behind the person is gone. Choose another background, then make it again."
)
FILE_GONE = (
    "The file of the photo, the video or the voice is gone. Add it again, then make the reel"
    " again."
)


class FileGone(Exception):  # named for what happened
    """A file that the reel is made of is gone; the message is a sentence for the creator."""


def job_of(reel: Reel, bench: Path, stack: ExitStack) -> dict[str, Any]:
    """What the child is told. Raises FileGone when source, sample or background are gone."""
    voices = reel.creator.voices.filter(sha256=reel.take.voice_sha256)
    voice = voices.first() if reel.take.voice_sha256 else None
    try:
        source = _source(reel, stack)
        sample = stack.enter_context(local_path(voice.sample)) if voice else None
    except FileNotFoundError as e:
        raise FileGone(FILE_GONE) from e
    if source is None or (reel.take.voice_sha256 and sample is None):
        raise FileGone(FILE_GONE)
    options = asdict(services.render_options(reel))
    if options["background"].startswith(services.PICTURE):
        options["background"] = str(_backdrop(reel, stack))
    return {
        "do": "render",
        "source": str(source),
        "out": str(bench / "reel.mp4"),
        "text": reel.script.spoken,
        "options": options,
        "voice_sample": sample and str(sample),
        "cache_dir": str(workshop.cache_dir(reel.creator.pk)),
        "keys": engine_keys.own(reel.creator),
        "spoken_before": _spoken_before(reel.take, bench / "take", stack),
    }


def _source(reel: Reel, stack: ExitStack) -> Path | None:
    """The photo, or the video that was chosen instead."""
    if not reel.footage_sha256:
        return stack.enter_context(local_path(reel.portrait.image)) if reel.portrait else None
    footage = reel.creator.footages.filter(sha256=reel.footage_sha256).first()
    return workshop.nearby(footage.video, reel.creator.pk, stack) if footage else None


def _spoken_before(take: Take, folder: Path, stack: ExitStack) -> str | None:
    """What the take's first reel heard, for the engine: another look never speaks again."""
    try:
        audio = stack.enter_context(local_path(take.audio))
    except FileNotFoundError:
        return None
    folder.mkdir()
    shutil.copyfile(audio, folder / "take.wav")
    for name, found in (("alignment", take.alignment), ("made", take.made)):
        if found:
            (folder / f"{name}.json").write_text(json.dumps(found), encoding="utf-8")
    return str(folder)


def _backdrop(reel: Reel, stack: ExitStack) -> Path:
    backdrop = services.backdrop_of(reel)
    try:
        if backdrop is not None:
            return stack.enter_context(local_path(backdrop.image))
    except FileNotFoundError:
        pass
    raise FileGone(PICTURE_GONE)
