"""Whatever a browser sends: an answer, never a crash; and nobody reaches another one's rows."""

import sys

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import QueryDict
from django.test.client import BOUNDARY, encode_multipart
from django.urls import reverse

from tests.factories import CreatorFactory, UserFactory
from tests.studio.pages import Page
from tests.studio.test_pages import FOR_STRANGERS, address, fill, patterns

pytestmark = pytest.mark.django_db

ODD = {
    "nul": "a\x00b",  # PostgreSQL takes it nowhere
    "digits": "9" * 5000,  # more than int() reads
    "other digits": "٩" * 20,
    "no number": "nan",
    "far future": "9999-12-31",
    "far past": "0001-01-01T00:00",
    "no week": "0000-W99",
    "a path": "../../etc/passwd",
    "markup": "\"'><script>alert(1)</script>{{ 7 }}{% debug %}",
    "a header": "a\r\nSet-Cookie: b=c\r\n\r\nd",
    "turned around": "\u202egnp.exe",
    "very long": "word " * 40_000,
}
FROM_A_LOGIN = ("state", "code", "error", "error_description")  # taken as a whole
SENT = ("face", "note", "next", "creator", "week", "write", "seen", "agree", "when", "caption")


@pytest.fixture
def read(monkeypatch) -> set[tuple[str, str]]:
    """What pages read from queries and forms, as they read it: names, and the lines of ours."""
    found: set[tuple[str, str]] = set()

    def noting(method):
        def noted(self, *names):
            frame = sys._getframe(1)
            while "site-packages" in frame.f_code.co_filename:
                frame = frame.f_back
            line = f"{frame.f_code.co_filename}:{frame.f_lineno}"
            found.update((name, line) for name in names[:1] or FROM_A_LOGIN)
            return method(self, *names)

        return noted

    for method in ("__getitem__", "__contains__", "getlist", "dict"):
        monkeypatch.setattr(QueryDict, method, noting(getattr(QueryDict, method)))
    return found


@pytest.fixture
def signed_in(client):
    client.user = UserFactory()
    client.force_login(client.user)
    return client


def finish(response):
    """A served file would stay open. (Closing a page twice would close the database.)"""
    assert response.status_code < 500
    if response.streaming:
        b"".join(response)


def send(client, url, sent):
    """Send it, see that there is an answer, and undo what it did: the next form needs the rows."""
    with transaction.atomic():
        finish(client.post(url, sent))
        transaction.set_rollback(True)


def addresses(rows):
    found = (address(pattern, rows) for pattern in patterns() if pattern.name != "logout")
    return [url for url in found if url]


def fields(client, url):
    """What the form at this address holds as it stands: {name: value}."""
    response = client.get(url)
    page = Page("" if response.streaming else response.content.decode())
    finish(response)
    found = {}
    for tag in page.all("input", "textarea", "select"):
        kind, value = tag.attrs.get("type"), tag.attrs.get("value", "")
        if tag.name == "select":
            options = [option for option in page.all("option") if tag in option.above()]
            chosen = [option for option in options if "selected" in option.attrs] or options[:1]
            value = chosen[0].attrs.get("value", "") if chosen else ""
        elif tag.name == "textarea":
            value = "".join(filter(lambda child: isinstance(child, str), tag.children)).strip()
        elif kind in ("radio", "checkbox") and "checked" not in tag.attrs:
            continue
        found[tag.attrs.get("name", "")] = value
    return found


def test_no_address_crashes_whatever_its_query_says(signed_in, read):
    rows = fill(signed_in.user)
    CreatorFactory(owner=signed_in.user)  # with two there is a choice to be made
    tried = set()
    for pattern in patterns():
        if not (url := address(pattern, rows)):
            continue
        read.clear()
        finish(signed_in.get(url))
        if read <= tried:  # nothing, or what all pages ask at the same place
            continue
        for odd in ODD.values():
            response = signed_in.get(url, {name: odd for name, _ in read})
            finish(response)
            if pattern.name in FOR_STRANGERS:
                assert "://" not in response.headers.get("Location", "")
        tried |= read
    asked = {name for name, _ in tried}
    assert {"creator", "week", "month", "page", "state", "next", "code"} <= asked


