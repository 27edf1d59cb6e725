"""The page and the command that list all engines."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from avatar import catalogue, engine_keys, ledger
from avatar.engine.registry import ENGINES
from avatar.engine.vendors.access import Access
from avatar.models import Charge, EngineKey
from studio.lib.engines import Kind
from tests.factories import CreatorFactory, UserFactory

pytestmark = pytest.mark.django_db
SECRET = "sk-very-secret-key"


@pytest.fixture
def alice(client, creator):
    client.force_login(creator.owner)
    return client


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch):
    for name in ("SYNC_API_KEY", "ELEVENLABS_API_KEY", "SANDBOX_URL"):
        monkeypatch.delenv(name, raising=False)


def command(*arguments) -> str:
    out = StringIO()
    call_command("engines", *arguments, stdout=out)
    return out.getvalue()


# The list


def test_every_engine_and_writer_is_listed_with_what_it_lacks():
    rows = {row.engine.name: row for row in catalogue.rows(Access(environ={}))}
    assert set(ENGINES) | {"notes", "openai"} <= set(rows)
    assert rows["puppet"].is_ready
    assert "SYNC_API_KEY" in rows["sync:sync-3"].lacks
    assert rows["sync:sync-3"].usd > 0


def test_the_translator_of_scripts_is_among_the_translators(settings):
    settings.OPENAI_API_KEY = settings.OPENAI_BASE_URL = ""
    listed = command("--kind", "translator")
    assert "translate:openai" in listed
    assert "OPENAI_BASE_URL" in listed
    settings.OPENAI_BASE_URL = "http://127.0.0.1:1/v1"
    rows = {row.engine.name: row for row in catalogue.rows(Access(environ={}), Kind.TRANSLATOR)}
    assert rows["translate:openai"].is_ready


def test_the_command_prints_data(monkeypatch):
    monkeypatch.setenv("SYNC_API_KEY", SECRET)
    printed = command("--json", "--kind", "performer")
    rows = {row["name"]: row for row in json.loads(printed)}
    assert rows["sync:sync-3"]["configured"] is True
    assert rows["sync:sync-3"]["next_reel_usd"] > 1
    assert rows["puppet"]["next_reel_usd"] == 0
    assert "sketch" not in rows
    assert SECRET not in printed


def test_the_command_prints_a_table():
    printed = command()
    assert "Voices" in printed
    assert "sync:sync-3" in printed
    assert "SYNC_API_KEY is not set" in printed


def test_testing_an_engine_that_is_not_set_up_says_what_is_missing():
    with pytest.raises(CommandError, match="SYNC_API_KEY is not set"):
        command("--test", "sync:sync-3")
    with pytest.raises(CommandError, match="no engine “wings”"):
        command("--test", "wings")


def test_testing_asks_the_vendor_and_costs_nothing(sandbox):
    assert command("--test", "sync:sync-3").strip() == "Sync.so accepts the key."
    assert "works on this machine" in command("--test", "puppet")


def test_a_wrong_key_is_said_in_one_sentence(sandbox, creator):
    engine_keys.keep(creator, "sync", "sk-wrong")
    with pytest.raises(CommandError, match=r"Sync\.so does not accept the key"):
        command("--test", "sync:sync-3", "--creator", creator.handle)


# The page


def test_the_page_shows_what_the_month_cost_and_what_is_under_way(alice, creator):
    for key, state in (("a", "done"), ("b", "sending")):
        Charge.objects.create(
            creator=creator, what="film", engine="sync:sync-3", key=key * 64, state=state,
            account="sync:1", estimated_usd=2, usd=1.5 if state == "done" else None,
            changed_at=creator.created_at.replace(year=2020),
        )  # fmt: skip
    page = alice.get("/engines/").content.decode()
    assert "3.50 USD spent" in page
    assert "16.50 USD left" in page
    assert "It was not made: order again" in page


def test_an_agency_sees_all_its_creators_and_what_waits_for_a_decision(
    alice, creator, django_assert_max_num_queries
):
    creators = [CreatorFactory(owner=creator.owner, name=f"Actor {n}") for n in range(12)]
    for n, one in enumerate(creators[:10]):
        Charge.objects.create(
            creator=one, what="film", engine="sync:sync-3", key="c" * 64, state="done",
            account="sync:1", estimated_usd=1, usd=n + 1,
        )  # fmt: skip
    order = Charge.objects.create(
        creator=creators[0], what="film", engine="sync:sync-3", key="d" * 64, state="sending",
        account="sync:1", estimated_usd=None, changed_at=creator.created_at.replace(year=2020),
    )  # fmt: skip
    with django_assert_max_num_queries(25):
        page = alice.get("/engines/").content.decode()
    assert "55.00 USD of 260.00 USD" in page
    assert page.index("Actor 9") < page.index("Actor 8"), "who spends most comes first"
    assert "Three creators ordered nothing that costs." in page
    assert f"/charges/{order.pk}/again/" in page
    assert "To decide: Sync sync-3" in command()
    shown = alice.get(f"/charges/{order.pk}/").content.decode()
    assert "Was this order carried out?" in shown
    assert "price not known" in shown


def test_a_budget_is_set(alice, creator):
    alice.post(f"/creators/{creator.pk}/engines/budget/", {"monthly_usd": "7.50"})
    assert ledger.budget_of(creator) == 7.5
    answer = alice.post(f"/creators/{creator.pk}/engines/budget/", {"monthly_usd": "-1"})
    assert answer.status_code == 422


def test_a_key_of_ones_own_is_kept_locked_and_never_shown(alice, creator):
    url = f"/creators/{creator.pk}/engines/key/"
    page = alice.post(url, {"vendor": "sync", "key": SECRET}, follow=True).content.decode()
    row = EngineKey.objects.get()
    assert SECRET not in page
    assert row.fingerprint in page
    assert "own key" in page
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM avatar_enginekey")
        assert SECRET not in str(cursor.fetchall())
    assert engine_keys.own(creator) == {"SYNC_API_KEY": SECRET}


def test_a_new_key_takes_the_place_of_the_old_one(alice, creator):
    for key in (SECRET, "sk-another"):
        alice.post(f"/creators/{creator.pk}/engines/key/", {"vendor": "sync", "key": key})
    assert engine_keys.own(creator) == {"SYNC_API_KEY": "sk-another"}


def test_what_is_no_key_is_not_kept_and_not_shown_again(alice, creator):
    answer = alice.post(
        f"/creators/{creator.pk}/engines/key/", {"vendor": "sync", "key": "two words"}
    )
    assert answer.status_code == 422
    assert "This is no key" in answer.content.decode()
    assert "two words" not in answer.content.decode()
    assert not EngineKey.objects.exists()


def test_a_key_is_deleted(alice, creator):
    row = engine_keys.keep(creator, "sync", SECRET)
    alice.post(f"/engine-keys/{row.pk}/delete/")
    assert engine_keys.own(creator) == {}


def test_the_test_button_puts_the_answer_beside_it(alice, creator, sandbox):
    url = f"/creators/{creator.pk}/engines/test/"
    answer = alice.post(url, {"engine": "sync:sync-3"}, headers={"HX-Request": "true"})
    assert "Sync.so accepts the key." in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_somebody_elses_money_and_keys_are_not_to_be_had(client, creator):
    row = engine_keys.keep(creator, "sync", SECRET)
    stranger = UserFactory()
    CreatorFactory(owner=stranger, name="Bob Other")
    client.force_login(stranger)
    assert client.post(f"/engine-keys/{row.pk}/delete/").status_code == 404
    for what in ("test", "key", "budget"):
        assert client.post(f"/creators/{creator.pk}/engines/{what}/").status_code == 404
    page = client.get(f"/engines/?creator={creator.pk}").content.decode()
    assert "Bob Other" in page
    assert creator.name not in page
    assert row.fingerprint not in page


def test_every_kind_of_engine_has_a_title():
    assert set(catalogue.TITLES) == set(Kind)
