"""Who there is, and what they are like."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from creators import services
from creators.forms import CreatorForm
from creators.models import Creator
from studio.lib.requests import SignedIn

PER_PAGE = 30


def creator_list(request: HttpRequest) -> HttpResponse:
    creators = Creator.objects.for_user(request.user).with_readiness()
    page = Paginator(creators, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "creators/creator_list.html", {"page_obj": page})


def creator_create(request: SignedIn) -> HttpResponse:
    form = CreatorForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            creator = services.create_creator(request.user, **form.cleaned_data)
        except ValidationError as e:
            form.add_error(None, e)
        else:
            messages.success(request, f"{creator.name} has a dressing room. Now the photo.")
            return redirect("creator-detail", creator.pk)
    return render(
        request, "creators/creator_form.html", {"form": form}, status=422 if form.errors else 200
    )


def creator_update(request: HttpRequest, pk: int) -> HttpResponse:
    creator = get_object_or_404(Creator.objects.for_user(request.user), pk=pk)
    form = CreatorForm(request.POST if request.method == "POST" else None, instance=creator)
    if form.is_valid():
        form.save()
        messages.success(request, "Saved. New scripts follow it; old ones stay as they are.")
        return redirect("creator-detail", creator.pk)
    creator.refresh_from_db(fields=["name"])  # the form has written into it
    return render(
        request,
        "creators/creator_form.html",
        {"form": form, "creator": creator},
        status=422 if form.errors else 200,
    )
