"""`ticketyard model`: the language model, what it is asked for, and how it fares."""

from typing import Annotated

import typer
from rich.table import Table

from ticketyard.ai.chat.model import ChatModel
from ticketyard.ai.chat.trying import try_out
from ticketyard.cli.runtime import complaints, console, run_once
from ticketyard.core.auth import Principal
from ticketyard.core.jobs import Worker
from ticketyard.core.resources import Resources
from ticketyard.people.companies import set_settings
from ticketyard.people.queries import default_company_id
from ticketyard.triage.second_opinion.figures import opinion_figures
from ticketyard.triage.second_opinion.rules import SETTING, Asked, OpinionRules

app = typer.Typer(no_args_is_help=True)

Wish = Annotated[str, typer.Argument(help="off, unsure, all, or default: as the operator set it.")]


@app.callback()
def main() -> None:
    """The language model, where one is configured."""


@app.command(name="try")
def try_model() -> None:
    """Ask the model one short question. Exit 1 when no good answer comes."""

    async def ask(resources: Resources, worker: Worker) -> None:
        chat = resources.part(ChatModel)
        trial = await try_out(chat)
        console.print(f"Language model: {trial.words}.")
        if not (trial.is_good and chat.is_on):
            raise typer.Exit(1)

    run_once(ask)


@app.command()
def use(wish: Wish) -> None:
    """Say which of the company's tickets the model is asked about."""
    known: dict[str, Asked | None] = {
        "off": "off",
        "unsure": "unsure",
        "all": "all",
        "default": None,
    }
    if wish not in known:
        complaints.print("off, unsure, all or default", style="red", markup=False)
        raise typer.Exit(2)

    async def change(resources: Resources, worker: Worker) -> None:
        company_id = await default_company_id(resources.db)
        by = Principal.system(company_id, "Command line")
        async with resources.db.transaction(company_id) as session:
            await set_settings(session, by=by, **{SETTING: known[wish]})
        console.print(f"The model is asked about: {wish}.")

    run_once(change)


@app.command()
def status() -> None:
    """Show what the model is asked for, what waits, and what was used up today."""

    async def show(resources: Resources, worker: Worker) -> None:
        rules = resources.part(OpinionRules)
        company_id = await default_company_id(resources.db)
        async with resources.db.transaction(company_id) as session:
            figures = await opinion_figures(session, rules)
        of = f" of {rules.tokens_a_day}" if rules.tokens_a_day else ""
        table = Table("", "", show_header=False, show_edge=False)
        table.add_row("model", resources.part(ChatModel).name or "none is configured")
        table.add_row("asked about", figures.asked_for)
        for state in ("waiting", "done", "failed", "refused"):
            table.add_row(state, str(getattr(figures, state)))
        for problem, count in figures.problems.items():
            table.add_row(f"  {problem.replace('_', ' ')}", str(count))
        table.add_row("questions today", str(figures.questions_today))
        table.add_row("tokens today", f"{figures.tokens_today}{of}")
        console.print(table)

    run_once(show)
