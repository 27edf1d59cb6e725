"""Every row of the table goes through: the double takes the model's name, its inputs and its
options as they are sent, and a film comes back.
"""

from functools import partial

import pytest
from PIL import Image

from avatar.engine.film import checked
from avatar.engine.performers.hosted import client_of
from avatar.engine.registry import find
from avatar.engine.registry.performers import PERFORMERS
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.journal import FileJournal, Paid
from avatar.engine.vendors.orders import Context, ordered
from studio.lib.engines import Kind
from studio.sandbox import VENDORS as DOUBLES
from studio.sandbox.vendors import media
from studio.sandbox.vendors.common import orders as charged
from tests.avatar.engine.vendors.test_conformance import inputs_of

HOSTED = [e for e in PERFORMERS if e.is_hosted and e.vendor in DOUBLES]
SOUND_MS = 4200


@pytest.fixture(scope="module")
def _files(tmp_path_factory):
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
def film_of(sandbox, tmp_path, _files):
    """Order a film; the options are those of the table, and what is chosen."""

    as_long = partial(checked, expected_ms=SOUND_MS, moves=False)

    def order(name, *, check=as_long, **chosen):
        engine = find(name, Kind.PERFORMER)
        sandbox.set_rule(f"{engine.vendor}.job_s", 0)
        inputs = {**inputs_of(engine, _files), **chosen}
        client = client_of(engine.vendor, Access())
        client.poll_s = 0.02
        context = Context(Access(), FileJournal(tmp_path / "orders"), patience_s=30)
        paid = Paid("k" * 64, engine.name, "film", 0.1)
        return ordered(context, client, engine, paid, inputs, check=check)

    return order


@pytest.mark.parametrize("name", [e.name for e in HOSTED if not e.public_url])
def test_a_film_comes_back_and_is_paid_once(film_of, sandbox, name):
    engine = find(name, Kind.PERFORMER)
    if engine.brings_sound:
        assert media.look(film_of(name, check=lambda film: None)).kind == "video"
    else:
        film_of(name)
    assert [one["charged"] for one in charged(sandbox, engine.vendor)] == [1]
