"""How a creator's reels look, and the pictures that may stand behind them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from avatar import services
from avatar.forms import BackdropForm, LookForm, form_values
from avatar.prices import quote, usual_quote
from creators.models import Backdrop, Creator
from creators.services import UploadError, add_backdrop
from scripts_gen.models import Script
from studio.lib.files import serve_file
from studio.lib.requests import SignedIn, small_number
from studio.lib.uploads import refused

PAGE = "avatar/look_form.html"


@require_http_methods(["GET", "POST"])
def look_update(request: HttpRequest, pk: int) -> HttpResponse:
    """How the reels of a creator look, those not asked for in another look."""
    creator = get_object_or_404(Creator.objects.for_user(request.user), pk=pk)
    initial = form_values(services.look(creator))
    form = LookForm(creator, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        services.keep_look(creator, options=form.options())
        messages.success(request, "Saved. New reels look like this; finished ones stay.")
        return redirect("creator-detail", creator.pk)
    status = 422 if form.errors else 200
    return render(request, PAGE, _page(creator, form=form), status=status)


def _page(creator: Creator, **forms: Any) -> dict[str, Any]:
    return {
        "creator": creator,
        "quote": usual_quote(creator, services.look(creator)),
        "backdrops": creator.backdrops.all(),
        "form": LookForm(creator, initial=form_values(services.look(creator))),
        "backdrop_form": BackdropForm(),
        **forms,
    }


@require_safe
def engine_fields(request: SignedIn, pk: int) -> HttpResponse:
    """The part of a look's or a reel's form about engines, after one was chosen in it; with the
    price of a script, or of a usual one.
    """
    creator = get_object_or_404(Creator.objects.for_user(request.user), pk=pk)
    if not request.htmx:
        return redirect("look-update", creator.pk)
    script_pk = small_number(request.GET.get("script", ""))
    scripts = Script.objects.for_user(request.user).filter(slot__creator=creator)
    script = scripts.filter(pk=script_pk).first() if script_pk else None
    form = LookForm(creator, request.GET, script_pk=script and script.pk)
    context = {"form": form, "creator": creator}
    if form.is_valid():
        options = {**services.DEFAULTS, **form.options()}
        context["quote"] = quote(script, options) if script else usual_quote(creator, options)
    return render(request, "avatar/engine_fields.html", context)


@require_POST
def backdrop_create(request: HttpRequest, pk: int) -> HttpResponse:
    """A new picture; it is chosen at once, for that is why it was brought."""
    creator = get_object_or_404(Creator.objects.for_user(request.user), pk=pk)
    form = BackdropForm(request.POST, request.FILES)
    if problem := refused(request):
        form.add_error("picture", problem)
    elif form.is_valid():
        try:
            backdrop = add_backdrop(creator, form.cleaned_data["picture"])
        except UploadError as e:
            form.add_error("picture", str(e))
        else:
            background = services.PICTURE + backdrop.sha256
            look = {**services.look(creator), "background": background}
            services.keep_look(creator, options=look)
            messages.success(request, "The picture has arrived; new reels are set before it.")
            return redirect("look-update", creator.pk)
    return render(request, PAGE, _page(creator, backdrop_form=form), status=422)


@require_safe
def backdrop_preview(request: HttpRequest, pk: int) -> HttpResponseBase:
    backdrop = get_object_or_404(Backdrop.objects.for_user(request.user), pk=pk)
    return serve_file(request, backdrop.preview, content_type="image/jpeg")


@require_POST
def backdrop_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Reels that were to be set before it get the photo's own background again."""
    backdrop = get_object_or_404(Backdrop.objects.for_user(request.user), pk=pk)
    services.drop_backdrop(backdrop)
    messages.success(request, "The picture is deleted.")
    return redirect("look-update", backdrop.creator_id)
