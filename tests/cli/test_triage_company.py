"""`ticketyard triage --company`: each command does what it does for the company named."""

from pathlib import Path

from sqlalchemy import text
from typer.testing import CliRunner

from tests.cli.test_triage import type_in, typing, write
from tests.world import World
from ticketyard.triage.queries import current_version

__all__ = ["typing"]


SLUG = "south"


async def test_the_company_named_is_taught_and_looked_at(
    world: World, typing: CliRunner, tmp_path: Path
) -> None:
    examples = write(tmp_path / "examples.csv", 80)
    trained = await type_in(typing, "train", examples, "--company", SLUG)
    assert trained.exit_code == 0, trained.output
    db = world.resources.db
    for company_id, version in ((world.company_id, None), (world.other_company_id, 1)):
        async with db.transaction(company_id) as session:
            assert await current_version(session) == version
    assert "current" in (await type_in(typing, "models", "--company", SLUG)).output
    assert "current" not in (await type_in(typing, "models")).output
    tested = await type_in(typing, "evaluate", examples, "--company", SLUG)
    assert "answered by classifier" in tested.output, tested.output

    promoted = await type_in(typing, "promote", "1", "--company", SLUG)
    assert "in use already" in promoted.output
    back = await type_in(typing, "rollback", "--company", SLUG)
    assert "Rules answer again" in back.output
    forth = await type_in(typing, "promote", "1", "--company", SLUG)
    assert forth.exit_code == 0, forth.output

    async with db.transaction(world.other_company_id) as session:
        await session.execute(text("update triage_model set model = 'broken'"))
    listed = await type_in(typing, "models", "--company", SLUG)
    assert "1: cannot be read" in listed.output, listed.output


async def test_a_company_that_is_not_there_is_told_of(world: World, typing: CliRunner) -> None:
    said = await type_in(typing, "models", "--company", "nobody")
    assert said.exit_code == 1
    assert "There is no company nobody; there are north, south." in " ".join(said.output.split())
