"""The command as people run it: what it writes, and what it says when it cannot."""

import contextlib
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from avatar.engine.__main__ import _Bar, main
from avatar.engine.cache import workplace
from avatar.engine.captions import fonts
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.probe import probe
from avatar.engine.speech.reading import read

SMALL = ("--size", "180x320", "--fps", "15")
ROOT = Path(__file__).resolve().parents[3]


def command(*arguments):
    return [sys.executable, "-m", "avatar.engine", *map(str, arguments)]


def refused(capfd, *arguments):
    """The one sentence the command refuses with."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as ended:
        code = ended.code
    said = capfd.readouterr()
    lines = [line for line in said.err.splitlines() if "/5)" not in line]
    assert code == 2
    assert said.out == ""
    assert len(lines) == 1, lines
    assert lines[0].startswith("understudy: ")
    assert "Traceback" not in said.err
    return lines[0]


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "reel.mp4"


@pytest.fixture(autouse=True)
def _own_signals():
    """main() sets a handler for SIGTERM; give back the one that was there."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_command_writes_what_it_was_asked_for(hopper, out):
    """As a process of its own, with every option of the issue."""
    folder = out.parent
    done = subprocess.run(
        [
            *command(hopper, "--text", "**Hello** there 👋 https://example.com", "-o", out),
            *SMALL,
            *["--language", "en", "--voice", "sketch", "--captions", "bold", "--motion", "0.5"],
            *["--blink", "1", "--background", "navy", "--punch-in", "--loop"],
            *["--expression", "1.2", "--seed", "3", "--device", "cpu", "--label", "demo"],
            *("--face", folder / "face.npz", "--cues", folder / "cues.json"),
            *("--timings", folder / "timings.json", "--cover", folder / "cover.jpg"),
            *("--subtitles", folder / "reel.srt", "--subtitles", folder / "reel.vtt"),
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert [line.split(" (")[0] for line in done.stderr.splitlines()] == [
        "studying the photo",
        "speaking",
        "finding the sounds",
        "understudy: The face is 188 px wide and will look soft; 512 or more is best.",
        "performing",
        "cover and subtitles",
    ]
    assert sorted(path.name for path in folder.iterdir()) == [
        "cover.jpg",
        "cues.json",
        "face.npz",
        "reel.mp4",
        "reel.srt",
        "reel.vtt",
        "timings.json",
    ]
    found = probe(out)
    assert (found.width, found.height, found.fps) == (180, 320, 15)
    cues = json.loads((folder / "cues.json").read_text())
    timings = json.loads((folder / "timings.json").read_text())
    assert [word["word"] for word in cues["words"]] == ["Hello", "there"]
    assert cues["frames"] == timings["frames"]
    assert found.duration_ms == pytest.approx(1000 * timings["video_seconds"], abs=80)


def write(name, content):
    def make(folder, hopper):
        (folder / name).write_bytes(content)
        return folder / name

    return make


def truncated(folder, hopper):
    (folder / "half.jpg").write_bytes(hopper.read_bytes()[:9_000])
    return folder / "half.jpg"


def without_face(folder, hopper):
    noise = np.random.default_rng(0).integers(90, 160, (600, 500, 3), np.uint8)
    Image.fromarray(noise).save(folder / "wall.png")
    return folder / "wall.png"


def animated(folder, hopper):
    frames = [Image.new("RGB", (300, 400), colour) for colour in ("red", "blue")]
    frames[0].save(folder / "moving.webp", save_all=True, append_images=frames[1:])
    return folder / "moving.webp"


def video_as_photo(folder, hopper):
    run_ffmpeg(["-f", "lavfi", "-i", "testsrc=d=0.2", "-f", "mp4", str(folder / "me.jpg")])
    return folder / "me.jpg"


def missing(folder, hopper):
    return folder / "missing.jpg"


def a_folder(folder, hopper):
    return folder


@pytest.mark.parametrize(
    "photo",
    [
        write("empty.jpg", b""),
        write("text.jpg", b"I am not a photo at all. " * 99),
        write("page.png", b"<html><script>alert(1)</script></html>"),
        truncated,
        animated,
        video_as_photo,
        without_face,
        missing,
        a_folder,
    ],
    ids=["empty", "text", "page", "truncated", "animated", "video", "wall", "missing", "folder"],
)
def test_photos_that_cannot_be_used(photo, tmp_path, hopper, out, capfd):
    refused(capfd, photo(tmp_path, hopper), "--text", "Hello.", "-o", out, *SMALL)
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "nothing to say"),
        ("   \n\t ", "nothing to say"),
        ("🙂🙂 https://example.com/x?y=1", "nothing to say"),
        ("***", "nothing to say"),
        ("word " * 10_000, "10,000 words"),
        ("a" * 5_000, "letters"),
        ("Добрый день, мир.", "is written in Cyrillic letters"),
    ],
    ids=["empty", "blank", "emoji", "marks", "10000 words", "no spaces", "other language"],
)
def test_texts_that_cannot_be_said(text, sentence, hopper, out, capfd):
    assert sentence in refused(capfd, hopper, "--text", text, "-o", out, *SMALL)
    assert list(out.parent.iterdir()) == []


