"""From reel to post."""

import datetime as dt
import hashlib
import json
import secrets
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from avatar.models import Reel
from creators.models import Creator
from publishing.platforms import by_lead
from studio.lib.encrypted import EncryptedJSONField, EncryptedTextField, is_unreadable
from studio.lib.leases import Leased, LeasedQuerySet
from studio.lib.owned import OwnedQuerySet


class AccountQuerySet(OwnedQuerySet["Account"]):
    def connected(self) -> Self:
        return self.filter(state=Account.State.CONNECTED)


class Account(models.Model):
    """A place a creator posts to: one account on one platform."""

    class State(models.TextChoices):
        CONNECTED = "connected", "connected"
        RECONNECT = "reconnect", "must be reconnected"
        BLOCKED = "blocked", "blocked by the platform"
        DISCONNECTED = "disconnected", "disconnected"

    creator = models.ForeignKey(Creator, models.CASCADE, related_name="accounts")
    platform = models.CharField(max_length=20)  # key of publishing.platforms.PLATFORMS
    external_id = models.CharField(
        max_length=200
    )  # the platform's name for it; the folder's: its path
    name = models.CharField(max_length=120)
    username = models.CharField(max_length=120, blank=True)  # there, without the @
    server = models.CharField(max_length=200, blank=True)  # https://host, of platforms with many
    state = models.CharField(max_length=12, choices=State, default=State.CONNECTED)
    # What the creator chose for everything that goes there; the platform's client reads it.
    options = models.JSONField(default=dict, blank=True)

    access_token = EncryptedTextField(blank=True)
    refresh_token = EncryptedTextField(blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)  # the access token; None: never
    refresh_expires_at = models.DateTimeField(null=True, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)  # the access token
    scopes = models.JSONField(default=list, blank=True)
    # Goes up with every change of the tokens: who holds an older number holds older tokens.
    token_version = models.PositiveIntegerField(default=0)
    # A registration with the account's own server (Mastodon).
    app_id = models.CharField(max_length=200, blank=True)
    app_secret = EncryptedTextField(blank=True)
    # A worker that renews the tokens holds this lease; nobody else spends the refresh token then.
    renewing_by = models.CharField(max_length=80, blank=True, editable=False)
    renewing_until = models.DateTimeField(null=True, blank=True, editable=False)
    # A renewal was begun then and its answer never stored: the refresh token may be spent.
    renewal_sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    renewal_tries = models.PositiveSmallIntegerField(default=0, editable=False)  # fruitless ones
    renewal_after = models.DateTimeField(null=True, blank=True, editable=False)  # not before
    last_used_at = models.DateTimeField(null=True, blank=True)  # with success
    last_error = models.CharField(max_length=300, blank=True)  # in words; empty after a success
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["platform", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "platform", "external_id"], name="account_once_a_creator"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.platform})"

    @property
    def why_not(self) -> str:
        """Why nothing goes there, as a sentence with what to do; empty when something does."""
        return {
            self.State.CONNECTED: "",
            self.State.RECONNECT: f"{self.name} must be connected again.",
            self.State.BLOCKED: f"{self.name} is restricted by its platform; see what it says.",
            self.State.DISCONNECTED: f"{self.name} is disconnected; connect it again.",
        }[self.State(self.state)]

    @property
    def is_locked_out(self) -> bool:
        """Its tokens are stored, but were locked with a key that is lost."""
        return is_unreadable(self.access_token) or is_unreadable(self.refresh_token)


class Login(models.Model):
    """A creator on the way to a platform's login page and back. Good once, and for minutes."""

    state = models.CharField(max_length=64, unique=True)  # random; comes back with the answer
    # The session that went is the one that must come back.
    session_key = models.CharField(max_length=40)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    creator = models.ForeignKey(Creator, models.CASCADE, related_name="+")
    platform = models.CharField(max_length=20)
    server = models.CharField(max_length=200, blank=True)
    app_id = models.CharField(max_length=200, blank=True)
    app_secret = EncryptedTextField(blank=True)
    verifier = EncryptedTextField(blank=True)  # PKCE; never leaves this installation before
    redirect_uri = models.CharField(max_length=500)
    # Which account is to be connected again; none: a new one.
    account = models.ForeignKey(Account, models.SET_NULL, related_name="+", null=True, blank=True)
    # What was allowed, while the creator still has to choose among several accounts.
    grants = EncryptedJSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"login of {self.creator} at {self.platform}"


