import datetime as dt
import sqlite3
from contextlib import closing

import pytest
from django.db import connection

from scripts_gen import signals
from tests.factories import CreatorFactory, NoteFactory, SlotFactory

RISOTTO = """\
# Why your risotto is gluey

Most people stir too hard and too long. Risotto needs movement, not punishment.

Rice is wrapped in starch. When you stir, the grains rub against each other and let go of that \
starch, and that is what makes the sauce creamy. But if you stir without a break, the grains \
break too, and you get glue.

- Toast the rice dry for two minutes before anything wet goes in.
- Use hot stock; cold stock stops the cooking every time.
- Stir every thirty seconds, not all the time.
- Take it off the heat while it still looks a bit too wet.

Good risotto should move like a wave when you tilt the plate. If it stands like a mountain, add \
a ladle of stock. A wide pan cooks more evenly than a deep one. Parmesan goes in last.
"""


@pytest.fixture
def creator(db):
    return CreatorFactory(time_zone="Europe/Vienna")


@pytest.fixture
def note(creator):
    return NoteFactory(creator=creator, title="Why your risotto is gluey", text=RISOTTO)


@pytest.fixture
def slot(creator):
    return SlotFactory(creator=creator, date=dt.date(2026, 12, 1))


@pytest.fixture
def as_owner(client, creator):
    client.force_login(creator.owner)
    return client


@pytest.fixture
def as_stranger(client, db):
    client.force_login(CreatorFactory().owner)
    return client


@pytest.fixture
def heard(monkeypatch):
    """Which approvals and withdrawals were told to other apps, in their order."""
    told = []

    def approved(script_id, **_):
        told.append(("approved", script_id))

    def withdrawn(script_id, **_):
        told.append(("withdrawn", script_id))

    for signal, receiver in (
        (signals.script_approved, approved),
        (signals.approval_withdrawn, withdrawn),
    ):
        monkeypatch.setattr(signal, "receivers", [])
        signal.sender_receivers_cache.clear()
        signal.connect(receiver)
    yield told  # receivers are held weakly: these two live as long as this frame
    for signal in (signals.script_approved, signals.approval_withdrawn):
        signal.sender_receivers_cache.clear()


@pytest.fixture
def on_file(transactional_db, tmp_path):
    """SQLite in memory knows no second connection: the same database, in a file for this test."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    in_memory, name = connection.connection, connection.settings_dict["NAME"]
    file = tmp_path / "two_tabs.sqlite3"
    with closing(sqlite3.connect(file)) as copy:
        in_memory.backup(copy)
    connection.connection, connection.settings_dict["NAME"] = None, str(file)
    yield
    connection.close()
    connection.connection, connection.settings_dict["NAME"] = in_memory, name
