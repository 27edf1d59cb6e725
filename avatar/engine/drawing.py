"""From movements to the finished files: frames drawn and encoded in one pass, cover, subtitles."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.engine import captions
from avatar.engine.cache import Cache, Entry, code_sha256, file_sha256
from avatar.engine.cover import best_frame
from avatar.engine.dressing import CODE as DRESSING_CODE
from avatar.engine.dressing import Dressing, save_subtitles
from avatar.engine.face import Face
from avatar.engine.face.backdrop import Background, shown_part
from avatar.engine.face.framing import choose_window
from avatar.engine.face.matte import Matte, cut_out
from avatar.engine.face.puppet import Puppet
from avatar.engine.media.encode import Encoder
from avatar.engine.options import KEEP, STILL
from avatar.engine.order import Order, background_identity
from avatar.engine.shots import NEARER, Shot, one_shot, punched_in
from avatar.engine.stages import Course
from avatar.engine.timing import frame_ms
from avatar.engine.types import Alignment, Performance

CODE = ("avatar.engine.face", "avatar.engine.shots", *DRESSING_CODE)


@dataclass(frozen=True)
class Story:
    """What is heard and moved. take, performed: the stages that the others were read from."""

    take: Entry
    alignment: Alignment
    performed: Entry
    performance: Performance


@dataclass(frozen=True)
class Scene:
    """The photo ready to be moved: the same whatever is said. puppets: by how near they are."""

    puppets: dict[float, Puppet]

    def rows(self, shots: list[Shot]) -> captions.FaceRows:
        """What captions must leave free in all shots."""
        rigs = [self.puppets[shot.nearer].rig for shot in shots]
        return captions.FaceRows(
            min(rig.forehead_y for rig in rigs), max(rig.lips_y for rig in rigs)
        )

    def frames(self, performance: Performance, shots: list[Shot]) -> Iterator[NDArray[np.uint8]]:
        return itertools.chain.from_iterable(
            self.puppets[shot.nearer].frames(performance, shot.start, shot.stop) for shot in shots
        )


def build_scene(order: Order, cache: Cache, face_key: str, face: Face) -> Scene:
    """Cut the person out where there is a new background, and lay the rigs over the photo."""
    options = order.options
    background = _background(order, cache, face_key, face)
    return Scene(
        {
            nearer: Puppet(
                order.photo,
                face,
                options.width,
                options.height,
                options.device,
                nearer=nearer,
                background=background,
            )
            for nearer in ((1.0, NEARER) if options.punch_in else (1.0,))
        }
    )


def _background(order: Order, cache: Cache, face_key: str, face: Face) -> Background | None:
    """What is to be seen behind the person. Cutting them out is a stage: it takes seconds."""
    if order.options.background == KEEP:
        return None
    box = shown_part(face, choose_window(face, order.options.width, order.options.height))
    inputs = {
        "code": code_sha256("avatar.engine.face.matte"),
        "photo": file_sha256(order.source),
        "face": face_key,
        "box": box,
    }
    entry = cache.fetch(
        "matte",
        inputs,
        lambda folder: cut_out(order.photo, face, box).save(folder / "matte.npz"),
    )
    still = order.options.background == STILL
    return Background(Matte.load(entry.path("matte.npz")), order.fill, still=still)


class Drawing:
    """The last stage of a reel. encoder_peak_mb: what ffmpeg held at most."""

    def __init__(self, order: Order, cache: Cache, course: Course) -> None:
        self.order, self.cache, self.course = order, cache, course
        self.encoder_peak_mb = 0.0

    def drawn(self, story: Story, face_key: str, scene: Callable[[], Scene]) -> Entry:
        """reel.mp4, cover.jpg, reel.srt and reel.vtt. scene: asked for when there is need."""
        options = self.order.options
        inputs = {
            "code": code_sha256(*CODE),
            "take": story.take.key,
            "photo": file_sha256(self.order.source),
            "face": face_key,
            "performance": story.performed.key,
            "alignment": story.alignment.to_json(),
            "size": [options.width, options.height],
            "captions": options.captions,
            "punch_in": options.punch_in,
            "loop": options.loop,
            "background": background_identity(options.background),
            "label": options.label,
            "cover_text": options.cover_text,
        }

        def make(folder: Path) -> None:
            duration_ms = frame_ms(story.performance.n_frames, self.order.fps)
            save_subtitles(folder, story.alignment.words, duration_ms)
            self._draw(folder, story, scene)

        return self.cache.fetch("reel", inputs, make)

    def _draw(self, folder: Path, story: Story, scene: Callable[[], Scene]) -> None:
        """Draw and encode, keeping one frame for the cover."""
        order, performance = self.order, story.performance
        with self.course.timed("render"):
            shots, ready = self._shots(story), scene()
            frames, rows = ready.frames(performance, shots), ready.rows(shots)
        duration_ms = frame_ms(performance.n_frames, order.fps)
        dressing = Dressing(story.alignment.words, order.options, duration_ms, rows)
        encoder = dressing.encoder(folder / "reel.mp4", order.fps, story.take.path("take.wav"))
        cover = self._encode(encoder, frames, performance)
        self.encoder_peak_mb = encoder.peak_rss_mb
        dressing.save_cover(folder / "cover.jpg", cover)

    def _encode(
        self, encoder: Encoder, frames: Iterator[NDArray[np.uint8]], performance: Performance
    ) -> NDArray[np.uint8]:
        """Hand every frame on as it is drawn. Returns the one for the cover."""
        chosen, cover = best_frame(performance), None
        with encoder:
            for number in range(performance.n_frames):
                self.course.check_stop()
                with self.course.timed("render"):
                    frame = next(frames)
                if number == chosen:
                    cover = frame.copy()
                with self.course.timed("encode"):
                    encoder.write(frame)
                self.course.progress("perform", (number + 1) / performance.n_frames)
            with self.course.timed("encode"):
                encoder.finish()
        assert cover is not None
        return cover

    def _shots(self, story: Story) -> list[Shot]:
        if self.order.options.punch_in:
            return punched_in(
                story.alignment,
                self.order.fps,
                story.performance.n_frames,
                loop=self.order.options.loop,
            )
        return one_shot(story.performance.n_frames)
