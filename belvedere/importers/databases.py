"""Databases of other programs, one SQLite file each: opened for reading only, their tables as they are found there.

The only module of the importers that speaks to a database. Rows are mappings from column to value; the column "rowid"
is SQLite's own number of a row, which grows with every row that is added.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from sqlalchemy import ColumnElement, Connection, Engine, Integer, MetaData, Table, column, create_engine, func
from sqlalchemy import select as chosen
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from belvedere.core.errors import NotFound, UnknownFormat

MAGIC = b"SQLite format 3\0"
BUSY_SECONDS = 10  # so long a training that writes may keep us waiting
ROWID = "rowid"
ALL: Mapping[str, object] = MappingProxyType({})

Row = Mapping[str, object]


def is_sqlite(path: Path) -> bool:
    """Whether a file is an SQLite database; an empty one is none."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


class Database:
    """The tables of one file that an importer knows. Raises UnknownFormat for a file without them."""

    def __init__(self, path: Path, *, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
        if not path.is_file():
            raise NotFound(f"no such database; check the path: {path}")
        self.path = path
        self._engine: Engine = create_engine(
            f"sqlite:///file:{quote(str(path.resolve()))}?mode=ro&uri=true",
            poolclass=NullPool,
            connect_args={"timeout": BUSY_SECONDS},
        )
        found = MetaData()
        with self._reading():
            found.reflect(self._engine, only=lambda name, _: name in needed + optional, resolve_fks=False)
        self._tables: dict[str, Table] = dict(found.tables)
        missing = [name for name in needed if name not in self._tables]
        if missing:
            raise UnknownFormat(f"the database has no table {missing[0]!r}; pass a file of another kind: {path}")

    @property
    def tables(self) -> dict[str, tuple[str, ...]]:
        """The columns of each known table that is there."""
        return {name: tuple(table.c.keys()) for name, table in self._tables.items()}

    def rows(
        self, table: str, where: Mapping[str, object] = ALL, *, by: str = ROWID, above: object = None,
        limit: int | None = None,
    ) -> list[Row]:  # fmt: skip
        """Rows with these values, in the order of the column `by`, which is greater than `above`."""
        order = self._column(table, by)
        columns = [self._tables[table]] if by in self._tables[table].c else [self._tables[table], order]
        asked = chosen(*columns).where(*self._are(table, where)).order_by(order)
        if above is not None:
            asked = asked.where(order.__gt__(above))
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(asked.limit(limit)).mappings()]

    def greatest(self, table: str, name: str, where: Mapping[str, object]) -> object:
        """The greatest value of column `name` in the rows with these values; None without any."""
        asked = chosen(func.max(self._column(table, name))).where(*self._are(table, where))
        with self._reading() as connection:
            return connection.execute(asked).scalar()

    def each(self, table: str, name: str) -> list[object]:
        """The values of column `name`, each once."""
        asked = chosen(self._tables[table].c[name]).distinct()
        with self._reading() as connection:
            return list(connection.execute(asked).scalars())

    def _column(self, table: str, name: str) -> ColumnElement[int]:
        found = self._tables[table].c.get(name)
        return column(name, Integer) if found is None else found

    def _are(self, table: str, where: Mapping[str, object]) -> list[ColumnElement[bool]]:
        return [self._tables[table].c[name] == value for name, value in where.items()]

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A connection; what goes wrong in the file is one sentence that names it."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise UnknownFormat(f"the database cannot be read ({reason}); check or repair it: {self.path}") from error
