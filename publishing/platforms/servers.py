"""Addresses of servers that a creator typed or a platform named: only public ones over https.

Otherwise whoever may connect an account could make this machine call its own network.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from publishing.platforms.errors import NotSent, Rejected
from publishing.platforms.hosts import host, is_double


def server_address(typed: str, setting: str, *, look_up: bool = True) -> str:
    """`https://host` of what was typed, or the double that stands in for `setting`.

    typed: with or without https://, or @name@host; empty: the setting's own address.
    setting: key of hosts.HOSTS. When the operator points it elsewhere, that address is trusted.
    look_up: ask the name service, too, that the name is not one of a private network.

    Raises Rejected for what is no public server, NotSent when the name is unknown now.
    """
    typed = typed.strip().rstrip("/")
    if not typed:
        return host(setting)
    if is_double(setting) and typed in (host(setting), host(setting).partition("://")[2]):
        return host(setting)
    if "://" not in typed:
        typed = "https://" + typed.rpartition("@")[2]
    try:
        parts = urlsplit(typed)
        name, port = parts.hostname or "", parts.port
    except ValueError as e:
        raise _not_a_server(typed) from e
    if parts.scheme != "https":
        raise Rejected("The server's address must begin with https://.")
    extra = parts.path or parts.query or parts.fragment or "@" in parts.netloc
    if extra or "." not in name or not name.isascii() or " " in name:
        raise _not_a_server(typed)
    if is_double(setting):
        raise Rejected(f"This installation is set to talk to {host(setting)} only, not to {name}.")
    if _is_address(name) or name.endswith((".local", ".internal", ".localhost")):
        raise Rejected(f"{name} is not a public server.")
    if look_up:
        _look_up(name)
    return f"https://{name}" + (f":{port}" if port and port != 443 else "")


def _not_a_server(typed: str) -> Rejected:
    return Rejected(
        f"{typed[:80]} is not a server's address; it looks like https://example.social."
    )


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        # 127.1 and 0x7f.1 are addresses to a resolver as well.
        return name.replace(".", "").isdigit() or name.rpartition(".")[2].startswith("0x")
    return True


def _look_up(name: str) -> None:
    try:
        found = socket.getaddrinfo(name, 443, type=socket.SOCK_STREAM)
    except UnicodeError as e:  # a part of the name is empty or longer than 63 letters
        raise _not_a_server(name) from e
    except OSError as e:
        raise NotSent(f"No server named {name} can be found.", reply=str(e)) from e
    addresses = {str(info[4][0]).partition("%")[0] for info in found}
    if not all(ipaddress.ip_address(address).is_global for address in addresses):
        raise Rejected(f"{name} is not a public server.")
