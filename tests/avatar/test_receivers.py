"""Signals from upstream, sent as upstream sends them."""

import pytest

from avatar import services
from avatar.models import Reel
from creators.signals import consent_revoked, portrait_added, voice_added
from scripts_gen.signals import approval_withdrawn, script_approved
from tests.factories import ScriptFactory


@pytest.fixture
def sent(monkeypatch, django_capture_on_commit_callbacks):
    """The jobs that a signal hands to the queue."""

    def send(signal, **kwargs):
        jobs = []
        monkeypatch.setattr(
            "studio.lib.jobs.async_task", lambda *args, **kw: jobs.append((*args, kw["cluster"]))
        )
        with django_capture_on_commit_callbacks(execute=True):
            signal.send(sender=None, **kwargs)
        return jobs

    return send


def test_a_new_photo_is_looked_at(sent, db):
    jobs = sent(portrait_added, portrait_id=7)
    assert jobs == [("avatar.tasks.inspect_portrait", 7, "default")]


def test_a_new_sample_is_listened_to(sent, db):
    assert sent(voice_added, voice_id=7) == [("avatar.tasks.inspect_voice", 7, "default")]


def test_an_approved_script_becomes_a_waiting_reel(sent, script):
    jobs = sent(script_approved, script_id=script.pk)
    reel = Reel.objects.get(take__script=script)
    assert jobs == [("avatar.tasks.render", reel.pk, "render")]


def test_an_approved_script_without_photo_waits_without_an_error(sent, db):
    script = ScriptFactory(approved=True)
    assert sent(script_approved, script_id=script.pk) == []
    assert not Reel.objects.exists()


def test_withdrawn_approval_and_revoked_consent_stop_the_reel(sent, script):
    one = services.request_reel(script)
    sent(approval_withdrawn, script_id=script.pk)
    one.refresh_from_db()
    assert one.state == Reel.State.CANCELLED

    two = services.request_reel(script)
    script.creator.consents.update(revoked_at=two.created_at)
    sent(consent_revoked, creator_id=script.creator.pk)
    two.refresh_from_db()
    assert two.state == Reel.State.CANCELLED
