"""Mail workflows over HTTP: definitions as in spec document 3, what they did, and dry runs."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ticketyard.core.shapes import Body, RowId
from ticketyard.mailboxes.landing.classifying import LabelName
from ticketyard.mailboxes.models import EmailWorkflow, WorkflowExecution
from ticketyard.mailboxes.workflows.changing import (
    add_workflow,
    change_workflow,
    delete_workflow,
    draft_workflow,
    get_workflow,
    render_workflow,
)
from ticketyard.mailboxes.workflows.foreseeing import Foreseen, foresee
from ticketyard.mailboxes.workflows.listing import PAGE_MAX, list_executions, list_workflows
from ticketyard.mailboxes.workflows.steps import NAME_MAX, STEPS_MAX, check_definition
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.idempotency import IdempotentRoute

router = APIRouter(prefix="/api/email-workflows", tags=["mail"], route_class=IdempotentRoute)

# Ids of workflows are of four bytes.
WorkflowId = Annotated[RowId, Field(le=2**31 - 1)]


class StepBody(Body):
    """One step. action: create_ticket, link_email_to_ticket, assign_ticket, add_tags, set_priority,
    set_category or ignore; docs/email.md says what each takes."""

    action: str = Field(max_length=100, examples=["create_ticket"])
    params: dict[str, Any] = Field(default_factory=dict, examples=[{"priority": "high"}])


_Name = Annotated[str, Field(min_length=1, max_length=NAME_MAX)]
_Steps = Annotated[list[StepBody], Field(min_length=1, max_length=STEPS_MAX)]


class WorkflowIn(Body):
    """A workflow. priority: of several that match, the lowest runs first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Support Email → Ticket",
                    "classification_trigger": "support_request",
                    "confidence_threshold": 0.7,
                    "workflow_steps": [{"action": "create_ticket", "params": {"priority": "high"}}],
                }
            ]
        }
    )

    name: _Name
    classification_trigger: LabelName
    confidence_threshold: float = Field(0.7, ge=0, le=1)
    workflow_steps: _Steps
    priority: int = Field(100, ge=0, le=10_000)
    enabled: bool = True


class WorkflowPatch(Body):
    """What is to change; the rest stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": False}]})

    name: _Name | None = None
    classification_trigger: LabelName | None = None
    confidence_threshold: float | None = Field(None, ge=0, le=1)
    workflow_steps: _Steps | None = None
    priority: int | None = Field(None, ge=0, le=10_000)
    enabled: bool | None = None


class WorkflowOut(BaseModel):
    """A workflow as it is stored."""

    id: int
    name: str
    classification_trigger: str
    confidence_threshold: float
    workflow_steps: list[Any]
    priority: int
    enabled: bool
    created_at: datetime
    updated_at: datetime


class ExecutionOut(BaseModel):
    """One run on one mail. result: one object a step, with what came of it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    workflow_id: int | None
    workflow_name: str
    email_message_id: str
    classification: str
    confidence: float
    status: str
    steps_total: int
    steps_completed: int
    result: list[dict[str, Any]]
    error_message: str | None
    started_at: datetime | None
    completed_at: datetime | None
    created_at: datetime


class ExecutionsOut(BaseModel):
    """Runs, the newest first. next_before: what to ask for to see older ones."""

    executions: list[ExecutionOut]
    next_before: int | None


