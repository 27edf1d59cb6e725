"""The product's processes and the double, in a folder of their own."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from benchmarks.engines import files
from benchmarks.engines.browser import Browser
from benchmarks.engines.person import Person
from benchmarks.publishing.house import House, free_port
from studio.sandbox import VENDORS
from studio.sandbox.server import running
from studio.sandbox.state import Sandbox
from studio.sandbox.vendors import media
from studio.sandbox.vendors.common import orders

AT_ONCE = 20  # jobs at once for each key: a part that waits holds up no other
LARGEST_PX = 360  # of the double's films: they stand for a vendor's server, not for its model
LANES = 3


@dataclass
class Studio:
    """A running installation that somebody has just moved into."""

    house: House
    sandbox: Sandbox
    person: Person
    environ: dict[str, str]

    def paid(self) -> Counter[str]:
        """By vendor: how often the double has charged."""
        found: Counter[str] = Counter()
        for one in orders(self.sandbox):
            found[one["vendor"]] += one["charged"]
        return found

    def paid_twice(self) -> list[str]:
        return [
            f"{one['vendor']} {one['model']} was paid {one['charged']} times for the same"
            for one in orders(self.sandbox)
            if one["charged"] > 1
        ]

    def story(self) -> dict[str, Any]:
        return dict(self.house.crew())


class _House(House):
    CREW = "benchmarks.engines.crew"


@contextmanager
def opened(folder: Path, environ: dict[str, str]) -> Iterator[Studio]:
    """environ: what stands for open models on this machine."""
    with ExitStack() as stack:
        for name in ("sandbox", "data"):
            (folder / name).mkdir()
        media.LARGEST = LARGEST_PX
        sandbox = stack.enter_context(running(folder / "sandbox"))
        for vendor in VENDORS:
            sandbox.set_rule(f"{vendor}.job_s", 0)
            sandbox.set_rule(f"{vendor}.creates_per_minute", 0)
        for vendor in ("elevenlabs", "openai"):  # what they hear in speech that is nobody's here
            sandbox.set_rule(f"{vendor}.transcript", files.SAID)
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        known = {
            "DJANGO_SETTINGS_MODULE": "studio.settings",
            "SANDBOX_URL": sandbox.url,
            "WEB_PORT": str(port),
            "WRITER": "openai",
            "RENDER_WORKERS": str(LANES),
            **{f"{vendor.upper()}_AT_ONCE": str(AT_ONCE) for vendor in VENDORS},
            **environ,
        }
        house = _House(folder, **known)
        stack.callback(house.stop)
        house.run("manage.py", "migrate", "--verbosity", "0")
        code = re.search(r"enter (\S+)", house.run("manage.py", "setup_code"))
        assert code is not None
        _start(house, port)
        person = Person(Browser(address))
        _wait_for(address)
        person.sign_up(code[1])
        person.move_in(files.made_in(folder))
        person.set_budget(10_000)
        yield Studio(house, sandbox, person, house.env)


def _start(house: House, port: int) -> None:
    """What the Procfile starts."""
    house.start(
        "web", "-m", "gunicorn", "studio.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class",
        "gthread", "--workers", "1", "--threads", "8", "--no-control-socket",
        "--log-level", "warning",
    )  # fmt: skip
    house.start("default", "-m", "studio.cluster", "default")
    house.start("publish", "-m", "studio.cluster", "publish")
    house.start("render", "-m", "studio.cluster", "render")
    house.start("tick", "manage.py", "tick", "--every", "2")


def _wait_for(address: str) -> None:
    for _ in range(600):
        try:
            requests.get(f"{address}/health/", timeout=60)
        except requests.ConnectionError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("The web server does not start.")
