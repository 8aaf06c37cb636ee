"""`ticketyard triage`: teach and test the sorting of tickets."""

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column, Table
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.classifying import ModelUnreadable
from ticketyard.ai.embedding import EmbedderAway
from ticketyard.cli.runtime import complaints, console, run_once
from ticketyard.core.auth import Principal
from ticketyard.core.errors import Refusal
from ticketyard.core.jobs import Worker
from ticketyard.core.resources import Resources
from ticketyard.people.errors import CompanyNotFound
from ticketyard.people.queries import company_ids, default_company_id
from ticketyard.triage.engines import Engines
from ticketyard.triage.learning.apprentice import LessonBroke
from ticketyard.triage.learning.evaluating import Evaluation
from ticketyard.triage.learning.examples import parse_examples
from ticketyard.triage.learning.queries import VersionSeen, list_versions
from ticketyard.triage.learning.storing import Trained
from ticketyard.triage.learning.training import train_from_csv, train_from_history
from ticketyard.triage.learning.trying_out import try_out
from ticketyard.triage.learning.versions import REASON_MAX, RULES, promote_version, roll_back

app = typer.Typer(no_args_is_help=True)

_WORST = 10
_BY = "Command line"


class Field(StrEnum):
    """What is learned of a ticket."""

    CATEGORY = "category"
    TEAM = "team"


CsvFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV: text and label.")]
TextName = Annotated[str | None, typer.Option("--text", help="Name of the text column.")]
FieldName = Annotated[Field, typer.Option("--field", help="What the model says of a ticket.")]
CompanyName = Annotated[
    str, typer.Option("--company", help="The company's short name; the first one without it.")
]
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
    field: FieldName = Field.CATEGORY,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Put it in use even if it is judged to be worse.")
    ] = False,
    company: CompanyName = "",
) -> None:
    """Teach the company's model; labels of a file that it does not have yet become categories."""
    if file is not None and field is not Field.CATEGORY:
        raise typer.BadParameter("A file teaches categories; teams are learned from tickets.")

    async def learn(resources: Resources, worker: Worker) -> None:
        company_id = await _company(resources, company)
        by = Principal.system(company_id, _BY)
        with Progress(
            TextColumn("{task.description}"), BarColumn(), console=console, transient=True
        ) as progress:
            bar = progress.add_task("reading", total=1.0)

            def tell(stage: str, share: float) -> None:
                progress.update(bar, description=stage, completed=share)

            if file is None:
                trained = await train_from_history(
                    resources, company_id, by=by, field=field, is_forced=anyway, tell=tell
                )
            else:
                trained = await train_from_csv(
                    resources,
                    company_id,
                    file.read_bytes(),
                    by=by,
                    text_column=text,
                    label_column=label,
                    is_forced=anyway,
                    tell=tell,
                )
        _report(trained)

    _run(learn)


def _report(trained: Trained) -> None:
    aside = f" {trained.aside} examples were set aside." if trained.aside else ""
    new = f" ({len(trained.new_categories)} new)" if trained.new_categories else ""
    state = {"promoted": "in use", "shadow": "in the shadow"}.get(trained.state, trained.state)
    console.print(
        f"Version {trained.version} is {state}: {trained.reason}{aside}\n{trained.examples} examples,"
        f" {trained.labels} labels{new}. On texts held out: {trained.accuracy:.1%} right,"
        f" calibration error {trained.calibration_error:.3f}.",
        markup=False,
    )
    if trained.state == "rejected":
        raise typer.Exit(3)


@app.command(name="evaluate")
def evaluate_file(
    file: CsvFile, text: TextName = None, label: LabelName = None, company: CompanyName = ""
) -> None:
    """Say how well tickets like these would be filed."""

    async def ask(resources: Resources, worker: Worker) -> None:
        examples = parse_examples(file.read_bytes(), text_column=text, label_column=label)
        result = await try_out(resources, await _company(resources, company), examples)
        console.print(_table(result))

    _run(ask)


@app.command()
def models(field: FieldName = Field.CATEGORY, company: CompanyName = "") -> None:
    """List the versions, and how each was judged."""

    async def show(resources: Resources, worker: Worker) -> None:
        company_id = await _company(resources, company)
        embedder = resources.part(Engines).embedder.name
        state = Column("state", no_wrap=True)
        table = Table("version", state, "from", "examples", "labels", "right", "ECE", "of", "when")
        reasons = []
        async with resources.db.transaction(company_id) as session:
            for each in await list_versions(session, embedder=embedder, field=field):
                table.add_row(*_row(each))
                problem = await _unreadable(resources, session, each)
                reason = problem or str(each.model.verdict.get("reason", ""))
                if gone := each.model.verdict.get("went_back"):
                    reason += f" {gone['by']} went back from it on {gone['at'][:10]}."
                    reason += f" {gone['reason']}" if gone["reason"] else ""
                if reason:
                    reasons.append(f"{each.model.version}: {reason.strip()}")
        console.print(table if table.row_count else "Nothing was taught yet: rules answer.")
        # Sentences, which a column of a narrow terminal would cut into words.
        for reason in reasons:
            console.print(reason, markup=False)

    _run(show)


