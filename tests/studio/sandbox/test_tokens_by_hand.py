"""A token made over the admin addresses may do what a login's may."""

import pytest
import requests

from publishing.platforms import platform
from publishing.platforms.base import Connection


@pytest.mark.parametrize(
    "name",
    [
        "instagram",
        "threads",
        "facebook",
        "tiktok",
        "youtube",
        "linkedin",
        "x",
        "bluesky",
        "mastodon",
    ],
)
def test_it_says_whose_it_is(sandbox, name):
    accounts = requests.get(f"{sandbox.url}/_admin/accounts", {"platform": name}, timeout=5).json()
    account = next(one for one in accounts if not (name == "facebook" and one["id"][:4] == "1022"))
    made = requests.post(
        f"{sandbox.url}/_admin/tokens",
        json={"platform": name, "account": account["id"]},
        timeout=5,
    ).json()
    server = f"{sandbox.url}/{name}" if name in ("bluesky", "mastodon") else ""
    client = platform(name)(Connection(account["id"], made["token"], server=server))
    assert client.whoami().external_id == account["id"]
