"""What a browser sees and sends, with htmx and without any script."""

import errno
import io
import os
import re
from pathlib import Path

import pytest
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import Client
from django.urls import reverse
from PIL import Image

from creators import services
from creators.models import Consent, Creator, Footage, Portrait, Voice
from creators.views.footage import footage_create
from studio.lib import uploads
from tests.creators.conftest import photo, photo_report, recording, voice_report
from tests.factories import ConsentFactory, CreatorFactory, PortraitFactory, VoiceFactory

pytestmark = pytest.mark.django_db


def room(creator) -> str:
    return reverse("creator-detail", args=[creator.pk])


def headline(response) -> str:
    """The page's one sentence, without tags."""
    found = re.search(r"<h1>(.*?)</h1>", response.text, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def agree(client, creator, **changes):
    portrait, voice = creator.portrait, creator.voice
    said = {
        "person": "Alice Example",
        "standing": "own",
        "agree": "on",
        "seen_likeness": portrait.sha256 if portrait else "",
        "seen_voice": voice.sha256 if voice else "",
        **changes,
    }
    return client.post(reverse("consent-create", args=[creator.pk]), said)


# Whose rows


@pytest.mark.parametrize(
    ("method", "name", "row"),
    [
        ("get", "creator-detail", "creator"),
        ("get", "creator-update", "creator"),
        ("post", "creator-update", "creator"),
        ("post", "portrait-create", "creator"),
        ("post", "voice-create", "creator"),
        ("post", "consent-create", "creator"),
        ("get", "portrait-detail", "portrait"),
        ("get", "portrait-image", "portrait"),
        ("get", "portrait-preview", "portrait"),
        ("post", "portrait-choose", "portrait"),
        ("post", "portrait-delete", "portrait"),
        ("get", "voice-detail", "voice"),
        ("get", "voice-sample", "voice"),
        ("post", "voice-delete", "voice"),
        ("post", "consent-revoke", "consent"),
    ],
)
def test_what_belongs_to_another_owner_does_not_exist(signed_in, method, name, row):
    other = CreatorFactory()
    rows = {
        "creator": other,
        "portrait": PortraitFactory(creator=other, report=photo_report(2)),
        "voice": VoiceFactory(creator=other),
        "consent": ConsentFactory(creator=other),
    }
    url = reverse(name, args=[rows[row].pk])
    answer = {"photo": photo(), "recording": recording(), "face": "0", "name": "Stolen"}
    response = getattr(signed_in, method)(url, answer if method == "post" else None)
    assert response.status_code == 404
    assert Client().get(url).status_code == 302
    owner = Client()
    owner.force_login(other.owner)
    response = getattr(owner, method)(url)
    assert response.status_code != 404
    response.close()


def test_a_list_shows_ones_own_only(signed_in, creator):
    CreatorFactory(name="Somebody Else")
    text = signed_in.get("/creators/").text
    assert creator.name in text
    assert "Somebody Else" not in text


@pytest.mark.parametrize(
    "name",
    ["portrait-create", "voice-create", "consent-create"],
)
def test_changes_take_a_post(signed_in, creator, name):
    assert signed_in.get(reverse(name, args=[creator.pk])).status_code == 405


# Lists


def test_a_list_of_twenty_costs_as_much_as_one_of_two(
    signed_in, creator, django_assert_num_queries
):
    def fill(n):
        for _ in range(n):
            more = CreatorFactory(owner=creator.owner)
            PortraitFactory(creator=more)
            VoiceFactory(creator=more)
            ConsentFactory(creator=more)

    fill(1)
    with django_assert_num_queries(4):  # session, user, count, creators
        signed_in.get("/creators/")
    fill(18)
    with django_assert_num_queries(4):
        response = signed_in.get("/creators/")
    assert headline(response) == "20 creators perform here."


def test_the_list_says_what_is_missing(signed_in, creator):
    assert "needs a photo" in signed_in.get("/creators/").text
    PortraitFactory(creator=creator)
    assert "has not agreed yet" in signed_in.get("/creators/").text
    ConsentFactory(creator=creator)
    assert "badge-good" in signed_in.get("/creators/").text


def test_an_empty_list_leads_on(client, creator):
    client.force_login(creator.owner)
    creator.delete()
    response = client.get("/creators/")
    assert headline(response) == "Who stands on this stage?"
    assert reverse("creator-create") in response.text


# Making and changing a creator


def said_about(**changes) -> dict:
    return {
        "name": "Ada",
        "handle": "@Ada-L",
        "language": "de",
        "time_zone": "Europe/Berlin",
        "topics": "engines,  poetry\nEngines; numbers",
        "tone": "dry",
        "words_to_use": "",
        "words_to_avoid": "synergy",
        "sign_off": "Yours, Ada.",
        "reel_label": "",
        **changes,
    }


def test_a_creator_is_made_from_one_form(signed_in, creator):
    response = signed_in.post("/creators/new/", said_about(review_reels="on"))
    made = Creator.objects.get(name="Ada")
    assert response.url == room(made)
    assert made.owner == creator.owner
    assert made.handle == "ada-l"
    assert made.topics == ["engines", "poetry", "numbers"]
    assert made.words_to_use == []
    assert made.words_to_avoid == ["synergy"]
    assert made.review_reels


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "This field is required"),
        ({"handle": "no spaces!"}, "Use letters without accents"),
        ({"time_zone": "Mars/Olympus"}, "Select a valid choice"),
        ({"language": "tlh"}, "Select a valid choice"),
        ({"topics": "x" * 81}, "is too long"),
        ({"topics": ", ".join(f"t{n}" for n in range(41))}, "41 are too many"),
        ({"tone": "x" * 201}, "at most 200 characters"),
    ],
)
def test_a_form_with_errors_is_422_and_keeps_what_was_written(
    signed_in, creator, changes, sentence
):
    response = signed_in.post("/creators/new/", said_about(**changes))
    assert response.status_code == 422
    assert sentence in response.text
    assert "Yours, Ada." in response.text
    assert Creator.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "taken", "handle"),
    [
        ("Zoë", [], "zoe"),
        ("Zoë", ["zoe", "zoe-2"], "zoe-3"),
        ("林", [], "creator"),
        ("A" * 80, [], "a" * 35),
    ],
)
def test_a_name_is_enough(signed_in, name, taken, handle):
    for one in taken:
        CreatorFactory(handle=one)
    signed_in.post(reverse("creator-create"), said_about(name=name, handle=""))
    assert Creator.objects.get(name=name).handle == handle


