"""What a job makes: a film, speech, or a voice; and why it may not."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from studio.sandbox.state import Document, Sandbox
from studio.sandbox.vendors import media
from studio.sandbox.vendors.common import digest
from studio.sandbox.vendors.files import NotThere, source
from studio.sandbox.vendors.media import NotMedia, Recipe
from studio.sandbox.vendors.spoken import embedding, spoken

WORDS = {
    "refuse": "The content was flagged as sensitive by our moderation.",
    "no_face": "No face was detected in the picture.",
    "fail": "The generation failed.",
    "trouble": "The upstream service answered HTTP 503. Please try again later.",
    "cancelled": "The job was cancelled.",
}


class Flaw(Exception):
    """Why a job fails. name: of jobs.OUTCOMES, or unreachable, not_media, wrong_kind, too_long,
    too_short, cancelled. field: picture or sound.
    """

    def __init__(self, name: str, text: str = "", field: str = "") -> None:
        super().__init__(text or WORDS.get(name, name))
        self.name, self.field = name, field


def made_of(sandbox: Sandbox, job: Document) -> dict[str, Any]:
    """{path, seconds, width, height} of what a job is to make. Raises Flaw."""
    if job["outcome"]:
        raise Flaw(job["outcome"])
    if job["wanted"]["makes"] != "film":
        return _sounding(sandbox, job["wanted"])
    recipe = recipe_of(sandbox, job["wanted"])
    target = sandbox.folder / "made" / f"{digest(asdict(recipe))}.mp4"
    try:
        media.kept(target, lambda path: media.make_film(recipe, path))
        seen = media.look(target)
    except NotMedia as e:
        raise Flaw("not_media", str(e)) from e
    return {
        "path": str(target),
        "seconds": seen.seconds,
        "width": seen.width,
        "height": seen.height,
    }


def _sounding(sandbox: Sandbox, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Speech, or a voice. Raises Flaw."""
    sample = _heard(sandbox, wanted) if wanted["sound"] else None
    if wanted["makes"] == "voice":
        assert sample is not None
        return {"path": str(embedding(sandbox, sample)), "seconds": 0.0, "width": 0, "height": 0}
    path = spoken(
        sandbox,
        wanted["say"],
        voice=wanted["voice"],
        sample=sample,
        suffix=wanted["suffix"],
        speed=wanted["speed"],
    )
    return {"path": str(path), "seconds": _seconds(path), "width": 0, "height": 0}


def _seconds(path: Path) -> float:
    try:
        return media.look(path).seconds
    except NotMedia:  # a spoilt one
        return 0.0


def _heard(sandbox: Sandbox, wanted: Mapping[str, Any]) -> Path:
    """The sound that was sent. Raises Flaw."""
    path = _path(sandbox, wanted["sound"], "sound")
    heard = _seen(path, "sound")
    if not heard.has_sound:
        raise Flaw("wrong_kind", "There is no sound in the file.", "sound")
    _must_last(heard.seconds, wanted["sound_s"], "sound")
    return path


def recipe_of(sandbox: Sandbox, wanted: Mapping[str, Any]) -> Recipe:
    """What the film is made of, all of it on this machine. Raises Flaw."""
    picture = _path(sandbox, wanted["picture"], "picture")
    seen = _seen(picture, "picture")
    if seen.kind not in wanted["picture_is"]:
        raise Flaw("wrong_kind", f"The picture is of the kind {seen.kind}.", "picture")
    if seen.kind == "video":
        _must_last(seen.seconds, wanted["film_s"], "picture")
    voice = None
    if wanted["sound"]:
        voice = _heard(sandbox, wanted)
    elif wanted["say"]:
        voice = spoken(sandbox, wanted["say"], voice=wanted["voice"], suffix=".wav")
    recipe = Recipe(picture, voice, wanted["fit"], wanted["short_side"], wanted["aspect"])
    return recipe if seen.kind == "video" else replace(recipe, fit="cut_off")


def _path(sandbox: Sandbox, pinned: Mapping[str, str], field: str) -> Path:
    if "path" in pinned:
        return Path(pinned["path"])
    if "url" not in pinned:
        raise Flaw("unreachable", pinned.get("error", "It is missing."), field)
    try:
        return source(sandbox, pinned["url"])
    except NotThere as e:
        raise Flaw("unreachable", str(e), field) from e


def _seen(path: Path, field: str) -> media.Seen:
    try:
        return media.look(path)
    except NotMedia as e:
        raise Flaw("not_media", f"The {field} cannot be read.", field) from e


def _must_last(seconds: float, limits: tuple[float, float], field: str) -> None:
    least, most = limits
    if seconds < least:
        raise Flaw("too_short", f"The {field} lasts {seconds:.1f} s; {least:g} s at least.", field)
    if most and seconds > most:
        raise Flaw("too_long", f"The {field} lasts {seconds:.1f} s; {most:g} s at most.", field)
