"""Lock everything that is stored locked with the first of TOKEN_KEYS."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import models
from django.db.models.functions import Cast

from studio.lib.encrypted import (
    EncryptedJSONField,
    EncryptedTextField,
    Locked,
    Unreadable,
    relock,
)


class Command(BaseCommand):
    help = (
        "After a new key was put in front of TOKEN_KEYS and the studio was started again: lock"
        " everything with it. Safe to stop and to run again, also while the studio works. Then the"
        " old key can be taken away."
    )

    def handle(self, **options: Any) -> None:
        n_locked = n_before = n_lost = 0
        for model, field in _columns():
            for pk, stored in _stored(model, field):
                try:
                    anew = relock(stored)
                except Unreadable:
                    n_lost += 1
                    continue
                if anew is None:
                    n_before += 1
                # Only over the value that was read: a renewal meanwhile brought newer tokens, and
                # locked them with the first key.
                elif (
                    _as_stored(model, field)
                    .filter(pk=pk, _stored=stored)
                    .update(**{field: Locked(anew)})
                ):
                    n_locked += 1
        self.stdout.write(
            f"{n_locked} locked anew, {n_before} were already, {n_lost} cannot be opened."
        )
        if n_lost:
            raise CommandError(
                "What cannot be opened was locked with a key that is not in TOKEN_KEYS. Put it"
                " back behind the first and run this again, or connect those accounts again."
            )


def _columns() -> list[tuple[type[models.Model], str]]:
    """Every column of the installation that is stored locked."""
    return [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, EncryptedTextField | EncryptedJSONField)
    ]


def _as_stored(model: type[models.Model], field: str) -> models.QuerySet[Any]:
    return model._default_manager.annotate(_stored=Cast(field, models.TextField()))


def _stored(model: type[models.Model], field: str) -> models.QuerySet[Any, tuple[int, str]]:
    return _as_stored(model, field).exclude(_stored="").values_list("pk", "_stored")
