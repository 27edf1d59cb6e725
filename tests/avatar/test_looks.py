"""How a creator's reels look: kept, used, and what stands behind them."""

import io
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from avatar import job, rendering, services
from avatar.models import Look, Reel
from creators.services import add_backdrop
from studio.lib import uploads
from tests.factories import BackdropFactory

CHOICE = {
    "captions": "bold",
    "size": "720x1280",
    "background": "colour",
    "colour": "#AA2040",
    "punch_in": "on",
    "motion": "0.5",
    "blink": "1.0",
    "expression": "1.5",
}


def picture(colour="navy", size=(320, 200), kind="PNG") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return SimpleUploadedFile("wall.png", out.getvalue())


@pytest.fixture
def alice(client, creator):
    client.force_login(creator.owner)
    return client


@pytest.fixture
def page(creator):
    return reverse("look-update", args=[creator.pk])


@pytest.fixture
def shelf(creator):
    return reverse("backdrop-create", args=[creator.pk])


def test_a_kept_look_is_how_reels_of_approved_scripts_look(alice, creator, script, page):
    answer = alice.post(page, CHOICE)
    assert answer["Location"] == reverse("creator-detail", args=[creator.pk])
    services.request_if_possible(script.pk)
    options = Reel.objects.get().options
    assert options["background"] == "#aa2040"
    assert (options["captions"], options["punch_in"], options["motion"]) == ("bold", True, 0.5)


def test_the_page_shows_the_look_that_is_kept(alice, page):
    alice.post(page, CHOICE)
    again = alice.get(page).text
    assert 'value="#aa2040"' in again
    assert "checked" in again
    assert services.look(Look.objects.get().creator)["background"] == "#aa2040"


def test_one_reel_can_look_different_and_the_look_stays(alice, creator, script, page):
    alice.post(page, CHOICE)
    other = services.request_reel(script, options={"background": "blur"})
    assert (other.options["background"], other.options["captions"]) == ("blur", "bold")
    assert services.look(creator)["background"] == "#aa2040"


@pytest.mark.parametrize(
    "wrong",
    [
        {"background": "picture:" + 64 * "0"},
        {"background": "/etc/passwd"},
        {"colour": "red; x"},
        {"motion": "9"},
        {"size": "7x7"},
    ],
)
def test_what_was_not_offered_answers_422_and_keeps_nothing(alice, page, wrong):
    assert alice.post(page, CHOICE | wrong).status_code == 422
    assert not Look.objects.exists()


def test_an_uploaded_picture_is_reencoded_kept_once_and_chosen(alice, creator, shelf, page):
    for _ in range(2):
        assert alice.post(shelf, {"picture": picture()})["Location"] == page
    backdrop = creator.backdrops.get()
    assert (backdrop.width, backdrop.height) == (320, 200)
    assert Path(backdrop.image.path).read_bytes()[:3] == b"\xff\xd8\xff"
    assert "wall" not in backdrop.image.name
    assert services.look(creator)["background"] == f"picture:{backdrop.sha256}"
    assert "Picture 1, 320 × 200" in alice.get(page).text
    preview = alice.get(reverse("backdrop-preview", args=[backdrop.pk]))
    assert preview["Content-Type"] == "image/jpeg"
    assert b"".join(preview.streaming_content)[:3] == b"\xff\xd8\xff"


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Choose a picture first."),
        ({"picture": SimpleUploadedFile("a.jpg", b"")}, "The file is empty"),
        (
            {"picture": SimpleUploadedFile("a.jpg", b"\0\0\0\x18ftypisom" + bytes(99))},
            "This is an MP4 video, not a photo: stop it",
        ),
        ({"picture": SimpleUploadedFile("a.png", b"%PDF-1.7 ...")}, "This is a PDF document"),
        ({"picture": picture(size=(40, 40))}, "only 40 × 40 px"),
    ],
)
def test_what_is_no_picture_is_told_on_the_page(alice, creator, shelf, sent, sentence):
    answer = alice.post(shelf, sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not creator.backdrops.exists()


def test_a_request_that_is_far_too_large_is_told(alice, shelf, monkeypatch):
    monkeypatch.setattr(uploads, "USUAL_BYTES", 100)
    answer = alice.post(shelf, {"picture": picture()})
    assert answer.status_code == 422
    assert "far too large; nothing was kept" in answer.text


def test_a_deleted_picture_is_gone_and_the_look_is_the_photos_own(
    alice, creator, shelf, django_capture_on_commit_callbacks
):
    alice.post(shelf, {"picture": picture()})
    backdrop = creator.backdrops.get()
    path = Path(backdrop.image.path)
    with django_capture_on_commit_callbacks(execute=True):
        alice.post(reverse("backdrop-delete", args=[backdrop.pk]))
    assert not path.exists()
    assert not creator.backdrops.exists()
    assert services.look(creator)["background"] == "keep"


def test_the_render_is_told_the_path_of_the_creators_own_picture(creator, script, tmp_path):
    backdrop = add_backdrop(creator, picture())
    BackdropFactory(sha256=backdrop.sha256)  # somebody else has the same
    options = {"background": f"picture:{backdrop.sha256}"}
    reel = services.request_reel(script, options=options)
    with ExitStack() as stack:
        told = Path(job.job_of(reel, tmp_path, stack)["options"]["background"])
        assert told.read_bytes() == Path(backdrop.image.path).read_bytes()


@pytest.mark.usefixtures("engine")
def test_a_reel_whose_picture_is_gone_says_so(creator, script):
    reel = services.request_reel(script, options={"background": "picture:" + 64 * "0"})
    rendering.make(rendering.claim(reel.pk))
    reel.refresh_from_db()
    assert (reel.state, reel.error) == (Reel.State.FAILED, job.PICTURE_GONE)
