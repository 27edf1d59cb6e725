"""The calendar: weeks and months of slots."""

import datetime as dt
import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from creators.models import Creator
from creators.views.shown import shown_creators
from scripts_gen import cadence, diary, services
from scripts_gen.errors import ScriptError
from scripts_gen.forms import SlotForm
from scripts_gen.models import Slot
from scripts_gen.views.common import back_to, first_a_creator
from studio.lib import words
from studio.lib.requests import SignedIn


def slot_list(request: HttpRequest) -> HttpResponse:
    mine, chosen = shown_creators(request)
    shown = [chosen] if chosen else mine
    today = services.local_today(shown[0]) if shown else dt.date.today()
    context: dict[str, Any] = {"creators": mine, "creator": chosen, "today": today}
    month = _month(request.GET.get("month", ""))
    if month:
        context |= _month_context(shown, month)
    else:
        monday = _monday(request.GET.get("week", ""), today)
        context |= _week_context(shown, monday, today)
    return render(request, "scripts_gen/slot_list.html", context)


def _week_context(shown: list[Creator], monday: dt.date, today: dt.date) -> dict[str, Any]:
    week = diary.diary(shown, monday, 7)
    return {
        "diary": week,
        "headline": diary.headline(week, monday, today),
        "monday": monday,
        "week_name": diary.week_name(monday, today),
        "earlier": _iso(monday - dt.timedelta(days=7)),
        "later": _iso(monday + dt.timedelta(days=7)),
        "week": _iso(monday),
        "month": f"{monday:%Y-%m}",
        "is_now": monday == cadence.monday_of(today),
    }


def _month_context(shown: list[Creator], first: dt.date) -> dict[str, Any]:
    start = cadence.monday_of(first)
    following = (first + dt.timedelta(days=31)).replace(day=1)
    n_days = (cadence.monday_of(following - dt.timedelta(days=1)) - start).days + 7
    month = diary.diary(shown, start, n_days, month=first.month)
    inside = sum(len(day.entries) for day in month.days if not day.is_outside)
    return {
        "diary": month,
        "headline": f"{first:%B %Y} has {words.count(inside, 'slot')}.",
        "first": first,
        "earlier": f"{first - dt.timedelta(days=1):%Y-%m}",
        "later": f"{following:%Y-%m}",
        "month": f"{first:%Y-%m}",
        "week": _iso(first if first.weekday() == 0 else start),
    }


def _iso(day: dt.date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def _monday(text: str, today: dt.date) -> dt.date:
    """The Monday of "2026-W48"; of this week when that is no week."""
    if match := re.fullmatch(r"(\d{4})-W(\d{2})", text):
        try:
            monday = dt.date.fromisocalendar(int(match[1]), int(match[2]), 1)
        except ValueError:
            pass
        else:
            if abs((monday - today).days) < 366 * 20:
                return monday
    return cadence.monday_of(today)


def _month(text: str) -> dt.date | None:
    if match := re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text):
        return dt.date(int(match[1]), int(match[2]), 1)
    return None


@require_POST
def week_plan(request: HttpRequest) -> HttpResponse:
    """Fill the week, or (with `write`) have its missing scripts written."""
    mine, _ = shown_creators(request)
    handle = request.POST.get("creator", "")
    chosen = [creator for creator in mine if not handle or creator.handle == handle]
    today = services.local_today(chosen[0]) if chosen else dt.date.today()
    monday = _monday(request.POST.get("week", ""), today)
    if "write" in request.POST:
        _write_week(request, chosen, monday)
    else:
        before = Slot.objects.filter(creator__in=chosen).count()
        for creator in chosen:
            services.plan_week(creator, monday)
        added = Slot.objects.filter(creator__in=chosen).count() - before
        if added:
            messages.success(request, f"{words.sentence(words.count(added, 'slot'))} added.")
        else:
            messages.info(request, "Nothing was left to plan in this week.")
    return back_to("slot-list", week=_iso(monday), creator=handle)


