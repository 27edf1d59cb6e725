"""Tags every template may use."""

from functools import cache
from pathlib import Path

from django import template
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
