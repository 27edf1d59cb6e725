"""Tags every template may use."""

import datetime as dt
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.http import HttpRequest
from django.template.context import RequestContext
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString, mark_safe

from studio.lib import words

register = template.Library()
ICONS = Path(__file__).resolve().parents[2] / "static" / "icons"  # Lucide, ISC licence


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """The Lucide icon `name`, inlined; hidden from screen readers, so put words beside it."""
    svg = (ICONS / f"{name}.svg").read_text()
    svg = svg[svg.index("<svg") :].replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
    return mark_safe(svg)  # our own file


@register.inclusion_tag("components/nav_item.html", takes_context=True)
def nav_item(context: RequestContext, url_name: str, icon_name: str, label: str) -> dict[str, Any]:
    """One entry of the navigation; knows whether one stands there ("page") or beneath ("true")."""
    try:
        href = reverse(url_name)
    except NoReverseMatch:
        return {}
    request: HttpRequest | None = context.get("request")
    here = request.path if request else ""
    beneath = href != "/" and here.startswith(href)
    current = "page" if here == href else "true" if beneath else ""
    return {"href": href, "current": current, "icon_name": icon_name, "label": label}


@register.filter
def when(moment: dt.datetime | None, zone: ZoneInfo) -> str:
    """`{{ post.due_at|when:creator.zone }}`: "tomorrow at 18:40", in the creator's own time.

    Empty for a moment that has not come.
    """
    return words.when(moment, zone) if moment else ""


@register.filter
def clock(ms: int) -> str:
    """`{{ reel.duration_ms|clock }}`: "0:24"."""
    return words.length(ms)


@register.filter
def usd(amount: Decimal | float | None) -> str:
    """`{{ charge.cost_usd|usd }}`: "0.04 USD"; small sums with two digits that say something."""
    return words.usd(amount or 0)


@register.filter
def in_words(n: int) -> str:
    """`{{ 3|in_words }}`: "three"."""
    return words.number(n)


@register.filter
def sentence(text: str) -> str:
    """With a capital at its front; unlike capfirst it takes lazy and other texts alike."""
    return words.sentence(str(text))
