"""manage.py engines [--json] [--kind voice] [--creator HANDLE] [--test NAME]"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from avatar import catalogue, engine_keys
from avatar.engine.errors import InputError
from avatar.engine.vendors.access import Access
from avatar.models import Charge
from avatar.prices import USUAL_CHARACTERS, USUAL_SECONDS
from creators.models import Creator
from studio.lib import words
from studio.lib.engines import Kind


class Command(BaseCommand):
    help = "List every voice, performer and writer: what it can do, what it needs and costs."

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = [kind.value for kind in Kind]
        parser.add_argument("--json", action="store_true", help="as data")
        parser.add_argument("--kind", choices=kinds, help="only these")
        parser.add_argument("--creator", metavar="HANDLE", help="with this creator's own keys")
        parser.add_argument(
            "--test", metavar="NAME", help="try whether it could be used now; costs nothing"
        )

    def handle(self, *args: Any, **given: Any) -> None:
        access = self._access(given["creator"])
        if given["test"]:
            self._test(given["test"], access)
            return
        found = catalogue.rows(access, Kind(given["kind"]) if given["kind"] else None)
        if given["json"]:
            data = [row.to_json() for row in found]
            self.stdout.write(json.dumps(data, ensure_ascii=False, indent=1))
            return
        for title, group in catalogue.by_kind(found):
            self.stdout.write(f"\n{title}")
            for row in group:
                self._line(row)
        ready = sum(row.is_ready for row in found)
        self.stdout.write(
            f"\n{ready} of {len(found)} are set up. “Next reel” is one of {USUAL_SECONDS:g} s"
            f" and {USUAL_CHARACTERS} characters."
        )
        self._to_decide()

    def _to_decide(self) -> None:
        """Orders that wait for a person, of all creators."""
        for charge in Charge.objects.to_decide().select_related("creator"):
            usd = charge.cost_usd
            price = "price not known" if usd is None else f"about {words.usd(usd)}"
            path = reverse("charge-detail", args=[charge.pk])
            self.stdout.write(
                f"To decide: {charge.label} for @{charge.creator.handle}, {price}, left without an"
                f" answer. See {path} in the dashboard."
            )

    def _line(self, row: catalogue.Row) -> None:
        usd = "price not known" if row.usd is None else words.usd(row.usd)
        cost = "free" if row.usd == 0 else f"next reel {usd}"
        mark = "ready" if row.is_ready else "-"
        self.stdout.write(f"  {mark:5} {row.engine.name:34} {cost:22} {row.abilities}")
        if row.lacks:
            self.stdout.write(f"        {row.lacks}")

    def _test(self, name: str, access: Access) -> None:
        try:
            works, found = catalogue.tested(catalogue.find(name), access)
        except InputError as e:
            raise CommandError(str(e), returncode=2) from e
        if not works:
            raise CommandError(found)
        self.stdout.write(found)

    def _access(self, handle: str | None) -> Access:
        if handle is None:
            return Access()
        creator = Creator.objects.filter(handle=handle.removeprefix("@")).first()
        if creator is None:
            raise CommandError(f"There is no creator @{handle}.", returncode=2)
        return engine_keys.access_of(creator)
