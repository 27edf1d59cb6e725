"""For type checkers: what a view knows about its request."""

from django.contrib.auth.models import User
from django.http import HttpRequest


class SignedIn(HttpRequest):
    """A request that LoginRequiredMiddleware let through."""

    user: User
