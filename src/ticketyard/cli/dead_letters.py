"""`ticketyard jobs`: work that was given up."""

from typing import Annotated

import typer
from rich.table import Table

from ticketyard.cli.runtime import console, run_once
from ticketyard.core.dead_letters import list_dead_letters, retry_dead_letters
from ticketyard.core.jobs import Worker
from ticketyard.core.resources import Resources
from ticketyard.people.queries import default_company_id

app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """Work that was given up after its last attempt."""


@app.command()
def dead() -> None:
    """List the work that was given up, with the reason."""

    async def show(resources: Resources, worker: Worker) -> None:
        company_id = await default_company_id(resources.db)
        async with resources.db.transaction(company_id) as session:
            letters = await list_dead_letters(session)
        table = Table("Id", "Job", "Event", "Attempts", "Given up", "Problem")
        for each in letters:
            table.add_row(
                str(each.id),
                each.job,
                f"{each.event_type} {each.payload}",
                str(each.attempts),
                f"{each.dead_at:%Y-%m-%d %H:%M}",
                each.problem or "",
            )
        console.print(table if letters else "No work was given up.")

    run_once(show)


@app.command()
def retry(
    ids: Annotated[list[int] | None, typer.Argument(help="Which ones; all without.")] = None,
) -> None:
    """Try given-up work again."""

    async def revive(resources: Resources, worker: Worker) -> None:
        company_id = await default_company_id(resources.db)
        async with resources.db.transaction(company_id) as session:
            count = await retry_dead_letters(session, ids)
        console.print(f"{count} tried again.")

    run_once(revive)
