"""The table of performers is whole, and says nothing that the clients cannot do."""

import subprocess
import sys

import pytest

from avatar.engine.registry import ENGINES, find
from avatar.engine.registry.performers import PERFORMERS, ROUTES
from avatar.engine.vendors.access import VENDORS
from avatar.engine.vendors.clients import CLIENTS
from studio.lib.engines import Kind, load

HOSTED = [engine for engine in PERFORMERS if engine.is_hosted]
LOGICAL = {"image", "video", "audio", "prompt", "aspect_ratio", "output_language"}


def names(engines):
    return [engine.name for engine in engines]


def test_every_name_is_there_once():
    assert len(set(names(PERFORMERS))) == len(PERFORMERS)
    assert set(names(PERFORMERS)) <= set(ENGINES)


@pytest.mark.parametrize("row", [str(number) for number in range(1, 20)])
def test_every_system_has_a_route_that_exists(row):
    routes = ROUTES[row]
    assert [find(name, Kind.PERFORMER).name for name in routes] == list(routes)
    assert set(routes) == {engine.name for engine in PERFORMERS if row in engine.rows}


@pytest.mark.parametrize("engine", PERFORMERS, ids=lambda engine: engine.name)
def test_it_can_be_loaded_and_its_defaults_are_allowed(engine):
    assert callable(load(engine.path))
    for name, option in engine.options.items():
        if option.default is not None:
            assert option.problem(option.default) == "", name


@pytest.mark.parametrize("engine", HOSTED, ids=lambda engine: engine.name)
def test_a_hosted_one_has_a_client_a_price_with_its_day_and_inputs_that_are_offered(engine):
    assert engine.vendor in VENDORS
    assert callable(load(CLIENTS[engine.vendor]))
    assert engine.price is not None
    assert engine.price.usd > 0
    assert engine.price.checked == "2026-11-20"
    for name, others in engine.price.by.items():
        option = engine.options[name]
        assert all(option.problem(value) == "" for value in others), name
    assert {name.rstrip("*") for name in engine.inputs} <= LOGICAL
    assert engine.takes("video") or engine.takes("image")


def test_the_names_of_the_issue_are_there():
    wanted = {
        "sync:sync-3", "sync:lipsync-2", "sync:lipsync-2-pro", "sync:lipsync-1.9.0-beta",
        "sync:react-1", "wavespeed:sync/lipsync-3", "fal:fal-ai/sync-lipsync/v3",
        "replicate:sync/lipsync-2", "heygen:lipsync-speed", "heygen:lipsync-precision",
        "heygen:video-translate", "heygen:photo-avatar", "hedra:hedra-character-3",
        "kling:lip-sync", "kling:avatar", "pixverse:lipsync", "latentsync", "musetalk",
        "sadtalker", "wav2lip", "puppet",
    }  # fmt: skip
    assert wanted <= set(names(PERFORMERS))


def test_reading_the_table_loads_no_model_and_no_sdk():
    code = (
        "import sys; import avatar.engine.registry;"
        "print([name for name in ('torch', 'openai', 'elevenlabs', 'cv2', 'mediapipe', 'numpy',"
        " 'django') if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.strip() == "[]"
