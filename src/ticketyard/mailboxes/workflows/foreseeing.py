"""A dry run: what workflows would do with a mail that came before. Changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from ticketyard.core.db import company_of
from ticketyard.core.errors import Refusal
from ticketyard.core.resources import Resources
from ticketyard.intake.models import InboundMessage
from ticketyard.mail.reading import read_mail
from ticketyard.mailboxes.errors import MailNotFound, StepFailed
from ticketyard.mailboxes.keeping import raw_of
from ticketyard.mailboxes.landing.classifying import Label, classify
from ticketyard.mailboxes.models import EmailWorkflow, MailMessage
from ticketyard.mailboxes.workflows.steps import Step, check_steps
from ticketyard.mailboxes.workflows.taking_steps import linkable_ticket
from ticketyard.people.models import Person
from ticketyard.tickets.labelling import find_category
from ticketyard.tickets.queries import get_ticket


@dataclass(frozen=True, kw_only=True)
class ForeseenStep:
    """What a step would do, or why it would fail."""

    action: str
    params: Mapping[str, Any]
    would: str
    fails: bool = False


@dataclass(frozen=True, kw_only=True)
class ForeseenWorkflow:
    """Whether a workflow would run, why or why not, and its steps if it would."""

    name: str
    runs: bool
    why: str
    workflow_id: int | None = None
    steps: tuple[ForeseenStep, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """What is known of the mail now, and what each workflow would do with it.

    lands: where it landed when it came, in words; without workflows it would again.
    """

    inbound_id: int
    subject: str
    sender: str
    label: Label
    lands: str
    workflows: tuple[ForeseenWorkflow, ...] = ()


@dataclass
class _Outlook:
    """Where the mail stands while steps are foreseen. joins: the number of a ticket it continues."""

    session: AsyncSession
    joins: str | None
    is_placed: bool = False
    opens: bool = False


async def foresee(
    resources: Resources,
    company_id: int,
    *,
    inbound_id: int,
    workflows: Sequence[EmailWorkflow],
) -> Foreseen:
    """Read the mail again and say what these workflows would do with it.

    Raises MailNotFound, BlobMissing.
    """
    async with resources.db.transaction(company_id) as session:
        inbound, known = await _load(session, inbound_id)
        joins = await _continued(session, known)
    mail = await asyncio.to_thread(read_mail, await raw_of(resources, inbound))
    label = classify(mail)
    reason = str(known.why.get("reason") or "It waits to be filed.")
    async with resources.db.transaction(company_id) as session:
        told = []
        outlook = _Outlook(session, joins)
        for workflow in workflows:
            told.append(await _workflow(workflow, label, known.outcome, outlook))
    return Foreseen(
        inbound_id=inbound_id,
        subject=mail.subject,
        sender=mail.sender.email if mail.sender else "",
        label=label,
        lands=reason,
        workflows=tuple(told),
    )


async def _load(session: AsyncSession, inbound_id: int) -> tuple[InboundMessage, MailMessage]:
    row = (
        await session.execute(
            select(InboundMessage, MailMessage)
            .join(MailMessage, MailMessage.inbound_id == InboundMessage.id)
            .where(
                InboundMessage.company_id == company_of(session),
                InboundMessage.id == inbound_id,
                InboundMessage.content_type == "message/rfc822",
            )
            .options(undefer(InboundMessage.raw))
        )
    ).first()
    if row is None:
        raise MailNotFound("There is no such mail.")
    return row[0], row[1]


async def _continued(session: AsyncSession, known: MailMessage) -> str | None:
    if known.outcome != "reply" or known.ticket_id is None:
        return None
    return (await get_ticket(session, known.ticket_id)).number


async def _workflow(
    workflow: EmailWorkflow, label: Label, outcome: str, outlook: _Outlook
) -> ForeseenWorkflow:
    why = _why_not(workflow, label, outcome)
    if why:
        return ForeseenWorkflow(name=workflow.name, runs=False, why=why, workflow_id=workflow.id)
    sure = f"{label.name} with {label.confidence:.2f}"
    return ForeseenWorkflow(
        name=workflow.name,
        runs=True,
        why=f"The mail is {sure}; {workflow.confidence_threshold:.2f} is enough.",
        workflow_id=workflow.id,
        steps=await _steps(workflow, outlook),
    )


def _why_not(workflow: EmailWorkflow, label: Label, outcome: str) -> str:
    if outcome == "duplicate":
        return "The mail came twice, and workflows run on the first only."
    if label.name != workflow.classification_trigger:
        return f"It waits for {workflow.classification_trigger}; the mail is {label.name}."
    threshold = round(workflow.confidence_threshold, 4)
    if label.confidence < threshold:
        return f"The mail is {label.name} with {label.confidence:.2f} only, below {threshold:.2f}."
    return "" if workflow.enabled else "It is switched off."


async def _steps(workflow: EmailWorkflow, outlook: _Outlook) -> tuple[ForeseenStep, ...]:
    try:
        steps = check_steps(workflow.workflow_steps)
    except Refusal as refusal:
        return (ForeseenStep(action="", params={}, would=refusal.detail, fails=True),)
    told: list[ForeseenStep] = []
    for step in steps:
        if told and told[-1].fails:
            would, fails = "Is left out, because the step before fails.", True
        else:
            would, fails = await _step(step, outlook)
        told.append(ForeseenStep(action=step.action, params=step.params, would=would, fails=fails))
    return tuple(told)


async def _step(step: Step, outlook: _Outlook) -> tuple[str, bool]:
    try:
        return await FORESEEN[step.action](outlook, step.params), False
    except Refusal as refusal:
        return f"Fails: {refusal.detail} The mail becomes a ticket all the same.", True


async def _create(outlook: _Outlook, params: Mapping[str, Any]) -> str:
    if outlook.is_placed:
        return "Nothing more: the mail is in a ticket by then."
    outlook.is_placed, outlook.opens = True, outlook.joins is None
    if outlook.joins:
        return f"Adds the mail to {outlook.joins}, which it continues."
    parts = ["Opens a ticket"]
    if "priority" in params:
        parts.append(f"priority {params['priority']}")
    if "customer_id" in params:
        parts.append(f"customer {params['customer_id']}")
    if "assigned_to_user_id" in params:
        agent = await _agent(outlook.session, params["assigned_to_user_id"])
        parts.append(f"for {agent}" if agent else "for nobody: the agent’s id is none")
    return f"{', '.join(parts)}."


async def _link(outlook: _Outlook, params: Mapping[str, Any]) -> str:
    ticket = await linkable_ticket(outlook.session, params["ticket_number"])
    if outlook.is_placed:
        raise StepFailed("The mail is in a ticket by then.")
    outlook.is_placed, outlook.opens = True, False
    outlook.joins = ticket.number
    return f"Adds the mail to {ticket.number}; as a note where its sender has no part in that."


async def _assign(outlook: _Outlook, params: Mapping[str, Any]) -> str:
    agent = await _agent(outlook.session, params["assigned_to_user_id"])
    if not agent:
        raise StepFailed("There is no such agent.")
    return _if_opened(outlook, f"Gives the ticket to {agent}.")


async def _add_tags(outlook: _Outlook, params: Mapping[str, Any]) -> str:
    return f"Adds {', '.join(params['tags'])}."


async def _set_priority(outlook: _Outlook, params: Mapping[str, Any]) -> str:
    return _if_opened(outlook, f"Sets the priority to {params['priority']}.")


async def _set_category(outlook: _Outlook, params: Mapping[str, Any]) -> str:
    category = await find_category(outlook.session, params["category"])
    return _if_opened(outlook, f"Files it under {category}.")


async def _ignore(outlook: _Outlook, params: Mapping[str, Any]) -> str:
    if outlook.joins:
        return f"Nothing: the mail continues {outlook.joins}, and is added there."
    if outlook.is_placed:
        raise StepFailed("The mail is in a ticket by then.")
    return "Makes no ticket of it; the mail is kept."


def _if_opened(outlook: _Outlook, does: str) -> str:
    return does if outlook.opens else "Nothing: the ticket was there before."


async def _agent(session: AsyncSession, agent_id: int) -> str | None:
    """The name of an agent who could be given a ticket."""
    if agent_id >= 2**31:
        return None
    return await session.scalar(
        select(Person.name).where(
            Person.company_id == company_of(session),
            Person.id == agent_id,
            Person.role.in_(("agent", "admin")),
            Person.is_active,
        )
    )


FORESEEN: Mapping[str, Callable[[_Outlook, Mapping[str, Any]], Awaitable[str]]] = {
    "create_ticket": _create,
    "link_email_to_ticket": _link,
    "assign_ticket": _assign,
    "add_tags": _add_tags,
    "set_priority": _set_priority,
    "set_category": _set_category,
    "ignore": _ignore,
}
