"""How a mailbox fares: when it was read, what keeps it from being read, and whom that is told."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.events import emit
from ticketyard.mailboxes.errors import MailboxNotFound
from ticketyard.mailboxes.events import MailboxFailing, MailboxRecovered
from ticketyard.mailboxes.models import Mailbox

INTERVALS = 3
PROBLEM_MAX = 500


def is_alarming(
    *, now: datetime, succeeded_at: datetime | None, failing_since: datetime, interval_seconds: int
) -> bool:
    """Whether it has not been read for so many intervals that somebody must be told."""
    since = succeeded_at or failing_since
    return now - since >= timedelta(seconds=INTERVALS * interval_seconds)


async def note_success(session: AsyncSession, mailbox_id: int, *, by: Principal) -> None:
    """It was read to its end. Whoever was alarmed is told so."""
    mailbox = await _locked(session, mailbox_id)
    mailbox.attempted_at = mailbox.succeeded_at = now_of(session)
    mailbox.failing_since = mailbox.last_error = None
    if mailbox.alarmed_at is not None:
        mailbox.alarmed_at = None
        await emit(session, MailboxRecovered(mailbox_id=mailbox.id, address=mailbox.address), by=by)


async def note_failure(
    session: AsyncSession,
    mailbox_id: int,
    problem: str,
    *,
    interval_seconds: int,
    at_once: bool = False,
    by: Principal,
) -> None:
    """It could not be read. After three intervals, or at once where only a person can help, that is
    told, and not again until it recovers."""
    mailbox = await _locked(session, mailbox_id)
    now = mailbox.attempted_at = now_of(session)
    mailbox.failing_since = mailbox.failing_since or now
    mailbox.last_error = problem[:PROBLEM_MAX]
    if mailbox.alarmed_at is None and (
        at_once
        or is_alarming(
            now=now,
            succeeded_at=mailbox.succeeded_at,
            failing_since=mailbox.failing_since,
            interval_seconds=interval_seconds,
        )
    ):
        mailbox.alarmed_at = now
        told = MailboxFailing(mailbox_id=mailbox.id, address=mailbox.address, problem=problem)
        await emit(session, told, by=by)


async def _locked(session: AsyncSession, mailbox_id: int) -> Mailbox:
    mailbox = await session.scalar(
        select(Mailbox).where(Mailbox.id == mailbox_id).with_for_update()
    )
    if mailbox is None:
        raise MailboxNotFound("This mailbox does not exist.")
    return mailbox
