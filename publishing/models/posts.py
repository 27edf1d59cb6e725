"""One reel on its way to one account, and each thing that was tried for it."""

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
from publishing.models.accounts import Account
from publishing.platforms import by_lead
from studio.lib.encrypted import EncryptedJSONField
from studio.lib.leases import Leased, LeasedQuerySet

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
