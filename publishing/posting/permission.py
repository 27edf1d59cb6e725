"""May this post go out? Asked when it is queued, when it is taken up, and once more in the moment
before.
"""

from dataclasses import dataclass

from avatar.models import Reel
from publishing.models import Account, Post


@dataclass(frozen=True)
class Stop:
    """Why not, and what becomes of the post."""

    state: Post.State
    reason: str


def why_not(post: Post) -> Stop | None:
    """What forbids it now; None when nothing does. `post` must be fresh from the database."""
    reel, account, script = post.reel, post.account, post.reel.script
    if Reel.objects.uncovered().filter(pk=reel.pk).exists():
        return Stop(Post.State.CANCELLED, "No consent covers the photo and the voice in it.")
    if not script.is_approved or reel.take.text_sha256 != script.text_sha256:
        return Stop(Post.State.CANCELLED, "The script it was made from is no longer approved.")
    if reel.state != Reel.State.READY:
        return Stop(Post.State.CANCELLED, f"The reel is {reel.get_state_display()}.")
    if not post.is_approved:
        return Stop(
            Post.State.DRAFT,
            "The reel or the caption is not the one that was approved; look at it again.",
        )
    if account.state != Account.State.CONNECTED:
        return Stop(
            Post.State.WAITING,
            f"{account.why_not} Then this goes on.",
        )
    return None
