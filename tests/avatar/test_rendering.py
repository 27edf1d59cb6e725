"""From a waiting reel to a finished, failed or cancelled one, with a real child process."""

import hashlib
import os
import time
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from avatar import rendering, services, tasks, workshop
from avatar.models import Reel
from avatar.signals import reel_ready
from scripts_gen.models import Script
from tests.factories import ConsentFactory, PortraitFactory, VoiceFactory

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def reel(script):
    return services.request_reel(script)


@pytest.fixture
def ready():
    """Ids that reel_ready told of."""
    ids = []

    def hear(reel_id, **kwargs):
        ids.append(reel_id)

    reel_ready.connect(hear)
    yield ids
    reel_ready.disconnect(hear)


def render(reel: Reel) -> Reel:
    tasks.render(reel.pk)
    reel.refresh_from_db()
    return reel


def diary(reel: Reel) -> list[str]:
    """What the children did, in order."""
    lines = (workshop.cache_dir(reel.creator.pk) / "diary").read_text().split("\n")
    return [line for line in lines if line and not line.startswith("start")]


def content(field_file) -> bytes:
    return Path(field_file.path).read_bytes()


def stored_films() -> list[Path]:
    return [
        p
        for p in Path(default_storage.location).rglob("*")
        if "portraits" not in p.parts and p.is_file()
    ]


