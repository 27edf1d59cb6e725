"""From one photo and words (or a voice-over) to a finished reel.

    face.npz, take.wav -> alignment.json -> performance.npz -> reel.mp4, cover, subtitles

Each arrow is a stage whose result is kept under the hash of its inputs and its code. A render that
was killed goes on at its last finished stage; changing the captions does not speak again. The
photo comes first: a voice may cost money, and one that cannot move has no use for it. Frames are
drawn and encoded in one pass, with the captions burned in on the way: encoding twice would cost
more than drawing twice.
"""

import contextlib
import errno
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from avatar.engine.cache import Cache, Entry, code_sha256, file_sha256, place, workplace
from avatar.engine.drawing import Drawing, Story, build_scene
from avatar.engine.errors import (
    Busy,
    InputError,
    ModelUnavailable,
    ResourceError,
    Unreachable,
)
from avatar.engine.face import Face, analyse
from avatar.engine.listening import cleaned, told
from avatar.engine.media.ffmpeg import peak_rss_mb
from avatar.engine.options import ReelOptions
from avatar.engine.order import Order, checked_order
from avatar.engine.performance import cues, load_performance, performed
from avatar.engine.registry import missing
from avatar.engine.registry.choice import first_that_can
from avatar.engine.registry.notes import Notes
from avatar.engine.registry.performers import PUPPET
from avatar.engine.stages import Course
from avatar.engine.takes import aligned, kept_take, read_alignment, read_made, spoken
from avatar.engine.timing import frame_ms
from avatar.engine.types import Alignment, Performance
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.orders import Context, home_journal, pause
from studio.lib.engines import Engine

PAUSE_S, MOST_PAUSE_S = 10.0, 900.0  # between tries; and after which a person is asked
FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class ReelFiles:
    """What make_reel leaves behind. timings is the JSON that the command writes."""

    video: Path
    cover: Path
    srt: Path
    vtt: Path
    take: Path | None  # the voice-over as heard in the reel; None without a cache_dir
    alignment: Alignment
    performance: Performance = field(repr=False)
    timings: dict[str, Any]
    fps: Fraction
    n_frames: int
    performed_by: str = PUPPET.name  # name of the engine
    spoken_by: dict[str, Any] | None = None  # takes.read_made: engine, model, voice, cost
    # take.wav and alignment.json as they were spoken, for `make_reel(spoken_before=...)`; footage
    # may have cut the reel's own. None without a cache_dir.
    voice_over: tuple[Path, Path] | None = None

    @property
    def duration_ms(self) -> int:
        return frame_ms(self.n_frames, self.fps)

    @property
    def cues(self) -> dict[str, Any]:
        """What was said and moved when, as the command writes it: worked out when asked for."""
        return cues(self.alignment, self.performance)


