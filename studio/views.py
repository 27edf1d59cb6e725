"""Pages that look across all apps."""

import logging
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from publishing import health as work
from scripts_gen.models import Script
from studio.agenda import agenda, making
from studio.first_steps import first_steps, standings
from studio.lib.htmx import STOP_POLLING, render_partial
from studio.lib.requests import SignedIn

log = logging.getLogger(__name__)


@require_safe
def today(request: SignedIn) -> HttpResponse:
    """What waits for you. htmx asks for the reels being made only."""
    if request.htmx:
        reels = making(request.user)
        context = {"making": reels}
        status = 200 if reels else STOP_POLLING
        return render_partial(request, "studio/today.html", "making", context, status=status)
    return render(request, "studio/today.html", {"today": agenda(request.user)})


@require_safe
def next_step(request: SignedIn) -> HttpResponse:
    """At the foot of every page, until a first script is approved: what comes after it."""
    if not request.htmx:
        return redirect("today")
    first = next(iter(standings(request.user)), None)
    n_scripts = Script.objects.for_user(request.user).awaiting().count()
    steps = first_steps(request.user, first, n_scripts)
    step = next((step for step in steps if not step.done), None)
    if step is None:
        request.session["knows_the_way"] = True  # and is not asked again
        return HttpResponse(status=204)
    here = request.htmx.current_url_abs_path or ""
    if step.href.partition("#")[0] == here.partition("?")[0].partition("#")[0]:
        return HttpResponse(status=204)
    return render(request, "studio/next_step.html", {"step": step})


@never_cache
@login_not_required
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """For a monitor: 200 when the database answers and somebody does the work, 503 otherwise."""
    report: dict[str, Any] = {"ok": False, "database": "not answering"}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        report |= {"database": "answering"} | work.status()
    except DatabaseError:
        log.exception("The database does not answer.")
        report["problems"] = ["The database does not answer; the log says why."]
    return JsonResponse(report, status=200 if report["ok"] else 503)
