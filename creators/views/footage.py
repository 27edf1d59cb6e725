"""The video of a creator: brought, looked at, shown, deleted."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from creators import services
from creators.forms import FootageForm
from creators.models import Creator, Footage
from creators.views.room import PAGE, progress, room
from studio.lib.files import serve_file
from studio.lib.requests import SignedIn
from studio.lib.sniff import sound_type
from studio.lib.uploads import too_large

TOO_LARGE = "This file is far too large; nothing was kept of it. 60 MB are accepted."


@require_POST
def footage_create(request: HttpRequest, pk: int) -> HttpResponse:
    creator = get_object_or_404(Creator.objects.for_user(request.user), pk=pk)
    form = FootageForm(request.POST, request.FILES)
    if too_large(request):
        form.add_error("video", TOO_LARGE)
    elif form.is_valid():
        try:
            services.add_footage(creator, form.cleaned_data["video"])
        except services.UploadError as e:
            form.add_error("video", str(e))
        else:
            messages.info(request, "The video has arrived.")
            return redirect("creator-detail", creator.pk)
    return render(request, PAGE, room(creator, footage_form=form), status=422)


@require_safe
def footage_detail(request: SignedIn, pk: int) -> HttpResponse:
    """What has become of the video; asked every two seconds while it is looked at."""
    footage = get_object_or_404(
        Footage.objects.for_user(request.user).select_related("creator"), pk=pk
    )
    still = footage.state == Footage.State.CHECKING
    return progress(request, footage.creator, still, "footage_told")


@require_safe
def footage_video(request: HttpRequest, pk: int) -> HttpResponseBase:
    footage = get_object_or_404(Footage.objects.for_user(request.user), pk=pk)
    return serve_file(request, footage.video, content_type=sound_type(str(footage.video.name)))


@require_POST
def footage_delete(request: HttpRequest, pk: int) -> HttpResponse:
    footage = get_object_or_404(Footage.objects.for_user(request.user), pk=pk)
    services.remove_footage(footage)
    messages.success(request, "The video is deleted.")
    return redirect("creator-detail", footage.creator_id)