def _write_week(request: HttpRequest, chosen: list[Creator], monday: dt.date) -> None:
    slots = [slot for creator in chosen for slot in services.write_week(creator, monday)]
    written = sum(slot.state == Slot.State.IDLE for slot in slots)
    coming = sum(slot.state == Slot.State.ASKED for slot in slots)
    if written:
        verb = "waits" if written == 1 else "wait"
        messages.success(
            request, f"{words.sentence(words.count(written, 'script'))} {verb} for you."
        )
    if coming:
        verb = "is" if coming == 1 else "are"
        messages.info(
            request, f"{words.sentence(words.count(coming, 'script'))} {verb} being written."
        )
    for problem in dict.fromkeys(slot.problem for slot in slots if slot.problem):
        messages.warning(request, problem)
    if not slots:
        messages.info(request, "Every slot of this week has its script.")


def slot_create(request: SignedIn) -> HttpResponse:
    mine, asked = shown_creators(request)
    if not mine:
        return first_a_creator(request)
    chosen = asked or mine[0]
    initial = {key: request.GET[key] for key in ("date", "part", "topic") if key in request.GET}
    initial.setdefault("date", f"{services.local_today(chosen):%Y-%m-%d}")
    form = SlotForm(request.POST or None, user=request.user, creator=chosen, initial=initial)
    if form.is_valid():
        slot: Slot = form.save()
        messages.success(request, f"Added: {_named(slot)}.")
        return _to_week(slot)
    return _form(request, form, None)


def slot_update(request: SignedIn, pk: int) -> HttpResponse:
    slot = get_object_or_404(
        Slot.objects.for_user(request.user).planned().select_related("creator"), pk=pk
    )
    form = SlotForm(request.POST or None, instance=slot, user=request.user)
    if form.is_valid():
        slot = form.save()
        messages.success(request, f"Saved: {_named(slot)}.")
        return _to_week(slot)
    slot.refresh_from_db()  # the form has written into it
    return _form(request, form, slot)


def _form(request: HttpRequest, form: SlotForm, slot: Slot | None) -> HttpResponse:
    context = {
        "form": form,
        "slot": slot,
        "entry": diary.entry_of(slot) if slot else None,
        "scripts": slot.scripts.all() if slot else [],
    }
    status = 422 if form.errors else 200
    return render(request, "scripts_gen/slot_form.html", context, status=status)


def slot_delete(request: SignedIn, pk: int) -> HttpResponse:
    slot = get_object_or_404(
        Slot.objects.for_user(request.user).planned().select_related("creator"), pk=pk
    )
    if request.method == "POST":
        try:
            services.delete_slot(slot)
        except ScriptError as error:
            messages.error(request, str(error))
            return back_to("slot-update", pk)
        messages.success(request, f"Deleted: {_named(slot)}.")
        return _to_week(slot)
    return render(request, "scripts_gen/slot_delete.html", {"slot": slot, "name": _named(slot)})


@require_POST
def slot_write(request: SignedIn, pk: int) -> HttpResponse:
    """Have a script written; with an instant writer it waits on the next page already."""
    slot = get_object_or_404(Slot.objects.for_user(request.user).planned(), pk=pk)
    services.ask_for_script(slot)
    if slot.state == Slot.State.STUCK:
        messages.error(request, slot.problem)
        return back_to("slot-update", pk)
    if slot.state == Slot.State.ASKED:
        messages.info(request, "The script is being written. It will wait under Scripts.")
        return _to_week(slot)
    script = slot.scripts.first()
    return back_to("script-detail", script.pk) if script else _to_week(slot)


def _named(slot: Slot) -> str:
    return f"{slot.date:%A} {slot.date.day} {slot.date:%B}, {slot.part}"


def _to_week(slot: Slot) -> HttpResponse:
    return back_to("slot-list", week=_iso(slot.date))
