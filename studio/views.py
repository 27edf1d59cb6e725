"""Pages that look across all apps."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render


def today(request: HttpRequest) -> HttpResponse:
    """What waits for you."""
    return render(request, "studio/today.html")


@login_not_required
def health(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"ok": True})
