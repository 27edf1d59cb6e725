"""Where a creator posts to, and what is kept of logins, troubles and platforms' calls."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from creators.models import Creator
from studio.lib.encrypted import EncryptedJSONField, EncryptedTextField, is_unreadable
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