def test_an_emptied_handle_stays_as_it_was(signed_in, creator):
    before = creator.handle
    signed_in.post(reverse("creator-update", args=[creator.pk]), said_about(handle=""))
    creator.refresh_from_db()
    assert creator.handle == before


def test_a_taken_handle_is_told(signed_in, creator):
    CreatorFactory(handle="ada-l")
    response = signed_in.post("/creators/new/", said_about())
    assert response.status_code == 422
    assert "This handle is taken already." in response.text


def test_a_creator_is_changed(signed_in, creator):
    url = reverse("creator-update", args=[creator.pk])
    assert "sourdough" in signed_in.get(url).text
    assert signed_in.post(url, said_about()).url == room(creator)
    creator.refresh_from_db()
    assert (creator.name, creator.topics) == ("Ada", ["engines", "poetry", "numbers"])


def test_a_change_with_errors_changes_nothing(signed_in, creator):
    url = reverse("creator-update", args=[creator.pk])
    response = signed_in.post(url, said_about(name="", handle="x y"))
    assert response.status_code == 422
    assert creator.name in headline(response)
    creator.refresh_from_db()
    assert creator.name == "Alice Example"


def test_an_unusual_time_zone_survives_the_form(signed_in, creator):
    Creator.objects.filter(pk=creator.pk).update(time_zone="Etc/GMT+5")
    text = signed_in.get(reverse("creator-update", args=[creator.pk])).text
    assert '<option value="Etc/GMT+5" selected>' in text


def test_only_a_new_creator_gets_the_zone_of_the_browser(signed_in, creator):
    assert "data-browser-zone" in signed_in.get("/creators/new/").text
    assert "data-browser-zone" not in signed_in.post("/creators/new/", {}).text
    update = signed_in.get(reverse("creator-update", args=[creator.pk]))
    assert "data-browser-zone" not in update.text


