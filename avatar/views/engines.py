"""Engines in the browser: what there is, what it costs, with whose keys, within which budget."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from avatar import catalogue, engine_keys, ledger, prices, services
from avatar.engine.errors import InputError
from avatar.engine.registry import ENGINES
from avatar.engine.vendors.access import VENDORS
from avatar.engine_forms import BudgetForm, KeyForm
from avatar.models import Charge, EngineKey
from avatar.models.money import COST, NOTHING
from creators.models import Creator
from scripts_gen.models import Script
from studio.lib.encrypted import is_unreadable
from studio.lib.htmx import render_partial
from studio.lib.requests import SignedIn, small_number

PAGE = "avatar/engine_list.html"
SHOWN_ORDERS = 20
SHOWN_CREATORS = 8  # a row of chips, or the head of a list


@require_safe
def engine_list(request: SignedIn) -> HttpResponse:
    """All engines as one creator could use them; `?creator=` says which."""
    creators = list(Creator.objects.for_user(request.user))
    if not creators:
        return render(request, PAGE, {"groups": catalogue.by_kind(catalogue.rows())})
    wanted = small_number(request.GET.get("creator", ""))
    creator = next((one for one in creators if one.pk == wanted), creators[0])
    return render(request, PAGE, _page(creator, creators))


def _page(creator: Creator, creators: list[Creator], **forms: Any) -> dict[str, Any]:
    found = catalogue.rows(engine_keys.access_of(creator))
    charges = Charge.objects.filter(creator=creator).select_related("creator", "reel")
    unknown = Charge.objects.filter(creator__in=creators).to_decide()
    under_way = charges.under_way().exclude(pk__in=charges.to_decide().values("pk"))
    budget, spent = ledger.budget_of(creator), ledger.spent_usd(creator)
    return {
        "creator": creator,
        "creators": creators,
        "many": len(creators) > SHOWN_CREATORS,
        "groups": catalogue.by_kind(found),
        "n_ready": sum(row.is_ready for row in found),
        "n_all": len(found),
        "seconds": prices.USUAL_SECONDS,
        "characters": prices.USUAL_CHARACTERS,
        "budget": budget,
        "spent": spent,
        "left": ledger.left_usd(creator),
        "spent_percent": min(100, round(100 * spent / budget)) if budget else 100,
        "spending": _spending(creator),
        "to_decide": unknown.select_related("creator", "reel")[:SHOWN_ORDERS],
        "orders": under_way[:SHOWN_ORDERS],
        "n_orders": under_way.count(),
        "everybody": _everybody(creators),
        "by_hand": charges.voices().filter(purged_at__isnull=False).exclude(why=""),
        "keys": _keys(creator),
        "key_form": KeyForm(_engines(found)),
        "budget_form": BudgetForm(initial={"monthly_usd": budget}),
        **forms,
    }


def _everybody(creators: list[Creator]) -> dict[str, Any] | None:
    """How the month stands for all; None where there is one creator."""
    if len(creators) < 2:
        return None
    months = ledger.months(creators)
    moved = [month for month in months if month.spent_usd or month.n_to_decide]
    return {
        "spent": sum((month.spent_usd for month in months), NOTHING),
        "budget": sum((month.budget_usd for month in months), NOTHING),
        "first": moved[:SHOWN_CREATORS],
        "others": moved[SHOWN_CREATORS:],
        "n_quiet": len(months) - len(moved),
    }


def _engines(found: list[catalogue.Row]) -> list[Any]:
    return [row.engine for row in found]


def _spending(creator: Creator) -> list[dict[str, Any]]:
    """This month's by engine, the dearest first."""
    month = Charge.objects.filter(
        creator=creator, created_at__gte=ledger.month_start(creator)
    ).order_by()
    rows = month.values("engine").annotate(sum=COST, n=Count("pk")).order_by("-sum")
    return [
        {
            "label": ENGINES[row["engine"]].label if row["engine"] in ENGINES else row["engine"],
            **row,
        }
        for row in rows
        if row["sum"]
    ]


def _keys(creator: Creator) -> list[dict[str, Any]]:
    rows = EngineKey.objects.filter(creator=creator)
    return [
        {
            "row": row,
            "label": VENDORS[row.vendor].label,
            "is_lost": is_unreadable(row.key),
        }
        for row in rows
        if row.vendor in VENDORS
    ]


@require_safe
def charge_detail(request: SignedIn, pk: int) -> HttpResponse:
    """One order; where nobody knows what became of it, the two ways to settle it."""
    charges = Charge.objects.for_user(request.user).select_related("creator", "reel")
    charge = get_object_or_404(charges, pk=pk)
    return render(request, "avatar/charge_detail.html", {"charge": charge})


@require_POST
def engine_test(request: SignedIn, pk: int) -> HttpResponse:
    """Try one engine with a call that costs nothing; htmx puts the sentence beside it."""
    creator = _creator(request, pk)
    try:
        engine = catalogue.find(request.POST.get("engine", ""))
    except InputError as e:
        works, sentence = False, str(e)
    else:
        works, sentence = catalogue.tested(engine, engine_keys.access_of(creator))
    if not request.htmx:
        (messages.success if works else messages.error)(request, sentence)
        return _back(creator)
    return render_partial(request, PAGE, "tested", {"works": works, "sentence": sentence})


@require_POST
def key_create(request: SignedIn, pk: int) -> HttpResponse:
    creator = _creator(request, pk)
    form = KeyForm(_engines(catalogue.rows()), request.POST)
    if form.is_valid():
        try:
            row = engine_keys.keep(creator, form.cleaned_data["vendor"], form.cleaned_data["key"])
        except engine_keys.KeyProblem as e:
            form.add_error("key", str(e))
        else:
            label = VENDORS[row.vendor].label
            messages.success(request, f"Kept. {creator.name} uses their own key for {label}.")
            return _back(creator)
    creators = list(Creator.objects.for_user(request.user))
    return render(request, PAGE, _page(creator, creators, key_form=form), status=422)


@require_POST
def key_delete(request: SignedIn, pk: int) -> HttpResponse:
    rows = EngineKey.objects.for_user(request.user).select_related("creator")
    row = get_object_or_404(rows, pk=pk)
    engine_keys.forget(row)
    messages.success(request, "The key is deleted.")
    return _back(row.creator)


@require_POST
def budget_update(request: SignedIn, pk: int) -> HttpResponse:
    creator = _creator(request, pk)
    form = BudgetForm(request.POST)
    if form.is_valid():
        ledger.set_budget(creator, form.cleaned_data["monthly_usd"])
        messages.success(request, "Saved. It holds from the next order on.")
        return _back(creator)
    creators = list(Creator.objects.for_user(request.user))
    return render(request, PAGE, _page(creator, creators, budget_form=form), status=422)


@require_safe
def script_price(request: SignedIn, pk: int) -> HttpResponse:
    """What the reel of a script would cost in the creator's look: a line for the script's page."""
    scripts = Script.objects.for_user(request.user).select_related("slot__creator")
    script = get_object_or_404(scripts, pk=pk)
    if not request.htmx:
        return redirect("script-detail", script.pk)
    quote = prices.quote(script, services.look(script.creator))
    if quote is None or quote.is_free:
        return HttpResponse(status=204)
    return render(request, "avatar/quote.html", {"quote": quote})


def _creator(request: SignedIn, pk: int) -> Creator:
    found: Creator = get_object_or_404(Creator.objects.for_user(request.user), pk=pk)
    return found


def _back(creator: Creator) -> HttpResponse:
    return redirect(f"{reverse('engine-list')}?creator={creator.pk}")