def make_reel(
    source: Path,
    out: Path,
    *,
    text: str | None = None,
    audio: Path | None = None,
    idle_s: float | None = None,
    options: ReelOptions | None = None,
    cache_dir: Path | None = None,
    face: Path | None = None,
    spoken_before: Path | None = None,
    context: Context | None = None,
    on_progress: Callable[[str, float], None] = lambda stage, fraction: None,
    on_warning: Callable[[str], None] = lambda sentence: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> ReelFiles:
    """Make OUT.mp4, and beside it OUT.cover.jpg, OUT.srt and OUT.vtt.

    text: what is said. audio: a voice-over to use instead of speaking; with text, its words.
    idle_s: seconds without a word, instead of both.
    face: an analysed photo, read if it exists and written there otherwise.
    spoken_before: a folder with take.wav, alignment.json and made.json of these words from another
        reel: nobody speaks again.
    context: with which keys engines over the network are asked, and where what was paid for is
        kept; by default the environment's keys, and a folder of this user's.
    on_progress: gets the stage (analyse, speak, align, perform, assemble) and how much of the
        whole is done, 0 to 1.
    on_warning: gets what will look worse than it could, before anything is drawn.
    should_stop: asked between stages and at every frame.

    Raises InputError, AlignmentError, ModelUnavailable, ResourceError, EncodeError, or Cancelled;
    then nothing of what stood at OUT before has changed.
    """
    with system_errors_explained():
        if not out.parent.is_dir():
            raise InputError(f"There is no folder {out.parent} to write {out.name} to.")
        if out.is_dir():
            raise InputError(f"{out} is a folder; a name for the video is needed.")
        order = checked_order(source, text, audio, idle_s, options or ReelOptions())
        with _workplace(cache_dir, out.parent) as folder:
            course = Course(on_progress, should_stop)
            asked = context or Context(Access(), home_journal())
            reel = _Reel(order, Cache(folder), course, asked, on_warning, spoken_before)
            return _patiently(
                asked, lambda: reel.make(out, face, keeps_take=cache_dir is not None)
            )


def _patiently(context: Context, make: Callable[[], ReelFiles]) -> ReelFiles:
    """Wait where a vendor asks for a pause, as long as `context` has patience.

    What was finished and what was ordered is on record: making it again goes on from there.
    """
    until = time.monotonic() + min(context.patience_s, MOST_PAUSE_S)
    while True:
        try:
            return make()
        except Unreachable:  # more likely a wrong address than a pause
            raise
        except Busy as e:
            wait_s = e.retry_after_s or PAUSE_S
            if time.monotonic() + wait_s > until:
                raise
            context.on_news(f"{e} That is in {wait_s:.0f} s.")
            pause(context, wait_s)


@contextlib.contextmanager
def _workplace(cache_dir: Path | None, beside: Path) -> Iterator[Path]:
    """The cache, or a folder that goes away; on the disk that the video goes to."""
    if cache_dir is not None:
        yield cache_dir
        return
    with workplace(beside) as folder:
        yield folder


@contextlib.contextmanager
def system_errors_explained() -> Iterator[None]:
    """Turn what the system says about disk and memory into the engine's sentences."""
    try:
        yield
    except MemoryError as e:
        raise ResourceError("There is not enough memory for this reel.") from e
    except PermissionError as e:
        raise InputError(f"{e.filename} may not be read or written by this user.") from e
    except OSError as e:
        if e.errno in FULL_DISK:
            raise ResourceError("The disk is full: the reel could not be written.") from e
        raise ResourceError(f"{e.filename or 'A file'}: {e.strerror or e}.") from e


@dataclass(frozen=True)
class _Heard:
    """take: the voice-over; studied: the same to find sounds in; aligned: alignment.json."""

    take: Entry
    studied: Entry
    aligned: Entry
    alignment: Alignment
    made: dict[str, Any] | None  # who spoke it


@dataclass(frozen=True)
class _Done:
    """A reel's files, and what is heard and moved in it."""

    reel: Entry
    take: Path
    alignment: Alignment
    performance: Performance
    heard: _Heard


class _Reel:
    """One reel in the making."""

    def __init__(
        self,
        order: Order,
        cache: Cache,
        course: Course,
        context: Context,
        on_warning: Callable[[str], None],
        spoken_before: Path | None,
    ) -> None:
        self.order, self.cache, self.course, self.context = order, cache, course, context
        self.on_warning, self.spoken_before = on_warning, spoken_before
        self.drawing = Drawing(order, cache, course)
        self.encoder_peak_mb = 0.0

    def make(
        self,
        out: Path,
        face_path: Path | None,
        *,
        keeps_take: bool,
    ) -> ReelFiles:
        started = time.monotonic()
        first, *_ = self.order.performers
        if first.name == PUPPET.name:
            engine, done = first, self._by_puppet(face_path, None)
        else:
            engine, done = self._by_first_that_can(face_path)
        self.course.progress("assemble", 0.5)
        paths = self._deliver(done.reel, out)
        self.course.progress("assemble", 1.0)
        n_frames, heard = done.performance.n_frames, done.heard
        spoken = heard.take.path("take.wav"), heard.aligned.path("alignment.json")
        return ReelFiles(
            **paths,
            take=done.take if keeps_take else None,
            alignment=done.alignment,
            performance=done.performance,
            timings=self._timings(n_frames, time.monotonic() - started),
            fps=self.order.fps,
            n_frames=n_frames,
            performed_by=engine.name,
            spoken_by=heard.made,
            voice_over=spoken if keeps_take else None,
        )

    def _by_first_that_can(self, face_path: Path | None) -> tuple[Engine, _Done]:
        """Engines that give back a film; the puppet may be among those that are left."""
        from avatar.engine.filming import Filming, Said  # brings moviepy

        filming = Filming(self.order, self.cache, self.course, self.context, self.on_warning)
        self._check_set_up()
        filming.examine()
        heard = self._heard()
        for warning in heard.alignment.differences():
            self.on_warning(warning)

        def act(engine: Engine) -> _Done:
            if engine.name == PUPPET.name:
                return self._by_puppet(face_path, heard)
            said = Said(heard.take.path("take.wav"), heard.take.key, heard.alignment)
            filmed = filming.filmed(engine, said)
            self.encoder_peak_mb = filming.encoder_peak_mb
            said = filmed.said
            return _Done(filmed.reel, said.take, said.alignment, filmed.performance, heard)

        notes = Notes(self.cache.folder, {"performed": self._asked(heard)})
        access, performers = self.context.access, self.order.performers
        return first_that_can(performers, access, act, self.on_warning, notes)

    def _check_set_up(self) -> None:
        """Before a voice is paid for that nobody could perform to. Raises ModelUnavailable."""
        problems = [missing(engine, self.context.access) for engine in self.order.performers]
        if all(problems):
            raise ModelUnavailable(problems[0])

    def _asked(self, heard: _Heard) -> dict[str, Any]:
        """What is to be performed, whoever does it."""
        options = self.order.options
        return {
            "source": file_sha256(self.order.source),
            "take": heard.take.key,
            "options": dict(options.performer_options),
            "prompt": options.prompt,
            "emotion": options.emotion,
            "sync_mode": options.sync_mode,
        }

    def _by_puppet(self, face_path: Path | None, heard: _Heard | None) -> _Done:
        face_key, face = self.course.stage("analyse", lambda: self._analyse(face_path))
        with ThreadPoolExecutor(1) as beside:  # the rig and the voice know nothing of each other
            built = beside.submit(build_scene, self.order, self.cache, face_key, face)
            known = heard or self._heard()
            story = self._moved(known)
            said = () if heard else known.alignment.differences()
            for warning in (*face.warnings, *said):
                self.on_warning(warning)
            reel = self.drawing.drawn(story, face_key, built.result)
        self.encoder_peak_mb = self.drawing.encoder_peak_mb
        take = story.take.path("take.wav")
        return _Done(reel, take, story.alignment, story.performance, known)

    def _analyse(self, kept_at: Path | None) -> tuple[str, Face]:
        """The face of the photo, and a key for it. Raises InputError for one that cannot move."""
        if kept_at is not None and kept_at.exists():
            face = Face.load(kept_at)
            height, width = self.order.photo.shape[:2]
            if (face.photo_width, face.photo_height) != (width, height):
                raise InputError(f"{kept_at.name} belongs to another photo than the one given.")
            return file_sha256(kept_at), face
        face_index = self.order.options.face_index
        inputs = {
            "code": code_sha256("avatar.engine.face"),
            "photo": file_sha256(self.order.source),
            "face_index": face_index,
        }
        entry = self.cache.fetch(
            "face",
            inputs,
            lambda folder: analyse(self.order.photo, face_index).save(folder / "face.npz"),
        )
        if kept_at is not None:
            place(entry.path("face.npz"), kept_at)
        return entry.key, Face.load(entry.path("face.npz"))

    def _heard(self) -> _Heard:
        """The voice-over, and which word in it is when."""
        if self.spoken_before is not None:
            kept = kept_take(self.spoken_before, self.cache)
            alignment = read_alignment(kept.path("alignment.json"))
            return _Heard(kept, kept, kept, alignment, read_made(kept))
        course, listens = self.course, (self.cache, self.context)
        order = cleaned(self.order, *listens, self.on_warning)
        take = course.stage("speak", lambda: spoken(order, *listens, self.on_warning))

        def find() -> tuple[Entry, Entry]:
            in_words, times = told(order, *listens, take, self.on_warning)
            return aligned(in_words, self.cache, take, times)

        studied, found = course.stage("align", find)
        alignment = read_alignment(found.path("alignment.json"))
        return _Heard(take, studied, found, alignment, read_made(take))

    def _moved(self, heard: _Heard) -> Story:
        """Every movement of the puppet to it."""
        with self.course.timed("render"):
            entry = performed(self.order, self.cache, heard.studied, heard.aligned)
        self.course.check_stop()
        performance = load_performance(entry.path("performance.npz"))
        return Story(heard.take, heard.alignment, entry, performance)

    def _deliver(self, reel: Entry, out: Path) -> dict[str, Path]:
        """Put the finished files where they are wanted, the video last."""
        targets = {
            "cover": ("cover.jpg", out.with_name(f"{out.stem}.cover.jpg")),
            "srt": ("reel.srt", out.with_name(f"{out.stem}.srt")),
            "vtt": ("reel.vtt", out.with_name(f"{out.stem}.vtt")),
            "video": ("reel.mp4", out),
        }
        for name, target in targets.values():
            place(reel.path(name), target)
        return {what: target for what, (_, target) in targets.items()}

    def _timings(self, n_frames: int, total_s: float) -> dict[str, Any]:
        """The engine's TIMINGS.

        "encode" is what was waited for the encoder beside drawing; the rig is built beside
        speaking, and "render" holds what was still to wait for it.
        """
        stages = {**self.course.seconds, "total": total_s}
        return {
            "frames": n_frames,
            "video_seconds": round(float(n_frames / self.order.fps), 3),
            "stages": {stage: round(seconds, 3) for stage, seconds in stages.items()},
            "peak_rss_mb": round(peak_rss_mb() + self.encoder_peak_mb, 1),
        }
