"""Choosing who speaks and who performs: form, look and take."""

import json

import pytest

from avatar import engine_keys, services
from avatar.forms import LookForm, ReelForm, form_of, form_values
from avatar.models import Take
from avatar.services import ReelRefused
from studio.lib.engines import Engine, Kind, Option

pytestmark = pytest.mark.django_db

FILM = Engine(
    "double:film", Kind.PERFORMER, "Double", "x:Y", vendor="sync",
    inputs=("image*", "audio*", "prompt"),
    options={
        "heat": Option(0.5, low=0, high=1, about="How wild."),
        "steps": Option(25, low=1, high=50),
        "mode": Option("fast", choices=("fast", "good")),
        "crop": Option(True),
        "seed": Option(low=0, high=9, whole=True),
    },
)  # fmt: skip
CHOICE = {
    "captions": "bold", "size": "720x1280", "background": "blur", "motion": "0.5",
    "blink": "1.0", "expression": "1.5", "label": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    from avatar.engine import registry

    monkeypatch.setitem(registry.ENGINES, FILM.name, FILM)
    monkeypatch.delenv("SYNC_API_KEY", raising=False)


@pytest.fixture
def alice(client, creator):
    client.force_login(creator.owner)
    return client


@pytest.fixture
def keyed(creator):
    engine_keys.keep(creator, "sync", "sk-secret")
    return creator


def test_only_engines_that_are_set_up_can_be_chosen(creator):
    refused = LookForm(creator, {**CHOICE, "performer": "double:film"})
    assert "performer" in refused.errors
    engine_keys.keep(creator, "sync", "sk-secret")
    assert LookForm(creator, {**CHOICE, "performer": "double:film"}).is_valid()


def test_a_form_without_engines_keeps_those_that_were_chosen(keyed):
    services.keep_look(keyed, options={"performer": "double:film, puppet", "emotion": "calm"})
    form = LookForm(keyed, CHOICE, initial=form_values(services.look(keyed)))
    assert form.is_valid()
    assert form.options()["performer"] == "double:film, puppet"


def test_an_engine_brings_its_own_options(keyed):
    form = LookForm(keyed, initial=form_values({**services.DEFAULTS, "performer": FILM.name}))
    parts = form.engine_parts()
    names = [field.name for part in parts for field in (*part.fields, *part.options)]
    assert {f"performer-{name}" for name in FILM.options} <= set(names)
    assert "prompt" in names
    assert "sync_mode" not in names


def test_options_are_kept_in_their_own_kinds_and_only_where_not_as_usual(keyed):
    sent = {
        **CHOICE,
        "performer": FILM.name,
        "performer_else": "puppet",
        "performer-heat": "0.5",
        "performer-steps": "30",
        "performer-mode": "good",
        "performer-crop": "no",
        "performer-seed": "7",
        "prompt": "Nod a little.",
    }
    assert "performer-seed" in ReelForm(keyed, sent | {"performer-seed": "0.5"}).errors
    form = ReelForm(keyed, sent)
    assert form.is_valid(), form.errors
    options = form.options()
    assert options["performer"] == "double:film, puppet"
    wanted = {"steps": 30, "mode": "good", "crop": False, "seed": 7}
    assert json.dumps(options["performer_options"]) == json.dumps(wanted)  # 7.0 would be refused
    assert options["prompt"] == "Nod a little."


def test_the_form_shows_what_was_chosen_before(keyed, script):
    chosen = {"performer": FILM.name, "performer_options": {"crop": False, "heat": 0.9}}
    form = form_of(services.request_reel(script, options=chosen))
    assert form["performer"].value() == FILM.name
    assert form["performer-crop"].value() == "no"
    assert form["performer-heat"].value() == 0.9


def test_a_number_out_of_its_limits_is_said_at_its_field(keyed):
    form = ReelForm(keyed, {**CHOICE, "performer": FILM.name, "performer-heat": "7"})
    assert "performer-heat" in form.errors


def test_an_option_or_engine_that_is_not_there_makes_no_reel(script):
    with pytest.raises(ReelRefused, match="no performer"):
        services.request_reel(script, options={"performer": "wings"})
    with pytest.raises(ReelRefused, match="no option wings"):
        services.request_reel(script, options={"performer_options": {"wings": 2}})


def test_another_voice_or_mood_is_another_take_and_another_performer_is_not(script):
    first = services.request_reel(script)
    calm = services.request_reel(script, options={"emotion": "calm"})
    filmed = services.request_reel(script, options={"performer": FILM.name})
    assert calm.take != first.take == filmed.take
    assert calm.take.settings == {"emotion": "calm"}
    assert services.render_options(calm).emotion == "calm"


def test_a_reel_from_before_engines_could_be_chosen_is_the_same_reel(script):
    reel = services.request_reel(script)
    older = {k: v for k, v in reel.options.items() if k not in services.ENGINES}
    recipe = services.recipe_sha256(reel.portrait, older, reel.label)
    assert recipe == reel.recipe_sha256
    assert Take.objects.get().settings_sha256 == ""


def test_choosing_another_engine_asks_for_its_fields_and_price(alice, keyed, script):
    sent = {**CHOICE, "performer": FILM.name, "script": script.pk}
    url = f"/creators/{keyed.pk}/engine-fields/"
    page = alice.get(url, sent, headers={"HX-Request": "true"}).content.decode()
    assert 'name="performer-heat"' in page
    assert "price not known" in page
    assert f"engine-fields/?script={script.pk}" in page


def test_the_look_says_what_a_usual_reel_costs(alice, creator):
    engine_keys.keep(creator, "wavespeed", "sk-secret")
    fabric = {"performer": "wavespeed:veed/fabric-1.0"}
    url = f"/creators/{creator.pk}/engine-fields/"
    chosen = alice.get(url, {**CHOICE, **fabric}, headers={"HX-Request": "true"})
    services.keep_look(creator, options=fabric)
    for page in (chosen, alice.get(f"/creators/{creator.pk}/look/")):
        text = " ".join(page.content.decode().split())
        assert "A reel of 25 seconds" in text
        assert "3.50 USD" in text


def test_an_option_that_moves_the_price_asks_for_the_price_alone(alice, creator, script):
    engine_keys.keep(creator, "wavespeed", "sk-secret")
    fabric = "wavespeed:veed/fabric-1.0"
    sent = {**CHOICE, "performer": fabric, "script": script.pk}
    costs = []
    for resolution in ("", "480p"):
        sent["performer-resolution"] = resolution
        url = f"/creators/{creator.pk}/engine-fields/"
        page = alice.get(url, sent, headers={"HX-Request": "true"}).content.decode()
        costs.append(page.partition("costs about")[2].split("USD")[0].rpartition(">")[2].strip())
    assert costs == ["1.40", "0.70"], "ten seconds for a text of nine"
    assert 'hx-target="#quote"' in page


def test_nobody_elses_form_or_script_is_shown(client, keyed, script):
    from tests.factories import UserFactory

    client.force_login(UserFactory())
    assert client.get(f"/creators/{keyed.pk}/engine-fields/").status_code == 404
    assert client.get(f"/scripts/{script.pk}/price/").status_code == 404


def test_nothing_leaves_under_an_agreement_that_says_it_stays(script, alice):
    script.creator.consents.update(wording_version="1")
    with pytest.raises(ReelRefused, match="Double works elsewhere"):
        services.request_reel(script, options={"performer": FILM.name})
    assert services.request_reel(script).pk, "what works here is made"
    services.keep_look(script.creator, options={"performer": FILM.name})
    assert "Agree to the new wording" in services.why_not(script)
    page = alice.get(f"/creators/{script.creator.pk}/").content.decode()
    assert "Agree to the new wording" in page
    assert "a performer elsewhere" in page


def test_listeners_are_chosen_and_priced(creator, script):
    from avatar import prices

    usual = services.settled({})
    engine_keys.keep(creator, "elevenlabs", "sk-secret")
    form = ReelForm(creator, {**CHOICE, "aligner": "elevenlabs:forced-alignment"})
    assert form.is_valid(), form.errors
    chosen = services.settled(form.options())
    assert chosen["aligner"] == "elevenlabs:forced-alignment"
    assert chosen["denoiser"] == usual["denoiser"] == ""
    lines = prices.quote(script, chosen).lines
    assert [(line.kind, line.usd > 0) for line in lines[2:]] == [(Kind.ALIGNER, True)]
    with pytest.raises(ReelRefused, match="There is no denoiser"):
        services.settled({"denoiser": "whisper"})


def test_a_sample_goes_to_no_listener_elsewhere_without_an_agreement(script):
    script.creator.consents.update(wording_version="1")
    with pytest.raises(ReelRefused, match="ElevenLabs audio isolation works elsewhere"):
        services.request_reel(script, options={"denoiser": "elevenlabs:audio-isolation"})
