"""A vendor's job, from the order to the result, by the sandbox's clock.

Rules, of every vendor: job_s (1.5: how long it takes; 0: over at the first look),
polls_until_done (0: the clock decides; else after so many looks), slots (its own: jobs at once for
one key, 0 any number), outcome (""; or a word of OUTCOMES), odd_word (""; what a running job's
status is called instead of the vendor's own word), failed_word ("": the same of a failed one, such
as WaveSpeed's timeout and Replicate's aborted).

A person can ask for the same with a word in brackets in any text of the order or in the name of
an uploaded file: [refuse], [no-face], [fail], [trouble], [stuck], and for spoilt results the
words of BAD: [empty], [404], [truncated], [silent] ...
"""

import re
import sqlite3
import threading
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from studio.sandbox.calls import Call
from studio.sandbox.state import Document, Sandbox
from studio.sandbox.vendors import media
from studio.sandbox.vendors.common import House, charge, own_file
from studio.sandbox.vendors.files import DAY, NotThere, source
from studio.sandbox.vendors.making import Flaw, made_of

# refuse: the vendor's moderation says no. no_face: none is found. fail: it breaks down for good.
# trouble: it breaks down, and words it as something that passes. stuck: it never ends.
OUTCOMES = ("refuse", "no_face", "fail", "trouble", "stuck")
BAD = ("empty", "403", "404", "410", *media.SPOILT)
QUEUED_FOR = 0.3  # of a job's time
FFMPEG_WAIT_S = 300.0  # nobody waits longer for a film
WAIT_S = 5.0  # how long a look waits for ffmpeg; then the job is still running


@dataclass(frozen=True)
class Wanted:
    """What a job is to make.

    picture, sound: an address, an id of an upload, or a data URI. say: a text that the vendor
    speaks itself. With neither sound nor text the film keeps its own sound.
    picture_is: what the picture may be. Lengths in seconds, 0 for no limit.
    fit, short_side, aspect: see media.Recipe.
    makes: "film"; "speech" of the text, in `voice` or that of the sample `sound`; "voice", which
    is the sample's, as a file.
    """

    picture: str = ""
    sound: str = ""
    say: str = ""
    picture_is: tuple[str, ...] = ("image", "video")
    fit: str = "cut_off"
    short_side: int = 0
    aspect: float = 0.0
    sound_s: tuple[float, float] = (0.0, 0.0)
    film_s: tuple[float, float] = (0.0, 0.0)
    makes: str = "film"
    voice: str = ""
    speed: float = 1.0
    suffix: str = ".mp3"  # of speech


def make(
    call: Call,
    house: House,
    wanted: Wanted,
    *,
    account: str,
    model: str,
    body: Mapping[str, Any],
    key: str = "",
    id: str = "",
    slots: int = 0,
    result_s: float = DAY,
    outcome: str = "",
    **shown: Any,
) -> Document:
    """Take an order. body: all that was sent, for the record. shown: what the vendor repeats.
    outcome: how the vendor makes it end, whatever was ordered; of OUTCOMES.

    Raises Refused when the account has its jobs in flight already.
    """
    sandbox = call.sandbox
    with sandbox.lock:
        _must_have_a_slot(call, house, account, slots)
        id = id or sandbox.new_id()
        charge(sandbox, model=model, body=body, account=account, key=key, job=id)
        words = set(_magic(sandbox, body))
        outcome = outcome or {"fail_late": "fail"}.get(call.fate, call.fate)
        outcome = outcome or str(sandbox.rule(f"{sandbox.platform}.outcome", ""))
        outcome = next((one for one in OUTCOMES if one.replace("_", "-") in words), outcome)
        return sandbox.put(
            "job",
            id,
            model=model,
            account=account,
            at=sandbox.time(),
            polls=0,
            outcome=outcome,
            bad=next((one for one in BAD if one in words), ""),
            settled=False,
            cancelled=False,
            wanted={
                **asdict(wanted),
                "picture": _pinned(sandbox, wanted.picture),
                "sound": _pinned(sandbox, wanted.sound),
            },
            result_s=float(sandbox.rule(f"{sandbox.platform}.result_s", result_s)),
            **shown,
        )


def _must_have_a_slot(call: Call, house: House, account: str, slots: int) -> None:
    sandbox = call.sandbox
    limit = int(sandbox.rule(f"{sandbox.platform}.slots", slots))
    if not limit:
        return
    mine = [one for one in sandbox.find("job", account=account) if not is_over(sandbox, one)]
    if len(mine) >= limit:
        raise house.refusal(call, "slots", f"{limit} jobs are running already.")


