import re

import pytest
from django.urls import reverse
from django.utils import timezone

from avatar import services
from avatar.models import Reel
from tests.factories import (
    MP4,
    CreatorFactory,
    ReelFactory,
    ScriptFactory,
    UserFactory,
)

CHOICE = {
    "captions": "bold",
    "size": "720x1280",
    "background": "blur",
    "punch_in": "on",
    "motion": "0.5",
    "blink": "1.0",
    "expression": "1.5",
    "label": "Synthetic",
}


@pytest.fixture
def alice(client, creator):
    client.force_login(creator.owner)
    return client


@pytest.fixture
def ready(creator, script):
    portrait = creator.portrait
    return ReelFactory(ready=True, take__script=script, portrait=portrait)


def rendering(**changes) -> Reel:
    held = {"lease_owner": "worker", "lease_until": timezone.now() + timezone.timedelta(minutes=1)}
    return ReelFactory(state=Reel.State.RENDERING, **held, **changes)


def headline(response) -> str:
    text = re.search(r'id="reel-headline"[^>]*>(.*?)</span>', response.content.decode(), re.S)
    return text[1].strip()


# The list


def test_the_list_says_how_things_stand_in_one_sentence(alice, creator):
    of_alice = {"take__script__slot__creator": creator}
    assert headline(alice.get("/reels/")) == "No reels yet."
    ReelFactory.create_batch(2, ready=True, **of_alice)
    assert headline(alice.get("/reels/")) == "Two reels are ready."
    rendering(**of_alice)
    ReelFactory(state=Reel.State.QUEUED, **of_alice)
    ReelFactory(state=Reel.State.FAILED, **of_alice)
    assert headline(alice.get("/reels/")) == (
        "One reel is being made; one waits; two are ready; one could not be made."
    )


def test_an_approved_script_without_consent_is_said_on_the_list(alice, script, creator):
    creator.consents.all().delete()
    page = alice.get("/reels/").content.decode()
    assert script.hook in page
    assert "There is no consent for the current photo and voice" in page


def test_the_list_costs_as_many_queries_for_twenty_as_for_ten(
    alice, creator, django_assert_max_num_queries
):
    ReelFactory.create_batch(10, ready=True, take__script__slot__creator=creator)
    with django_assert_max_num_queries(50) as ten:
        alice.get("/reels/")
    ReelFactory.create_batch(10, ready=True, take__script__slot__creator=creator)
    with django_assert_max_num_queries(len(ten)):
        page = alice.get("/reels/").content.decode()
    assert page.count("reel-card") == 20


def test_the_list_turns_pages(alice, creator):
    ReelFactory.create_batch(25, take__script__slot__creator=creator)
    assert alice.get("/reels/").content.decode().count("reel-card") == 24
    assert alice.get("/reels/?page=2").content.decode().count("reel-card") == 1


# One reel


def test_a_ready_reel_plays_with_cover_captions_and_downloads(alice, ready):
    page = alice.get(f"/reels/{ready.pk}/").content.decode()
    for name, arguments in [
        ("reel-video", []),
        ("reel-cover", []),
        ("reel-subtitles", ["vtt"]),
        ("reel-subtitles", ["srt"]),
    ]:
        assert reverse(name, args=[ready.pk, *arguments]) in page
    assert "This reel is ready: 0:09." in page
    assert "Wild yeast eats sugar" in page
    assert "synthetic" in page
    assert "every 2s" not in page


