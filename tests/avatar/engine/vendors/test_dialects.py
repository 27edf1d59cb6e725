"""What is particular to one vendor: options on the wire, uploads, what it says of costs."""

import pytest

from avatar.engine.errors import BadResult, Busy, InputError, KeyRefused, OutcomeUnknown, Refused
from avatar.engine.registry import find
from avatar.engine.vendors import heygen, orders
from avatar.engine.vendors.clients import client_of
from studio.lib.engines import Kind
from tests.avatar.engine.vendors.desk import Desk, given, inputs_of
from tests.sandboxes import hosting

SOUND_MS = 2200


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return given(tmp_path_factory.mktemp("given"), SOUND_MS)


@pytest.fixture
def desk_of(sandbox, tmp_path, files):
    def make(name, **chosen) -> Desk:
        engine = find(name, Kind.PERFORMER)
        sandbox.set_rule(f"{engine.vendor}.job_s", 0)
        return Desk(engine, tmp_path / "orders", inputs_of(engine, files, **chosen), SOUND_MS)

    return make


@pytest.fixture
def _settled_long_ago(monkeypatch):
    monkeypatch.setattr(orders, "JUST_SENT_S", 0)


# Sync.so


@pytest.fixture
def asked(desk_of, sandbox):
    """What Sync.so was asked for."""

    def order(name, **chosen):
        desk_of(name, **chosen).order(check=lambda film: None)
        (job,) = sandbox.of("sync").find("job")
        return job["asked"]

    return order


def test_sync_gets_the_options_that_the_model_lists(asked):
    chosen = {"temperature": 0.8, "occlusion": True, "sync_mode": "remap", "reasoning": True}
    assert asked("sync:lipsync-2-pro", **chosen)["options"] == {
        "temperature": 0.8,
        "occlusion_detection_enabled": True,
        "sync_mode": "remap",
        "reasoning_enabled": True,
    }


def test_sync_3_gets_no_option_that_others_list(asked):
    assert asked("sync:sync-3")["options"] == {"sync_mode": "bounce"}
    engine = find("sync:sync-3", Kind.PERFORMER)
    with pytest.raises(ValueError, match="has no option temperature"):
        engine.settled({"temperature": 0.5})


def test_react_1_gets_a_feeling_and_how_much_of_the_head(asked):
    options = asked("sync:react-1", emotion="surprised", model_mode="head")["options"]
    assert (options["prompt"], options["model_mode"]) == ("surprised", "head")


def test_sync_is_told_who_speaks(asked):
    options = asked("sync:lipsync-2", speaker_x=70, speaker_y=90, speaker_frame=3)["options"]
    assert options["active_speaker_detection"] == {"frame_number": 3, "coordinates": [70, 90]}


def test_sync_is_told_which_part_says_what(asked):
    spans = [{"startTime": 0, "endTime": 1}, {"startTime": 1, "endTime": 2}]
    found = asked("sync:sync-3", segments=spans)
    assert [one["audioInput"]["refId"] for one in found["segments"]] == ["voice", "voice"]
    assert found["input"][1]["refId"] == "voice"


def test_sync_3_animates_a_photo_and_wants_no_speaker_there(asked, desk_of):
    assert asked("sync:sync-3", image=True)["input"][0]["type"] == "image"
    with pytest.raises(InputError, match="the one face there is"):
        desk_of("sync:sync-3", image=True, active_speaker=True).order()


@pytest.mark.usefixtures("_settled_long_ago")
def test_sync_names_the_job_of_an_order_whose_outcome_it_does_not_know(desk_of, sandbox):
    desk = desk_of("sync:lipsync-2")
    sandbox.fault("close_after", platform="sync", commit=True)
    with pytest.raises(Busy):
        desk.order()
    sandbox.set_rule("sync.outcome_unknown", True)
    desk.order()
    assert desk.charges(sandbox) == [1]


@pytest.mark.parametrize(
    "name", ["sync:lipsync-2", "heygen:lipsync-speed", "hedra:hedra-character-3"]
)
def test_an_order_that_is_under_way_at_the_vendor_is_not_given_up(desk_of, sandbox, name):
    desk = desk_of(name)
    sandbox.set_rule(f"{desk.vendor}.key_busy_s", 60)
    sandbox.fault("close_after", platform=desk.vendor, commit=True)
    for _ in range(2):
        with pytest.raises(Busy):
            desk.order()
    sandbox.advance(61)
    desk.order()
    assert desk.charges(sandbox) == [1]