# Photo


def test_a_photo_is_added_and_looked_at(signed_in, creator):
    response = signed_in.post(
        reverse("portrait-create", args=[creator.pk]), {"photo": photo()}, follow=True
    )
    portrait = Portrait.objects.get()
    assert portrait.state == Portrait.State.CHECKING
    assert headline(response) == "The photo of Alice Example is being looked at."
    assert f'hx-get="/portraits/{portrait.pk}/"' in response.text
    assert 'hx-trigger="every 2s"' in response.text


@pytest.mark.parametrize(
    ("upload", "sentence"),
    [
        (recording(b"", "me.jpg"), "The file is empty"),
        (recording(b"<svg/>", "me.jpg"), "This is an SVG drawing"),
        (recording(b"GIF89a", "me.jpg"), "This is a GIF picture"),
        (recording(b"\xff\xd8\xff\xe0", "me.jpg"), "damaged or incomplete"),
        ("", "Choose a photo first"),
    ],
)
def test_what_is_no_photo_is_told_beside_the_field(signed_in, creator, upload, sentence):
    url = reverse("portrait-create", args=[creator.pk])
    response = signed_in.post(url, {"photo": upload})
    assert response.status_code == 422
    assert sentence in response.text
    assert not Portrait.objects.exists()


@pytest.mark.parametrize("name", ["portrait-create", "voice-create"])
def test_a_flood_is_thrown_away_while_it_arrives(signed_in, creator, name, monkeypatch):
    monkeypatch.setattr(uploads, "USUAL_BYTES", 2**20)
    field = {"portrait-create": "photo", "voice-create": "recording"}[name]
    flood = recording(b"\xff\xd8\xff" + bytes(2 * 2**20))
    response = signed_in.post(reverse(name, args=[creator.pk]), {field: flood})
    assert response.status_code == 422
    assert "far too large; nothing was kept of it. 1 MB are accepted." in response.text
    assert not Portrait.objects.exists()
    assert not Voice.objects.exists()


class TestLargeVideos:
    """They go to the disk a block at a time, and nothing of them stays that is not in use."""

    VIDEO = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(3 * 2**20)

    @pytest.fixture
    def send(self, signed_in, creator, settings, tmp_path, monkeypatch):
        settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "arriving"
        settings.FILE_UPLOAD_TEMP_DIR.mkdir()
        monkeypatch.setattr(uploads, "USUAL_BYTES", 2**20)  # of which videos may have more
        url = reverse("footage-create", args=[creator.pk])
        return lambda **more: signed_in.post(
            url, {"video": recording(self.VIDEO, "a.mp4")}, **more
        )

    def left(self, tmp_path) -> list[str]:
        return [path.name for path in tmp_path.rglob("*") if path.is_file()]

    def test_one_that_is_allowed_is_moved_into_place(self, send, tmp_path):
        forgotten = tmp_path / "arriving" / "half.upload.mp4"
        forgotten.touch()
        os.utime(forgotten, (0, 0))
        assert send().status_code == 302
        footage = Footage.objects.get()
        assert self.left(tmp_path) == [Path(footage.video.name).name]
        assert footage.video.read() == self.VIDEO
        footage.video.close()

    def test_a_stranger_may_bring_no_more_than_usual(self, send, creator, monkeypatch):
        """Forms are read before anybody asks who sent them."""
        arrived = []
        monkeypatch.setattr(uploads.ToDisk, "file_complete", lambda self, n: arrived.append(n))
        stranger = Client(enforce_csrf_checks=True)
        stranger.get(reverse("login"))
        token = stranger.cookies["csrftoken"].value
        form = {"csrfmiddlewaretoken": token, "video": recording(self.VIDEO, "a.mp4")}
        answer = stranger.post(reverse("footage-create", args=[creator.pk]), form)
        assert answer.headers["Location"].startswith(reverse("login"))
        assert arrived == []

    def test_htmx_is_sent_back_to_the_page(self, send, creator):
        answer = send(headers={"HX-Request": "true"})
        assert answer["HX-Redirect"] == reverse("creator-detail", args=[creator.pk])

    def test_one_that_finds_no_room_is_told_so(self, send, tmp_path, monkeypatch):
        monkeypatch.setattr(uploads, "SPARE_BYTES", 2**60)
        answer = send()
        assert answer.status_code == 422
        assert uploads.NO_ROOM in answer.text
        assert self.left(tmp_path) == []

    @pytest.mark.parametrize("step", ["write", "store"])
    def test_a_disk_that_fills_meanwhile_keeps_nothing(self, send, tmp_path, monkeypatch, step):
        def full(*args, **kwargs):
            raise OSError(errno.ENOSPC, "No space left on device")

        if step == "write":
            monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", full)
        else:
            monkeypatch.setattr("django.core.files.storage.filesystem.file_move_safe", full)
        answer = send()
        assert answer.status_code == 422
        assert uploads.NO_ROOM in answer.text
        assert self.left(tmp_path) == []
        assert not Footage.objects.exists()

    def test_one_that_is_too_large_is_told_its_limit(self, send, tmp_path, monkeypatch):
        monkeypatch.setattr(footage_create, "accepts_bytes", 2 * 2**20)
        assert "nothing was kept of it. 2 MB are accepted." in send().text
        assert self.left(tmp_path) == []


