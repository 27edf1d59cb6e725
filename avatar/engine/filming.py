"""A reel of a film that another engine makes: what it is given, and what becomes of its film."""

import hashlib
import json
import math
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from PIL import Image

from avatar.engine.cache import Cache, Entry, code_sha256, file_sha256
from avatar.engine.film import face_of_footage
from avatar.engine.film.assembled import CODE, assembled
from avatar.engine.film.checked import checked
from avatar.engine.film.photo import photo_of_one
from avatar.engine.footage import Fitted, fitted, look, made_as_long
from avatar.engine.footage.look import opened
from avatar.engine.media.sound import normalised, stream_sound, write_wav
from avatar.engine.order import Order
from avatar.engine.performers import Take, performer
from avatar.engine.registry.choice import options_of
from avatar.engine.scratch import WavFile
from avatar.engine.stages import Course
from avatar.engine.timing import n_frames, parse_fps
from avatar.engine.types import Alignment, Performance
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Engine

LARGEST_SENT = (1920, 1080)  # the longer and the shorter side of footage: reels are no larger
SENT_QUALITY = 95  # of a JPEG: engines make their own of it
ENGINES_SHARE = 0.7  # of the stage, for the engine; the rest is cutting and encoding
FACE_INDEX = "face_index"
NO_WORDS = "The film was translated; it has no captions, for those words are written nowhere."
# Aspects that engines know by name.
ASPECTS = ("9:16", "4:5", "3:4", "1:1", "4:3", "16:9")


@dataclass(frozen=True)
class Said:
    """What is heard, as long as it is in the reel. take: take.wav of an entry."""

    take: Path
    key: str  # of the entry
    alignment: Alignment

    @property
    def duration_ms(self) -> int:
        return self.alignment.duration_ms


@dataclass(frozen=True)
class Filmed:
    """The reel's files, and how long it is."""

    reel: Entry
    said: Said
    performance: Performance  # no curves: nobody knows what the engine moved


