"""What TikTok lets one creator choose, which a form must show before a direct post.

Source: developers.tiktok.com/doc/content-sharing-guidelines, required UX; content posting API,
query creator info (September 2026).
"""

from dataclasses import dataclass

from publishing.platforms.errors import Transient, Unsupported
from publishing.platforms.tiktok_api import Api

SWITCHES = ("comment", "duet", "stitch")
NOT_ALLOWED = (
    "This connection may not post directly. Connect the account again and allow everything, or"
    " have drafts sent to the inbox."
)


@dataclass(frozen=True)
class CreatorInfo:
    """The settings of one account, as they are now."""

    nickname: str
    username: str  # without the @
    audiences: tuple[str, ...]  # values of `privacy_level`, as TikTok orders them
    switched_off: tuple[str, ...]  # of SWITCHES: by the creator, in the TikTok app
    longest_ms: int | None  # of a video; None: TikTok does not say


def creator_info(api: Api) -> CreatorInfo:
    """Ask for them; 20 times a minute at most. Raises QuotaExhausted when the account has had its
    posts of the day, AccountBlocked when it may not post, Unsupported without the permission.
    """
    try:
        data = api.post("/v2/post/publish/creator_info/query/", {}, optional=True)
    except Unsupported as e:
        raise Unsupported(NOT_ALLOWED, reply=e.reply) from e
    offered = data.get("privacy_level_options")
    listed = offered if isinstance(offered, list) else []
    audiences = [one for one in listed if isinstance(one, str)]
    if not audiences:
        raise Transient("TikTok does not say who may see posts of this account.", reply=str(data))
    longest = data.get("max_video_post_duration_sec")
    return CreatorInfo(
        nickname=_text(data.get("creator_nickname")),
        username=_text(data.get("creator_username")).lstrip("@"),
        audiences=tuple(audiences),
        switched_off=tuple(what for what in SWITCHES if data.get(f"{what}_disabled")),
        longest_ms=1000 * longest if type(longest) is int else None,
    )


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""
