"""Every page there is, crawled as its owner: it answers, it is well made, it keeps to itself."""

import datetime as dt

import pytest
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from creators.models import Creator
from publishing.models import Post
from tests.factories import (
    AccountFactory,
    BackdropFactory,
    BriefFactory,
    ChargeFactory,
    ConsentFactory,
    CreatorFactory,
    EngineKeyFactory,
    FootageFactory,
    NoteFactory,
    PillarFactory,
    PortraitFactory,
    PostFactory,
    ReelFactory,
    ScriptFactory,
    SlotFactory,
    TakeFactory,
    UserFactory,
    VoiceFactory,
)
from tests.studio.pages import Page, complaints

pytestmark = pytest.mark.django_db

NOT_PAGES = {"health", "connect-choose", "media-link", "source-link"}  # their own tests
FILES = {"reel-video", "reel-cover", "reel-subtitles"}  # there is none before a reel is ready
FOR_STRANGERS = {"login", "setup"}
ROW_OF = {  # whose id an address takes, by the front of its name
    "creator": "creator",
    "portrait": "portrait",
    "portrait-create": "creator",
    "backdrop": "backdrop",
    "backdrop-create": "creator",
    "look": "creator",
    "voice": "voice",
    "voice-create": "creator",
    "footage": "footage",
    "footage-create": "creator",
    "engine": "creator",
    "engine-key-delete": "engine_key",
    "budget": "creator",
    "charge": "charge",
    "consent": "consent",
    "consent-create": "creator",
    "slot": "slot",
    "slot-create": "creator",
    "week": "creator",
    "pillar": "pillar",
    "pillar-create": "creator",
    "note": "note",
    "note-create": "creator",
    "script": "script",
    "reel": "reel",
    "post": "post",
    "account": "account",
    "account-create": "creator",
    "choice": "account",
    "connect": "creator",
}


def patterns():
    return [
        pattern
        for pattern in _flat(get_resolver().url_patterns)
        if pattern.name
        and pattern.name not in NOT_PAGES
        and not pattern.name.startswith("callback-")  # for machines; their own tests
    ]


def _flat(entries):
    for entry in entries:
        if isinstance(entry, URLPattern):
            yield entry
        else:
            yield from _flat(entry.url_patterns)


def address(pattern, rows):
    """The address of a pattern for `rows`, or None when no such row is there."""
    kwargs = {}
    for name in pattern.pattern.converters:
        if name == "kind":
            kwargs[name] = "vtt"
            continue
        if name == "name":
            kwargs[name] = "x"  # a login page elsewhere; nothing is asked there before
            continue
        row = ROW_OF.get(pattern.name) or ROW_OF[pattern.name.split("-")[0]]
        row = name.removesuffix("_pk") if name.endswith("_pk") else row
        if row not in rows:
            return None
        kwargs[name] = rows[row].pk
    return reverse(pattern.name, kwargs=kwargs)


