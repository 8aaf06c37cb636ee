"""Add, change and delete workflows."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.mailboxes.errors import WorkflowNameTaken, WorkflowNotFound
from ticketyard.mailboxes.events import WorkflowChanged
from ticketyard.mailboxes.models import EmailWorkflow
from ticketyard.mailboxes.workflows.steps import Definition, check_definition


async def add_workflow(
    session: AsyncSession, *, definition: Definition, by: Principal
) -> EmailWorkflow:
    """Add a workflow; flushes, so that it has its id. Raises WorkflowNameTaken."""
    await _refuse_taken(session, definition.name)
    workflow = EmailWorkflow(company_id=company_of(session), **_columns(definition))
    session.add(workflow)
    await session.flush()
    await session.refresh(workflow)
    await _tell(session, workflow, "added", by)
    return workflow


def draft_workflow(definition: Definition, company_id: int) -> EmailWorkflow:
    """A workflow that is stored nowhere, to be tried."""
    return EmailWorkflow(company_id=company_id, **_columns(definition))


async def change_workflow(
    session: AsyncSession, *, workflow_id: int, changes: Mapping[str, Any], by: Principal
) -> EmailWorkflow:
    """Change what is given, in the words of a definition; the rest stays.

    Raises WorkflowNotFound, BadWorkflow, WorkflowNameTaken.
    """
    workflow = await get_workflow(session, workflow_id, lock=True)
    # One that was written past us may be broken, and can be mended or switched off all the same.
    only_switched = set(changes) == {"enabled"} and isinstance(changes["enabled"], bool)
    wanted: dict[str, Any] = dict(changes)
    if not only_switched:
        wanted = _columns(check_definition({**render_workflow(workflow), **changes}))
    changed = {name for name, value in wanted.items() if getattr(workflow, name) != value}
    if not changed:
        return workflow
    if "name" in changed:
        await _refuse_taken(session, wanted["name"])
    for name in changed:
        setattr(workflow, name, wanted[name])
    workflow.updated_at = now_of(session)
    await session.flush()
    await _tell(session, workflow, "changed", by)
    return workflow


async def delete_workflow(session: AsyncSession, *, workflow_id: int, by: Principal) -> None:
    """Delete it; what it did stays recorded under its name. Raises WorkflowNotFound."""
    workflow = await get_workflow(session, workflow_id, lock=True)
    await _tell(session, workflow, "deleted", by)
    await session.delete(workflow)
    await session.flush()


async def get_workflow(
    session: AsyncSession, workflow_id: int, *, lock: bool = False
) -> EmailWorkflow:
    """One workflow. Raises WorkflowNotFound."""
    query = select(EmailWorkflow).where(
        EmailWorkflow.company_id == company_of(session), EmailWorkflow.id == workflow_id
    )
    workflow = await session.scalar(query.with_for_update() if lock else query)
    if workflow is None:
        raise WorkflowNotFound("There is no such workflow.")
    return workflow


def render_workflow(workflow: EmailWorkflow) -> dict[str, Any]:
    """The workflow in the words of its definition (spec 3)."""
    return {
        "name": workflow.name,
        "classification_trigger": workflow.classification_trigger,
        # The column holds four bytes: 0.7 comes back as a little more.
        "confidence_threshold": round(workflow.confidence_threshold, 4),
        "workflow_steps": _listed(workflow.workflow_steps),
        "priority": workflow.priority,
        "enabled": workflow.enabled,
    }


def _listed(steps: object) -> list[Any]:
    return steps if isinstance(steps, list) else []


def _columns(definition: Definition) -> dict[str, Any]:
    return {
        "name": definition.name,
        "classification_trigger": definition.classification_trigger,
        "confidence_threshold": round(definition.confidence_threshold, 4),
        "workflow_steps": definition.steps_out(),
        "priority": definition.priority,
        "enabled": definition.enabled,
    }


async def _refuse_taken(session: AsyncSession, name: str) -> None:
    taken = exists().where(
        EmailWorkflow.company_id == company_of(session), EmailWorkflow.name == name
    )
    if await session.scalar(select(taken)):
        raise WorkflowNameTaken("There is a workflow of this name already.")


async def _tell(session: AsyncSession, workflow: EmailWorkflow, what: str, by: Principal) -> None:
    event = WorkflowChanged(workflow_id=workflow.id, name=workflow.name, what=what)
    await emit(session, event, by=by)
