"""Reels whose film another engine makes, from the photo or footage to the finished file."""

import os
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from avatar.engine.errors import InputError, ModelUnavailable, OverBudget, Pending
from avatar.engine.face.detect import find_faces
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.probe import probe
from avatar.engine.media.sound import loudness_lufs, read_sound
from avatar.engine.options import ReelOptions
from avatar.engine.pipeline import make_reel
from avatar.engine.registry import ENGINES
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.journal import FileJournal
from avatar.engine.vendors.orders import Context

SMALL = ReelOptions(width=180, height=320, fps=25, performer="sync:sync-3")
TEXT = "Here is one sentence. And here is another one."


@pytest.fixture
def context(sandbox, tmp_path):
    sandbox.set_rule("sync.job_s", 0)
    return Context(Access(), FileJournal(tmp_path / "orders"))


@pytest.fixture
def footage(hopper, tmp_path):
    """Two seconds of somebody, 320x320, who drifts to the right."""
    path = tmp_path / "me.mp4"
    turned = "scale=480:-2,crop=320:320:'40*t':40,setsar=1,fps=25,format=yuv420p"
    run_ffmpeg(["-loop", "1", "-i", f"file:{hopper}", "-t", "2", "-vf", turned, f"file:{path}"])
    return path


@pytest.fixture
def film(context, tmp_path):
    """Make a reel; returns its files and the warnings."""

    def make(source, options=SMALL, **how):
        warnings = []
        how = {"text": TEXT, "context": context, "cache_dir": tmp_path / "cache", **how}
        files = make_reel(
            source, tmp_path / "reel.mp4", options=options, on_warning=warnings.append, **how
        )
        return files, warnings

    return make


def paid(context):
    return sorted(context.journal.folder.glob("*/order.json"))


def smaller(portrait):
    """The same, in a corner of a large room."""
    room = Image.new("RGB", (800, 800), "slategray")
    with Image.open(portrait) as image:
        image.thumbnail((110, 110))
        room.paste(image, (100, 100))
    return room


def side_by_side(portrait):
    with Image.open(portrait) as image:
        both = Image.new("RGB", (2 * image.width, image.height))
        both.paste(image, (0, 0))
        both.paste(image, (image.width, 0))
    return both


def test_a_photo_becomes_a_reel_by_a_vendor(hopper, film, context):
    files, _ = film(hopper)
    seen = probe(files.video)
    assert (seen.width, seen.height, seen.has_audio) == (180, 320, True)
    assert abs(seen.duration_ms - files.alignment.duration_ms) < 80
    assert files.performed_by == "sync:sync-3"
    assert files.spoken_by["engine"] == "sketch"
    assert "Here is one" in files.srt.read_text()
    assert files.cues["words"][0]["word"] == "Here"
    assert len(paid(context)) == 1


def test_another_look_is_not_paid_for_again(hopper, film, context, tmp_path):
    film(hopper)
    film(hopper, replace(SMALL, captions="none", width=240), cache_dir=tmp_path / "other")
    assert len(paid(context)) == 1


@pytest.mark.parametrize("mode", ["bounce", "remap", "cut_off"])
def test_footage_is_fitted_to_the_sound_as_the_mode_says(footage, film, mode):
    options = replace(SMALL, performer="sync:lipsync-2", sync_mode=mode)
    files, _ = film(footage, options)
    length = probe(files.video).duration_ms
    if mode == "cut_off":  # two seconds of footage for some three of sound
        assert length == pytest.approx(2000, abs=60)
        assert files.alignment.words[-1].end_ms <= 2000
    else:
        assert length > 2500


def test_a_sound_longer_than_the_engine_takes_is_ordered_in_parts(
    hopper, film, context, monkeypatch
):
    short = replace(ENGINES["sync:sync-3"], longest_s=2.5)
    monkeypatch.setitem(ENGINES, "sync:sync-3", short)
    news = []
    files, _ = film(hopper, context=replace(context, on_news=news.append))
    assert len(paid(context)) == 2
    assert ["is ordered for about" in one for one in news] == [True, True]
    assert abs(probe(files.video).duration_ms - files.alignment.duration_ms) < 80


def test_a_translated_film_keeps_its_own_sound_and_has_no_words_of_ours(footage, film, sandbox):
    sandbox.set_rule("heygen.job_s", 0)
    spanish = {"output_language": "Spanish"}
    options = replace(SMALL, performer="heygen:video-translate", performer_options=spanish)
    files, warnings = film(footage, options)
    assert loudness_lufs(*read_sound(files.video)) == pytest.approx(-14, abs=1)
    assert files.srt.read_text().strip() == ""
    assert any("translated" in warning for warning in warnings)


