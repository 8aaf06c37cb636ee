"""`ticketyard knowledge` over a real desk."""

from collections.abc import Awaitable, Callable

import anyio.to_thread
import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from tests.world import World
from ticketyard.cli.main import app
from ticketyard.knowledge.drafts import ArticleDraft
from ticketyard.knowledge.writing import add_article, set_publication


@pytest.fixture
def typing(database_url: str, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    return CliRunner()


async def type_in(runner: CliRunner, *words: str) -> Result:
    """A command runs its own event loop, so it gets a thread of its own."""
    return await anyio.to_thread.run_sync(lambda: runner.invoke(app, words))


async def states(world: World) -> list[str]:
    async with world.resources.db.transaction(world.company_id) as session:
        return list(await session.scalars(text("select state from knowledge_document")))


async def test_documents_are_read_again(
    world: World, typing: CliRunner, run_jobs: Callable[[], Awaitable[None]]
) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        made = await add_article(session, draft=ArticleDraft("T", "Words."), by=world.system)
        await set_publication(
            session, file_id=made.file_id, publication="published", by=world.system
        )
    await run_jobs()

    only_failed = await type_in(typing, "knowledge", "reindex", "--failed")
    assert "north: documents that wait to be read again: 0" in only_failed.output
    assert await states(world) == ["ready"]
    told = await type_in(typing, "knowledge", "reindex", "--company", "north")
    assert told.output.strip() == "north: documents that wait to be read again: 1"
    assert await states(world) == ["waiting"]
    await run_jobs()
    assert await states(world) == ["ready"]


async def test_a_company_that_is_none_is_told_of(world: World, typing: CliRunner) -> None:
    told = await type_in(typing, "knowledge", "reindex", "--company", "west")

    assert told.exit_code == 1
    assert "There is no company west" in " ".join(told.output.split())