def test_the_report_is_told_in_words_and_numbers(signed_in, creator):
    PortraitFactory(
        creator=creator,
        report=photo_report(warnings=["The face is 187 px wide and will look soft."]),
    )
    text = signed_in.get(room(creator)).text
    for words in (
        "187 px",
        "8° to the left",
        "crisp (0.51)",
        "even (86%)",
        "closed, in full view",
    ):
        assert words in text
    assert "The face is 187 px wide and will look soft." in text
    assert 'class="face-box face-box-chosen"' in text


def test_a_refused_photo_says_why_and_takes_another(signed_in, creator):
    PortraitFactory(
        creator=creator,
        state=Portrait.State.REFUSED,
        report=photo_report(0, usable=False, face_index=None),
    )
    response = signed_in.get(room(creator))
    assert headline(response) == "This photo of Alice Example cannot be used."
    assert "No face was found in this photo." in response.text
    assert 'name="photo"' in response.text


def test_two_faces_are_chosen_on_the_picture_or_beside_it_without_script(signed_in, creator):
    portrait = PortraitFactory(
        creator=creator,
        state=Portrait.State.CHOOSE,
        report=photo_report(2, usable=False, face_index=None),
    )
    response = signed_in.get(room(creator))
    assert headline(response) == "Which face is Alice Example?"
    buttons = re.findall(
        r'<button class="([a-z -]+)"[^>]*name="face"[^>]*value="(\d)"', response.text
    )
    assert [value for kind, value in buttons if kind == "face-pick"] == ["0", "1"]
    assert [value for kind, value in buttons if kind != "face-pick"] == ["0", "1"]
    signed_in.post(reverse("portrait-choose", args=[portrait.pk]), {"face": "1"})
    portrait.refresh_from_db()
    assert (portrait.face_index, portrait.state) == (1, Portrait.State.CHECKING)


@pytest.mark.parametrize("index", ["2", "-1", "x", "", "9" * 30])
def test_a_face_that_is_not_there_is_told(signed_in, creator, index):
    portrait = PortraitFactory(creator=creator, report=photo_report(2))
    url = reverse("portrait-choose", args=[portrait.pk])
    response = signed_in.post(url, {"face": index}, follow=True)
    assert "There is no such face" in response.text
    portrait.refresh_from_db()
    assert portrait.face_index is None


def test_polling_goes_on_while_the_photo_is_looked_at(signed_in, creator):
    portrait = PortraitFactory(creator=creator, state=Portrait.State.CHECKING)
    url = reverse("portrait-detail", args=[portrait.pk])
    waiting = signed_in.get(url, headers={"HX-Request": "true"})
    assert (waiting.status_code, waiting.content) == (204, b"")
    services.record_portrait_report(portrait.pk, photo_report())
    told = signed_in.get(url, headers={"HX-Request": "true"})
    assert told.status_code == 286
    assert "<html" not in told.text
    assert "187 px" in told.text
    assert "HX-Request" in told["Vary"]
    for changed in ('id="room-actions"', 'id="steps"', 'id="agreement"', 'id="room-headline"'):
        assert re.search(changed + r"[^>]*hx-swap-oob", told.text)
    assert 'id="voice"' not in told.text  # somebody may be recording there
    assert signed_in.get(url).url == room(creator)


