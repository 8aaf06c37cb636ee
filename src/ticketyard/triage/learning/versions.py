"""Which version answers: put one in use, or go back."""

import asyncio
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.embedding import Embedder
from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.tickets.categorizing import add_categories, labels_lacking
from ticketyard.triage.learning.errors import CannotPromote
from ticketyard.triage.learning.events import ModelPromoted, ModelRolledBack
from ticketyard.triage.learning.queries import find_in_state, get_version
from ticketyard.triage.learning.reading import unreadable
from ticketyard.triage.models import TriageModel
from ticketyard.triage.queries import CATEGORY

RULES: Final = 0
"""The version to go back to where none is to answer: rules and descriptions do then."""

REASON_MAX: Final = 500


async def promote_version(
    session: AsyncSession,
    *,
    version: int,
    by: Principal,
    embedder: Embedder,
    field: str = CATEGORY,
    reason: str = "",
) -> TriageModel:
    """Put a version in use; the present one retires.

    Raises VersionNotFound, or CannotPromote for one that was rejected, is in use or cannot be read here.
    """
    await lock_versions(session, field)
    chosen = await get_version(session, version, field, lock=True)
    if chosen.state == "current":
        raise CannotPromote(f"Version {version} is in use already.")
    _check_usable(chosen)
    await _check_readable(session, chosen, embedder)
    before = await switch_to(session, chosen, by=by)
    await emit(
        session,
        ModelPromoted(
            field=field,
            version=version,
            before=before,
            reason=reason or f"Put in use by {by.name}.",
        ),
        by=by,
    )
    return chosen


async def roll_back(
    session: AsyncSession,
    *,
    by: Principal,
    embedder: Embedder,
    to: int | None = None,
    field: str = CATEGORY,
    reason: str = "",
) -> TriageModel | None:
    """Go back to the version the present one came from, or to the one named; gives it.

    Before the first one, and where `RULES` is named, rules and descriptions answered: they do again
    then, and nothing is given. What the present one was taught beyond that is held back: no training
    takes it up, until that version is put in use again or a training is asked for that may not be
    refused (`is_forced`).
    Raises VersionNotFound, or CannotPromote when there is nothing to go back to that can be read here.
    """
    await lock_versions(session, field)
    current = await find_in_state(session, "current", field)
    if current is None:
        raise CannotPromote("No version is in use, so there is nothing to go back from.")
    target = current.parent or RULES if to is None else to
    if target == current.version:
        raise CannotPromote(f"Version {target} is in use already.")
    chosen = None
    if target == RULES:
        current.state = "retired"
    else:
        chosen = await get_version(session, target, field, lock=True)
        _check_usable(chosen)
        await _check_readable(session, chosen, embedder)
        await switch_to(session, chosen, by=by)
    went_back = {"by": by.name, "at": now_of(session).isoformat(), "reason": reason}
    current.verdict = current.verdict | {"rolled_back": True, "went_back": went_back}
    # It was taught by what somebody has just gone back from.
    if shadow := await find_in_state(session, "shadow", field):
        shadow.state = "retired"
    await session.flush()
    await emit(
        session,
        ModelRolledBack(
            field=field,
            version=chosen.version if chosen else None,
            before=current.version,
            reason=reason,
        ),
        by=by,
    )
    return chosen


async def switch_to(session: AsyncSession, chosen: TriageModel, *, by: Principal) -> int | None:
    """Make this version the current one; gives the version it took over from."""
    current = await find_in_state(session, "current", chosen.field)
    if current is not None:
        current.state = "retired"
        await session.flush()
    chosen.state = "current"
    gone = ("rolled_back", "went_back")
    chosen.verdict = {name: said for name, said in chosen.verdict.items() if name not in gone}
    chosen.promoted_at = now_of(session)
    chosen.promoted_by = by.name
    if chosen.field == CATEGORY:
        # What a file called them is offered to people from now on, and not before.
        await add_categories(session, await labels_lacking(session, chosen.labels))
    await session.flush()
    return current.version if current else None


async def lock_versions(session: AsyncSession, field: str) -> None:
    """Whoever changes which version answers takes turns, until the transaction ends."""
    await session.execute(
        text("select pg_advisory_xact_lock(hashtext('triage_model:' || :field), :id)"),
        {"field": field, "id": company_of(session)},
    )


def _check_usable(chosen: TriageModel) -> None:
    if chosen.emptied_at is not None:
        raise CannotPromote(
            f"Version {chosen.version} is too old: only its figures are kept since"
            f" {chosen.emptied_at:%Y-%m-%d}."
        )
    if chosen.state == "rejected":
        raise CannotPromote(
            f"Version {chosen.version} was rejected and only its figures are kept:"
            f" {chosen.verdict.get('reason', '')} Train again with --anyway to use it all the same."
        )


async def _check_readable(session: AsyncSession, chosen: TriageModel, embedder: Embedder) -> None:
    """Really read it: what is damaged, older than this program or of other vectors answers nothing."""
    stored = await session.scalar(select(TriageModel.model).where(TriageModel.id == chosen.id))
    problem = await asyncio.to_thread(unreadable, bytes(stored or b""), embedder, chosen.sha256)
    if problem:
        raise CannotPromote(f"Version {chosen.version} cannot be read here: {problem}")
