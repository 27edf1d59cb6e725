"""What `.env.example` says one can set is what is read, and the other way round."""

import re
from itertools import chain
from pathlib import Path

from django.conf import settings

from avatar.engine.registry import ENGINES
from avatar.engine.vendors.access import VENDORS
from publishing.platforms.apps import NAMES
from publishing.platforms.hosts import HOSTS

# Settings and commands; and the platforms' clients, which know no Django.
READS = re.compile(r'\benv(?:\.\w+|iron\.get)\(\s*"(\w+)"')
SHELL = re.compile(r"\$\{(\w+):-")  # the Procfile
LISTED = re.compile(r"^#?([A-Z][A-Z0-9_]*)=", re.MULTILINE)


def read_somewhere() -> set[str]:
    root = Path(settings.BASE_DIR)
    apps = ("studio", "creators", "scripts_gen", "avatar", "publishing")
    code = "\n".join(path.read_text() for app in apps for path in (root / app).rglob("*.py"))
    shell = (root / "Procfile").read_text()
    ours = {*READS.findall(code), *SHELL.findall(shell), *HOSTS, *chain(*NAMES.values())}
    return (ours | of_engines()) - {"TZ", "XDG_STATE_HOME"}  # the system's own


def of_engines() -> set[str]:
    """Keys, addresses and limits of vendors, and what engines on this machine need."""
    vendors = {name for one in VENDORS.values() for name in (one.key, *one.hosts)}
    vendors |= {one.webhook_secret for one in VENDORS.values() if one.webhook_secret}
    limits = {f"{name.upper()}_AT_ONCE" for name in VENDORS}
    return vendors | limits | {name for engine in ENGINES.values() for name in engine.needs}


def test_every_variable_that_is_read_is_listed_once():
    listed = LISTED.findall((Path(settings.BASE_DIR) / ".env.example").read_text())
    assert sorted(listed) == sorted(read_somewhere())


def test_the_look_for_variables_finds_the_known_ones():
    assert {"DATABASE_URL", "SECRET_KEY", "OPENAI_API_KEY", "WEB_HOST"} <= read_somewhere()
