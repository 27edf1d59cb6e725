"""What vendors fetch from here."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from avatar import source_links
from studio.lib import public_files


@login_not_required
@require_safe
def source_link(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """The footage of an order for the vendor that is to fetch it: whoever has the address."""
    link = source_links.find(token) if name == source_links.NAME else None
    if link is None:
        raise Http404("This address has ended.")
    return public_files.answer(request, link.file, source_links.TYPE)
