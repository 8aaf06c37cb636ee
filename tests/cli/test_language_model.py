"""`ticketyard model` and what `doctor` says of it, over a real desk."""

from collections.abc import Iterator

import anyio.to_thread
import pytest
from typer.testing import CliRunner, Result

from tests.model_server import ModelServer, Turn, serving
from tests.world import World
from ticketyard.cli.main import app


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving() as server:
        yield server


@pytest.fixture
def typing(database_url: str, server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_MODEL", "m-1")
    return CliRunner()


async def type_in(runner: CliRunner, *words: str) -> Result:
    """A command runs its own event loop, so it gets a thread of its own."""
    return await anyio.to_thread.run_sync(lambda: runner.invoke(app, words))


async def test_the_model_is_tried(world: World, typing: CliRunner, server: ModelServer) -> None:
    tried = await type_in(typing, "model", "try")
    assert (tried.exit_code, "m-1 at" in tried.output) == (0, True)
    server.usual = Turn(status=401)
    tried = await type_in(typing, "model", "try")
    assert (tried.exit_code, "key is not taken" in tried.output) == (1, True)


async def test_doctor_says_whether_it_answers(
    world: World, typing: CliRunner, server: ModelServer
) -> None:
    assert "m-1 at" in (await type_in(typing, "doctor")).output
    server.usual = Turn(does="html")
    assert "TICKETYARD_MODEL_OUTPUT" in (await type_in(typing, "doctor")).output


async def test_what_it_is_asked_about_is_set_and_shown(world: World, typing: CliRunner) -> None:
    assert "unsure" in (await type_in(typing, "model", "status")).output
    assert (await type_in(typing, "model", "use", "all")).exit_code == 0
    shown = (await type_in(typing, "model", "status")).output
    assert "all" in shown
    assert "0 of 1000000" in shown
    assert (await type_in(typing, "model", "use", "default")).exit_code == 0
    assert "unsure" in (await type_in(typing, "model", "status")).output
    assert (await type_in(typing, "model", "use", "sometimes")).exit_code == 2
