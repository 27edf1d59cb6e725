"""What a run does inside the product: `python -m benchmarks.publishing.crew WHAT`.

seed FILE     make creators, accounts (by their platforms' own logins), reels and posts
person FILE   sit at the dashboard until stopped: reconnect what asks for it, note how it stands
story         every post with its attempts, as JSON
"""

import datetime as dt
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import django

django.setup()

from benchmarks.publishing.logins import log_in  # noqa: E402
from creators.models import Creator  # noqa: E402
from publishing.accounts import connecting  # noqa: E402
from publishing.health import status  # noqa: E402
from publishing.models import Account, Post  # noqa: E402
from publishing.services import CannotPost, queue_post  # noqa: E402
from tests.factories import ConsentFactory, PortraitFactory, ReelFactory  # noqa: E402


def seed(plan: dict[str, Any]) -> dict[str, Any]:
    """Everything the plan names; what could not be queued, with its reason."""
    refused: Counter[str] = Counter()
    made = 0
    for person in plan["creators"]:
        reels = _reels(person, plan)
        creator = reels[0].creator
        for place in person["accounts"]:
            grant = log_in(place["platform"], place["external_id"], place["login"])
            options = place.get("options", {})
            account = connecting.connect(creator, place["platform"], grant, options=options)
            for reel, at in zip(reels, place["due"], strict=False):
                when = dt.datetime.fromtimestamp(at, dt.UTC)
                caption = f"No. {made} of many. #bench"
                try:
                    queue_post(
                        reel, account, user=creator.owner, caption=caption, due_at=when,
                        title=f"No. {made}",
                    )  # fmt: skip
                    made += 1
                except CannotPost as e:
                    refused[f"{place['platform']}: {e}"] += 1
    return {"made": made, "refused": refused}


def _reels(person: dict[str, Any], plan: dict[str, Any]) -> list[Any]:
    creator = None
    found = []
    for path in person["films"]:
        extra = {"take__script__slot__creator": creator} if creator else {}
        reel = ReelFactory(
            ready=True, sha256=plan["films"][path], duration_ms=plan["duration_ms"], **extra
        )
        reel.video.save("reel.mp4", _file(path), save=False)
        reel.cover.save("cover.jpg", _file(plan["cover"]), save=False)
        if creator is None:
            creator = reel.creator
            Creator.objects.filter(pk=creator.pk).update(time_zone=plan["zone"])
            portrait = PortraitFactory(creator=creator)
            ConsentFactory(creator=creator, likeness_sha256=portrait.sha256)
        reel.portrait = creator.portrait
        reel.save()
        found.append(reel)
    return found


def _file(path: str) -> Any:
    from django.core.files.base import ContentFile

    return ContentFile(Path(path).read_bytes())


def person(plan: dict[str, Any], notes: Path) -> None:
    """Reconnect accounts as soon as they ask for it, and write down how the posts stand."""
    logins = {
        (place["platform"], place["external_id"]): place["login"]
        for one in plan["creators"]
        for place in one["accounts"]
    }
    again: Counter[str] = Counter()
    while True:
        for account in Account.objects.filter(state=Account.State.RECONNECT):
            try:
                login = logins[account.platform, account.external_id]
                grant = log_in(account.platform, account.external_id, login)
                connecting.connect(account.creator, account.platform, grant)
                again[account.platform] += 1
            except Exception as e:  # the sandbox fails for us too
                again[f"failed: {type(e).__name__}"] += 1
        states = Counter(Post.objects.values_list("state", flat=True))
        waits = Post.objects.filter(state__in=(Post.State.SCHEDULED, Post.State.WAITING))
        times = [retry or due for retry, due in waits.values_list("retry_at", "due_at")]
        next_at = min(times).timestamp() if times else None
        spare = notes.with_suffix(".new")
        parts = status()["parts"]
        running = all(parts[one]["state"] == "running" for one in ("default", "publish"))
        spare.write_text(
            json.dumps({"states": states, "again": again, "running": running, "next_at": next_at})
        )
        spare.replace(notes)
        time.sleep(2)


def story() -> list[dict[str, Any]]:
    found = []
    for post in Post.objects.select_related("account", "reel").prefetch_related("attempts"):
        found.append(
            {
                "pk": post.pk,
                "platform": post.account.platform,
                "account": post.account.external_id,
                "sha256": post.reel.sha256,
                "state": post.state,
                "reason": post.reason,
                "due_at": post.due_at.timestamp(),
                "published_at": post.published_at and post.published_at.timestamp(),
                "external_id": post.external_id,
                "permalink": post.permalink,
                "attempts": [
                    [one.phase, one.outcome, one.started_at.timestamp(), one.worker, one.detail]
                    for one in post.attempts.all()
                ],
            }
        )
    return found


def main(what: str, *paths: str) -> None:
    if what == "story":
        sys.stdout.write(json.dumps(story()) + "\n")
        return
    plan = json.loads(Path(paths[0]).read_text())
    if what == "person":
        person(plan, Path(paths[1]))
    if what == "seed":
        sys.stdout.write(json.dumps(seed(plan)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
