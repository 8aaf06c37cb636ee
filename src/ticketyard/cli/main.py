"""`ticketyard`: every command, registered in one place."""

import typer

import ticketyard
from ticketyard.cli import (
    backup,
    database,
    dead_letters,
    export,
    keys,
    knowledge,
    language_model,
    mail,
    people,
    serving,
    triage,
    working,
)
from ticketyard.cli.import_command import import_command
from ticketyard.cli.runtime import console

app = typer.Typer(
    name="ticketyard",
    help="A service desk that sorts every ticket to the right person, and can say why.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="rich",
)
app.command()(serving.serve)
app.command()(working.worker)
app.command()(serving.demo)
app.command("import")(import_command)
app.command()(database.migrate)
app.command()(database.doctor)
app.command()(export.export)
app.command()(backup.backup)
app.command()(backup.restore)
app.add_typer(dead_letters.app, name="jobs", help="Work that was given up.")
app.add_typer(keys.app, name="key", help="API keys of integrations.")
app.add_typer(knowledge.app, name="knowledge", help="Documents, and what is found of them.")
app.add_typer(mail.app, name="mail", help="Messages and mailboxes.")
app.add_typer(language_model.app, name="model", help="The language model.")
app.add_typer(people.app, name="user", help="People who may log in.")
app.add_typer(triage.app, name="triage", help="Teach and test the sorting of tickets.")


@app.command()
def version() -> None:
    """Print the version."""
    console.print(ticketyard.__version__)


if __name__ == "__main__":
    app()
