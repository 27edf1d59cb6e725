"""What all of LinkedIn's answers share: errors, versions, who is asking.

Rules: linkedin.oldest_version ("202511") and linkedin.newest_version ("202609"): versions outside
are refused; linkedin.member_calls_a_day (150) and linkedin.app_calls_a_day (100000).
"""

from typing import Any

from studio.sandbox import identity
from studio.sandbox.calls import Call, Refused, Reply
from studio.sandbox.identity import DAY
from studio.sandbox.state import Document
from studio.sandbox.windows import spend

TOKENS = {
    "expired": (65602, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired"),
    "revoked": (
        65601, "REVOKED_ACCESS_TOKEN",
        "The token used in the request has been revoked by the user",
    ),
}  # fmt: skip
INVALID = (65600, "INVALID_ACCESS_TOKEN", "Invalid access token")


def failure(status: int, code: str, message: str, service_code: int = 0) -> Reply:
    body: dict[str, Any] = {"status": status, "code": code, "message": message}
    if service_code:
        body["serviceErrorCode"] = service_code
    return Reply(status, body)


def refuse(status: int, code: str, message: str, service_code: int = 0) -> Refused:
    return Refused(failure(status, code, message, service_code))


def bad_input(status: int, message: str, code: str, description: str = "") -> Refused:
    """What is wrong with the content, with its code inside."""
    error = {"description": description or message, "input": {}, "code": code}
    return Refused(
        Reply(
            status,
            {
                "errorDetailType": "com.linkedin.common.error.BadRequest",
                "message": message,
                "errorDetails": {"inputErrors": [error]},
                "status": status,
            },
        )
    )


def trouble(call: Call, status: int, seconds: float) -> Reply:
    if status == 429:
        found = failure(
            429, "TOO_MANY_REQUESTS",
            "Resource level throttle limit for calls to this resource is reached.", 101,
        )  # fmt: skip
        return Reply(429, found.body, {"Retry-After": str(max(1, round(seconds)))})
    return failure(status, "INTERNAL_SERVER_ERROR", "Internal Server Error")


def who(call: Call, *scopes: str) -> Document:
    """The caller's token. One of the scopes is enough. Raises Refused."""
    try:
        found = identity.token(call.sandbox, call.bearer(), "access")
    except identity.Denied as e:
        service_code, code, message = TOKENS.get(e.reason, INVALID)
        raise refuse(401, code, message, service_code) from e
    if scopes and not set(scopes) & set(found["scopes"]):
        raise denied(call)
    return found


def denied(call: Call) -> Refused:
    what = call.path.strip("/").replace("/", ".")
    return refuse(403, "ACCESS_DENIED", f"Not enough permissions to access: {what}", 100)


def rest(call: Call, *scopes: str) -> Document:
    """The same for a versioned address. Raises Refused."""
    version = call.headers.get("LinkedIn-Version", "")
    if not version:
        raise refuse(
            400, "VERSION_MISSING",
            "A version must be present. Please specify a version by adding the LinkedIn-Version"
            " header.",
        )  # fmt: skip
    oldest = str(call.sandbox.rule("linkedin.oldest_version", "202511"))
    newest = str(call.sandbox.rule("linkedin.newest_version", "202609"))
    if not oldest <= version <= newest or len(version) != 6 or not version.isdigit():
        raise refuse(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active")
    if call.headers.get("X-Restli-Protocol-Version") != "2.0.0":
        raise refuse(400, "ILLEGAL_ARGUMENT", "Syntax exception in path variables")
    token = who(call, *scopes)
    _count(call, "app", token["app"], 100_000)
    return token


def count_member(call: Call, token: Document) -> None:
    """A call that counts for the member. Raises Refused beyond the day's."""
    _count(call, "member", token["account"], 150)


def _count(call: Call, what: str, key: str, limit: int) -> None:
    limit = int(call.sandbox.rule(f"linkedin.{what}_calls_a_day", limit))
    window = spend(call.sandbox, f"{what}-calls", key, limit=limit, seconds=DAY)
    if not window.allowed:
        raise Refused(trouble(call, 429, window.reset - call.sandbox.time()))


def acts_for(call: Call, token: Document, author: Any) -> bool:
    """Whether this token may write as that person or organization."""
    if author == token["account"]:
        return "w_member_social" in token["scopes"]
    found = call.sandbox.get("account", str(author))
    is_admin = bool(found) and token["account"] in (found or {}).get("admins", [])
    return is_admin and "w_organization_social" in token["scopes"]


def text_of(call: Call, found: dict[str, Any], name: str) -> str:
    """A field that must be there. Raises Refused."""
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise bad_input(422, f"{name} :: field is required but not found", "MISSING_FIELD")
    return value
