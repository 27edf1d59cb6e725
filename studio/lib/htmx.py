"""One way to answer both a browser and htmx."""

from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

STOP_POLLING = 286  # htmx: take this answer and ask no more


def render_partial(
    request: HttpRequest,
    template: str,
    partial: str,
    context: dict[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Render `template#partial` for htmx, the whole page otherwise.

    What `django.contrib.messages` has to say goes along with the partial, to the page's #messages.
    """
    is_htmx = bool(getattr(request, "htmx", False))
    name = f"{template}#{partial}" if is_htmx else template
    response = render(request, name, context, status=status)
    if is_htmx and len(get_messages(request)):
        response.write(render(request, "components/messages.html", {"oob": True}).content)
    patch_vary_headers(response, ("HX-Request",))
    return response
