"""LinkedIn: posts, comments, and what organizations may read of them.

Rules: linkedin.duplicates (true): the same words are refused; linkedin.ghost_hours (24): so long
also those of a deleted post.
"""

from typing import Any

from studio.sandbox.audience import counts
from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.platforms.linkedin_base import (
    acts_for,
    bad_input,
    count_member,
    denied,
    refuse,
    rest,
    text_of,
)
from studio.sandbox.platforms.linkedin_text import LIMIT, kept, shown
from studio.sandbox.platforms.linkedin_video import WRITE
from studio.sandbox.state import Document, Sandbox, sha256_of

VISIBILITY = ("PUBLIC", "CONNECTIONS", "LOGGED_IN")
FEEDS = ("MAIN_FEED", "NONE")
URN = r"(?P<urn>urn:li:(?:share|ugcPost):\d+)"


def create(call: Call) -> Reply:
    token = rest(call, *WRITE)
    asked = call.json()
    author = text_of(call, asked, "author")
    if not acts_for(call, token, author):
        raise denied(call)
    commentary = _checked(call, asked)
    video = _video(call, author, asked.get("content"))
    count_member(call, token)
    with call.sandbox.lock:
        _no_duplicate(call.sandbox, author, commentary)
        urn = f"urn:li:{'ugcPost' if video else 'share'}:{call.sandbox.new_id('7')}"
        post = call.sandbox.put(
            "post",
            urn,
            author=author,
            commentary=commentary,
            visibility=asked["visibility"],
            media=video["id"] if video else "",
            title=((asked.get("content") or {}).get("media") or {}).get("title", ""),
            made=call.sandbox.time(),
            deleted=None,
        )
        _show(call.sandbox, post)
    return Reply(201, None, {"x-restli-id": urn, "x-linkedin-id": urn})


def _checked(call: Call, asked: dict[str, Any]) -> str:
    if text_of(call, asked, "visibility") not in VISIBILITY:
        raise bad_input(422, "visibility :: is not an enum symbol", "INVALID_VALUE")
    if text_of(call, asked, "lifecycleState") != "PUBLISHED":
        raise bad_input(422, "lifecycleState :: must be PUBLISHED", "INVALID_VALUE")
    feed = asked.get("distribution")
    if not isinstance(feed, dict) or feed.get("feedDistribution") not in FEEDS:
        raise bad_input(422, "distribution :: feedDistribution is required", "MISSING_FIELD")
    words = asked.get("commentary")
    if not isinstance(words, str):
        raise bad_input(422, "commentary :: field is required but not found", "MISSING_FIELD")
    if len(words) > LIMIT:
        raise bad_input(422, f"commentary :: length is beyond {LIMIT}", "TEXT_TOO_LONG")
    return words


def _video(call: Call, author: str, content: Any) -> Document | None:
    if content is None:
        return None
    media = content.get("media") if isinstance(content, dict) else None
    if not isinstance(media, dict):
        raise bad_input(422, "content :: only media is known here", "INVALID_VALUE")
    video = call.sandbox.get("video", text_of(call, media, "id"))
    if video is None or video["owner"] != author:
        raise bad_input(422, f"{media['id']} is not a video of the author", "INVALID_URN_ID")
    if video["state"] != "AVAILABLE":
        raise bad_input(422, f"{media['id']} is {video['state']}", "MEDIA_ASSET_NOT_AVAILABLE")
    return video


def _no_duplicate(sandbox: Sandbox, author: str, commentary: str) -> None:
    """The same words by the same author, also of a post deleted not long ago."""
    if not sandbox.rule("linkedin.duplicates", True):
        return
    ghosts = sandbox.time() - 3600 * float(sandbox.rule("linkedin.ghost_hours", 24))
    for one in sandbox.find("post", author=author, commentary=commentary):
        if one["deleted"] is None or one["deleted"] > ghosts:
            raise bad_input(
                422,
                f"Content is a duplicate of {one['id']}",
                "DUPLICATE_POST",
                "Duplicate post is detected",
            )


