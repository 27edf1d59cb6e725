"""What all of X's answers share: problems, who is asking, windows of fifteen minutes."""

from typing import Any

from studio.sandbox import identity
from studio.sandbox.calls import Call, Refused, Reply
from studio.sandbox.identity import DAY
from studio.sandbox.state import Document
from studio.sandbox.windows import Window, spend

PROBLEMS = "https://api.x.com/2/problems/"
WINDOW_S = 900
TITLES = {
    400: "Invalid Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found Error",
    429: "Too Many Requests", 503: "Service Unavailable",
}  # fmt: skip


def problem(status: int, detail: str, kind: str = "", headers: Any = None) -> Reply:
    """kind: the end of the problem's type; without one it is about:blank."""
    body = {
        "title": TITLES.get(status, "Internal Server Error"),
        "detail": detail,
        "type": PROBLEMS + kind if kind else "about:blank",
        "status": status,
    }
    return Reply(status, body, {"Content-Type": "application/problem+json", **(headers or {})})


def refuse(status: int, detail: str, kind: str = "") -> Refused:
    return Refused(problem(status, detail, kind))


def invalid(message: str, **parameters: Any) -> Refused:
    """A 400 that names the parameters."""
    found = problem(400, "One or more parameters to your request was invalid.", "invalid-request")
    named = {name.replace("__", "."): [str(value)] for name, value in parameters.items()}
    body = {**found.body, "errors": [{"message": message, "parameters": named}]}
    return Refused(Reply(400, body, found.headers))


def trouble(call: Call, status: int, seconds: float) -> Reply:
    headers = {}
    if status == 429:
        headers = _headers(Window(100, 100, call.sandbox.time() + seconds))
    return problem(status, TITLES.get(status, "Internal Server Error"), headers=headers)


def who(call: Call, *scopes: str) -> Document:
    """The caller's token, which must have all of the scopes. Raises Refused."""
    try:
        found = identity.token(call.sandbox, call.bearer(), "access")
    except identity.Denied as e:
        raise refuse(401, "Unauthorized") from e
    if call.sandbox.rule("x.suspended", False):
        raise refuse(403, "Your account is suspended and is not permitted to access this feature.")
    if set(scopes) - set(found["scopes"]):
        raise refuse(
            403,
            "You are not permitted to perform this action.",
            "not-authorized-for-resource",
        )
    return found


def limited(call: Call, name: str, token: Document, limit: int) -> dict[str, str]:
    """Count a call of this user's; the headers that say so. Raises Refused beyond the limit.

    Rule x.<name>_per_window.
    """
    limit = int(call.sandbox.rule(f"x.{name}_per_window", limit))
    window = spend(call.sandbox, name, token["account"], limit=limit, seconds=WINDOW_S)
    if not window.allowed:
        raise Refused(problem(429, "Too Many Requests", headers=_headers(window)))
    return _headers(window)


def app_limited(call: Call, token: Document) -> None:
    """Posts of the whole app in a day. Rules x.app_posts_a_day and x.usage_capped."""
    if call.sandbox.rule("x.usage_capped", False):
        raise refuse(429, "Usage cap exceeded: Monthly product cap", "usage-capped")
    limit = int(call.sandbox.rule("x.app_posts_a_day", 10_000))
    window = spend(call.sandbox, "app-posts", token["app"], limit=limit, seconds=DAY)
    if not window.allowed:
        raise Refused(problem(429, "Too Many Requests", headers=_headers(window)))


def _headers(window: Window) -> dict[str, str]:
    return {
        "x-rate-limit-limit": str(window.limit),
        "x-rate-limit-remaining": str(window.remaining),
        "x-rate-limit-reset": str(int(window.reset)),
    }


def body(call: Call) -> dict[str, Any]:
    if call.content_type != "application/json":
        raise refuse(400, "The Content-Type must be application/json.", "invalid-request")
    return call.json()
