"""What several pages need: whose things are shown, and where to go afterwards."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from creators.models import Creator


def shown_creators(request: HttpRequest) -> tuple[list[Creator], Creator | None]:
    """All creators of the person, and the one that `?creator=handle` asks for."""
    mine = list(Creator.objects.for_user(request.user))
    handle = request.GET.get("creator", "")
    return mine, next((creator for creator in mine if creator.handle == handle), None)


def first_a_creator(request: HttpRequest) -> HttpResponse:
    """Where one goes who has nobody yet whose note or slot it could be."""
    messages.info(request, "First a creator: notes and slots belong to somebody.")
    return redirect("creator-create")


def back_to(name: str, *args: object, **query: str) -> HttpResponse:
    """A redirect to a page, with what it was filtered by."""
    kept = urlencode({key: value for key, value in query.items() if value})
    return redirect(reverse(name, args=args) + (f"?{kept}" if kept else ""))
