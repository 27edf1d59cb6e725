"""manage.py publish_reel FILE --account ID --caption TEXT [--at ISO]"""

import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from publishing.accounts.option_forms import unknown_option
from publishing.models import Account
from publishing.platforms import PLATFORMS
from publishing.posting import local_time
from publishing.posting.films import post_film
from publishing.services import CannotPost


class Command(BaseCommand):
    help = (
        "Post a finished MP4 to one account. Prints the post's id and nothing else; whoever runs"
        " this is on record as the one who approved it and vouches for those seen in it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="any MP4 on this machine")
        parser.add_argument("--account", required=True, metavar="ID", help="the account's id")
        parser.add_argument("--caption", required=True, metavar="TEXT")
        parser.add_argument(
            "--at",
            metavar="ISO",
            help="when, as ISO 8601; without an offset by the creator's own clock. Default: now",
        )
        parser.add_argument("--title", default="", help="where the platform has one")
        parser.add_argument("--first-comment", default="", metavar="TEXT")
        parser.add_argument(
            "--option",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a choice of the platform's, for this post only; may be given again",
        )

    def handle(self, *args: Any, **given: Any) -> None:
        account = find_account(given["account"])
        now = timezone.now()
        try:
            due_at = (
                local_time.moment(given["at"], account.creator.zone, now) if given["at"] else now
            )
            post = post_film(
                account,
                given["file"],
                caption=given["caption"],
                due_at=due_at,
                how=f"at the shell, by {operator()}",
                title=given["title"],
                first_comment=given["first_comment"],
                options=read_options(account.platform, given["option"]),
            )
        except (CannotPost, ValueError) as e:
            raise CommandError(str(e), returncode=2) from e
        self.stdout.write(str(post.pk))


def find_account(given: str) -> Account:
    accounts = Account.objects.select_related("creator__owner")
    found = accounts.filter(pk=int(given)).first() if is_number(given) else None
    if found is None:
        raise CommandError(f"There is no account {given}.", returncode=2)
    if found.platform not in PLATFORMS:
        raise CommandError(
            f"{found.name} is on {found.platform}, which nothing can be posted to.", returncode=2
        )
    return found


def is_number(given: str) -> bool:
    return given.isascii() and given.isdecimal() and len(given) < 10


def operator() -> str:
    """Who is logged in at this machine."""
    try:
        return getpass.getuser()[:80]
    except (OSError, KeyError):  # a container's user without a name
        return "an unnamed user"


def read_options(platform: str, given: list[str]) -> dict[str, Any]:
    """NAME=VALUE, where true, false and whole numbers mean what they say."""
    options: dict[str, Any] = {}
    for pair in given:
        name, separator, value = pair.partition("=")
        if not separator or not name.strip():
            raise ValueError(f"“{pair}” is no option; write it as NAME=VALUE.")
        if why := unknown_option(platform, name.strip()):
            raise ValueError(why)
        options[name.strip()] = _value(value.strip())
    return options


def _value(text: str) -> Any:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return int(text) if is_number(text) else text
