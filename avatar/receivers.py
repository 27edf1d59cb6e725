"""How the app hears from upstream. Signals are speed; `tasks.due` finds what a lost one left."""

from typing import Any

from django.dispatch import receiver

from avatar import services
from creators.signals import consent_revoked, footage_added, portrait_added, voice_added
from scripts_gen.signals import approval_withdrawn, script_approved
from studio.lib.jobs import enqueue


@receiver(portrait_added)
def inspect_portrait(portrait_id: int, **kwargs: Any) -> None:
    enqueue("avatar.tasks.inspect_portrait", portrait_id)


@receiver(voice_added)
def inspect_voice(voice_id: int, **kwargs: Any) -> None:
    enqueue("avatar.tasks.inspect_voice", voice_id)


@receiver(footage_added)
def inspect_footage(footage_id: int, **kwargs: Any) -> None:
    enqueue("avatar.tasks.inspect_footage", footage_id)


@receiver(script_approved)
def request_reel(script_id: int, **kwargs: Any) -> None:
    services.request_if_possible(script_id)


@receiver(approval_withdrawn)
def withdraw_script(script_id: int, **kwargs: Any) -> None:
    services.withdraw_script(script_id)


@receiver(consent_revoked)
def withdraw_consent(creator_id: int, **kwargs: Any) -> None:
    services.withdraw_consent(creator_id)
