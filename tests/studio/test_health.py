"""Whether a monitor would notice, and whether a stranger would learn anything."""

import json

import pytest
from django.db import DatabaseError, connection

from publishing.health import CLUSTERS, cluster_beat
from studio.lib.models import Lease

pytestmark = pytest.mark.django_db


@pytest.fixture
def _everybody_works():
    for name in ("tick", *map(cluster_beat, CLUSTERS)):
        Lease.beat(name)


@pytest.mark.usefixtures("_everybody_works")
def test_it_says_ok_without_a_login(client):
    response = client.get("/health/")
    assert response.status_code == 200
    assert response.json()["ok"] is True
    assert response.json()["database"] == "answering"


def test_an_installation_whose_workers_never_ran_is_not_healthy(client):
    response = client.get("/health/")
    assert response.status_code == 503
    assert response.json()["ok"] is False
    assert any("render" in problem for problem in response.json()["problems"])


@pytest.mark.usefixtures("_everybody_works")
def test_it_tells_how_old_each_heartbeat_is(client):
    parts = client.get("/health/").json()["parts"]
    assert set(parts) == {"tick", *CLUSTERS}
    assert all(0 <= part["seen_s_ago"] < 60 for part in parts.values())


@pytest.mark.usefixtures("_everybody_works")
def test_a_database_that_does_not_answer_is_a_503_without_a_traceback(client, monkeypatch):
    def refuse(*args, **kwargs):
        raise DatabaseError("password=hunter2 at db.internal")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/health/")
    assert response.status_code == 503
    assert response.json()["database"] == "not answering"
    assert "hunter2" not in json.dumps(response.json())


def test_a_proxy_never_keeps_an_old_answer(client):
    assert "no-store" in client.get("/health/").headers["Cache-Control"]


def test_it_only_looks(client):
    assert client.post("/health/").status_code == 405
