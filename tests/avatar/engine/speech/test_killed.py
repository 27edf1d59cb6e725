"""A render that is killed while a voice is being paid for."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from avatar.engine.errors import Busy, OutcomeUnknown
from avatar.engine.registry import find
from avatar.engine.speech import Lines, speaker
from avatar.engine.vendors import orders as vendors_orders
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.journal import FileJournal
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Kind
from studio.sandbox.vendors.common import orders

TEXT = "Most people quit in week two."
SPEAK = """
import sys
from pathlib import Path
from avatar.engine.registry import find
from avatar.engine.speech import Lines, speaker
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.journal import FileJournal
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Kind
name, folder, text, sample = sys.argv[1:]
lines = Lines(text, sample=Path(sample))
speaker(find(name, Kind.VOICE)).speak(lines, Context(Access(), FileJournal(Path(folder))))
"""
ROOT = Path(__file__).parents[4]


@pytest.fixture
def killed(sandbox, voice_sample, tmp_path):
    """Speak in a process, and kill it as soon as so many orders have been charged."""

    def run(name, after):
        command = [sys.executable, "-c", SPEAK, name, str(tmp_path / "orders"), TEXT]
        process = subprocess.Popen(
            [*command, str(voice_sample)], cwd=ROOT, env=os.environ.copy(), start_new_session=True
        )
        until = time.monotonic() + 60
        while len(orders(sandbox)) < after and time.monotonic() < until:
            assert process.poll() is None, "It ended before it could be killed."
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    return run


def speak(name, sample, tmp_path, **more):
    context = Context(Access(), FileJournal(tmp_path / "orders", **more))
    return speaker(find(name, Kind.VOICE)).speak(Lines(TEXT, sample=sample), context)


@pytest.mark.parametrize("name", ["elevenlabs:eleven_flash_v2_5", "minimax:speech-2.8-hd"])
def test_it_goes_on_where_it_was_and_pays_for_nothing_twice(
    sandbox, killed, voice_sample, tmp_path, monkeypatch, name
):
    """Killed with the voice made and the speech in the air: nobody knows whether that came."""
    slow = {"kind": "slow", "seconds": 30, "path": "text-to-speech|t2a_v2"}
    sandbox.faults.add(platform=name.partition(":")[0], **slow)
    killed(name, after=2)
    with pytest.raises(Busy):  # it may still be under way
        speak(name, voice_sample, tmp_path)
    monkeypatch.setattr(vendors_orders, "JUST_SENT_S", 0)
    with pytest.raises(OutcomeUnknown):
        speak(name, voice_sample, tmp_path)
    assert [order["charged"] for order in orders(sandbox)] == [1, 1]
    assert speak(name, voice_sample, tmp_path, again=True).made["is_cloned"]
    assert [order["charged"] for order in orders(sandbox)] == [1, 2]  # a person wanted it


def test_a_voice_that_was_made_before_the_kill_is_found(
    sandbox, killed, voice_sample, tmp_path, monkeypatch
):
    name = "elevenlabs:eleven_flash_v2_5"
    sandbox.faults.add(kind="slow", seconds=30, platform="elevenlabs", path="voices/add")
    killed(name, after=1)
    monkeypatch.setattr(vendors_orders, "JUST_SENT_S", 0)
    assert speak(name, voice_sample, tmp_path).made["is_cloned"]
    assert [order["charged"] for order in orders(sandbox)] == [1, 1]
