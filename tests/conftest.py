"""What every test gets: files of its own, no network but this machine's."""

from pathlib import Path

import matplotlib
import pytest
from pytest_socket import socket_allow_hosts

pytest_plugins = ["tests.sandboxes"]
TOUCHES_DATABASE = {"db", "transactional_db", "django_db_setup"}


def pytest_addoption(parser):
    parser.addoption(
        "--only-database",
        action="store_true",
        help="leave out the tests that ask no database anything: they pass on any",
    )


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--only-database"):
        return
    kept = [item for item in items if _asks_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


def _asks_database(item) -> bool:
    """Whether it uses Django's database, or real processes that do."""
    uses = TOUCHES_DATABASE & set(item.fixturenames) or item.get_closest_marker("django_db")
    things = vars(item.module).values()
    return bool(uses) or any(
        getattr(thing, "__module__", "") == "tests.installation" for thing in things
    )


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
