"""Films of the doubles, small: what is tested is who was paid for them, and how often."""

import pytest

from studio.sandbox.vendors import media


@pytest.fixture(autouse=True)
def _small_films(monkeypatch):
    monkeypatch.setattr(media, "LARGEST", 180)