def test_a_rendered_reel_has_its_files_and_facts(reel, ready, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        render(reel)
    assert reel.state == Reel.State.READY
    assert content(reel.video) == b"video in clean"
    assert reel.sha256 == hashlib.sha256(b"video in clean").hexdigest()
    assert (reel.width, reel.height, reel.fps, reel.duration_ms) == (1080, 1920, 30, 1500)
    assert (reel.progress, reel.lease_owner, reel.error) == (1.0, "", "")
    assert content(reel.take.audio) == b"take in clean"
    assert reel.take.duration_ms == reel.take.alignment["duration_ms"] == 1500
    assert ready == [reel.pk]


def test_a_task_delivered_twice_renders_once(reel):
    render(reel)
    before = reel.ready_at
    assert render(reel).ready_at == before
    assert diary(reel).count("assemble") == 1


def test_a_second_reel_of_a_take_keeps_the_voice_over_of_the_first(script):
    first = render(services.request_reel(script))
    second = render(services.request_reel(script, options={"captions": "bold"}))
    assert second.state == Reel.State.READY
    assert content(second.video) == b"video in bold"
    assert second.take == first.take
    assert content(second.take.audio) == b"take in clean"
    assert sum(path.suffix == ".take" for path in stored_films()) == 1


def test_progress_and_stage_are_written_while_it_works(reel, engine, monkeypatch):
    engine("talks")
    seen, keep = [], rendering.Hold.keep

    def keep_and_look(self, **changes):
        keep(self, **changes)
        if changes.get("stage"):
            now = Reel.objects.get(pk=reel.pk)
            seen.append((now.state, now.stage, now.progress))
            services.cancel(now)

    monkeypatch.setattr(rendering.Hold, "keep", keep_and_look)
    render(reel)
    assert seen == [("rendering", "perform", 0.5)]


def test_progress_is_not_written_for_every_message(reel, engine, during, monkeypatch):
    engine("talks")
    monkeypatch.setattr("avatar.process.TICK_S", 0.4)
    started = time.monotonic()
    during(4, lambda: services.cancel(reel))  # the first is before the child starts
    render(reel)
    assert time.monotonic() - started > 0.8


def test_a_cancelled_render_stops_and_its_child_is_gone(reel, engine, during):
    engine("stays in align")
    during(5, lambda: services.cancel(reel))
    started = time.monotonic()
    render(reel)
    assert time.monotonic() - started < 3
    assert reel.state == Reel.State.CANCELLED
    assert reel.error == "You cancelled this reel."
    assert not alive(int((workshop.cache_dir(reel.creator.pk) / "stays in align").read_text()))
    assert stored_films() == []


def test_a_reel_cancelled_while_its_files_are_stored_keeps_none(reel, during):
    during(6, lambda: services.cancel(reel))
    render(reel)
    assert reel.state == Reel.State.CANCELLED
    assert stored_films() == []


def test_approval_withdrawn_before_the_start_cancels_it(reel):
    Script.objects.filter(pk=reel.script.pk).update(state=Script.State.PROPOSED)
    render(reel)
    assert reel.state == Reel.State.CANCELLED
    assert "not approved" in reel.error


def test_approval_withdrawn_while_it_is_made_discards_it(reel, engine, during):
    def withdraw():
        Script.objects.filter(pk=reel.script.pk).update(state=Script.State.PROPOSED)

    during(2, withdraw)
    render(reel)
    assert reel.state == Reel.State.CANCELLED
    assert "not approved" in reel.error
    assert stored_films() == []


def test_consent_revoked_while_it_is_made_discards_it_and_all_stages(reel, engine, during):
    def revoke():
        reel.creator.consents.update(revoked_at=timezone.now())

    during(2, revoke)
    render(reel)
    assert reel.state == Reel.State.CANCELLED
    assert "no consent" in reel.error
    assert stored_films() == []
    assert not workshop.clear(reel.creator.pk), "the stages were still there"


def test_a_photo_replaced_meanwhile_cancels_it_with_the_reason(reel):
    photo = PortraitFactory(creator=reel.creator, sha256="f" * 64)
    ConsentFactory(creator=reel.creator, likeness_sha256=photo.sha256)
    render(reel)
    assert reel.state == Reel.State.CANCELLED
    assert "changed" in reel.error


def test_a_killed_child_goes_on_at_the_stage_it_died_in(reel, engine):
    engine("dies once in perform")
    assert render(reel).state == Reel.State.QUEUED
    assert render(reel).state == Reel.State.READY
    assert diary(reel) == ["analyse", "speak", "align", "perform", "assemble"]


@pytest.mark.parametrize("stage", ["analyse", "speak", "align", "perform", "assemble"])
def test_a_child_killed_in_any_stage_loses_no_other_stage(reel, engine, stage):
    engine(f"dies once in {stage}")
    render(reel)
    render(reel)
    assert reel.state == Reel.State.READY
    assert diary(reel) == ["analyse", "speak", "align", "perform", "assemble"]


def test_a_child_killed_in_the_middle_of_its_answer_is_tried_again(reel, engine):
    engine("stammers")
    assert render(reel).state == Reel.State.QUEUED


def test_after_three_deaths_it_fails_with_a_sentence(reel, engine):
    engine("dies in speak")
    states = [render(reel).state for _ in range(3)]
    assert states == [Reel.State.QUEUED, Reel.State.QUEUED, Reel.State.FAILED]
    assert reel.error == (
        "Making this reel stopped unexpectedly 3 times. Your script is kept; try again later."
    )
    assert services.retry(reel).attempts == 0


def test_a_worker_that_dies_with_it_three_times_is_not_given_it_again(reel):
    Reel.objects.filter(pk=reel.pk).update(attempts=3)
    render(reel)
    assert reel.state == Reel.State.FAILED


def test_what_the_creator_can_fix_is_said_in_the_engines_words(reel, engine):
    engine("error:InputError:The face is 90 px wide; 96 or more is needed.")
    render(reel)
    assert (reel.state, reel.error) == (
        Reel.State.FAILED,
        "The face is 90 px wide; 96 or more is needed.",
    )


def test_a_fault_of_the_program_shows_no_traceback(reel, engine, caplog):
    engine("error:Fault:KeyError 'jaw'")
    render(reel)
    assert reel.state == Reel.State.FAILED
    assert "KeyError" not in reel.error
    assert "the log's tail" in caplog.text


def test_a_full_disk_waits_and_tries_again(reel, engine):
    engine("error:ResourceError:The disk is full.")
    render(reel)
    assert reel.state == Reel.State.QUEUED
    assert reel.error == "The disk is full. This reel is tried again in a few minutes."
    assert reel.retry_at > timezone.now()
    engine("works")
    assert render(reel).state == Reel.State.QUEUED, "it was not time yet"
    Reel.objects.filter(pk=reel.pk).update(retry_at=timezone.now())
    assert render(reel).state == Reel.State.READY
    assert reel.error == ""


def test_what_an_earlier_attempt_said_is_gone_while_it_is_made_again(reel, during):
    Reel.objects.filter(pk=reel.pk).update(error="The disk is full.")
    errors = []
    during(2, lambda: errors.append(Reel.objects.get(pk=reel.pk).error))
    render(reel)
    assert errors == [""]


def test_a_cancel_that_a_dead_worker_did_not_see_is_kept(reel):
    Reel.objects.claim(reel.pk, states=(Reel.State.QUEUED,), seconds=60, state="rendering")
    services.cancel(reel)
    Reel.objects.update(lease_until=timezone.now())
    render(reel)
    assert (reel.state, reel.error) == (Reel.State.CANCELLED, "You cancelled this reel.")


def test_a_disk_that_stays_full_fails(reel, engine):
    engine("error:ResourceError:The disk is full.")
    Reel.objects.filter(pk=reel.pk).update(attempts=2)
    render(reel)
    assert (reel.state, reel.error) == (
        Reel.State.FAILED,
        "The disk is full. Make room, then try again.",
    )


def test_a_disk_that_fills_while_storing_keeps_nothing(reel, monkeypatch):
    real = rendering.store_file

    def store(field_file, path):
        if path.suffix == ".srt":
            raise OSError(28, "No space left on device")
        real(field_file, path)

    monkeypatch.setattr(rendering, "store_file", store)
    render(reel)
    assert reel.state == Reel.State.QUEUED
    assert "disk is full" in reel.error
    assert stored_films() == []


def test_a_child_that_never_answers_is_stopped(reel, engine, monkeypatch):
    engine("hangs")
    monkeypatch.setattr(rendering, "LIMIT_S", 0.3)
    render(reel)
    assert reel.state == Reel.State.FAILED
    assert "took longer" in reel.error


def test_a_photo_whose_file_is_gone_fails_with_a_sentence(reel):
    Path(reel.portrait.image.path).unlink()
    render(reel)
    assert reel.state == Reel.State.FAILED
    assert "Add it again" in reel.error


def test_a_worker_that_lost_its_lease_changes_nothing(reel, during):
    def steal():
        Reel.objects.filter(pk=reel.pk).update(lease_owner="another worker")

    during(2, steal)
    render(reel)
    assert (reel.state, reel.lease_owner) == (Reel.State.RENDERING, "another worker")
    assert stored_films() == []


def test_a_reel_deleted_while_it_is_made_is_no_error(reel, during):
    during(2, lambda: Reel.objects.filter(pk=reel.pk).delete())
    tasks.render(reel.pk)
    assert not Reel.objects.exists()
    assert stored_films() == []


def test_the_voice_is_fitted_to_the_sample_that_was_agreed_to(script, monkeypatch):
    voice = VoiceFactory(creator=script.creator)
    ConsentFactory(creator=script.creator, voice_sha256=voice.sha256)
    reel = services.request_reel(script)
    jobs = []
    real = rendering.process.child

    def spy(job, *args, **kwargs):
        jobs.append(job)
        return real(job, *args, **kwargs)

    monkeypatch.setattr(rendering.process, "child", spy)
    assert render(reel).state == Reel.State.READY
    assert jobs[0]["voice_sample"] == voice.sample.path
    assert jobs[0]["text"] == script.spoken


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
