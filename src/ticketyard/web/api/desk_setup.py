"""What a company sets up for its tickets, over HTTP: custom fields, and its own steps of work."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from ticketyard.core.shapes import Body, RowId
from ticketyard.insights.step_board import read_board
from ticketyard.tickets.fields.defining import add_field, change_field, delete_field
from ticketyard.tickets.queries import list_fields
from ticketyard.tickets.steps.course import DEFAULT, STEPS_MAX, Step, step_of
from ticketyard.tickets.steps.setting import list_steps, set_steps
from ticketyard.tickets.steps.taking import advance_ticket, move_to_step
from ticketyard.web.api.ticket_changes import IfMatch, seen_version
from ticketyard.web.api.ticket_shapes import Version
from ticketyard.web.deps import Acting, Session, VisibleTicket, may
from ticketyard.web.idempotency import IdempotentRoute

router = APIRouter(prefix="/api", tags=["desk"], route_class=IdempotentRoute)

# No person has this id, so no ticket is theirs.
NOBODY = 0

FieldId = Annotated[RowId, Field(le=2**31 - 1)]


class FieldIn(Body):
    """A field of the company's own. Its name and kind stay; choices are for a choice alone.

    is_required: asked for where a ticket is opened by hand, and on the form where it is shown there.
    on_form: shown on the public form.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Building", "kind": "choice", "choices": ["North", "South"]}]
        }
    )

    name: str = Field(max_length=1_000)
    kind: Literal["text", "number", "date", "choice", "yes_no"]
    choices: list[str] = Field([], max_length=200)
    help: str = Field("", max_length=1_000)
    is_required: bool = False
    on_form: bool = False
    sort_order: int | None = Field(None, ge=0, le=10_000)
    is_active: bool = True


class FieldPatch(Body):
    """What is to change; the rest stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_required": True}]})

    choices: list[str] | None = Field(None, max_length=200)
    help: str | None = Field(None, max_length=1_000)
    is_required: bool | None = None
    on_form: bool | None = None
    sort_order: int | None = Field(None, ge=0, le=10_000)
    is_active: bool | None = None


class FieldOut(BaseModel):
    """A field as it is defined."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    kind: str
    choices: list[str]
    help: str
    is_required: bool
    on_form: bool
    sort_order: int
    is_active: bool


class StepBody(Body):
    """One step, and the status it stands for. was: its name before, where it is renamed."""

    name: str = Field(max_length=1_000, examples=["In the workshop"])
    status: str = Field(max_length=40, examples=["in_progress"])
    was: str | None = Field(None, max_length=1_000)


class StepsIn(Body):
    """All steps in their order; none at all goes back to the default ones."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "steps": [
                        {"name": "New", "status": "open"},
                        {"name": "In the workshop", "status": "in_progress"},
                        {"name": "Back home", "status": "resolved"},
                    ]
                }
            ]
        }
    )

    steps: list[StepBody] = Field(max_length=STEPS_MAX)


class StepIn(Body):
    """The step to take the ticket to. seen: the step it was seen on; another is refused with 409."""

    step: str = Field(max_length=1_000, examples=["In Progress"])
    seen: str | None = Field(None, max_length=1_000)
    reason: str | None = Field(None, max_length=1_000)
    version: Version = None


class AdvanceIn(Body):
    """Take the ticket to its next step. seen: the step it was seen on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"seen": "Open"}]})

    seen: str | None = Field(None, max_length=1_000)
    reason: str | None = Field(None, max_length=1_000)
    version: Version = None


# -- custom fields ---------------------------------------------------------------------------------


@router.get("/custom-fields", dependencies=[may("tickets:read")])
async def get_fields(session: Session) -> dict[str, list[FieldOut]]:
    """The company's own fields in their order, those out of use among them."""
    fields = await list_fields(session, all_of_them=True)
    return {"custom_fields": [FieldOut.model_validate(each) for each in fields]}


