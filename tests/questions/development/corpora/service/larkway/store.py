"""Storage in one SQLite file.

Records are stored as JSON in one table per kind, with the few columns we search by
next to it. Good enough for thirty riders; `EXPLAIN` before you blame it.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Iterator

from larkway.errors import NotFound
from larkway.models import Delivery, Parcel, Rider, Sender, State

SCHEMA = """
create table if not exists delivery (
  id integer primary key, state text, window_start text, sender_id int, rider_id int, body text);
create index if not exists delivery_state on delivery(state, window_start);
create table if not exists rider (id integer primary key, on_shift int, body text);
create table if not exists sender (id integer primary key, email text unique, body text);
create table if not exists geo_cache (query text primary key, lat real, lon real, at text);
create table if not exists failed_login (email text, at text);
create table if not exists webhook_try (delivery_id int, sender_id int, at text, ok int);
"""


def _default(value):
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, State):
        return value.value
    raise TypeError(type(value))


def _time(text):
    return datetime.fromisoformat(text) if text else None


class Store:
    def __init__(self, path: str = ":memory:"):
        self._db = sqlite3.connect(path, check_same_thread=False, timeout=10)
        self._db.execute("pragma journal_mode=wal")
        self._db.executescript(SCHEMA)
        self._lock = threading.RLock()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._db
                self._db.commit()
            except BaseException:
                self._db.rollback()
                raise

    # deliveries ------------------------------------------------------------

    def save_delivery(self, d: Delivery) -> Delivery:
        body = json.dumps(asdict(d), default=_default)
        with self.transaction() as db:
            row = (d.id or None, d.state.value, d.window_start.isoformat(), d.sender_id, d.rider_id, body)
            cursor = db.execute("insert or replace into delivery values (?,?,?,?,?,?)", row)
            d.id = d.id or cursor.lastrowid
        return d

    def delivery(self, id: int) -> Delivery:
        row = self._db.execute("select id, body from delivery where id=?", (id,)).fetchone()
        if not row:
            raise NotFound(f"delivery {id}")
        return self._delivery(row)

    def deliveries(self, *states: State) -> list[Delivery]:
        marks = ",".join("?" * len(states))
        rows = self._db.execute(
            f"select id, body from delivery where state in ({marks}) order by window_start, id",
            [s.value for s in states],
        )
        return [self._delivery(row) for row in rows]

    def in_window(self, start: datetime) -> int:
        """How many parcels already sit in the window (held ones count)."""
        return self._db.execute(
            "select count(*) from delivery where window_start=? and state not in ('cancelled','returned')",
            (start.isoformat(),),
        ).fetchone()[0]

    @staticmethod
    def _delivery(row) -> Delivery:
        body = json.loads(row[1])
        body.update(id=row[0], parcel=Parcel(**body["parcel"]), state=State(body["state"]))
        for key in ("window_start", "held_at", "offered_at"):
            body[key] = _time(body[key])
        body["from_point"], body["to_point"] = tuple(body["from_point"]), tuple(body["to_point"])
        return Delivery(**body)

    # riders and senders ----------------------------------------------------

    def save_rider(self, r: Rider) -> Rider:
        with self.transaction() as db:
            cursor = db.execute(
                "insert or replace into rider values (?,?,?)",
                (r.id or None, int(r.on_shift), json.dumps(asdict(r), default=_default)),
            )
            r.id = r.id or cursor.lastrowid
        return r

    def riders_on_shift(self) -> list[Rider]:
        rows = self._db.execute("select id, body from rider where on_shift=1").fetchall()
        return [self._rider(row) for row in rows]

    def rider(self, id: int) -> Rider:
        row = self._db.execute("select id, body from rider where id=?", (id,)).fetchone()
        if not row:
            raise NotFound(f"rider {id}")
        return self._rider(row)

    @staticmethod
    def _rider(row) -> Rider:
        body = json.loads(row[1])
        body.update(id=row[0], seen_at=_time(body["seen_at"]))
        body["point"] = tuple(body["point"]) if body["point"] else None
        return Rider(**body)

    def save_sender(self, s: Sender) -> Sender:
        with self.transaction() as db:
            cursor = db.execute(
                "insert or replace into sender values (?,?,?)", (s.id or None, s.email.lower(), json.dumps(asdict(s)))
            )
            s.id = s.id or cursor.lastrowid
        return s

    def sender(self, id: int) -> Sender:
        row = self._db.execute("select id, body from sender where id=?", (id,)).fetchone()
        if not row:
            raise NotFound(f"sender {id}")
        return Sender(**{**json.loads(row[1]), "id": row[0]})

    def sender_by_email(self, email: str) -> Sender | None:
        row = self._db.execute("select id, body from sender where email=?", (email.lower(),)).fetchone()
        return Sender(**{**json.loads(row[1]), "id": row[0]}) if row else None

    # odds and ends -----------------------------------------------------------

    def execute(self, sql: str, *args) -> list[tuple]:
        with self.transaction() as db:
            return db.execute(sql, args).fetchall()
