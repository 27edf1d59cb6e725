import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scripts_gen import services
from scripts_gen.models import Decision, Script
from tests.factories import (
    ConsentFactory,
    CreatorFactory,
    NoteFactory,
    PortraitFactory,
    ScriptFactory,
    SlotFactory,
)
from tests.scripts_gen.views.test_calendar import text, week_of

pytestmark = pytest.mark.django_db
State = Script.State
HOSTILE = "<script>alert('x')</script> & \u202eabc"


@pytest.fixture
def script(note, slot):
    return services.write_script(slot)


def seen(response):
    return re.search(r'name="seen_sha256" value="([0-9a-f]{64})"', response.content.decode())[1]


def approve(client, script, seen_sha256=None, **fields):
    url = reverse("script-approve", args=[script.pk])
    fields["seen_sha256"] = script.text_sha256 if seen_sha256 is None else seen_sha256
    return client.post(url, fields, follow=True)


def test_an_empty_deck_says_so(as_owner):
    assert "No script waits for you." in text(as_owner.get(reverse("script-list")))


def test_the_top_card_shows_everything_that_is_decided_about(as_owner, script):
    page = text(as_owner.get(reverse("script-list")))
    assert "One</span> script waits for you." in page
    for part in (script.hook, script.call_to_action):
        assert part in page
    assert "Built from your notes" in page
    assert "Nothing was added but words that claim nothing" in page
    assert "Why your risotto is gluey" in page  # the note a sentence is from
    assert re.search(r"about 0:\d\d", page)


def test_a_card_is_approved_as_it_was_seen(as_owner, script):
    response = as_owner.get(reverse("script-list"))
    page = approve(as_owner, script, seen(response), **{"from": "deck"})
    assert page.redirect_chain[0][0].startswith(reverse("script-list"))
    assert "Approved." in text(page)
    script.refresh_from_db()
    assert script.is_approved


def test_what_still_stands_before_a_reel_is_said(as_owner, script, creator):
    assert "once there is a photo and a consent" in text(approve(as_owner, script))
    PortraitFactory(creator=creator)
    ConsentFactory(creator=creator)
    as_owner.post(reverse("script-withdraw", args=[script.pk]))
    assert "The reel is made next." in text(approve(as_owner, script))


@pytest.mark.parametrize("seen_sha256", ["0" * 64, "", "x"])
def test_a_card_that_changed_is_not_approved(as_owner, script, seen_sha256):
    page = approve(as_owner, script, seen_sha256)
    assert "changed since you looked" in text(page)
    assert not Decision.objects.exists()


def test_the_next_card_follows(as_owner, creator):
    first, second, third = (ScriptFactory(slot=SlotFactory(creator=creator)) for _ in range(3))
    page = as_owner.get(f"{reverse('script-list')}?at={second.pk}")
    assert page.context["script"] == second
    assert (page.context["previous"], page.context["next"]) == (first, third)
    page = approve(as_owner, second, **{"from": "deck", "next": third.pk})
    assert page.context["script"] == third


def test_a_card_that_is_gone_shows_the_first(as_owner, script):
    page = as_owner.get(f"{reverse('script-list')}?at=999999")
    assert page.context["script"] == script


def test_rejecting_keeps_the_reason(as_owner, script):
    url = reverse("script-reject", args=[script.pk])
    page = as_owner.post(url, {"note": "Too long.", "from": "deck"}, follow=True)
    assert "Rejected." in text(page)
    assert script.decisions.get().note == "Too long."
    page = text(as_owner.get(reverse("script-detail", args=[script.pk])))
    assert "“Too long.”" in page


def test_taking_an_approval_back(as_owner, script):
    approve(as_owner, script)
    page = as_owner.post(reverse("script-withdraw", args=[script.pk]), follow=True)
    assert "taken back" in text(page)
    script.refresh_from_db()
    assert script.state == State.PROPOSED


def test_a_decision_too_late_is_told(as_owner, script, slot):
    services.write_script(slot)
    for name in ("script-reject", "script-withdraw"):
        page = as_owner.post(reverse(name, args=[script.pk]), follow=True)
        assert page.status_code == 200
        assert "notice-bad" in text(page)


def edit(client, script, follow=True, **changes):
    fields = {
        "hook": script.hook,
        "body": script.body,
        "call_to_action": script.call_to_action,
        "caption": script.caption,
        "hashtags": " ".join(script.hashtags),
        "seen_sha256": script.text_sha256,
        **changes,
    }
    return client.post(reverse("script-update", args=[script.pk]), fields, follow=follow)


def test_editing_makes_a_version_that_waits(as_owner, script):
    page = edit(as_owner, script, hook="Stop stirring!", hashtags="#Rice, slow_food 🔥")
    assert "Saved as version 2." in text(page)
    new = script.slot.scripts.first()
    assert (new.hook, new.hashtags) == ("Stop stirring!", ["rice", "slowfood"])
    assert "your own wording" in text(page)


def test_a_changed_hook_is_in_the_caption_as_well(as_owner, creator):
    caption = "Stir less.\n\nUse a wide pan."
    script = ScriptFactory(slot=SlotFactory(creator=creator), hook="Stir less.", caption=caption)
    page = edit(as_owner, script, hook="Stop stirring!", caption=caption.replace("\n", "\r\n"))
    assert script.slot.scripts.first().caption == "Stop stirring!\n\nUse a wide pan."
    assert "The caption has your new first sentence too." in text(page)


