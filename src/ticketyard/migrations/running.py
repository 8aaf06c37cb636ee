"""Bring a database to this version: tables by alembic, functions by their files."""

from hashlib import sha256
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

_HERE = Path(__file__).parent
_LOCK = 7_201_126_001


def upgrade(url: str, *, to: str = "head") -> str:
    """Migrate the database at this URL (as its owner); gives the version it now has.

    Two programs that start at once do it once: the second waits for a lock and finds it done.
    to: an older version has its tables alone; functions belong to the newest.
    """
    engine = create_engine("postgresql+psycopg://" + url.partition("://")[2])
    try:
        with engine.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, to)
            if to != "head":
                return to
            _apply_functions(connection)
            connection.execute(text("select prepare_vectors()"))
            connection.execute(text("select hint_planner()"))
            return _version(connection) or ""
    finally:
        engine.dispose()


def pending(url: str) -> bool:
    """Whether the database lacks a version that this program needs."""
    engine = create_engine("postgresql+psycopg://" + url.partition("://")[2])
    try:
        with engine.connect() as connection:
            return _version(connection) != head()
    finally:
        engine.dispose()


def head() -> str:
    """The newest version this program brings."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    return config


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _apply_functions(connection: Connection) -> None:
    """Create or replace every function whose text changed since it was last applied."""
    connection.execute(
        text("create table if not exists applied_function (name text primary key, sha256 text)")
    )
    rows = connection.execute(text("select name, sha256 from applied_function"))
    known = {row.name: row.sha256 for row in rows}
    driver = connection.connection.driver_connection
    assert driver is not None
    for path in sorted((_HERE / "functions").glob("*.sql")):
        body = path.read_text()
        digest = sha256(body.encode()).hexdigest()
        if known.get(path.name) != digest:
            driver.execute(body)
            connection.execute(
                text(
                    "insert into applied_function values (:name, :sha256)"
                    " on conflict (name) do update set sha256 = excluded.sha256"
                ),
                {"name": path.name, "sha256": digest},
            )