def test_an_emotion_reaches_engines_in_their_own_words(footage, film, sandbox):
    film(footage, replace(SMALL, performer="sync:react-1", emotion="excited"))
    (job,) = sandbox.of("sync").find("job")
    assert job["asked"]["options"]["prompt"] == "happy"
    chosen = {"emotion": "sad"}
    film(
        footage,
        replace(SMALL, performer="sync:react-1", emotion="excited", performer_options=chosen),
    )
    assert sandbox.of("sync").find("job")[-1]["asked"]["options"]["prompt"] == "sad"


def test_a_vendor_that_takes_its_time_is_asked_after_later(hopper, film, context, sandbox):
    sandbox.set_rule("sync.job_s", 600)
    with pytest.raises(Pending, match="is working on it"):
        film(hopper, context=replace(context, patience_s=0))
    sandbox.advance(700)
    assert film(hopper)[0].performed_by == "sync:sync-3"
    assert len(paid(context)) == 1


def test_the_next_one_performs_when_the_first_cannot_and_the_reel_says_so(hopper, film):
    no_key = Context(Access({}), FileJournal(hopper))
    options = replace(SMALL, performer="sync:sync-3,puppet")
    files, warnings = film(hopper, options, context=no_key)
    assert files.performed_by == "puppet"
    assert any("passed over" in w and "SYNC_API_KEY is not set" in w for w in warnings)


def test_the_puppet_takes_no_footage(footage, film):
    with pytest.raises(InputError, match="Puppet does not take footage"):
        film(footage, replace(SMALL, performer="puppet"))


def test_nobody_is_paid_for_a_source_that_cannot_speak(hopper, footage, film, context, tmp_path):
    """Nor for the voice, which would come first."""
    voiced = replace(SMALL, voice="elevenlabs")
    for name, source, why in (
        ("wall", Image.new("RGB", (320, 480), "slategray"), "No face was found in this photo"),
        ("far", smaller(hopper), "px wide; 64 px are the least"),
        ("both", side_by_side(hopper), "There are 2 faces in this photo"),
    ):
        photo = tmp_path / f"{name}.png"
        source.save(photo)
        with pytest.raises(InputError, match=why):
            film(photo, voiced)
    lying = tmp_path / "lying.mp4"
    turned = ["-vf", "transpose=1", "-c:v", "libx264", f"file:{lying}"]
    run_ffmpeg(["-i", f"file:{footage}", *turned])
    with pytest.raises(InputError, match=r"No face was found in lying|lies on its side"):
        film(lying, voiced)
    no_language = replace(voiced, performer="heygen:video-translate")
    with pytest.raises(InputError, match="needs the option output_language"):
        film(footage, no_language)
    no_key = replace(context, access=Access({**os.environ, "SANDBOX_URL": "", "FAL_KEY": ""}))
    with pytest.raises(ModelUnavailable, match="FAL_KEY is not set"):
        film(hopper, replace(voiced, performer="fal:veed/fabric-1.0"), context=no_key)
    assert paid(context) == []


def test_only_the_face_that_was_chosen_leaves_the_house(hopper, film, sandbox, tmp_path):
    photo = tmp_path / "both.png"
    both = side_by_side(hopper)
    both.save(photo)
    film(photo, replace(SMALL, face_index=1))
    (entry,) = (tmp_path / "cache").glob("photo-*")
    with Image.open(entry / "photo.jpg") as sent:
        assert len(find_faces(np.asarray(sent))) == 1
        assert sent.width < 0.6 * both.width


def test_a_budget_that_is_not_enough_for_all_parts_buys_none(hopper, film, monkeypatch, tmp_path):
    short = replace(ENGINES["sync:sync-3"], longest_s=2.5)
    monkeypatch.setitem(ENGINES, "sync:sync-3", short)
    one_part = short.price.of(seconds=2.5)
    context = Context(Access(), FileJournal(tmp_path / "orders", 1.2 * one_part))
    with pytest.raises(OverBudget, match="Nothing was ordered"):
        film(hopper, context=context)
    assert paid(context) == []


def test_a_pause_that_a_vendor_asks_for_is_waited_out(hopper, film, context, sandbox):
    sandbox.fault("status", platform="sync", commit=True, status=429, times=1)
    news = []
    film(hopper, context=replace(context, on_news=news.append))
    assert len(paid(context)) == 1
    pause = next(one for one in news if "asks for a pause" in one)
    bought = [one for one in news if "film by sync:sync-3 is ordered for about 0." in one]
    assert news.index(bought[0]) < news.index(pause)
