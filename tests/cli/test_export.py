"""`ticketyard export` over a real desk."""

import csv
import io

import anyio.to_thread
import pytest
from typer.testing import CliRunner, Result

from tests.world import World
from ticketyard.cli.main import app


@pytest.fixture
def exporting(database_url: str, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    return CliRunner()


def rows(output: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(output.decode("utf-8-sig"))))


async def test_tickets_as_csv_and_only_some(world: World, exporting: CliRunner) -> None:
    await world.open("=cmd|' /C calc'!A0", tags=("fire",))
    await world.open("Ordinary")

    everything = await _run(exporting)
    some = await _run(exporting, "--only", "tag=fire")

    assert [row["title"] for row in rows(everything)] == ["'=cmd|' /C calc'!A0", "Ordinary"]
    assert len(rows(some)) == 1


async def test_an_unknown_filter_is_named(world: World, exporting: CliRunner) -> None:
    result = await _invoke(exporting, "--only", "colour=red")

    assert result.exit_code == 1
    assert "No such filter" in result.output


async def _run(runner: CliRunner, *words: str) -> bytes:
    result = await _invoke(runner, *words)
    assert result.exit_code == 0, result.output
    return bytes(result.stdout_bytes)


async def _invoke(runner: CliRunner, *words: str) -> Result:
    """A command runs its own event loop, so it gets a thread of its own."""
    return await anyio.to_thread.run_sync(lambda: runner.invoke(app, ["export", *words]))
