"""Open models run as commands, with a checkout that takes the same arguments."""

import time
from fractions import Fraction
from pathlib import Path

import psutil
import pytest
from PIL import Image

from avatar.engine.errors import (
    Cancelled,
    InputError,
    JobFailed,
    ModelUnavailable,
    ResourceError,
)
from avatar.engine.footage import Fitted
from avatar.engine.media.probe import probe
from avatar.engine.performers import performer
from avatar.engine.performers.base import Take
from avatar.engine.performers.command import PROGRAMS
from avatar.engine.registry import find, missing
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.journal import FileJournal
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Kind
from studio.sandbox.vendors import media
from tests.avatar.engine.performers.checkout import write_checkout
from tests.sounds import humming


@pytest.fixture(scope="module")
def _given(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("given")
    Image.new("RGB", (96, 160), "teal").save(folder / "photo.png")
    humming(folder / "voice.wav", 1.0)
    media.run_ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=96x160:r=25:d=1", *media.QUICK, str(folder / "clip.mp4")
    )
    return folder


@pytest.fixture(params=sorted(PROGRAMS))
def name(request) -> str:
    return request.param


@pytest.fixture
def perform(name, _given, tmp_path):
    """Perform with a checkout that behaves so."""
    engine = find(name, Kind.PERFORMER)

    def act(behave="ok", *, should_stop=lambda: False, environ=None, **options):
        home = tmp_path / "checkout"
        found = write_checkout(name, home, _given / "clip.mp4", behave)
        is_footage = engine.takes("video")
        footage = Fitted(_given / "clip.mp4", 25, Fraction(25), 96, 160, 1000)
        take = Take(
            source=_given / ("clip.mp4" if is_footage else "photo.png"),
            source_id="given",
            footage=footage if is_footage else None,
            audio=_given / "voice.wav",
            duration_ms=1000,
            options=engine.settled(options),
            device="cpu",
        )
        access = Access({**found, **(environ or {})})
        context = Context(access, FileJournal(tmp_path / "orders"), should_stop=should_stop)
        folder = tmp_path / "work"
        folder.mkdir(exist_ok=True)
        return performer(engine).perform(take, context, folder)

    return act


def test_it_makes_a_film_and_leaves_the_checkout_as_it_was(perform, tmp_path, monkeypatch):
    monkeypatch.setenv("SYNC_API_KEY", "a secret")  # which it must not see
    first = perform()
    assert probe(first).has_video
    assert perform() != first  # a folder for every job
    assert not (tmp_path / "checkout" / "temp").exists()
    assert (tmp_path / "orders").exists() is False  # nothing is ordered, nothing is paid


def test_it_is_named_by_the_environment(name, tmp_path):
    engine = find(name, Kind.PERFORMER)
    upper = name.upper()
    assert missing(engine, Access({})) == f"{engine.label} needs {upper}_HOME, which is not set."
    gone = {f"{upper}_HOME": str(tmp_path / "gone"), f"{upper}_PYTHON": "/usr/bin/true"}
    assert "which is not there" in missing(engine, Access(gone))


def test_its_last_words_are_in_the_sentence(perform):
    with pytest.raises(JobFailed, match=r"stopped \(exit 1\): ValueError: shapes differ\.$"):
        perform("ValueError: shapes differ")
    with pytest.raises(JobFailed, match=r"\(exit 1\): red words\.$"):  # nothing a terminal obeys
        perform("\x1b[31mred words\x1b[0m\n\x1b]0;title\x07\n\x00\x01")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB", ResourceError),
        ("ModuleNotFoundError: No module named 'diffusers'", ModelUnavailable),
        ("RuntimeError: Face not detected", InputError),
        ("AssertionError: cannot detect the landmark from source image", InputError),
    ],
)
def test_what_went_wrong_says_who_can_do_something(perform, words, kind):
    with pytest.raises(kind):
        perform(words)


@pytest.mark.parametrize("name", ["latentsync", "musetalk"], indirect=True)
def test_weights_that_are_not_there_are_the_installers(perform):
    with pytest.raises(ModelUnavailable, match=r"not set up .* nowhere\.pt"):
        perform(checkpoint="nowhere.pt")


@pytest.mark.parametrize("behave", ["nothing", "broken"])
def test_a_good_end_without_a_film_is_a_failure(perform, behave):
    with pytest.raises(JobFailed, match="ended well and left"):
        perform(behave)


def children(tmp_path) -> list[psutil.Process]:
    """What was started by programs of this test."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE  # it waits for init to look at it
        and any(str(tmp_path) in word for word in process.info["cmdline"] or [])
    ]


def test_stopping_ends_it_and_all_it_has_started(perform, tmp_path, monkeypatch):
    started = tmp_path / "started"
    monkeypatch.setenv("STARTED", str(started))
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        perform("hang", should_stop=started.exists)
    assert time.monotonic() - begun < 20
    assert children(tmp_path) == []


def test_it_is_given_up_at_its_limit(perform, tmp_path, monkeypatch):
    monkeypatch.setenv("STARTED", str(tmp_path / "started"))
    with pytest.raises(JobFailed, match=r"still at it after 2 s"):
        perform("hang", environ={"ENGINE_LIMIT_S": "2"})
    assert children(tmp_path) == []


def test_a_python_that_cannot_run_is_told(perform, name, tmp_path):
    plain = tmp_path / "python"
    plain.write_text("no program")
    with pytest.raises(ModelUnavailable, match="cannot be run"):
        perform(environ={f"{name.upper()}_PYTHON": str(plain)})
