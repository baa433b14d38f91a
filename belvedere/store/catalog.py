"""The run index of a folder: one row a run with everything a filter can name. A cache: deleted, it is made anew from
the logs."""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from belvedere.core.errors import FilterError
from belvedere.store.filters import Both, Comparison, Condition, Either, Not, as_text, field_path, fields_of, holds
from belvedere.store.records import RunRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Engine, MetaData, Table

VERSION = 2
NAMES_MAX = 500  # in one statement
BUSY_SECONDS = 2.0  # so long another process may hold the file before we go on without it
RunKey: TypeAlias = tuple[str, str]  # project, id


@dataclass(frozen=True)
class Indexed:
    """A run as the catalogue knows it. `stamp` is what its folder looked like then."""

    row: RunRow
    stamp: str


@dataclass(frozen=True)
class _Tables:
    metadata: "MetaData"
    project: "Table"
    run: "Table"
    run_field: "Table"


class Catalog:
    """Kept in SQLite at `path`, or in memory when that cannot be written. `known` is all that is in it; one thread at a
    time is let in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = RLock()
        self._tables = _tables()
        self._engine = self._opened()
        self.known: dict[RunKey, Indexed] = dict(self._load())

    def put(self, found: Iterable[Indexed]) -> None:
        """Indexes runs anew, all in one transaction."""
        news = {(one.row.project, one.row.id): one for one in found}
        if news:
            with self._lock:
                self.known.update(news)
                self._change(news, list(news.values()))

    def forget(self, names: Iterable[RunKey]) -> None:
        """Takes runs out of the index."""
        gone = list(names)
        if gone:
            with self._lock:
                for name in gone:
                    self.known.pop(name, None)
                self._change(gone, [])

    def select(self, condition: Condition, project: str | None) -> list[RunKey]:
        """Runs that fulfil a condition."""
        from sqlalchemy import select
        from sqlalchemy.exc import OperationalError

        run = self._tables.run
        query = select(run.c.project, run.c.id).where(self._clause(condition))
        if project is not None:
            query = query.where(run.c.project == project)
        try:
            with self._lock, self._engine.connect() as connection:
                return [(str(found[0]), str(found[1])) for found in connection.execute(query)]
        except OperationalError as error:
            if "locked" in str(error.orig):  # by another process; then without the database
                return [name for name, one in list(self.known.items()) if _fits(one.row, condition, project)]
            raise FilterError(
                f"the filter is too long for the catalogue ({error.orig}); ask for less at once"
            ) from error

    def close(self) -> None:
        self._engine.dispose()

    # ---- conditions ---------------------------------------------------------------------------------------------

    def _clause(self, condition: Condition) -> "ColumnElement[bool]":
        from sqlalchemy import and_, not_, or_

        if isinstance(condition, Not):
            return not_(self._clause(condition.inner))
        if isinstance(condition, Both):
            return and_(self._clause(condition.left), self._clause(condition.right))
        if isinstance(condition, Either):
            return or_(self._clause(condition.left), self._clause(condition.right))
        return self._comparison(condition)

    def _comparison(self, wanted: Comparison) -> "ColumnElement[bool]":
        from sqlalchemy import func, select

        field = self._tables.run_field
        kept = field.c.text if isinstance(wanted.value, str) else field.c.number
        matched: dict[str, ColumnElement[bool]] = {
            "==": kept == wanted.value, "has": kept == wanted.value, "<": kept < wanted.value,
            "<=": kept <= wanted.value, ">": kept > wanted.value, ">=": kept >= wanted.value,
            "~": func.has_match(field.c.shown, str(wanted.value)) == 1,
            "contains": func.instr(field.c.shown, str(wanted.value)) > 0,
        }  # fmt: skip
        runs = select(field.c.run).where(field.c.path == field_path(wanted), matched[wanted.operator])
        return self._tables.run.c.name.in_(runs)

    # ---- the database -------------------------------------------------------------------------------------------

    def _opened(self) -> "Engine":
        from sqlalchemy.exc import DatabaseError

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self._prepared(f"sqlite:///{self.path}")
        except (OSError, DatabaseError):
            return self._in_memory()

    def _in_memory(self) -> "Engine":
        return self._prepared("sqlite://")

    def _prepared(self, address: str) -> "Engine":
        from sqlalchemy import create_engine, event, text
        from sqlalchemy.pool import StaticPool

        options = {"poolclass": StaticPool} if address == "sqlite://" else {}
        engine = create_engine(address, connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS}, **options)
        event.listen(engine, "connect", lambda raw, _: raw.create_function("has_match", 2, _has_match))
        with engine.begin() as connection:
            version = int(connection.execute(text("PRAGMA user_version")).scalar_one())
            if version != VERSION:
                self._tables.metadata.drop_all(connection)
                connection.execute(text(f"PRAGMA user_version = {VERSION}"))
            self._tables.metadata.create_all(connection)
        return engine

    def _change(self, gone: Iterable[RunKey], news: list[Indexed]) -> None:
        from sqlalchemy.exc import OperationalError

        try:
            with self._engine.begin() as connection:
                self._delete(connection, ["/".join(name) for name in gone])
                self._insert(connection, news)
        except OperationalError:  # another process holds it, or the disk is full: go on in memory
            self._engine = self._in_memory()
            with self._engine.begin() as connection:
                self._insert(connection, list(self.known.values()))

    def _insert(self, connection: "Connection", news: list[Indexed]) -> None:
        from sqlalchemy import insert

        if not news:
            return
        connection.execute(insert(self._tables.run), [_run_values(one) for one in news])
        # twenty and more to a run: SQLAlchemy's way of naming each value took as long as the database
        connection.exec_driver_sql(
            "INSERT INTO run_field (run, path, number, text, shown) VALUES (?, ?, ?, ?, ?)",
            [values for one in news for values in _field_values(one.row)],
        )
        self._note_projects(connection, {one.row.project for one in news})

    def _delete(self, connection: "Connection", names: list[str]) -> None:
        from sqlalchemy import delete

        for first in range(0, len(names), NAMES_MAX):
            some = names[first : first + NAMES_MAX]
            connection.execute(delete(self._tables.run).where(self._tables.run.c.name.in_(some)))
            connection.execute(delete(self._tables.run_field).where(self._tables.run_field.c.run.in_(some)))

    def _note_projects(self, connection: "Connection", names: set[str]) -> None:
        from sqlalchemy import insert, select

        there = {str(found[0]) for found in connection.execute(select(self._tables.project.c.name))}
        if names - there:
            connection.execute(insert(self._tables.project), [{"name": name} for name in sorted(names - there)])

    def _load(self) -> Iterator[tuple[RunKey, Indexed]]:
        from sqlalchemy import select

        decoder = msgspec.msgpack.Decoder(RunRow)
        run = self._tables.run
        with self._engine.connect() as connection:
            for project, run_id, stamp, packed in connection.execute(
                select(run.c.project, run.c.id, run.c.stamp, run.c.row)
            ):
                try:
                    row = decoder.decode(packed)
                except msgspec.DecodeError:
                    continue  # a cache: what it says in other words is read anew
                yield (project, run_id), Indexed(row, stamp)


def _tables() -> _Tables:
    from sqlalchemy import Column, Float, Index, LargeBinary, MetaData, String, Table

    metadata = MetaData()
    project = Table("project", metadata, Column("name", String, primary_key=True))
    run = Table(
        "run", metadata, Column("name", String, primary_key=True), Column("project", String, index=True),
        Column("id", String), Column("stamp", String), Column("row", LargeBinary),
    )  # fmt: skip
    field = Table(
        "run_field", metadata, Column("run", String, index=True), Column("path", String), Column("number", Float),
        Column("text", String), Column("shown", String),
        Index("run_field_number", "path", "number"), Index("run_field_text", "path", "text"),
    )  # fmt: skip
    return _Tables(metadata, project, run, field)


def _run_values(one: Indexed) -> dict[str, object]:
    row = one.row
    name = f"{row.project}/{row.id}"
    return {"name": name, "project": row.project, "id": row.id, "stamp": one.stamp, "row": msgspec.msgpack.encode(row)}


def _field_values(row: RunRow) -> Iterator[tuple[str, str, float | None, str | None, str]]:
    """Run, path, number, text, and how the value is shown."""
    name = f"{row.project}/{row.id}"
    for path, values in fields_of(row).items():
        for value in values:
            if isinstance(value, str):
                yield name, path, None, value, value
            else:
                yield name, path, None if math.isnan(value) else float(value), None, as_text(value)


def _fits(row: RunRow, condition: Condition, project: str | None) -> bool:
    return project in (None, row.project) and holds(condition, fields_of(row))


def _has_match(shown: str | None, pattern: str) -> int:
    return int(shown is not None and re.search(pattern, shown) is not None)
