"""What a person sees of vendors on the sandbox's page."""

import re

import pytest
import requests

from tests.studio.sandbox.vendors.asking import Asker, downloaded
from tests.studio.sandbox.vendors.test_sync import order


@pytest.fixture
def ask(at_once):
    return Asker(f"{at_once.url}/sync", {"x-api-key": "sandbox-key"})


def page(sandbox):
    return requests.get(sandbox.url, timeout=9).text


def test_orders_stand_below_the_platforms(sandbox, ask, clip, voice, tmp_path):
    for _ in range(2):
        id = order(ask, clip, voice(0.6)).json()["id"]
    shown = page(sandbox)
    assert shown.index("Mastodon") < shown.index("Vendors") < shown.index("Faults")
    assert "2 paid orders" in shown
    assert "waits to be asked for" in shown
    ask.get(f"/v2/generate/{id}")
    shown = page(sandbox)
    row = re.search(rf"<tr>(?:(?!</tr>).)*{id}.*?</tr>", shown)[0]
    assert "Sync.so" in row
    assert "2 ×" in row
    link = re.search(r'href="(/sync/_results/[^"]+)"', row)[1]
    assert downloaded(sandbox.url + link, tmp_path).has_sound


def test_vendors_have_no_feed(sandbox):
    headings = re.findall(r"<h2>([^<]+)", page(sandbox))
    assert "Vendors " in headings
    assert not any("Sync" in one or "Hedra" in one for one in headings)


def test_endings_are_chosen_and_taken_back(sandbox, ask, clip, voice):
    def press(path, **form):
        return requests.post(sandbox.url + path, data=form, timeout=9, allow_redirects=False)

    assert press("/ending", vendor="sync", ending="refuse").status_code == 303
    id = order(ask, clip, voice(0.6)).json()["id"]
    assert ask.get(f"/v2/generate/{id}").json()["status"] == "REJECTED"
    shown = page(sandbox)
    assert "moderation refuses it" in shown
    assert "failed: The content was flagged" in shown
    assert press("/no-ending", rule="sync.outcome").status_code == 303
    assert "sync.outcome" not in sandbox.rules()
    assert press("/ending", vendor="x", ending="refuse").status_code == 400
    assert press("/no-ending", rule="x.fate").status_code == 400


def test_faults_can_be_ordered_for_vendors(sandbox):
    assert '<option value="sync">Sync.so</option>' in page(sandbox)
