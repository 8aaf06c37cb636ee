"""`ticketyard triage`: teach and test the sorting of tickets."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from ticketyard.cli.runtime import complaints, console, run_once
from ticketyard.core.auth import Principal
from ticketyard.core.errors import Refusal
from ticketyard.core.jobs import Worker
from ticketyard.core.resources import Resources
from ticketyard.people.queries import default_company_id
from ticketyard.triage.engines import Engines
from ticketyard.triage.learning.evaluating import Evaluation, evaluate
from ticketyard.triage.learning.examples import parse_examples
from ticketyard.triage.learning.training import train_from_csv, train_from_history
from ticketyard.triage.queries import list_models

app = typer.Typer(no_args_is_help=True)

_WORST = 10

CsvFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV: text and label.")]
TextName = Annotated[str | None, typer.Option("--text", help="Name of the text column.")]
LabelName = Annotated[str | None, typer.Option("--label", help="Name of the label column.")]


@app.callback()
def main() -> None:
    """Teach and test the sorting of tickets."""


@app.command()
def train(
    file: Annotated[
        Path | None,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="CSV: text and label. Without a file, tickets filed by people are the examples.",
        ),
    ] = None,
    text: TextName = None,
    label: LabelName = None,
) -> None:
    """Teach the company's model; labels it does not have yet become its categories."""

    async def learn(resources: Resources, worker: Worker) -> None:
        company_id = await default_company_id(resources.db)
        by = Principal.system(company_id, "Command line")
        with Progress(
            TextColumn("{task.description}"), BarColumn(), console=console, transient=True
        ) as progress:
            bar = progress.add_task("reading", total=1.0)

            def tell(stage: str, share: float) -> None:
                progress.update(bar, description=stage, completed=share)

            if file is None:
                trained = await train_from_history(resources, company_id, by=by, tell=tell)
            else:
                trained = await train_from_csv(
                    resources,
                    company_id,
                    file.read_bytes(),
                    by=by,
                    text_column=text,
                    label_column=label,
                    tell=tell,
                )
        console.print(
            f"Version {trained.version} is in use: {trained.examples} examples, "
            f"{trained.labels} categories ({len(trained.new_categories)} new). On texts held out: "
            f"{trained.accuracy:.1%} right, calibration error {trained.calibration_error:.3f}."
        )

    _run(learn)


@app.command(name="evaluate")
def evaluate_file(file: CsvFile, text: TextName = None, label: LabelName = None) -> None:
    """Say how well tickets like these would be filed."""

    async def ask(resources: Resources, worker: Worker) -> None:
        examples = parse_examples(file.read_bytes(), text_column=text, label_column=label)
        engines = resources.part(Engines)
        company_id = await default_company_id(resources.db)
        async with resources.db.transaction(company_id) as session:
            profile = await engines.profile(session)
        console.print(_table(evaluate(examples, profile, engines.embedder)))

    _run(ask)


@app.command()
def models() -> None:
    """List the trained versions."""

    async def show(resources: Resources, worker: Worker) -> None:
        company_id = await default_company_id(resources.db)
        table = Table("version", "in use", "examples", "categories", "right", "ECE", "from", "when")
        async with resources.db.transaction(company_id) as session:
            for model in await list_models(session):
                table.add_row(
                    str(model.version),
                    "yes" if model.is_current else "",
                    str(model.examples),
                    str(len(model.labels)),
                    f"{model.metrics['accuracy']:.1%}",
                    f"{model.metrics['calibration_error']:.3f}",
                    model.origin,
                    f"{model.trained_at:%Y-%m-%d %H:%M}",
                )
        console.print(table)

    _run(show)


def _table(result: Evaluation) -> Table:
    table = Table("", "", title=f"{result.texts} texts, answered by {', '.join(result.engines)}")
    table.add_row("right", f"{result.accuracy:.2%}")
    table.add_row("calibration error (ECE, 15 bins)", f"{result.calibration_error:.3f}")
    table.add_row("filled in at the company's threshold", f"{result.filled_in:.1%}")
    table.add_row("wrong among these", f"{result.wrong_filled_in:.2%}")
    table.add_row(
        "could be filled in at 3 % wrong",
        f"{result.coverage:.1%} (threshold {result.coverage_threshold:.2f})",
    )
    for each in result.labels[:_WORST]:
        table.add_row(f"  {each.label}", f"{each.found} of {each.texts} found")
    return table


def _run(work: Callable[[Resources, Worker], Awaitable[None]]) -> None:
    try:
        run_once(work)
    except Refusal as refusal:
        complaints.print(f"[red]{refusal.detail}[/]")
        raise typer.Exit(1) from refusal
