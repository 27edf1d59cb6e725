"""Accounts in the browser: what there is, connecting, testing, letting go."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from creators.models import Creator
from creators.views.shown import shown_creators
from publishing import services
from publishing.accounts import connecting, logins, notices, standing
from publishing.accounts.choices import account_choices
from publishing.accounts.connecting import CannotConnect
from publishing.accounts.forms import MailForm, PasswordForm, ServerForm
from publishing.accounts.option_forms import OptionsForm
from publishing.clients import platform_label
from publishing.forms import FolderForm
from publishing.models import STOPPABLE, Account, Post
from publishing.platforms import PLATFORMS
from publishing.platforms.base import Profile
from publishing.platforms.errors import PlatformError
from publishing.platforms.hosts import sandbox
from studio.lib import words
from studio.lib.htmx import render_partial
from studio.lib.requests import SignedIn, small_number

State = Account.State


@require_safe
def account_list(request: SignedIn) -> HttpResponse:
    return _list(request)


@require_POST
def account_create(request: SignedIn) -> HttpResponse:
    """Connect a creator's folder."""
    form = FolderForm(request.POST, user=request.user)
    if not form.is_valid():
        messages.error(request, "There is no such creator, or the folder is connected already.")
        return _list(request, status=422)
    account = services.connect_folder(form.cleaned_data["creator"])
    messages.success(request, f"Connected. Posts of {account.creator.name} land in its folder.")
    return redirect("account-list")


@require_POST
def account_mail(request: SignedIn) -> HttpResponse:
    """Where the studio writes to when an account needs its owner."""
    form = MailForm(request.POST)
    if not form.is_valid():
        return _list(request, mail_form=form, status=422)
    request.user.email = form.cleaned_data["email"]
    request.user.save(update_fields=["email"])
    messages.success(request, "Noted.")
    return redirect("account-list")


@require_safe
def account_detail(request: SignedIn, pk: int) -> HttpResponse:
    return _detail(request, _account(request, pk))


@require_POST
def account_update(request: SignedIn, pk: int) -> HttpResponse:
    """What holds for every post that goes there."""
    account = _account(request, pk)
    form = account_choices(account, request.POST)
    if not form.is_valid():
        return _detail(request, account, form)
    account.options = form.options()
    account.save(update_fields=["options"])
    messages.success(request, "Noted. It holds for every post that has not been sent there yet.")
    return redirect("account-detail", pk)


@require_POST
def account_test(request: SignedIn, pk: int) -> HttpResponse:
    """Ask the platform whose account it is."""
    account = _account(request, pk)
    try:
        messages.success(request, f"It works: {_who(connecting.check(account))}.")
    except PlatformError as e:
        messages.error(request, str(e))
    account = _account(request, pk)
    if not request.htmx:
        return redirect("account-detail", pk)
    template = "publishing/account_detail.html"
    return render_partial(request, template, "facts", _facts(account))


@require_POST
def account_disconnect(request: SignedIn, pk: int) -> HttpResponse:
    waiting = connecting.disconnect(_account(request, pk))
    held = f" {words.sentence(words.count(waiting, 'post'))} will wait." if waiting else ""
    messages.success(request, f"Disconnected; nothing more goes there.{held}")
    return redirect("account-list")


# The way to a platform's login page and back.


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def connect_start(request: SignedIn, name: str, creator_pk: int) -> HttpResponse:
    """To the login page; before it a form where a server or an app password is asked for."""
    creator = get_object_or_404(Creator.objects.for_user(request.user), pk=creator_pk)
    again = _again(request, creator, name)
    offer = standing.offer(name) if name in PLATFORMS else None
    if offer is None or offer.kind == "folder":
        messages.error(request, "There is no login for that.")
        return redirect("account-list")
    if offer.kind == "oauth":
        try:
            return redirect(_login_page(request, creator, name, again))
        except CannotConnect as e:
            messages.error(request, str(e))
            return redirect(_list_of(creator))
    kind = PasswordForm if offer.kind == "password" else ServerForm
    initial = {"server": again.server, "identifier": again.username} if again else {}
    form = kind(request.POST or None, initial=initial or None)
    context: dict[str, Any] = {"form": form, "creator": creator, "offer": offer, "again": again}
    if request.method == "POST" and form.is_valid():
        try:
            if isinstance(form, PasswordForm):
                account = logins.sign_in(creator, name, **form.cleaned_data)
                return _connected(request, [account], again)
            # A form may not lead to another site, so the last step is a link.
            context["login_page"] = _login_page(
                request, creator, name, again, form.cleaned_data["server"]
            )
        except CannotConnect as e:
            form.add_error(None, str(e))
    status = 422 if form.errors else 200
    return render(request, "publishing/connect.html", context, status=status)


@never_cache
@require_safe
def connect_callback(request: SignedIn, name: str) -> HttpResponse:
    """Where a platform's login page leads back to."""
    try:
        login = logins.finish(request.user, _session_key(request), name, request.GET.dict())
        grants = logins.grants_of(login)
        ids = [grant.profile.external_id for grant in grants]
        if login.account and login.account.external_id in ids:
            ids = [login.account.external_id]
        if len(ids) > 1:
            return redirect("connect-choose", name, login.state)
        return _connected(request, logins.take(login, ids), login.account)
    except CannotConnect as e:
        messages.error(request, str(e))
        return redirect("account-list")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def connect_choose(request: SignedIn, name: str, state: str) -> HttpResponse:
    """One login, several accounts: which of them?"""
    login = logins.pending(request.user, _session_key(request), name, state)
    if login is None:
        raise Http404
    if request.method == "POST":
        try:
            accounts = logins.take(login, request.POST.getlist("account"))
        except CannotConnect as e:
            messages.error(request, str(e))
            return redirect(request.path)
        return _connected(request, accounts, login.account)
    context = {
        "profiles": [grant.profile for grant in logins.grants_of(login)],
        "label": platform_label(name),
        "creator": login.creator,
    }
    return render(request, "publishing/connect_choose.html", context)


