"""Addresses that platforms call: no login, no form token, a signature instead."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from publishing.accounts import callbacks
from publishing.accounts.callbacks import NotSigned
from publishing.models import Deletion

MOST_BYTES = 64 * 1024  # they are a few hundred


@csrf_exempt
@login_not_required
@require_POST
def meta_deauthorize(request: HttpRequest, registration: str) -> HttpResponse:
    if (given := _signed(request, registration)) is None:
        return _refused("This is too long, or there is no such app.")
    try:
        callbacks.deauthorised(registration, given)
    except NotSigned as e:
        return _refused(str(e))
    return JsonResponse({})


@csrf_exempt
@login_not_required
@require_POST
def meta_delete(request: HttpRequest, registration: str) -> HttpResponse:
    if (given := _signed(request, registration)) is None:
        return _refused("This is too long, or there is no such app.")
    try:
        deletion = callbacks.deletion_asked(registration, given)
    except NotSigned as e:
        return _refused(str(e))
    path = reverse("callback-deletion", args=[deletion.code])
    url = settings.PUBLIC_URL + path if settings.PUBLIC_URL else request.build_absolute_uri(path)
    return JsonResponse({"url": url, "confirmation_code": deletion.code})


@login_not_required
@require_safe
def deletion_status(request: HttpRequest, code: str) -> HttpResponse:
    """What became of a request for deletion. Whoever has the code may read it."""
    deletion = get_object_or_404(Deletion, code=code)
    said = callbacks.about(deletion)
    return render(request, "publishing/deletion.html", {"deletion": deletion, "said": said})


@csrf_exempt
@login_not_required
@require_POST
def tiktok(request: HttpRequest) -> HttpResponse:
    if _length(request) > MOST_BYTES:
        return _refused("This is too long.")
    try:
        callbacks.tiktok_event(request.headers.get("TikTok-Signature", ""), request.body)
    except NotSigned as e:
        return _refused(str(e))
    return JsonResponse({})


def _signed(request: HttpRequest, registration: str) -> str | None:
    if registration not in callbacks.META or _length(request) > MOST_BYTES:
        return None
    return str(request.POST.get("signed_request", ""))


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return MOST_BYTES + 1


def _refused(why: str) -> HttpResponse:
    return JsonResponse({"error": why}, status=400)
