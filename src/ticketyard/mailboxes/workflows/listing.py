"""Read workflows, what they did, and past mails they could be tried on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.mailboxes.models import EmailWorkflow, WorkflowExecution

PAGE_MAX = 200


@dataclass(frozen=True, kw_only=True)
class LastRun:
    """The newest run of a workflow."""

    workflow_id: int
    status: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class PastMail:
    """A mail that came before, and what it was taken for."""

    inbound_id: int
    subject: str
    sender: str
    received_at: datetime
    outcome: str
    classification: str | None
    confidence: float | None
    ticket_number: str | None


async def list_workflows(session: AsyncSession) -> list[EmailWorkflow]:
    """Every workflow, in the order in which they run."""
    return list(
        await session.scalars(
            select(EmailWorkflow)
            .where(EmailWorkflow.company_id == company_of(session))
            .order_by(EmailWorkflow.priority, EmailWorkflow.id)
        )
    )


async def list_executions(
    session: AsyncSession,
    *,
    status: str | None = None,
    workflow_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[WorkflowExecution]:
    """Runs, the newest first. before: those older than the run of this id."""
    query = select(WorkflowExecution).where(WorkflowExecution.company_id == company_of(session))
    if status is not None:
        query = query.where(WorkflowExecution.status == status)
    if workflow_id is not None:
        query = query.where(WorkflowExecution.workflow_id == workflow_id)
    if before is not None:
        query = query.where(WorkflowExecution.id < before)
    query = query.order_by(WorkflowExecution.id.desc()).limit(min(limit, PAGE_MAX))
    return list(await session.scalars(query))


async def last_runs(session: AsyncSession) -> dict[int, LastRun]:
    """The newest run of each workflow that ran at all, by the workflow's id."""
    rows = await session.execute(_LAST)
    return {row.workflow_id: LastRun(**row._mapping) for row in rows}


async def list_past_mails(session: AsyncSession, *, limit: int = 50) -> Sequence[PastMail]:
    """The newest mails that were filed, from mailboxes or played."""
    rows = await session.execute(_PAST, {"limit": min(limit, PAGE_MAX)})
    return [PastMail(**row._mapping) for row in rows]


_LAST = text(
    """
    select w.id as workflow_id, e.status, e.created_at
    from email_workflows w cross join lateral (
      select x.status, x.created_at from email_workflow_executions x
      where x.company_id = w.company_id and x.workflow_id = w.id order by x.id desc limit 1) e
    where w.company_id = current_company()
    """
)
# What a program told in fields is left out: no workflow runs on it.
_PAST = text(
    """
    select m.inbound_id, m.subject, m.sender, m.received_at, m.outcome, m.classification,
           m.confidence, t.number as ticket_number
    from inbound_message i
    join mail_message m on m.company_id = i.company_id and m.inbound_id = i.id
    left join ticket t on t.company_id = m.company_id and t.id = m.ticket_id
    where i.company_id = current_company() and i.source = 'email'
      and i.content_type = 'message/rfc822' and m.filed_at is not null
    order by i.id desc limit :limit
    """
)
