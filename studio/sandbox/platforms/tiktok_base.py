"""What all of TikTok's answers share: the envelope, the errors, who is asking."""

from typing import Any

from studio.sandbox import identity
from studio.sandbox.calls import Call, Refused, Reply
from studio.sandbox.state import Document
from studio.sandbox.windows import spend

STATUS = {
    "invalid_param": 400,
    "invalid_params": 400,
    "invalid_publish_id": 400,
    "access_token_invalid": 401,
    "scope_not_authorized": 401,
    "rate_limit_exceeded": 429,
    "internal_error": 500,
}  # all others are 403
WORDS = {
    "access_token_invalid": "The access token is invalid or not found in the request.",
    "scope_not_authorized": "The user did not authorize the scope required for this request.",
    "rate_limit_exceeded": "The API rate limit was exceeded. Please try again later.",
    "unaudited_client_can_only_post_to_private_accounts": (
        "Please review our integration guidelines at"
        " https://developers.tiktok.com/doc/content-sharing-guidelines/"
    ),
    "privacy_level_option_mismatch": "The privacy level is not one of the creator's options.",
    "spam_risk_too_many_posts": "The daily post cap from the API is reached for this user.",
    "spam_risk_too_many_pending_share": "There are too many pending shares for this user.",
    "reached_active_user_cap": "The daily quota of active publishing users is reached.",
    "url_ownership_unverified": "Please verify the ownership of the URL domain or prefix.",
}


def log_id(call: Call) -> str:
    return f"{call.sandbox.now():%Y%m%d%H%M%S}{call.sandbox.new_id()[-12:]}"


def answer(call: Call, data: dict[str, Any]) -> Reply:
    error = {"code": "ok", "message": "", "log_id": log_id(call)}
    return Reply(200, {"data": data, "error": error})


def refuse(call: Call, code: str, message: str = "") -> Refused:
    error = {"code": code, "message": message or WORDS.get(code, code), "log_id": log_id(call)}
    return Refused(Reply(status(call, code), {"data": {}, "error": error}))


def status(call: Call, code: str) -> int:
    """With rule tiktok.errors_with_200 errors travel as TikTok's do at times: only in the body."""
    if call.sandbox.rule("tiktok.errors_with_200", False):
        return 200
    return STATUS.get(code, 403)


def trouble(call: Call, status: int, seconds: float) -> Reply:
    code = "rate_limit_exceeded" if status == 429 else "internal_error"
    error = {"code": code, "message": WORDS.get(code, ""), "log_id": log_id(call)}
    return Reply(status, {"data": {}, "error": error})


def who(call: Call, *scopes: str) -> Document:
    """The caller's token. One of the scopes is enough. Raises Refused."""
    try:
        found = identity.token(call.sandbox, call.bearer(), "access")
    except identity.Denied as e:
        raise refuse(call, "access_token_invalid") from e
    if scopes and not set(scopes) & set(found["scopes"]):
        raise refuse(call, "scope_not_authorized")
    return found


def at_most(call: Call, name: str, token: Document, per_minute: int) -> None:
    """TikTok's limits are per token and minute. Raises Refused beyond."""
    limit = int(call.sandbox.rule(f"tiktok.{name}_per_minute", per_minute))
    if not spend(call.sandbox, name, token["id"], limit=limit, seconds=60).allowed:
        raise refuse(call, "rate_limit_exceeded")


def body(call: Call) -> dict[str, Any]:
    if call.content_type != "application/json":
        raise refuse(call, "invalid_params", "The Content-Type must be application/json.")
    return call.json()


def member(call: Call, found: dict[str, Any], name: str, kind: type) -> Any:
    """A member that must be there and of that type. Raises Refused."""
    value = found.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise refuse(call, "invalid_params", f"{name} is missing or not of the right type.")
    return value
