"""Tags every template may use."""

from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.http import HttpRequest
from django.template.context import RequestContext
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
ICONS = Path(__file__).resolve().parents[2] / "static" / "icons"  # Lucide, ISC licence


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """The Lucide icon `name`, inlined; hidden from screen readers, so put words beside it."""
    svg = (ICONS / f"{name}.svg").read_text()
    svg = svg[svg.index("<svg") :].replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
    return mark_safe(svg)  # noqa: S308  # our own file


@register.inclusion_tag("components/nav_item.html", takes_context=True)
def nav_item(context: RequestContext, url_name: str, icon_name: str, label: str) -> dict[str, Any]:
    """One entry of the navigation; it knows whether one stands there ("page") or beneath ("true")."""
    try:
        href = reverse(url_name)
    except NoReverseMatch:
        return {}
    request: HttpRequest | None = context.get("request")
    here = request.path if request else ""
    beneath = href != "/" and here.startswith(href)
    current = "page" if here == href else "true" if beneath else ""
    return {"href": href, "current": current, "icon_name": icon_name, "label": label}
