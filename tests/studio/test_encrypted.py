"""Columns that only this installation can read."""

import io

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from studio.lib.encrypted import Unreadable, is_unreadable, lock, unlock
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


def rotated():
    out = io.StringIO()
    call_command("rotate_token_keys", stdout=out)
    return out.getvalue().strip()


@pytest.mark.django_db
def test_rotating_locks_everything_with_the_first_key(settings):
    account = factories.AccountFactory(access_token="open sesame", refresh_token="r")
    post = factories.PostFactory(account=account, handle={"upload_url": "https://x/open"})
    old = settings.TOKEN_KEYS
    new = Fernet.generate_key().decode()
    settings.TOKEN_KEYS = [new, *old]
    assert rotated() == "3 locked anew, 0 were already, 0 cannot be opened."
    assert rotated() == "0 locked anew, 3 were already, 0 cannot be opened."
    settings.TOKEN_KEYS = [new]
    account.refresh_from_db()
    post.refresh_from_db()
    assert (account.access_token, post.handle["upload_url"]) == ("open sesame", "https://x/open")


@pytest.mark.django_db
def test_rotating_leaves_what_it_cannot_open_and_says_so(settings):
    account = factories.AccountFactory(access_token="open sesame")
    old = settings.TOKEN_KEYS
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match="Put it back"):
        rotated()
    settings.TOKEN_KEYS = old
    account.refresh_from_db()
    assert account.access_token == "open sesame"


@pytest.mark.django_db
def test_a_value_no_key_opens_reads_as_empty_and_survives_a_save(settings):
    post = factories.PostFactory(
        account=factories.AccountFactory(access_token="word"), handle={"id": "1"}
    )
    old = settings.TOKEN_KEYS
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]
    for row in (post, post.account):
        row.refresh_from_db()
        row.save()
    assert (post.handle, post.account.access_token) == ({}, "")
    assert is_unreadable(post.handle)
    assert is_unreadable(post.account.access_token)
    settings.TOKEN_KEYS = old
    for row in (post, post.account):
        row.refresh_from_db()
    assert (post.handle, post.account.access_token) == ({"id": "1"}, "word")