@router.post("/custom-fields", dependencies=[may("settings:manage")], status_code=201)
async def post_field(body: FieldIn, session: Session, by: Acting) -> FieldOut:
    """Define a field. What tickets hold under its name already stays, until it is changed."""
    given = {name: value for name, value in body.model_dump().items() if value is not None}
    return FieldOut.model_validate(await add_field(session, by=by, **given))


@router.patch("/custom-fields/{field_id}", dependencies=[may("settings:manage")])
async def patch_field(
    field_id: FieldId, body: FieldPatch, session: Session, by: Acting
) -> FieldOut:
    """Change a field. What tickets hold stays."""
    sent = body.model_dump(exclude_unset=True)
    changes = {name: value for name, value in sent.items() if value is not None}
    field = await change_field(session, field_id=field_id, changes=changes, by=by)
    return FieldOut.model_validate(field)


@router.delete("/custom-fields/{field_id}", dependencies=[may("settings:manage")], status_code=204)
async def remove_field(field_id: FieldId, session: Session, by: Acting) -> None:
    """Forget a field; what tickets hold under its name stays."""
    await delete_field(session, field_id=field_id, by=by)


# -- steps of work ---------------------------------------------------------------------------------


@router.get("/steps", dependencies=[may("tickets:read")])
async def get_steps(session: Session) -> dict[str, Any]:
    """The steps the company works in, in their order."""
    return _steps(await list_steps(session))


@router.put("/steps", dependencies=[may("settings:manage")])
async def put_steps(body: StepsIn, session: Session, by: Acting) -> dict[str, Any]:
    """Replace the steps. No ticket changes its status by it."""
    steps = await set_steps(
        session,
        steps=[(each.name, each.status) for each in body.steps],
        renamed={each.was: each.name for each in body.steps if each.was},
        by=by,
    )
    return _steps(steps)


@router.get("/board", dependencies=[may("tickets:read")])
async def get_board(session: Session, by: Acting, mine: bool = False) -> dict[str, Any]:
    """The steps with the tickets that stand on them: up to fifty each, the last changed first.

    mine: only one's own, and a key has none. `count` ends at 1,000.
    """
    columns = await read_board(session, assignee_id=(by.person_id or NOBODY) if mine else None)
    return {"columns": columns}


@router.post("/tickets/{ticket_id}/step", dependencies=[may("tickets:write")])
async def post_step(
    ticket: VisibleTicket, body: StepIn, session: Session, by: Acting, if_match: IfMatch = None
) -> dict[str, Any]:
    """Take the ticket to a step, which gives it that step's status."""
    await move_to_step(
        session,
        ticket_id=ticket.id,
        step=body.step,
        seen=body.seen,
        reason=body.reason,
        by=by,
        version=seen_version(body.version, if_match),
    )
    return await _standing(ticket, session)


@router.post("/tickets/{ticket_id}/advance", dependencies=[may("tickets:write")])
async def post_advance(
    ticket: VisibleTicket, body: AdvanceIn, session: Session, by: Acting, if_match: IfMatch = None
) -> dict[str, Any]:
    """Take the ticket to the step after its own; 409 on the last, or where `seen` is another."""
    await advance_ticket(
        session,
        ticket_id=ticket.id,
        seen=body.seen,
        reason=body.reason,
        by=by,
        version=seen_version(body.version, if_match),
    )
    return await _standing(ticket, session)


async def _standing(ticket: VisibleTicket, session: Session) -> dict[str, Any]:
    step = step_of(await list_steps(session), ticket.status, ticket.work_step)
    return {
        "message": "Taken to its step",
        "ticket_id": ticket.id,
        "ticket_number": ticket.number,
        "step": step.name,
        "status": ticket.status,
        "version": ticket.version,
    }


def _steps(steps: tuple[Step, ...]) -> dict[str, Any]:
    return {"steps": [vars(step) for step in steps], "is_default": steps == DEFAULT}
