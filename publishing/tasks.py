"""What a worker runs. Each is safe to run twice."""

from django.db.models import Exists, F, OuterRef

from avatar.models import Reel
from publishing import dispatch, services
from publishing.health import CLUSTERS, cluster_beat
from publishing.models import Account, Post
from studio.lib.models import Lease


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


def beat(number: int) -> None:
    """A sign of life of the cluster that runs this: `CLUSTERS[number]`."""
    Lease.beat(cluster_beat(CLUSTERS[number]))


def due() -> list[tuple[str, int, str]]:
    """What should be running now and is not: (task, row, cluster)."""
    jobs = [
        ("publishing.tasks.publish", pk, "publish")
        for pk in Post.objects.due().order_by("due_at", "pk").values_list("pk", flat=True)
    ]
    jobs += [("publishing.tasks.post_reel", pk, "default") for pk in _reels_without_post()]
    cancelled = Post.objects.filter(state=Post.State.CANCELLED).exclude(handle={})
    jobs += [
        ("publishing.tasks.discard", pk, "publish")
        for pk in cancelled.values_list("pk", flat=True)
    ]
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
    return list(reels.order_by(F("ready_at").asc(), "pk").values_list("pk", flat=True))
