"""A creator's dressing room: photo, voice and agreement, on one page and in this order."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from creators import reports, services
from creators.forms import ConsentForm, FootageForm, PortraitForm, VoiceForm
from creators.languages import reading
from creators.models import Consent, Creator, Footage, Portrait, Voice
from creators.wording import CURRENT, WORDINGS, current
from studio.lib.files import serve_file
from studio.lib.htmx import STOP_POLLING
from studio.lib.requests import SignedIn, small_number
from studio.lib.sniff import sound_type
from studio.lib.uploads import refused

Facts = Callable[[reports.Report], list[tuple[str, str]]]
PAGE = "creators/creator_detail.html"


@require_safe
def creator_detail(request: HttpRequest, pk: int) -> HttpResponse:
    creator = get_object_or_404(Creator.objects.for_user(request.user), pk=pk)
    return render(request, PAGE, room(creator))


def room(creator: Creator, **changed: Any) -> dict[str, Any]:
    """What the page shows. The newest photo and sample are judged, the newest good ones used."""
    photo, used_photo = creator.portraits.first(), creator.portrait
    sample, used_voice = creator.voices.first(), creator.voice
    video, used_video = creator.footages.first(), creator.footage
    consent = services.live_consent(creator)
    return {
        "creator": creator,
        "photo": photo,
        "used_photo": used_photo,
        **_told("photo", photo, reports.photo_facts),
        "faces": reports.faces(photo.report, photo.face_index) if photo else [],
        "sample": sample,
        "used_voice": used_voice,
        **_told("sample", sample, reports.voice_facts),
        "video": video,
        "used_video": used_video,
        **_told("video", video, reports.footage_facts),
        "reading": reading(creator.language),
        "has_face": bool(used_photo or used_video),
        "consent": consent,
        "agreed_to": _agreed_to(consent),
        "consent_text": _wording(creator, consent),
        "newer_text": _newer_wording(creator, consent),
        "earlier_consent": creator.consents.to_speak().first(),
        "portrait_form": PortraitForm(),
        "voice_form": VoiceForm(),
        "footage_form": FootageForm(),
        "consent_form": _consent_form(creator, used_photo, used_voice, used_video),
        **changed,
    }


@dataclass(frozen=True)
class Part:
    """A file of a creator's that a browser brings. form_name: of the form in `room`."""

    form_name: str
    form: type[forms.Form]
    field: str  # of that form
    add: Callable[[Creator, "UploadedFile[bytes]"], object]
    thanks: str


PHOTO = Part(
    "portrait_form", PortraitForm, "photo", services.add_portrait, "The photo has arrived."
)
VOICE = Part(
    "voice_form", VoiceForm, "recording", services.add_voice, "The recording has arrived."
)
FOOTAGE = Part(
    "footage_form", FootageForm, "video", services.add_footage, "The video has arrived."
)


def arrival(request: SignedIn, creator_pk: int, part: Part) -> HttpResponse:
    """Keep the file that was brought, or say beside the field why not."""
    creator = get_object_or_404(Creator.objects.for_user(request.user), pk=creator_pk)
    form = part.form(request.POST, request.FILES)
    if problem := refused(request):
        form.add_error(part.field, problem)
    elif form.is_valid():
        try:
            part.add(creator, form.cleaned_data[part.field])
        except services.UploadError as e:
            form.add_error(part.field, str(e))
        else:
            messages.info(request, part.thanks)
            there = reverse("creator-detail", args=[creator.pk])
            return HttpResponseClientRedirect(there) if request.htmx else redirect(there)
    return render(request, PAGE, room(creator, **{part.form_name: form}), status=422)


def _told(name: str, row: Portrait | Voice | Footage | None, facts: Facts) -> dict[str, Any]:
    report = row.report if row else {}
    return {
        f"{name}_facts": facts(report),
        f"{name}_problems": reports.problems(report),
        f"{name}_warnings": reports.warnings(report),
    }


def _agreed_to(consent: Consent | None) -> str:
    """The files that an agreement is about, in words."""
    if consent is None:
        return ""
    files = {
        "the photo": consent.likeness_sha256,
        "the recording": consent.voice_sha256,
        "the video": consent.footage_sha256,
    }
    return " and ".join(what for what, sha256 in files.items() if sha256)


def _wording(creator: Creator, consent: Consent | None) -> list[str]:
    """The words of the agreement there is, or of the one to give."""
    if consent is not None:
        wording = WORDINGS.get(consent.wording_version, CURRENT)
        voice = bool(consent.voice_sha256)
        footage = bool(consent.footage_sha256)
        return wording.paragraphs(
            person=consent.person, creator=creator.name, voice=voice, footage=footage
        )
    return _current_wording(creator)


def _newer_wording(creator: Creator, consent: Consent | None) -> list[str]:
    """What could be agreed to instead, where the agreement was given to an earlier wording."""
    newest = current(has_photo=creator.portrait is not None)
    is_old = consent is not None and consent.wording_version != newest.version
    return _current_wording(creator) if is_old else []


def _current_wording(creator: Creator) -> list[str]:
    return current(has_photo=creator.portrait is not None).paragraphs(
        person="The person named below",
        creator=creator.name,
        voice=creator.voice is not None,
        footage=creator.footage is not None,
    )


