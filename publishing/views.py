"""The queue in the browser: what goes out when, why something does not, and to where."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from avatar.models import Reel
from creators.views.shown import shown_creators
from publishing import health, services
from publishing.accounts.choices import Choices
from publishing.forms import PostForm, SettleForm, TimeForm, WordsForm, agreement
from publishing.models import HELD, ON_ITS_WAY, OVER, STOPPABLE, Account, MediaLink, Post
from publishing.platforms import PLATFORMS, platform
from publishing.posting import captions, media_links, story
from publishing.posting.hours import good_hour
from publishing.results import page as results_page
from publishing.services import CannotPost
from studio.lib import public_files, words
from studio.lib.requests import small_number

A_PAGE = 20
State = Post.State


@require_safe
def post_list(request: HttpRequest) -> HttpResponse:
    """What needs somebody, what is coming day by day, what went out."""
    mine, chosen = shown_creators(request)
    posts = Post.objects.for_user(request.user).with_story()
    if chosen:
        posts = posts.filter(account__creator=chosen)
    coming = list(posts.filter(state__in=ON_ITS_WAY))
    held = sorted(posts.filter(state__in=HELD), key=lambda post: HELD.index(State(post.state)))
    past = posts.filter(state__in=OVER).order_by("-due_at", "-pk")
    trouble = health.status()["problems"] if coming else []
    context = {
        "headline": story.headline([*held, *coming], len(coming), all_works=not trouble),
        "held": _told(held),
        "days": story.by_day(_told(coming)),
        "page_obj": Paginator(past, A_PAGE).get_page(request.GET.get("page")),
        "creators": mine,
        "creator": chosen,
        "trouble": trouble,
    }
    _told(context["page_obj"].object_list)
    return render(request, "publishing/post_list.html", context)


@require_safe
def result_list(request: HttpRequest) -> HttpResponse:
    """What a creator's reels reached, and what was learned from it."""
    mine, asked = shown_creators(request)
    creator = asked or next(iter(mine), None)
    context: dict[str, Any] = {"creators": mine, "creator": creator}
    if creator:
        context |= results_page.context(creator, request.GET.get("account", ""))
    return render(request, "publishing/result_list.html", context)


@require_safe
def post_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _detail(request, _post(request, pk))


@require_safe
def post_data(request: HttpRequest, pk: int) -> JsonResponse:
    """The same as data, as `manage.py post_status --json` prints it."""
    return JsonResponse(story.data(_post(request, pk)))


@require_http_methods(["GET", "HEAD", "POST"])
def post_create(request: HttpRequest, reel_pk: int) -> HttpResponse:
    """A finished reel to one account, at the suggested hour or at one's own."""
    reels = Reel.objects.for_user(request.user).select_related("take__script__slot__creator")
    reel = get_object_or_404(reels, pk=reel_pk)
    taken = Q(posts__in=Post.objects.filter(reel=reel).exclude(state=State.CANCELLED))
    accounts = reel.creator.accounts.connected().exclude(taken)
    asked = small_number((request.POST or request.GET).get("account", ""))
    places = list(accounts.select_related("creator"))
    account = next((place for place in places if place.pk == asked), places[0] if places else None)
    context: dict[str, Any] = {"reel": reel, "accounts": places, "account": account}
    if account is None or reel.state != Reel.State.READY:
        return render(request, "publishing/post_form.html", context)
    good = good_hour(account, reel)
    data = request.POST if request.method == "POST" else None
    choices = Choices(account, reel, data=data, ask="ask" in request.GET)
    form = PostForm(
        data,
        accounts=accounts,
        account=account,
        zone=reel.creator.zone,
        good_hour=good.when_utc,
        initial={"account": account, "caption": captions.suggest(reel, account)},
    )
    if data is not None and form.is_valid() and choices.is_valid():
        try:
            post = services.queue_post(
                reel,
                form.cleaned_data["account"],
                user=request.user,
                due_at=form.due_at(),
                options=choices.options(),
                **form.words(),
            )
        except CannotPost as e:
            form.add_error(None, str(e))
        else:
            messages.success(request, f"It goes out {words.when(post.due_at, reel.creator.zone)}.")
            return redirect("post-detail", post.pk)
    context |= {"form": form, "choices": choices, "good": good, **_about(account, {})}
    status = 422 if data is not None else 200
    return render(request, "publishing/post_form.html", context, status=status)


@require_POST
def post_approve(request: HttpRequest, pk: int) -> HttpResponse:
    post = _post(request, pk)
    seen = request.POST.get("seen") or None
    return _do(
        request,
        post,
        lambda: services.approve_post(post, request.user, seen_sha256=seen),
        lambda: f"Approved. It goes out {words.when(post.due_at, post.creator.zone)}.",
    )


@require_POST
def post_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    post = _post(request, pk)
    return _do(
        request, post, lambda: services.cancel(post), lambda: "Cancelled. Nothing goes out."
    )


@require_POST
def post_retry(request: HttpRequest, pk: int) -> HttpResponse:
    post = _post(request, pk)
    return _do(request, post, lambda: services.retry(post), lambda: "It is being tried again.")


