"""`ticketyard user`: people who may log in."""

from typing import Annotated

import typer

from ticketyard.cli.runtime import console, run_once
from ticketyard.core.auth import Principal
from ticketyard.core.jobs import Worker
from ticketyard.core.resources import Resources
from ticketyard.people.accounts import add_person
from ticketyard.people.queries import default_company_id

app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """People who may log in."""


@app.command()
def create(
    email: Annotated[str, typer.Argument(help="Address to log in with.")],
    name: Annotated[str, typer.Option(help="Name shown to others.")] = "",
    role: Annotated[str, typer.Option(help="admin, agent or requester.")] = "agent",
    password: Annotated[
        str,
        typer.Option(
            prompt=True,
            hide_input=True,
            confirmation_prompt=True,
            show_default=False,
            help="Asked for when it is not given.",
        ),
    ] = "",
) -> None:
    """Add somebody who may log in."""

    async def make(resources: Resources, worker: Worker) -> None:
        company_id = await default_company_id(resources.db)
        async with resources.db.transaction(company_id) as session:
            person = await add_person(
                session,
                name=name or email.partition("@")[0],
                email=email,
                role=role,
                password=password,
                by=Principal.system(company_id, "Command line"),
            )
        console.print(f"{person.name} may log in as {person.role}.")

    run_once(make)