def _login_page(
    request: SignedIn, creator: Creator, name: str, again: Account | None, server: str = ""
) -> str:
    return logins.begin(
        request.user,
        _session_key(request),
        creator,
        name,
        redirect_uri=_redirect_uri(request, name),
        server=server,
        account=again,
    )


def _redirect_uri(request: HttpRequest, name: str) -> str:
    """Where logins come back to: as it is registered with the platform, so PUBLIC_URL when set."""
    path = reverse("connect-callback", args=[name])
    if sandbox() or not settings.PUBLIC_URL:
        return request.build_absolute_uri(path)
    here = request.build_absolute_uri("/").rstrip("/")
    if here.partition("://")[2] != settings.PUBLIC_URL.partition("://")[2].partition("/")[0]:
        raise CannotConnect(
            f"Logins come back to {settings.PUBLIC_URL}. Open the studio there and begin again."
        )
    return f"{settings.PUBLIC_URL}{path}"


def _session_key(request: SignedIn) -> str:
    return request.session.session_key or ""


def _again(request: SignedIn, creator: Creator, name: str) -> Account | None:
    """The account that is to be connected again, when one is."""
    pk = small_number(request.GET.get("account", ""))
    return creator.accounts.filter(pk=pk, platform=name).first() if pk else None


def _connected(request: SignedIn, accounts: list[Account], again: Account | None) -> HttpResponse:
    names = ", ".join(account.name for account in accounts)
    messages.success(request, f"Connected: {names}.")
    if again and again.pk not in [account.pk for account in accounts]:
        messages.warning(
            request,
            f"You signed in to another account than {again.name}; that one still waits to be"
            " connected again.",
        )
    if len(accounts) == 1:
        return redirect("account-detail", accounts[0].pk)
    return redirect("account-list")


# What the pages are given.


def _account(request: SignedIn, pk: int) -> Account:
    mine = Account.objects.for_user(request.user).select_related("creator")
    return get_object_or_404(mine, pk=pk)


def _list_of(creator: Creator) -> str:
    return f"{reverse('account-list')}?creator={creator.handle}"


def _list(
    request: SignedIn, *, mail_form: MailForm | None = None, status: int = 200
) -> HttpResponse:
    mine, chosen = shown_creators(request)
    accounts = (
        Account.objects.for_user(request.user)
        .select_related("creator")
        .annotate(
            n_coming=Count("posts", filter=Q(posts__state__in=STOPPABLE)),
            n_out=Count("posts", filter=Q(posts__state=Post.State.PUBLISHED)),
        )
        .order_by("creator__name", "platform", "pk")
    )
    wrong = notices.current(request.user)
    if chosen:
        accounts = accounts.filter(creator=chosen)
        wrong = [one for one in wrong if one[0].creator_id == chosen.pk]
    shown = [_told(account) for account in accounts]
    creator = chosen or (mine[0] if len(mine) == 1 else None)
    has_folder = any(
        account.platform == "folder" and account.state == State.CONNECTED
        for account in shown
        if creator and account.creator_id == creator.pk
    )
    offers = [one for one in standing.offers() if one.kind != "folder"] if creator else []
    context = {
        "accounts": shown,
        "n_places": sum(account.state != State.DISCONNECTED for account in shown),
        "wrong": wrong,
        "creators": mine,
        "creator": chosen,
        "for_creator": creator,
        "folder": "" if has_folder or not creator else services.folder_path(creator),
        "offers": offers,
        "wants_apps": any(one.missing for one in offers),
        "sandbox": sandbox(),
        "mail_form": mail_form or MailForm(initial={"email": request.user.email}),
        "can_mail": bool(settings.EMAIL_URL),
    }
    return render(request, "publishing/account_list.html", context, status=status)


def _told(account: Account) -> Any:
    """The same account, with what the pages say about it."""
    told: Any = account
    told.label = platform_label(account.platform)
    told.permission = standing.permission(account)
    told.badge_kind, told.badge_text = standing.badge(account)
    told.is_lost = told.badge_kind != "good"
    return told


def _detail(request: SignedIn, account: Account, form: OptionsForm | None = None) -> HttpResponse:
    context = {
        **_facts(account),
        "form": form or account_choices(account, ask="ask" in request.GET),
        "offer": standing.offer(account.platform) if account.platform in PLATFORMS else None,
        "history": account.notices.exclude(closed_at=None)[:5],
    }
    status = 422 if form else 200
    return render(request, "publishing/account_detail.html", context, status=status)


def _facts(account: Account) -> dict[str, Any]:
    watched = notices.watched().get(pk=account.pk)
    return {"account": _told(account), "wrong": list(notices.incidents(watched).values())}


def _who(profile: Profile) -> str:
    name = profile.name or profile.username or profile.external_id
    return f"{name} (@{profile.username})" if profile.username and profile.name else name