def sound(name, seconds, level, rate=16_000):
    def make(folder):
        n = round(seconds * rate)
        tone = level * np.sin(np.arange(n, dtype=np.float32) * 0.1)
        soundfile.write(folder / name, tone, rate)
        return folder / name

    return make


def disguised_playlist(folder):
    (folder / "list.wav").write_text("#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n")
    return folder / "list.wav"


@pytest.mark.parametrize(
    "audio",
    [
        sound("nothing.wav", 0, 0.5),
        sound("silent.wav", 2, 0.0),
        sound("click.wav", 0.01, 0.5),
        sound("endless.flac", 31 * 60, 0.3, rate=8_000),
        disguised_playlist,
        lambda folder: write("empty.mp3", b"")(folder, None),
        lambda folder: write("text.mp3", b"la la la " * 200)(folder, None),
        lambda folder: folder / "missing.wav",
    ],
    ids=["zero length", "silent", "a click", "31 minutes", "playlist", "empty", "text", "missing"],
)
def test_sounds_that_cannot_be_used(audio, tmp_path, hopper, hopper_face, out, capfd):
    given = ("--audio", audio(tmp_path), "--text", "Hello.", "--face", hopper_face)
    refused(capfd, hopper, *given, "-o", out, *SMALL)
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "SOURCE"),
        (["{photo}", "-o", "{out}"], "nothing to say"),
        (["{photo}", "--text", "Hi"], "-o"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--size", "huge"], "1080x1920 is"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--size", "181x320"], "width of 181"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--fps", "often"], "not a frame rate"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--fps", "500"], "500 frames"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--captions", "loud"], "clean"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--background", "nowhere.jpg"], "#204060"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--background", "{folder}"], "no background"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--background", "#12345"], "no background"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--background", ""], "no background"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--voice", "elvis"], "sketch"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--device", "abacus"], "cuda"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--language", "xx-none"], "xx-none"),
        (["{photo}", "--text", "Hi", "--idle", "5", "-o", "{out}"], "no words and no sound"),
        (["{photo}", "--idle", "0", "-o", "{out}"], "from 1 to 1800"),
        (["{photo}", "--idle", "nan", "-o", "{out}"], "from 1 to 1800"),
        (["{photo}", "--idle", "long", "-o", "{out}"], "--idle"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--blink", "-1"], "blink goes from 0"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--seed", "x"], "seed"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--seed", "-1"], "from 0 on"),
        (["{photo}", "--text", "Hi", "-o", "{out}" + "n" * 300], "name too long"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--wings", "2"], "wings"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--engine", "elvis"], "no performer “elvis”"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--engine", "sync:sync3"], "as sync:sync-3"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--engine", "piper"], "that is a voice"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--option", "a=" + "[" * 10**5], "option a"),
        (
            ["{photo}", "--text", "Hi", "-o", "{out}", "--engine", "sketch"],
            "no performer “sketch”",
        ),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--engine", ","], "No performer is named"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--option", "pace=2"], "no option pace"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--option", "pace"], "NAME=VALUE"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--voice-option", "a=1"], "no option a"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--max-cost", "all"], "such as 2.50"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--sync-mode", "no"], "bounce"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--emotion", "bored"], "excited"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--subtitles", "{out}.doc"], ".srt or .vtt"),
        (["{photo}", "--text", "Hi", "-o", "/nowhere/at/all/reel.mp4"], "no folder"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--face", "/nowhere/f.npz"], "no folder"),
        (["{photo}", "--text", "Hi", "-o", "{folder}"], "not a file"),
        (["{photo}", "--text", "Hi", "-o", "{photo}"], "overwrite"),
        (["{photo}", "--text", "Hi", "-o", "{out}", "--cues", "{out}"], "same name"),
    ],
)
def test_arguments_that_make_no_sense(arguments, sentence, tmp_path, hopper, out, capfd):
    photo = shutil.copy(hopper, tmp_path / "me.jpg")
    names = {"photo": photo, "out": out, "folder": out.parent}
    given = [argument.format(**names) for argument in arguments]
    if "--size" not in given:
        given += [] if not arguments else ["--size", "180x320"]
    assert sentence in refused(capfd, *given)
    assert list(out.parent.iterdir()) == []


def test_a_background_that_is_no_picture(tmp_path, hopper, out, capfd):
    path = video_as_photo(tmp_path, hopper)
    given = (hopper, "--text", "Hello.", "-o", out, *SMALL, "--background", path)
    assert "The background me.jpg: This is an MP4 video" in refused(capfd, *given)
    assert list(out.parent.iterdir()) == []


