"""Notes and sources, and the pillars they belong to."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from creators.views.shown import shown_creators
from scripts_gen import learning, services
from scripts_gen.forms import NoteForm, PillarForm
from scripts_gen.models import Note, Pillar
from scripts_gen.research.sentences import sentences
from scripts_gen.views.common import back_to, first_a_creator
from studio.lib import words
from studio.lib.requests import SignedIn, small_number

PER_PAGE = 30
FEW = 5  # sentences; a script needs about as many


def note_list(request: HttpRequest) -> HttpResponse:
    mine, chosen = shown_creators(request)
    notes = Note.objects.filter(creator__in=[chosen] if chosen else mine)
    pillar = small_number(request.GET.get("pillar", ""))
    if pillar is not None:
        notes = notes.filter(pillar_id=pillar)
    notes = notes.select_related("creator", "pillar").defer("text")
    page = Paginator(notes, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "creators": mine, "creator": chosen}
    return render(request, "scripts_gen/note_list.html", context)


def note_create(request: SignedIn) -> HttpResponse:
    mine, chosen = shown_creators(request)
    if not mine:
        return first_a_creator(request)
    initial = {"kind": request.GET.get("kind", Note.Kind.NOTE)}
    form = NoteForm(request.POST or None, user=request.user, creator=chosen, initial=initial)
    if form.is_valid() and form.chosen:
        fields = {
            key: form.cleaned_data[key] for key in ("title", "text", "kind", "url", "pillar")
        }
        note = services.add_note(form.chosen, **fields)
        _tell(request, note)
        return back_to("note-list")
    return _note_form(request, form, None)


def note_update(request: SignedIn, pk: int) -> HttpResponse:
    note = get_object_or_404(Note.objects.for_user(request.user), pk=pk)
    form = NoteForm(request.POST or None, instance=note, user=request.user)
    if form.is_valid():
        _tell(request, form.save())
        return back_to("note-list")
    return _note_form(request, form, get_object_or_404(Note, pk=pk))


def _note_form(request: HttpRequest, form: NoteForm, note: Note | None) -> HttpResponse:
    return render(
        request,
        "scripts_gen/note_form.html",
        {"form": form, "note": note, "count": _count(note) if note else None},
        status=422 if form.errors else 200,
    )


def _count(note: Note) -> int:
    return len(sentences(note.text, note.creator.language))


def _tell(request: HttpRequest, note: Note) -> None:
    """Saved, and whether a script can come of it."""
    count = _count(note)
    if count == 0:
        messages.warning(
            request,
            f"Saved “{note.title}”, but it holds no sentence that can be said. Links, code and "
            "single words are left out of scripts.",
        )
    elif count < FEW:
        held = words.count(count, "sentence")
        messages.success(request, f"Saved. It holds {held}; a script needs about five.")
    else:
        held = words.count(count, "sentence")
        messages.success(request, f"Saved. It holds {held} for scripts.")


def note_delete(request: SignedIn, pk: int) -> HttpResponse:
    note = get_object_or_404(Note.objects.for_user(request.user), pk=pk)
    if request.method == "POST":
        note.delete()
        messages.success(
            request, f"Deleted “{note.title}”. Scripts made from it keep their words."
        )
        return back_to("note-list")
    return render(request, "scripts_gen/note_delete.html", {"note": note})


def pillar_list(request: HttpRequest) -> HttpResponse:
    mine, chosen = shown_creators(request)
    pillars = (
        Pillar.objects.filter(creator__in=[chosen] if chosen else mine)
        .select_related("creator")
        .annotate(n_notes=Count("notes", distinct=True), n_slots=Count("slots", distinct=True))
    )
    turns = learning.pillar_turns([chosen] if chosen else mine)
    rows = [(pillar, turns.get(pillar.pk)) for pillar in pillars]
    context = {"pillars": rows, "creators": mine, "creator": chosen}
    return render(request, "scripts_gen/pillar_list.html", context)


def pillar_create(request: SignedIn) -> HttpResponse:
    mine, chosen = shown_creators(request)
    if not mine:
        return first_a_creator(request)
    form = PillarForm(request.POST or None, user=request.user, creator=chosen)
    if form.is_valid():
        pillar = form.save()
        messages.success(request, f"Added “{pillar}”. New plans take turns with it.")
        return back_to("pillar-list")
    return _pillar_form(request, form, None)


def pillar_update(request: SignedIn, pk: int) -> HttpResponse:
    pillar = get_object_or_404(Pillar.objects.for_user(request.user), pk=pk)
    form = PillarForm(request.POST or None, instance=pillar, user=request.user)
    if form.is_valid():
        messages.success(request, f"Saved “{form.save()}”.")
        return back_to("pillar-list")
    pillar.refresh_from_db()  # the form has written into it
    return _pillar_form(request, form, pillar)


def _pillar_form(request: HttpRequest, form: PillarForm, pillar: Pillar | None) -> HttpResponse:
    status = 422 if form.errors else 200
    context = {"form": form, "pillar": pillar}
    return render(request, "scripts_gen/pillar_form.html", context, status=status)


def pillar_delete(request: SignedIn, pk: int) -> HttpResponse:
    pillar = get_object_or_404(Pillar.objects.for_user(request.user), pk=pk)
    if request.method == "POST":
        pillar.delete()
        messages.success(request, f"Deleted “{pillar}”. Its notes and slots stay.")
        return back_to("pillar-list")
    return render(request, "scripts_gen/pillar_delete.html", {"pillar": pillar})
