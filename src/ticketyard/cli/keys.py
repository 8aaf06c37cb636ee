"""`ticketyard key`: keys of integrations."""

from typing import Annotated

import typer

from ticketyard.cli.runtime import console, run_once
from ticketyard.core.auth import Principal
from ticketyard.core.jobs import Worker
from ticketyard.core.resources import Resources
from ticketyard.people.keys import create_key
from ticketyard.people.queries import default_company_id

app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """API keys of integrations."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    source: Annotated[
        list[str] | None, typer.Option(help="Only for this source; repeatable.")
    ] = None,
    permission: Annotated[
        list[str] | None, typer.Option(help="What it may do; repeatable.")
    ] = None,
) -> None:
    """Make a key and print it; it is shown only now."""

    async def make(resources: Resources, worker: Worker) -> None:
        company_id = await default_company_id(resources.db)
        async with resources.db.transaction(company_id) as session:
            _, secret = await create_key(
                session,
                name=name,
                permissions=permission or ["tickets:create"],
                sources=source or (),
                by=Principal.system(company_id, "Command line"),
            )
        console.print(secret, soft_wrap=True)

    run_once(make)