def _show(sandbox: Sandbox, post: Document) -> None:
    path = sandbox.upload_path(post["media"]) if post["media"] else None
    sandbox.publish(
        "linkedin",
        post["author"],
        post["id"],
        shown(post["commentary"]),
        sha256_of(path) if path else "",
        False,
        title=post["title"],
        media_path=str(path) if path else "",
        permalink=f"https://www.linkedin.com/feed/update/{post['id']}",
        visibility=post["visibility"],
    )


def _alive(call: Call, urn: str) -> Document:
    post = call.sandbox.get("post", urn)
    if post is None or post["deleted"] is not None:
        raise refuse(404, "NOT_FOUND", f"Entity {urn} is not found")
    return post


def delete(call: Call) -> Reply:
    token = rest(call, *WRITE)
    with call.sandbox.lock:
        post = _alive(call, call.args["urn"])
        if not acts_for(call, token, post["author"]):
            raise denied(call)
        call.sandbox.change("post", post["id"], deleted=call.sandbox.time())
        call.sandbox.delete_post("linkedin", post["id"])
    return Reply(204)


def _reads(call: Call, token: Document, author: str) -> None:
    """Posts can be read for organizations only; members' read scope is closed."""
    account = call.sandbox.get("account", author) or {}
    if token["account"] not in account.get("admins", []):
        raise denied(call)


def find(call: Call) -> Reply:
    token = rest(call, "r_organization_social")
    author = call.query.get("author", "")
    if call.query.get("q") != "author":
        raise refuse(400, "ILLEGAL_ARGUMENT", "The finder q is not known")
    _reads(call, token, author)
    count = call.query.get("count", "10")
    if not count.isdigit() or int(count) > 100:
        raise refuse(400, "ILLEGAL_ARGUMENT", "count is 1 to 100")
    found = [one for one in call.sandbox.find("post", author=author) if one["deleted"] is None]
    items = [_shown(one) for one in reversed(found)][: int(count)]
    return Reply(200, {"paging": {"start": 0, "count": int(count), "links": []},
                       "elements": items})  # fmt: skip


def read(call: Call) -> Reply:
    token = rest(call, "r_organization_social")
    post = _alive(call, call.args["urn"])
    _reads(call, token, post["author"])
    return Reply(200, _shown(post))


def _shown(post: Document) -> dict[str, Any]:
    at = int(post["made"] * 1000)
    found = {
        "id": post["id"],
        "author": post["author"],
        "commentary": kept(post["commentary"]),
        "visibility": post["visibility"],
        "lifecycleState": "PUBLISHED",
        "createdAt": at,
        "publishedAt": at,
        "lastModifiedAt": at,
    }
    if post["media"]:
        found["content"] = {"media": {"id": post["media"], "title": post["title"]}}
    return found


def comment(call: Call) -> Reply:
    token = rest(call, *WRITE)
    asked = call.json()
    post = _alive(call, call.args["urn"])
    actor = text_of(call, asked, "actor")
    if not acts_for(call, token, actor):
        raise denied(call)
    message = asked.get("message")
    words = text_of(call, message if isinstance(message, dict) else {}, "text")
    if asked.get("object", post["id"]) != post["id"]:
        raise bad_input(400, "object :: is not the post of the address", "INVALID_VALUE")
    count_member(call, token)
    id = call.sandbox.new_id("7")
    call.sandbox.put("reply", id, post=post["id"], text=words, account=actor)
    urn = f"urn:li:comment:({post['id']},{id})"
    body = {"id": id, "commentUrn": urn, "actor": actor, "message": {"text": words},
            "object": post["id"]}  # fmt: skip
    return Reply(201, body, {"x-restli-id": id})


