"""Every rule and every fault that changes how the sandbox behaves stands in its document."""

import re
from pathlib import Path
from typing import get_args

from studio import sandbox
from studio.sandbox.faults import Kind

DOCUMENT = Path(__file__).parents[3] / "docs" / "sandbox.md"
RULE = re.compile(r'\brule\(\s*f?"(?:\w+|\{[\w.]+\})\.([a-z]\w*)"')
BUILT = {"creator_info_per_minute", "tweets_per_window", "inserts_a_day", "app_calls_a_day",
         "points_an_hour"}  # fmt: skip


def test_rules_are_documented():
    named = set(re.findall(r"`(\w+)`", DOCUMENT.read_text()))
    used = {
        name
        for path in Path(sandbox.__file__).parent.rglob("*.py")
        for name in RULE.findall(path.read_text())
    }
    assert len(used) > 60
    assert (used | BUILT) - named == set()


def test_faults_are_documented():
    assert set(get_args(Kind)) - set(re.findall(r"`(\w+)`", DOCUMENT.read_text())) == set()
