"""What `manage.py check` says about how platforms are reached."""

import pytest

from publishing import checks


@pytest.fixture(autouse=True)
def _real_platforms(monkeypatch):
    monkeypatch.delenv("SANDBOX_URL", raising=False)


def test_an_app_without_its_secret_is_said(monkeypatch):
    assert checks.apps_are_whole() == []
    monkeypatch.setenv("X_CLIENT_SECRET", "word")
    [said] = checks.apps_are_whole()
    assert said.msg == "X_CLIENT_SECRET is set and X_CLIENT_ID is not."
    monkeypatch.setenv("X_CLIENT_ID", "app")
    assert checks.apps_are_whole() == []


def test_a_secret_file_that_is_not_there_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("X_CLIENT_SECRET_FILE", str(tmp_path / "none"))
    [said] = checks.apps_are_whole()
    assert "X_CLIENT_SECRET_FILE cannot be read" in said.msg


@pytest.mark.parametrize("url", ["http://reels.example.org", "reels.example.org", "https://"])
def test_a_public_address_platforms_cannot_come_to_is_said(settings, url):
    settings.PUBLIC_URL = url
    assert [said.id for said in checks.public_url_is_an_address()] == ["publishing.W003"]
    settings.PUBLIC_URL = "https://reels.example.org"
    assert checks.public_url_is_an_address() == []
