"""A process of an installation of its own, which a test may kill.

`installation.py prepare | render ID WAY | show ID`, with UNDERSTUDY_DATA naming the installation.
"""

# ruff: noqa: E402  # Django is set up before anything of it is imported
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["DJANGO_SETTINGS_MODULE"] = "studio.settings"

import django

django.setup()

from django.core.management import call_command

from avatar import process, rendering, services, tasks, workshop
from avatar.models import Reel
from tests.factories import ConsentFactory, CreatorFactory, PortraitFactory, ScriptFactory

rendering.LEASE_S = 3
process.TICK_S = 0.1


def prepare():
    call_command("migrate", verbosity=0)
    creator = CreatorFactory()
    PortraitFactory(creator=creator)
    ConsentFactory(creator=creator)
    return services.request_reel(ScriptFactory(slot__creator=creator, approved=True)).pk


def render(pk, way):
    process.COMMAND = [sys.executable, str(Path(__file__).with_name("fake_child.py")), way]
    tasks.render(int(pk))


def show(pk):
    reel = Reel.objects.get(pk=pk)
    cache = workshop.cache_dir(reel.creator.pk)
    diary = cache / "diary"
    return {
        "state": reel.state,
        "attempts": reel.attempts,
        "due": tasks.due(),
        "diary": diary.read_text() if diary.exists() else "",
    }


answer = {"prepare": prepare, "render": render, "show": show}[sys.argv[1]](*sys.argv[2:])
sys.stdout.write(json.dumps(answer))