class Filming:
    """One reel by an engine that gives back a film."""

    def __init__(
        self,
        order: Order,
        cache: Cache,
        course: Course,
        context: Context,
        on_warning: Callable[[str], None],
    ) -> None:
        self.order, self.cache, self.course = order, cache, course
        self.on_warning = on_warning
        self.context = replace(
            context,
            on_progress=lambda share: course.progress("perform", ENGINES_SHARE * share),
            on_warning=on_warning,
            should_stop=course.should_stop,
        )
        self.encoder_peak_mb = 0.0

    def examine(self) -> None:
        """Look at the source before anybody is paid, for a voice either.

        Raises InputError when it cannot be made to speak.
        """
        self.course.stage("analyse", self._seen if self.order.is_footage else self._photo)

    def filmed(self, engine: Engine, said: Said) -> Filmed:
        """Raises InputError and VendorError."""
        fit: Fitted | None = None
        if self.order.is_footage:
            fit, said = self._fitted(said)
        film = self._film(engine, said, fit)
        if engine.brings_sound:
            said = self._said_in(film, said)
        reel = self._dressed(film, said)
        sound = WavFile(said.take)
        n = n_frames(len(sound), sound.sample_rate, self.order.fps)
        return Filmed(reel, said, Performance(float(self.order.fps), n, {}))

    def _seen(self) -> Entry:
        """An entry that says where the face of the footage is."""
        inputs = {
            "code": code_sha256("avatar.engine.footage", "avatar.engine.film.faces"),
            "footage": file_sha256(self.order.source),
        }

        def make(folder: Path) -> None:
            footage = look(self.order.source, self.course.should_stop)
            place = face_of_footage(footage, self.course.should_stop)
            (folder / "face.json").write_text(json.dumps(asdict(place)))

        return self.cache.fetch("seen", inputs, make)

    def _photo(self) -> Entry:
        """photo.jpg as it leaves the house: upright, one face, and nothing beside the picture."""
        face_index = self._face_index
        inputs = {
            "code": code_sha256("avatar.engine.film.photo", "avatar.engine.face.detect"),
            "photo": file_sha256(self.order.source),
            "face_index": face_index,
        }

        def make(folder: Path) -> None:
            photo = photo_of_one(self.order.photo, face_index)
            Image.fromarray(photo).save(folder / "photo.jpg", "JPEG", quality=SENT_QUALITY)

        return self.cache.fetch("photo", inputs, make)

    def _fitted(self, said: Said) -> tuple[Fitted, Said]:
        """Footage and sound, equally long: an entry, for it takes as long as encoding."""
        mode = self.order.options.sync_mode
        inputs = {
            "code": code_sha256("avatar.engine.footage"),
            "footage": file_sha256(self.order.source),
            "take": said.key,
            "mode": mode,
        }

        def make(folder: Path) -> None:
            fit = fitted(
                look(self.order.source, self.course.should_stop),
                said.duration_ms,
                mode,
                folder / "fitted.mp4",
                largest=LARGEST_SENT,
                should_stop=self.course.should_stop,
            )
            sound = WavFile(said.take)
            made_as_long(sound, sound.sample_rate, fit.sound_ms, folder / "take.wav")
            facts = {**asdict(fit), "path": "", "fps": str(fit.fps)}
            (folder / "fitted.json").write_text(json.dumps(facts))

        entry = self.cache.fetch("fitted", inputs, make)
        facts = json.loads(entry.path("fitted.json").read_text())
        fit = Fitted(**{**facts, "path": entry.path("fitted.mp4"), "fps": parse_fps(facts["fps"])})
        alignment = said.alignment.within(fit.sound_ms)
        return fit, Said(entry.path("take.wav"), entry.key, alignment)

    def _film(self, engine: Engine, said: Said, fit: Fitted | None) -> Entry:
        """film.mp4 as the engine made it."""
        order = self.order
        options = options_of(engine, order.performers, order.options.performer_options)
        if fit is None:  # nobody else is in the photo that it gets
            options.pop(FACE_INDEX, None)
        take = Take(
            source=fit.path if fit else self._photo().path("photo.jpg"),
            source_id=self._source_id(),
            audio=said.take,
            duration_ms=said.duration_ms,
            footage=fit,
            words=said.alignment.words,
            text=order.text or "",
            prompt=order.options.prompt,
            emotion=order.options.emotion,
            aspect=_aspect(order.options.width, order.options.height),
            options=options,
            device=order.options.device,
        )
        inputs = {
            "engine": engine.name,
            "source": take.source_id,
            "sound": file_sha256(said.take),
            "prompt": take.prompt,
            "emotion": take.emotion,
            "aspect": take.aspect,
            "options": hashlib.sha256(json.dumps(options, sort_keys=True).encode()).hexdigest(),
        }

        def make(folder: Path) -> None:
            with self.course.timed("render"):
                work = folder / "work"
                work.mkdir()
                self.course.progress("perform", 0.0)
                film = performer(engine).perform(take, self.context, work)
                # before it is kept: another try must not find what is of no use
                checked(film, said.duration_ms, needs_sound=engine.brings_sound)
                shutil.copyfile(film, folder / "film.mp4")
                shutil.rmtree(work)

        return self.cache.fetch("film", inputs, make)

    def _said_in(self, film: Entry, said: Said) -> Said:
        """The film's own sound, as loud as our own voices. Nobody has written its words."""
        inputs = {"code": code_sha256("avatar.engine.footage"), "film": film.key}

        def make(folder: Path) -> None:
            sound, sample_rate = stream_sound(film.path("film.mp4"))
            loud = folder / "loud.wav"
            write_wav(loud, normalised(sound, sample_rate), sample_rate)
            made_as_long(WavFile(loud), sample_rate, said.duration_ms, folder / "take.wav")
            loud.unlink()

        entry = self.cache.fetch("heard", inputs, make)
        if self.order.options.captions != "none":
            self.on_warning(NO_WORDS)
        return Said(entry.path("take.wav"), entry.key, Alignment(said.duration_ms, (), ()))

    def _source_id(self) -> str:
        """The same for the same film or photo, and what of it is sent."""
        if self.order.is_footage:
            what = self.order.options.sync_mode
        else:
            what = "" if self._face_index is None else f" face {self._face_index}"
        return file_sha256(self.order.source) + what

    @property
    def _face_index(self) -> int | None:
        """Whose face of the photo it is; some engines have an option of that name."""
        options = self.order.options
        chosen = options.performer_options.get(FACE_INDEX, options.face_index)
        return None if chosen is None else int(chosen)  # 1.0 is a whole number, too

    def _dressed(self, film: Entry, said: Said) -> Entry:
        """reel.mp4, cover.jpg, reel.srt and reel.vtt."""
        options = self.order.options
        inputs = {
            "code": code_sha256(*CODE),
            "film": film.key,
            "take": said.key,
            "alignment": said.alignment.to_json(),
            "size": [options.width, options.height],
            "fps": str(self.order.fps),
            "captions": options.captions,
            "label": options.label,
            "cover_text": options.cover_text,
        }

        def make(folder: Path) -> None:
            with self.course.timed("encode"):
                done = assembled(
                    opened(film.path("film.mp4")),
                    said.take,
                    said.alignment,
                    options,
                    folder,
                    on_progress=self._progress,
                    on_warning=self.on_warning,
                    should_stop=self.course.should_stop,
                )
            self.encoder_peak_mb = done.encoder_peak_mb

        return self.cache.fetch("reel", inputs, make)

    def _progress(self, share: float) -> None:
        self.course.progress("perform", ENGINES_SHARE + (1 - ENGINES_SHARE) * share)


def _aspect(width: int, height: int) -> str:
    """The named aspect that is nearest."""

    def away(name: str) -> float:
        wide, high = (int(side) for side in name.split(":"))
        return abs(math.log(wide / high) - math.log(width / height))

    return min(ASPECTS, key=away)
