"""Nothing that somebody stored can run in the dashboard, and errors tell no secrets."""

import pytest
from django.test import Client, override_settings
from django.urls import path

from studio.lib.security import POLICY
from studio.urls import urlpatterns as real_urls
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def broken(request):
    raise RuntimeError("secret-of-the-house")


broken.login_required = False
urlpatterns = [*real_urls, path("broken/", broken)]


@pytest.fixture
def signed_in(client):
    client.force_login(UserFactory())
    return client


def test_every_page_carries_the_policy(signed_in):
    assert signed_in.get("/").headers["Content-Security-Policy"] == POLICY


def test_the_policy_lets_nothing_inline_run():
    assert "unsafe" not in POLICY
    assert "default-src 'self'" in POLICY


def test_only_the_microphone_may_be_asked_for_and_only_by_us(signed_in):
    permissions = signed_in.get("/").headers["Permissions-Policy"].split(", ")
    assert [one for one in permissions if not one.endswith("=()")] == ["microphone=(self)"]


def test_a_page_cannot_be_framed(signed_in):
    assert signed_in.get("/").headers["X-Frame-Options"] == "DENY"


def test_a_stranger_is_sent_to_sign_in(client):
    response = client.get("/")
    assert response.status_code == 302
    assert "login" in response.headers["Location"]


def test_an_unknown_address_is_told_in_our_own_words(signed_in):
    response = signed_in.get("/nowhere/")
    assert response.status_code == 404
    assert "Nothing is on at this address" in response.content.decode()


@override_settings(ROOT_URLCONF="tests.studio.test_security")
def test_a_crash_shows_our_page_and_nothing_of_the_cause():
    response = Client(raise_request_exception=False).get("/broken/")
    assert response.status_code == 500
    assert "The curtain is stuck" in response.content.decode()
    assert "secret-of-the-house" not in response.content.decode()


@override_settings(ROOT_URLCONF="tests.studio.test_security")
def test_the_page_of_a_crash_asks_no_database(django_assert_num_queries):
    client = Client(raise_request_exception=False)
    with django_assert_num_queries(0):
        assert client.get("/broken/").status_code == 500


def test_a_form_without_its_token_is_refused_in_our_own_words():
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory())
    response = client.post("/")
    assert response.status_code == 403
    assert "open for too long" in response.content.decode()
