"""The stage of the publishing tests: doubles, and the sandbox, one server a session."""

import sqlite3
import threading
from contextlib import closing

import pytest
from django.db import connection, connections

from publishing import platforms
from tests import factories
from tests.publishing.doubles import (
    DoublePlatform,
    Script,
    ScriptedAccess,
    TokenedPlatform,
    WaryPlatform,
)


@pytest.fixture
def script(monkeypatch) -> Script:
    """What the double platform answers; also registers it."""
    fresh = Script()
    monkeypatch.setattr(DoublePlatform, "script", fresh)
    monkeypatch.setattr(ScriptedAccess, "script", fresh)
    for double in (DoublePlatform, WaryPlatform, TokenedPlatform):
        monkeypatch.setitem(
            platforms.PLATFORMS, double.name, f"tests.publishing.doubles:{double.name.title()}"
        )
    return fresh


@pytest.fixture
def make_post(db):
    return build_post


def build_post(platform="double", **fields):
    """A post that is allowed to go out: approved script, live consent, finished reel."""
    reel = fields.pop("reel", None) or factories.ReelFactory(ready=True)
    creator = reel.creator
    if reel.portrait is None:
        reel.portrait = creator.portrait or factories.PortraitFactory(creator=creator)
        reel.save()
    if not creator.consents.exists():
        factories.ConsentFactory(creator=creator)
    account = fields.pop("account", None) or factories.AccountFactory(
        creator=creator, platform=platform, name=platform.title()
    )
    return factories.PostFactory(reel=reel, account=account, **fields)


@pytest.fixture
def on_file(transactional_db, tmp_path):
    """SQLite in memory knows no second connection: the same database, in a file for this test."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    in_memory, name = connection.connection, connection.settings_dict["NAME"]
    file = tmp_path / "two_workers.sqlite3"
    with closing(sqlite3.connect(file)) as copy:
        in_memory.backup(copy)
    connection.connection, connection.settings_dict["NAME"] = None, str(file)
    yield
    connection.close()
    connection.connection, connection.settings_dict["NAME"] = in_memory, name


def at_once(*works):
    """Run all of it in threads that start together; their exceptions."""
    gate, wrong = threading.Barrier(len(works)), []

    def run(work):
        try:
            gate.wait(10)
            work()
        except Exception as e:
            wrong.append(e)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return wrong
