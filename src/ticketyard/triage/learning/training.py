"""Run a training: gather, let go of the database, learn in a process of its own, store what came."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace

from ticketyard.ai.embedding import EmbedderAway
from ticketyard.ai.training import Tell
from ticketyard.core.auth import Principal
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.core.storage import BlobMissing
from ticketyard.tickets.names import first_names, present_names
from ticketyard.triage.engines import Engines
from ticketyard.triage.errors import BadExamples, CannotTrain
from ticketyard.triage.learning.apprentice import teach_aside
from ticketyard.triage.learning.errors import VectorsAway
from ticketyard.triage.learning.examples import (
    RANKS,
    Example,
    called_today,
    parse_examples,
    spelled_alike,
)
from ticketyard.triage.learning.gathering import Lore, collect, list_unlabelled, lore_of
from ticketyard.triage.learning.keeping import find_vectors, keep_vectors
from ticketyard.triage.learning.models import TrainingRun
from ticketyard.triage.learning.runs import (
    HEARTBEAT_SECONDS,
    Ending,
    ask_for_training,
    beat,
    claim_run,
    end_run,
)
from ticketyard.triage.learning.storing import Trained, store_outcome
from ticketyard.triage.learning.teaching import MIN_EXAMPLES, Assignment
from ticketyard.triage.queries import CATEGORY

log = get_logger(__name__)

_FILE_LEAST = 2


class GivenUp(Exception):
    """The training was given up for lost by somebody else while it ran."""


@dataclass
class _Progress:
    """is_ending: its end is being noted, so that a run found ended was not given up."""

    tell: Tell | None = None
    stage: str = "reading"
    share: float = 0.0
    is_ending: bool = False

    def note(self, stage: str, share: float) -> None:
        self.stage, self.share = stage, share
        if self.tell:
            self.tell(stage, share)


async def train_from_history(
    resources: Resources,
    company_id: int,
    *,
    by: Principal,
    field: str = CATEGORY,
    cause: str = "asked",
    is_forced: bool = False,
    tell: Tell | None = None,
) -> Trained:
    """Teach the model from all that files taught and people said, here and now.

    Raises CannotTrain when that is too little, TrainingUnderWay.
    """
    run = await _ask_and_claim(resources, company_id, by, field, cause, is_forced)
    return await work_off(resources, company_id, run, by=by, tell=tell)


async def train_from_csv(
    resources: Resources,
    company_id: int,
    data: bytes,
    *,
    by: Principal,
    text_column: str | None = None,
    label_column: str | None = None,
    is_forced: bool = False,
    tell: Tell | None = None,
) -> Trained:
    """Teach the model from a CSV file of texts and labels and from all it had before.

    Labels the company lacks become its categories. Raises BadExamples, CannotTrain, TrainingUnderWay.
    """
    examples = await asyncio.to_thread(
        parse_examples, data, text_column=text_column, label_column=label_column
    )
    run = await _ask_and_claim(resources, company_id, by, CATEGORY, "csv", is_forced)
    return await work_off(resources, company_id, run, by=by, file=examples, tell=tell)


async def _ask_and_claim(
    resources: Resources, company_id: int, by: Principal, field: str, cause: str, is_forced: bool
) -> TrainingRun:
    async with resources.db.transaction(company_id) as session:
        run = await ask_for_training(session, by=by, cause=cause, field=field, is_forced=is_forced)
        # In the same transaction, so that no worker takes it first.
        await claim_run(session, run.id)
        return run


async def work_off(
    resources: Resources,
    company_id: int,
    run: TrainingRun,
    *,
    by: Principal,
    file: Sequence[Example] = (),
    tell: Tell | None = None,
) -> Trained:
    """Do a claimed training and note how it ended, however that is.

    No transaction is held meanwhile, so a killed training leaves the model in use untouched.
    Raises CannotTrain, VectorsAway, LessonBroke, GivenUp.
    """
    progress = _Progress(tell)
    learning = _learn(resources, company_id, run, by, file, progress)
    try:
        return await _heard_of(resources, company_id, run.id, progress, learning)
    except (CannotTrain, BadExamples) as refusal:
        await _end(resources, company_id, run.id, Ending("refused", refusal.detail), by)
        raise
    except EmbedderAway as away:
        reason = (
            f"Nothing was learned, and the model in use stays. {away} Ask again once it answers."
        )
        await _end(resources, company_id, run.id, Ending("failed", reason), by)
        raise VectorsAway(reason) from away
    except GivenUp:
        raise
    except Exception as error:
        # Kept by its kind alone: what an engine says may hold what a ticket says.
        reason = f"It broke ({type(error).__name__}); the log says how. Nothing was changed."
        await _end(resources, company_id, run.id, Ending("failed", reason), by)
        raise


async def _learn(
    resources: Resources,
    company_id: int,
    run: TrainingRun,
    by: Principal,
    file: Sequence[Example],
    progress: _Progress,
) -> Trained:
    embedder = resources.part(Engines).embedder
    async with resources.db.transaction(company_id) as session:
        collected = await collect(session, run.field)
    lore = await asyncio.to_thread(lore_of, collected, with_held=run.is_forced)
    if run.blob_key:
        file = await _file(resources, run, run.blob_key)
    called = called_today(
        _brought(file, run, by),
        present_names(collected.settings),
        first_names(collected.settings),
    )
    brought = spelled_alike(called, lore.descriptions)
    async with resources.db.transaction(company_id) as session:
        others = await list_unlabelled(session, run.field, [*lore.examples, *brought])
        vectors = await find_vectors(session, run.field, embedder.name)
    assignment = replace(_assignment(lore, brought, others, run), vectors=vectors)
    outcome = await teach_aside(assignment, embedder, progress.note)
    async with resources.db.transaction(company_id) as session:
        await keep_vectors(session, run.field, embedder.name, outcome.vectors)
        trained = await store_outcome(
            session, run, lore, assignment.examples, outcome, brought=len(brought), by=by
        )
        ending = Ending(
            trained.state,
            trained.reason,
            trained.version or None,
            examples=outcome.examples,
            fresh=outcome.fresh,
            aside=len(outcome.aside),
        )
        progress.is_ending = True
        if not await end_run(session, run.id, ending, by=by):
            raise GivenUp(f"Training {run.id} was given up for lost while it ran.")
    if trained.state == "refused":
        raise CannotTrain(trained.reason)
    return trained


async def _file(resources: Resources, run: TrainingRun, blob_key: str) -> list[Example]:
    try:
        data = await resources.blobs.get(blob_key)
    except BlobMissing as error:
        raise CannotTrain("The file is no longer in the storage; send it again.") from error
    return await asyncio.to_thread(
        parse_examples, data, text_column=run.text_column, label_column=run.label_column
    )


def _brought(file: Sequence[Example], run: TrainingRun, by: Principal) -> list[Example]:
    """The file's examples, as the word of whoever brought it."""
    who = f"{by.kind}:{by.name if by.id is None else by.id}"
    rank = RANKS.get(by.role or by.kind, 0)
    return [replace(each, at=run.asked_at, by=who, by_name=by.name, rank=rank) for each in file]


