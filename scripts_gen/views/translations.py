"""A script in other languages: asking for one, and watching it being written."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from scripts_gen import services, translations
from scripts_gen.errors import ScriptError
from scripts_gen.forms import TranslationForm
from scripts_gen.models import Slot
from scripts_gen.views.common import back_to
from scripts_gen.views.scripts import PAGE, own_script, page_of, translations_of
from studio.lib.htmx import STOP_POLLING, render_partial
from studio.lib.requests import SignedIn


@require_http_methods(["GET", "POST"])
def script_translate(request: SignedIn, pk: int) -> HttpResponse:
    """Ask for a script in a language. Its page asks here every two seconds how far that is."""
    script = own_script(request, pk)
    if request.method == "GET":
        if not request.htmx:
            return back_to("script-detail", pk)
        context = translations_of(script)
        status = 200 if context["is_translating"] else STOP_POLLING
        return render_partial(request, PAGE, "translated", context, status=status)
    form = TranslationForm(request.POST, choices=translations.choices(script))
    form.is_valid()
    try:
        slot = services.ask_for_translation(script, form.cleaned_data.get("language", ""))
    except ScriptError as error:
        form.add_error("language", str(error))
        return render_partial(request, PAGE, "translations", page_of(script, form), status=422)
    _tell(request, slot)
    if request.htmx:
        return render_partial(request, PAGE, "translations", translations_of(script))
    return back_to("script-detail", pk)


def _tell(request: HttpRequest, slot: Slot) -> None:
    place = f"{slot.date:%A} {slot.date.day} {slot.date:%B}, {slot.part}"
    if slot.state == Slot.State.ASKED:
        messages.success(
            request,
            f"It is being translated into {slot.language_name}, for {place}. It will wait for "
            "your approval like every script.",
        )
    else:
        messages.info(request, f"It is there in {slot.language_name} already, for {place}.")
