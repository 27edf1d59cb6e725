import datetime as dt
import threading

import pytest
from django.db import connections, transaction
from django.utils import timezone

from scripts_gen import cadence, services
from scripts_gen.briefs import research_slot
from scripts_gen.errors import Changed, NotPossible
from scripts_gen.models import Brief, Decision, Note, Script, Slot
from scripts_gen.signals import script_approved
from scripts_gen.writing import BadSetup, NeedsNotes
from tests.factories import (
    CreatorFactory,
    NoteFactory,
    PillarFactory,
    ScriptFactory,
    SlotFactory,
)

pytestmark = pytest.mark.django_db
State = Script.State
MONDAY = dt.date(2030, 1, 7)


@pytest.fixture
def script(note, slot):
    return services.write_script(slot)


@pytest.fixture
def owner(creator):
    return creator.owner


# Notes and pillars


def test_a_note_finds_its_pillar(creator):
    PillarFactory(creator=creator, name="Money")
    kitchen = PillarFactory(creator=creator, name="Kitchen", description="rice, stock, butter")
    note = services.add_note(creator, title="Risotto", text="Stir the rice into hot stock.")
    assert note.pillar == kitchen


def test_a_note_about_nothing_known_has_no_pillar(creator):
    PillarFactory(creator=creator, name="Money")
    assert services.add_note(creator, title="Cats", text="Cats sleep long.").pillar is None


# The calendar


def test_a_week_is_planned_once(creator):
    first = services.plan_week(creator, MONDAY)
    assert [slot.date.weekday() for slot in first] == [1, 3, 5]
    assert services.plan_week(creator, MONDAY + dt.timedelta(days=2)) == first
    assert Slot.objects.count() == 3


def test_a_plan_takes_turns_among_pillars(creator):
    pillars = {PillarFactory(creator=creator).pk for _ in range(3)}
    assert {slot.pillar_id for slot in services.plan_week(creator, MONDAY)} == pillars


def test_what_is_in_the_week_already_stays(creator):
    mine = SlotFactory(creator=creator, date=MONDAY, part="morning", topic="mine")
    week = services.plan_week(creator, MONDAY)
    assert mine in week
    assert len(week) == 3


def test_a_week_that_is_over_is_not_planned(creator):
    assert services.plan_week(creator, dt.date(2020, 1, 6)) == []