def test_a_key_that_the_vendor_has_forgotten_is_not_trusted(desk_of, sandbox, monkeypatch):
    desk = desk_of("heygen:lipsync-speed")
    sandbox.fault("close_after", platform="heygen", commit=True)
    with pytest.raises(Busy):
        desk.order()
    monkeypatch.setattr(orders, "KEYED_S", 0)
    monkeypatch.setattr(orders, "JUST_SENT_S", 0)
    with pytest.raises(OutcomeUnknown):
        desk.order()
    assert desk.charges(sandbox) == [1]


# What it costs


@pytest.mark.parametrize(
    ("name", "usd"),
    [
        ("sync:lipsync-2", 0.05 * SOUND_MS / 1000),
        ("wavespeed:sync/lipsync-3", None),
        ("fal:veed/fabric-1.0", None),
        ("heygen:lipsync-speed", None),
    ],
)
def test_the_vendor_is_asked_what_it_would_cost(desk_of, sandbox, name, usd):
    desk = desk_of(name)
    client = client_of(desk.vendor, desk.access())
    found = client.estimate(desk.engine, client.prepare(desk.engine, desk.inputs))
    assert found == (usd if usd is None else pytest.approx(usd, rel=0.2))
    assert desk.charges(sandbox) == []


def test_what_hedra_took_is_kept(desk_of):
    desk = desk_of("hedra:hedra-character-3")
    client = client_of("hedra", desk.access())
    estimate = client.estimate(desk.engine, client.prepare(desk.engine, desk.inputs))
    desk.order()
    assert desk.kept()["usd"] == pytest.approx(estimate, rel=0.2)
    assert desk.kept()["usd"] != 0.1  # what the table said


def test_the_units_that_kling_took_are_kept(desk_of):
    desk = desk_of("kling:avatar")
    desk.order()
    assert float(desk.kept()["facts"]["units"]) > 0


# Uploads


def test_a_large_file_goes_to_heygen_another_way(desk_of, sandbox, monkeypatch):
    monkeypatch.setattr(heygen, "SMALL_BYTES", 1000)
    desk_of("heygen:lipsync-precision").order()
    paths = [one["path"] for one in sandbox.log if one["platform"] == "heygen"]
    assert "/v3/assets/direct-uploads" in paths
    assert any(path.endswith("/complete") for path in paths)
    assert "/v3/assets" not in paths


@pytest.mark.parametrize("shape", ["string", "list", "object"])
def test_replicate_may_give_its_film_in_any_shape(desk_of, sandbox, shape):
    sandbox.set_rule("replicate.output_shape", shape)
    desk_of("replicate:veed/fabric-1.0").order()


def test_what_replicate_has_removed_is_gone(desk_of, sandbox):
    desk = desk_of("replicate:veed/fabric-1.0")
    desk.order()
    sandbox.advance(7200)
    (job,) = sandbox.of("replicate").find("job")
    with pytest.raises(BadResult, match="for an hour"):
        client_of("replicate", desk.access()).look(desk.engine, {"id": job["id"]})


# Refusals


@pytest.mark.parametrize("at", ["submit", "result"])
def test_what_fal_does_not_take_is_told_whenever_it_says_so(desk_of, sandbox, at):
    sandbox.set_rule("fal.validates_at", at)
    desk = desk_of("fal:veed/fabric-1.0")
    desk.inputs = {**desk.inputs, "resolution": "8k"}
    with pytest.raises(Refused, match=r"^fal refuses this: .*480p"):
        desk.order()


# Kling


def test_kling_takes_an_older_pair_of_keys(desk_of):
    desk_of("kling:avatar").order(key="sandbox-access:sandbox-secret")


def test_a_wrong_secret_is_a_refused_key(desk_of, sandbox):
    desk = desk_of("kling:avatar")
    with pytest.raises(KeyRefused):
        desk.order(key="sandbox-access:wrong")
    assert desk.charges(sandbox) == []


def test_footage_without_a_face_is_refused_before_it_is_ordered(desk_of, sandbox, files, tmp_path):
    large = given(tmp_path, SOUND_MS, "720x1280", 5)
    sandbox.set_rule("kling.faces", 0)
    with hosting(tmp_path) as url:
        desk = desk_of("kling:lip-sync", video_url=f"{url}/{large['video'].name}")
        with pytest.raises(Refused, match="finds no face"):
            desk.order()
    assert desk.charges(sandbox) == []
