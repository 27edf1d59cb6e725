"""What `manage.py check` says about how platforms are reached."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

from publishing.platforms import apps
from publishing.platforms.hosts import sandbox


@register
def apps_are_whole(**kwargs: Any) -> list[CheckMessage]:
    """An app's id without its secret is no app."""
    found: list[CheckMessage] = []
    for registration, names in apps.NAMES.items():
        try:
            app = apps.app(registration)
        except OSError as e:
            found.append(
                Warning(
                    f"{names[0]}_FILE or {names[1]}_FILE cannot be read ({e.strerror}).",
                    id="publishing.W002",
                )
            )
            continue
        if bool(app.id) != bool(app.secret):
            given, missing = names if app.id else names[::-1]
            found.append(
                Warning(
                    f"{given} is set and {missing} is not.",
                    hint="Both come from the app that you registered; docs/connecting.md.",
                    id="publishing.W001",
                )
            )
    return found


@register
def public_url_is_an_address(**kwargs: Any) -> list[CheckMessage]:
    """Platforms come to it and refuse anything but https."""
    parts = urlsplit(settings.PUBLIC_URL)
    if not settings.PUBLIC_URL or sandbox():
        return []
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        return [
            Warning(
                f"PUBLIC_URL is {settings.PUBLIC_URL}; platforms come to https:// only.",
                hint="Like https://reels.example.org, behind a TLS proxy.",
                id="publishing.W003",
            )
        ]
    return []
