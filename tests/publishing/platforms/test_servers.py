"""Which servers this machine lets itself be sent to."""

import socket

import pytest

from publishing.platforms.errors import NotSent, Rejected
from publishing.platforms.servers import server_address


@pytest.fixture
def names(monkeypatch):
    """The name service of these tests."""
    known = {"example.social": "93.184.215.14", "inside.example": "10.0.0.7"}

    def look_up(name, *_, **__):
        if name not in known:
            raise socket.gaierror("unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known[name], 443))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("example.social", "https://example.social"),
        (" https://Example.social/ ", "https://example.social"),
        ("@anna@example.social", "https://example.social"),
        ("https://example.social:8443", "https://example.social:8443"),
        ("", "https://mastodon.social"),
    ],
)
def test_a_public_server_is_taken(names, typed, address):
    assert server_address(typed, "MASTODON_URL") == address


@pytest.mark.parametrize(
    "typed",
    [
        "http://example.social",
        "https://user:pass@example.social",
        "https://example.social/path",
        "https://example.social?x=1",
        "localhost",
        "127.0.0.1",
        "https://[::1]",
        "2130706433.1",
        "0x7f.0x1",
        "printer.local",
        "inside.example",
        "exa mple.social",
        "https://example.social:port",
        "file:///etc/passwd",
        "ⓛocalhost.example",
    ],
)
def test_anything_else_is_refused(names, typed):
    with pytest.raises(Rejected):
        server_address(typed, "MASTODON_URL")


def test_a_name_nobody_knows_can_be_tried_again(names):
    with pytest.raises(NotSent, match=r"other\.example"):
        server_address("other.example", "MASTODON_URL")


def test_only_the_operator_can_point_to_a_private_server(monkeypatch):
    monkeypatch.setenv("SANDBOX_URL", "http://127.0.0.1:8090")
    sandbox = "http://127.0.0.1:8090/mastodon"
    assert server_address("", "MASTODON_URL") == sandbox
    assert server_address(sandbox, "MASTODON_URL") == sandbox
    assert server_address("127.0.0.1:8090/mastodon", "MASTODON_URL") == sandbox
    for other in ("http://127.0.0.1:8091/mastodon", "https://example.social"):
        with pytest.raises(Rejected):
            server_address(other, "MASTODON_URL")


@pytest.mark.parametrize("typed", ["a" * 64 + ".example", "example..social", ".example"])
def test_what_the_name_service_cannot_even_be_asked_is_refused(typed):
    with pytest.raises(Rejected, match="is not a server's address"):
        server_address(typed, "MASTODON_URL")
