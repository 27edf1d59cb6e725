"""Where one goes after something was done."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse


def first_a_creator(request: HttpRequest) -> HttpResponse:
    """Where one goes who has nobody yet whose note or slot it could be."""
    messages.info(request, "First a creator: notes and slots belong to somebody.")
    return redirect("creator-create")


def back_to(name: str, *args: object, **query: str) -> HttpResponse:
    """A redirect to a page, with what it was filtered by."""
    kept = urlencode({key: value for key, value in query.items() if value})
    return redirect(reverse(name, args=args) + (f"?{kept}" if kept else ""))
