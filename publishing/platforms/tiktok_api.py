"""How TikTok is spoken to: its envelope, what its codes mean, its webhooks' signature.

Every answer is {"data": {...}, "error": {"code": "ok" or what went wrong, "message", "log_id"}},
with HTTP 200 too when something went wrong. Codes decide, never prose: a title may hold any word.
"""

import datetime as dt
import hashlib
import hmac
from typing import Any

from publishing.platforms.errors import (
    AccountBlocked,
    AuthExpired,
    HandleExpired,
    PlatformError,
    QuotaExhausted,
    RateLimited,
    Rejected,
    TokenStale,
    Transient,
    Unsupported,
)
from publishing.platforms.hosts import host
from publishing.platforms.http import Caller, Reply
from publishing.platforms.verdicts import Table, Verdict, raised

DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)
BANNED = "TikTok does not let this account post. Open TikTok and see what it says."
ENOUGH = "TikTok takes no more posts of this account today."
PRIVATE_ONLY = (
    "TikTok has not audited this app, so it posts to private accounts only. Send drafts to the"
    " inbox instead, or choose 'only me'."
)

# What a call can be refused with.
CODES: Table = {
    "invalid_param": Verdict(Rejected, "TikTok does not take these details."),
    "invalid_params": Verdict(Rejected, "TikTok does not take these details."),
    "invalid_publish_id": Verdict(HandleExpired, "TikTok no longer knows this upload."),
    "access_token_invalid": Verdict(TokenStale, "TikTok wants a newer permission."),
    "scope_not_authorized": Verdict(
        AuthExpired, "TikTok says that a permission is missing; connect again and allow all."
    ),
    "spam_risk_too_many_posts": Verdict(QuotaExhausted, ENOUGH, DAY),
    "spam_risk_too_many_pending_share": Verdict(
        QuotaExhausted,
        "Five drafts wait in the TikTok inbox already. Post or delete some there.",
        6 * HOUR,
    ),
    "spam_risk_user_banned_from_posting": Verdict(AccountBlocked, BANNED),
    "reached_active_user_cap": Verdict(
        QuotaExhausted, "TikTok takes no more accounts through this app today.", DAY
    ),
    "unaudited_client_can_only_post_to_private_accounts": Verdict(Rejected, PRIVATE_ONLY),
    "url_ownership_unverified": Verdict(Rejected, "TikTok does not know this video's address."),
    # The creator's choices have changed meanwhile; the next try asks for them again.
    "privacy_level_option_mismatch": Verdict(Transient, "TikTok offers other audiences now."),
    "rate_limit_exceeded": Verdict(RateLimited, "TikTok asks for fewer calls.", MINUTE),
    "internal_error": Verdict(Transient, "TikTok had trouble of its own."),
}

# Why a post failed after all of it had arrived.
REASONS: Table = {
    "file_format_check_failed": Verdict(Rejected, "TikTok does not take this video format."),
    "duration_check_failed": Verdict(Rejected, "The video is too short or too long for TikTok."),
    "frame_rate_check_failed": Verdict(
        Rejected, "TikTok does not take this number of frames a second."
    ),
    "picture_size_check_failed": Verdict(Rejected, "TikTok does not take this width and height."),
    "internal": Verdict(HandleExpired, "TikTok had trouble of its own; it is sent again."),
    "video_pull_failed": Verdict(HandleExpired, "TikTok could not fetch the video."),
    "photo_pull_failed": Verdict(HandleExpired, "TikTok could not fetch the picture."),
    "publish_cancelled": Verdict(Rejected, "The post was cancelled at TikTok."),
    "auth_removed": Verdict(
        AuthExpired, "TikTok no longer accepts this permission; connect the account again."
    ),
    "spam_risk_too_many_posts": Verdict(QuotaExhausted, ENOUGH, DAY),
    "spam_risk_user_banned_from_posting": Verdict(AccountBlocked, BANNED),
    "spam_risk_text": Verdict(Rejected, "TikTok takes the caption for spam."),
    "spam_risk": Verdict(Rejected, "TikTok takes this post for spam."),
}


class Api:
    """Calls with one access token."""

    label = "TikTok"

    def __init__(self, token: str = "") -> None:
        self.caller = Caller(self.label)
        self.root = host("TIKTOK_API_URL")
        self._headers = {"Authorization": f"Bearer {token}"}

    def post(
        self, path: str, body: dict[str, Any], *, optional: bool = False, **query: str
    ) -> dict[str, Any]:
        """The `data` of a good answer. optional: a missing scope is Unsupported, no reason to
        end the connection.
        """
        return self._data(
            self.caller.call(
                "POST",
                f"{self.root}{path}",
                json=body,
                params=query or None,
                headers={**self._headers, "Content-Type": "application/json; charset=UTF-8"},
                raises=False,
            ),
            optional,
        )

    def get(self, path: str, *, optional: bool = False, **query: str) -> dict[str, Any]:
        return self._data(
            self.caller.call(
                "GET",
                f"{self.root}{path}",
                params=query,
                headers=self._headers,
                raises=False,
            ),
            optional,
        )

    def _data(self, reply: Reply, optional: bool) -> dict[str, Any]:
        code = reply.get("error", "code")
        data = reply.get("data", default={})
        if reply.ok and code == "ok" and isinstance(data, dict):
            return data
        if optional and code == "scope_not_authorized":
            raise Unsupported("TikTok gives no permission for this.", reply=reply.text)
        raise self._error(reply, code)

    def _error(self, reply: Reply, code: Any) -> PlatformError:
        if code in CODES:
            return raised(CODES[code], reply)
        if reply.status == 429 or reply.status >= 500:
            return self.caller.failure(reply)
        if not isinstance(code, str) or reply.ok:
            return reply.puzzling("TikTok gave an answer that is not understood")
        return Rejected(f"TikTok refused it ({code[:60]}).", reply=reply.text)


def failed_for(reason: Any) -> PlatformError:
    """The exception for the `fail_reason` of a post."""
    verdict = REASONS.get(reason)
    if verdict is None:
        return Rejected(f"TikTok could not publish it ({str(reason)[:60]}).", reply=str(reason))
    if issubclass(verdict.kind, RateLimited):
        until = dt.datetime.now(dt.UTC) + (verdict.pause or HOUR)
        return verdict.kind(verdict.message, until=until, reply=str(reason))
    return verdict.kind(verdict.message, reply=str(reason))


def verify_signature(
    secret: str, header: str, body: bytes, now: dt.datetime, tolerance_s: float = 300
) -> bool:
    """Whether a webhook comes from TikTok, and not from long ago.

    header: that of `TikTok-Signature`, `t=<unix seconds>,s=<hex>`: the HMAC-SHA256 of
    `t + "." + body` under the app's secret.
    """
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    stamp, signature = parts.get("t", ""), parts.get("s", "")
    if not (secret and stamp.isascii() and stamp.isdigit() and len(stamp) < 13):
        return False
    if abs(now.timestamp() - int(stamp)) > tolerance_s:
        return False
    known = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(known.encode(), signature.lower().encode())
