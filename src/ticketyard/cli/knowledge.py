"""`ticketyard knowledge`: documents, and what is found of them."""

from typing import Annotated

import typer

from ticketyard.cli.runtime import complaints, console, run_once
from ticketyard.core.jobs import Worker
from ticketyard.core.resources import Resources
from ticketyard.knowledge.filing import read_all_again
from ticketyard.people.queries import company_ids

app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """Documents, and what is found of them."""


@app.command()
def reindex(
    company: Annotated[
        str, typer.Option("--company", help="The company's short name; all of them without it.")
    ] = "",
    failed: Annotated[
        bool, typer.Option("--failed", help="Only those that could not be read.")
    ] = False,
) -> None:
    """Let published documents be read and indexed once more, by the workers that run.

    What is found of them meanwhile stays until each was read.
    """

    async def ask(resources: Resources, worker: Worker) -> None:
        known = await company_ids(resources.db)
        if company and company not in known:
            complaints.print(f"There is no company {company}; there are {', '.join(known)}.")
            raise typer.Exit(1)
        for slug, company_id in known.items():
            if company not in ("", slug):
                continue
            async with resources.db.transaction(company_id) as session:
                states = ("failed",) if failed else ("ready", "failed")
                count = await read_all_again(session, states=states)
            console.print(f"{slug}: documents that wait to be read again: {count}")

    run_once(ask)