def test_saving_without_a_change_makes_no_version(as_owner, script):
    assert "Nothing was changed." in text(edit(as_owner, script))
    assert Script.objects.count() == 1


def test_browsers_line_ends_are_no_change(as_owner, creator):
    script = ScriptFactory(slot=SlotFactory(creator=creator), body="One.\n\nTwo.")
    edit(as_owner, script, body="One.\r\n\r\nTwo.")
    assert Script.objects.count() == 1


def test_an_edit_that_comes_too_late_keeps_the_words(as_owner, script, slot):
    services.edit(script, slot.creator.owner, hook="Newer.")
    page = edit(as_owner, script, body="My long and careful words.")
    assert page.status_code == 422
    assert "My long and careful words." in text(page)
    assert "Your words are still here." in text(page)


@pytest.mark.parametrize("part", ["hook", "body"])
def test_a_script_needs_its_words(as_owner, script, part):
    page = edit(as_owner, script, **{part: " "})
    assert page.status_code == 422
    assert "A script needs" in text(page)


def test_too_many_hashtags_are_counted(as_owner, script):
    page = edit(as_owner, script, hashtags=" ".join(f"tag{n}" for n in range(31)))
    assert page.status_code == 422
    assert "31 hashtags; platforms take 30." in text(page)


def test_hostile_words_are_shown_as_words(as_owner, creator):
    slot = SlotFactory(creator=creator)
    script = ScriptFactory(
        slot=slot,
        hook=HOSTILE,
        body=HOSTILE,
        call_to_action=HOSTILE,
        caption=HOSTILE,
        hashtags=[HOSTILE],
        remarks=[HOSTILE],
        evidence=[{"sentence": HOSTILE, "note_id": None, "quote": HOSTILE}],
    )
    for url in (
        reverse("script-list"),
        reverse("script-detail", args=[script.pk]),
        reverse("script-update", args=[script.pk]),
        f"{reverse('slot-list')}?week={week_of(slot.date)}",
    ):
        page = as_owner.get(url).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_history_tells_versions_and_decisions(as_owner, script, creator):
    approve(as_owner, script)
    edit(as_owner, script, hook="Stop stirring!")
    page = text(as_owner.get(reverse("script-detail", args=[script.slot.scripts.first().pk])))
    assert "Version 2" in page
    assert "Version 1" in page
    assert f"Approved by {creator.owner.username}" in page
    assert f"Withdrawn by {creator.owner.username}" in page


def test_who_wrote_it_is_said(as_owner, creator):
    script = ScriptFactory(slot=SlotFactory(creator=creator), writer="openai")
    page = text(as_owner.get(reverse("script-detail", args=[script.pk])))
    assert "Written from your notes by a language model" in page


def test_evidence_never_shows_somebody_elses_note(as_owner, creator):
    foreign = NoteFactory(title="A secret title")
    script = ScriptFactory(
        slot=SlotFactory(creator=creator),
        evidence=[{"sentence": "Hm.", "note_id": foreign.pk, "quote": ""}],
    )
    page = text(as_owner.get(reverse("script-detail", args=[script.pk])))
    assert "A secret title" not in page


def test_approved_and_rejected_ones_have_their_lists(as_owner, creator):
    ScriptFactory(slot=SlotFactory(creator=creator), approved=True, hook="Yes to this")
    ScriptFactory(slot=SlotFactory(creator=creator), state=State.REJECTED, hook="No to this")
    page = text(as_owner.get(f"{reverse('script-list')}?state=approved"))
    assert "Yes to this" in page
    assert "No to this" not in page
    assert "No to this" in text(as_owner.get(f"{reverse('script-list')}?state=rejected"))


def test_the_deck_can_be_one_creators(as_owner, creator):
    bob = CreatorFactory(owner=creator.owner, handle="bob")
    mine = ScriptFactory(slot=SlotFactory(creator=bob), hook="Bobs hook")
    ScriptFactory(slot=SlotFactory(creator=creator), hook="Alices hook")
    page = as_owner.get(f"{reverse('script-list')}?creator=bob")
    assert [script.pk for script in page.context["waiting"]] == [mine.pk]


def test_the_deck_costs_the_same_at_any_height(as_owner, creator):
    def queries():
        with CaptureQueriesContext(connection) as caught:
            as_owner.get(reverse("script-list"))
        return len(caught)

    def add(n):
        for _ in range(n):
            ScriptFactory(slot=SlotFactory(creator=creator))

    add(10)
    at_ten = queries()
    add(10)
    assert queries() == at_ten


NAMES = ["script-detail", "script-approve", "script-reject", "script-update", "script-withdraw"]


@pytest.mark.parametrize("name", NAMES)
def test_somebody_elses_script_is_not_there(as_stranger, script, name):
    url = reverse(name, args=[script.pk])
    assert as_stranger.post(url, {"seen_sha256": script.text_sha256}).status_code == 404
    script.refresh_from_db()
    assert script.state == State.PROPOSED


@pytest.mark.parametrize("name", ["script-approve", "script-reject", "script-withdraw"])
def test_decisions_are_posts(as_owner, script, name):
    assert as_owner.get(reverse(name, args=[script.pk])).status_code == 405