class DryRunIn(Body):
    """Which mail to try on (`message_id`, the delivery's number), and what: a definition, or every
    workflow there is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"message_id": 4711}]})

    message_id: RowId
    workflow: WorkflowIn | None = None


class ForeseenStepOut(BaseModel):
    """What a step would do."""

    model_config = ConfigDict(from_attributes=True)

    action: str
    params: dict[str, Any]
    would: str
    fails: bool


class ForeseenWorkflowOut(BaseModel):
    """Whether a workflow would run, and its steps if it would."""

    model_config = ConfigDict(from_attributes=True)

    workflow_id: int | None
    name: str
    runs: bool
    why: str
    steps: list[ForeseenStepOut]


class DryRunOut(BaseModel):
    """What the mail is taken for now, where it landed, and what each workflow would do with it."""

    message_id: int
    subject: str
    sender: str
    classification: str
    confidence: float
    evidence: list[str]
    lands: str
    workflows: list[ForeseenWorkflowOut]


@router.get("", response_model=list[WorkflowOut], dependencies=[may("tickets:read")])
async def get_workflows(session: Session) -> list[dict[str, Any]]:
    """Every workflow, in the order in which they run."""
    return [_told(each) for each in await list_workflows(session)]


@router.post("", response_model=WorkflowOut, status_code=201, dependencies=[may("settings:manage")])
async def post_workflow(body: WorkflowIn, session: Session, by: Acting) -> dict[str, Any]:
    """Add a workflow."""
    definition = check_definition(body.model_dump())
    return _told(await add_workflow(session, definition=definition, by=by))


@router.get("/executions", response_model=ExecutionsOut, dependencies=[may("tickets:read")])
async def get_executions(
    session: Session,
    status: Literal["running", "completed", "failed", "skipped"] | None = None,
    workflow_id: Annotated[RowId | None, Query(le=2**31 - 1)] = None,
    before: RowId | None = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
) -> dict[str, Any]:
    """What workflows did, the newest first."""
    found = await list_executions(
        session, status=status, workflow_id=workflow_id, before=before, limit=limit
    )
    more = found[-1].id if len(found) == limit else None
    return {"executions": [_run(each) for each in found], "next_before": more}


@router.post("/dry-run", response_model=DryRunOut, dependencies=[may("settings:manage")])
async def post_dry_run(body: DryRunIn, parts: Parts, by: Acting) -> dict[str, Any]:
    """Say what workflows would do with a mail that came before. Changes nothing."""
    if body.workflow is not None:
        workflows = [draft_workflow(check_definition(body.workflow.model_dump()), by.company_id)]
    else:
        async with parts.db.transaction(by.company_id) as session:
            workflows = await list_workflows(session)
    foreseen = await foresee(parts, by.company_id, inbound_id=body.message_id, workflows=workflows)
    return _foreseen(foreseen)


@router.get("/{workflow_id}", response_model=WorkflowOut, dependencies=[may("tickets:read")])
async def get_one_workflow(workflow_id: WorkflowId, session: Session) -> dict[str, Any]:
    """One workflow."""
    return _told(await get_workflow(session, workflow_id))


@router.patch("/{workflow_id}", response_model=WorkflowOut, dependencies=[may("settings:manage")])
async def patch_workflow(
    workflow_id: WorkflowId, body: WorkflowPatch, session: Session, by: Acting
) -> dict[str, Any]:
    """Change a workflow, or switch it on and off."""
    changes = body.model_dump(exclude_none=True)
    return _told(await change_workflow(session, workflow_id=workflow_id, changes=changes, by=by))


@router.delete("/{workflow_id}", status_code=204, dependencies=[may("settings:manage")])
async def delete_one_workflow(workflow_id: WorkflowId, session: Session, by: Acting) -> None:
    """Delete a workflow; what it did stays recorded."""
    await delete_workflow(session, workflow_id=workflow_id, by=by)


def _told(workflow: EmailWorkflow) -> dict[str, Any]:
    return {
        "id": workflow.id,
        **render_workflow(workflow),
        "created_at": workflow.created_at,
        "updated_at": workflow.updated_at,
    }


def _run(execution: WorkflowExecution) -> dict[str, Any]:
    shown = {name: getattr(execution, name) for name in ExecutionOut.model_fields}
    return {**shown, "confidence": round(execution.confidence, 4)}


def _foreseen(foreseen: Foreseen) -> dict[str, Any]:
    return {
        "message_id": foreseen.inbound_id,
        "subject": foreseen.subject,
        "sender": foreseen.sender,
        "classification": foreseen.label.name,
        "confidence": foreseen.label.confidence,
        "evidence": list(foreseen.label.evidence),
        "lands": foreseen.lands,
        "workflows": foreseen.workflows,
    }