def _assignment(
    lore: Lore, brought: Sequence[Example], others: Sequence[str], run: TrainingRun
) -> Assignment:
    return Assignment(
        # The file stands first: `store_outcome` counts on it.
        examples=[*brought, *lore.examples],
        descriptions=lore.descriptions,
        field=run.field,
        champion=lore.champion,
        learned=lore.learned,
        languages=lore.languages,
        unlabelled=others,
        is_forced=run.is_forced,
        least=_FILE_LEAST if brought else MIN_EXAMPLES,
    )


async def _heard_of(
    resources: Resources,
    company_id: int,
    run_id: int,
    progress: _Progress,
    learning: Coroutine[None, None, Trained],
) -> Trained:
    """Beat from the first row read to the end noted: a large desk is long about either."""
    work = asyncio.create_task(learning)
    beating = asyncio.create_task(_keep_alive(resources, company_id, run_id, progress))
    try:
        await asyncio.wait({work, beating}, return_when=asyncio.FIRST_COMPLETED)
        if beating.done() and not work.done():
            beating.result()
        return await work
    finally:
        for each in (work, beating):
            each.cancel()
        await asyncio.gather(work, beating, return_exceptions=True)


async def _keep_alive(
    resources: Resources, company_id: int, run_id: int, progress: _Progress
) -> None:
    """Say every few seconds how far it is. Raises GivenUp."""
    while True:
        async with resources.db.transaction(company_id) as session:
            is_running = await beat(session, run_id, progress.stage, progress.share)
        if progress.is_ending:
            return
        if not is_running:
            raise GivenUp(f"Training {run_id} was given up for lost while it ran.")
        await asyncio.sleep(HEARTBEAT_SECONDS)


async def _end(
    resources: Resources, company_id: int, run_id: int, ending: Ending, by: Principal
) -> None:
    async with resources.db.transaction(company_id) as session:
        await end_run(session, run_id, ending, by=by)
