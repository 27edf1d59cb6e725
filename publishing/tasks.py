"""What a worker runs. Each is safe to run twice."""

import logging

from django.db.models import Exists, F, OuterRef

from avatar.models import FILM, Reel
from publishing import services
from publishing.accounts import connecting, logins, notices, tokens
from publishing.health import CLUSTERS, cluster_beat
from publishing.models import Account, Post
from publishing.platforms.errors import PlatformError
from publishing.posting import dispatch
from publishing.results import insights, outcomes
from studio.lib.models import Lease

log = logging.getLogger(__name__)


def publish(post_pk: int) -> None:
    """Bring a post that is due as far as it will go."""
    dispatch.publish(post_pk)


def discard(post_pk: int) -> None:
    """Take back what was prepared for a cancelled post."""
    dispatch.discard(post_pk)


def post_reel(reel_pk: int) -> None:
    """Put a finished reel in the queue of every connected account."""
    reel = Reel.objects.select_related("take__script__slot__creator").filter(pk=reel_pk).first()
    if reel is not None and reel.state == Reel.State.READY:
        services.post_everywhere(reel)


def renew(account_pk: int) -> None:
    """Renew an account's tokens ahead of time."""
    account = Account.objects.connected().filter(pk=account_pk).first()
    if account is None or not tokens.is_due(account):
        return
    try:
        tokens.refresh(account)
    except PlatformError as e:  # the row says so, and when it is tried again
        log.warning("The tokens of account %s were not renewed: %s", account_pk, e)


def check_account(account_pk: int) -> None:
    """Ask the platform whether an account still works; its row says afterwards."""
    account = Account.objects.connected().filter(pk=account_pk).first()
    if account is None:
        return
    try:
        connecting.check(account)
    except PlatformError as e:
        log.info("Account %s: %s", account_pk, e)


def drop_login(login_pk: int) -> None:
    """Forget a login that nobody came back from, and what was allowed in it."""
    logins.stale().filter(pk=login_pk).delete()


def review(account_pk: int) -> None:
    """Open, close and mail the notices of an account."""
    notices.review(account_pk)


def forget(account_pk: int) -> None:
    """Give back the access to a disconnected account and wipe its tokens."""
    connecting.forget(account_pk)


def collect_insights(post_pk: int) -> None:
    """Read what became of a post so far."""
    insights.collect(post_pk)


def teach(creator_pk: int) -> None:
    """Hand what worked to those who plan and write."""
    outcomes.teach(creator_pk)


def beat(number: int) -> None:
    """A sign of life of the cluster that runs this: `CLUSTERS[number]`."""
    Lease.beat(cluster_beat(CLUSTERS[number]))


def due() -> list[tuple[str, int, str]]:
    """What should be running now and is not: (task, row, cluster)."""
    jobs = [
        ("publishing.tasks.publish", pk, "publish")
        for pk in Post.objects.due().in_order().values_list("pk", flat=True)
    ]
    jobs += [("publishing.tasks.post_reel", pk, "default") for pk in _reels_without_post()]
    cancelled = Post.objects.filter(state=Post.State.CANCELLED).exclude(handle={})
    jobs += [
        ("publishing.tasks.discard", pk, "publish")
        for pk in cancelled.values_list("pk", flat=True)
    ]
    jobs += [("publishing.tasks.renew", pk, "default") for pk in tokens.due()]
    jobs += [("publishing.tasks.forget", pk, "default") for pk in connecting.forgettable()]
    jobs += [("publishing.tasks.collect_insights", pk, "default") for pk in insights.due()]
    jobs += [("publishing.tasks.teach", pk, "default") for pk in outcomes.to_teach()]
    old = logins.stale().values_list("pk", flat=True)
    jobs += [("publishing.tasks.drop_login", pk, "default") for pk in old]
    jobs += [("publishing.tasks.review", pk, "default") for pk in notices.due()]
    return jobs


def _reels_without_post() -> list[int]:
    """Finished reels that an account, connected when they were finished, has never been given."""
    posts = Post.objects.filter(reel=OuterRef(OuterRef("pk")), account=OuterRef("pk"))
    waiting_accounts = Account.objects.connected().filter(
        ~Exists(posts),
        creator=OuterRef("take__script__slot__creator"),
        created_at__lte=OuterRef("ready_at"),
    )
    reels = Reel.objects.filter(Exists(waiting_accounts), state=Reel.State.READY)
    reels = reels.exclude(take__engine=FILM)  # goes only where its bringer sends it
    return list(reels.order_by(F("ready_at").asc(), "pk").values_list("pk", flat=True))
