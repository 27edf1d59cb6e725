"""From one photo and words (or a voice-over) to a finished reel.

    take.wav -> alignment.json -> face.npz -> performance.npz -> reel.mp4, cover, subtitles

Each arrow is a stage whose result is kept under the hash of its inputs and its code. A render that
was killed goes on at its last finished stage; changing the captions does not speak again. Frames
are drawn and encoded in one pass, with the captions burned in on the way: encoding twice would
cost more than drawing twice.
"""

import contextlib
import errno
import itertools
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import soundfile
from PIL import ImageColor

from avatar.engine import captions
from avatar.engine.align import align, hear
from avatar.engine.cache import Cache, Entry, code_sha256, file_sha256, place, workplace
from avatar.engine.captions.ass import find_style, fonts_for
from avatar.engine.cover import best_frame, write_cover
from avatar.engine.errors import Cancelled, InputError, ResourceError
from avatar.engine.face import Face, analyse
from avatar.engine.face.backdrop import Background, Colour, shown_part
from avatar.engine.face.framing import choose_window
from avatar.engine.face.matte import Matte, cut_out
from avatar.engine.face.puppet import Puppet
from avatar.engine.lips import perform
from avatar.engine.media.encode import Encoder
from avatar.engine.media.ffmpeg import peak_rss_mb
from avatar.engine.media.sound import normalise_loudness, read_sound, write_wav
from avatar.engine.options import BLUR, KEEP, ReelOptions
from avatar.engine.shots import Shot, one_shot, punched_in
from avatar.engine.speech import speaker
from avatar.engine.stages import progress
from avatar.engine.text import speakable
from avatar.engine.timing import HIGHEST_FPS, LOWEST_FPS, frame_ms, parse_fps
from avatar.engine.types import Alignment, Image, Performance, Waveform
from studio.lib.photos import PhotoError, read_photo

T = TypeVar("T")

SIDES = (96, 4096)  # px
SOUND_CODE = ("avatar.engine.media.sound", "avatar.engine.media.loudness")
KNOBS = ("motion", "blink", "expression")
LARGEST_KNOB = 3.0
SHORTEST_S = 0.3  # of a voice-over; a spoken yes takes longer
IDLE_S = (1.0, 1800.0)
IDLE_RATE = 16_000  # Hz, of silence
FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class ReelFiles:
    """What make_reel leaves behind. cues and timings are the JSON that the command writes."""

    video: Path
    cover: Path
    srt: Path
    vtt: Path
    take: Path | None  # the voice-over as heard in the reel; None without a cache_dir
    alignment: Alignment
    cues: dict[str, Any] = field(repr=False)
    timings: dict[str, Any]
    fps: Fraction
    n_frames: int

    @property
    def duration_ms(self) -> int:
        return frame_ms(self.n_frames, self.fps)