def test_days_are_the_creators(creator, monkeypatch):
    """On Sunday evening in Vienna it is Monday in Auckland."""
    now = dt.datetime(2026, 11, 22, 20, 0, tzinfo=dt.UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    auckland = CreatorFactory(time_zone="Pacific/Auckland")
    assert services.local_today(creator) == dt.date(2026, 11, 22)
    assert services.local_today(auckland) == dt.date(2026, 11, 23)


def test_an_approved_slot_cannot_be_deleted(creator, slot):
    ScriptFactory(slot=slot, approved=True)
    with pytest.raises(NotPossible, match="Move the slot instead"):
        services.delete_slot(slot)


# Writing


def test_a_script_is_proposed_with_its_brief(script, slot, note):
    assert script.state == State.PROPOSED
    assert script.version == 1
    assert script.writer == "notes"
    assert script.estimated_ms == cadence.estimate_ms(script.spoken, "en")
    points = Brief.objects.get(slot=slot).points
    assert {point["note_id"] for point in points} == {note.pk}
    assert {entry["note_id"] for entry in script.evidence} == {note.pk, None}


def test_another_version_replaces_the_proposal_and_may_say_the_same(script, slot):
    again = services.write_script(slot)
    script.refresh_from_db()
    assert (script.state, again.state) == (State.SUPERSEDED, State.PROPOSED)
    assert again.version == 2
    assert Brief.objects.count() == 1


def test_an_approved_version_stays_while_a_new_one_waits(script, slot, owner):
    services.approve(script, owner)
    again = services.write_script(slot)
    script.refresh_from_db()
    assert script.is_approved
    services.approve(again, owner)
    script.refresh_from_db()
    assert script.state == State.SUPERSEDED


def test_what_one_slot_says_no_other_repeats(script, creator, note):
    other = SlotFactory(creator=creator, date=dt.date(2026, 12, 3))
    second = services.write_script(other)
    said = {entry["sentence"] for entry in script.evidence if entry["note_id"]}
    assert said.isdisjoint(entry["sentence"] for entry in second.evidence if entry["note_id"])


def test_only_what_these_notes_said_counts_as_said(script, creator):
    """Another note's scripts do not make this one look used."""
    NoteFactory(creator=creator)
    bread = SlotFactory(creator=creator, date=dt.date(2026, 12, 3), topic="Why sourdough rises")
    assert research_slot(bread).said_before == 0
    risotto = SlotFactory(creator=creator, date=dt.date(2026, 12, 5), topic="risotto")
    assert research_slot(risotto).said_before >= 4


def test_after_a_rejection_the_slot_hears_something_else(script, slot, owner):
    services.reject(script, owner, "Not this again.")
    again = services.write_script(slot)
    assert again.hook != script.hook
    assert research_slot(slot).wishes == ("Not this again.",)


def test_rejected_sentences_are_free_for_other_slots(script, creator, owner):
    services.reject(script, owner)
    other = SlotFactory(creator=creator, date=dt.date(2026, 12, 3))
    assert services.write_script(other).hook == script.hook


def test_without_notes_it_says_what_to_do(slot):
    with pytest.raises(NeedsNotes, match="no notes to write from"):
        services.write_script(slot)


def test_a_topic_without_a_note_is_named(slot, note):
    slot.topic = "quantum gravity"
    with pytest.raises(NeedsNotes, match="“quantum gravity”"):
        services.write_script(slot)


def test_notes_of_another_creator_are_never_used(slot):
    NoteFactory()
    with pytest.raises(NeedsNotes):
        services.write_script(slot)


def test_a_source_is_named_in_the_caption(creator, slot):
    NoteFactory(creator=creator, kind=Note.Kind.SOURCE, url="https://www.bread.example/a")
    assert "bread.example" in services.write_script(slot).caption


def test_a_failed_writing_leaves_everything_as_it_was(script, slot, note):
    note.delete()
    with pytest.raises(NeedsNotes):
        services.write_script(slot)
    script.refresh_from_db()
    assert script.state == State.PROPOSED


def test_the_installation_chooses_the_writer(settings):
    settings.WRITER = "openai"
    settings.OPENAI_MODEL = "some-model"
    assert services.configured_writer().name == "openai"
    settings.WRITER = "shakespeare"
    with pytest.raises(BadSetup):
        services.configured_writer()


# Deciding


def test_approving_keeps_the_hash_of_the_text(
    script, owner, heard, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        services.approve(script, owner, seen_sha256=script.text_sha256)
    decision = Decision.objects.get()
    assert decision.verdict == Decision.Verdict.APPROVED
    assert decision.text_sha256 == script.text_sha256
    assert decision.decided_by == owner
    script.refresh_from_db()
    assert script.is_approved
    assert heard == [("approved", script.pk)]


def test_what_changed_since_one_looked_is_not_approved(script, owner):
    seen = script.text_sha256
    Script.objects.filter(pk=script.pk).update(body="Something else.")
    with pytest.raises(Changed, match="changed since you looked"):
        services.approve(script, owner, seen_sha256=seen)
    assert not Decision.objects.exists()


def test_approving_twice_is_approving_once(
    script, owner, heard, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        services.approve(script, owner)
        services.approve(script, owner)
    assert Decision.objects.count() == 1
    assert heard == [("approved", script.pk)]


def test_a_text_changed_behind_the_approval_is_not_approved_any_more(script, owner):
    services.approve(script, owner)
    Script.objects.filter(pk=script.pk).update(caption="Something else.")
    script.refresh_from_db()
    assert not script.is_approved
    services.approve(script, owner, seen_sha256=script.text_sha256)
    script.refresh_from_db()
    assert script.is_approved


@pytest.mark.parametrize("field", ["hook", "body", "call_to_action", "caption", "language"])
def test_the_hash_is_about_everything_an_audience_gets(script, field):
    before = script.text_sha256
    setattr(script, field, "x")
    assert script.text_sha256 != before


def test_the_hash_is_not_about_what_nobody_hears(script):
    before = script.text_sha256
    script.evidence, script.estimated_ms, script.state = [], 1, State.REJECTED
    assert script.text_sha256 == before


def test_a_newer_approval_withdraws_the_older(
    script, slot, owner, heard, django_capture_on_commit_callbacks
):
    services.approve(script, owner)
    newer = services.write_script(slot)
    with django_capture_on_commit_callbacks(execute=True):
        services.approve(newer, owner)
    assert heard == [("withdrawn", script.pk), ("approved", newer.pk)]
    assert script.decisions.first().verdict == Decision.Verdict.WITHDRAWN


def test_a_replaced_version_is_not_approved(script, slot, owner):
    services.write_script(slot)
    with pytest.raises(NotPossible, match="newer version"):
        services.approve(script, owner)


def test_editing_makes_a_version_and_keeps_the_old(script, owner):
    new = services.edit(script, owner, hook="Stop stirring!", hashtags=["rice"])
    script.refresh_from_db()
    assert (script.state, new.state, new.version) == (State.SUPERSEDED, State.PROPOSED, 2)
    assert (new.hook, new.body, new.hashtags) == ("Stop stirring!", script.body, ["rice"])
    assert new.writer == services.CREATOR
    assert new.estimated_ms == cadence.estimate_ms(new.spoken)


def test_editing_an_approved_script_withdraws_its_approval(
    script, owner, heard, django_capture_on_commit_callbacks
):
    services.approve(script, owner)
    with django_capture_on_commit_callbacks(execute=True):
        new = services.edit(script, owner, body="Only this.")
    script.refresh_from_db()
    assert not script.is_approved
    assert not new.is_approved
    assert heard == [("withdrawn", script.pk)]


def test_editing_nothing_changes_nothing(script, owner):
    assert services.edit(script, owner, hook=script.hook) == script
    assert Script.objects.count() == 1


def quoting(script, caption):
    """The same script with that caption."""
    Script.objects.filter(pk=script.pk).update(hook="Stir less.", caption=caption)
    script.refresh_from_db()
    return script


def test_a_new_hook_is_the_new_beginning_of_an_untouched_caption(script, owner):
    caption = "Stir less.\n\nA wide pan helps. Stir less."
    new = services.edit(quoting(script, caption), owner, hook=r"Stop\1 stirring!")
    assert new.caption == "Stop\\1 stirring!\n\nA wide pan helps. Stir less."


def test_a_caption_written_with_the_new_hook_stays_as_it_was_written(script, owner):
    before = quoting(script, "Stir less.\n\nA wide pan helps.")
    new = services.edit(before, owner, hook="Stop!", caption="Stir less. Really.")
    assert new.caption == "Stir less. Really."


@pytest.mark.parametrize("caption", ["My own words.", "Stir less.\N{LATIN SMALL LETTER A}"])
def test_a_caption_without_the_hook_is_left_alone(script, owner, caption):
    assert services.edit(quoting(script, caption), owner, hook="Stop!").caption == caption


def test_a_caption_does_not_grow_over_its_limit_with_the_hook(script, owner):
    caption = f"Stir less.{' More.' * 360}"
    new = services.edit(quoting(script, caption), owner, hook="Stop stirring. " * 20)
    assert new.caption == caption


def test_a_changed_body_leaves_the_caption(script, owner):
    caption = "Stir less.\n\nA wide pan helps."
    assert services.edit(quoting(script, caption), owner, body="Short.").caption == caption


def test_kept_sentences_keep_their_notes_after_an_edit(script, owner, note):
    new = services.edit(script, owner, body=f"My own first words. {script.body}")
    by_sentence = {entry["sentence"]: entry for entry in new.evidence}
    assert by_sentence["My own first words."]["edited"]
    assert by_sentence["My own first words."]["note_id"] is None
    assert sum(entry["note_id"] == note.pk for entry in new.evidence) >= 4


def test_an_edit_of_what_changed_meanwhile_is_refused(script, owner):
    with pytest.raises(Changed):
        services.edit(script, owner, seen_sha256="0" * 64, hook="New.")


def test_only_parts_can_be_edited(script, owner):
    with pytest.raises(TypeError, match="no state"):
        services.edit(script, owner, state="approved")


def test_rejecting_keeps_the_reason(script, owner, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        services.reject(script, owner, "Too long.")
    assert script.decisions.get().note == "Too long."
    assert heard == []


def test_rejecting_an_approved_script_withdraws_it(
    script, owner, heard, django_capture_on_commit_callbacks
):
    services.approve(script, owner)
    with django_capture_on_commit_callbacks(execute=True):
        services.reject(script, owner)
    assert heard == [("withdrawn", script.pk)]


def test_an_approval_can_be_taken_back_and_given_again(
    script, owner, heard, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        services.approve(script, owner)
        services.withdraw(script, owner)
    script.refresh_from_db()
    assert script.state == State.PROPOSED
    assert heard == [("approved", script.pk), ("withdrawn", script.pk)]
    with pytest.raises(NotPossible):
        services.withdraw(script, owner)
    services.approve(script, owner)
    script.refresh_from_db()
    assert script.is_approved


def test_the_passed_script_learns_its_state(script, owner):
    services.approve(script, owner)
    assert script.is_approved


def test_a_receiver_that_fails_undoes_nothing(
    script, owner, heard, django_capture_on_commit_callbacks
):
    def broken(**_):
        raise RuntimeError("downstream")

    script_approved.connect(broken)
    with django_capture_on_commit_callbacks(execute=True):
        services.approve(script, owner)
    script.refresh_from_db()
    assert script.is_approved


@pytest.mark.django_db(transaction=True)
def test_nothing_is_told_of_a_decision_that_was_rolled_back(heard):
    script = ScriptFactory()

    def decide_and_fail():
        with transaction.atomic():
            services.approve(script, script.creator.owner)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        decide_and_fail()
    assert heard == []
    script.refresh_from_db()
    assert not script.is_approved


# Two tabs


def at_once(*works):
    """Run all in threads that start together; what each returned or raised."""
    gate, ended = threading.Barrier(len(works)), [None] * len(works)

    def run(n, work):
        try:
            gate.wait(10)
            ended[n] = work()
        except Exception as e:
            ended[n] = e
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return ended


@pytest.mark.django_db(transaction=True)
def test_two_tabs_approve_one_script_once(on_file, heard):
    script = ScriptFactory()
    owner = script.creator.owner
    ended = at_once(*[lambda: services.approve(Script.objects.get(pk=script.pk), owner)] * 4)
    assert not any(isinstance(end, Exception) for end in ended)
    assert Decision.objects.count() == 1
    assert heard == [("approved", script.pk)]


@pytest.mark.django_db(transaction=True)
def test_two_versions_approved_at_once_leave_one(on_file, heard):
    first = ScriptFactory()
    second = ScriptFactory(slot=first.slot, version=2)
    owner = first.creator.owner
    at_once(
        lambda: services.approve(Script.objects.get(pk=first.pk), owner),
        lambda: services.approve(Script.objects.get(pk=second.pk), owner),
    )
    assert Script.objects.filter(state=State.APPROVED).count() == 1
    winner = Script.objects.get(state=State.APPROVED)
    assert winner.is_approved
    assert heard[-1] == ("approved", winner.pk)


@pytest.mark.django_db(transaction=True)
def test_approving_and_editing_at_once_never_approves_what_was_not_seen(on_file, heard):
    script = ScriptFactory()
    owner, seen = script.creator.owner, script.text_sha256
    at_once(
        lambda: services.approve(Script.objects.get(pk=script.pk), owner, seen_sha256=seen),
        lambda: services.edit(Script.objects.get(pk=script.pk), owner, body="Other words."),
    )
    newest = script.slot.scripts.first()
    assert newest.body == "Other words."
    assert newest.state == State.PROPOSED
    assert not Script.objects.filter(state=State.APPROVED).exists()


@pytest.mark.django_db(transaction=True)
def test_two_tabs_plan_one_week(on_file):
    creator = CreatorFactory()
    ended = at_once(*[lambda: services.plan_week(creator, MONDAY)] * 3)
    assert not any(isinstance(end, Exception) for end in ended)
    assert Slot.objects.count() == 3
