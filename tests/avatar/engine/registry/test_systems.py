"""The table of systems in the documents is the registry's, and loading it loads nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from avatar.engine.registry import ENGINES, __main__
from avatar.engine.registry.systems import SYSTEMS, routes, table, written_into

PAGE = Path(__file__).parents[4] / "docs" / "engines.md"
HEAVY = ("torch", "mediapipe", "cv2", "openai", "elevenlabs", "moviepy", "whisper", "django")


def test_the_page_shows_the_registry():
    """If not: python -m avatar.engine.registry docs/engines.md"""
    page = PAGE.read_text(encoding="utf-8")
    assert written_into(page) == page


def test_every_row_is_one_of_the_systems():
    rows = {system.row for system in SYSTEMS}
    assert {row for engine in ENGINES.values() for row in engine.rows} <= rows
    assert len(SYSTEMS) == len(rows) == 32


def test_a_row_without_a_route_says_why():
    for system in SYSTEMS:
        if system.without:
            assert routes(system) == []
            assert system.without in table()


def test_a_system_reached_elsewhere_says_how():
    for system in SYSTEMS:
        if system.elsewhere:
            assert routes(system) == []
            assert f"| {system.name} | {system.elsewhere} | - | over the network |" in table()
    assert [system.row for system in SYSTEMS if system.elsewhere] == ["28"]


def test_every_system_has_a_route_or_a_reason():
    for system in SYSTEMS:
        assert routes(system) or system.elsewhere or system.without


def test_loading_the_registry_loads_no_engine():
    code = "import sys, avatar.engine.registry.systems; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert [name for name in HEAVY if name in loaded] == []


def test_a_page_without_a_place_for_it_is_refused(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("nothing")
    assert __main__.main([str(page)]) == 2
    assert "has no <!-- systems: begin -->" in capsys.readouterr().err
    with pytest.raises(ValueError, match="has no"):
        written_into("nothing")


def test_the_table_is_printed(capsys):
    assert __main__.main([]) == 0
    assert "| 30 | PicassoIA | none |" in capsys.readouterr().out