def _consent_form(
    creator: Creator, photo: Portrait | None, voice: Voice | None, video: Footage | None
) -> ConsentForm | None:
    if photo is None and video is None:
        return None
    seen = {
        "seen_likeness": photo.sha256 if photo else "",
        "seen_voice": voice.sha256 if voice else "",
        "seen_footage": video.sha256 if video else "",
    }
    return ConsentForm(initial={"person": creator.name, **seen})


# Photo


@require_POST
def portrait_create(request: SignedIn, pk: int) -> HttpResponse:
    return arrival(request, pk, PHOTO)


@require_safe
def portrait_detail(request: SignedIn, pk: int) -> HttpResponse:
    """What has become of the photo; asked every two seconds while it is looked at."""
    portrait = get_object_or_404(
        Portrait.objects.for_user(request.user).select_related("creator"), pk=pk
    )
    still = portrait.state == Portrait.State.CHECKING
    return progress(request, portrait.creator, still, "photo_told")


@require_safe
def portrait_image(request: HttpRequest, pk: int) -> HttpResponseBase:
    portrait = get_object_or_404(Portrait.objects.for_user(request.user), pk=pk)
    return serve_file(request, portrait.image, content_type="image/jpeg")


@require_safe
def portrait_preview(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The photo in a size for pages; what phones take is twenty megabytes large."""
    portrait = get_object_or_404(Portrait.objects.for_user(request.user), pk=pk)
    return serve_file(request, portrait.preview or portrait.image, content_type="image/jpeg")


@require_POST
def portrait_choose(request: HttpRequest, pk: int) -> HttpResponse:
    portrait = get_object_or_404(Portrait.objects.for_user(request.user), pk=pk)
    index = small_number(request.POST.get("face", ""))
    try:
        services.choose_face(portrait, index)
    except services.FaceError as e:
        messages.error(request, str(e))
    else:
        messages.info(request, f"Face {(index or 0) + 1} it is; that is who will speak.")
    return redirect("creator-detail", portrait.creator_id)


@require_POST
def portrait_delete(request: HttpRequest, pk: int) -> HttpResponse:
    portrait = get_object_or_404(Portrait.objects.for_user(request.user), pk=pk)
    services.remove_portrait(portrait)
    messages.success(request, "The photo is deleted.")
    return redirect("creator-detail", portrait.creator_id)


# Voice


@require_POST
def voice_create(request: SignedIn, pk: int) -> HttpResponse:
    return arrival(request, pk, VOICE)


@require_safe
def voice_detail(request: SignedIn, pk: int) -> HttpResponse:
    """What has become of the sample; asked every two seconds while it is listened to."""
    voice = get_object_or_404(
        Voice.objects.for_user(request.user).select_related("creator"), pk=pk
    )
    still = voice.state == Voice.State.CHECKING
    return progress(request, voice.creator, still, "voice_told")


@require_safe
def voice_sample(request: HttpRequest, pk: int) -> HttpResponseBase:
    voice = get_object_or_404(Voice.objects.for_user(request.user), pk=pk)
    return serve_file(request, voice.sample, content_type=sound_type(str(voice.sample.name)))


@require_POST
def voice_delete(request: HttpRequest, pk: int) -> HttpResponse:
    voice = get_object_or_404(Voice.objects.for_user(request.user), pk=pk)
    services.remove_voice(voice)
    messages.success(request, "The recording is deleted.")
    return redirect("creator-detail", voice.creator_id)


def progress(
    request: SignedIn, creator: Creator, still_checking: bool, partial: str
) -> HttpResponse:
    """For htmx: nothing new yet (204), or the result and no more polling. Else the whole page."""
    if not request.htmx:
        return redirect("creator-detail", creator.pk)
    if still_checking:
        return HttpResponse(status=204)
    context = {**room(creator), "oob": True}
    response = render(request, f"{PAGE}#{partial}", context, status=STOP_POLLING)
    patch_vary_headers(response, ("HX-Request",))
    return response


# Agreement


@require_POST
def consent_create(request: SignedIn, pk: int) -> HttpResponse:
    creator = get_object_or_404(Creator.objects.for_user(request.user), pk=pk)
    form = ConsentForm(request.POST)
    if form.is_valid():
        try:
            consent = services.give_consent(
                creator,
                user=request.user,
                person=form.cleaned_data["person"],
                basis=form.basis,
                include_voice=bool(form.cleaned_data["seen_voice"]),
                seen=form.seen,
            )
        except services.ConsentError as e:
            form.add_error(None, str(e))
        else:
            messages.success(request, f"Recorded: {consent.person} agrees.")
            return redirect("creator-detail", creator.pk)
    return render(request, PAGE, room(creator, consent_form=form), status=422)


@require_POST
def consent_revoke(request: SignedIn, pk: int) -> HttpResponse:
    consent = get_object_or_404(Consent.objects.for_user(request.user), pk=pk)
    services.revoke_consent(consent, request.user)
    messages.success(
        request, "Revoked. Nothing more is made or posted with this face and this voice."
    )
    return redirect("creator-detail", consent.creator_id)
