"""The database: connections, transactions, the company they belong to. The only place that commits.

Every connection works as the role `ticketyard_app`, which owns no table, and every transaction names
its company, so that PostgreSQL's row-level security keeps companies apart even where code forgets.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, ClassVar

import psycopg
from psycopg.adapt import AdaptersMap, Buffer
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import BigInteger, MetaData, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from ticketyard.core.clock import Clock, utc_now
from ticketyard.core.shapes import storable

APP_ROLE = "ticketyard_app"


# SQLSTATE: connection exceptions, shutting down, crashed, not yet up, too many connections.
_AWAY = ("08", "57P01", "57P02", "57P03", "53300")


def is_database_away(error: BaseException) -> bool:
    """Whether it says that the database cannot be reached just now, which nobody here can help."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, psycopg.OperationalError):
        return cause.sqlstate is None or cause.sqlstate.startswith(_AWAY)
    return isinstance(cause, PoolTimeout)


class Table(DeclarativeBase):
    """Base of every table class."""

    metadata = MetaData()
    # Numbers are compared as the widest kind: an id beyond a column's own is then one that nobody
    # has, and not an error.
    type_annotation_map: ClassVar[dict[Any, Any]] = {int: BigInteger}


def plain_url(url: str) -> str:
    """A PostgreSQL URL or conninfo without a driver's name in it (`postgresql+asyncpg://` …)."""
    scheme, mark, rest = url.partition("://")
    return f"postgresql{mark}{rest}" if mark and scheme.startswith("postgres") else url


def _conninfo(url: str, role: str | None) -> str:
    parts = conninfo_to_dict(plain_url(url))
    if role:
        parts["options"] = f"{parts.get('options') or ''} -c role={role}".strip()
    return make_conninfo(**parts)  # type: ignore[arg-type]


class _StorableText(psycopg.types.string.StrDumperUnknown):
    """Text goes to the database without what it cannot keep, wherever that came from."""

    def dump(self, obj: str) -> Buffer | None:
        """The text; NUL and lone surrogates replaced by a mark."""
        return super().dump(storable(obj))


class _StorableBinaryText(psycopg.types.string.StrBinaryDumper):
    """The same for statements whose parameters travel in binary form."""

    def dump(self, obj: str) -> Buffer | None:
        """The text; NUL and lone surrogates replaced by a mark."""
        return super().dump(storable(obj))


ADAPTERS = AdaptersMap(psycopg.adapters)
ADAPTERS.register_dumper(str, _StorableBinaryText)
ADAPTERS.register_dumper(str, _StorableText)


class _Context:
    """What psycopg is told when it connects."""

    adapters = ADAPTERS
    connection = None


def _storable_json(value: Any) -> str:
    return json.dumps(storable(value), ensure_ascii=False, allow_nan=False)


class Database:
    """Connections to one PostgreSQL, as the application's role.

    listeners: event type to the names of the jobs it wakes, as `wiring` says.
    role: None connects as the URL's own user (migrations, `doctor`).
    clock: what time it is; may be set while running (the sample company plays ten days).
    """

    def __init__(
        self,
        url: str,
        *,
        listeners: Mapping[str, Sequence[str]] | None = None,
        role: str | None = APP_ROLE,
        pool_size: int = 12,
        clock: Clock = utc_now,
    ) -> None:
        self.url = plain_url(url)
        self.clock = clock
        self.conninfo = _conninfo(url, role)
        self.listeners: Mapping[str, Sequence[str]] = listeners or {}
        self.engine = create_async_engine(
            "postgresql+psycopg://",
            async_creator=lambda: psycopg.AsyncConnection.connect(
                self.conninfo, context=_Context()
            ),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            # An error is logged with its statement, never with what people wrote.
            hide_parameters=True,
            json_serializer=_storable_json,
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._hot: AsyncConnectionPool[psycopg.AsyncConnection[Any]] = AsyncConnectionPool(
            self.conninfo,
            min_size=1,
            max_size=pool_size,
            open=False,
            kwargs={"autocommit": True, "context": _Context()},
            name="hot",
        )
        self._hot_open = False

    @asynccontextmanager
    async def transaction(self, company_id: int) -> AsyncIterator[AsyncSession]:
        """One transaction on behalf of one company; committed at the end, undone on any error."""
        async with self._sessions.begin() as session:
            session.info["listeners"] = self.listeners
            session.info["company_id"] = company_id
            session.info["at"] = self.clock()
            await session.execute(
                text("select set_config('app.company_id', :id, true)"), {"id": str(company_id)}
            )
            yield session

    @asynccontextmanager
    async def anonymous(self) -> AsyncIterator[AsyncSession]:
        """A transaction that belongs to no company: it sees no company's rows."""
        async with self._sessions.begin() as session:
            session.info["listeners"] = self.listeners
            session.info["at"] = self.clock()
            yield session

    @asynccontextmanager
    async def hot(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """An autocommit connection for paths that do all their work in one statement.

        The statement itself must say its company: it calls a function that begins with
        `enter_company(…)`, which sets it for that statement's transaction alone.
        """
        if not self._hot_open:
            self._hot_open = True
            await self._hot.open()
        async with self._hot.connection() as connection:
            yield connection

    async def close(self) -> None:
        """Let every connection go."""
        if self._hot_open:
            await self._hot.close()
        await self.engine.dispose()


def company_of(session: AsyncSession) -> int:
    """The company whose transaction this is."""
    return int(session.info["company_id"])


def now_of(session: AsyncSession) -> datetime:
    """The instant at which what is done in this transaction happens: one for all of it."""
    at: datetime = session.info["at"]
    return at


async def raw_connection(session: AsyncSession) -> psycopg.AsyncConnection[Any]:
    """The psycopg connection under a session, inside its transaction (COPY, job queue)."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    if not isinstance(driver, psycopg.AsyncConnection):
        raise TypeError("Ticketyard needs psycopg 3 under SQLAlchemy.")
    return driver
