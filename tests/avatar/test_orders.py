"""Reels whose render orders something from a vendor, with a real child process."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from avatar import engine_keys, rendering, services, tasks, workshop
from avatar.models import Budget, Charge, Reel

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def reel(script):
    return services.request_reel(script)


def render(reel: Reel) -> Reel:
    tasks.render(reel.pk)
    reel.refresh_from_db()
    return reel


def due(reel: Reel) -> Reel:
    Reel.objects.filter(pk=reel.pk).update(retry_at=timezone.now())
    return reel


def test_an_order_is_on_record_and_what_came_is_kept(reel, engine):
    engine("order comes")
    assert render(reel).state == Reel.State.READY
    charge = Charge.objects.get()
    assert (charge.reel, charge.creator, charge.state) == (reel, reel.creator, "done")
    assert (charge.estimated_usd, float(charge.usd)) == (1, 0.9)
    assert Path(charge.result.path).read_bytes() == b"a film"


def test_while_the_vendor_works_the_worker_is_free(reel, engine):
    engine("order waits")
    before = timezone.now()
    assert render(reel).state == Reel.State.QUEUED
    assert (reel.error, reel.attempts) == ("Double is working on it.", 0)
    wait = timedelta(seconds=7)  # as the vendor asked
    assert before + wait <= reel.retry_at <= timezone.now() + wait
    assert reel.is_waiting
    assert reel.lease_owner == ""


def test_it_goes_on_with_the_same_order(reel, engine):
    engine("order waits")
    for _ in range(5):  # more than attempts are allowed
        render(due(reel))
    engine("order comes")
    assert render(due(reel)).state == Reel.State.READY
    assert (reel.waits_since, reel.error) == (None, "")
    assert Charge.objects.get().state == "done"


def test_tick_hands_out_what_waited_long_enough(reel, engine):
    engine("order waits")
    render(reel)
    assert tasks.due() == []
    assert Reel.objects.soon(timezone.now() + timedelta(minutes=1)) == reel.retry_at
    due(reel)
    assert tasks.due() == [("avatar.tasks.render", reel.pk, "render")]


def test_after_a_day_of_waiting_it_fails_with_the_reason(reel, engine):
    engine("order waits")
    render(reel)
    Reel.objects.update(waits_since=timezone.now() - timedelta(hours=25))
    render(due(reel))
    assert reel.state == Reel.State.FAILED
    assert reel.error == ("Double is working on it. It was asked for 24 hours; you can try again.")


def test_an_open_outcome_fails_the_reel_and_is_never_sent_again(reel, engine):
    engine("order is cut off")
    assert render(reel).state == Reel.State.FAILED
    assert reel.error == "No answer came."
    services.retry(reel)
    assert render(reel).state == Reel.State.FAILED
    assert Charge.objects.get().is_unknown


def test_over_budget_fails_with_the_sentence_and_nothing_leaves(reel, engine):
    Budget.objects.create(creator=reel.creator, monthly_usd=0)
    engine("order comes")
    assert render(reel).state == Reel.State.FAILED
    assert "Nothing was ordered." in reel.error
    assert not Charge.objects.exists()


def test_a_cancel_in_the_middle_of_an_order_waits_until_it_is_on_record(reel, engine, monkeypatch):
    engine("order is slow to answer")
    keep = rendering.Hold.keep

    def cancel_once_posted(self, **changes):
        if (workshop.cache_dir(reel.creator.pk) / "posted").exists():
            Reel.objects.filter(pk=reel.pk).update(cancel_requested=True)
        keep(self, **changes)

    monkeypatch.setattr(rendering.Hold, "keep", cancel_once_posted)
    assert render(reel).state == Reel.State.CANCELLED
    charge = Charge.objects.get()
    assert (charge.state, charge.handle) == ("placed", {"id": "job 7"})


def test_what_was_prepared_and_did_not_leave_is_over_with_its_render(reel, engine):
    engine("order dies before it leaves")
    assert render(reel).state == Reel.State.QUEUED
    charge = Charge.objects.get()
    assert (charge.state, charge.usd) == ("absent", 0)
    engine("order comes")
    assert render(reel).state == Reel.State.READY
    assert Charge.objects.get().state == "done"


def test_a_creators_own_keys_go_to_the_child_and_into_no_log(reel, engine, monkeypatch, caplog):
    engine_keys.keep(reel.creator, "sync", "sk-very-secret-key")
    jobs, real = [], rendering.process.child

    def spy(job, *args, **kwargs):
        jobs.append(dict(job))
        return real(job, *args, **kwargs)

    monkeypatch.setattr(rendering.process, "child", spy)
    engine("error:KeyRefused:Sync.so does not accept the key.")
    render(reel)
    assert jobs[0]["keys"] == {"SYNC_API_KEY": "sk-very-secret-key"}
    assert "very-secret" not in caplog.text
    assert reel.error == "Sync.so does not accept the key."
