"""Inspections, and what `due` finds."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from avatar import services, tasks
from avatar.models import Reel
from creators.models import Portrait, Voice
from tests.factories import (
    ConsentFactory,
    CreatorFactory,
    PortraitFactory,
    ReelFactory,
    ScriptFactory,
    VoiceFactory,
)


@pytest.fixture
def portrait(db):
    return PortraitFactory(state=Portrait.State.CHECKING)


@pytest.fixture
def voice(db):
    return VoiceFactory(state=Voice.State.CHECKING)


def after(task, row):
    task(row.pk)
    row.refresh_from_db()
    return row


# Inspections


def test_a_photo_is_looked_at_and_ready(portrait, engine):
    assert after(tasks.inspect_portrait, portrait).state == Portrait.State.READY
    assert portrait.report["usable"] is True


def test_a_sample_is_listened_to_and_ready(voice, engine):
    assert after(tasks.inspect_voice, voice).state == Voice.State.READY


def test_a_sample_that_is_no_good_is_not_called_by_our_name_for_it(voice, monkeypatch):
    def inspect(job, what):
        return tasks._unusable(f"{Path(job['sample']).name} is silent.")

    monkeypatch.setattr(tasks, "_inspect", inspect)
    after(tasks.inspect_voice, voice)
    assert voice.report["problems"] == ["The recording is silent."]


@pytest.mark.parametrize(
    ("way", "problem"),
    [
        ("error:InputError:There is no face in this photo.", "There is no face in this photo."),
        ("error:Fault:KeyError", tasks.COULD_NOT),
        ("dies", "This file could not be read. Try another one."),
    ],
)
def test_a_failed_inspection_is_a_report_with_a_sentence(portrait, voice, engine, way, problem):
    engine(way)
    assert after(tasks.inspect_portrait, portrait).state == Portrait.State.REFUSED
    assert portrait.report["problems"] == [problem]
    assert after(tasks.inspect_voice, voice).state == Voice.State.REFUSED
    assert voice.report["problems"] == [problem]


def test_an_inspection_that_never_ends_is_stopped(portrait, engine, monkeypatch):
    engine("hangs")
    monkeypatch.setattr(tasks, "INSPECT_LIMIT_S", 0.3)
    assert after(tasks.inspect_portrait, portrait).state == Portrait.State.REFUSED


def test_a_photo_whose_file_is_gone_says_so(portrait, engine):
    Path(portrait.image.path).unlink()
    after(tasks.inspect_portrait, portrait)
    assert portrait.report["problems"] == ["The photo's file is gone. Add it again."]


def test_a_photo_that_was_decided_is_left_alone(portrait, engine):
    Portrait.objects.update(state=Portrait.State.REFUSED, report={"usable": False})
    engine("dies")
    assert after(tasks.inspect_portrait, portrait).report == {"usable": False}


def test_rows_that_are_gone_are_no_error(db, engine):
    tasks.inspect_portrait(404)
    tasks.inspect_voice(404)
    tasks.render(404)


# What is due


def test_nothing_is_due_in_an_empty_installation(db):
    assert tasks.due() == []


def test_unchecked_photos_and_samples_are_due(portrait, voice):
    assert tasks.due() == [
        ("avatar.tasks.inspect_portrait", portrait.pk, "default"),
        ("avatar.tasks.inspect_voice", voice.pk, "default"),
    ]


def test_an_approved_script_whose_signal_was_lost_is_due_and_gets_its_reel(script):
    assert tasks.due() == [("avatar.tasks.request", script.pk, "default")]
    tasks.request(script.pk)
    reel = Reel.objects.get()
    assert tasks.due() == [("avatar.tasks.render", reel.pk, "render")]


def test_a_script_that_cannot_have_a_reel_is_not_due(script, creator):
    ScriptFactory(slot__creator=creator)  # proposed
    creator.consents.update(revoked_at=timezone.now())
    assert tasks.due() == []


def test_consent_to_another_photo_makes_no_script_due(script, creator):
    PortraitFactory(creator=creator, sha256="f" * 64)
    assert tasks.due() == []


def test_scripts_that_wait_for_a_consent_hold_nobody_up(script, creator, monkeypatch):
    monkeypatch.setattr(tasks, "AT_ONCE", 2)
    ScriptFactory.create_batch(2, slot__creator=creator, approved=True)
    PortraitFactory(creator=creator, sha256="f" * 64)  # agreed to the photo before it
    ready = CreatorFactory()
    PortraitFactory(creator=ready)
    ConsentFactory(creator=ready)
    script = ScriptFactory(slot__creator=ready, approved=True)
    assert tasks.due() == [("avatar.tasks.request", script.pk, "default")]


def test_a_cancelled_reel_is_not_asked_for_again(script):
    services.cancel(services.request_reel(script))
    assert tasks.due() == []


def test_a_held_reel_is_not_due_until_its_lease_runs_out(script):
    reel = services.request_reel(script)
    claim = {"states": (Reel.State.QUEUED,), "state": Reel.State.RENDERING}
    Reel.objects.claim(reel.pk, seconds=60, **claim)
    assert tasks.due() == []
    Reel.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert tasks.due() == [("avatar.tasks.render", reel.pk, "render")]


def test_a_reel_that_waits_for_disk_space_is_due_at_its_time(script):
    reel = services.request_reel(script)
    Reel.objects.update(retry_at=timezone.now() + timedelta(minutes=1))
    assert tasks.due() == []
    Reel.objects.update(retry_at=timezone.now())
    assert tasks.due() == [("avatar.tasks.render", reel.pk, "render")]


def test_the_oldest_reels_come_first_and_only_a_few(db):
    reels = ReelFactory.create_batch(5)
    first = [(task, pk) for task, pk, _ in tasks.due()]
    assert first == [("avatar.tasks.render", reel.pk) for reel in reels[: tasks.NEXT_REELS]]


def test_films_that_a_lost_revocation_left_are_due_and_deleted(script):
    reel = services.request_reel(script)
    ready = ReelFactory(ready=True, take=reel.take, portrait=reel.portrait)
    services.cancel(reel)
    assert tasks.due() == []
    script.creator.consents.update(revoked_at=timezone.now())
    assert tasks.due() == [("avatar.tasks.purge", script.creator.pk, "default")]
    tasks.purge(script.creator.pk)
    ready.refresh_from_db()
    assert (ready.state, bool(ready.video)) == (Reel.State.CANCELLED, False)
    assert tasks.due() == []


def test_due_costs_the_same_for_many(script, creator, django_assert_num_queries):
    with CaptureQueriesContext(connection) as few:
        assert len(tasks.due()) == 1
    ScriptFactory.create_batch(8, slot__creator=creator, approved=True)
    ReelFactory.create_batch(10)
    ConsentFactory.create_batch(10)
    with django_assert_num_queries(len(few)):
        assert len(tasks.due()) == 9 + tasks.NEXT_REELS
