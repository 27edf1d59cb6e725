"""Today answers "what awaits me" in one sentence, and shows where to settle it."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from avatar import services, settling
from avatar.models import Charge, Reel
from creators.models import Footage, Portrait
from publishing.models import Account, Post
from scripts_gen.models import Decision, Script
from studio.agenda import agenda
from studio.lib import words
from tests.factories import (
    AccountFactory,
    ConsentFactory,
    CreatorFactory,
    FootageFactory,
    NoteFactory,
    PortraitFactory,
    PostFactory,
    ReelFactory,
    ScriptFactory,
    SlotFactory,
    TakeFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def creator():
    """One who has everything and once approved a script, so that Today shows no first steps."""
    creator = CreatorFactory(time_zone="Europe/Berlin")
    PortraitFactory(creator=creator)
    ConsentFactory(creator=creator)
    AccountFactory(creator=creator)
    ScriptFactory(slot=SlotFactory(creator=creator, date=dt.date(2020, 1, 1)), approved=True)
    return creator


def headline_of(today):
    return "".join(lit + after for lit, after in today.headline)


def headline(user):
    return headline_of(agenda(user))


def texts(user):
    return [matter.text for matter in agenda(user).matters]


def post_of(creator, **fields):
    script = ScriptFactory(slot=SlotFactory(creator=creator), approved=True)
    reel = ReelFactory(take=TakeFactory(script=script), ready=True)
    return PostFactory(reel=reel, account=creator.accounts.first(), **fields)


def order_of(creator, reel=None):
    return Charge.objects.create(
        creator=creator, reel=reel, what="film", engine="sync:sync-3", account="sync:1",
        key=f"{Charge.objects.count():064}", state="sending", estimated_usd=2,
        changed_at=timezone.now() - dt.timedelta(hours=1),
    )  # fmt: skip


class TestHeadline:
    def test_with_nothing_to_do_it_says_so(self, creator):
        assert headline(creator.owner) == "Nothing waits for you."

    def test_it_counts_the_scripts_in_words(self, creator):
        for _ in range(3):
            ScriptFactory(slot=SlotFactory(creator=creator))
        assert headline(creator.owner) == "Three scripts wait for you."

    def test_one_script_waits_in_the_singular(self, creator):
        ScriptFactory(slot=SlotFactory(creator=creator))
        assert headline(creator.owner) == "One script waits for you."

    def test_it_tells_when_the_next_reel_goes_out_in_the_creators_zone(self, creator):
        due = timezone.now() + dt.timedelta(days=3)
        post_of(creator, due_at=due)
        local = due.astimezone(BERLIN)
        assert headline(creator.owner) == f"The next reel goes out on {local:%A} at {local:%H:%M}."

    def test_a_post_whose_hour_has_come_is_going_out_now(self, creator):
        post_of(creator, due_at=timezone.now() - dt.timedelta(minutes=1))
        assert headline(creator.owner) == "A reel is going out now."

    def test_what_needs_you_comes_before_what_goes_out(self, creator):
        post_of(creator, due_at=timezone.now() + dt.timedelta(days=3))
        ScriptFactory(slot=SlotFactory(creator=creator))
        assert headline(creator.owner).startswith("One script waits for you; the next reel goes")

    def test_it_tells_of_reels_being_made_when_none_is_scheduled(self, creator):
        script = ScriptFactory(slot=SlotFactory(creator=creator), approved=True)
        ReelFactory(take=TakeFactory(script=script), state=Reel.State.RENDERING)
        assert headline(creator.owner) == "One reel is being made."

    def test_other_things_are_counted_beside_the_scripts(self, creator):
        ScriptFactory(slot=SlotFactory(creator=creator))
        post_of(creator, state=Post.State.FAILED)
        assert headline(creator.owner) == "One script and one other thing wait for you."


class TestMatters:
    def test_a_post_that_may_be_live_comes_first(self, creator):
        ScriptFactory(slot=SlotFactory(creator=creator))
        post_of(creator, state=Post.State.FAILED)
        post_of(creator, state=Post.State.UNCONFIRMED)
        assert texts(creator.owner)[:2] == ["A post may already be live", "A post did not go out"]

    def test_it_gives_the_reason_of_a_waiting_post(self, creator):
        post_of(creator, state=Post.State.WAITING, reason="The folder is full.")
        [matter] = agenda(creator.owner).matters
        assert matter.why.endswith("The folder is full.")

    def test_what_does_not_fit_is_counted_and_none_of_the_worst_is_among_it(self, creator):
        for _ in range(20):
            post_of(creator, state=Post.State.WAITING)
        post_of(creator, state=Post.State.UNCONFIRMED)
        told = texts(creator.owner)
        assert told[0] == "A post may already be live"
        assert told[-1] == "17 more posts in the queue"
        assert headline(creator.owner) == "21 things need you."

    def test_a_published_post_asks_for_nothing(self, creator):
        post_of(creator, state=Post.State.PUBLISHED)
        assert agenda(creator.owner).matters == []
        assert agenda(creator.owner).coming == []

    def test_a_lost_account_tells_how_many_posts_it_holds_back(self, creator):
        post = post_of(creator)
        post_of(creator)
        Account.objects.filter(pk=post.account.pk).update(state="reconnect")
        [matter] = agenda(creator.owner).matters
        assert matter.text == "Reconnect Folder"
        assert matter.why == "Its permission has ended. Two posts are held back until then."

    def test_a_reel_that_could_not_be_made_says_why(self, creator):
        script = ScriptFactory(slot=SlotFactory(creator=creator), approved=True)
        take = TakeFactory(script=script)
        ReelFactory(take=take, state=Reel.State.FAILED, error="The disk is full.")
        [matter] = agenda(creator.owner).matters
        assert "The disk is full." in matter.why

    def test_a_creator_without_consent_is_named(self, creator):
        creator.consents.update(revoked_at=timezone.now())
        assert texts(creator.owner) == ["Alice Example has not agreed yet"]

    def test_a_refused_photo_leads_to_what_is_wrong_with_it(self, creator):
        creator.portraits.update(state=Portrait.State.REFUSED)
        [matter] = agenda(creator.owner).matters
        assert matter.action == "See what is wrong"
        assert matter.href == reverse("creator-detail", args=[creator.pk]) + "#photo"

    def test_somebody_elses_matters_stay_theirs(self, creator):
        stranger = UserFactory()
        ScriptFactory(slot=SlotFactory(creator=creator))
        post_of(creator, state=Post.State.FAILED)
        assert agenda(stranger).matters == []
        assert agenda(stranger).coming == []
        assert agenda(stranger).weeks == []

    def test_an_order_without_an_answer_is_told_once_until_somebody_decides(self, creator):
        script = ScriptFactory(slot=SlotFactory(creator=creator), approved=True)
        reel = ReelFactory(take=TakeFactory(script=script), state="failed")
        order = order_of(creator, reel)
        (matter,) = agenda(creator.owner).matters
        assert (matter.text, matter.action) == ("An order may have been paid", "Look and say")
        assert matter.href == reverse("charge-detail", args=[order.pk])
        assert "2.00 USD" in matter.why
        assert agenda(CreatorFactory().owner).matters == []
        settling.leave(order, creator.owner)
        assert texts(creator.owner) == ["A reel could not be made"]
        Reel.objects.update(state="queued")
        order_of(creator, reel)
        assert texts(creator.owner) == [], "its reel asks after it by itself"


class TestFirstSteps:
    def test_a_fresh_installation_begins_with_a_creator(self):
        today = agenda(UserFactory())
        assert today.next_step.href == reverse("creator-create")
        assert headline_of(today) == "Seven steps lead to your first reel."

    def test_the_way_leads_through_photo_consent_place_notes_and_plan(self):
        user = UserFactory()
        seen = []
        creator = CreatorFactory(owner=user)
        for prepare in (
            lambda: PortraitFactory(creator=creator),
            lambda: ConsentFactory(creator=creator),
            lambda: AccountFactory(creator=creator),
            lambda: NoteFactory(creator=creator),
            lambda: ScriptFactory(slot=SlotFactory(creator=creator)),
        ):
            seen.append(agenda(user).next_step.href)
            prepare()
        seen.append(agenda(user).next_step.href)
        room = reverse("creator-detail", args=[creator.pk])
        pages = ("account-list", "note-create", "slot-list", "script-list")
        assert seen == [room + "#photo", room + "#agreement", *map(reverse, pages)]

    def test_a_video_will_do_and_is_told_instead_of_a_photo_that_will_not(self):
        creator = CreatorFactory()
        room = reverse("creator-detail", args=[creator.pk])
        PortraitFactory(creator=creator, state="refused")
        video = FootageFactory(creator=creator, state="refused")
        seen = []
        for state in ("refused", "checking", "ready"):
            Footage.objects.filter(pk=video.pk).update(state=state)
            step = agenda(creator.owner).next_step
            seen.append((step.href, step.action))
        services.keep_look(creator, options={"source": "footage", "performer": "sync:lipsync-2"})
        seen.append((agenda(creator.owner).next_step.href, ""))
        look = reverse("look-update", args=[creator.pk])
        assert seen == [
            (room + "#photo", "See what is wrong"),
            (room + "#footage", "See the video"),
            (look, "Choose who performs"),
            (room + "#agreement", ""),
        ]

    def test_they_disappear_once_a_script_was_approved(self, creator):
        assert agenda(creator.owner).steps == []

    def test_they_stay_away_when_the_approval_was_withdrawn(self, creator):
        script = Script.objects.get()
        Decision.objects.create(script=script, verdict="withdrawn", decided_by=creator.owner)
        script.state = Script.State.PROPOSED
        script.save()
        assert agenda(creator.owner).steps == []


class TestNextStep:
    """At the foot of every page until the person knows the way."""

    @staticmethod
    def ask(client, here):
        headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{here}"}
        return client.get(reverse("next-step"), headers=headers)

    def test_it_tells_what_comes_after_this_page(self, client):
        creator = CreatorFactory()
        PortraitFactory(creator=creator)
        client.force_login(creator.owner)
        page = self.ask(client, reverse("note-list")).content.decode()
        assert "Record the consent" in page
        assert reverse("creator-detail", args=[creator.pk]) + "#agreement" in page

    def test_it_is_silent_on_the_very_page_it_would_lead_to(self, client):
        client.force_login(UserFactory())
        assert self.ask(client, reverse("creator-create")).status_code == 204

    def test_who_has_approved_a_script_is_asked_no_more(self, client, creator):
        client.force_login(creator.owner)
        assert reverse("next-step") in client.get(reverse("note-list")).content.decode()
        assert self.ask(client, "/").status_code == 204
        assert reverse("next-step") not in client.get(reverse("note-list")).content.decode()

    def test_without_htmx_it_is_no_page(self, client):
        client.force_login(UserFactory())
        assert client.get(reverse("next-step")).headers["Location"] == reverse("today")


class TestWeeks:
    def test_seven_days_begin_with_today_where_the_creator_is(self):
        creator = CreatorFactory(time_zone="Pacific/Kiritimati")
        SlotFactory(creator=creator, date=timezone.now().astimezone(creator.zone).date())
        [week] = agenda(creator.owner).weeks
        today = timezone.now().astimezone(creator.zone).date()
        assert [day.date for day in week.days] == [today + dt.timedelta(n) for n in range(7)]

    def test_a_day_is_as_far_as_its_furthest_script(self, creator):
        today = timezone.now().astimezone(BERLIN).date()
        for part in ("morning", "evening"):
            SlotFactory(creator=creator, date=today, part=part)
        ScriptFactory(slot=creator.slots.get(date=today, part="evening"))
        SlotFactory(creator=creator, date=today + dt.timedelta(1))
        later = SlotFactory(creator=creator, date=today + dt.timedelta(2))
        ScriptFactory(slot=later, approved=True)
        [week] = agenda(creator.owner).weeks
        assert [day.reached.name for day in week.days[:4]] == [
            "WAITING",
            "PLANNED",
            "APPROVED",
            "EMPTY",
        ]

    def test_the_week_of_somebody_who_is_not_ready_is_not_shown_empty(self):
        assert agenda(CreatorFactory().owner).weeks == []

    def test_it_counts_the_empty_days(self, creator):
        SlotFactory(creator=creator, date=timezone.now().astimezone(BERLIN).date())
        assert agenda(creator.owner).n_empty == 6


class TestPage:
    def test_it_shows_the_sentence_and_the_one_primary_action(self, client, creator):
        ScriptFactory(slot=SlotFactory(creator=creator))
        client.force_login(creator.owner)
        page = client.get("/").content.decode()
        assert "One script" in page
        assert page.count("button-primary") == 1
        assert reverse("script-list") in page

    def test_progress_is_asked_for_while_a_reel_is_made_and_then_no_more(self, client, creator):
        script = ScriptFactory(slot=SlotFactory(creator=creator), approved=True)
        reel = ReelFactory(take=TakeFactory(script=script), state="rendering", progress=0.4)
        client.force_login(creator.owner)
        polled = client.get("/", headers={"HX-Request": "true"})
        assert polled.status_code == 200
        assert 'value="40.0"' in polled.content.decode()
        Reel.objects.filter(pk=reel.pk).update(state="ready")
        polled = client.get("/", headers={"HX-Request": "true"})
        assert polled.status_code == 286
        assert "hx-trigger" not in polled.content.decode()

    def test_it_says_when_nobody_does_the_work(self, client, creator):
        post_of(creator)
        client.force_login(creator.owner)
        assert "Nothing is made or posted at the moment" in client.get("/").content.decode()

    def test_more_of_everything_costs_no_more_queries(
        self, client, creator, django_assert_num_queries
    ):
        def fill():
            for _ in range(3):
                other = CreatorFactory(owner=creator.owner)
                PortraitFactory(creator=other)
                AccountFactory(creator=other)
                ScriptFactory(slot=SlotFactory(creator=other))
                for state in ("scheduled", "failed", "unconfirmed"):
                    post_of(other, state=state)
                script = ScriptFactory(slot=SlotFactory(creator=other), approved=True)
                ReelFactory(take=TakeFactory(script=script), state="queued")
                order_of(other)

        fill()
        with CaptureQueriesContext(connection) as few:
            agenda(creator.owner)
        fill()
        with django_assert_num_queries(len(few)):
            agenda(creator.owner)


class TestWords:
    NOW = dt.datetime(2026, 12, 4, 12, tzinfo=dt.UTC)  # a Friday

    @pytest.mark.parametrize(
        ("hours", "said"),
        [
            (1, "today at 14:00"),
            (11, "tomorrow at 00:00"),  # already tomorrow in Berlin
            (-24, "yesterday at 13:00"),
            (24 * 4, "on Tuesday at 13:00"),
            (24 * 7, "on Friday 11 December at 13:00"),
            (24 * 60, "on Tuesday 2 February 2027 at 13:00"),
        ],
    )
    def test_a_time_is_said_with_the_name_of_its_day(self, hours, said):
        moment = self.NOW + dt.timedelta(hours=hours)
        assert words.when(moment, BERLIN, self.NOW) == said

    @pytest.mark.parametrize(
        ("n", "said"), [(0, "no reels"), (1, "one reel"), (12, "twelve reels"), (13, "13 reels")]
    )
    def test_small_numbers_are_words(self, n, said):
        assert words.count(n, "reel") == said

    @pytest.mark.parametrize(("ms", "said"), [(0, "0:00"), (9_400, "0:09"), (83_600, "1:24")])
    def test_a_length_is_minutes_and_seconds(self, ms, said):
        assert words.length(ms) == said
