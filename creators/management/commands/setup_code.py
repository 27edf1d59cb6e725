from typing import Any

import environ
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandParser

from creators.first_owner import LENGTH, is_empty, setup_code


class Command(BaseCommand):
    help = "Say where to begin: the address, and the one-time code while there is no account."

    def add_arguments(self, parser: CommandParser) -> None:
        env = environ.Env()
        parser.add_argument("--port", type=int, default=env.int("WEB_PORT", default=8000))

    def handle(self, *, port: int, **options: Any) -> None:
        address = f"http://localhost:{port}/"
        if is_empty():
            code = setup_code()
            shown = f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"
            self.stdout.write(f"Open {address}setup/ and enter {shown}")
            return
        first = User.objects.order_by("pk").values_list("username", flat=True)[0]
        self.stdout.write(
            f"Open {address}login/ and sign in as {first}. "
            f"Forgotten the password? manage.py changepassword {first}"
        )
