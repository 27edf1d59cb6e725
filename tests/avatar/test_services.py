from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from avatar import services
from avatar.models import Reel, Take
from avatar.services import ReelRefused
from avatar.signals import reel_withdrawn
from creators.models import Portrait
from scripts_gen.models import Script
from tests.factories import (
    ConsentFactory,
    PortraitFactory,
    ReelFactory,
    ScriptFactory,
    VoiceFactory,
)


@pytest.fixture
def withdrawn():
    """Ids that reel_withdrawn told of."""
    ids = []

    def hear(reel_id, **kwargs):
        ids.append(reel_id)

    reel_withdrawn.connect(hear)
    yield ids
    reel_withdrawn.disconnect(hear)


def finished(reel: Reel) -> Reel:
    for name in services.FILES:
        getattr(reel, name).save(f"reel.{name}", ContentFile(b"film"), save=False)
    reel.state = Reel.State.READY
    reel.save()
    reel.take.audio.save("take.wav", ContentFile(b"voice"))
    return reel


# Asking for a reel


def test_a_requested_reel_waits_for_a_worker_and_wakes_one(
    script, django_capture_on_commit_callbacks, monkeypatch
):
    sent = []
    monkeypatch.setattr("studio.lib.jobs.async_task", lambda *args, **kw: sent.append((args, kw)))
    with django_capture_on_commit_callbacks(execute=True):
        reel = services.request_reel(script)
    assert reel.state == Reel.State.QUEUED
    assert reel.portrait == script.creator.portrait
    assert sent == [(("avatar.tasks.render", reel.pk), {"cluster": "render"})]


def test_asking_twice_gives_the_same_reel(script):
    assert services.request_reel(script) == services.request_reel(script)


def test_another_look_is_another_reel_of_the_same_take(script):
    one = services.request_reel(script)
    other = services.request_reel(script, options={"captions": "bold"})
    assert one != other
    assert one.take == other.take


def test_another_label_is_another_reel(script):
    assert services.request_reel(script) != services.request_reel(script, label="Synthetic")


def test_the_creators_label_is_the_default(script):
    script.creator.reel_label = "Synthetic demo"
    assert services.request_reel(script).label == "Synthetic demo"


def test_whole_and_decimal_numbers_are_the_same_option(script):
    one = services.request_reel(script, options={"motion": 1})
    assert one == services.request_reel(script, options={"motion": 1.0})


def test_after_a_cancelled_one_a_new_one_may_be_asked_for(script):
    services.cancel(services.request_reel(script))
    assert services.request_reel(script).state == Reel.State.QUEUED


def test_an_option_nobody_knows_is_refused(script):
    with pytest.raises(ReelRefused, match="wings"):
        services.request_reel(script, options={"wings": 2})


def test_a_proposed_script_makes_no_reel(creator):
    with pytest.raises(ReelRefused, match="not approved"):
        services.request_reel(ScriptFactory(slot__creator=creator))


def test_a_script_changed_behind_its_approval_makes_no_reel(script):
    Script.objects.filter(pk=script.pk).update(body="Buy my course.")
    script.refresh_from_db()
    with pytest.raises(ReelRefused, match="not approved as it stands"):
        services.request_reel(script)


def test_without_a_photo_no_reel(script):
    script.creator.portraits.update(state=Portrait.State.REFUSED)
    with pytest.raises(ReelRefused, match="no photo"):
        services.request_reel(script)


def test_without_consent_no_reel(script):
    script.creator.consents.all().delete()
    with pytest.raises(ReelRefused, match="no consent"):
        services.request_reel(script)
    assert not Reel.objects.exists()
    assert not Take.objects.exists()


def test_consent_to_an_older_photo_does_not_cover_a_newer_one(script):
    PortraitFactory(creator=script.creator, sha256="f" * 64)
    with pytest.raises(ReelRefused, match="no consent"):
        services.request_reel(script)


def test_a_take_imitates_the_voice_that_was_agreed_to(script):
    voice = VoiceFactory(creator=script.creator)
    ConsentFactory(creator=script.creator, voice_sha256=voice.sha256)
    assert services.request_reel(script).take.voice_sha256 == voice.sha256


# Cancelling and trying again


def test_a_waiting_reel_is_cancelled_at_once(script):
    reel = services.request_reel(script)
    services.cancel(reel)
    assert reel.state == Reel.State.CANCELLED
    assert reel.error == "You cancelled this reel."


def test_a_running_reel_is_asked_to_stop(script):
    reel = services.request_reel(script)
    Reel.objects.claim(
        reel.pk, states=(Reel.State.QUEUED,), seconds=60, state=Reel.State.RENDERING
    )
    services.cancel(reel)
    assert (reel.state, reel.cancel_requested) == (Reel.State.RENDERING, True)


