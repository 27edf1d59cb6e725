"""The first account, signing in, and the commands of the person who runs the installation."""

import io
import time

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import override_settings

from creators import first_owner, throttle
from creators.first_owner import ALPHABET, SetupOver, setup_code
from creators.forms import LOGIN_TRIES, SETUP_TRIES
from creators.models import Creator
from studio.lib.models import Lease
from tests.factories import UserFactory
from tests.installation import installation

ENTRIES_OF_AN_INSTALLATION = settings.CACHES["default"]["OPTIONS"]
SIGN_IN = """
from django.contrib.auth.models import User
from django.test import Client
User.objects.create_user("ada", password="correct horse")
words = {"username": "ada", "password": "correct horse"}
answer = Client(SERVER_NAME="localhost").post("/login/", words)
print(answer.status_code, answer.url)
"""

pytestmark = pytest.mark.django_db

PASSWORD = "a long and quiet evening"


def set_up(client, **changes):
    said = {
        "code": setup_code(),
        "username": "ada",
        "password1": PASSWORD,
        "password2": PASSWORD,
        **changes,
    }
    return client.post("/setup/", said)


def sign_in(client, username="ada", password=PASSWORD, **more):
    return client.post("/login/", {"username": username, "password": password, **more})


# The first visit


def test_an_empty_installation_sends_everybody_to_its_setup(client):
    assert client.get("/").url.startswith("/login/")
    assert client.get("/login/").url == "/setup/"
    assert client.get("/setup/").status_code == 200


def test_the_code_makes_the_owner_and_signs_them_in(client):
    response = set_up(client)
    assert response.url == "/creators/new/"
    user = User.objects.get()
    assert user.username == "ada"
    assert user.is_superuser
    assert user.check_password(PASSWORD)
    assert client.get("/creators/new/").status_code == 200


@pytest.mark.parametrize("written", [str.lower, lambda code: f" {code[:4]}-{code[4:]} "])
def test_the_code_may_be_written_as_people_write(client, written):
    assert set_up(client, code=written(setup_code())).status_code == 302


def test_a_wrong_code_makes_nobody(client):
    response = set_up(client, code="AAAA-AAAA")
    assert response.status_code == 422
    assert "This is not the code" in response.text
    assert not User.objects.exists()


def test_a_weak_password_makes_nobody(client):
    response = set_up(client, password1="12345678", password2="12345678")
    assert response.status_code == 422
    assert not User.objects.exists()


def test_codes_cannot_be_tried_for_long(client):
    for _ in range(SETUP_TRIES):
        assert "This is not the code" in set_up(client, code="AAAAAAAA").text
    response = set_up(client)
    assert response.status_code == 422
    assert "Too many wrong codes" in response.text
    assert not User.objects.exists()


def test_a_right_code_with_a_weak_password_costs_no_try(client):
    for _ in range(SETUP_TRIES + 1):
        set_up(client, password1="short", password2="short")
    assert set_up(client).status_code == 302


def test_setup_is_over_once_there_is_an_account(client):
    UserFactory()
    assert client.get("/setup/").url == "/login/"
    assert set_up(client).url == "/login/"
    assert User.objects.count() == 1


def test_of_two_browsers_at_once_one_wins(monkeypatch):
    """The second comes while the first is between looking and saving."""
    first, second = (User(username=name) for name in ("ada", "eve"))
    look = first_owner.is_empty
    answers = []

    def meanwhile():
        empty = look()
        if not answers:
            answers.append(empty)
            with pytest.raises(SetupOver):
                first_owner.become_owner(second)
        return empty

    monkeypatch.setattr(first_owner, "is_empty", meanwhile)
    first_owner.become_owner(first)
    assert [user.username for user in User.objects.all()] == ["ada"]
    with pytest.raises(SetupOver):
        first_owner.become_owner(second)


def test_the_loser_of_the_race_is_told_so(client, monkeypatch):
    Lease.take(first_owner.LEASE, seconds=30)
    response = set_up(client)
    assert response.status_code == 422
    assert "Somebody else has just set this studio up" in response.text
    assert not User.objects.exists()


def test_a_crash_while_setting_up_is_not_for_ever(client):
    class Crash(Exception):
        pass

    class Half(User):
        class Meta:
            proxy = True
            app_label = "creators"

        def save(self, *args, **kwargs):
            raise Crash

    with pytest.raises(Crash):
        first_owner.become_owner(Half(username="ada"))
    assert set_up(client).status_code == 302


