from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from creators.services import create_creator


class Command(BaseCommand):
    help = "Add a creator, as the dashboard does."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("handle", help="short name, unique here: letters, digits, - and _")
        parser.add_argument("--name", required=True)
        parser.add_argument("--timezone", required=True, help="like Europe/Berlin")
        parser.add_argument("--owner", required=True, help="user name of the account it is for")
        parser.add_argument("--language", default="en", help="as espeak-ng names it")

    def handle(
        self, *, handle: str, name: str, timezone: str, owner: str, language: str, **options: Any
    ) -> None:
        user = User.objects.filter(username=owner).first()
        if user is None:
            raise CommandError(f"There is no account “{owner}”.")
        try:
            creator = create_creator(
                user, name=name, handle=handle, language=language, time_zone=timezone
            )
        except ValidationError as e:
            raise CommandError(" ".join(e.messages)) from e
        self.stdout.write(f"Creator {creator.pk}: {creator.name} (@{creator.handle})")
