"""Reading mail of ours and what servers said to it."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.notify.errors import MailNotFound
from ticketyard.notify.models import OutgoingMail, SendAttempt

STATES = ("waiting", "sent", "failed", "suppressed", "bounced")
KINDS = ("reply", "acknowledgement", "notice", "notification", "test")
ATTEMPTS_SHOWN = 100


async def get_outgoing(session: AsyncSession, mail_id: int, *, lock: bool = False) -> OutgoingMail:
    """One mail of ours. Raises MailNotFound."""
    query = select(OutgoingMail).where(
        OutgoingMail.company_id == company_of(session), OutgoingMail.id == mail_id
    )
    found = await session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise MailNotFound("There is no such mail.")
    return found


async def list_outgoing(
    session: AsyncSession,
    *,
    state: str | None = None,
    kind: str | None = None,
    ticket_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[OutgoingMail]:
    """The outbox and what became of it, the newest first."""
    query = select(OutgoingMail).where(OutgoingMail.company_id == company_of(session))
    if state is not None:
        query = query.where(OutgoingMail.state == state)
    if kind is not None:
        query = query.where(OutgoingMail.kind == kind)
    if ticket_id is not None:
        query = query.where(OutgoingMail.ticket_id == ticket_id)
    if before is not None:
        query = query.where(OutgoingMail.id < before)
    return list(await session.scalars(query.order_by(OutgoingMail.id.desc()).limit(limit)))


async def count_outgoing(session: AsyncSession) -> dict[str, int]:
    """How many mails are in each state."""
    rows = await session.execute(
        select(OutgoingMail.state, func.count())
        .where(OutgoingMail.company_id == company_of(session))
        .group_by(OutgoingMail.state)
    )
    counted = {state: count for state, count in rows}
    return {state: counted.get(state, 0) for state in STATES}


async def list_attempts(
    session: AsyncSession, mail_ids: Sequence[int]
) -> dict[int, list[SendAttempt]]:
    """What servers said to these mails, the first try first; of each the last hundred lines."""
    rows = await session.scalars(
        select(SendAttempt)
        .where(SendAttempt.company_id == company_of(session), SendAttempt.mail_id.in_(mail_ids))
        .order_by(SendAttempt.id)
    )
    found: dict[int, list[SendAttempt]] = defaultdict(list)
    for row in rows:
        found[row.mail_id].append(row)
    return {mail_id: found[mail_id][-ATTEMPTS_SHOWN:] for mail_id in mail_ids}


async def mail_of_comments(
    session: AsyncSession, comment_ids: Sequence[int]
) -> dict[int, OutgoingMail]:
    """The mail that carries each answer, for those that were to be mailed."""
    rows = await session.scalars(
        select(OutgoingMail).where(
            OutgoingMail.company_id == company_of(session),
            OutgoingMail.comment_id.in_(comment_ids),
            OutgoingMail.kind == "reply",
        )
    )
    return {row.comment_id: row for row in rows if row.comment_id is not None}
