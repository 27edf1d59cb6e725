"""A consent is gone: what was ordered under it is deleted, here and at the vendors."""

from datetime import timedelta
from pathlib import Path

import pytest
import requests
from django.core.files.base import ContentFile
from django.utils import timezone

from avatar import ledger, services, tasks
from avatar.engine.errors import Busy, Cancelled
from avatar.engine.vendors.journal import Paid
from avatar.ledger import Ledger
from avatar.models import Charge
from creators.services import revoke_consent
from studio.lib.files import store_file
from tests.factories import ConsentFactory
from tests.studio.sandbox.vendors.samples import sample

KEY = {"xi-api-key": "sandbox-key"}
PAID = Paid("f" * 64, "sync:sync-3", "film", 1.0)


@pytest.fixture
def charge(creator):
    def make(**about):
        values = {
            "creator": creator, "what": "film", "engine": "sync:sync-3", "key": "f" * 64,
            "state": "done", "account": "sync:1", "estimated_usd": 1, "usd": 1,
            "result": ContentFile(b"a film", "film.mp4"),
        }  # fmt: skip
        return Charge.objects.create(**{**values, **about})

    return make


@pytest.fixture
def voice(charge, sandbox, tmp_path):
    """A voice that ElevenLabs made after a sample, in the sandbox."""
    with sample(tmp_path / "me.wav", 20).open("rb") as file:
        made = requests.post(
            f"{sandbox.url}/elevenlabs/v1/voices/add",
            headers=KEY, data={"name": "Mira"}, files=[("files", ("me.wav", file, "audio/wav"))],
            timeout=20,
        )  # fmt: skip
    return charge(
        what="clone", engine="elevenlabs:eleven_multilingual_v2", key="c" * 64,
        account="elevenlabs:1", handle={"voice_id": made.json()["voice_id"]},
        result=ContentFile(b"{}", "voice.json"),
    )  # fmt: skip


def revoke(creator) -> None:
    revoke_consent(creator.consents.first(), creator.owner)
    services.withdraw_consent(creator.pk)


def is_there(sandbox, charge) -> bool:
    url = f"{sandbox.url}/elevenlabs/v1/voices/{charge.handle['voice_id']}"
    return requests.get(url, headers=KEY, timeout=5).ok


def fresh(charge) -> Charge:
    return Charge.objects.get(pk=charge.pk)


def test_results_are_deleted_and_the_row_says_when(creator, charge, caplog):
    film = charge()
    path = Path(film.result.path)
    revoke(creator)
    assert not path.exists()
    assert (fresh(film).result.name, fresh(film).usd) == ("", 1)
    assert fresh(film).purged_at
    assert "Audit: consent withdrawn, result of charge" in caplog.text


def test_what_was_purged_is_no_answer_to_a_new_order(creator, charge, stack):
    charge()
    revoke(creator)
    ConsentFactory(creator=creator)
    entry = Ledger(creator, None, stack).begin(PAID)
    assert entry.state == "reserved"


def test_a_film_that_comes_after_the_revocation_is_not_kept(creator, charge, stack, tmp_path):
    charge(state="placed", result="", usd=None)
    revoke(creator)
    film = tmp_path / "film.mp4"
    film.write_bytes(b"a film")
    with pytest.raises(Cancelled, match="consent was withdrawn"):
        Ledger(creator, None, stack).done("f" * 64, film, usd=1, facts={})
    assert fresh(Charge.objects.get()).result.name == ""


def test_a_consent_that_goes_while_a_film_is_put_away_leaves_none_of_it(
    creator, charge, stack, tmp_path, monkeypatch
):
    def store(field, path):
        store_file(field, path)
        stored.append(Path(field.path))
        revoke(creator)

    stored: list[Path] = []
    monkeypatch.setattr(ledger, "store_file", store)
    charge(state="placed", result="", usd=None)
    film = tmp_path / "film.mp4"
    film.write_bytes(b"a film")
    with pytest.raises(Cancelled, match="consent was withdrawn"):
        Ledger(creator, None, stack).done("f" * 64, film, usd=1, facts={})
    assert not stored[0].exists()
    assert fresh(Charge.objects.get()).result.name == ""


