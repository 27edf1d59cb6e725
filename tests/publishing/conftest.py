"""The stage of the publishing tests."""

import pytest

from publishing import platforms
from tests import factories
from tests.publishing.doubles import DoublePlatform, Script, WaryPlatform


@pytest.fixture
def script(monkeypatch) -> Script:
    """What the double platform answers; also registers it."""
    fresh = Script()
    monkeypatch.setattr(DoublePlatform, "script", fresh)
    for double in (DoublePlatform, WaryPlatform):
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
