"""Scripts: the deck of those that wait, the others, and one with its history."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from creators.services import live_consent
from creators.views.shown import shown_creators
from scripts_gen import diary, services, translations
from scripts_gen.errors import ScriptError
from scripts_gen.forms import RejectForm, ScriptForm, TranslationForm
from scripts_gen.models import Note, Script, Slot
from scripts_gen.views.common import back_to
from studio.lib.requests import SignedIn

PAGE = "scripts_gen/script_detail.html"
PER_PAGE = 20
STATES = {"approved": "approved", "rejected": "rejected", "replaced": "superseded"}

WRITTEN_BY = {
    "notes": (
        "Built from your notes",
        "Every sentence is from your notes and sources, picked and put in order. Nothing was "
        "added but words that claim nothing.",
    ),
    "openai": (
        "Written from your notes by a language model",
        "Each sentence names the note it was made from. Check that it says what you meant.",
    ),
    translations.TRANSLATION: (
        "Translated by a language model",
        "Under each sentence is the one it was made from, and what your note says. Numbers, links "
        "and names of accounts are as in the original; have somebody read it who speaks the "
        "language if you do not.",
    ),
    services.CREATOR: ("Your own wording", "Sentences you changed are marked."),
}


@dataclass(frozen=True)
class Proof:
    """A sentence and where it comes from."""

    sentence: str
    original: str  # of a translation
    quote: str  # when it differs from the sentence, and from the original
    note: Note | None
    origin: str  # when there is no note: why


def script_list(request: SignedIn) -> HttpResponse:
    mine, chosen = shown_creators(request)
    scripts = Script.objects.for_user(request.user).written()
    scripts = scripts.select_related("slot__creator", "slot__pillar")
    if chosen:
        scripts = scripts.filter(slot__creator=chosen)
    context: dict[str, Any] = {"creators": mine, "creator": chosen}
    state = request.GET.get("state", "")
    if state in STATES:
        others = scripts.filter(state=STATES[state]).order_by("-slot__date", "-pk")
        page = Paginator(others, PER_PAGE).get_page(request.GET.get("page"))
        context |= {"page_obj": page, "state": state}
    else:
        context |= _deck(list(scripts.awaiting()), request.GET.get("at", ""))
    return render(request, "scripts_gen/script_list.html", context)


def _deck(waiting: list[Script], at: str) -> dict[str, Any]:
    """The card on top, and its neighbours. `at`: the pk of the card to show."""
    place = next((n for n, script in enumerate(waiting) if str(script.pk) == at), 0)
    top = waiting[place] if waiting else None
    return {
        "waiting": waiting,
        "place": place + 1,
        "previous": waiting[place - 1] if place else None,
        "next": waiting[place + 1] if place + 1 < len(waiting) else None,
        **(_shown(top) if top else {}),
    }


def script_detail(request: SignedIn, pk: int) -> HttpResponse:
    return render(request, PAGE, page_of(own_script(request, pk)))


def own_script(request: SignedIn, pk: int) -> Script:
    """A script of the person who asks; somebody else's is a 404."""
    scripts = Script.objects.for_user(request.user)
    found: Script = get_object_or_404(
        scripts.select_related("slot__creator", "slot__pillar", "slot__translation_of"), pk=pk
    )
    return found


def page_of(script: Script, form: TranslationForm | None = None) -> dict[str, Any]:
    """What the page of a script shows. form: when a language was asked for and refused."""
    versions = script.slot.scripts.prefetch_related("decisions__decided_by")
    reels = script.takes.order_by("-reels__pk").values_list("reels__pk", flat=True)
    return {
        "versions": versions,
        "reel_pk": reels.first(),
        **_shown(script),
        **translations_of(script, form),
    }


def translations_of(script: Script, form: TranslationForm | None = None) -> dict[str, Any]:
    """The other languages a script is in or on its way to, and the form that asks for more."""
    slots = translations.slots_of(script).select_related("pillar", "translation_of")
    entries = [
        diary.entry_of(slot)
        for slot in slots.prefetch_related("scripts__takes__reels").order_by("pk")
    ]
    return {
        "script": script,
        "translations": entries,
        "is_translating": any(one.slot.state == Slot.State.ASKED for one in entries),
        "translation_form": form or TranslationForm(choices=translations.choices(script)),
        "why_not_translated": translations.why_not(script),
    }


