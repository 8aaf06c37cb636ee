"""`ticketyard`: every command, registered in one place."""

import typer

import ticketyard
from ticketyard.cli.late import Late, announce, group_of

COMMANDS = {
    "serve": Late(
        "serving:serve",
        "Serve the desk. A fresh data directory starts empty and prints a one-time admin link.",
    ),
    "worker": Late("working:worker", "Do background work only, on as many machines as wanted."),
    "demo": Late(
        "serving:demo",
        "Serve the sample company: loaded once, with log-ins printed. Incoming mail can be played.",
    ),
    "import": Late(
        "import_command:import_command",
        "Import offices, managers and tickets from CSV files, and print who got which ticket.",
    ),
    "migrate": Late(
        "database:migrate", "Bring the database to this version. Running it again changes nothing."
    ),
    "doctor": Late(
        "database:doctor", "Look at everything the program stands on, and say what to mend."
    ),
    "export": Late(
        "export:export",
        "Write the tickets as CSV that any spreadsheet opens, and none takes for formulas.",
    ),
    "backup": Late(
        "backup:backup",
        "Write database and files into one archive; the desk may go on working meanwhile.",
    ),
    "restore": Late(
        "backup:restore",
        "Bring an archive back, into an empty data directory or an empty database.",
    ),
    "jobs": Late("dead_letters:app", "Work that was given up."),
    "key": Late("keys:app", "API keys of integrations."),
    "knowledge": Late("knowledge:app", "Documents, and what is found of them."),
    "mail": Late("mail:app", "Messages and mailboxes."),
    "model": Late("language_model:app", "The language model."),
    "user": Late("people:app", "People who may log in."),
    "triage": Late("triage:app", "Teach and test the sorting of tickets."),
}

app = typer.Typer(
    name="ticketyard",
    cls=group_of(COMMANDS),
    help="A service desk that sorts every ticket to the right person, and can say why.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="rich",
)
announce(app, COMMANDS)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(ticketyard.__version__)


if __name__ == "__main__":
    app()
