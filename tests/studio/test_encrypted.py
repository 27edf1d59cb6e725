"""Columns that only this installation can read."""

import pytest
from cryptography.fernet import Fernet
from django.db import connection

from studio.lib.encrypted import Unreadable, lock, unlock
from tests import factories


def raw(table: str, column: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.django_db
def test_what_is_stored_cannot_be_read_there():
    account = factories.AccountFactory(access_token="open sesame")
    post = factories.PostFactory(account=account, handle={"upload_url": "https://x/open"})
    assert "sesame" not in raw("publishing_account", "access_token")[0]
    assert "open" not in raw("publishing_post", "handle")[0]
    post.refresh_from_db()
    account.refresh_from_db()
    assert (account.access_token, post.handle["upload_url"]) == ("open sesame", "https://x/open")


@pytest.mark.django_db
def test_nothing_stays_nothing_and_can_be_asked_for():
    post = factories.PostFactory()
    assert raw("publishing_post", "handle") == [""]
    assert type(post).objects.filter(handle={}).exists()
    assert not type(post).objects.exclude(handle={}).exists()


def test_a_new_key_in_front_still_opens_what_the_old_one_locked(settings):
    locked = lock("word")
    old = settings.TOKEN_KEYS
    settings.TOKEN_KEYS = [Fernet.generate_key().decode(), *old]
    assert unlock(locked) == "word"
    settings.TOKEN_KEYS = settings.TOKEN_KEYS[:1]
    with pytest.raises(Unreadable):
        unlock(locked)