def _shown(script: Script) -> dict[str, Any]:
    title, words = WRITTEN_BY.get(script.writer, WRITTEN_BY["openai"])
    return {
        "script": script,
        "proofs": proofs(script),
        "made_title": title,
        "made_words": words,
        "reject_form": RejectForm(),
    }


def proofs(script: Script) -> list[Proof]:
    """Each spoken sentence with its note; notes of other creators are never looked up."""
    ids = {entry.get("note_id") for entry in script.evidence}
    notes = script.creator.notes.defer("text").in_bulk([pk for pk in ids if pk])
    found = []
    for entry in script.evidence:
        sentence, quote = entry.get("sentence", ""), entry.get("quote", "")
        note = notes.get(entry.get("note_id"))
        if entry.get("edited"):
            origin = "your own wording"
        elif entry.get("note_id"):
            origin = "from a note that was deleted"
        else:
            origin = "words that claim nothing"
        original = entry.get("original", "")
        differs = quote.rstrip(".") not in (sentence.rstrip("."), original.rstrip("."))
        found.append(Proof(sentence, original, quote if differs else "", note, origin))
    return found


@require_POST
def script_approve(request: SignedIn, pk: int) -> HttpResponse:
    script = own_script(request, pk)
    try:
        services.approve(
            script, request.user, seen_sha256=request.POST.get("seen_sha256", "") or "none"
        )
    except ScriptError as error:
        messages.error(request, str(error))
        return back_to("script-detail", pk)
    if live_consent(script.creator):
        messages.success(request, "Approved. The reel is made next.")
    else:
        messages.success(request, "Approved. A reel follows once there is a photo and a consent.")
    return _onward(request, pk)


@require_POST
def script_reject(request: SignedIn, pk: int) -> HttpResponse:
    script = own_script(request, pk)
    form = RejectForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Not rejected. {form.errors['note'][0]}")
        return back_to("script-detail", pk)
    try:
        services.reject(script, request.user, form.cleaned_data["note"])
    except ScriptError as error:
        messages.error(request, str(error))
        return back_to("script-detail", pk)
    messages.success(request, "Rejected. Its sentences are free for other scripts.")
    return _onward(request, pk)


@require_POST
def script_withdraw(request: SignedIn, pk: int) -> HttpResponse:
    script = own_script(request, pk)
    try:
        services.withdraw(script, request.user)
    except ScriptError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, "The approval is taken back. What was not posted yet stays unposted."
        )
    return back_to("script-detail", pk)


def script_update(request: SignedIn, pk: int) -> HttpResponse:
    script = own_script(request, pk)
    initial = {"hashtags": " ".join(script.hashtags), "seen_sha256": script.text_sha256}
    form = ScriptForm(request.POST or None, initial=initial)
    if request.method != "POST":
        form = ScriptForm(instance=script, initial=initial)
    if form.is_valid():
        seen = form.cleaned_data["seen_sha256"]
        try:
            version = services.edit(script, request.user, seen_sha256=seen, **form.parts())
        except ScriptError as error:
            form.add_error(None, f"{error} Your words are still here.")
        else:
            messages.success(request, _edited(script, version, form.parts()["caption"]))
            return back_to("script-detail", version.pk)
    status = 422 if form.errors else 200
    newest = script.slot.scripts.exclude(state=Script.State.REJECTED).first()
    context = {"form": form, "script": script, "newest": newest}
    return render(request, "scripts_gen/script_form.html", context, status=status)


def _edited(before: Script, version: Script, caption: str) -> str:
    """caption: the one that was sent; the script's may have followed its hook."""
    if before.pk == version.pk:
        return "Nothing was changed."
    followed = version.caption != caption
    more = " The caption has your new first sentence too." if followed else ""
    return f"Saved as version {version.version}. It waits for your approval.{more}"


def _onward(request: HttpRequest, pk: int) -> HttpResponse:
    """To the next card of the deck, or back to the page the decision was made on."""
    if request.POST.get("from") == "deck":
        creator = request.POST.get("creator", "")
        return back_to("script-list", creator=creator, at=request.POST.get("next", ""))
    return back_to("script-detail", pk)
