"""Whose a row is. Every page asks for rows through `for_user`; somebody else's row is a 404."""

from typing import Self, TypeVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

M = TypeVar("M", bound=models.Model)
User = AbstractBaseUser | AnonymousUser


class OwnedQuerySet(models.QuerySet[M]):
    """Rows that belong to a user; most by way of their creator."""

    owner = "creator__owner"  # the lookup that leads there

    def for_user(self, user: User) -> Self:
        return self.filter(**{f"{self.owner}_id": user.pk})
