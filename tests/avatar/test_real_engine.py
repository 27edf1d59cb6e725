"""The line from upload to finished reel with the engine itself, small and short."""

import json
import subprocess
import wave
from io import BytesIO
from pathlib import Path

import numpy as np
import psutil
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from avatar import process, services, tasks, workshop
from avatar.engine.media.probe import probe
from avatar.models import Reel
from creators.models import Portrait, Voice
from creators.services import add_portrait, add_voice, give_consent
from tests.factories import CreatorFactory, PortraitFactory, ScriptFactory

SMALL = {"width": 180, "height": 320}


@pytest.fixture
def hopper_creator(db, hopper):
    """A creator whose photo was uploaded and looked at by the engine."""
    creator = CreatorFactory()
    upload = SimpleUploadedFile("me.jpg", hopper.read_bytes(), content_type="image/jpeg")
    portrait = add_portrait(creator, upload)
    tasks.inspect_portrait(portrait.pk)
    portrait.refresh_from_db()
    assert portrait.state == Portrait.State.READY, portrait.report
    give_consent(creator, user=creator.owner, person="G", basis="test", include_voice=False)
    return creator


@pytest.fixture
def script(hopper_creator):
    words = {"hook": "Yeast eats sugar.", "body": "", "call_to_action": ""}
    return ScriptFactory(slot__creator=hopper_creator, approved=True, **words)


def cache_of(reel) -> Path:
    return workshop.cache_dir(reel.creator.pk)


def test_a_photo_and_three_words_become_a_reel_and_a_second_one_of_the_same_take(script):
    reel = services.request_reel(script, options=SMALL, label="Synthetic")
    tasks.render(reel.pk)
    reel.refresh_from_db()
    assert reel.state == Reel.State.READY, reel.error
    film = probe(Path(reel.video.path))
    assert (film.width, film.height) == (180, 320)
    assert film.duration_ms == pytest.approx(reel.duration_ms, abs=50)
    assert [word for word, *_ in reel.take.alignment["words"]] == ["Yeast", "eats", "sugar."]
    assert Path(reel.cover.path).read_bytes().startswith(b"\xff\xd8")
    assert Path(reel.vtt.path).read_text().startswith("WEBVTT")
    assert "sugar" in Path(reel.srt.path).read_text()
    with wave.open(reel.take.audio.path) as take:
        assert take.getnframes() / take.getframerate() == pytest.approx(
            reel.take.duration_ms / 1000, abs=0.05
        )

    assert reel.take.made["engine"] == "sketch"
    assert reel.made["engine"] == "puppet"
    spoken = Path(reel.take.audio.path).read_bytes()
    workshop.clear(reel.creator.pk)  # the voice-over is kept with the take, not in the cache only
    again = services.request_reel(script, options={**SMALL, "captions": "bold"})
    tasks.render(again.pk)
    again.refresh_from_db()
    assert again.state == Reel.State.READY, again.error
    assert again.take == reel.take
    assert again.sha256 != reel.sha256
    heard = {take.read_bytes() for take in cache_of(again).glob("take-*/take.wav")}
    assert heard == {spoken}, "it was spoken again"


def test_what_cannot_be_said_fails_with_the_engines_sentence(hopper_creator):
    script = ScriptFactory(
        slot__creator=hopper_creator, approved=True, hook="🍞🍞", body="", call_to_action=""
    )
    reel = services.request_reel(script, options=SMALL)
    tasks.render(reel.pk)
    reel.refresh_from_db()
    assert reel.state == Reel.State.FAILED
    assert reel.error.endswith(".")
    assert "wrong" not in reel.error


def wall():
    """A picture of nobody."""
    buffer = BytesIO()
    Image.linear_gradient("L").resize((600, 600)).save(buffer, "PNG")
    return SimpleUploadedFile("me.png", buffer.getvalue(), "image/png")


def test_a_reel_of_a_photo_that_cannot_move_fails_before_anybody_speaks(script):
    """However the photo came to be taken for a good one."""
    reel = services.request_reel(script, options=SMALL)
    with reel.portrait.image.storage.open(reel.portrait.image.name, "wb") as photo:
        photo.write(wall().read())
    tasks.render(reel.pk)
    reel.refresh_from_db()
    assert reel.state == Reel.State.FAILED
    assert "No face was found" in reel.error
    assert not list(workshop.cache_dir(reel.creator.pk).iterdir())


def test_a_photo_without_a_face_is_refused_with_a_sentence(db):
    portrait = add_portrait(CreatorFactory(), wall())
    tasks.inspect_portrait(portrait.pk)
    portrait.refresh_from_db()
    assert portrait.state == Portrait.State.REFUSED
    assert "face" in portrait.report["problems"][0]


def test_a_file_that_is_no_photo_is_refused_with_a_sentence(db):
    portrait = PortraitFactory(state=Portrait.State.CHECKING)  # its bytes are words
    tasks.inspect_portrait(portrait.pk)
    portrait.refresh_from_db()
    assert portrait.state == Portrait.State.REFUSED
    (problem,) = portrait.report["problems"]
    assert problem.endswith(".")
    assert problem != tasks.COULD_NOT


def test_a_silent_sample_is_refused_with_a_sentence(db):
    buffer = BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setparams((1, 2, 16000, 0, "NONE", ""))
        sound.writeframes(np.zeros(16000 * 16, np.int16).tobytes())
    upload = SimpleUploadedFile("me.wav", buffer.getvalue(), content_type="audio/wav")
    voice = add_voice(CreatorFactory(), upload)
    tasks.inspect_voice(voice.pk)
    voice.refresh_from_db()
    assert voice.state == Voice.State.REFUSED
    assert voice.report["problems"]


def test_a_render_ends_with_its_worker_and_ffmpeg_with_it(hopper, tmp_path):
    job = {
        "do": "render",
        "source": str(hopper),
        "out": str(tmp_path / "reel.mp4"),
        "text": "Yeast eats sugar and makes gas. " * 3,
        "options": {"width": 540, "height": 960},
        "voice_sample": None,
        "cache_dir": str(tmp_path / "cache"),
        "keys": {},
    }
    with subprocess.Popen(
        process.COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=settings.BASE_DIR
    ) as child:
        child.stdin.write(json.dumps(job).encode() + b"\n")
        child.stdin.flush()
        for line in child.stdout:
            if json.loads(line)["stage"] == "perform":
                break
        family = [psutil.Process(child.pid), *psutil.Process(child.pid).children(recursive=True)]
        assert any("ffmpeg" in member.name() for member in family)
        child.stdin.close()  # as when the worker dies
        child.wait(timeout=5)
        _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive
    assert not (tmp_path / "reel.mp4").exists()