def test_a_running_reel_shows_its_stage_and_asks_again(alice, creator):
    reel = rendering(take__script__slot__creator=creator, stage="perform", progress=0.42)
    page = alice.get(f"/reels/{reel.pk}/").content.decode()
    assert "Performing" in page
    assert "42 %" in page
    assert 'hx-trigger="every 2s"' in page
    part = alice.get(f"/reels/{reel.pk}/", headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "42 %" in part.content.decode()
    assert "<html" not in part.content.decode()
    assert "<button" not in part.content.decode(), "a button would be replaced under the thumb"
    assert "HX-Request" in part.headers["Vary"]


def test_polling_stops_when_the_reel_is_ready_and_brings_the_player(alice, ready):
    part = alice.get(f"/reels/{ready.pk}/", headers={"HX-Request": "true"})
    assert part.status_code == 286
    assert part.headers["HX-Retarget"] == "#reel"
    assert "<video" in part.content.decode()
    assert 'hx-swap-oob="true"' in part.content.decode()


def test_a_card_polls_by_itself_and_stops(alice, creator, ready):
    running = rendering(take__script__slot__creator=creator)
    card = alice.get(f"/reels/{running.pk}/?card", headers={"HX-Request": "true"})
    assert card.status_code == 200
    assert f'id="reel-{running.pk}"' in card.content.decode()
    assert headline(card) == "One reel is being made; one is ready."
    done = alice.get(f"/reels/{ready.pk}/?card", headers={"HX-Request": "true"})
    assert done.status_code == 286
    assert "hx-get" not in done.content.decode()


def test_a_failed_reel_says_why_and_can_be_made_after_all(alice, script):
    reel = services.request_reel(script)
    Reel.objects.update(state=Reel.State.FAILED, error="The face is 90 px wide.")
    page = alice.get(f"/reels/{reel.pk}/").content.decode()
    assert "The face is 90 px wide." in page
    answer = alice.post(f"/reels/{reel.pk}/retry/")
    assert answer.status_code == 302
    assert answer.url == f"/reels/{reel.pk}/"
    reel.refresh_from_db()
    assert reel.state == Reel.State.QUEUED


def test_words_of_a_script_are_shown_not_run(alice, creator):
    script = ScriptFactory(slot__creator=creator, hook="<script>alert(1)</script>", approved=True)
    reel = ReelFactory(ready=True, take__script=script)
    for address in ("/reels/", f"/reels/{reel.pk}/"):
        assert "<script>alert(1)" not in alice.get(address).content.decode()


# Changing things


def test_cancelling_a_waiting_reel(alice, script):
    reel = services.request_reel(script)
    answer = alice.post(f"/reels/{reel.pk}/cancel/", follow=True)
    assert "This reel was cancelled." in answer.content.decode()
    assert "approval are kept" in answer.content.decode()


def test_cancelling_a_ready_reel_says_that_it_is_ready(alice, ready):
    answer = alice.post(f"/reels/{ready.pk}/cancel/", follow=True)
    assert "Nothing to cancel: the reel is ready." in answer.content.decode()


def test_the_form_makes_another_reel_of_the_same_take(alice, script):
    first = services.request_reel(script)
    answer = alice.post(f"/reels/of-script/{script.pk}/", CHOICE)
    made = Reel.objects.exclude(pk=first.pk).get()
    assert answer.url == f"/reels/{made.pk}/"
    assert made.take == first.take
    assert made.label == "Synthetic"
    assert made.options == {
        **services.DEFAULTS,
        "captions": "bold",
        "width": 720,
        "height": 1280,
        "background": "blur",
        "punch_in": True,
        "motion": 0.5,
        "blink": 1.0,
        "expression": 1.5,
        "loop": False,
    }


def test_the_form_of_a_reel_shows_what_it_was_made_with(alice, script):
    services.request_reel(script, options={"captions": "pop", "motion": 0.5}, label="Synthetic")
    reel = Reel.objects.get()
    Reel.objects.update(state=Reel.State.READY)
    page = alice.get(f"/reels/{reel.pk}/").content.decode()
    assert re.search(r'<option value="pop"\s+selected', page)
    assert 'value="Synthetic"' in page


def test_asking_for_a_reel_that_is_there_leads_to_it(alice, script):
    reel = services.request_reel(script)
    Reel.objects.update(state=Reel.State.READY)
    same = CHOICE | {"captions": "clean", "size": "1080x1920", "motion": "1.0"}
    same |= {"expression": "1.0", "label": "", "background": "keep", "punch_in": ""}
    answer = alice.post(f"/reels/of-script/{script.pk}/", same, follow=True)
    assert answer.redirect_chain[0][0] == f"/reels/{reel.pk}/"
    assert "A reel just like that is here already." in answer.content.decode()


def test_a_choice_nobody_offered_answers_422_and_makes_nothing(alice, script):
    answer = alice.post(f"/reels/of-script/{script.pk}/", CHOICE | {"size": "1x1"})
    assert answer.status_code == 422
    assert not Reel.objects.exists()


def test_without_consent_the_form_says_so_and_makes_nothing(alice, script, creator):
    creator.consents.all().delete()
    answer = alice.post(f"/reels/of-script/{script.pk}/", CHOICE)
    assert answer.status_code == 422
    assert "no consent" in answer.content.decode()
    assert not Reel.objects.exists()


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_changes_need_a_post(alice, ready, verb):
    assert alice.get(f"/reels/{ready.pk}/{verb}/").status_code == 405


# Files


def test_the_video_comes_in_parts(alice, ready):
    whole = alice.get(f"/reels/{ready.pk}/video/")
    assert b"".join(whole.streaming_content) == MP4
    part = alice.get(f"/reels/{ready.pk}/video/", headers={"Range": "bytes=0-4"})
    assert part.status_code == 206
    assert b"".join(part.streaming_content) == MP4[:5]
    assert part.headers["Content-Type"] == "video/mp4"


def test_a_download_has_a_name_that_says_what_it_is(alice, ready):
    saved = alice.get(f"/reels/{ready.pk}/video/?download")
    name = f"{ready.creator.handle}-reel-{ready.pk}.mp4"
    assert name in saved.headers["Content-Disposition"]
    saved.close()


def test_an_unfinished_reel_has_no_files(alice, script):
    reel = services.request_reel(script)
    for address in ("video/", "cover/", "subtitles/vtt/"):
        assert alice.get(f"/reels/{reel.pk}/{address}").status_code == 404


def test_there_are_no_other_subtitles(alice, ready):
    assert alice.get(f"/reels/{ready.pk}/subtitles/exe/").status_code == 404


# Whose


@pytest.mark.parametrize(
    "address",
    ["", "video/", "cover/", "subtitles/vtt/", "subtitles/srt/"],
)
def test_others_do_not_see_it(client, ready, address):
    client.force_login(UserFactory())
    assert client.get(f"/reels/{ready.pk}/{address}").status_code == 404


def test_others_cannot_change_it(client, script):
    reel = services.request_reel(script)
    client.force_login(CreatorFactory().owner)
    for address in (f"{reel.pk}/cancel/", f"{reel.pk}/retry/", f"of-script/{script.pk}/"):
        assert client.post(f"/reels/{address}").status_code == 404
    reel.refresh_from_db()
    assert reel.state == Reel.State.QUEUED


def test_others_reels_are_not_on_my_list(client, ready):
    client.force_login(UserFactory())
    assert "reel-card" not in client.get("/reels/").content.decode()


def test_strangers_are_sent_to_the_door(client, ready):
    for address in ("", f"{ready.pk}/", f"{ready.pk}/video/"):
        assert client.get(f"/reels/{address}").url.startswith("/login/")


def test_words_that_were_not_found_in_the_voice_over_are_named(alice, ready):
    address = f"/reels/{ready.pk}/"
    assert "Not found in the voice-over" not in alice.get(address).content.decode()
    ready.take.alignment = {"unplaced": ["wonderful", "<b>"]}
    ready.take.save()
    page = alice.get(address).content.decode()
    assert "Not found in the voice-over" in page
    assert "wonderful &lt;b&gt;" in page
