"""How much memory a large film takes on its way out: `prepare` in a process of its own."""

import functools
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from benchmarks.publishing import stage
from studio.sandbox.server import running
from studio.sandbox.state import Sandbox

FLAT_MB = 24  # growth that is not the file's: buffers, TLS, JSON


def measure(megabytes: int) -> bool:
    """Print each client's growth while it sends a film of that size. Whether all stay flat."""
    fine = True
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        film = folder / "film.mp4"
        stage.film(film, 1, megabytes * 10**6 - 1000)
        with running(folder / "sandbox") as sandbox:
            print(f"A film of {megabytes} MB; growth of the process that sends it:")
            for name in stage.platforms():
                grown = _one(sandbox, name, film)
                _must_have_come(sandbox, film)
                fine &= grown <= FLAT_MB
                print(f"  {name:20} {grown:6.1f} MB{'' if grown <= FLAT_MB else '  NOT FLAT'}")
            print(f"  the sandbox's own peak: {_peak_mb():.0f} MB")
    return fine


def _one(sandbox: Sandbox, name: str, film: Path) -> float:
    place = stage.account(sandbox, name, 999)
    asked = {"film": str(film), **place}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.publishing.memory", json.dumps(asked)],
        env={**os.environ, "SANDBOX_URL": sandbox.url},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr[-3000:]}")
    return float(done.stdout.split()[-1])


def _must_have_come(sandbox: Sandbox, film: Path) -> None:
    """All of the film lies in the sandbox, in one piece or several; it is cleared away."""
    stored = 0
    for path in (sandbox.folder / "uploads").iterdir():
        stored += path.stat().st_size
        path.unlink()
    if stored < film.stat().st_size:
        raise SystemExit(f"Only {stored} bytes came.")


def _send(asked: dict[str, str]) -> float:
    """Log in, send a small film to warm up, then the large one. Growth of the peak in MB."""
    from benchmarks.publishing.logins import log_in
    from publishing.platforms import platform
    from publishing.platforms.base import Connection, Media, Text

    large = Path(asked["film"])
    grant = log_in(asked["platform"], asked["external_id"], asked["login"])
    client = platform(asked["platform"])(
        Connection(
            external_id=asked["external_id"],
            access_token=grant.tokens.access,
            username=grant.profile.username,
            server=grant.profile.server,
            options=asked["options"],
        )
    )
    small = large.with_name(f"small-{asked['platform']}.mp4")
    stage.film(small, 2)
    handler = functools.partial(_Quiet, directory=str(large.parent))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def media(path: Path) -> Media:
        return Media(
            video=path,
            duration_ms=stage.DURATION_MS,
            width=1080,
            height=1920,
            size_bytes=path.stat().st_size,
            sha256="",
            video_url=f"http://127.0.0.1:{server.server_address[1]}/{path.name}",
        )

    client.prepare("warm", media(small), Text(caption="Small"))
    before = _peak_mb()
    handle = client.prepare("large", media(large), Text(caption="Large"))
    if client.capabilities.commit_sends_video:  # the last part is what publishes
        client.commit("large", {**handle, "video": str(large)})
    return _peak_mb() - before


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def _peak_mb() -> float:
    """The most memory this process ever had. Not getrusage's, which a child takes over from its
    parent.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return int(kilobytes) / 1024


if __name__ == "__main__":
    print(_send(json.loads(sys.argv[1])))