def social_actions(call: Call) -> Reply:
    """Likes and comments of an organization's post."""
    token = rest(call, "r_organization_social")
    post = _alive(call, call.args["urn"])
    _reads(call, token, post["author"])
    seen = counts(call.sandbox, call.sandbox.post("linkedin", post["id"]) or {})
    comments = seen.comments + len(call.sandbox.find("reply", post=post["id"]))
    return Reply(
        200,
        {
            "target": post["id"],
            "likesSummary": {"totalLikes": seen.likes, "aggregatedTotalLikes": seen.likes},
            "commentsSummary": {
                "totalFirstLevelComments": comments,
                "aggregatedTotalComments": comments,
            },
        },
    )


def share_statistics(call: Call) -> Reply:
    """Lifetime counts of an organization's posts: shares=List(...) or ugcPosts=List(...)."""
    token = rest(call, "r_organization_social", "rw_organization_admin")
    organization = call.query.get("organizationalEntity", "")
    _reads(call, token, organization)
    elements = []
    for name, key in (("shares", "share"), ("ugcPosts", "ugcPost")):
        for urn in _listed(call, name):
            post = call.sandbox.post("linkedin", urn)
            if post and post["account"] == organization:
                numbers = _numbers(call.sandbox, post)
                elements.append({"organizationalEntity": organization, key: urn,
                                 "totalShareStatistics": numbers})  # fmt: skip
    return Reply(200, {"paging": {"start": 0, "count": 10}, "elements": elements})


def _listed(call: Call, name: str) -> list[str]:
    """List(a,b), or name[0]=a."""
    value = call.query.get(name, "")
    if value.startswith("List("):
        return value.removeprefix("List(").removesuffix(")").split(",")
    return [v for k, v in call.query.items() if k.startswith(f"{name}[")]


def _numbers(sandbox: Sandbox, post: Document) -> dict[str, Any]:
    seen = counts(sandbox, post)
    acted = seen.likes + seen.comments + seen.shares + seen.clicks
    return {
        "impressionCount": seen.views,
        "uniqueImpressionsCount": seen.reach,
        "likeCount": seen.likes,
        "commentCount": seen.comments,
        "shareCount": seen.shares,
        "clickCount": seen.clicks,
        "engagement": acted / seen.views if seen.views else 0.0,
    }


def organization_acls(call: Call) -> Reply:
    token = rest(call, "rw_organization_admin", "r_organization_admin")
    if call.query.get("q") != "roleAssignee":
        raise refuse(400, "ILLEGAL_ARGUMENT", "The finder q is not known")
    elements = [
        {
            "role": "ADMINISTRATOR",
            "state": "APPROVED",
            "organization": one["id"],
            "roleAssignee": token["account"],
        }
        for one in call.sandbox.find("account", login=False)
        if token["account"] in one.get("admins", [])
    ]
    return Reply(200, {"paging": {"start": 0, "count": 10}, "elements": elements})


def organization(call: Call) -> Reply:
    rest(call, "rw_organization_admin", "r_organization_admin", "r_organization_social")
    found = call.sandbox.get("account", f"urn:li:organization:{call.args['id']}")
    if found is None:
        raise refuse(404, "NOT_FOUND", "The organization is not found")
    return Reply(200, {"id": int(call.args["id"]), "localizedName": found["name"],
                       "vanityName": found["username"]})  # fmt: skip


ROUTES = [
    Route("POST", r"/rest/posts", create, commit=True),
    Route("GET", r"/rest/posts", find),
    Route("GET", rf"/rest/posts/{URN}", read),
    Route("DELETE", rf"/rest/posts/{URN}", delete),
    Route("POST", rf"/rest/socialActions/{URN}/comments", comment),
    Route("GET", rf"/rest/socialActions/{URN}", social_actions),
    Route("GET", r"/rest/organizationalEntityShareStatistics", share_statistics),
    Route("GET", r"/rest/organizationAcls", organization_acls),
    Route("GET", r"/rest/organizations/(?P<id>\d+)", organization),
]
