"""Many proposals accepted at once, and the last decision taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.errors import Refusal
from ticketyard.core.events import emit
from ticketyard.people.queries import get_company
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.names import present_names
from ticketyard.tickets.queries import get_ticket
from ticketyard.tickets.unfiling import unfile_ticket
from ticketyard.triage.correcting import correct_category
from ticketyard.triage.errors import NothingToTakeBack, TooMany
from ticketyard.triage.events import CorrectionWithdrawn
from ticketyard.triage.models import Correction
from ticketyard.triage.queries import CATEGORY, TEAM, find_analysis

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
    """What this person filed last, as long as that was lately enough to be taken back."""
    rows = [row for row in await _last(session, by) if row.field == CATEGORY]
    if not rows:
        return None
    called = await _called(session)
    return LastDecision(
        ticket_ids=tuple(row.ticket_id for row in rows),
        category=called.get(rows[0].corrected, rows[0].corrected),
        decided_at=rows[0].corrected_at,
    )


async def take_back_last(session: AsyncSession, *, by: Principal) -> list[int]:
    """Undo what this person filed last, with the team that was said at the same time: the tickets
    wait again, and nothing is learned from it.

    What somebody changed meanwhile stays; gives the tickets that wait again.
    Raises NothingToTakeBack.
    """
    called = await _called(session)
    undone = [
        row.ticket_id
        for row in await _last(session, by)
        if await _undo(session, row.id, called, by)
    ]
    if not undone:
        raise NothingToTakeBack("There is nothing of yours to take back, or it was changed since.")
    return list(dict.fromkeys(undone))


async def _called(session: AsyncSession) -> Mapping[str, str]:
    """Former names of categories to those of today: a decision is kept in the words of its time."""
    return present_names((await get_company(session)).settings)


async def _undo(
    session: AsyncSession, correction_id: int, called: Mapping[str, str], by: Principal
) -> bool:
    said = await session.get_one(Correction, correction_id)
    ticket = await get_ticket(session, said.ticket_id, lock=True)
    is_team = said.field == TEAM
    names = {} if is_team else called
    decided = names.get(said.corrected, said.corrected)
    before = said.before and names.get(said.before, said.before)
    if ticket.merged_into is not None or not _is_as_left(ticket, said.field, decided):
        return False
    await unfile_ticket(
        session,
        ticket_id=ticket.id,
        field="team_id" if is_team else "category",
        value=int(before) if is_team and before else before,
        said_by=said.before_by or "default",
        by=by,
    )
    analysis = await find_analysis(session, ticket.id)
    if analysis is not None and not is_team:
        analysis.need_admin = said.before_by != "agent"
    await session.execute(_WITHDRAW, {"correction": said.id, "by": by.name, "at": now_of(session)})
    withdrawn = CorrectionWithdrawn(
        ticket_id=ticket.id, field=said.field, before=decided, after=before
    )
    await emit(session, withdrawn, by=by)
    return True


def _is_as_left(ticket: Ticket, field: str, decided: str) -> bool:
    if field == TEAM:
        return str(ticket.team_id) == decided and ticket.team_by == "agent"
    return ticket.category == decided and ticket.category_by == "agent"


async def _last(session: AsyncSession, by: Principal) -> Sequence[Row[Any]]:
    asked = {
        "company": company_of(session),
        "person": by.person_id,
        "since": now_of(session) - TAKE_BACK,
    }
    return (await session.execute(_LAST, asked)).all()


# What is decided at a stroke is decided at one instant.
_LAST = text(
    """
    with mine as (
      select c.id, c.ticket_id, c.field, c.corrected, c.corrected_at from correction c
      where c.company_id = :company and c.field in ('category', 'team') and c.by_kind = 'person'
        and c.by_id = :person and c.corrected_at > :since
        and not exists (select from correction_withdrawal w
                        where w.company_id = c.company_id and w.correction_id = c.id)
    )
    select * from mine
    where corrected_at = (select max(corrected_at) from mine where field = 'category')
    order by ticket_id, id
    """
)
_WITHDRAW = text(
    """
    insert into correction_withdrawal (company_id, correction_id, by_name, withdrawn_at)
    values (current_company(), :correction, :by, :at)
    """
)
