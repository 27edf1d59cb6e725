"""What the sandbox remembers: documents, uploads, what the audience sees, its clock."""

import copy
import datetime as dt
import hashlib
import itertools
import json
import random
import shutil
import sqlite3
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.sandbox.bodies import BLOCK, Source
from studio.sandbox.faults import Faults

Document = dict[str, Any]

TABLES = """
create table if not exists documents (
    platform text not null, kind text not null, id text not null, data text not null,
    primary key (platform, kind, id));
create table if not exists posts (
    serial integer primary key, platform text not null, account text not null,
    post_id text not null, text text not null, media_sha256 text not null,
    ai_label integer not null, made_at real not null, visible_at real, flags text not null,
    unique (platform, post_id));
create index if not exists posts_of_account on posts (platform, account);
create table if not exists settings (name text primary key, value text not null);
"""


class Sandbox:
    """The state of all platforms, seen by one of them: `sandbox.of("tiktok")`.

    Documents are JSON objects under (platform, kind, id). Every call is safe from any thread;
    hold `lock` around what must be one step.
    """

    # Set by the server: its address, and what makes the accounts of the beginning.
    url: str
    seed: Callable[[], None]

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self._clock = clock  # what the sandbox's own is set against
        self.platform = ""
        self.lock = threading.RLock()
        self.faults = Faults()
        self.log: deque[Document] = deque(maxlen=500)  # requests, newest last
        self.calls: Counter[str] = Counter()  # per platform, and "all"
        self.crashes: list[str] = []  # handlers that raised: bugs of the sandbox itself
        self._uploads = folder / "uploads"
        self._uploads.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(
            folder / "sandbox.sqlite3", check_same_thread=False, isolation_level=None
        )
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=off")
        self._db.executescript(TABLES)
        self._settings = {
            row["name"]: json.loads(row["value"])
            for row in self._db.execute("select name, value from settings")
        }
        self._serial = itertools.count(time.time_ns() // 1_000_000)

    def of(self, platform: str) -> "Sandbox":
        """The same state as that platform sees it."""
        found = copy.copy(self)
        found.platform = platform
        return found

    def close(self) -> None:
        with self.lock:
            self._db.close()

    def reset(self, *, keep_made: bool = False) -> None:
        """As if it had just been started in an empty folder.

        keep_made: what the doubles of vendors rendered stays, for whoever orders the same again.
        """
        with self.lock:
            for table in ("documents", "posts", "settings"):
                self._db.execute(f"delete from {table}")
            self._settings.clear()
            self.faults.clear()
            self.log.clear()
            self.calls.clear()
            self.crashes.clear()
            shutil.rmtree(self._uploads, ignore_errors=True)
            self._uploads.mkdir(exist_ok=True)
            if not keep_made:
                shutil.rmtree(self.folder / "made", ignore_errors=True)
            self.seed()

    # The clock

    def time(self) -> float:
        """Seconds since 1970 by the sandbox's clock."""
        return self._clock() + float(self._settings.get("clock.offset_s", 0))

    def now(self) -> dt.datetime:
        """The same in UTC."""
        return dt.datetime.fromtimestamp(self.time(), dt.UTC)

    def advance(self, seconds: float) -> None:
        """Move the clock; backwards with a negative number."""
        with self.lock:
            self._set("clock.offset_s", float(self._settings.get("clock.offset_s", 0)) + seconds)

    # Rules: how a platform behaves

    def rule(self, name: str, default: Any) -> Any:
        """A switch such as "tiktok.audited", or the default while nobody set it."""
        return self._settings.get(f"rule.{name}", default)

    def set_rule(self, name: str, value: Any) -> None:
        """None takes the rule back."""
        with self.lock:
            self._set(f"rule.{name}", value)

    def rules(self) -> dict[str, Any]:
        with self.lock:
            return {
                name.removeprefix("rule."): value
                for name, value in self._settings.items()
                if name.startswith("rule.")
            }

    def _set(self, name: str, value: Any) -> None:
        if value is None:
            self._settings.pop(name, None)
            self._db.execute("delete from settings where name = ?", [name])
            return
        self._settings[name] = value
        self._db.execute(
            "insert or replace into settings values (?, ?)", [name, json.dumps(value)]
        )

    # Documents

    def new_id(self, prefix: str = "") -> str:
        """Unused so far, digits behind the prefix; later ones are greater."""
        return f"{prefix}{next(self._serial)}{random.randrange(10**4):04}"

    def put(self, kind: str, id: str, /, **data: Any) -> Document:
        """Store a document, in place of the one under that id if there is one."""
        with self.lock:
            self._db.execute(
                "insert or replace into documents values (?, ?, ?, ?)",
                [self.platform, kind, id, json.dumps({**data, "id": id})],
            )
        return {**data, "id": id}

    def change(self, kind: str, id: str, /, **data: Any) -> Document:
        """Change some keys of a document that exists. Raises KeyError when it does not."""
        with self.lock:
            found = self.get(kind, id)
            if found is None:
                raise KeyError(f"{kind} {id}")
            found.update(data)
            return self.put(kind, id, **found)

    def get(self, kind: str, id: str) -> Document | None:
        with self.lock:
            row = self._db.execute(
                "select data from documents where platform = ? and kind = ? and id = ?",
                [self.platform, kind, id],
            ).fetchone()
        return json.loads(row["data"]) if row else None

    def find(self, kind: str, /, **equals: Any) -> list[Document]:
        """All documents of a kind whose keys have these values, oldest first."""
        with self.lock:
            rows = self._db.execute(
                "select data from documents where platform = ? and kind = ? order by rowid",
                [self.platform, kind],
            ).fetchall()
        found = (json.loads(row["data"]) for row in rows)
        return [one for one in found if all(one.get(k) == v for k, v in equals.items())]

    def delete(self, kind: str, id: str) -> None:
        with self.lock:
            self._db.execute(
                "delete from documents where platform = ? and kind = ? and id = ?",
                [self.platform, kind, id],
            )

    # Uploads

    def upload_path(self, id: str) -> Path:
        """Where the bytes of an upload lie; nothing is there before the first."""
        name = hashlib.sha256(f"{self.platform}/{id}".encode()).hexdigest()[:32]
        return self._uploads / name

    def spare_path(self) -> Path:
        """A file of nobody's yet."""
        return self._uploads / self.new_id("spare-")

    def upload_size(self, id: str) -> int:
        path = self.upload_path(id)
        return path.stat().st_size if path.exists() else 0

    def save_upload(self, id: str, stream: Source, offset: int = 0) -> int:
        """Write a stream into the upload, from that byte on, as it comes in.

        Returns how many bytes were stored. What arrived before a caller went away stays.
        """
        path = self.upload_path(id)
        stored = 0
        with path.open("r+b" if path.exists() else "w+b") as out:
            out.seek(offset)
            while block := stream.read(BLOCK):
                out.write(block)
                stored += len(block)
        return stored

    def drop_upload(self, id: str) -> None:
        self.upload_path(id).unlink(missing_ok=True)

    # What the audience sees

    def publish(
        self,
        platform: str,
        account: str,
        post_id: str,
        text: str,
        media_sha256: str,
        ai_label: bool,
        *,
        visible_at: float | None = -1,
        **flags: Any,
    ) -> Document:
        """Show a post. visible_at: by this clock; None: not public; by default now.

        Flags the page knows: media_path, cover_path, permalink, title, note (a line below the
        post). Raises sqlite3.IntegrityError when the platform has that post already.
        """
        now = self.time()
        with self.lock:
            self._db.execute(
                "insert into posts (platform, account, post_id, text, media_sha256, ai_label,"
                " made_at, visible_at, flags) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    platform,
                    account,
                    post_id,
                    text,
                    media_sha256,
                    ai_label,
                    now,
                    now if visible_at == -1 else visible_at,
                    json.dumps(flags),
                ],
            )
        found = self.post(platform, post_id)
        assert found is not None
        return found

    def change_post(self, platform: str, post_id: str, **changes: Any) -> Document:
        """Change text, ai_label, visible_at (None: no longer public) or flags. KeyError: none."""
        with self.lock:
            found = self.post(platform, post_id)
            if found is None:
                raise KeyError(post_id)
            columns = {k: changes.pop(k, found[k]) for k in ("text", "ai_label", "visible_at")}
            self._db.execute(
                "update posts set text = ?, ai_label = ?, visible_at = ?, flags = ?"
                " where platform = ? and post_id = ?",
                [*columns.values(), json.dumps(found["flags"] | changes), platform, post_id],
            )
            return self.post(platform, post_id) or {}

    def delete_post(self, platform: str, post_id: str) -> None:
        with self.lock:
            self._db.execute(
                "delete from posts where platform = ? and post_id = ?", [platform, post_id]
            )

    def post(self, platform: str, post_id: str) -> Document | None:
        with self.lock:
            row = self._db.execute(
                "select * from posts where platform = ? and post_id = ?", [platform, post_id]
            ).fetchone()
        return _post(row) if row else None

    def posts(
        self, platform: str = "", account: str = "", *, hidden: bool = False
    ) -> list[Document]:
        """What the audience sees, oldest first; hidden: also what it does not see (yet)."""
        wanted, values = ["1"], []
        for column, value in (("platform", platform), ("account", account)):
            if value:
                wanted.append(f"{column} = ?")
                values.append(value)
        with self.lock:
            rows = self._db.execute(
                f"select * from posts where {' and '.join(wanted)} order by serial", values
            ).fetchall()
        now = self.time()
        found = [_post(row) for row in rows]
        return [
            one
            for one in found
            if hidden or (one["visible_at"] is not None and one["visible_at"] <= now)
        ]

    # For tests, beside the clock and the rules

    def fault(self, kind: str, **match: Any) -> None:
        """Let calls fail: see `faults.Fault`."""
        self.faults.add(kind=kind, **match)


def _post(row: sqlite3.Row) -> Document:
    found = dict(row)
    found["flags"] = json.loads(found["flags"])
    found["ai_label"] = bool(found["ai_label"])
    del found["serial"]
    return found


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
