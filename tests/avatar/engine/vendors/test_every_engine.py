"""Every row of the table goes through: the double takes the model's name, its inputs and its
options as they are sent, and a film comes back.
"""

import pytest

from avatar.engine.errors import Refused
from avatar.engine.registry import find
from avatar.engine.registry.performers import PERFORMERS
from avatar.engine.vendors.access import VENDORS
from studio.lib.engines import Kind
from studio.sandbox.vendors import media
from studio.sandbox.vendors.common import orders as charged
from tests.avatar.engine.vendors.desk import Desk, given, inputs_of
from tests.sandboxes import hosting

HOSTED = [engine for engine in PERFORMERS if engine.is_hosted]
SOUND_MS = 4200


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return given(tmp_path_factory.mktemp("given"), SOUND_MS, "720x1280", 5)


@pytest.fixture
def film_of(sandbox, tmp_path, files):
    """Order a film; the options are those of the table, and what is chosen."""

    def order(name, *, check=None, **chosen):
        engine = find(name, Kind.PERFORMER)
        sandbox.set_rule(f"{engine.vendor}.job_s", 0)
        inputs = inputs_of(engine, files, **chosen)
        return Desk(engine, tmp_path / "orders", inputs, SOUND_MS).order(check=check)

    return order


# Not confirmed by the vendor: these the double has, the others it has not.
OFFERED = (
    "pixverse:lipsync", "wavespeed:sync/react-1", "replicate:sync/react-1",
    "fal:bytedance/omnihuman/v2",
)  # fmt: skip
ALL = [engine.name for engine in HOSTED if not engine.public_url]
SURE = [name for name in ALL if name in OFFERED or find(name, Kind.PERFORMER).confirmed]


@pytest.mark.parametrize("name", SURE)
def test_a_film_comes_back_and_is_paid_once(film_of, sandbox, name):
    engine = find(name, Kind.PERFORMER)
    if engine.brings_sound:
        assert media.look(film_of(name, check=lambda film: None)).kind == "video"
    else:
        film_of(name)
    assert [one["charged"] for one in charged(sandbox, engine.vendor)] == [1]


@pytest.mark.parametrize("name", sorted(set(ALL) - set(SURE)))
def test_what_the_vendor_does_not_offer_after_all_costs_nothing(film_of, sandbox, name):
    engine = find(name, Kind.PERFORMER)
    with pytest.raises(Refused, match=VENDORS[engine.vendor].label):
        film_of(name)
    assert charged(sandbox, engine.vendor) == []


def test_what_is_resold_under_other_names_is_fitted_to_the_live_schema(film_of, sandbox):
    """React 1's fields at WaveSpeed are nobody's word; its catalogue has them."""
    film_of("wavespeed:sync/react-1", emotion="happy")
    assert [one["charged"] for one in charged(sandbox, "wavespeed")] == [1]


def test_kling_itself_fetches_footage_from_a_public_address(film_of, sandbox, files):
    with hosting(files["video"].parent) as url:
        film_of("kling:lip-sync", video_url=f"{url}/{files['video'].name}")
    assert [one["charged"] for one in charged(sandbox, "kling")] == [1]


def test_without_a_public_address_kling_names_the_other_routes(film_of, sandbox):
    with pytest.raises(Refused, match=r"public https address .* through fal, WaveSpeed or Repl"):
        film_of("kling:lip-sync")
    assert charged(sandbox, "kling") == []
