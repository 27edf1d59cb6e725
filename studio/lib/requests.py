"""What a view knows about its request."""

import re
from collections.abc import Callable

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django_htmx.middleware import HtmxDetails


class SignedIn(HttpRequest):
    """A request that LoginRequiredMiddleware let through."""

    user: User
    htmx: HtmxDetails


def small_number(text: str) -> int | None:
    """A row's id or a place in a list, as a browser sends it; None when it is none.

    Nine digits at most, which every database column holds.
    """
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def utf8_forms(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Forms are UTF-8, as every page asks for; a charset that says otherwise may be no charset."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.encoding = "utf-8"
        return get_response(request)

    return middleware
