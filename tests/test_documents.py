"""What the documents name is there: files, commands with their options, pages."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.urls import Resolver404, resolve

from avatar.engine.__main__ import parser as engine_parser
from avatar.engine.judge.__main__ import parser as judge_parser
from avatar.engine.registry.systems import BEGIN, END

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")} - {ROOT / "CHANGELOG.md"})
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
FILE = re.compile(
    r"(?<![\w/.:…-])(?!PUBLIC_URL)(?:[\w-]+/)*(?:[\w-]+/|[\w-]+\.(?:py|md|css|html|toml))(?![\w/])"
)
MODULE = re.compile(r"python -m ([\w.]+)([^\n`#]*)")
COMMAND = re.compile(r"manage\.py (\w+)((?:\\\n|[^\n`#])*)")
TARGET = re.compile(r"(?:^|`)make ([a-z][\w-]*)", re.MULTILINE)
PAGE = re.compile(r"`(?:PUBLIC_URL|…)?(/(?!_admin|m/)[\w/]+(?:/|\.json))`")
OPTION = re.compile(r"(?<!\S)(--[a-z][\w-]*)")
MADE = {"data/"}  # folders that only use makes
PARSERS = {"avatar.engine": engine_parser, "avatar.engine.judge": judge_parser}


@cache
def paths() -> set[str]:
    """Of files and folders (these with a slash), whole and from every folder on."""
    found = set()
    for top in ("studio", "creators", "scripts_gen", "avatar", "publishing", "templates", "tests",
                "benchmarks", "docs"):  # fmt: skip
        for path in [ROOT / top, *(ROOT / top).rglob("*")]:
            parts = path.relative_to(ROOT).parts
            end = "/" if path.is_dir() else ""
            found |= {"/".join(parts[n:]) + end for n in range(len(parts))}
    return found | {path.name for path in ROOT.iterdir() if path.is_file()}


def missing(text: str) -> Iterator[str]:
    before, _, rest = text.partition(BEGIN)
    text = before + rest.partition(END)[2]  # the table between is written by a program
    code = "\n".join(CODE.findall(text))
    yield from (name for name in FILE.findall(code) if name not in paths() | MADE)
    for name, arguments in MODULE.findall(code):
        if find_spec(name) is None:
            yield name
        elif name in PARSERS:
            yield from unknown(arguments, PARSERS[name]()._option_string_actions)
    for name, arguments in COMMAND.findall(code):
        app = get_commands().get(name)
        if app is None:
            yield f"manage.py {name}"
            continue
        parser = load_command_class(str(app), name).create_parser("manage.py", name)
        yield from unknown(arguments, parser._option_string_actions)
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    yield from (f"make {name}" for name in TARGET.findall(code) if name not in targets)
    for page in PAGE.findall(text):
        try:
            resolve(page.replace("ID", "1"))
        except Resolver404:
            yield page


def unknown(arguments: str, known: dict) -> list[str]:
    return [option for option in OPTION.findall(arguments) if option not in known]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_names_is_there(document):
    text = document.read_text()
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", text)
    lost = [link for link in links if not (document.parent / link).exists()]
    assert [*missing(text), *lost] == []


def test_what_is_not_there_is_found():
    text = (
        "`publishing/tokens.py` `python -m avatar.engine me.jpg --voices x` `python -m nowhere` "
        "`manage.py tick --drains` `manage.py nothing` `make lunch` `PUBLIC_URL/nowhere/x/`"
    )
    assert list(missing(text)) == [
        "publishing/tokens.py", "--voices", "nowhere", "--drains", "manage.py nothing",
        "make lunch", "/nowhere/x/",
    ]  # fmt: skip