def fill(user, *, post_state="scheduled", reel_state="ready", portrait_state="ready"):
    """One creator with one row of everything, and a week that is partly planned."""
    creator = CreatorFactory(owner=user, tone="Dry", sign_off="Bake well.")
    report = {
        "width": 512,
        "height": 600,
        "faces": [{"x": 40, "y": 50, "width": 200, "height": 260, "width_px": 200}] * 2,
        "face_index": 0 if portrait_state == "ready" else None,
        "width_px": 200.0,
        "yaw": 3.0,
        "pitch": -1.0,
        "roll": 0.5,
        "sharpness": 0.8,
        "evenness": 0.7,
        "mouth_open": False,
        "teeth_shown": False,
        "mouth_covered": False,
        "problems": ["There is no face."] if portrait_state == "refused" else [],
        "warnings": ["The face is 200 px wide; 512 or more gives the best picture."],
        "usable": portrait_state == "ready",
    }
    portrait = PortraitFactory(creator=creator, state=portrait_state, report=report)
    sound = {
        "duration_ms": 18000,
        "clipping_share": 0.0,
        "noise_floor_dbfs": -60.0,
        "silence_share": 0.1,
        "level_lufs": -20.0,
        "problems": [],
        "warnings": ["There is a hum."],
        "usable": True,
    }
    voice = VoiceFactory(creator=creator, report=sound)
    footage = FootageFactory(creator=creator)
    consent = ConsentFactory(
        creator=creator, voice_sha256=voice.sha256, footage_sha256=footage.sha256
    )
    pillar = PillarFactory(creator=creator)
    note = NoteFactory(creator=creator, pillar=pillar)
    source = NoteFactory(creator=creator, kind="source", url="https://example.org/bread")
    today = timezone.now().date()
    evidence = [{"sentence": "Wild yeast eats sugar and makes gas.", "note_id": note.pk}]
    for n in range(3):
        slot = SlotFactory(creator=creator, date=today + dt.timedelta(n), pillar=pillar)
        BriefFactory(slot=slot)
        script = ScriptFactory(slot=slot, evidence=evidence)
    SlotFactory(creator=creator, date=today + dt.timedelta(4))
    account = AccountFactory(creator=creator)
    for n in range(2):
        slot = SlotFactory(creator=creator, date=today + dt.timedelta(n), part="morning")
        approved = ScriptFactory(slot=slot, approved=True, evidence=evidence)
        take = TakeFactory(script=approved)
        done = ReelFactory(take=take, ready=True, portrait=portrait)
        post = PostFactory(reel=done, account=account, state=post_state, reason="For a reason.")
    slot = SlotFactory(creator=creator, date=today, part="midday")
    other = ReelFactory(
        take=TakeFactory(script=ScriptFactory(slot=slot, approved=True)),
        state=reel_state if reel_state != "ready" else "rendering",
        stage="perform",
        progress=0.4,
        error="The disk was full." if reel_state == "failed" else "",
    )
    shown = done if reel_state == "ready" else other
    ChargeFactory(creator=creator, reel=shown, usd=0.9)
    unknown = {"state": "sending", "changed_at": timezone.now() - dt.timedelta(hours=1)}
    return {
        "creator": creator,
        "footage": footage,
        "charge": ChargeFactory(creator=creator, reel=shown, **unknown),
        "engine_key": EngineKeyFactory(creator=creator),
        "portrait": portrait,
        "backdrop": BackdropFactory(creator=creator),
        "voice": voice,
        "consent": consent,
        "pillar": pillar,
        "note": note,
        "source": source,
        "slot": slot,
        "script": script,
        "reel": shown,
        "post": post,
        "account": account,
    }


def crawl(client, rows, only=()):
    """Ask every address once: {name: what is wrong}, for pages and for what fails."""
    found = {}
    for pattern in patterns():
        url = address(pattern, rows)
        if url is None or pattern.name in FOR_STRANGERS or (only and pattern.name not in only):
            continue
        response = client.get(url)
        if response.streaming:  # read to its end, or a served file would stay open
            b"".join(response.streaming_content)
        if response.status_code in (302, 405):  # a verb, or a door one is through already
            continue
        if response.status_code == 404 and pattern.name in FILES and rows["reel"].state != "ready":
            continue
        if response.status_code != 200:
            found[pattern.name] = [f"{url} answers {response.status_code}"]
        elif response.headers["Content-Type"].startswith("text/html"):
            found[pattern.name] = complaints(response.content.decode())
    return found


@pytest.fixture
def signed_in(client):
    client.user = UserFactory()
    client.force_login(client.user)
    return client


def test_every_page_is_well_made(signed_in):
    found = crawl(signed_in, fill(signed_in.user))
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert len(found) >= 20  # the crawl did see the product


def test_every_page_is_well_made_in_an_empty_installation(signed_in):
    found = crawl(signed_in, {})
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert {"today", "slot-list", "script-list", "reel-list", "post-list"} <= set(found)


def test_every_page_is_well_made_for_a_creator_who_has_nothing_yet(signed_in):
    found = crawl(signed_in, {"creator": CreatorFactory(owner=signed_in.user)})
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("post_state", [state for state in Post.State if state != "scheduled"])
def test_every_page_is_well_made_whatever_became_of_a_post(signed_in, post_state):
    rows = fill(signed_in.user, post_state=post_state)
    found = crawl(signed_in, rows, only={"today", "post-list", "post-detail", "slot-list"})
    assert len(found) == 4
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("reel_state", "portrait_state"),
    [
        ("queued", "checking"),
        ("rendering", "choose"),
        ("failed", "refused"),
        ("cancelled", "ready"),
    ],
)
def test_every_page_is_well_made_when_things_are_not_ready(signed_in, reel_state, portrait_state):
    rows = fill(signed_in.user, reel_state=reel_state, portrait_state=portrait_state)
    found = crawl(signed_in, rows)
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("name", ["note-create", "slot-create", "pillar-create"])
def test_what_belongs_to_a_creator_begins_with_one(signed_in, name):
    response = signed_in.get(reverse(name), follow=True)
    assert response.redirect_chain == [(reverse("creator-create"), 302)]
    assert "First a creator" in response.content.decode()


