"""How publishing hears from upstream. Signals are speed; `tasks.due()` and the last check are
correctness.
"""

from typing import Any

from django.db.models import Q
from django.dispatch import receiver

from avatar.signals import reel_ready, reel_withdrawn
from creators.signals import consent_revoked
from publishing.services import stop_posts
from scripts_gen.signals import approval_withdrawn
from studio.lib.jobs import enqueue


@receiver(reel_ready)
def _queue_reel(reel_id: int, **_: Any) -> None:
    enqueue("publishing.tasks.post_reel", reel_id)


@receiver(reel_withdrawn)
def _reel_withdrawn(reel_id: int, **_: Any) -> None:
    stop_posts(Q(reel=reel_id), "The reel was withdrawn.")


@receiver(approval_withdrawn)
def _approval_withdrawn(script_id: int, **_: Any) -> None:
    stop_posts(Q(reel__take__script=script_id), "The approval of its script was withdrawn.")


@receiver(consent_revoked)
def _consent_revoked(creator_id: int, **_: Any) -> None:
    stop_posts(Q(account__creator=creator_id), "The consent was revoked.")