def make_reel(
    photo: Path,
    out: Path,
    *,
    text: str | None = None,
    audio: Path | None = None,
    idle_s: float | None = None,
    options: ReelOptions | None = None,
    cache_dir: Path | None = None,
    face: Path | None = None,
    on_progress: Callable[[str, float], None] = lambda stage, fraction: None,
    on_warning: Callable[[str], None] = lambda sentence: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> ReelFiles:
    """Make OUT.mp4, and beside it OUT.cover.jpg, OUT.srt and OUT.vtt.

    text: what is said. audio: a voice-over to use instead of speaking; with text, its words.
    idle_s: seconds without a word, instead of both.
    face: an analysed photo, read if it exists and written there otherwise.
    on_progress: gets the stage (speak, align, analyse, perform, assemble) and how much of the
        whole is done, 0 to 1.
    on_warning: gets what will look worse than it could, before anything is drawn.
    should_stop: asked between stages and at every frame.

    Raises InputError, AlignmentError, ModelUnavailable, ResourceError, EncodeError, or Cancelled;
    then nothing of what stood at OUT before has changed.
    """
    with system_errors_explained():
        options = options or ReelOptions()
        fps = check_options(options)
        if not out.parent.is_dir():
            raise InputError(f"There is no folder {out.parent} to write {out.name} to.")
        if out.is_dir():
            raise InputError(f"{out} is a folder; a name for the video is needed.")
        with _workplace(cache_dir, out.parent) as cache:
            reel = _Reel(
                photo, text, audio, idle_s, options, fps, Cache(cache), on_progress, should_stop
            )
            return reel.make(out, face, on_warning, keeps_take=cache_dir is not None)


def check_options(options: ReelOptions) -> Fraction:
    """The exact frame rate. Raises InputError with the sentence for the first wrong option."""
    low, high = SIDES
    for side, name in ((options.width, "width"), (options.height, "height")):
        if not low <= side <= high or side % 2:
            raise InputError(
                f"A {name} of {side} px is not possible: even numbers from {low} to {high} are."
            )
    for name in KNOBS:
        if not 0 <= getattr(options, name) <= LARGEST_KNOB:
            raise InputError(f"{name} goes from 0 to {LARGEST_KNOB:g}.")
    if options.seed < 0:
        raise InputError("The seed is a whole number from 0 on.")
    if options.device not in ("auto", "cpu", "cuda"):
        raise InputError(f"There is no device {options.device!r}: choose auto, cpu or cuda.")
    fps = parse_fps(options.fps)
    if not LOWEST_FPS <= fps <= HIGHEST_FPS:
        raise InputError(
            f"{float(fps):g} frames a second are not possible: {LOWEST_FPS} to {HIGHEST_FPS} are."
        )
    find_style(options.captions)
    return fps


def _check_idle(seconds: float, text: str | None, audio: Path | None) -> None:
    if text is not None or audio is not None:
        raise InputError("An idle clip has no words and no sound; leave them out, or the idling.")
    low, high = IDLE_S
    if not low <= seconds <= high:
        raise InputError(f"An idle clip lasts from {low:g} to {high:g} seconds.")


@contextlib.contextmanager
def _workplace(cache_dir: Path | None, beside: Path) -> Iterator[Path]:
    """The cache, or a folder that goes away; on the disk that the video goes to."""
    if cache_dir is not None:
        yield cache_dir
        return
    with workplace(beside) as folder:
        yield Path(folder)


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


class _Reel:
    """One reel in the making: the inputs, and the stages as methods in their order."""

    def __init__(
        self,
        photo: Path,
        text: str | None,
        audio: Path | None,
        idle_s: float | None,
        options: ReelOptions,
        fps: Fraction,
        cache: Cache,
        on_progress: Callable[[str, float], None],
        should_stop: Callable[[], bool],
    ) -> None:
        if idle_s is not None:
            _check_idle(idle_s, text, audio)
        elif text is None and audio is None:
            raise InputError("There is nothing to say: give a text or a voice-over.")
        self.text = None if text is None else speakable(text, options.language)
        self.audio, self.idle_s = audio, idle_s
        self.photo_path = photo
        self.photo = load_photo(photo)
        self.fill = _fill(options.background)
        shown = (self.text or "") if options.captions != "none" else ""
        shown += options.label + options.cover_text
        fonts_for(shown, options.captions)  # what they cannot show is said now, not after speaking
        self.options, self.fps, self.cache = options, fps, cache
        self.on_progress, self.should_stop = on_progress, should_stop
        self.seconds: dict[str, float] = dict.fromkeys(
            ("speak", "align", "analyse", "render", "encode"), 0.0
        )
        self.encoder_peak_mb = 0.0

    def make(
        self,
        out: Path,
        face_path: Path | None,
        on_warning: Callable[[str], None],
        *,
        keeps_take: bool,
    ) -> ReelFiles:
        started = time.monotonic()
        with ThreadPoolExecutor(1) as beside:  # the photo and the voice know nothing of each other
            face_studied = beside.submit(self._analyse, face_path)
            take = self._stage("speak", self._speak)
            studied, aligned = self._stage("align", lambda: self._align(take))
            face_key, face = self._stage("analyse", face_studied.result)
        performed = self._perform(studied, aligned)
        self._check_stop()
        alignment = _read_alignment(aligned.path("alignment.json"))
        for warning in (*face.warnings, *alignment.differences()):
            on_warning(warning)
        performance = load_performance(performed.path("performance.npz"))
        reel = self._assemble(take, alignment, (face_key, face), performed.key, performance)
        self._progress("assemble", 0.5)
        paths = self._deliver(reel, out)
        self._progress("assemble", 1.0)
        return ReelFiles(
            **paths,
            take=take.path("take.wav") if keeps_take else None,
            alignment=alignment,
            cues=cues(alignment, performance),
            timings=self._timings(performance.n_frames, time.monotonic() - started),
            fps=self.fps,
            n_frames=performance.n_frames,
        )

    # The stages

    def _speak(self) -> Entry:
        """take.wav at -14 LUFS, and alignment.json when the voice knows its own times."""
        if self.audio is not None:
            return self._bring_in(self.audio)
        if self.idle_s is not None:
            return self._be_silent(self.idle_s)
        voice, sample = speaker(self.options.voice), self.options.voice_sample
        inputs = {
            "code": code_sha256("avatar.engine.speech", *SOUND_CODE),
            "text": self.text,
            "language": self.options.language,
            "voice": self.options.voice,
            "sample": None if sample is None else _sha256_of_sound(sample),
            "seed": self.options.seed,
        }

        def make(folder: Path) -> None:
            speech = voice.speak(
                self.text or "",
                language=self.options.language,
                sample=sample,
                seed=self.options.seed,
            )
            _write_take(folder, speech.waveform, speech.sample_rate, speech.alignment)

        return self.cache.fetch("take", inputs, make)

    def _bring_in(self, audio: Path) -> Entry:
        """take.wav from a recording."""
        inputs = {"code": code_sha256(*SOUND_CODE), "audio": _sha256_of_sound(audio)}

        def make(folder: Path) -> None:
            waveform, rate = read_sound(audio)
            if len(waveform) < SHORTEST_S * rate:
                raise InputError(
                    f"{audio.name} is {1000 * len(waveform) / rate:.0f} ms long, too short to"
                    f" hold a word; {SHORTEST_S * 1000:.0f} ms are the least."
                )
            _write_take(folder, waveform, rate, None)

        return self.cache.fetch("take", inputs, make)

    def _be_silent(self, seconds: float) -> Entry:
        """take.wav with nothing in it, and an alignment with nothing in that."""

        def make(folder: Path) -> None:
            silence = np.zeros(round(seconds * IDLE_RATE), np.float32)
            nothing = Alignment(round(1000 * seconds), (), ())
            _write_take(folder, silence, IDLE_RATE, nothing)

        return self.cache.fetch("take", {"code": code_sha256(*SOUND_CODE), "idle": seconds}, make)

    def _studied(self, take: Entry) -> Entry:
        """The take.wav that sounds and movements are found in: without its noise, if asked."""
        if not self.options.denoise:
            return take

        def make(folder: Path) -> None:
            from avatar.engine.media.denoise import denoised  # brings scipy.signal

            sound, rate = _read_take(take)
            write_wav(folder / "take.wav", denoised(sound, rate), rate)

        inputs = {"code": code_sha256("avatar.engine.media.denoise"), "take": take.key}
        return self.cache.fetch("studied", inputs, make)

    def _align(self, take: Entry) -> tuple[Entry, Entry]:
        """The sound to study, and alignment.json: the voice's own, else found in that sound."""
        if take.path("alignment.json").exists():
            return take, take
        studied = self._studied(take)
        inputs = {
            "code": code_sha256("avatar.engine.align", "avatar.engine.speech"),
            "take": studied.key,
            "text": self.text,
            "language": self.options.language,
        }

        def make(folder: Path) -> None:
            sound, rate = _read_take(studied)
            if self.text is None:
                found = hear(sound, rate)
            else:
                found = align(sound, rate, self.text, self.options.language)
            _write_alignment(folder / "alignment.json", found)

        return studied, self.cache.fetch("alignment", inputs, make)

    def _analyse(self, kept_at: Path | None) -> tuple[str, Face]:
        """The face of the photo, and a key for it."""
        if kept_at is not None and kept_at.exists():
            face = Face.load(kept_at)
            height, width = self.photo.shape[:2]
            if (face.photo_width, face.photo_height) != (width, height):
                raise InputError(f"{kept_at.name} belongs to another photo than the one given.")
            return file_sha256(kept_at), face
        inputs = {
            "code": code_sha256("avatar.engine.face"),
            "photo": file_sha256(self.photo_path),
            "face_index": self.options.face_index,
        }
        entry = self.cache.fetch(
            "face",
            inputs,
            lambda folder: analyse(self.photo, self.options.face_index).save(folder / "face.npz"),
        )
        if kept_at is not None:
            place(entry.path("face.npz"), kept_at)
        return entry.key, Face.load(entry.path("face.npz"))

    def _perform(self, studied: Entry, aligned: Entry) -> Entry:
        """performance.npz: every movement, frame by frame."""
        inputs = {
            "code": code_sha256("avatar.engine.lips", "avatar.engine.align"),
            "take": studied.key,
            "alignment": aligned.key,
            "fps": str(self.fps),
            "seed": self.options.seed,
            "loop": self.options.loop,
            **{name: getattr(self.options, name) for name in KNOBS},
        }

        def make(folder: Path) -> None:
            sound, rate = _read_take(studied)
            performance = perform(
                _read_alignment(aligned.path("alignment.json")),
                sound,
                rate,
                fps=float(self.fps),
                motion=self.options.motion,
                blink=self.options.blink,
                expression=self.options.expression,
                seed=self.options.seed,
                loop=self.options.loop,
            )
            save_performance(folder / "performance.npz", performance)

        with self._timed("render"):
            return self.cache.fetch("performance", inputs, make)

    def _assemble(
        self,
        take: Entry,
        alignment: Alignment,
        face: tuple[str, Face],
        performance_key: str,
        performance: Performance,
    ) -> Entry:
        """reel.mp4, cover.jpg, reel.srt and reel.vtt."""
        face_key, _ = face
        inputs = {
            "code": code_sha256(
                "avatar.engine.face",
                "avatar.engine.captions",
                "avatar.engine.media.encode",
                "avatar.engine.cover",
                "avatar.engine.shots",
            ),
            "take": take.key,
            "photo": file_sha256(self.photo_path),
            "face": face_key,
            "performance": performance_key,
            "alignment": alignment.to_json(),
            "size": [self.options.width, self.options.height],
            "captions": self.options.captions,
            "punch_in": self.options.punch_in,
            "loop": self.options.loop,
            "background": _identity(self.options.background),
            "label": self.options.label,
            "cover_text": self.options.cover_text,
        }

        def make(folder: Path) -> None:
            duration_ms = frame_ms(performance.n_frames, self.fps)
            words = alignment.words
            (folder / "reel.srt").write_text(captions.srt(words, duration_ms), encoding="utf-8")
            (folder / "reel.vtt").write_text(captions.vtt(words, duration_ms), encoding="utf-8")
            self._render(folder, take.path("take.wav"), alignment, face, performance)

        return self.cache.fetch("reel", inputs, make)

    def _render(
        self,
        folder: Path,
        take: Path,
        alignment: Alignment,
        face: tuple[str, Face],
        performance: Performance,
    ) -> None:
        """Draw and encode, keeping one frame for the cover."""
        width, height = self.options.width, self.options.height
        duration_ms = frame_ms(performance.n_frames, self.fps)
        with self._timed("render"):
            shots = self._shots(alignment, performance.n_frames)
            background = self._background(*face)
            puppets = {
                nearer: Puppet(
                    self.photo,
                    face[1],
                    width,
                    height,
                    self.options.device,
                    nearer=nearer,
                    background=background,
                )
                for nearer in {shot.nearer for shot in shots}
            }
            rows = captions.FaceRows(
                min(puppet.rig.forehead_y for puppet in puppets.values()),
                max(puppet.rig.lips_y for puppet in puppets.values()),
            )
            chosen = best_frame(performance)
            frames = itertools.chain.from_iterable(
                puppets[shot.nearer].frames(performance, shot.start, shot.stop) for shot in shots
            )
        script = captions.script(
            alignment.words,
            self.options.captions,
            width,
            height,
            duration_ms,
            self.options.label,
            face=rows,
        )
        encoder = Encoder(
            folder / "reel.mp4",
            width,
            height,
            self.fps,
            audio=take,
            ass=script.text,
            fonts_dir=captions.fonts_dir(script.fonts),
        )
        cover = None
        with encoder:
            for number in range(performance.n_frames):
                self._check_stop()
                with self._timed("render"):
                    frame = next(frames)
                if number == chosen:
                    cover = frame.copy()
                with self._timed("encode"):
                    encoder.write(frame)
                self._progress("perform", (number + 1) / performance.n_frames)
            with self._timed("encode"):
                encoder.finish()
        self.encoder_peak_mb = encoder.peak_rss_mb
        assert cover is not None
        words_on_it = captions.script(
            (),
            self.options.captions,
            width,
            height,
            duration_ms,
            self.options.label,
            self.options.cover_text,
            face=rows,
        )
        write_cover(folder / "cover.jpg", cover, width, height, words_on_it)

    def _shots(self, alignment: Alignment, n_frames: int) -> list[Shot]:
        if self.options.punch_in:
            return punched_in(alignment, self.fps, n_frames, loop=self.options.loop)
        return one_shot(n_frames)

    def _background(self, face_key: str, face: Face) -> Background | None:
        """What is to be seen behind the person. Cutting them out is a stage: it takes seconds."""
        if self.options.background == KEEP:
            return None
        box = shown_part(face, choose_window(face, self.options.width, self.options.height))
        inputs = {
            "code": code_sha256("avatar.engine.face.matte"),
            "photo": file_sha256(self.photo_path),
            "face": face_key,
            "box": box,
        }
        entry = self.cache.fetch(
            "matte",
            inputs,
            lambda folder: cut_out(self.photo, face, box).save(folder / "matte.npz"),
        )
        return Background(Matte.load(entry.path("matte.npz")), self.fill)

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

    # Progress, time, stopping

    def _stage(self, stage: str, work: Callable[[], T]) -> T:
        self._check_stop()
        self._progress(stage, 0.0)
        with self._timed(stage):
            done = work()
        self._progress(stage, 1.0)
        return done

    def _progress(self, stage: str, share: float) -> None:
        self.on_progress(stage, progress(stage, share))

    def _check_stop(self) -> None:
        if self.should_stop():
            raise Cancelled("Stopped as asked.")

    @contextlib.contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - started

    def _timings(self, n_frames: int, total_s: float) -> dict[str, Any]:
        """The engine's TIMINGS.

        "encode" is what was waited for the encoder beside drawing, "analyse" for the photo beside
        speaking.
        """
        stages = {**self.seconds, "total": total_s}
        return {
            "frames": n_frames,
            "video_seconds": round(float(n_frames / self.fps), 3),
            "stages": {stage: round(seconds, 3) for stage, seconds in stages.items()},
            "peak_rss_mb": round(peak_rss_mb() + self.encoder_peak_mb, 1),
        }


def load_photo(path: Path) -> Image:
    """The photo as (height, width, 3) RGB. Raises InputError with a sentence."""
    try:
        return np.asarray(read_photo(path))
    except PhotoError as e:
        raise InputError(str(e)) from e
    except (FileNotFoundError, IsADirectoryError) as e:
        raise InputError(f"There is no photo {path}.") from e


def _fill(background: str) -> Image | Colour | None:
    """What a background is filled with; None where it is the photo's own.

    Raises InputError when it is neither a colour nor a picture that can be read.
    """
    if background in (KEEP, BLUR):
        return None
    try:
        return ImageColor.getrgb(background)[:3]
    except ValueError:
        pass
    try:
        return np.asarray(read_photo(Path(background)))
    except PhotoError as e:
        raise InputError(f"The background {Path(background).name}: {e}") from e
    except OSError as e:
        raise InputError(
            f"{background[:60]!r} is no background: keep, blur, a colour such as #204060 or the"
            " path of a picture is."
        ) from e


def _identity(background: str) -> str:
    """The same for the same picture, whatever it is called."""
    path = Path(background)
    return file_sha256(path) if path.is_file() else background


def cues(alignment: Alignment, performance: Performance) -> dict[str, Any]:
    """The engine's CUES: which sound and word is when, and every movement frame by frame."""
    return {
        "fps": performance.fps,
        "frames": performance.n_frames,
        "phones": [
            {"phone": p.phone, "start_ms": p.start_ms, "end_ms": p.end_ms}
            for p in alignment.phones
        ],
        "words": [
            {"word": w.word, "start_ms": w.start_ms, "end_ms": w.end_ms} for w in alignment.words
        ],
        "unplaced": list(alignment.unplaced),
        "unwritten": [{"start_ms": start, "end_ms": end} for start, end in alignment.unwritten],
        "curves": {
            name: np.round(curve.astype(float), 4).tolist()
            for name, curve in performance.curves.items()
        },
    }


def save_performance(path: Path, performance: Performance) -> None:
    np.savez(path, fps=performance.fps, n_frames=performance.n_frames, **performance.curves)


def load_performance(path: Path) -> Performance:
    with np.load(path, allow_pickle=False) as data:
        curves = {name: data[name] for name in data.files if name not in ("fps", "n_frames")}
        return Performance(float(data["fps"]), int(data["n_frames"]), curves)


def _write_take(folder: Path, sound: Waveform, rate: int, alignment: Alignment | None) -> None:
    write_wav(folder / "take.wav", normalise_loudness(sound, rate), rate)
    if alignment is not None:
        _write_alignment(folder / "alignment.json", alignment)


def _read_take(take: Entry) -> tuple[Waveform, int]:
    sound, rate = soundfile.read(take.path("take.wav"), dtype="float32")
    return sound, int(rate)


def _write_alignment(path: Path, alignment: Alignment) -> None:
    path.write_text(json.dumps(alignment.to_json(), ensure_ascii=False), encoding="utf-8")


def _read_alignment(path: Path) -> Alignment:
    return Alignment.from_json(json.loads(path.read_text(encoding="utf-8")))


def _sha256_of_sound(path: Path) -> str:
    if not path.is_file():
        raise InputError(f"There is no sound file {path}.")
    return file_sha256(path)
