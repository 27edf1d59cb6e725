"""One view answers a browser with a page and htmx with the part that changed."""

import pytest
from django.contrib import messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.test import RequestFactory

from studio.lib.htmx import STOP_POLLING, render_partial
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PAGE = "studio/today.html"


@pytest.fixture
def ask():
    def ask(htmx):
        request = RequestFactory().get("/")
        request.user, request.htmx = UserFactory(), htmx
        request._messages = CookieStorage(request)
        return request

    return ask


def test_a_browser_gets_the_whole_page(ask):
    response = render_partial(ask(False), PAGE, "making", {})
    assert b"<!DOCTYPE html>" in response.content


def test_htmx_gets_the_part_alone(ask):
    response = render_partial(ask(True), PAGE, "making", {})
    assert response.content.strip().startswith(b"<ul")


def test_a_cache_keeps_the_two_apart(ask):
    assert "HX-Request" in render_partial(ask(True), PAGE, "making", {}).headers["Vary"]


def test_a_message_reaches_the_page_that_htmx_changes(ask):
    request = ask(True)
    messages.success(request, "The script is approved.")
    content = render_partial(request, PAGE, "making", {}).content.decode()
    assert "The script is approved." in content
    assert 'id="messages"' in content
    assert 'hx-swap-oob="true"' in content


def test_without_a_message_nothing_else_on_the_page_is_touched(ask):
    assert b"hx-swap-oob" not in render_partial(ask(True), PAGE, "making", {}).content


def test_the_status_is_handed_through(ask):
    response = render_partial(ask(True), PAGE, "making", {}, status=STOP_POLLING)
    assert response.status_code == 286
