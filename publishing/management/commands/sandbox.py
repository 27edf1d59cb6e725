"""All platforms on this machine, for trying things out without keys."""

import argparse
import shutil
import sqlite3
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from studio.sandbox.server import running


class Command(BaseCommand):
    help = "Run the sandbox: nine platforms on one port, as strict as the real ones, until Ctrl-C."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen at")
        parser.add_argument("--port", type=int, default=8090)
        parser.add_argument("--folder", type=Path, help="where it keeps its state")
        parser.add_argument("--reset", action="store_true", help="forget everything first")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"] or Path(settings.DATA_DIR) / "sandbox"
        if not 0 <= options["port"] < 65536:
            raise CommandError("A --port is a number below 65536.")
        try:
            if options["reset"]:
                _empty(folder)
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise CommandError(f"{folder} cannot be its folder: {e.strerror}.") from e
        try:
            with running(folder, host=options["host"], port=options["port"]) as sandbox:
                self.stdout.write(f"The sandbox is at {sandbox.url} and keeps {folder}.")
                self.stdout.write(f"In .env:\n\n    SANDBOX_URL={sandbox.url}\n")
                self.stdout.flush()
                threading.Event().wait()
        except OSError as e:
            raise CommandError(
                f"{options['host']}:{options['port']} cannot be used: {e.strerror}."
            ) from e
        except sqlite3.Error as e:
            raise CommandError(f"{folder} cannot be its folder: {e}.") from e
        except KeyboardInterrupt:
            self.stdout.write("The sandbox has stopped.")


def _empty(folder: Path) -> None:
    """Delete a sandbox's folder, and no other."""
    if not folder.exists():
        return
    if any(folder.iterdir()) and not (folder / "sandbox.sqlite3").exists():
        raise CommandError(f"{folder} is not a sandbox's folder; nothing was deleted.")
    shutil.rmtree(folder)
