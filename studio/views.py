"""Pages that look across all apps."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from studio.agenda import agenda, making
from studio.lib.htmx import STOP_POLLING, render_partial


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """What waits for you. Polled by htmx, only the reels being made."""
    if request.htmx:  # type: ignore[attr-defined]  # set by HtmxMiddleware
        reels = making(request.user)
        status = 200 if reels else STOP_POLLING
        context = {"making": reels}
        return render_partial(request, "studio/today.html", "making", context, status=status)
    return render(request, "studio/today.html", {"today": agenda(request.user)})


@never_cache
@login_not_required
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"ok": True})