def test_the_code_belongs_to_the_installation(settings):
    code = setup_code()
    assert len(code) == 8
    assert set(code) <= set(ALPHABET)
    assert not set("0O1IL") & set(ALPHABET)
    assert setup_code() == code
    settings.SECRET_KEY = "another installation"
    assert setup_code() != code


# Signing in


@pytest.fixture
def ada(db):
    return get_user_model().objects.create_user("ada", password=PASSWORD)


def test_signing_in_leads_to_where_one_wanted_to_go(client, ada):
    assert sign_in(client).url == "/"
    client.logout()
    assert sign_in(client, next="/creators/new/").url == "/creators/new/"
    client.logout()
    assert sign_in(client, next="calendar").url == "calendar"  # a place, not the name of a view
    assert client.get("/login/").url == "/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:1"])
def test_signing_in_never_leads_elsewhere(client, ada, elsewhere):
    assert sign_in(client, next=elsewhere).url == "/"


def test_a_wrong_password_is_told_without_saying_which_part(client, ada):
    wrong, unknown = sign_in(client, password="no"), sign_in(client, username="eve")
    assert wrong.status_code == unknown.status_code == 422
    assert "do not fit together" in wrong.text
    assert "do not fit together" in unknown.text


def test_passwords_cannot_be_tried_for_long(client, ada):
    for _ in range(LOGIN_TRIES):
        sign_in(client, password="no")
    assert "Too many wrong passwords" in sign_in(client).text
    assert "Too many" in sign_in(client, username="ADA").text
    assert "do not fit" in sign_in(client, username="eve").text
    assert client.post(
        "/login/", {"username": "ada", "password": PASSWORD}, REMOTE_ADDR="10.0.0.9"
    ).url


def test_a_flood_of_names_does_not_give_tries_back(tmp_path):
    files = "django.core.cache.backends.filebased.FileBasedCache"
    options = ENTRIES_OF_AN_INSTALLATION
    cache = {"BACKEND": files, "LOCATION": tmp_path, "OPTIONS": options}
    with override_settings(CACHES={"default": cache}):
        assert throttle.allow("ada", tries=1, seconds=60)
        for n in range(700):
            throttle.allow(f"eve{n}", tries=1, seconds=60)
        assert not throttle.allow("ada", tries=1, seconds=60)


def test_the_door_opens_while_redis_is_down(tmp_path):
    with installation(tmp_path, REDIS_URL="redis://127.0.0.1:1/0") as house:
        assert house.python(SIGN_IN).endswith("302 /")


def test_a_right_password_gives_all_tries_back(client, ada):
    for _ in range(3):
        for _ in range(LOGIN_TRIES - 1):
            sign_in(client, password="no")
        assert sign_in(client).status_code == 302
        client.logout()


def test_tries_come_back_after_a_while():
    assert throttle.allow("x", tries=1, seconds=1)
    assert not throttle.allow("x", tries=1, seconds=1)
    time.sleep(1.05)
    assert throttle.allow("x", tries=1, seconds=1)


def test_signing_out_takes_a_post(client, ada):
    client.force_login(ada)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").url == "/login/"
    assert client.get("/creators/").status_code == 302


# Commands


def said_by(*command) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def test_the_start_prints_the_way_in():
    code = setup_code()
    assert said_by("setup_code", "--port", "9000") == (
        f"Open http://localhost:9000/setup/ and enter {code[:4]}-{code[4:]}\n"
    )


def test_the_port_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("WEB_PORT", "8123")
    assert "http://localhost:8123/setup/" in said_by("setup_code")


def test_later_the_start_prints_who_signs_in(ada):
    said = said_by("setup_code")
    assert "/login/ and sign in as ada" in said
    assert setup_code()[:4] not in said


def test_a_creator_is_added_from_the_shell(ada):
    command = ("create_creator", "grace", "--name", "Grace H.", "--owner", "ada")
    said = said_by(*command, "--timezone", "America/New_York")
    creator = Creator.objects.get()
    assert (creator.handle, creator.name, creator.owner) == ("grace", "Grace H.", ada)
    assert creator.time_zone == "America/New_York"
    assert said == f"Creator {creator.pk}: Grace H. (@grace)\n"


@pytest.mark.parametrize(
    ("owner", "zone", "sentence"),
    [("eve", "UTC", "no account “eve”"), ("ada", "Mars", "“Mars” is not a time zone")],
)
def test_the_shell_says_what_is_wrong_in_a_sentence(ada, owner, zone, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("create_creator", "g", "--name", "G", "--owner", owner, "--timezone", zone)
    assert not Creator.objects.exists()
