"""Many proposals accepted at once, and the last decision taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.errors import Refusal
from ticketyard.core.events import emit
from ticketyard.tickets.queries import get_ticket
from ticketyard.tickets.unfiling import unfile_ticket
from ticketyard.triage.correcting import correct_category
from ticketyard.triage.errors import NothingToTakeBack, TooMany
from ticketyard.triage.events import CorrectionWithdrawn
from ticketyard.triage.models import Correction
from ticketyard.triage.queries import find_analysis

ACCEPTED_MAX = 200
# Later than this it is no slip of a key any more, and is corrected by filing anew.
TAKE_BACK = timedelta(hours=12)


@dataclass(frozen=True)
class Pick:
    """A ticket, at the version its reader saw."""

    ticket_id: int
    version: int


async def accept_many(
    session: AsyncSession, picks: Sequence[Pick], *, category: str, by: Principal
) -> list[Refusal]:
    """File all of them under one category; gives what was refused, which hinders no other.

    Raises TooMany beyond 200.
    """
    if len(picks) > ACCEPTED_MAX:
        raise TooMany(f"At most {ACCEPTED_MAX} at once.")
    refusals: list[Refusal] = []
    # In one order everywhere, so that two who do this at once wait for each other, not in a ring.
    for pick in sorted(set(picks), key=lambda each: each.ticket_id):
        try:
            async with session.begin_nested():
                await correct_category(
                    session,
                    ticket_id=pick.ticket_id,
                    category=category,
                    version=pick.version,
                    by=by,
                )
        except Refusal as refusal:
            refusals.append(refusal)
    return refusals


@dataclass(frozen=True)
class LastDecision:
    """What somebody decided last: one ticket, or several at a stroke."""

    ticket_ids: tuple[int, ...]
    category: str
    decided_at: datetime


async def find_last_decision(session: AsyncSession, by: Principal) -> LastDecision | None:
    """What this person filed last, as long as it can be taken back and none of it was since."""
    rows = list(await _last(session, by))
    if not rows:
        return None
    return LastDecision(
        ticket_ids=tuple(row.ticket_id for row in rows),
        category=rows[0].corrected,
        decided_at=rows[0].corrected_at,
    )


async def take_back_last(session: AsyncSession, *, by: Principal) -> list[int]:
    """Undo what this person filed last: the tickets wait again, and nothing is learned from it.

    What somebody changed meanwhile stays; gives the tickets that wait again.
    Raises NothingToTakeBack.
    """
    undone = [
        ticket_id
        for row in await _last(session, by)
        if (ticket_id := await _take_back(session, row.id, by)) is not None
    ]
    if not undone:
        raise NothingToTakeBack("There is nothing of yours to take back, or it was changed since.")
    return undone


async def _take_back(session: AsyncSession, correction_id: int, by: Principal) -> int | None:
    correction = await session.get_one(Correction, correction_id)
    ticket = await get_ticket(session, correction.ticket_id, lock=True)
    is_as_left = ticket.category == correction.corrected and ticket.category_by == "agent"
    if not is_as_left or ticket.merged_into is not None:
        return None
    await unfile_ticket(
        session,
        ticket_id=ticket.id,
        category=correction.before,
        category_by=correction.before_by or "default",
        by=by,
    )
    analysis = await find_analysis(session, ticket.id)
    if analysis is not None:
        analysis.need_admin = correction.before_by != "agent"
    await session.execute(
        _WITHDRAW, {"correction": correction.id, "by": by.name, "at": now_of(session)}
    )
    withdrawn = CorrectionWithdrawn(
        ticket_id=ticket.id,
        field=correction.field,
        before=correction.corrected,
        after=correction.before,
    )
    await emit(session, withdrawn, by=by)
    return ticket.id


async def _last(session: AsyncSession, by: Principal):  # type: ignore[no-untyped-def]
    return (
        await session.execute(
            _LAST,
            {
                "company": company_of(session),
                "person": by.person_id,
                "since": now_of(session) - TAKE_BACK,
            },
        )
    ).all()


# What is decided at a stroke is decided at one instant.
_LAST = text(
    """
    with mine as (
      select c.id, c.ticket_id, c.corrected, c.corrected_at from correction c
      where c.company_id = :company and c.field = 'category' and c.by_kind = 'person'
        and c.by_id = :person and c.corrected_at > :since
        and not exists (select from correction_withdrawal w
                        where w.company_id = c.company_id and w.correction_id = c.id)
    )
    select * from mine where corrected_at = (select max(corrected_at) from mine)
    order by ticket_id
    """
)
_WITHDRAW = text(
    """
    insert into correction_withdrawal (company_id, correction_id, by_name, withdrawn_at)
    values (current_company(), :correction, :by, :at)
    """
)