class NoticeQuerySet(OwnedQuerySet["Notice"]):
    owner = "account__creator__owner"

    def open(self) -> Self:
        return self.filter(closed_at=None)


class Notice(models.Model):
    """One incident with an account, from its first sign until it is mended. Told once."""

    class Kind(models.TextChoices):
        RECONNECT = "reconnect", "must be reconnected"
        BLOCKED = "blocked", "blocked by the platform"
        RUNS_OUT = "runs_out", "permission runs out"
        UNCONFIRMED = "unconfirmed", "may already be live"

    account = models.ForeignKey(Account, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=12, choices=Kind)
    text = models.CharField(max_length=500)  # as it was when it began
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind"],
                condition=models.Q(closed_at=None),
                name="one_notice_an_incident",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.kind}"


class Webhook(models.Model):
    """An event that a platform told us of. Kept to know it when it comes again."""

    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of what was sent
    platform = models.CharField(max_length=20)
    event = models.CharField(max_length=100)
    received_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.event} of {self.platform}"


class Deletion(models.Model):
    """Somebody asked a platform to have what we keep of their account deleted."""

    code = models.CharField(max_length=32, unique=True)  # what they ask the outcome with
    platform = models.CharField(max_length=20)
    n_accounts = models.PositiveSmallIntegerField()
    asked_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"deletion {self.code} at {self.platform}"


BEGUN = "begun"  # the handle's only key while an upload is under way


def new_key() -> str:
    return secrets.token_hex(8)


class PostQuerySet(LeasedQuerySet["Post"]):
    owner = "account__creator__owner"

    def due(self) -> Self:
        """What a worker should take up now: it is time to prepare it, or a wait is over, or a
        worker died on it.
        """
        now, state = timezone.now(), Post.State
        waited = models.Q(retry_at__lte=now)
        come = models.Q(due_at__lte=now)
        for lead, names in by_lead().items():
            if lead:
                come |= models.Q(due_at__lte=now + lead, account__platform__in=names)
        return self.free(now).filter(
            models.Q(state=state.SCHEDULED) & come
            | models.Q(state__in=(state.WAITING, state.PUBLISHED)) & waited
            # It waited for its account, which was connected again at that very moment.
            | models.Q(state=state.WAITING, retry_at=None, account__state=Account.State.CONNECTED)
            | models.Q(state__in=UNDER_WAY) & (waited | models.Q(retry_at=None)),
        )

    def in_order(self) -> Self:
        """What is about to be seen comes before uploads, and links of live posts come last."""
        state = Post.State
        return self.order_by(
            models.Case(
                models.When(state__in=(state.READY, state.COMMITTING), then=0),
                models.When(state=state.PUBLISHED, then=2),
                default=1,
            ),
            "due_at",
            "pk",
        )

    def soon(self, until: dt.datetime) -> dt.datetime | None:
        """When the next post goes on by itself, at `until` at the latest: a platform is still
        processing it, a wait is over, or its hour comes. None when none does.
        """
        state = Post.State
        young = models.Q(state=state.PUBLISHED, tries__lt=4)  # a late link is not worth more
        going_on = models.Q(state__in=(state.WAITING, *UNDER_WAY)) | young
        posts = self.free().filter(going_on, retry_at__lte=until)
        moment: dt.datetime | None = posts.aggregate(soon=models.Min("retry_at"))["soon"]
        return moment

    def with_story(self) -> Self:
        """All that the checks and the pages read of a post, in one query."""
        return self.select_related(
            "account__creator", "approved_by", "reel__take__script__slot__creator"
        )