@require_POST
def post_reschedule(request: HttpRequest, pk: int) -> HttpResponse:
    post = _post(request, pk)
    form = TimeForm(request.POST, zone=post.creator.zone)
    if not form.is_valid():
        return _detail(request, post, time_form=form)
    return _do(
        request,
        post,
        lambda: services.reschedule(post, form.due_at()),
        lambda: f"Moved. It goes out {words.when(post.due_at, post.creator.zone)}.",
    )


@require_POST
def post_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Other words beside the reel."""
    post = _post(request, pk)
    form = WordsForm(request.POST, account=post.account)
    choices = Choices(post.account, post.reel, post, request.POST)
    if form.is_valid() and choices.is_valid():
        try:
            services.edit_words(post, request.user, options=choices.options(), **form.words())
        except CannotPost as e:
            form.add_error("caption", str(e))
        else:
            messages.success(request, "The words are changed.")
            return redirect("post-detail", post.pk)
    return _detail(request, post, words_form=form, choices=choices)


@require_POST
def post_settle(request: HttpRequest, pk: int) -> HttpResponse:
    """A person looked: it is live (and where), or it is not."""
    post = _post(request, pk)
    if request.POST.get("live") not in ("yes", "no"):
        messages.error(request, "Say whether it is live.")
        return redirect("post-detail", post.pk)
    live = request.POST["live"] == "yes"
    form = SettleForm(request.POST)
    if live and not form.is_valid():
        return _detail(request, post, settle_form=form)
    return _do(
        request,
        post,
        lambda: services.settle(post, live, form.cleaned_data["permalink"] if live else ""),
        lambda: "Noted: it is live." if live else "It is being sent again.",
    )


@login_not_required
@require_safe
def media_link(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """A file of a post for the platform that is to fetch it: whoever has the address gets it."""
    link = media_links.find(token)
    if link is None or media_links.NAMES.get(MediaLink.Kind(link.kind)) != name:
        raise Http404("This address has ended.")
    kind = media_links.TYPES[MediaLink.Kind(link.kind)]
    return public_files.answer(request, media_links.file_of(link), kind)


def _post(request: HttpRequest, pk: int) -> Post:
    return get_object_or_404(Post.objects.for_user(request.user).with_story(), pk=pk)


def _about(account: Account, options: dict[str, Any]) -> dict[str, Any]:
    """What a page says of the platform a post goes to, before it goes there."""
    if account.platform not in PLATFORMS:
        return {"label": account.platform}
    kind = platform(account.platform)
    unreachable = kind.capabilities.needs_public_url and not media_links.can_fetch(
        account.platform
    )
    return {
        "label": kind.label,
        "notes": kind.capabilities.notes,
        "no_address": media_links.NO_ADDRESS.format(platform=kind.label) if unreachable else "",
        "agreement": agreement(account, options),
    }


def _do(
    request: HttpRequest, post: Post, verb: Callable[[], Any], done: Callable[[], str]
) -> HttpResponse:
    """Call a service, say what came of it, show the post."""
    try:
        verb()
    except CannotPost as e:
        messages.error(request, str(e))
    else:
        messages.success(request, done())
    return redirect("post-detail", post.pk)


def _told(posts: Any) -> Any:
    """The same posts, each with what the page says about it."""
    for post in posts:
        post.badge_kind, post.badge_text = story.badge(post)
        post.next_step = story.next_step(post)
    return posts


def _detail(
    request: HttpRequest,
    post: Post,
    *,
    time_form: TimeForm | None = None,
    words_form: WordsForm | None = None,
    choices: Choices | None = None,
    settle_form: SettleForm | None = None,
) -> HttpResponse:
    """The page of one post; with a form that was filled in wrongly it answers 422."""
    ask = "ask" in request.GET
    _told([post])
    local = post.due_at.astimezone(post.creator.zone)
    written = {name: getattr(post, name) for name in services.LONGEST}
    initial = {"when": "own", "own_time": local.replace(tzinfo=None)}
    wrong = next((form for form in (time_form, words_form, settle_form) if form), None)
    context = {
        "post": post,
        "timeline": story.timeline(post, list(post.attempts.all())),
        "counts": results_page.counts_of(post),
        "ahead": story.is_waiting_for_its_hour(post),
        "moving": not wrong and story.is_moving(post),
        "wakes_in": None if wrong else story.wakes_in(post),
        "can_stop": post.state in (*STOPPABLE, State.FAILED),
        "can_move": post.state in STOPPABLE,
        "can_retry": post.state in (State.FAILED, State.WAITING),
        "time_form": time_form or TimeForm(zone=post.creator.zone, initial=initial),
        "words_form": words_form or WordsForm(account=post.account, initial=written),
        "choices": choices or Choices(post.account, post.reel, post, ask=ask),
        "sent": post.state == State.COMMITTING and post.retry_at is not None,
        "chosen": list(Choices.told(post.account, post.options)),
        **_about(post.account, post.options),
        "settle_form": settle_form or SettleForm(),
        "open_form": type(wrong).__name__ if wrong else "",
    }
    status = 422 if wrong else 200
    return render(request, "publishing/post_detail.html", context, status=status)
