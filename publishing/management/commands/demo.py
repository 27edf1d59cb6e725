"""One photo and a few notes become a posted reel, by the very services the dashboard uses."""

import datetime as dt
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import matplotlib
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

import avatar.services
import creators.services
import publishing.services
import scripts_gen.services
from avatar.engine.stages import STAGES
from avatar.models import Reel
from creators.models import Creator, Portrait
from publishing.data import demo_places
from publishing.data.demo_notes import NOTES, SIGN_OFF
from publishing.models import Post
from publishing.platforms.errors import PlatformError
from publishing.tick import drain
from scripts_gen.errors import ScriptError
from scripts_gen.models import Pillar, Script
from scripts_gen.writing.errors import WriterError
from studio.lib.jobs import run_now

HOPPER = "sample_data/grace_hopper.jpg"
HOPPER_BASIS = (
    "Demonstration only. The portrait of Grace Hopper is a US Navy photograph in the public"
    " domain; it ships as sample data of the plotting library matplotlib. She said none of these"
    " words: the voice is synthetic, and the reel says so in its words and on every frame."
)
OWN_BASIS = "Given by whoever ran the demonstration with their own photo, on their own machine."
LABEL = "Synthetic demo"
BAR = 24
SANDBOX_WAIT_S = 30


class Command(BaseCommand):
    help = "Turn a photo and three notes into a posted reel, in this installation's data folder."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--photo", help="a photo of a face; default: a public-domain portrait")

    def handle(self, *args: Any, photo: str | None = None, **options: Any) -> None:
        if get_user_model().objects.exists():
            raise CommandError(
                f"{settings.DATA_DIR} is in use already; the demonstration wants a data folder"
                " of its own. `make demo` gives it one.",
                returncode=2,
            )
        steps = Steps(self.stdout)
        began = time.monotonic()
        try:
            post, password = perform(steps, Path(photo) if photo else None)
        except (
            creators.services.UploadError,
            creators.services.ConsentError,
            avatar.services.ReelRefused,
            publishing.services.CannotPost,
            ScriptError,
            WriterError,
            OSError,
        ) as e:
            raise CommandError(str(e), returncode=2) from e
        self.stdout.write(summary(post, password, time.monotonic() - began))


def perform(steps: "Steps", photo: Path | None) -> tuple[Post, str]:
    """The whole line, once. Returns the published post and the demo user's password."""
    with steps.step("creator and photo"):
        creator, password = make_creator()
        portrait = add_photo(creator, photo)
    with steps.step("photo report"):
        portrait = inspected(portrait)
    with steps.step("consent, notes, folder"):
        give_consent(creator, photo)
        add_notes(creator)
        publishing.services.connect_folder(creator)
    with steps.step("a week planned, three scripts written"):
        scripts = write_scripts(creator)
    script = scripts[0]
    with steps.step(f"approved: “{script.hook}”"):
        script = scripts_gen.services.approve(script, creator.owner)
        reel = avatar.services.request_reel(script)
    reel = render(steps, reel)
    with steps.step("posted"):
        post = publish(steps, reel)
    with steps.step("posted in the sandbox, as on the real platforms"):
        publish_in_sandbox(steps, reel)
    return post, password


def make_creator() -> tuple[Creator, str]:
    password = secrets.token_urlsafe(9)
    owner = get_user_model().objects.create_user("demo", password=password)
    creator = creators.services.create_creator(
        owner,
        name="Demo",
        handle="demo",
        language="en",
        time_zone=local_zone(),
        topics=[name for name, _, _ in NOTES],
        sign_off=SIGN_OFF,
        reel_label=LABEL,
    )
    return creator, password


def add_photo(creator: Creator, photo: Path | None) -> Portrait:
    path = photo or Path(matplotlib.get_data_path()) / HOPPER
    if not path.is_file():
        raise OSError(f"There is no file {path}.")
    upload = SimpleUploadedFile(path.name, path.read_bytes())
    return creators.services.add_portrait(creator, upload)


def inspected(portrait: Portrait) -> Portrait:
    """Have the photo looked at as a worker does, and go on only when it will do."""
    run_now("avatar.tasks.inspect_portrait", portrait.pk)
    portrait.refresh_from_db()
    if portrait.state == Portrait.State.CHOOSE:
        creators.services.choose_face(portrait, widest_face(portrait))
        portrait.refresh_from_db()
    if portrait.state != Portrait.State.READY:
        raise creators.services.UploadError(" ".join(portrait.report.get("problems", [])))
    return portrait


def widest_face(portrait: Portrait) -> int:
    faces = portrait.report["faces"]
    return max(range(len(faces)), key=lambda i: float(faces[i]["width"]))


def give_consent(creator: Creator, photo: Path | None) -> None:
    creators.services.give_consent(
        creator,
        user=creator.owner,
        person="the person in the photo" if photo else "Grace Hopper (1906-1992)",
        basis=OWN_BASIS if photo else HOPPER_BASIS,
        include_voice=False,
    )


def add_notes(creator: Creator) -> None:
    for name, title, text in NOTES:
        pillar = Pillar.objects.create(creator=creator, name=name)
        scripts_gen.services.add_note(creator, title=title, text=text, pillar=pillar)


def write_scripts(creator: Creator) -> list[Script]:
    today = timezone.localdate(timezone=creator.zone)
    monday = today + dt.timedelta(days=7 - today.weekday())
    slots = scripts_gen.services.plan_week(creator, monday)
    return [scripts_gen.services.write_script(slot) for slot in slots[:3]]