def _magic(sandbox: Sandbox, value: Any) -> Iterator[str]:
    """Words in brackets, in texts and in names of uploads."""
    if isinstance(value, Mapping):
        for one in value.values():
            yield from _magic(sandbox, one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _magic(sandbox, one)
    elif isinstance(value, str) and not value.startswith("data:"):
        found = own_file(sandbox, value)
        yield from re.findall(r"\[([\w-]+)\]", str(found["name"]) if found else value)


def _pinned(sandbox: Sandbox, name: str) -> dict[str, str]:
    """What an input is as of now: an upload may expire while the job waits."""
    if not name:
        return {}
    if name.startswith(("http://", "https://")) and own_file(sandbox, name) is None:
        return {"url": name}
    try:
        return {"path": str(source(sandbox, name))}
    except NotThere as e:
        return {"error": str(e)}


# Looking


def is_over(sandbox: Sandbox, job: Document) -> bool:
    if job["settled"] or job["cancelled"]:
        return True
    if job["outcome"] == "stuck":
        return False
    if looks := int(sandbox.rule(f"{sandbox.platform}.polls_until_done", 0)):
        return bool(job["polls"] > looks)
    takes = float(sandbox.rule(f"{sandbox.platform}.job_s", 1.5))
    return bool(sandbox.time() - job["at"] >= takes)


def look(sandbox: Sandbox, job: Document) -> tuple[Document, str]:
    """The job as it is now, and its stage: queued, running, done, failed or cancelled."""
    with sandbox.lock:
        job = sandbox.change("job", job["id"], polls=job["polls"] + 1)
    if is_over(sandbox, job) and not job["cancelled"]:
        job = settled(sandbox, job)
    return job, stage(sandbox, job)


def stage(sandbox: Sandbox, job: Document) -> str:
    """Its stage without looking at it."""
    if job["cancelled"]:
        return "cancelled"
    if job["settled"]:
        return "failed" if job["error"] else "done"
    return "queued" if progress(sandbox, job) < QUEUED_FOR else "running"


def status_word(sandbox: Sandbox, stage: str, words: Mapping[str, str]) -> str:
    """The vendor's word for a stage."""
    odd = str(sandbox.rule(f"{sandbox.platform}.odd_word", ""))
    failed = str(sandbox.rule(f"{sandbox.platform}.failed_word", ""))
    return {"running": odd, "failed": failed}.get(stage) or words[stage]


def progress(sandbox: Sandbox, job: Document) -> float:
    """0 to 1."""
    if job["settled"]:
        return 1.0
    if looks := int(sandbox.rule(f"{sandbox.platform}.polls_until_done", 0)):
        return float(min(0.99, (job["polls"] - 1) / looks))
    takes = max(0.001, float(sandbox.rule(f"{sandbox.platform}.job_s", 1.5)))
    return float(min(0.99, max(0.0, (sandbox.time() - job["at"]) / takes)))


def cancel(sandbox: Sandbox, job: Document) -> bool:
    """False when it is over already."""
    with sandbox.lock:
        job = sandbox.get("job", job["id"]) or job
        if is_over(sandbox, job):
            return False
        sandbox.change("job", job["id"], cancelled=True)
        return True


# Making


_at_work: dict[tuple[str, str, str], threading.Thread] = {}
_at_work_lock = threading.Lock()


def settled(sandbox: Sandbox, job: Document, wait_s: float = WAIT_S) -> Document:
    """The job with its result or error; as it was when ffmpeg needs longer than that."""
    if job["settled"]:
        return job
    name = (sandbox.url, sandbox.platform, job["id"])
    with _at_work_lock:
        thread = _at_work.get(name)
        if thread is None:
            thread = threading.Thread(target=_work, args=[sandbox, job, name], daemon=True)
            _at_work[name] = thread
            thread.start()
    thread.join(wait_s)
    return sandbox.get("job", job["id"]) or job


def _work(sandbox: Sandbox, job: Document, name: tuple[str, str, str]) -> None:
    """In a thread of its own. A job that was forgotten meanwhile is not missed."""
    error: dict[str, str] | None = None
    made: dict[str, Any] = {}
    try:
        made = made_of(sandbox, job)
    except Flaw as e:
        error = {"name": e.name, "text": str(e), "field": e.field}
    except Exception:
        trace = traceback.format_exc()
        if is_known(sandbox, job):
            sandbox.crashes.append(trace)
        error = {"name": "fail", "text": "A bug in the sandbox.", "field": ""}
    try:
        over = {"settled": True, "error": error, "made": made, "over_at": sandbox.time()}
        if is_known(sandbox, job):
            sandbox.change("job", job["id"], **over)
    except (KeyError, sqlite3.ProgrammingError):
        pass  # reset or closed in this very moment
    finally:
        with _at_work_lock:
            _at_work.pop(name, None)


def is_known(sandbox: Sandbox, job: Document) -> bool:
    """Whether the sandbox still remembers it."""
    try:
        return sandbox.get("job", job["id"]) is not None
    except sqlite3.ProgrammingError:  # closed
        return False
