"""What platforms tell us without being asked. Signed, but no more than a hint: what counts is what
the platform answers when we ask it.
"""

import datetime as dt
import hashlib
import json
import secrets
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from publishing.accounts import connecting
from publishing.clients import platform_label
from publishing.models import UNDER_WAY, Account, Deletion, Post, Webhook
from publishing.platforms import PLATFORMS, access, apps
from publishing.platforms.meta import signed_request
from publishing.platforms.tiktok_api import verify_signature
from studio.lib.jobs import enqueue

META = ("instagram", "facebook", "threads")  # Meta's apps, as apps.NAMES calls them
KEPT = dt.timedelta(days=7)
STILL_NEW_S = 24 * 3600  # of what Meta signs; it may try for a while to bring it


class NotSigned(Exception):
    """Whoever sent this is not the platform."""


# Meta


def deauthorised(registration: str, given: str) -> None:
    """Somebody took our app's permission away: look which accounts that ends."""
    _meta_user(registration, given)
    for account in _accounts(registration):
        enqueue("publishing.tasks.check_account", account.pk)


def deletion_asked(registration: str, given: str) -> Deletion:
    """Somebody wants what we keep of their account deleted.

    Meta names the person, which is the account itself on Instagram and Threads; Pages are found by
    their permission having ended.
    """
    user = _meta_user(registration, given)
    named = _accounts(registration).filter(external_id=user)
    with transaction.atomic():
        deletion = Deletion.objects.create(
            code=secrets.token_hex(12), platform=registration, n_accounts=named.count()
        )
        for account in named:
            connecting.erase(account)
    for account in _accounts(registration):
        enqueue("publishing.tasks.check_account", account.pk)
    return deletion


def _meta_user(registration: str, given: str) -> str:
    try:
        said = signed_request(apps.app(registration).secret, given)
    except ValueError as e:
        raise NotSigned(str(e)) from e
    signed_at = said.get("issued_at")
    if isinstance(signed_at, int) and timezone.now().timestamp() - signed_at > STILL_NEW_S:
        raise NotSigned("This was signed too long ago.")  # or an old deletion could be sent again
    return str(said.get("user_id", ""))


def _accounts(registration: str) -> Any:
    names = [name for name in PLATFORMS if _registration(name) == registration]
    connected = Account.objects.exclude(state=Account.State.DISCONNECTED)
    return connected.filter(platform__in=names)


def _registration(name: str) -> str:
    try:
        return access(name).registration
    except KeyError:
        return ""


# TikTok


def tiktok_event(signature: str, body: bytes) -> bool:
    """Take up an event. False: it was known already.

    They come at least once and in no order, so they are not believed: a post is looked at again at
    once instead of in a while, an account is asked whether it still works.
    """
    app = apps.app("tiktok")
    if not verify_signature(app.secret, signature, body, timezone.now()):
        raise NotSigned("The signature is not right, or too old.")
    try:
        said = json.loads(body)
        event, who = str(said["event"]), str(said["user_openid"])
        ours = said.get("client_key") == app.id
    except (ValueError, KeyError, TypeError) as e:
        raise NotSigned("This is no event.") from e
    if not ours or not _is_new(body, event):
        return False
    for account in _accounts("tiktok").filter(external_id=who):
        if event == "authorization.removed":
            enqueue("publishing.tasks.check_account", account.pk)
        elif event.startswith("post.publish."):
            _look_now(account, _publish_id(said.get("content")))
    return True


def _is_new(body: bytes, event: str) -> bool:
    Webhook.objects.filter(received_at__lt=timezone.now() - KEPT).delete()
    try:
        with transaction.atomic():
            Webhook.objects.create(
                digest=hashlib.sha256(body).hexdigest(), platform="tiktok", event=event[:100]
            )
    except IntegrityError:
        return False
    return True


def _publish_id(content: Any) -> str:
    try:
        return str(json.loads(content)["publish_id"])
    except (ValueError, KeyError, TypeError):
        return ""


def _look_now(account: Account, publish_id: str) -> None:
    """Do not wait for the next look at the post that it is about."""
    now = timezone.now()
    posts = Post.objects.filter(account=account, state__in=UNDER_WAY, retry_at__gt=now)
    for post in posts:
        if post.handle.get("publish_id") == publish_id:
            Post.objects.filter(pk=post.pk, state=post.state, lease_owner="").update(retry_at=now)
            enqueue("publishing.tasks.publish", post.pk, cluster="publish")


def about(deletion: Deletion) -> str:
    """What became of a request for deletion, for whoever made it."""
    label = platform_label(deletion.platform)
    if deletion.n_accounts:
        return (
            f"The permission for your {label} account, its name and its id were deleted here on"
            f" {deletion.asked_at:%d %B %Y}."
        )
    return (
        f"Your request of {deletion.asked_at:%d %B %Y} was received. Nothing is kept here under"
        f" your {label} id; permissions that have ended are wiped."
    )
