"""Reels in the browser: coming, finished, failed."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from avatar import credits, prices, services, settling
from avatar.engine.captions.zones import SAFE
from avatar.forms import ReelForm, form_of, form_values
from avatar.models import Charge, Reel
from scripts_gen.models import Script
from studio.lib.files import serve_file
from studio.lib.htmx import STOP_POLLING, render_partial
from studio.lib.owned import User
from studio.lib.requests import SignedIn
from studio.lib.words import length, number, sentence

A_PAGE = 24
SUBTITLES = {"vtt": "text/vtt; charset=utf-8", "srt": "application/x-subrip; charset=utf-8"}


@require_GET
def reel_list(request: HttpRequest) -> HttpResponse:
    reels = Reel.objects.for_user(request.user).with_story()
    context = {
        "page_obj": Paginator(reels, A_PAGE).get_page(request.GET.get("page")),
        "headline": _all_in_a_sentence(request.user),
        "waiting": _waiting(request.user),
    }
    return render(request, "avatar/reel_list.html", context)


@require_GET
def reel_detail(request: SignedIn, pk: int) -> HttpResponse:
    """The page of a reel. An unfinished one asks every two seconds how it stands.

    The answer to that is its progress; in the end the whole reel, in place of what stood there.
    """
    reel = _reel(request, pk)
    polls = bool(request.htmx)
    status = STOP_POLLING if polls and not reel.is_unfinished else 200
    if "card" in request.GET:
        card = {"reel": reel, "headline": _all_in_a_sentence(request.user), "oob": polls}
        return render_partial(request, "avatar/reel_list.html", "card", card, status=status)
    charges = list(reel.charges.select_related("creator", "reel"))
    context = {
        "reel": reel,
        "headline": _one_in_a_sentence(reel),
        "form": form_of(reel),
        "quote": _once_more(reel),
        "why_not": "" if reel.is_unfinished else services.why_not(reel.script, reel.options),
        "why_never": services.why_never(reel.script),
        "zones": _zones(),
        "credits": credits.told(reel),
        "charges": charges,
        "unknown": [one for one in charges if one.is_unknown and not one.is_in_the_air],
        "oob": polls,
    }
    part = "progress" if reel.is_unfinished else "reel"
    response = render_partial(request, "avatar/reel_detail.html", part, context, status=status)
    if polls and not reel.is_unfinished:
        response.headers["HX-Retarget"] = "#reel"
    return response


@require_http_methods(["GET", "POST"])
def reel_create(request: HttpRequest, script_pk: int) -> HttpResponse:
    """Make a reel of an approved script, in the look one chooses."""
    scripts = Script.objects.for_user(request.user).select_related("slot__creator")
    script = get_object_or_404(scripts, pk=script_pk)
    creator = script.creator
    look = services.look(creator)
    initial = {**form_values(look), "label": creator.reel_label}
    form = ReelForm(creator, request.POST or None, initial=initial, script_pk=script.pk)
    if request.method == "POST" and form.is_valid():
        try:
            reel = services.request_reel(
                script, options=form.options(), label=form.cleaned_data["label"]
            )
        except services.ReelRefused as e:
            form.add_error(None, str(e))
        else:
            if reel.state == Reel.State.READY:
                messages.info(request, "A reel just like that is here already.")
            else:
                messages.success(request, "Your reel is on its way.")
            return redirect("reel-detail", reel.pk)
    chosen = form.options() if form.is_bound and form.is_valid() else look
    context = {
        "script": script,
        "creator": creator,
        "form": form,
        "why_not": services.why_never(script),
        "quote": prices.quote(script, {**look, **chosen}),
    }
    status = 422 if form.errors else 200
    return render(request, "avatar/reel_form.html", context, status=status)


@require_POST
def reel_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    reel = _reel(request, pk)
    try:
        services.cancel(reel)
    except services.ReelRefused as e:
        messages.error(request, str(e))
    else:
        messages.success(request, "Cancelled. The script and its approval are kept.")
    return redirect("reel-detail", pk)


@require_POST
def reel_retry(request: HttpRequest, pk: int) -> HttpResponse:
    reel = _reel(request, pk)
    try:
        reel = services.retry(reel)
    except services.ReelRefused as e:
        messages.error(request, str(e))
    else:
        messages.success(request, "Your reel is on its way again.")
    return redirect("reel-detail", reel.pk)


@require_POST
def charge_again(request: SignedIn, pk: int) -> HttpResponse:
    """A person has looked: it was not made."""
    charge = _charge(request, pk)
    try:
        reel = settling.order_again(charge, request.user)
    except settling.SettleRefused as e:
        messages.error(request, str(e))
    else:
        on_its_way = "Noted. Your reel is on its way again."
        messages.success(request, on_its_way if reel else "Noted: it was not made.")
        if reel:
            return redirect("reel-detail", reel.pk)
    return _back_to(charge)


@require_POST
def charge_leave(request: SignedIn, pk: int) -> HttpResponse:
    """Nobody can tell, and it is not to be ordered again."""
    charge = _charge(request, pk)
    try:
        settling.leave(charge, request.user)
    except settling.SettleRefused as e:
        messages.error(request, str(e))
    else:
        messages.success(request, "Noted. It is counted as paid, and not ordered again by itself.")
    return _back_to(charge)


def _charge(request: HttpRequest, pk: int) -> Charge:
    charges = Charge.objects.for_user(request.user).select_related("creator", "reel")
    found: Charge = get_object_or_404(charges, pk=pk)
    return found


def _back_to(charge: Charge) -> HttpResponse:
    if charge.reel_id:
        return redirect("reel-detail", charge.reel_id)
    return redirect("engine-list")


@require_GET
def reel_video(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _file(request, pk, "video", "video/mp4", "mp4")


@require_GET
def reel_cover(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _file(request, pk, "cover", "image/jpeg", "jpg")


@require_GET
def reel_subtitles(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    if kind not in SUBTITLES:
        raise Http404("There are srt and vtt.")
    return _file(request, pk, kind, SUBTITLES[kind], kind)


def _reel(request: HttpRequest, pk: int) -> Reel:
    return get_object_or_404(Reel.objects.for_user(request.user).with_story(), pk=pk)


def _file(
    request: HttpRequest, pk: int, field: str, content_type: str, suffix: str
) -> HttpResponseBase:
    """One of the reel's files; `?download` saves it under a name that says what it is."""
    reel = _reel(request, pk)
    filename = f"{reel.creator.handle}-reel-{pk}.{suffix}" if "download" in request.GET else None
    return serve_file(request, getattr(reel, field), content_type=content_type, filename=filename)