def forms(client, rows, read):
    """(address, what its form holds) where a form is read; `read` has what was."""
    for url in addresses(rows):
        right = fields(client, url)
        read.clear()
        send(client, url, {})
        send(client, url, right)
        if read:
            yield url, right


def test_no_form_crashes_whatever_stands_in_all_of_its_fields(signed_in, read):
    sent = set()
    for url, _ in forms(signed_in, fill(signed_in.user), read):
        for odd in ODD.values():
            send(signed_in, url, {name: odd for name, _ in read})
        sent |= {name for name, _ in read}
    assert {"note", "topic", "caption", "person", "agree", "face", "live", "key"} <= sent


def test_no_form_crashes_because_of_one_of_its_fields(signed_in, read):
    """The rest of it is right, so that what is odd gets further."""
    tried = set()
    for url, right in forms(signed_in, fill(signed_in.user), read):
        new = read - tried
        for name in {name for name, _ in new}:
            for odd in ("nul", "digits"):
                send(signed_in, url, {**right, name: ODD[odd]})
        tried |= new


@pytest.mark.parametrize("kind", ["multipart/form-data", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("charset", ["base64", "rot13", "utf-16", "none"])
def test_a_form_that_claims_an_odd_charset_is_read_as_utf8(signed_in, kind, charset):
    body = encode_multipart(BOUNDARY, {"name": "Zoë"}) if "multi" in kind else b"name=Zo%C3%AB"
    content_type = f"{kind}; charset={charset}; boundary={BOUNDARY}"
    response = signed_in.generic("POST", reverse("pillar-create"), body, content_type)
    assert response.status_code == 302  # first a creator
    CreatorFactory(owner=signed_in.user)
    response = signed_in.generic("POST", reverse("pillar-create"), body, content_type)
    assert response.status_code == 422
    assert "Zoë" in response.text


def test_another_owner_can_neither_see_nor_change_a_row(signed_in):
    """Every address with a row in it, asked and sent to with all its fields."""
    rows = fill(UserFactory())
    before = {
        name: type(row).objects.filter(pk=row.pk).values().get() for name, row in rows.items()
    }
    asked = 0
    for pattern in patterns():
        if not pattern.pattern.converters or pattern.name == "connect-callback":
            continue  # the latter names no row; what comes back is looked up by its state
        url = address(pattern, rows)
        sent = {**dict.fromkeys(SENT, "1"), "photo": SimpleUploadedFile("me.jpg", b"x")}
        for response in (signed_in.get(url), signed_in.post(url, sent)):
            assert response.status_code in (404, 405), f"{url}: {response.status_code}"
        answers = {signed_in.get(url).status_code, signed_in.post(url, sent).status_code}
        assert 404 in answers, url
        asked += 1
    assert asked > 30
    after = {
        name: type(row).objects.filter(pk=row.pk).values().get() for name, row in rows.items()
    }
    assert after == before


@pytest.mark.parametrize("name", ["note-create", "slot-create", "pillar-create", "account-create"])
def test_nothing_can_be_added_to_another_owners_creator(signed_in, name):
    theirs, mine = CreatorFactory(), CreatorFactory(owner=signed_in.user)
    CreatorFactory(owner=signed_in.user)
    known = fields(signed_in, reverse(name))
    words = {"text": "Bread needs time.", "name": "Bread", "date": "2027-01-01", "part": "morning"}
    url = reverse(name) + f"?creator={theirs.handle}"
    response = signed_in.post(url, {**known, "weight": "1", **words, "creator": str(theirs.pk)})
    assert response.status_code == 422
    for rows in (theirs.notes, theirs.slots, theirs.pillars, theirs.accounts):
        assert not rows.exists()
    assert mine.pk != theirs.pk