class Post(Leased):
    """One reel on its way to one account."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        APPROVED = "approved", "approved"
        SCHEDULED = "scheduled", "scheduled"
        DISPATCHING = "dispatching", "starting"
        PREPARING = "preparing", "uploading"
        PROCESSING = "processing", "being processed"
        READY = "ready", "ready to go out"
        COMMITTING = "committing", "going out"
        PUBLISHED = "published", "published"
        DELIVERED = "delivered_to_inbox", "in your inbox there"
        FAILED = "failed", "failed"
        WAITING = "waiting", "waiting"
        UNCONFIRMED = "unconfirmed", "may already be live"
        CANCELLED = "cancelled", "cancelled"

    reel = models.ForeignKey(Reel, models.PROTECT, related_name="posts")
    account = models.ForeignKey(Account, models.PROTECT, related_name="posts")
    # Our own name for it, the same in every attempt: what lets a platform recognise a repeated
    # request.
    key = models.CharField(max_length=32, default=new_key, unique=True, editable=False)
    title = models.CharField(max_length=200, blank=True)  # where there is one; "": the reel's hook
    caption = models.TextField(max_length=5000, blank=True)
    due_at = models.DateTimeField()  # UTC; shown in the creator's zone
    due_reason = models.CharField(max_length=300, blank=True)  # why then, in words
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    reason = models.CharField(
        max_length=300, blank=True
    )  # why it failed or waits, for the creator
    # When a waiting post goes on; of one that is live: when its link is asked for again.
    retry_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)  # fruitless ones of the present step
    # How often it was sent back to an earlier step since a person last decided something.
    rounds = models.PositiveSmallIntegerField(default=0)
    # What prepare got; opaque outside the client, and locked: upload addresses open doors.
    handle = EncryptedJSONField(default=dict, blank=True)
    # What was prepared is not what is to go out: it is taken back, and prepared anew.
    outdated = models.BooleanField(default=False)
    # What was chosen for this post, over the account's options.
    options = models.JSONField(default=dict, blank=True)
    first_comment = models.TextField(max_length=2000, blank=True)
    comment_id = models.CharField(max_length=300, blank=True)  # of the first comment, once written
    external_id = models.CharField(max_length=300, blank=True)
    permalink = models.CharField(max_length=1000, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_how = models.CharField(max_length=120, blank=True)  # when not on its page
    content_sha256 = models.CharField(max_length=64, blank=True)  # reel and caption as approved
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    published_at = models.DateTimeField(null=True, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["reel", "account"],
                condition=~models.Q(state="cancelled"),
                name="reel_posted_once_an_account",
            )
        ]
        indexes = [
            models.Index(fields=["state", "due_at"], name="post_due")  # tick: what is due
        ]

    def __str__(self) -> str:
        return f"post {self.pk} to {self.account}"

    @property
    def creator(self) -> Creator:
        return self.account.creator

    @property
    def begun(self) -> dict[str, Any]:
        """What an upload that is not finished has saved; empty when there is none."""
        found: dict[str, Any] = self.handle.get(BEGUN, {})
        return found

    @property
    def is_prepared(self) -> bool:
        return bool(self.handle) and BEGUN not in self.handle

    @property
    def content_hash(self) -> str:
        """The hash an approval is about: the video, the words beside it, and who may see it."""
        parts: list[Any] = [self.reel.sha256, self.caption]
        more = {"title": self.title, "comment": self.first_comment, "options": self.options}
        if any(more.values()):
            parts.append(more)
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    @property
    def is_approved(self) -> bool:
        """Approved by somebody, and still what was approved."""
        return self.approved_by_id is not None and self.content_sha256 == self.content_hash


# Goes no further until a person decides something; worst first.
HELD = (Post.State.UNCONFIRMED, Post.State.FAILED, Post.State.WAITING, Post.State.DRAFT)
# A worker holds it, or one died holding it.
UNDER_WAY = (
    Post.State.DISPATCHING,
    Post.State.PREPARING,
    Post.State.PROCESSING,
    Post.State.READY,
    Post.State.COMMITTING,
)
OVER = (Post.State.PUBLISHED, Post.State.DELIVERED, Post.State.CANCELLED)
ON_ITS_WAY = (Post.State.APPROVED, Post.State.SCHEDULED, *UNDER_WAY)
# Nothing can have reached the audience yet.
STOPPABLE = (
    Post.State.DRAFT,
    Post.State.APPROVED,
    Post.State.SCHEDULED,
    Post.State.DISPATCHING,
    Post.State.PREPARING,
    Post.State.PROCESSING,
    Post.State.READY,
    Post.State.WAITING,
)


class Attempt(models.Model):
    """One thing a worker set out to do for a post, written before doing it. Never deleted."""

    class Phase(models.TextChoices):
        PREPARE = "prepare", "prepare"
        CHECK = "check", "check"
        COMMIT = "commit", "commit"
        RECONCILE = "reconcile", "look again"
        PERMALINK = "permalink", "ask for the link"
        COMMENT = "comment", "first comment"

    SEEN, NOT_SEEN = "seen", "not_seen"  # outcomes of a person's look at the account

    post = models.ForeignKey(Post, models.CASCADE, related_name="attempts")
    phase = models.CharField(max_length=10, choices=Phase)
    worker = models.CharField(max_length=80)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(
        max_length=30, blank=True
    )  # ok, a class of publishing.platforms.errors, or what a person saw
    detail = models.TextField(blank=True)  # the platform's words, shortened, without secrets
    # Of a commit or a comment: certain that nothing came of it. The platform refused, a look
    # proved it, or the creator says so.
    proved_absent = models.BooleanField(default=False)

    class Meta:
        ordering = ["started_at", "pk"]
        constraints = [
            # What an audience sees is begun once a post; only the proof that nothing came of it
            # makes room for another.
            models.UniqueConstraint(
                fields=["post", "phase"],
                condition=models.Q(phase__in=["commit", "comment"], proved_absent=False),
                name="one_commit_a_post",
            )
        ]

    def __str__(self) -> str:
        return f"{self.phase} of post {self.post_id}: {self.outcome or 'under way'}"


class MediaLink(models.Model):
    """An address under which anybody who has it can fetch a file of one post, for a while.

    Only its hash is kept: who reads the database cannot fetch anything with it.
    """

    class Kind(models.TextChoices):
        VIDEO = "video", "video"
        COVER = "cover", "cover"

    post = models.ForeignKey(Post, models.CASCADE, related_name="media_links")
    kind = models.CharField(max_length=5, choices=Kind)
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the token
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} of post {self.post_id} until {self.expires_at}"


class InsightQuerySet(OwnedQuerySet["Insight"]):
    owner = "post__account__creator__owner"

    def taken(self) -> Self:
        return self.filter(state=Insight.State.TAKEN)

    def of_a_day(self) -> Self:
        """Counts of the first 24 hours, taken close enough to their end to be compared."""
        late = models.F("post__published_at") + dt.timedelta(hours=24) + LATE_INSIGHT
        return self.taken().filter(age_h=24, taken_at__lte=late)


LATE_INSIGHT = dt.timedelta(hours=6)  # views of a day grow by a few per cent in so long


class Insight(models.Model):
    """The counts of a post at one of the ages at which all posts are compared.

    A count that is None: the platform does not say.
    """

    class State(models.TextChoices):
        ASKED = "asked", "asked for"
        TAKEN = "taken", "taken"
        REFUSED = "refused", "not to be had"

    post = models.ForeignKey(Post, models.CASCADE, related_name="insights")
    age_h = models.PositiveSmallIntegerField()  # 1, 24, 72 or 168
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    tries = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)  # why it is not taken, in words
    taken_at = models.DateTimeField(null=True, blank=True)  # when truly; see `is_late`
    views = models.PositiveBigIntegerField(null=True)
    reach = models.PositiveBigIntegerField(null=True)
    likes = models.PositiveBigIntegerField(null=True)
    comments = models.PositiveBigIntegerField(null=True)
    shares = models.PositiveBigIntegerField(null=True)
    saves = models.PositiveBigIntegerField(null=True)
    watched_ms = models.PositiveBigIntegerField(null=True)
    average_watch_ms = models.PositiveBigIntegerField(null=True)
    followers = models.PositiveBigIntegerField(null=True)  # of the account, at that time

    objects = InsightQuerySet.as_manager()

    class Meta:
        ordering = ["post", "age_h"]
        constraints = [
            models.UniqueConstraint(fields=["post", "age_h"], name="insight_once_an_age")
        ]

    def __str__(self) -> str:
        return f"post {self.post_id} after {self.age_h} h: {self.views} views"

    @property
    def is_late(self) -> bool:
        """Taken too long after its age to stand beside others of that age."""
        out, age = self.post.published_at, dt.timedelta(hours=self.age_h)
        return bool(self.taken_at and out and self.taken_at > out + age + LATE_INSIGHT)
