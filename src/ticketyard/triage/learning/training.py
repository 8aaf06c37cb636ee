"""Train a company's model from labelled texts, or from what its own people filed."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.embedding import Embedder
from ticketyard.ai.training import CannotLearn, Lesson, Tell, train
from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.core.resources import Resources
from ticketyard.tickets.categorizing import add_categories
from ticketyard.tickets.queries import list_categories
from ticketyard.triage.engines import Engines
from ticketyard.triage.errors import CannotTrain
from ticketyard.triage.learning.events import ModelTrained
from ticketyard.triage.learning.examples import Example, check_examples, parse_examples
from ticketyard.triage.learning.gathering import list_examples
from ticketyard.triage.models import TriageModel
from ticketyard.triage.queries import CATEGORY

MIN_EXAMPLES = 10


@dataclass(frozen=True)
class Trained:
    """What came of a training. accuracy, calibration_error: on texts held out of it."""

    version: int
    examples: int
    labels: int
    accuracy: float
    calibration_error: float
    new_categories: tuple[str, ...]


async def train_from_examples(
    resources: Resources,
    company_id: int,
    examples: Sequence[Example],
    *,
    by: Principal,
    origin: str = "csv",
    tell: Tell | None = None,
) -> Trained:
    """Teach the company's model and put it in use; labels it lacked become its categories.

    No transaction is held meanwhile, so a killed training leaves the old model in use.
    origin: where the examples are from, kept with the model.  Raises CannotTrain, BadExamples.
    """
    check_examples(examples)
    async with resources.db.transaction(company_id) as session:
        descriptions = {each.name: each.description for each in await list_categories(session)}
    examples = _named_as_known(examples, list(descriptions))
    embedder = resources.part(Engines).embedder
    lesson = await asyncio.to_thread(_learn, examples, embedder, descriptions, tell)
    async with resources.db.transaction(company_id) as session:
        return await _store(session, lesson, examples, by=by, origin=origin)


async def train_from_history(
    resources: Resources, company_id: int, *, by: Principal, tell: Tell | None = None
) -> Trained:
    """Teach the model from corrections and from tickets that people or sources filed.

    Raises CannotTrain when these are too few.
    """
    async with resources.db.transaction(company_id) as session:
        known = {each.name for each in await list_categories(session)}
        examples = [each for each in await list_examples(session) if each.label in known]
    if len(examples) < MIN_EXAMPLES:
        raise CannotTrain(
            f"Only {len(examples)} tickets were filed by people so far; {MIN_EXAMPLES} are needed."
        )
    return await train_from_examples(
        resources, company_id, examples, by=by, origin="history", tell=tell
    )


async def train_from_csv(
    resources: Resources,
    company_id: int,
    data: bytes,
    *,
    by: Principal,
    text_column: str | None = None,
    label_column: str | None = None,
    tell: Tell | None = None,
) -> Trained:
    """Teach the model from a CSV file of texts and labels. Raises BadExamples, CannotTrain."""
    examples = parse_examples(data, text_column=text_column, label_column=label_column)
    return await train_from_examples(resources, company_id, examples, by=by, tell=tell)


def _learn(
    examples: Sequence[Example],
    embedder: Embedder,
    descriptions: dict[str, str],
    tell: Tell | None,
) -> Lesson:
    try:
        return train(
            [example.text for example in examples],
            [example.label for example in examples],
            embedder,
            descriptions=descriptions,
            tell=tell,
        )
    except CannotLearn as error:
        raise CannotTrain(str(error)) from error


def _named_as_known(examples: Sequence[Example], known: Sequence[str]) -> list[Example]:
    """Labels in the company's own spelling; of several new spellings the commonest."""
    spelling: dict[str, str] = {}
    for label, _ in Counter(example.label for example in examples).most_common():
        spelling.setdefault(label.casefold(), label)
    spelling |= {name.casefold(): name for name in known}
    return [Example(each.text, spelling[each.label.casefold()]) for each in examples]


async def _store(
    session: AsyncSession,
    lesson: Lesson,
    examples: Sequence[Example],
    *,
    by: Principal,
    origin: str,
) -> Trained:
    # Two trainings that end at once take turns here; the later one is current.
    await session.execute(text("select pg_advisory_xact_lock(hashtext('triage_model'), :id)"),
                          {"id": company_of(session)})  # fmt: skip
    model, quality = lesson.classifier, lesson.quality
    known = {each.name for each in await list_categories(session)}
    fresh = tuple(label for label in model.labels if label not in known)
    await add_categories(session, fresh)
    version = await _next_version(session)
    await session.execute(
        update(TriageModel)
        .where(
            TriageModel.company_id == company_of(session),
            TriageModel.field == CATEGORY,
            TriageModel.state == "current",
        )
        .values(state="retired")
    )
    session.add(
        TriageModel(
            company_id=company_of(session),
            field=CATEGORY,
            version=version,
            model=await asyncio.to_thread(model.to_bytes),
            labels=list(model.labels),
            examples=len(examples),
            embedder=model.embedder_name,
            metrics=asdict(quality),
            origin=origin,
            state="current",
            verdict={},
            thresholds=quality.thresholds,
            learned=b"",
            trained_by=by.name,
            trained_at=now_of(session),
        )
    )
    trained = ModelTrained(
        field=CATEGORY, version=version, accuracy=quality.accuracy, examples=len(examples)
    )
    await emit(session, trained, by=by)
    return Trained(
        version=version,
        examples=len(examples),
        labels=len(model.labels),
        accuracy=quality.accuracy,
        calibration_error=quality.calibration_error,
        new_categories=fresh,
    )


async def _next_version(session: AsyncSession) -> int:
    last = await session.scalar(
        select(func.max(TriageModel.version)).where(
            TriageModel.company_id == company_of(session), TriageModel.field == CATEGORY
        )
    )
    return (last or 0) + 1
