"""Every row of the table goes through: the double takes the model's name, its inputs and its
options as they are sent, and a film comes back.
"""

from functools import partial

import pytest
from PIL import Image

from avatar.engine.errors import Refused
from avatar.engine.film import checked
from avatar.engine.registry import find
from avatar.engine.registry.performers import PERFORMERS
from avatar.engine.vendors.access import VENDORS, Access
from avatar.engine.vendors.clients import client_of
from avatar.engine.vendors.journal import FileJournal, Paid
from avatar.engine.vendors.orders import Context, ordered
from studio.lib.engines import Kind
from studio.sandbox import VENDORS as DOUBLES
from studio.sandbox.vendors import media
from studio.sandbox.vendors.common import orders as charged
from tests.avatar.engine.vendors.test_conformance import inputs_of
from tests.sandboxes import hosting

HOSTED = [e for e in PERFORMERS if e.is_hosted and e.vendor in DOUBLES]
SOUND_MS = 4200


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("given")
    names = {"image": "photo.png", "audio": "voice.wav", "video": "footage.mp4"}
    files = {name: folder / file for name, file in names.items()}
    Image.new("RGB", (320, 480), "teal").save(files["image"])
    media.humming(files["audio"], SOUND_MS / 1000)
    media.run_ffmpeg(
        "-f", "lavfi", "-i", f"testsrc2=s=720x1280:r=5:d={SOUND_MS / 1000}",
        *media.QUICK, str(files["video"]),
    )  # fmt: skip
    return files


@pytest.fixture
def film_of(sandbox, tmp_path, files):
    """Order a film; the options are those of the table, and what is chosen."""

    as_long = partial(checked, expected_ms=SOUND_MS, moves=False)

    def order(name, *, check=as_long, **chosen):
        engine = find(name, Kind.PERFORMER)
        sandbox.set_rule(f"{engine.vendor}.job_s", 0)
        inputs = {**inputs_of(engine, files), **chosen}
        client = client_of(engine.vendor, Access())
        client.poll_s = 0.02
        context = Context(Access(), FileJournal(tmp_path / "orders"), patience_s=30)
        paid = Paid("k" * 64, engine.name, "film", 0.1)
        return ordered(context, client, engine, paid, inputs, check=check)

    return order


# Not confirmed by the vendor: these the double has, the others it has not.
OFFERED = ("pixverse:lipsync", "wavespeed:sync/react-1", "replicate:sync/react-1")
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
