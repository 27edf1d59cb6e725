"""Whose things a page shows; other apps' pages ask as well. Goes with components/creators.html."""

from django.http import HttpRequest

from creators.models import Creator


def shown_creators(request: HttpRequest) -> tuple[list[Creator], Creator | None]:
    """All creators of the person, and the one that `?creator=handle` asks for."""
    mine = list(Creator.objects.for_user(request.user))
    handle = request.GET.get("creator", "")
    return mine, next((creator for creator in mine if creator.handle == handle), None)
