"""A real PostgreSQL for every test that asks for one, freshly cloned from a migrated template."""

import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import anyio
import httpx2
import psycopg
import pytest
from fastapi import FastAPI

from tests.world import World, build_world
from ticketyard.core.config import Settings
from ticketyard.core.db import Database
from ticketyard.core.embedded import OWNER, EmbeddedPostgres
from ticketyard.core.jobs import Wiring, Worker
from ticketyard.core.resources import Resources
from ticketyard.core.storage import Blobs
from ticketyard.migrations.running import upgrade
from ticketyard.web.app import create_app, stand_on
from ticketyard.web.deps import WebSettings
from ticketyard.wiring import (
    WIRING,
    build_reading_lane,
    build_resources,
    open_database,
)

TEMPLATE = "template_migrated"
TEMPLATE_WITH_CAST = "template_with_cast"
_counter = itertools.count()


def pytest_collection() -> None:
    """Modules and tests stay to the end: nothing of them is garbage worth looking for."""
    gc.disable()


# Long files that need no whole program; those that do are marked as slow.
LONG = ("web/test_hostile_input.py", "web/test_companies_apart.py", "ai/test_classifying.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole files, the long ones first: one that is begun last keeps one processor busy and one idle."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow and not item.path.as_posix().endswith(LONG))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@dataclass(frozen=True)
class Cluster:
    """The test run's own PostgreSQL, with a migrated database to clone."""

    postgres: EmbeddedPostgres
    admin: psycopg.Connection

    def clone(self, template: str = TEMPLATE, name: str = "") -> str:
        """A fresh database; gives its URL, as its owner."""
        name = name or f"test_{os.getpid()}_{next(_counter)}"
        self.admin.execute(
            f"create database {name} template {template} owner {OWNER} strategy file_copy"
        )
        return self.postgres.url(name)

    def drop(self, url: str) -> None:
        """Throw a clone away, whoever is still connected."""
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        self.admin.execute(f"drop database if exists {name} with (force)")


def _in_memory() -> str | None:
    """A folder that is memory, if there is a large one: cloning a database there takes 10 ms, on a
    disk up to half a second."""
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > 2 * 1024**3:
        return str(memory)
    return None


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One PostgreSQL for this test process. It does not wait for the disk: tests lose nothing."""
    with tempfile.TemporaryDirectory(prefix="ty-", dir=_in_memory()) as folder:
        os.chmod(folder, 0o711)
        postgres = EmbeddedPostgres(
            Path(folder) / "pg",
            {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
             "max_connections": "200", "autovacuum": "off", "wal_level": "minimal",
             "max_wal_senders": "0", "max_wal_size": "'256MB'"},
        )  # fmt: skip
        url = postgres.start()
        upgrade(url)
        with psycopg.connect(postgres.url("postgres", "postgres"), autocommit=True) as admin:
            admin.execute(f"alter database ticketyard rename to {TEMPLATE}")
            yield Cluster(postgres, admin)
        postgres.stop()


@pytest.fixture(scope="session")
def cast(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The cast, made once in a database of its own that whoever asks for `world` gets a clone of."""
    url = cluster.clone(name=TEMPLATE_WITH_CAST)
    folder = tmp_path_factory.mktemp("cast")

    async def make() -> World:
        database = open_database(url)
        settings = Settings(_env_file=None, data_dir=folder)
        try:
            return await build_world(build_resources(database, Blobs.on_disk(folder), settings))
        finally:
            await database.close()

    # In a thread of its own, for the tests' event loop belongs to the tests.
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(anyio.run, make).result()


@pytest.fixture
def open_folder(tmp_path: Path) -> Path:
    """A folder that PostgreSQL's own account may enter when the tests run as root."""
    for each in (tmp_path, *tmp_path.parents):
        if each == Path(tempfile.gettempdir()):
            break
        each.chmod(each.stat().st_mode | 0o011)
    return tmp_path


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def template(request: pytest.FixtureRequest) -> str:
    """What the test's database is a clone of: empty but for the cast, where asked."""
    if "world" not in request.fixturenames:
        return TEMPLATE
    request.getfixturevalue("cast")
    return TEMPLATE_WITH_CAST


@pytest.fixture
def database_url(cluster: Cluster, template: str) -> Iterator[str]:
    """A migrated database of this test's own, as its owner."""
    url = cluster.clone(template)
    yield url
    cluster.drop(url)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Defaults, untouched by the environment of whoever runs the tests; receivers on this machine's
    own address may be spoken to, and on 127.0.0.2 may not."""
    return _defaults().model_copy(update={"data_dir": tmp_path}, deep=True)


@cache
def _defaults() -> Settings:
    return Settings(_env_file=None, outgoing_allowed=["127.0.0.1"])


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """That database, as the program connects to it."""
    database = open_database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def resources(db: Database, settings: Settings, tmp_path: Path) -> Resources:
    """The program's parts."""
    return build_resources(db, Blobs.on_disk(tmp_path / "blobs"), settings)


@pytest.fixture
def world(cast: World, resources: Resources) -> World:
    """The sample cast: agents Ana and Bo, team Billing, requester Rita, and a second company."""
    return replace(cast, resources=resources)


@pytest.fixture
def wiring() -> Wiring:
    """What the worker does."""
    return WIRING


def without_timetable() -> Wiring:
    """For tests that wait for no hour: twenty jobs for each company, at the first run in each database,
    are half a second of processor time."""
    jobs = (*WIRING.jobs, *(job for _, job in WIRING.timetable))
    return replace(WIRING, jobs=jobs, timetable=())


@pytest.fixture
def worker(resources: Resources, settings: Settings, wiring: Wiring) -> Worker:
    """The background worker, not running."""
    return Worker(
        resources,
        wiring,
        concurrency=settings.worker_concurrency,
        max_attempts=settings.job_max_attempts,
    )


@pytest.fixture
def run_jobs(worker: Worker, resources: Resources) -> Callable[[], Awaitable[None]]:
    """Run all work that waits, documents that wait to be read, and what either wakes."""
    lane = build_reading_lane(resources)

    async def run() -> None:
        await worker.run_pending()
        while await lane.read_due():
            await worker.run_pending()

    return run


@pytest.fixture
def app(resources: Resources) -> FastAPI:
    """The real application. Its routes are the same for every test and take a while to lay out."""
    app = _laid_out()
    stand_on(app, resources, WebSettings())
    return app


@cache
def _laid_out() -> FastAPI:
    nowhere = open_database("postgresql://nobody@127.0.0.1:1/nowhere")
    return create_app(Resources(db=nowhere, blobs=Blobs.on_disk(Path("nowhere"))))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody whom nobody knows yet."""
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://desk.test") as visitor:
        yield visitor
    await app.state.live.close()