def test_character_that_no_font_shows(hopper, out, capfd, monkeypatch):
    monkeypatch.setattr(fonts, "_system_font", lambda characters: None)
    given = (hopper, "--text", "Tea is 茶.", "-o", out, *SMALL)
    assert "茶 (U+8336)" in refused(capfd, *given)
    assert list(out.parent.iterdir()) == []


def test_wrong_input_of_a_real_process_is_one_sentence(tmp_path, out):
    (tmp_path / "empty.jpg").write_bytes(b"")
    given = (tmp_path / "empty.jpg", "--text", "Hello.", "-o", out)
    done = subprocess.run(command(*given), capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "empty" in done.stderr


def drawing(out):
    """Whether frames are on their way to the encoder of this reel."""
    return any(path.stat().st_size for path in out.parent.rglob(".reel.mp4.*.part"))


@contextlib.contextmanager
def started(hopper, out, *arguments, times=2, **options):
    text = "This is a long story about a very small dog. " * times
    given = (hopper, "--text", text, "-o", out, "--size", "540x960", "--fps", "15", *arguments)
    with subprocess.Popen(
        command(*given), stderr=subprocess.PIPE, text=True, cwd=ROOT, **options
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_leaves_nothing_behind(number, hopper, hopper_face, out):
    out.write_bytes(b"the reel of yesterday")
    with started(hopper, out, "--face", hopper_face, times=12) as process:  # is not done so soon
        until(lambda: drawing(out))
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1] == "understudy: stopped; nothing was written."
    assert "Traceback" not in said
    assert [path.name for path in out.parent.iterdir()] == ["reel.mp4"]
    assert out.read_bytes() == b"the reel of yesterday"


def test_killed_render_goes_on_at_its_last_finished_stage(hopper, out, tmp_path):
    cache = tmp_path / "cache"
    with started(hopper, out, "--cache", cache) as process:
        until(lambda: list(cache.glob(".part-*/.reel.mp4.*.part")))
        process.kill()
        process.communicate()
    assert not out.exists()
    kept = {path.name: path.stat().st_ino for path in cache.iterdir() if path.name[0] != "."}
    assert sorted(name.split("-")[0] for name in kept) == ["face", "performance", "take"]

    with started(hopper, out, "--cache", cache) as again:
        again.communicate(timeout=180)
    assert again.returncode == 0
    assert probe(out).has_video
    now = {path.name: path.stat().st_ino for path in cache.iterdir() if path.name in kept}
    assert now == kept


def test_a_killed_render_leaves_nothing_once_another_has_run(hopper, hopper_face, out):
    with started(hopper, out, "--face", hopper_face) as process:
        until(lambda: drawing(out))
        process.kill()
        process.communicate()
    (left,) = out.parent.iterdir()
    with workplace(out.parent) as first, workplace(out.parent) as second:
        assert not left.exists()
        assert first.exists()
        assert second.exists()


def test_full_disk_is_one_sentence(hopper, hopper_face, out):
    """A limit on the size of files stands for a disk that fills up while encoding."""

    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (330_000, 330_000))

    with started(hopper, out, "--face", hopper_face, preexec_fn=little_room) as process:
        _, said = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "disk is full" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert list(out.parent.iterdir()) == []


def test_terminal_gets_one_bar_that_fills_up():
    terminal = io.StringIO()
    show = _Bar(terminal)
    show("speak", 0.0)
    show("perform", 0.5)  # too soon after the last
    show("assemble", 1.0)
    drawn = terminal.getvalue().split("\r\x1b[K")
    assert drawn == ["", "░" * 28 + "   0%  speaking", "█" * 28 + " 100%  cover and subtitles\n"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_may_not_be_written_to(hopper, out, capfd):
    out.parent.chmod(0o500)
    try:
        sentence = refused(capfd, hopper, "--text", "Hello.", "-o", out, *SMALL)
    finally:
        out.parent.chmod(0o700)
    assert "may not be" in sentence


def test_words_that_the_sound_does_not_hold_are_said_and_stand_in_the_cues(
    tmp_path, hopper, hopper_face, out, capfd
):
    spoken = "Most people quit in week two. We try again, and keep the camera close."
    reading = read(spoken, "en", variant="m3")
    soundfile.write(tmp_path / "voice.wav", reading.waveform, reading.sample_rate)
    cues = tmp_path / "cues.json"
    text = f"{spoken} Subscribe for wonderful strawberry recipes."
    given = ("--audio", tmp_path / "voice.wav", "--text", text, "--cues", cues)
    small = ("--size", "96x160", "--fps", "10", "--captions", "none", "--face", hopper_face)
    code = main([str(x) for x in (hopper, *given, "-o", out, *small)])
    said = next(line for line in capfd.readouterr().err.splitlines() if "words" in line)
    assert code == 0
    unplaced = json.loads(cues.read_text())["unplaced"]
    assert "strawberry" in unplaced
    assert said.startswith("understudy: ")
    assert said.endswith(f"words of the text were not found in the sound: {' '.join(unplaced)}")