def test_what_came_to_nothing_before_the_revocation_is_a_new_order_after_it(
    creator, charge, stack, tmp_path
):
    charge(state="absent", result="", usd=0)
    revoke(creator)
    ConsentFactory(creator=creator)
    journal, film = Ledger(creator, None, stack), tmp_path / "film.mp4"
    film.write_bytes(b"a film")
    journal.begin(PAID)
    journal.sending(PAID.key)
    journal.placed(PAID.key, {"id": "7"})
    assert journal.done(PAID.key, film, usd=1, facts={}), "paid for, and kept"


def test_nothing_is_sent_that_was_prepared_under_a_consent_that_is_gone(creator, charge, stack):
    charge(state="reserved", result="", usd=None)
    journal = Ledger(creator, None, stack)
    revoke_consent(creator.consents.first(), creator.owner)
    with pytest.raises(Busy):  # before anybody has seen to it
        journal.sending(PAID.key)
    services.withdraw_consent(creator.pk)
    with pytest.raises(Busy):
        journal.sending(PAID.key)


def test_a_voice_that_was_being_made_when_the_consent_went_is_deleted_too(creator, voice, stack):
    Charge.objects.update(state="sending", handle={}, result="")
    revoke(creator)
    assert ("avatar.tasks.purge", creator.pk, "default") in tasks.due(), "once it has a name"
    Ledger(creator, None, stack).placed(voice.key, voice.handle)
    tasks.purge(creator.pk)
    assert ("avatar.tasks.forget_voice", voice.pk, "default") in tasks.due()


def test_a_cloned_voice_is_deleted_at_its_vendor_by_a_worker(creator, voice, sandbox, caplog):
    revoke(creator)
    assert is_there(sandbox, voice), "no page waits for a vendor"
    assert ("avatar.tasks.forget_voice", voice.pk, "default") in tasks.due()
    tasks.forget_voice(voice.pk)
    assert not is_there(sandbox, voice)
    assert fresh(voice).purged_at
    assert tasks.due() == []
    assert f"voice {voice.handle['voice_id']} deleted at ElevenLabs" in caplog.text


def test_a_vendor_in_trouble_is_asked_again(creator, voice, sandbox):
    revoke(creator)
    sandbox.fault("status", platform="elevenlabs", path="/v1/voices", status=500)
    tasks.forget_voice(voice.pk)
    assert fresh(voice).purged_at is None
    assert fresh(voice).forget_at > timezone.now()
    assert tasks.due() == []
    Charge.objects.update(forget_at=timezone.now() - timedelta(seconds=1))
    tasks.forget_voice(voice.pk)
    assert fresh(voice).purged_at
    assert not is_there(sandbox, voice)


def test_where_no_call_deletes_a_voice_it_is_said_what_to_do(creator, charge, client):
    voice = charge(
        what="clone", engine="hedra:elevenlabs-v3", account="hedra:1", handle={"voice_id": "v1"}
    )
    charge(what="clone", key="e" * 64, state="failed", why="Hedra found nobody in it.")
    revoke(creator)
    tasks.forget_voice(voice.pk)
    assert "delete v1 on its website" in fresh(voice).why
    client.force_login(creator.owner)
    page = client.get("/engines/").content.decode()
    assert fresh(voice).why in page
    assert "found nobody" not in page, "no voice was made there"


def test_what_a_later_consent_covers_stays(creator, charge):
    revoke(creator)
    ConsentFactory(creator=creator)
    film = charge()
    services.withdraw_consent(creator.pk)
    assert fresh(film).purged_at is None


def test_a_lost_signal_is_made_up_for(creator, charge):
    charge()
    creator.consents.update(revoked_at=timezone.now())
    assert ("avatar.tasks.purge", creator.pk, "default") in tasks.due()
    tasks.purge(creator.pk)
    assert tasks.due() == []
