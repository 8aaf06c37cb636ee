"""A desk with one of everything, made once for all tests that walk every route."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import pytest

from tests.conftest import Cluster
from tests.web.test_companies_apart import furnish
from tests.world import World
from ticketyard.core.config import Settings
from ticketyard.core.storage import Blobs
from ticketyard.wiring import build_reading_lane, build_resources, build_worker, open_database

TEMPLATE_FURNISHED = "template_furnished"


@dataclass(frozen=True)
class Furnished:
    """A database to clone, its data folder to copy, and what North has there, by name."""

    template: str
    folder: Path
    objects: dict[str, str]

    def copy_files(self, to: Path) -> None:
        shutil.copytree(self.folder, to, dirs_exist_ok=True)


@pytest.fixture(scope="session")
def furnished(cluster: Cluster, cast: World, tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    """North with one of everything, triaged and routed."""
    cluster.clone("template_with_cast", TEMPLATE_FURNISHED)
    folder = tmp_path_factory.mktemp("furnished")
    with ThreadPoolExecutor(1) as aside:
        made = aside.submit(
            anyio.run, _make, cluster.postgres.url(TEMPLATE_FURNISHED), folder, cast
        )
    return Furnished(TEMPLATE_FURNISHED, folder, made.result())


async def _make(url: str, folder: Path, cast: World) -> dict[str, str]:
    database = open_database(url)
    settings = Settings(_env_file=None, data_dir=folder)
    try:
        resources = build_resources(database, Blobs.on_disk(folder / "blobs"), settings)
        objects = await furnish(replace(cast, resources=resources))
        worker, lane = build_worker(resources, settings), build_reading_lane(resources)
        await worker.run_pending()
        while await lane.read_due():
            await worker.run_pending()
        return objects
    finally:
        await database.close()