@pytest.mark.parametrize(
    "name",
    [
        *("creator-create", "creator-update", "portrait-create", "voice-create"),
        *("consent-create", "note-create", "slot-create", "pillar-create", "script-update"),
    ],
)
def test_a_form_sent_empty_comes_back_well_made_and_says_what_is_wrong(signed_in, name):
    rows = fill(signed_in.user)
    rows["consent"].delete()  # there is nothing to agree to twice
    pattern = next(pattern for pattern in patterns() if pattern.name == name)
    response = signed_in.post(address(pattern, rows), {"csrfmiddlewaretoken": "x"})
    html = response.content.decode()
    assert response.status_code == 422
    assert complaints(html) == []
    assert "field-error" in html or 'role="alert"' in html


def test_the_doors_are_well_made(client):
    assert complaints(client.get(reverse("setup"), follow=True).content.decode()) == []
    UserFactory()
    assert complaints(client.get(reverse("login")).content.decode()) == []


@pytest.mark.parametrize("name", ["login", "today"])
def test_the_page_of_an_unknown_address_is_well_made(signed_in, name):
    html = signed_in.get(reverse(name) + "nowhere/").content.decode()
    assert complaints(html) == []


def test_a_stranger_sees_none_of_it(client):
    rows = fill(UserFactory())
    for pattern in patterns():
        url = address(pattern, rows)
        if url and pattern.name not in FOR_STRANGERS:
            response = client.get(url)
            assert response.status_code in (302, 405), pattern.name
            assert response.status_code == 405 or "/login/" in response.headers["Location"]


def test_another_owner_sees_none_of_it(signed_in):
    rows = fill(UserFactory())
    mine = {"today", "connect-callback", *FOR_STRANGERS}  # a callback names no row
    for pattern in patterns():
        if pattern.pattern.converters and pattern.name not in mine:
            response = signed_in.get(address(pattern, rows))
            assert response.status_code in (404, 405), pattern.name


def test_the_stored_words_of_a_creator_cannot_become_markup(signed_in):
    rows = fill(signed_in.user)
    attack = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    Creator.objects.update(name=attack[:80], tone=attack)
    for row, names in (
        ("script", ("hook", "body", "caption")),
        ("note", ("title", "text")),
        ("post", ("reason", "caption")),
        ("pillar", ("name",)),
    ):
        type(rows[row]).objects.update(
            **{name: attack if name != "name" else attack[:80] for name in names if name != "name"}
        )
    for name, lines in crawl(signed_in, rows).items():
        assert [line for line in lines if "inline" in line] == [], name


class TestComplaints:
    """The crawl finds what it is there to find."""

    PAGE = '<html lang="en"><title>T · U</title><main><h1>One</h1>{}</main></html>'

    def test_a_good_page_has_none(self):
        assert complaints(self.PAGE.format("<h2>Two</h2><a href='/'>Go</a>")) == []

    @pytest.mark.parametrize(
        ("html", "says"),
        [
            ("<script>1</script>", "inline <script>"),
            ("<p style='color:red'>x</p>", "inline style"),
            ("<p onclick='x()'>x</p>", "inline onclick"),
            ("<p hx-on:click='x()'>x</p>", "inline hx-on"),
            ("<script src='https://cdn.example/x.js'></script>", "leaves the installation"),
            ("<img alt='' src='//cdn.example/x.png'>", "leaves the installation"),
            ("<a href='https://example.org'>out</a>", "tells where it came from"),
            ("<h1>Two</h1>", "only h1"),
            ("<h3>Three</h3>", "skips a level"),
            ("<input name='q'>", "has no label"),
            ("<button><svg aria-hidden='true'></svg></button>", "has no name"),
            ("<a>nowhere</a>", "leads nowhere"),
            ("<p id='a'></p><p id='a'></p>", "two things"),
            ("<p aria-describedby='gone'>x</p>", "not there"),
            ("<img src='/x.png'>", "has no alt"),
            ("<svg></svg>", "neither hidden nor named"),
        ],
    )
    def test_each_fault_is_named(self, html, says):
        [line] = complaints(self.PAGE.format(html))
        assert says in line

    def test_two_primary_actions_are_one_too_many(self):
        button = "<button class='button button-primary'>Go</button>"
        assert complaints(self.PAGE.format(button * 2)) == ["2 primary actions: ['Go', 'Go']"]


def test_nothing_is_hidden_until_a_script_shows_it_but_what_only_a_script_can_do(signed_in):
    page = Page(signed_in.get("/").content.decode())
    assert [tag.attrs for tag in page.tags if "hidden" in tag.attrs] != []
    for tag in page.tags:
        assert "hidden" not in tag.attrs or "data-theme-switch" in tag.attrs
