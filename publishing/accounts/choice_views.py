"""Choices that a platform has to be asked about before they can be shown."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from avatar.models import Reel
from publishing.accounts.choices import Choices, account_choices
from publishing.accounts.option_forms import OptionsForm
from publishing.models import Account
from studio.lib.requests import SignedIn, small_number


@never_cache
@require_safe
def choice_fields(request: SignedIn, pk: int) -> HttpResponse:
    """The fields of a form that was shown without them: of `?post=`, of a post to be made of
    `?reel=`, or of the account. Without htmx, the page that has the form, with its fields.
    """
    mine = Account.objects.for_user(request.user).select_related("creator")
    account = get_object_or_404(mine, pk=pk)
    if not request.htmx:
        return redirect(f"{_page(request, account)}ask=1")
    form = _form(request, account)
    return render(request, "publishing/choice_fields.html", {"form": form})


def _form(request: SignedIn, account: Account) -> OptionsForm | None:
    post, reel = _asked(request, "post"), _asked(request, "reel")
    if post is not None:
        found = get_object_or_404(account.posts.with_story(), pk=post)
        return Choices(account, found.reel, found, ask=True).form
    if reel is not None:
        reels = Reel.objects.for_user(request.user)
        return Choices(account, get_object_or_404(reels, pk=reel), ask=True).form
    return account_choices(account, ask=True)


def _page(request: SignedIn, account: Account) -> str:
    """The page of that form, up to where `ask=1` goes."""
    post, reel = _asked(request, "post"), _asked(request, "reel")
    if post is not None:
        return reverse("post-detail", args=[post]) + "?"
    if reel is not None:
        return f"{reverse('post-create', args=[reel])}?account={account.pk}&"
    return reverse("account-detail", args=[account.pk]) + "?"


def _asked(request: SignedIn, name: str) -> int | None:
    return small_number(request.GET.get(name, ""))
