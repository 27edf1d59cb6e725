"""What the demonstration does in the sandbox, with a film in the place of its reel."""

import os

import pytest

from publishing.data import demo_places
from publishing.management.commands.demo import in_sandbox, publish_in_sandbox
from publishing.models import Account, Post
from studio.lib.files import file_sha256, store_file
from tests import factories
from tests.publishing.films import write_film

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]


class Said(list):
    say = list.append


@pytest.fixture
def reel(tmp_path):
    film = write_film(tmp_path / "film.mp4")
    reel = factories.ReelFactory(ready=True, cover="")
    reel.portrait = factories.PortraitFactory(creator=reel.creator)
    factories.ConsentFactory(creator=reel.creator)
    store_file(reel.video, film)
    reel.sha256 = file_sha256(film)
    reel.save()
    return reel


def test_the_demonstrations_reel_is_seen_on_every_platform_of_it(reel, tmp_path):
    said = Said()
    publish_in_sandbox(said, reel)
    assert said == []
    posts = Post.objects.all()
    assert {post.account.platform for post in posts} == set(demo_places.OPTIONS)
    assert [post.reason for post in posts if post.state != "published"] == []
    assert "SANDBOX_URL" not in os.environ
    for account in Account.objects.all():
        assert (account.state, account.access_token) == ("disconnected", "")
    assert len(in_sandbox(reel, tmp_path)) > len(posts)


def test_without_a_sandbox_the_demonstration_goes_on(reel, monkeypatch):
    def taken(folder):
        raise OSError("no port is free")

    monkeypatch.setattr(demo_places, "running", taken)
    said = Said()
    publish_in_sandbox(said, reel)
    assert said == ["  the sandbox could not be used: no port is free"]
    assert not Post.objects.exists()
