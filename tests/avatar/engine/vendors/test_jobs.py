"""What the table's client makes of inputs, and what it makes of a vendor's words."""

from dataclasses import replace

import pytest
from PIL import Image

from avatar.engine.errors import (
    BadResult,
    Busy,
    InputError,
    JobFailed,
    KeyRefused,
    OutcomeUnknown,
    Refused,
    Unpaid,
)
from avatar.engine.media.ffmpeg import run_ffmpeg
from avatar.engine.media.probe import probe
from avatar.engine.registry import find
from avatar.engine.vendors import jobs
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.fal import Fal
from avatar.engine.vendors.files import sendable
from avatar.engine.vendors.kling import bearer
from avatar.engine.vendors.pixverse import PixVerse
from avatar.engine.vendors.schemas import fitted
from avatar.engine.vendors.sync import Sync
from avatar.engine.vendors.sync_options import segments_of, speaker_of
from studio.lib.engines import Engine, Kind
from studio.lib.web import Answer

ENGINE = Engine("x:y", Kind.PERFORMER, "Maker", "", vendor="fal")
CHARACTER = find("hedra:hedra-character-3", Kind.PERFORMER)


@pytest.mark.parametrize(
    ("wanted", "closest"),
    [("9:16", "9:16"), ("2:3", "3:4"), ("1080:1920", "9:16"), ("2:1", "16:9")],
)
def test_the_nearest_shape_of_picture_is_ordered(wanted, closest):
    assert jobs.nearest_aspect(wanted, CHARACTER.aspects) == closest


def test_an_engine_that_wants_words_gets_some():
    found = jobs.completed(CHARACTER, {"image": 1, "audio": 2, "aspect_ratio": "9:16"})
    assert "speaks to the camera" in found["prompt"]


def test_what_only_a_person_can_choose_is_asked_for():
    translate = find("heygen:video-translate", Kind.PERFORMER)
    with pytest.raises(
        InputError, match=r"^HeyGen Video Translate needs the option output_language\.$"
    ):
        jobs.completed(translate, {"video": 1})


@pytest.mark.parametrize(
    "made",
    [
        "https://a/b.mp4",
        ["https://a/b.mp4"],
        {"video": {"url": "https://a/b.mp4"}},
        {"seed": 3, "video": {"url": "https://a/b.mp4"}},
        {"output": [{"url": "https://a/b.mp4"}]},
    ],
)
def test_the_film_is_found_in_whatever_shape_it_comes(made):
    assert jobs.first_url(made) == "https://a/b.mp4"


@pytest.mark.parametrize("made", [None, [], {}, {"seed": 3}, [{}], 7])
def test_no_film_is_no_address(made):
    assert jobs.first_url(made) == ""


def test_done_without_a_film_is_of_no_use():
    with pytest.raises(BadResult, match="gave nothing"):
        Fal(Access({"FAL_KEY": "k"})).done("")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("The input was flagged as sensitive.", Refused),
        ("content_policy_violation", Refused),
        ({"code": "X", "message": "moderation"}, Refused),
        ("No face found", JobFailed),
        ("", JobFailed),
    ],
)
def test_a_vendors_no_is_told_from_its_failures(said, kind):
    assert type(Fal(Access({"FAL_KEY": "k"})).failure(said)) is kind


@pytest.mark.parametrize(
    "said",
    [
        "Insufficient credits.", "insufficient_credit", "User is locked: Exhausted balance.",
        "Your balance is insufficient", "You are out of credits", "account balance not enough",
    ],
)  # fmt: skip
def test_words_about_money_are_understood(said):
    assert jobs.UNPAID.search(said)


@pytest.mark.parametrize("said", ["No credit card field", "The face is out of frame", "quota ok"])
def test_other_words_are_not_about_money(said):
    assert not jobs.UNPAID.search(said)


def test_a_photo_leaves_without_the_place_it_was_taken_at(tmp_path):
    image = Image.new("RGB", (300, 400), "olive")
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    image.save(tmp_path / "p.jpg", exif=exif)
    with sendable(ENGINE, "image", tmp_path / "p.jpg") as file, Image.open(file) as sent:
        assert not sent.getexif()
        assert sent.size == (300, 400)


def test_a_photo_without_anything_beside_the_picture_goes_as_it_is(tmp_path):
    Image.new("RGB", (300, 400), "olive").save(tmp_path / "p.jpg")
    with sendable(ENGINE, "image", tmp_path / "p.jpg") as file:
        assert file == tmp_path / "p.jpg"


def test_a_file_that_is_no_photo_is_a_sentence(tmp_path):
    (tmp_path / "p.jpg").write_bytes(b"\xff\xd8\xff nothing")
    with pytest.raises(InputError), sendable(ENGINE, "image", tmp_path / "p.jpg"):
        pass


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Failed to generate video", Refused),
        ("Rate limit reached", Busy),
        ("too many requests", Busy),
        ("All Credits have been used up", Unpaid),
        ("Insufficient balance", Unpaid),
        ("Reached the limit for concurrent generations", Busy),
        ("invalid api-key", KeyRefused),
        ("Content moderation failed", Refused),
        ("The author of the audio is unknown", Refused),
        ("Internal error", OutcomeUnknown),
    ],
)
def test_pixverse_speaks_in_words_under_http_200(said, kind):
    caller = PixVerse(Access({"PIXVERSE_API_KEY": "k"})).caller
    body = {"ErrCode": 4, "ErrMsg": said}
    assert type(caller.usual(Answer(200, {}, str(body), body), order=True)) is kind


