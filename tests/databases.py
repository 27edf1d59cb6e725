"""The same tests on PostgreSQL and with Redis as the broker: `python -m tests.databases`.

Elsewhere than in CI a server that is not running is said to be missing and its tests are skipped;
under CI they may not be.
"""

import os
import subprocess
import sys
from collections.abc import Callable

import psycopg
import redis

POSTGRES = os.environ.get("TEST_DATABASE_URL", "postgres://root@127.0.0.1:5432/postgres")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/13")


def postgres_answers() -> bool:
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.OperationalError as e:
        return missing("PostgreSQL", POSTGRES, e)
    return True


def redis_answers() -> bool:
    try:
        redis.Redis.from_url(REDIS, socket_connect_timeout=3).ping()
    except redis.RedisError as e:
        return missing("Redis", REDIS, e)
    return True


def missing(name: str, url: str, error: Exception) -> bool:
    sys.stdout.write(f"{name} tests were SKIPPED: nothing answers at {url} ({error}).\n")
    if os.environ.get("CI"):
        sys.exit(f"{name} tests may not be skipped in CI.")
    return False


def tests(title: str, *arguments: str, **env: str) -> Callable[[], None]:
    """Start pytest. What is returned waits for it and prints what it said; it ends with it if it
    failed.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", *arguments],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )

    def finish() -> None:
        said, _ = process.communicate()
        sys.stdout.write(f"--- {title}\n{said.decode(errors='replace')}")
        sys.stdout.flush()
        if process.returncode:
            sys.exit(process.returncode)

    return finish


def main() -> None:
    """Both at the same time: the clusters wait more than they work."""
    has_postgres, has_redis = postgres_answers(), redis_answers()
    started = []
    if has_postgres:
        started.append(tests(
            "The apps' tests on PostgreSQL",
            *("-m", "not browser", "-n", "2", "--dist", "loadgroup", "--only-database"),
            *("--ignore=tests/avatar/engine", "tests/studio", "tests/creators"),
            *("tests/scripts_gen", "tests/avatar", "tests/publishing", "tests/test_tick.py"),
            DATABASE_URL=POSTGRES,
        ))  # fmt: skip
    if has_redis:
        # As agencies have it: both. On SQLite alone they run with all other tests.
        both = {"REDIS_URL": REDIS} | ({"DATABASE_URL": POSTGRES} if has_postgres else {})
        started.append(
            tests("The clusters with Redis as their broker", "tests/test_clusters.py", **both)
        )
    for finish in started:
        finish()


if __name__ == "__main__":
    main()