def render(steps: "Steps", reel: Reel) -> Reel:
    """Let a thread be the worker, and watch the reel's row as the dashboard does."""
    worker = threading.Thread(
        target=in_own_connection(run_now), args=("avatar.tasks.render", reel.pk)
    )
    worker.start()
    try:
        watch(steps, reel, worker)
    except KeyboardInterrupt:
        avatar.services.cancel(reel)
        raise
    finally:
        worker.join()
    reel.refresh_from_db()
    if reel.state != Reel.State.READY:
        raise avatar.services.ReelRefused(reel.error or f"The reel {reel.get_state_display()}.")
    return reel


def watch(steps: "Steps", reel: Reel, worker: threading.Thread) -> None:
    stage, began = "", time.monotonic()
    while worker.is_alive():
        worker.join(0.3)
        reel.refresh_from_db()
        if reel.stage != stage:
            if stage:
                steps.done(STAGES[stage].label, time.monotonic() - began)
            stage, began = reel.stage, time.monotonic()
        if stage:
            steps.bar(STAGES[stage].label, reel.progress, time.monotonic() - began)
    if stage:
        steps.done(STAGES[stage].label, time.monotonic() - began)


def in_own_connection(work: Callable[..., None]) -> Callable[..., None]:
    def closing(*args: Any) -> None:
        try:
            work(*args)
        finally:
            connection.close()

    return closing


def publish(steps: "Steps", reel: Reel) -> Post:
    """The next good hour is picked and said; a demonstration does not wait for it."""
    drain()  # the finished reel is queued for the folder, at its hour
    post = reel.posts.get()
    when = post.due_at.astimezone(reel.creator.zone)
    steps.say(f"  its hour: {when:%A %d %B, %H:%M} ({reel.creator.time_zone}). {post.due_reason}")
    steps.say("  this is a demonstration, so it goes out now.")
    publishing.services.reschedule(post, timezone.now())
    drain()
    post.refresh_from_db()
    if post.state != Post.State.PUBLISHED:
        raise publishing.services.CannotPost(post.reason or "The post did not go out.")
    return post


def publish_in_sandbox(steps: "Steps", reel: Reel) -> None:
    """The same reel on platforms of the sandbox; without one, the demonstration has its folder."""
    try:
        with demo_places.sandbox(Path(settings.DATA_DIR) / "sandbox") as here:
            for account in demo_places.connect(reel.creator, here):
                publishing.services.queue_post(
                    reel, account, user=reel.creator.owner, due_at=timezone.now()
                )
            drain(SANDBOX_WAIT_S)
    except (PlatformError, publishing.services.CannotPost, OSError, LookupError) as e:
        steps.say(f"  the sandbox could not be used: {e}")
    finally:
        demo_places.let_go(reel.creator)


def local_zone() -> str:
    """The IANA name of this machine's time zone, as far as it can be told; else UTC."""
    link = Path("/etc/localtime")
    names = [os.environ.get("TZ", ""), str(link.resolve()).partition("zoneinfo/")[2]]
    for name in filter(None, names):
        try:
            return ZoneInfo(name).key
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return "UTC"


def summary(post: Post, password: str, seconds: float) -> str:
    reel, data = post.reel, settings.DATA_DIR
    if data.is_relative_to(settings.BASE_DIR):
        data = data.relative_to(settings.BASE_DIR)
    lines = [
        "",
        f"A reel of {reel.duration_ms / 1000:.1f} s, {reel.width}x{reel.height},"
        f" made and posted in {seconds:.0f} s.",
        "",
        f"  reel       {reel.video.path}",
        f"  cover      {reel.cover.path}",
        f"  subtitles  {reel.srt.path}",
        f"             {reel.vtt.path}",
        f"  posted to  {post.permalink or post.external_id}",
        *in_sandbox(reel, data),
        "",
        "To open the dashboard on exactly this data:",
        "",
        f"  make up DATA={data}",
        "",
        f"and log in as demo with the password {password}",
    ]
    return "\n".join(lines)


def in_sandbox(reel: Reel, data: Path) -> list[str]:
    """What went out there, and how to see it as an audience does."""
    posts = reel.posts.exclude(account__platform="folder").select_related("account")
    out = [f"             {post.account.name}: {post.get_state_display()}" for post in posts]
    if not out:
        return []
    see = f"UNDERSTUDY_DATA={data} .venv/bin/python manage.py sandbox"
    return [
        "  and, in the sandbox on this machine, to",
        *out,
        "",
        "To see it there:",
        "",
        f"  {see}",
    ]


class Steps:
    """What the person at the terminal sees: a line a stage, with its seconds, and a bar while
    it runs.
    """

    def __init__(self, out: Any) -> None:
        self._out = out
        stream: TextIO = getattr(out, "_out", sys.stdout)
        self._terminal = stream.isatty()

    @contextmanager
    def step(self, name: str) -> Any:
        began = time.monotonic()
        yield
        self.done(name, time.monotonic() - began)

    def say(self, line: str) -> None:
        self._out.write(line)

    def bar(self, name: str, fraction: float, seconds: float) -> None:
        if self._terminal:
            filled = round(BAR * fraction)
            bar = "█" * filled + "░" * (BAR - filled)
            self._out.write(f"\r  {bar} {fraction:4.0%}  {name} {seconds:4.1f} s\033[K", ending="")
            self._out.flush()

    def done(self, name: str, seconds: float) -> None:
        start = "\r\033[K" if self._terminal else ""
        self._out.write(f"{start}✓ {name}  {seconds:.1f} s")
