"""What every test gets: files of its own, no network but this machine's."""

from pathlib import Path

import matplotlib
import pytest
from pytest_socket import socket_allow_hosts


@pytest.fixture(autouse=True)
def _only_this_machine():
    """HTTP clients talk to doubles over real loopback sockets; every other address is refused."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.POSTED_DIR = tmp_path / "posted"
    settings.DATA_DIR = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick ones
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": str(tmp_path),  # no test remembers another's
        }
    }


@pytest.fixture(scope="session")
def hopper() -> Path:
    """A frontal portrait, 512x600: Grace Hopper, US Navy, public domain."""
    return Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