def test_the_photo_is_served_to_its_owner(signed_in, creator):
    portrait = services.add_portrait(creator, photo())
    response = signed_in.get(reverse("portrait-image", args=[portrait.pk]))
    assert response["Content-Type"] == "image/jpeg"
    assert response["Cache-Control"].startswith("private")
    assert b"".join(response.streaming_content)[:3] == b"\xff\xd8\xff"


def test_pages_show_a_small_copy(signed_in, creator):
    portrait = services.add_portrait(creator, photo(size=(3000, 2000)))
    url = reverse("portrait-preview", args=[portrait.pk])
    assert url in signed_in.get(room(creator)).text
    response = signed_in.get(url)
    with Image.open(io.BytesIO(b"".join(response.streaming_content))) as image:
        assert image.size == (1024, 683)


def test_a_photo_is_deleted(signed_in, creator):
    portrait = PortraitFactory(creator=creator)
    signed_in.post(reverse("portrait-delete", args=[portrait.pk]))
    assert not Portrait.objects.exists()


# Voice


def test_a_recording_is_added_listened_to_and_played_in_parts(signed_in, creator):
    url = reverse("voice-create", args=[creator.pk])
    page = signed_in.post(url, {"recording": recording()}, follow=True)
    voice = Voice.objects.get()
    assert f'hx-get="/voices/{voice.pk}/"' in page.text
    sample = reverse("voice-sample", args=[voice.pk])
    part = signed_in.get(sample, headers={"Range": "bytes=0-3"})
    assert part.status_code == 206
    assert b"".join(part.streaming_content) == b"RIFF"
    assert part["Content-Type"] == "audio/wav"


def test_what_is_no_recording_is_told_beside_the_field(signed_in, creator):
    url = reverse("voice-create", args=[creator.pk])
    response = signed_in.post(url, {"recording": photo()})
    assert response.status_code == 422
    assert "This is a JPEG photo, not a recording of a voice." in response.text
    assert "Record something or choose a file first." in signed_in.post(url).text


def test_polling_goes_on_while_the_voice_is_listened_to(signed_in, creator):
    voice = VoiceFactory(creator=creator, state=Voice.State.CHECKING)
    url = reverse("voice-detail", args=[voice.pk])
    assert signed_in.get(url, headers={"HX-Request": "true"}).status_code == 204
    services.record_voice_report(voice.pk, voice_report(usable=False))
    told = signed_in.get(url, headers={"HX-Request": "true"})
    assert told.status_code == 286
    assert "The sample is 4.0 seconds long; 15 or more are needed." in told.text
    assert 'id="photo"' not in told.text


def test_the_voice_report_is_told_in_numbers(signed_in, creator):
    VoiceFactory(creator=creator, report=voice_report())
    text = signed_in.get(room(creator)).text
    for words in ("18.4 s", "0.00%", "-62 dBFS", "12%", "-19 LUFS", "nothing to improve"):
        assert words in text


def test_our_names_for_files_are_not_told(signed_in, creator):
    VoiceFactory(
        creator=creator,
        state=Voice.State.REFUSED,
        report={"problems": [f"{'ab' * 16}.webm has no sound in it."], "usable": False},
    )
    assert "The file has no sound in it." in signed_in.get(room(creator)).text


def test_the_text_to_read_is_in_the_language_of_the_creator(signed_in, creator):
    assert "Good morning." in signed_in.get(room(creator)).text
    Creator.objects.update(language="de")
    assert "Guten Morgen." in signed_in.get(room(creator)).text
    Creator.objects.update(language="ka")
    assert "read aloud" not in signed_in.get(room(creator)).text


# Agreement


def test_there_is_nothing_to_agree_to_before_the_photo(signed_in, creator):
    response = signed_in.get(room(creator))
    assert headline(response) == "Alice Example needs a photo or a video."
    assert 'name="agree"' not in response.text
    refused = agree(signed_in, creator, seen_likeness="0" * 64)
    assert refused.status_code == 422
    assert not Consent.objects.exists()


