"""The same tests on PostgreSQL and with Redis as the broker: `python -m tests.databases`.

Elsewhere than in CI a server that is not running is said to be missing and its tests are skipped;
under CI they may not be.
"""

import os
import subprocess
import sys

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


def run(title: str, *arguments: str, **env: str) -> None:
    sys.stdout.write(f"--- {title}\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    code = subprocess.run(command, env={**os.environ, **env}, check=False).returncode
    if code:
        sys.exit(code)


def main() -> None:
    if postgres_answers():
        run(
            "The apps' tests on PostgreSQL",
            *(
                "-m",
                "not browser",
                "-n",
                "2",
                "--dist",
                "loadgroup",
                "--only-database",
                "--ignore=tests/avatar/engine",
            ),
            *("tests/studio", "tests/creators", "tests/scripts_gen", "tests/avatar"),
            *("tests/publishing", "tests/test_tick.py", "tests/test_clusters.py"),
            DATABASE_URL=POSTGRES,
        )
    if redis_answers():
        run("The clusters with Redis as their broker", "tests/test_clusters.py", REDIS_URL=REDIS)


if __name__ == "__main__":
    main()
