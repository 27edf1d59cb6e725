"""What the clients of all vendors share that take a job and work on it for minutes.

A body is made from the engine's table: our name of an input, the vendor's name for it. A name with
dots is a place within: `options.temperature`.
"""

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from avatar.engine.errors import (
    BadResult,
    InputError,
    JobFailed,
    OutcomeUnknown,
    Refused,
    Unpaid,
    VendorError,
)
from avatar.engine.vendors.access import VENDORS, Access
from avatar.engine.vendors.caller import REASON_CHARS, Caller, reason
from avatar.engine.vendors.files import sendable
from avatar.engine.vendors.orders import Handle, Look, Sent
from avatar.engine.vendors.results import MOST_S, fetched
from studio.lib.engines import Engine
from studio.lib.web import Answer

# For engines that want to be told something about every film.
PROMPT = "A person speaks to the camera, calm and natural, with small movements of the head."
MODERATED = re.compile(
    r"(?i)moderat|nsfw|sensitive|content.polic|policy.violation|prohibited|flagged|unsafe"
    r"|inappropriate|safety"
)
UNPAID = re.compile(
    r"(?i)insufficient[_ ](account[_ ])?(balance|credit|fund|quota)|exhausted[_ ]balance"
    r"|(balance|credits?|quota)[_ ](is |are |has been |have been |all )?"
    r"(exhausted|exceeded|insufficient|not enough|used up|too low)|(out of|not enough) credit"
)

Body = dict[str, Any]


class JobCaller(Caller):
    """A caller that knows money when the vendor speaks of it."""

    def usual(self, answer: Answer, order: bool = False) -> VendorError | None:
        problem = super().usual(answer, order)
        if problem is None or isinstance(problem, OutcomeUnknown | Unpaid):
            return problem
        said = reason(answer)
        if answer.status != 429 and UNPAID.search(said):
            return Unpaid(f"{self.label} wants to be paid first: {said}", reply=answer.text)
        return problem

    def as_if(self, answer: Answer, status: int) -> Answer:
        """The same answer under the status that it should have had."""
        return dataclasses.replace(answer, status=status)


class JobQueue:
    """Base of the clients: see orders.JobClient. A vendor adds how it is asked."""

    vendor: ClassVar[str]
    keyed: ClassVar[bool] = False
    poll_s: float = 5.0
    fetch_s: float = MOST_S  # for what was made to come
    needs_url = True  # False: what it makes is no file but a name, which is in what it gave

    def __init__(self, access: Access) -> None:
        self.access, self.label = access, VENDORS[self.vendor].label
        self.caller = self.make_caller()

    def make_caller(self) -> Caller:
        headers = {"Authorization": f"Bearer {self.access.key(self.vendor)}"}
        return JobCaller(self.vendor, self.access, headers)

    # What a vendor adds

    def uploaded(self, engine: Engine, name: str, path: Path) -> Any:
        """Bring a file there. Returns what stands for it in a body. name: the logical input."""
        raise NotImplementedError

    def submit(self, engine: Engine, sent: Sent) -> Handle:
        raise NotImplementedError

    def look(self, engine: Engine, handle: Handle) -> Look:
        raise NotImplementedError

    def must_offer(self, engine: Engine) -> None:
        """Raises Refused when the vendor has no such model; says nothing where nobody can tell."""

    # What is the same for most

    def prepare(self, engine: Engine, inputs: Mapping[str, Any]) -> Any:
        return self.body_of(engine, inputs)

    def body_of(self, engine: Engine, inputs: Mapping[str, Any]) -> Body:
        """The inputs under the vendor's names, files brought there."""
        body: Body = {}
        for name, value in completed(engine, inputs).items():
            if isinstance(value, Path):
                with sendable(engine, name, value) as file:
                    value = self.uploaded(engine, name, file)
            place(body, engine.fields.get(name, name), value)
        return body

    def find(self, engine: Engine, sent: Sent) -> Handle | None:
        return None

    def fetch(self, engine: Engine, look: Look, target: Path) -> Path:
        return fetched(self.access, self.vendor, look.url, target, most_s=self.fetch_s)

    def estimate(self, engine: Engine, prepared: Any) -> float | None:
        """What the vendor says it would cost, in US dollars; None where it does not say."""
        return None

    def done(self, url: Any, output: Any = None, **more: Any) -> Look:
        """It is ready. output: all that it gave. Raises BadResult when there is no address of
        what was made.
        """
        if not self.needs_url:
            facts = {**more.pop("facts", {}), "output": output}
            return Look(is_done=True, progress=1.0, facts=facts, **more)
        if not isinstance(url, str) or not url:
            raise BadResult(f"{self.label} says it is done, and gave nothing.")
        return Look(is_done=True, url=url, progress=1.0, **more)

    def failure(self, said: Any, reply: str = "", *, is_refusal: bool = False) -> VendorError:
        """It ended without a result. said: the vendor's words."""
        words = _sentence(said)
        why = f": {words}" if words else " and gave no reason."
        if is_refusal or MODERATED.search(words):
            return Refused(f"{self.label} refuses this{why}", reply=reply)
        return JobFailed(f"{self.label} could not do it{why}", reply=reply)


def completed(engine: Engine, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs, with what the engine must have and nobody gave, in shapes that it knows.

    Raises InputError for something that only a person can choose.
    """
    found = dict(inputs)
    if "prompt*" in engine.inputs and not found.get("prompt"):
        found["prompt"] = PROMPT
    needed = [name.rstrip("*") for name in engine.inputs if name.endswith("*")]
    if lacking := [name for name in needed if found.get(name) in (None, "")]:
        name = lacking[0]
        what = f"the option {name}" if name in engine.options else f"a {name.replace('_', ' ')}"
        raise InputError(f"{engine.label} needs {what}.")
    if (shape := found.get("aspect_ratio")) and engine.aspects:
        found["aspect_ratio"] = nearest_aspect(str(shape), engine.aspects)
    return found


def nearest_aspect(wanted: str, known: tuple[str, ...]) -> str:
    """The shape of picture that comes closest: `9:16`."""
    if wanted in known:
        return wanted
    shapes = [shape for shape in known if ":" in shape]
    return min(shapes, key=lambda shape: abs(_ratio(shape) / _ratio(wanted) - 1))


def _ratio(shape: str) -> float:
    width, height = shape.split(":")
    return float(width) / float(height)


def place(body: Body, path: str, value: Any) -> None:
    """Put a value where the path says: `options.temperature`."""
    *steps, last = path.split(".")
    for step in steps:
        body = body.setdefault(step, {})
    body[last] = value


def with_webhook(body: Body, field: str, sent: Sent) -> Body:
    """The body, with the address that is told when the job is over under that name."""
    return {**body, field: sent.webhook_url} if sent.webhook_url else body


def first_url(found: Any) -> str:
    """The address in what a model gave: text, a list of it, or an object with a file in it."""
    if isinstance(found, str):
        return found
    if isinstance(found, list):
        return next((url for one in found if (url := first_url(one))), "")
    if isinstance(found, dict):
        if isinstance(found.get("url"), str):
            return str(found["url"])
        names = [name for name in ("video", "output", "audio") if name in found] or list(found)
        return next((url for name in names if (url := first_url(found[name]))), "")
    return ""


def _sentence(said: Any) -> str:
    if isinstance(said, dict):
        said = said.get("message") or said.get("detail") or said.get("msg") or ""
    if isinstance(said, list):
        said = " ".join(str(one) for one in said)
    words = " ".join(str(said or "").split())[:REASON_CHARS]
    return words if not words or words.endswith((".", "!", "?")) else f"{words}."