def test_a_reel_whose_worker_died_is_cancelled_at_once(script):
    reel = services.request_reel(script)
    Reel.objects.claim(
        reel.pk, states=(Reel.State.QUEUED,), seconds=-1, state=Reel.State.RENDERING
    )
    services.cancel(reel)
    assert reel.state == Reel.State.CANCELLED


def test_a_ready_reel_cannot_be_cancelled(db):
    reel = ReelFactory(ready=True)
    with pytest.raises(ReelRefused, match="is ready"):
        services.cancel(reel)
    assert reel.state == Reel.State.READY


def test_a_reel_that_could_not_be_made_is_put_away_by_hand_or_with_its_consent(script):
    for put_away in (services.cancel, lambda reel: services.withdraw_consent(reel.creator.pk)):
        reel = services.request_reel(script)
        Reel.objects.filter(pk=reel.pk).update(state=Reel.State.FAILED, error="No face.")
        script.creator.consents.update(revoked_at=timezone.now())
        put_away(reel)
        reel.refresh_from_db()
        assert (reel.state, reel.error) == (Reel.State.CANCELLED, "No face.")
        script.creator.consents.update(revoked_at=None)


def test_a_cancelled_reel_can_be_made_after_all(script):
    reel = services.request_reel(script)
    Reel.objects.update(waits_since=timezone.now() - timedelta(days=2))
    services.cancel(reel)
    again = services.retry(reel)
    assert again == reel
    assert again.waits_since is None, "a vendor has a day from now on"
    assert (again.state, again.error, again.cancel_requested) == (Reel.State.QUEUED, "", False)


def test_trying_again_with_a_new_photo_makes_a_reel_of_that_photo(script):
    reel = services.request_reel(script, options={"captions": "bold"})
    services.cancel(reel)
    photo = PortraitFactory(creator=script.creator, sha256="f" * 64)
    ConsentFactory(creator=script.creator, likeness_sha256=photo.sha256)
    again = services.retry(reel)
    assert again != reel
    assert again.portrait == photo
    assert again.options["captions"] == "bold"


def test_trying_again_gives_the_one_that_was_made_meanwhile(script):
    reel = services.request_reel(script)
    services.cancel(reel)
    other = services.request_reel(script)
    assert services.retry(reel) == other
    reel.refresh_from_db()
    assert reel.state == Reel.State.CANCELLED


def test_trying_again_needs_consent(script):
    reel = services.request_reel(script)
    services.cancel(reel)
    script.creator.consents.all().delete()
    with pytest.raises(ReelRefused, match="no consent"):
        services.retry(reel)


def test_a_running_reel_is_not_tried_again(script):
    with pytest.raises(ReelRefused, match="waits to be made"):
        services.retry(services.request_reel(script))


# Approval or consent withdrawn


def test_withdrawn_approval_cancels_what_waits_and_tells_who_posts(
    script, withdrawn, django_capture_on_commit_callbacks
):
    waiting = services.request_reel(script)
    ready = finished(services.request_reel(script, options={"captions": "bold"}))
    with django_capture_on_commit_callbacks(execute=True):
        services.withdraw_script(script.pk)
    waiting.refresh_from_db()
    ready.refresh_from_db()
    assert waiting.state == Reel.State.CANCELLED
    assert "approval" in waiting.error
    assert ready.state == Reel.State.READY  # the film stays the creator's
    assert sorted(withdrawn) == sorted([waiting.pk, ready.pk])


def test_withdrawn_consent_deletes_every_film_and_voice_over(
    script, withdrawn, django_capture_on_commit_callbacks, caplog
):
    reel = finished(services.request_reel(script))
    paths = [getattr(reel, name).path for name in services.FILES] + [reel.take.audio.path]
    script.creator.consents.update(revoked_at=reel.created_at)
    with django_capture_on_commit_callbacks(execute=True):
        services.withdraw_consent(script.creator.pk)
    reel.refresh_from_db()
    assert reel.state == Reel.State.CANCELLED
    assert reel.purged_at
    assert "consent" in reel.error
    assert not reel.video
    assert not reel.take.audio
    assert not any(Path(path).exists() for path in paths)
    assert withdrawn == [reel.pk]
    assert f"Audit: consent withdrawn, files of reel {reel.pk} deleted." in caplog.messages


def test_films_that_another_consent_covers_stay(script):
    reel = finished(services.request_reel(script))
    ConsentFactory(creator=script.creator, likeness_sha256="0" * 64, revoked_at=reel.created_at)
    services.withdraw_consent(script.creator.pk)
    reel.refresh_from_db()
    assert reel.state == Reel.State.READY
    assert Path(reel.video.path).exists()


def test_other_creators_films_stay(script):
    reel = finished(services.request_reel(script))
    services.withdraw_consent(ConsentFactory().creator.pk)
    reel.refresh_from_db()
    assert Path(reel.video.path).exists()