def _all_in_a_sentence(user: User) -> str:
    """ "One reel is being made; two are ready." """
    rows = Reel.objects.for_user(user).order_by().values_list("state").annotate(Count("pk"))
    counts = dict(rows)
    told = {
        Reel.State.RENDERING: ("is being made", "are being made"),
        Reel.State.QUEUED: ("waits", "wait"),
        Reel.State.READY: ("is ready", "are ready"),
        Reel.State.FAILED: ("could not be made", "could not be made"),
    }
    parts: list[str] = []
    for state, (one, many) in told.items():
        if n := counts.get(state, 0):
            noun = "" if parts else " reel" if n == 1 else " reels"
            parts.append(f"{number(n)}{noun} {one if n == 1 else many}")
    return sentence("; ".join(parts)) + "." if parts else "No reels yet."


def _once_more(reel: Reel) -> prices.Quote | None:
    """What it would cost to make it again as it is."""
    if reel.is_unfinished or reel.is_film:
        return None
    return prices.quote(reel.script, {**services.DEFAULTS, **reel.options})


def _one_in_a_sentence(reel: Reel) -> str:
    match reel.state:
        case Reel.State.QUEUED if reel.is_waiting:
            return "This reel waits."
        case Reel.State.QUEUED:
            return "This reel waits for its turn."
        case Reel.State.RENDERING if reel.cancel_requested:
            return "This reel is being stopped."
        case Reel.State.RENDERING:
            return "This reel is being made."
        case Reel.State.READY:
            return f"This reel is ready: {length(reel.duration_ms)}."
        case Reel.State.FAILED:
            return "This reel could not be made."
    return "This reel was deleted." if reel.purged_at else "This reel was cancelled."


def _waiting(user: User) -> list[dict[str, Any]]:
    """Approved scripts of which no reel can be made: one a creator, with the reason."""
    reels = Reel.objects.filter(take__script=OuterRef("pk"))
    scripts = Script.objects.for_user(user).filter(~Exists(reels), state=Script.State.APPROVED)
    newest = scripts.select_related("slot__creator").order_by("-pk")[:A_PAGE]
    first = {script.slot.creator_id: script for script in newest}
    waiting = ((script, services.why_not(script)) for script in first.values())
    return [{"script": script, "why_not": why} for script, why in waiting if why]


def _zones() -> list[dict[str, float]]:
    """What the platforms cover, as rectangles in per cent of the frame."""
    top, bottom, left, right = (
        round(100 * part, 1) for part in (SAFE.top, SAFE.bottom, SAFE.left, SAFE.right)
    )
    middle = 100 - top - bottom
    return [
        {"x": 0, "y": 0, "width": 100, "height": top},
        {"x": 0, "y": 100 - bottom, "width": 100, "height": bottom},
        {"x": 0, "y": top, "width": left, "height": middle},
        {"x": 100 - right, "y": top, "width": right, "height": middle},
    ]
