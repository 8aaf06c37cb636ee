"""Fixtures of the journeys: real processes over a database of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Cluster
from tests.journeys.running import Program
from tests.journeys.staffed import Desk, open_desk


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them start a program."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("slow")


@pytest.fixture
def program(database_url: str, tmp_path: Path) -> Iterator[Program]:
    """`ticketyard serve` with a key `journey-key` and a worker; started, and stopped at the end."""
    running = Program(database_url, tmp_path, environment={"INTEGRATION_API_KEY": "journey-key"})
    yield running.start()
    running.stop()


@pytest.fixture(scope="session")
def desk(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for the visitors of several files: each finds what those before left behind."""
    with open_desk(cluster, tmp_path_factory.mktemp("desk")) as opened:
        yield opened
