"""Keep what a training brought: the version with its verdict, what it was taught, what is held back."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.people.queries import get_company
from ticketyard.tickets.categorizing import labels_lacking
from ticketyard.triage.errors import CannotTrain
from ticketyard.triage.learning.events import ModelPromoted, ModelRejected, ModelTrained
from ticketyard.triage.learning.examples import Example, digest_of
from ticketyard.triage.learning.gate import Verdict
from ticketyard.triage.learning.gathering import Lore
from ticketyard.triage.learning.models import TrainingRun
from ticketyard.triage.learning.queries import find_in_state
from ticketyard.triage.learning.teaching import Outcome
from ticketyard.triage.learning.versions import lock_versions, switch_to
from ticketyard.triage.models import TriageModel
from ticketyard.triage.queries import CATEGORY

SHADOW_SETTING = "triage_shadow"
_ROWS = 2000


@dataclass(frozen=True)
class Trained:
    """What came of a training.

    state: promoted, shadow, rejected or refused, and `reason` in a sentence; version 0 when refused.
    accuracy, calibration_error: on texts held out of it.
    """

    version: int
    state: str
    reason: str
    examples: int
    labels: int = 0
    accuracy: float = 0.0
    calibration_error: float = 0.0
    aside: int = 0
    new_categories: tuple[str, ...] = ()


async def store_outcome(
    session: AsyncSession,
    run: TrainingRun,
    lore: Lore,
    examples: Sequence[Example],
    outcome: Outcome,
    *,
    brought: int,
    by: Principal,
) -> Trained:
    """Keep a lesson's outcome, and put the new version in use if it may be.

    examples: as the lesson had them; the first `brought` of them came with a file.
    Raises CannotTrain when another version was put in use while it was taught.
    """
    await lock_versions(session, run.field)
    await _set_aside(session, run, examples, outcome)
    if outcome.verdict is None:
        return Trained(0, "refused", outcome.problem, outcome.examples, aside=len(outcome.aside))
    current = await find_in_state(session, "current", run.field)
    if (current and current.version) != lore.version:
        raise CannotTrain(
            "Another version was put in use while this one was taught; it was judged against the"
            " wrong one. Train again."
        )
    model = await _new_version(session, run, outcome, outcome.verdict, lore.version, by)
    fresh: tuple[str, ...] = ()
    state = "rejected"
    if outcome.model:
        await _keep_taught(session, run, examples[:brought], outcome)
        lacking = await labels_lacking(session, outcome.labels)
        state = await _put_in_use(session, model, outcome.verdict, by)
        if run.field == CATEGORY and state == "promoted":
            fresh = lacking
    else:
        reason = outcome.verdict.reason
        rejected = ModelRejected(field=run.field, version=model.version, reason=reason)
        await emit(session, rejected, by=by)
    return Trained(
        version=model.version,
        state=state,
        reason=_sentence(state, outcome.verdict),
        examples=outcome.examples,
        labels=len(outcome.labels),
        accuracy=outcome.metrics["accuracy"],
        calibration_error=outcome.metrics["calibration_error"],
        aside=len(outcome.aside),
        new_categories=fresh,
    )


def _sentence(state: str, verdict: Verdict) -> str:
    if verdict.is_forced:
        return f"{verdict.reason} It was put in use anyway, as was asked."
    if state == "shadow":
        return f"In the shadow, without effect as yet: {verdict.reason}"
    return verdict.reason


async def _new_version(
    session: AsyncSession,
    run: TrainingRun,
    outcome: Outcome,
    verdict: Verdict,
    parent: int | None,
    by: Principal,
) -> TriageModel:
    last = await session.scalar(
        select(func.max(TriageModel.version)).where(
            TriageModel.company_id == company_of(session), TriageModel.field == run.field
        )
    )
    model = TriageModel(
        company_id=company_of(session),
        field=run.field,
        version=(last or 0) + 1,
        model=outcome.model,
        learned=outcome.learned,
        labels=list(outcome.labels),
        examples=outcome.examples,
        embedder=outcome.embedder,
        metrics=dict(outcome.metrics),
        origin="csv" if run.cause == "csv" else "history",
        state="candidate" if outcome.model else "rejected",
        parent=parent,
        run_id=run.id,
        verdict=asdict(verdict),
        thresholds=outcome.metrics.get("thresholds", {}),
        sha256=hashlib.sha256(outcome.model).digest(),
        trained_by=by.name,
        trained_at=now_of(session),
    )
    session.add(model)
    trained = ModelTrained(
        field=run.field,
        version=model.version,
        accuracy=outcome.metrics["accuracy"],
        examples=outcome.examples,
    )
    await emit(session, trained, by=by)
    return model


async def _put_in_use(
    session: AsyncSession, model: TriageModel, verdict: Verdict, by: Principal
) -> str:
    """At once, or first beside the present one where the company wants that."""
    settings = (await get_company(session)).settings
    # A shadow is asked about categories alone; of teams it would never be judged.
    is_wanted = settings.get(SHADOW_SETTING) and model.field == CATEGORY
    if is_wanted and model.parent is not None and not verdict.is_forced:
        if earlier := await find_in_state(session, "shadow", model.field):
            earlier.state = "retired"
            await session.flush()
        model.state = "shadow"
        return "shadow"
    before = await switch_to(session, model, by=by)
    promoted = ModelPromoted(
        field=model.field,
        version=model.version,
        before=before,
        reason=verdict.reason,
        is_forced=verdict.is_forced,
    )
    await emit(session, promoted, by=by)
    return "promoted"


async def _keep_taught(
    session: AsyncSession, run: TrainingRun, brought: Sequence[Example], outcome: Outcome
) -> None:
    """What a file taught is kept from the moment on that a model has learned it."""
    held_back = {each.place for each in outcome.aside}
    # Of equal texts the last one stands, as in the file.
    rows = {
        example.text: example for place, example in enumerate(brought) if place not in held_back
    }
    for chunk in _chunks(list(rows.values())):
        await keep_taught(session, run.field, run.id, chunk)


async def keep_taught(
    session: AsyncSession, field: str, run_id: int, examples: Sequence[Example]
) -> None:
    """Keep texts and labels that no ticket holds, for this training and all later ones."""
    kind, _, who = examples[0].by.partition(":")
    await session.execute(
        _KEEP,
        {
            "field": field,
            "run": run_id,
            "digests": [digest_of(example.text, "") for example in examples],
            "contents": [example.text for example in examples],
            "labels": [example.label for example in examples],
            "by_kind": kind,
            "by_id": int(who) if who.isdigit() else None,
            "by_name": examples[0].by_name,
            "at": examples[0].at or now_of(session),
        },
    )


async def _set_aside(
    session: AsyncSession, run: TrainingRun, examples: Sequence[Example], outcome: Outcome
) -> None:
    rows = [
        {
            "field": run.field,
            "run": run.id,
            "digest": examples[each.place].digest,
            "content": examples[each.place].text,
            "label": examples[each.place].label,
            "ticket": examples[each.place].ticket_id,
            "says": each.says,
            "certainty": each.certainty,
            "reason": each.reason,
            "by_kind": examples[each.place].by.partition(":")[0],
            "by_id": int(who) if (who := examples[each.place].by.partition(":")[2]).isdigit()
            else None,
            "by_name": examples[each.place].by_name,
            "at": now_of(session),
        }
        for each in outcome.aside
    ]  # fmt: skip
    if rows:
        await session.execute(_SET_ASIDE, rows)


def _chunks(examples: list[Example]) -> list[list[Example]]:
    return [examples[start : start + _ROWS] for start in range(0, len(examples), _ROWS)]


_KEEP = text(
    """
    insert into taught_example as e (company_id, field, digest, content, label, run_id, by_kind,
                                     by_id, by_name, taught_at)
    select current_company(), :field, g.digest, g.content, g.label, :run, :by_kind, :by_id,
      :by_name, :at
    from unnest(cast(:digests as bytea[]), cast(:contents as text[]), cast(:labels as text[]))
      as g(digest, content, label)
    on conflict (company_id, field, digest) do update set
      content = excluded.content, label = excluded.label, run_id = excluded.run_id,
      by_kind = excluded.by_kind, by_id = excluded.by_id, by_name = excluded.by_name,
      taught_at = excluded.taught_at
    """
)
_SET_ASIDE = text(
    """
    insert into example_aside as a (company_id, field, digest, content, label, ticket_id, says,
      certainty, reason, run_id, by_kind, by_id, by_name, set_aside_at)
    values (current_company(), :field, :digest, :content, :label, :ticket, :says, :certainty,
      :reason, :run, :by_kind, :by_id, :by_name, :at)
    on conflict (company_id, field, digest) do update set
      says = excluded.says, certainty = excluded.certainty, reason = excluded.reason,
      run_id = excluded.run_id
    where a.state = 'aside'
    """
)
