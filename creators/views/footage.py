"""The video of a creator: brought, looked at, shown, deleted."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from creators import services
from creators.models import Footage
from creators.views.room import FOOTAGE, arrival, progress
from studio.lib.files import serve_file
from studio.lib.requests import SignedIn
from studio.lib.sniff import sound_type
from studio.lib.uploads import accepts


@accepts(services.MAX_FOOTAGE_BYTES)
@require_POST
def footage_create(request: SignedIn, pk: int) -> HttpResponse:
    return arrival(request, pk, FOOTAGE)


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


@require_safe
def footage_still(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A picture of the video, for pages."""
    footage = get_object_or_404(Footage.objects.for_user(request.user), pk=pk)
    return serve_file(request, footage.still, content_type="image/jpeg")


@require_POST
def footage_delete(request: HttpRequest, pk: int) -> HttpResponse:
    footage = get_object_or_404(Footage.objects.for_user(request.user), pk=pk)
    services.remove_footage(footage)
    messages.success(request, "The video is deleted.")
    return redirect("creator-detail", footage.creator_id)
