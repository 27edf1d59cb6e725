"""The address that vendors call when a job is over: no login, no form token. See avatar.hooks."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from avatar import hooks
from avatar.engine.vendors.hooks import CannotTell, NotTheirs, NoWebhook

MOST_BYTES = 256 * 1024  # some repeat the whole order, with what came of it


@csrf_exempt
@login_not_required
@require_POST
def told(request: HttpRequest) -> HttpResponse:
    if _length(request) > MOST_BYTES:
        return _refused("This is too long.", 413)
    try:
        body = request.body
    except UnreadablePostError:
        return _refused("This broke off.", 400)
    try:
        hooks.heard(request.GET.get(hooks.PARAMETER, ""), request.headers, body)
    except hooks.Unknown as e:
        return _refused(str(e), 404)
    except NotTheirs as e:
        return _refused(str(e), 401)
    except NoWebhook as e:
        return _refused(str(e), 400)
    except CannotTell:
        return _refused("It cannot be checked now; send it again later.", 503)
    return JsonResponse({})


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return MOST_BYTES + 1


def _refused(why: str, status: int) -> HttpResponse:
    return JsonResponse({"error": why}, status=status)
