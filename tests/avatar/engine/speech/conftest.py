"""Somebody's voice sample, and what a render lends to a voice."""

import pytest

from avatar.engine.vendors import orders
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.journal import FileJournal
from avatar.engine.vendors.orders import Context
from tests.studio.sandbox.vendors.samples import sample as write_sample


@pytest.fixture(scope="session")
def voice_sample(tmp_path_factory):
    return write_sample(tmp_path_factory.mktemp("voice") / "sample.wav", 16)


@pytest.fixture
def lend(tmp_path):
    """A context with a journal in this test's folder; keys by name go before the sandbox's."""

    def context(*, most_usd=None, again=False, **keys):
        journal = FileJournal(tmp_path / "orders", most_usd, again=again)
        return Context(Access(keys=keys), journal, patience_s=20)

    return context


@pytest.fixture
def _settled_long_ago(monkeypatch):
    """Whatever left a moment ago is old enough to be looked for."""
    monkeypatch.setattr(orders, "JUST_SENT_S", 0)
