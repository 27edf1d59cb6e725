"""A large reel passes through without ever being in memory as a whole."""

import dataclasses
import tracemalloc

import pytest

from publishing.platforms import PLATFORMS, platform
from publishing.platforms.base import Text
from tests.publishing.platforms.stages import connected

pytestmark = pytest.mark.enable_socket
MB = 2**20
SENT_TO = sorted(
    name
    for name in PLATFORMS
    if name != "folder" and not platform(name).capabilities.needs_public_url
)


@pytest.mark.parametrize("name", SENT_TO)
def test_a_large_reel_streams(name, sandbox, film, media, tmp_path):
    with film.open("ab") as out:
        out.truncate(40 * MB)
    large = dataclasses.replace(media, size_bytes=40 * MB)
    client = platform(name)(connected(name, sandbox, tmp_path))
    tracemalloc.start()
    try:
        client.prepare("0123456789abcdef", large, Text("Words", title="Why?"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 24 * MB  # the sandbox's own included