async def _unreadable(resources: Resources, session: AsyncSession, seen: VersionSeen) -> str | None:
    """Why what is to answer cannot, after really reading it."""
    if seen.problem or seen.model.state not in ("current", "shadow"):
        return seen.problem
    try:
        await resources.part(Engines).model(session, seen.model.field, seen.model.version)
    except ModelUnreadable as problem:
        return f"cannot be read: {problem}"
    return None


def _row(seen: VersionSeen) -> list[str]:
    model = seen.model
    return [
        str(model.version),
        model.state,
        "" if model.parent is None else str(model.parent),
        str(model.examples),
        str(len(model.labels)),
        f"{model.metrics['accuracy']:.1%}",
        f"{model.metrics['calibration_error']:.3f}",
        model.origin,
        f"{model.trained_at:%Y-%m-%d %H:%M}",
    ]


@app.command()
def promote(
    version: Annotated[int, typer.Argument(min=1, help="The version to put in use.")],
    field: FieldName = Field.CATEGORY,
    company: CompanyName = "",
) -> None:
    """Put a version in use: one in the shadow, or an earlier one."""

    async def switch(resources: Resources, worker: Worker) -> None:
        company_id = await _company(resources, company)
        by = Principal.system(company_id, _BY)
        embedder = resources.part(Engines).embedder
        async with resources.db.transaction(company_id) as session:
            chosen = await promote_version(
                session, version=version, field=field, by=by, embedder=embedder
            )
        console.print(f"Version {chosen.version} is in use.")

    _run(switch)


@app.command()
def rollback(
    to: Annotated[
        int | None, typer.Option("--to", min=1, help="A version; else the one before.")
    ] = None,
    rules: Annotated[
        bool, typer.Option("--rules", help="No version at all: word rules answer again.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; the history keeps it.")] = "",
    field: FieldName = Field.CATEGORY,
    company: CompanyName = "",
) -> None:
    """Go back to what answered before: the version that the one in use came from, or the rules."""
    if rules and to is not None:
        raise typer.BadParameter("Either a version or the rules.")

    async def back(resources: Resources, worker: Worker) -> None:
        company_id = await _company(resources, company)
        by = Principal.system(company_id, _BY)
        embedder = resources.part(Engines).embedder
        async with resources.db.transaction(company_id) as session:
            chosen = await roll_back(
                session,
                to=RULES if rules else to,
                field=field,
                by=by,
                embedder=embedder,
                reason=reason[:REASON_MAX],
            )
        console.print(
            f"Version {chosen.version} is in use again."
            if chosen
            else "Rules answer again; no version is in use."
        )

    _run(back)


def _table(result: Evaluation) -> Table:
    table = Table("", "", title=f"{result.texts} texts, answered by {', '.join(result.engines)}")
    table.add_row("right", f"{result.accuracy:.2%}")
    if result.taught:
        _add_taught(table, result)
    if result.unknown:
        table.add_row(
            "of labels that are no category here",
            f"{result.unknown} texts, never right: {_listed(result.unknown_labels)}",
        )
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


def _add_taught(table: Table, result: Evaluation) -> None:
    """What the model was taught, it knows: the others show what it can."""
    table.add_row("of these the model was taught", f"{result.taught} texts, or copies of them")
    if result.untaught is None:
        table.add_row("right of the others", "there are none: these figures show nothing")
        return
    table.add_row(f"right of the other {result.untaught.texts}", f"{result.untaught.accuracy:.2%}")
    table.add_row("  their calibration error", f"{result.untaught.calibration_error:.3f}")


def _listed(labels: Sequence[str]) -> str:
    shown = ", ".join(labels[:_WORST])
    return shown if len(labels) <= _WORST else f"{shown} and {len(labels) - _WORST} more"


async def _company(resources: Resources, slug: str) -> int:
    if not slug:
        return await default_company_id(resources.db)
    known = await company_ids(resources.db)
    if slug not in known:
        raise CompanyNotFound(f"There is no company {slug}; there are {', '.join(known)}.")
    return known[slug]


def _run(work: Callable[[Resources, Worker], Awaitable[None]]) -> None:
    try:
        run_once(work)
    except (Refusal, LessonBroke, EmbedderAway) as refusal:
        complaints.print(str(refusal), style="red", markup=False)
        raise typer.Exit(1) from refusal