def test_the_wording_is_read_in_full_before_agreeing(signed_in, creator):
    PortraitFactory(creator=creator)
    text = signed_in.get(room(creator)).text
    assert "animated by computer" in text
    assert "It can be revoked at any time" in text
    assert "voice recording" not in text
    VoiceFactory(creator=creator)
    assert "voice recording" in signed_in.get(room(creator)).text


def test_agreeing_makes_the_creator_ready(signed_in, creator):
    portrait = PortraitFactory(creator=creator)
    response = agree(signed_in, creator)
    assert response.status_code == 302
    consent = Consent.objects.get()
    assert consent.likeness_sha256 == portrait.sha256
    assert consent.basis == "Given by the person, in this studio."
    assert consent.given_by == creator.owner
    page = signed_in.get(room(creator))
    assert headline(page) == "Alice Example is ready to perform."
    assert "Reels being made are stopped" in page.text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"agree": ""}, "Without this tick nothing is agreed."),
        ({"person": ""}, "Whose face is it?"),
        ({"standing": ""}, "Say whether it is you or somebody else."),
        ({"standing": "permission"}, "Say where the permission is kept."),
        ({"seen_likeness": "0" * 64}, "has changed since this page was shown"),
        ({"seen_likeness": ""}, "required"),
    ],
)
def test_half_an_agreement_is_none(signed_in, creator, changes, sentence):
    PortraitFactory(creator=creator)
    response = agree(signed_in, creator, **changes)
    assert response.status_code == 422
    assert sentence in response.text
    assert not Consent.objects.exists()


def test_somebody_elses_permission_is_on_record(signed_in, creator):
    PortraitFactory(creator=creator)
    agree(signed_in, creator, standing="permission", details="Contract of 3 May 2026.")
    assert Consent.objects.get().basis == (
        "Given to the account's holder: Contract of 3 May 2026."
    )


def test_a_voice_that_came_meanwhile_is_not_agreed_to_unseen(signed_in, creator):
    PortraitFactory(creator=creator)
    VoiceFactory(creator=creator)
    response = agree(signed_in, creator, seen_voice="")
    assert response.status_code == 422
    assert not Consent.objects.exists()


def test_a_new_photo_says_that_the_agreement_does_not_cover_it(signed_in, creator):
    PortraitFactory(creator=creator)
    agree(signed_in, creator)
    PortraitFactory(creator=creator, sha256="1" * 64)
    response = signed_in.get(room(creator))
    assert headline(response) == "Alice Example still has to agree."
    assert "No reel is made until it is given again." in response.text


def test_revoking_is_one_button_and_holds_at_once(signed_in, creator):
    PortraitFactory(creator=creator)
    agree(signed_in, creator)
    consent = Consent.objects.get()
    url = reverse("consent-revoke", args=[consent.pk])
    assert url in signed_in.get(room(creator)).text
    response = signed_in.post(url, follow=True)
    assert "Nothing more is made or posted" in response.text
    assert headline(response) == "Alice Example still has to agree."
    assert services.live_consent(creator) is None


# Every page


def test_no_page_needs_what_the_policy_forbids(signed_in, creator):
    PortraitFactory(creator=creator, report=photo_report(2, face_index=1), face_index=1)
    VoiceFactory(creator=creator, report=voice_report())
    agree(signed_in, creator)
    for url in ("/creators/", "/creators/new/", room(creator)):
        response = signed_in.get(url)
        assert response.status_code == 200
        assert not re.search(r"<[^>]+\s(style|on\w+|hx-on[\w:-]*)=", response.text)
        assert not re.search(r"<script(?![^>]*\ssrc=)", response.text)
        assert response.text.count("button-primary") <= 1


def test_names_of_creators_are_text(signed_in, creator):
    Creator.objects.update(name="<b onclick=x>A</b>", topics=["<i>"], sign_off="<u>")
    for url in ("/creators/", room(creator), reverse("creator-update", args=[creator.pk])):
        assert "<b onclick" not in signed_in.get(url).text