def test_a_prompt_reaches_sync_with_a_photo_only(tmp_path):
    sync = find("sync:sync-3", Kind.PERFORMER)
    client = Sync(Access({"SYNC_API_KEY": "k"}))
    body = client.prepare(replace(sync, inputs=("video", "prompt")), {"prompt": "She nods."})
    assert "options" not in body


def test_a_photo_is_made_small_enough(tmp_path):
    noise = Image.effect_noise((900, 900), 90).convert("RGB")
    noise.save(tmp_path / "p.png")
    engine = Engine("x:y", Kind.PERFORMER, "Maker", "", image_mb=0.3)
    with sendable(engine, "image", tmp_path / "p.png") as file:
        assert file.stat().st_size <= 300_000


def test_a_sound_is_made_small_enough_and_keeps_its_length(tmp_path):
    tone = ["-f", "lavfi", "-i", "sine=d=8:r=48000", str(tmp_path / "a.wav")]
    run_ffmpeg(tone)
    engine = Engine("x:y", Kind.PERFORMER, "Maker", "", audio_mb=0.25)
    with sendable(engine, "audio", tmp_path / "a.wav") as file:
        assert file.stat().st_size <= 250_000
        assert probe(file).duration_ms == pytest.approx(8000, abs=60)


def test_a_sound_that_cannot_be_made_so_small_is_a_sentence(tmp_path):
    run_ffmpeg(["-f", "lavfi", "-i", "anoisesrc=d=4:r=48000", str(tmp_path / "a.wav")])
    engine = Engine("x:y", Kind.PERFORMER, "Maker", "", audio_mb=0.001)
    with (
        pytest.raises(InputError, match=r"^Maker takes 0\.001 MB of sound"),
        sendable(engine, "audio", tmp_path / "a.wav"),
    ):
        pass


def test_names_follow_a_live_schema():
    body = {"video": "v", "audio": "a", "sync_mode": "loop"}
    schema = {"video_url": {}, "audio": {}, "sync_mode": {}}
    assert fitted(body, schema, ENGINE) == {"video_url": "v", "audio": "a", "sync_mode": "loop"}
    with pytest.raises(InputError, match="has no input sync_mode"):
        fitted(body, {"video": {}, "audio": {}}, ENGINE)


def test_a_speaker_is_found_named_or_boxed():
    assert speaker_of({}) is None
    assert speaker_of({"active_speaker": False}) is None
    assert speaker_of({"active_speaker": True}) == {"auto_detect": True}
    point = {"speaker_x": 10, "speaker_y": 20.4, "speaker_frame": 3}
    assert speaker_of(point) == {"frame_number": 3, "coordinates": [10, 20]}
    assert speaker_of({"speaker_boxes": "[[1, 2, 3, 4], null]"}) == {
        "bounding_boxes": [[1, 2, 3, 4], None]
    }
    address = "https://example.org/boxes.json"
    assert speaker_of({"speaker_boxes": address}) == {"bounding_boxes_url": address}


@pytest.mark.parametrize(
    "wrong", [{"speaker_x": 3}, {"speaker_boxes": "[1, 2"}, {"speaker_boxes": [[1, 2]]}]
)
def test_a_speaker_that_cannot_be_is_a_sentence(wrong):
    with pytest.raises(InputError):
        speaker_of(wrong)


def test_segments_name_the_sound():
    given = '[{"startTime": 0, "endTime": 2}, {"startTime": 2, "endTime": 3.5}]'
    first, second = segments_of(given, "voice")
    assert first == {"startTime": 0, "endTime": 2, "audioInput": {"refId": "voice"}}
    assert second["startTime"] == 2


@pytest.mark.parametrize(
    "wrong",
    [
        [{"startTime": 0, "endTime": 2}, {"startTime": 1, "endTime": 3}],
        [{"startTime": 2, "endTime": 2}],
        [{"startTime": "0", "endTime": 2}],
        {"startTime": 0},
        "[1",
    ],
)
def test_segments_that_cannot_be_are_a_sentence(wrong):
    with pytest.raises(InputError):
        segments_of(wrong, "voice")


def test_kling_takes_a_key_as_it_is_and_signs_with_an_older_pair():
    assert bearer("api-key-1", 1000) == "api-key-1"
    # Checked with openssl: printf %s HEAD.CLAIMS | openssl dgst -sha256 -hmac shh -binary
    head, claims, signature = bearer("ak:shh", 1000).split(".")
    assert head == "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    assert claims == "eyJpc3MiOiJhayIsImV4cCI6MjgwMCwibmJmIjo5OTV9"
    assert signature == "AMHJghWVOD6LhREWcPvS_4uFkvLtS_0TmPk6urtv0aA"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://queue.fal.run/a/b/requests/1/status",) * 2,
        ("https://evil.example/a/b/requests/1/status", "usual"),
        ("https://queue.fal.run.evil.example/x", "usual"),
        ("http://queue.fal.run.evil.example/x", "usual"),
        (None, "usual"),
    ],
)
def test_the_key_goes_to_nobody_but_fal(given, used):
    assert Fal(Access({"FAL_KEY": "k"}))._own(given, "usual") == used
