#!/usr/bin/env python
"""Django's command line."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
    if sys.argv[1:2] == ["qcluster"] and "-n" in sys.argv[:-1]:
        # django-q reads its settings when it is imported, so on Linux its own `-n` comes too late.
        os.environ["Q_CLUSTER_NAME"] = sys.argv[sys.argv.index("-n") + 1]
    for given in sys.argv[1:]:
        if not given.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in given):
            shown = given.encode("utf-8", "replace").decode()
            sys.exit(f"“{shown[:80]}” is not written in UTF-8.")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
