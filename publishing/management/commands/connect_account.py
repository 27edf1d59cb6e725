"""Connect an account with tokens that one has already, from wherever."""

import datetime as dt
import os
import sys
from pathlib import Path
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from creators.models import Creator
from publishing.accounts import connecting
from publishing.accounts.connecting import CannotConnect
from publishing.accounts.logins import SERVERS
from publishing.accounts.option_forms import options_form, unknown_option
from publishing.clients import platform_label
from publishing.platforms import PLATFORMS, platform
from publishing.platforms.access import Grant, Tokens
from publishing.platforms.base import Profile
from publishing.platforms.errors import PlatformError
from publishing.platforms.servers import server_address

WORDS = {"true": True, "false": False}


class Command(BaseCommand):
    help = (
        "Connect an account by its tokens, or the same account again, and print its number."
        " The platform is not asked; --check asks it. To keep a token out of the shell's history,"
        " give - and write it to standard input (access token first), or set ACCESS_TOKEN and"
        " REFRESH_TOKEN."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--platform", required=True, help="one of " + ", ".join(PLATFORMS))
        parser.add_argument("--creator", required=True, metavar="HANDLE")
        parser.add_argument("--external-id", required=True, help="what the platform calls it")
        parser.add_argument("--access-token", default="", help="- reads it from standard input")
        parser.add_argument("--refresh-token", default="", help="the same")
        parser.add_argument("--expires", metavar="ISO", help="when the access token ends; UTC")
        parser.add_argument("--server", default="", help="https://... of Mastodon or Bluesky")
        parser.add_argument("--username", default="", help="its name there, without the @")
        parser.add_argument("--name", default="", help="what the studio calls it")
        parser.add_argument("--option", action="append", default=[], metavar="KEY=VALUE")
        parser.add_argument("--check", action="store_true", help="ask the platform whose it is")

    def handle(self, **given: Any) -> None:
        creator = Creator.objects.filter(handle=given["creator"].lstrip("@")).first()
        if creator is None:
            raise CommandError(f"There is no creator “{given['creator']}”.")
        name = given["platform"]
        if name not in PLATFORMS:
            raise CommandError(f"There is no platform “{name}”; {', '.join(PLATFORMS)} are known.")
        access_token, refresh_token = self._tokens(given)
        if not access_token and platform(name).capabilities.tokens is not None:
            raise CommandError(f"{platform_label(name)} needs an --access-token.")
        profile = Profile(
            external_id=_external_id(name, given["external_id"]),
            username=given["username"],
            server=_server(name, given["server"]),
        )
        grant = Grant(profile, Tokens(access_token, refresh_token, _moment(given["expires"])))
        fields: dict[str, Any] = {"issued_at": None}  # nobody says when; it is older than today
        if given["option"]:
            fields["options"] = dict(_option(name, words) for words in given["option"])
        if given["name"]:
            fields["name"] = given["name"][:120]
        try:
            account = connecting.connect(creator, name, grant, **fields)
        except CannotConnect as e:
            raise CommandError(str(e)) from e
        if given["check"]:
            try:
                found = connecting.check(account)
            except PlatformError as e:
                raise CommandError(f"Account {account.pk} is kept, but: {e}") from e
            who = found.username or found.name or found.external_id
            plain = "".join(filter(str.isprintable, who))
            self.stderr.write(f"{platform_label(name)} says that this is {plain}.")
        self.stdout.write(str(account.pk))

    def _tokens(self, given: dict[str, Any]) -> tuple[str, str]:
        """Of the command line, standard input or the environment."""
        found = []
        for name in ("access_token", "refresh_token"):
            token = given[name] or os.environ.get(name.upper(), "")
            token = sys.stdin.readline() if token == "-" else token
            if any(ord(letter) < 33 or ord(letter) > 126 for letter in token.strip()):
                raise CommandError(f"The {name.replace('_', ' ')} holds signs that no token has.")
            found.append(token.strip())
        return found[0], found[1]


def _external_id(name: str, given: str) -> str:
    if not given.strip() or len(given) > 200:
        raise CommandError("The --external-id is what the platform calls the account.")
    if name == "folder" and not Path(given).is_absolute():
        raise CommandError("The --external-id of a folder is its whole path, from / on.")
    return given.strip()


def _server(name: str, given: str) -> str:
    if given and not given.startswith(("https://", "http://")):
        raise CommandError("The --server is an address: https://example.social.")
    if not given or name not in SERVERS:
        return given.rstrip("/")
    try:
        return server_address(given, SERVERS[name], look_up=False)
    except PlatformError as e:
        raise CommandError(str(e)) from e


def _moment(given: str | None) -> dt.datetime | None:
    if not given:
        return None
    try:
        moment = dt.datetime.fromisoformat(given)
    except ValueError as e:
        raise CommandError(
            f"“{given}” is no time; write it like 2027-01-31T18:00:00+00:00."
        ) from e
    if not 2000 <= moment.year < 2200:
        raise CommandError(f"“{given}” is not when a token ends.")
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _option(name: str, words: str) -> tuple[str, Any]:
    """One choice, as the form in the browser would take it; what has no form is kept as it is."""
    key, equals, text = words.partition("=")
    if not (key and equals):
        raise CommandError(f"“{words}” is no option; write it like privacy=unlisted.")
    if why := unknown_option(name, key):
        raise CommandError(why)
    value, field = WORDS.get(text.lower(), text), options_form(name).base_fields.get(key)
    if field is None:
        return key, value
    if isinstance(field, forms.BooleanField) and not isinstance(value, bool):
        raise CommandError(f"{key} is true or false, not “{text}”.")
    try:
        return key, field.clean(value)
    except ValidationError as e:
        raise CommandError(f"{key}={text}: {' '.join(e.messages)}") from e
