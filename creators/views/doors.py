"""Coming in: the first account, and signing in."""

from django.contrib.auth import login as start_session
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from creators import first_owner
from creators.forms import LoginForm, SetupForm


@login_not_required
@sensitive_post_parameters()
@never_cache
def setup(request: HttpRequest) -> HttpResponse:
    """Make the owner's account; only while there is none."""
    if not first_owner.is_empty():
        return redirect("login")
    form = SetupForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        user = form.save(commit=False)
        try:
            first_owner.become_owner(user)
        except first_owner.SetupOver:
            form.add_error(None, "Somebody else has just set this studio up. Sign in instead.")
        else:
            start_session(request, user)
            return redirect("creator-create")
    return render(
        request, "registration/setup.html", {"form": form}, status=422 if form.errors else 200
    )


@login_not_required
@sensitive_post_parameters()
@never_cache
def login(request: HttpRequest) -> HttpResponse:
    """Sign in; an empty installation is set up first."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(_next(request))
    if first_owner.is_empty():
        return redirect("setup")
    form = LoginForm(request, data=request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        start_session(request, form.get_user())
        return HttpResponseRedirect(_next(request))
    return render(
        request,
        "registration/login.html",
        {"form": form, "next": request.POST.get("next", request.GET.get("next", ""))},
        status=422 if form.errors else 200,
    )


def _next(request: HttpRequest) -> str:
    """Where the person wanted to go, when that is one of our own pages."""
    url = request.POST.get("next", request.GET.get("next", ""))
    safe = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if safe else resolve_url("today")
