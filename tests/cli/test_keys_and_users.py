"""`ticketyard key` and `ticketyard user` over a real desk."""

import anyio.to_thread
import httpx2
import pytest
from typer.testing import CliRunner, Result

from tests.world import World
from ticketyard.cli.main import app


@pytest.fixture
def typing(database_url: str, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    return CliRunner()


async def type_in(runner: CliRunner, *words: str) -> Result:
    """A command runs its own event loop, so it gets a thread of its own."""
    return await anyio.to_thread.run_sync(lambda: runner.invoke(app, words))


async def test_a_key_opens_what_it_was_made_for(
    world: World, typing: CliRunner, client: httpx2.AsyncClient
) -> None:
    made = await type_in(typing, "key", "create", "Reports", "--permission", "tickets:read")
    headers = {"X-API-Key": made.output.strip()}
    assert (await client.get("/api/tickets", headers=headers)).status_code == 200
    assert (await client.get("/api/managers", headers=headers)).status_code == 403


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("key", "create", "x", "--permission", "all"), "No such permission; there are"),
        (("key", "create", "x", "--source", "fax"), "No such source; there are web_form"),
        (("key", "create", " "), "A key needs a name."),
        (("user", "create", "new@example.com", "--password", "short"), "10 to 256 characters"),
        (
            ("user", "create", "ada@example.com", "--password", "long enough by far"),
            "Somebody has this",
        ),
    ],
)
async def test_what_is_refused_is_told_in_a_line(
    world: World, typing: CliRunner, words: tuple[str, ...], said: str
) -> None:
    result = await type_in(typing, *words)
    assert result.exit_code == 1
    assert said in " ".join(result.output.split())
    assert "Traceback" not in result.output
