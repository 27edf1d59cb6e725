"""Every call of a publication fails once: nothing is shown twice, and every outcome is one that
the queue understands.
"""

import dataclasses
import datetime as dt
import json
import re

import pytest

from publishing.platforms import PLATFORMS, errors, platform
from publishing.platforms.base import Absent, Accepted, Delivered, Failed, Published, Text, Unclear
from tests.publishing.platforms.stages import connected

pytestmark = pytest.mark.enable_socket
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
KINDS = (
    *("close_after", "html", "revoke_token"),
    *("status_after", "malformed", "close_before"),
)
HOSTED = sorted(set(PLATFORMS) - {"folder"})
ENDS = ("published", "delivered", "failed", "unconfirmed")
SECRET_QUERY = re.compile(r"(upload_id|upload_token|access_token|[?&]s)=(?!\(hidden)")
STEPS = 60  # more than any publication needs


class Publication:
    """The queue's rules in small: one post, from prepare to a state that stays."""

    def __init__(self, name, sandbox, media, text, folder):
        self.name, self.sandbox, self.folder = name, sandbox, folder
        self.media, self.text, self.key = media, text, "0123456789abcdef"
        self.trail, self.said, self.secrets = [], [], set()
        self.paused = False
        self.connect()

    def connect(self):
        self.sandbox.set_rule("threads.wait_s", 0)
        self.sandbox.set_rule("tiktok.polls_until_public_id", 0)
        connection = connected(self.name, self.sandbox, self.folder)
        self.secrets.add(connection.access_token)
        self.client = platform(self.name)(connection)

    def run(self):
        """published, delivered, failed, unconfirmed, or stuck."""
        self.state, self.handle = "preparing", {}
        for _ in range(STEPS):
            if self.state in ENDS:
                return self.state
            before = self.state
            try:
                getattr(self, self.state)()
            except errors.PlatformError as e:
                self.trail.append((before, e.code))
                self.said.append(f"{e} {e.reply}")
                self.renew(e)
                if before != "committing":  # a look that fails says nothing of the post
                    self.after(e)
        return "stuck"

    def preparing(self):
        self.handle = as_stored(self.client.prepare(self.key, self.media, self.text))
        self.state = "processing"

    def processing(self):
        self.handle = as_stored(self.client.check(self.handle))
        self.state = "ready"

    def ready(self):
        self.state = "committing"  # on record before anything is sent
        handle = self.handle
        if self.client.capabilities.commit_sends_video:
            handle = handle | {"video": str(self.media.video)}
        self.take(self.client.commit(self.key, handle))

    def committing(self):
        self.take(self.client.reconcile(self.key, self.handle, LONG_AGO))

    def take(self, outcome):
        self.trail.append((self.state, type(outcome).__name__))
        match outcome:
            case Published() | Delivered():
                self.state = type(outcome).__name__.lower()
                assert outcome.external_id
            case Absent() if self.client.capabilities.commit_retry_allowed or self.paused:
                self.state, self.paused = "ready", False
            case Failed(error):
                self.renew(error)
                self.after(error)
            case Absent() | Unclear():
                self.state = "unconfirmed"
            case Accepted():
                self.state = "committing"

    def renew(self, error):
        if isinstance(error, errors.TokenStale | errors.AuthExpired):
            self.connect()  # refreshed, or by the creator

    def after(self, error):
        if self.state == "committing" and not error.proves_absent:
            return  # look
        if self.state == "committing" and getattr(error, "look_first", False):
            self.paused = True
            return  # look, after the pause
        match error:
            case errors.Rejected() | errors.AccountBlocked():
                self.state = "failed"
            case errors.HandleExpired():
                self.state, self.handle = "preparing", {}
            case _ if self.state == "committing" and not isinstance(error, errors.NotReady):
                self.state = "ready"


def as_stored(handle):
    return json.loads(json.dumps(handle))


@pytest.fixture
def publication(request, sandbox, media, tmp_path):
    cover, vtt = tmp_path / "cover.jpg", tmp_path / "reel.vtt"
    cover.write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    vtt.write_text("WEBVTT\n")
    media = dataclasses.replace(media, cover=cover, subtitles=(vtt,))
    text = Text("Words #one at https://example.org", title="Why?")
    return lambda name: Publication(name, sandbox, media, text, tmp_path)


@pytest.mark.parametrize("name", HOSTED)
def test_a_fault_at_any_call_shows_nothing_twice(name, publication, sandbox, caplog):
    caplog.set_level("DEBUG", logger="publishing.platforms")
    one = publication(name)
    before = sandbox.calls["all"]
    assert one.run() in ("published", "delivered")
    n_calls = sandbox.calls["all"] - before
    assert n_calls > 2
    for number in range(n_calls):
        sandbox.reset()
        one = publication(name)
        # One way each, to be quick; all ways at the commit are in the conformance test.
        sandbox.fault(KINDS[number % len(KINDS)], skip=number, seconds=0)
        state = one.run()
        shown = len(sandbox.posts())
        where = (number, state, shown, one.trail)
        assert state in ENDS, where
        assert shown <= 1, where
        assert state != "published" or shown == 1, where
        assert state != "failed" or shown == 0, where
        said = " ".join([*one.said, caplog.text])
        assert not any(secret in said for secret in one.secrets), where
        assert not SECRET_QUERY.search(said), where


@pytest.mark.parametrize("name", HOSTED)
def test_a_pause_asked_for_after_the_commit_was_done_makes_no_second_post(
    name, sandbox, media, tmp_path
):
    publication = Publication(name, sandbox, media, Text("Once", title="Once"), tmp_path)
    sandbox.fault("status_after", commit=True, status=429)
    assert publication.run() in ("published", "delivered", "unconfirmed")
    assert len(sandbox.posts(hidden=True)) == 1
