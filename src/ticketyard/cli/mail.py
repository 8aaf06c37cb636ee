"""`ticketyard mail`: read messages and look after mailboxes."""

import typer

from ticketyard.cli.mail_books import boxes, ledger, reconcile_command
from ticketyard.cli.mail_parse import parse
from ticketyard.cli.mail_run import run

app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """Read messages and look after mailboxes."""


app.command()(parse)
app.command()(run)
app.command()(boxes)
app.command()(ledger)
app.command("reconcile")(reconcile_command)
