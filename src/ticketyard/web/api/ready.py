"""Macros, ticket templates and tickets opened by hand, over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from ticketyard.core.shapes import Body, RowId
from ticketyard.tickets.models import Macro, TicketTemplate
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.queries import list_macros, list_templates
from ticketyard.tickets.ready.applying import apply_macro
from ticketyard.tickets.ready.keeping import (
    delete_macro,
    delete_template,
    get_macro,
    get_template,
    save_macro,
    save_template,
)
from ticketyard.tickets.ready.opening_by_hand import ByHand, open_by_hand
from ticketyard.web.api.related_tickets import OpenedOut, opened_out
from ticketyard.web.api.ticket_changes import IfMatch, seen_version
from ticketyard.web.api.ticket_shapes import Id, Version
from ticketyard.web.deps import Acting, Parts, Session, VisibleTicket, may
from ticketyard.web.idempotency import IdempotentRoute

router = APIRouter(prefix="/api", tags=["desk"], route_class=IdempotentRoute)

MacroId = Annotated[RowId, Field(le=2**31 - 1)]
_Name = Annotated[str, Field(max_length=1_000)]


class MacroIn(Body):
    """A macro. actions: any of priority, severity, category, team_id, add_tags, remove_tags,
    custom_fields, comment, is_internal, assignee (an id, `me` or `nobody`), status and reason."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Waits for parts",
                    "actions": {
                        "status": "pending",
                        "assignee": "me",
                        "add_tags": ["parts"],
                        "comment": "Dear {requester}, the part for {number} is on its way.",
                    },
                }
            ]
        }
    )

    name: _Name
    description: str = Field("", max_length=1_000)
    actions: dict[str, Any]
    is_active: bool = True


class MacroPatch(Body):
    """What is to change; the rest stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_active": False}]})

    name: _Name | None = None
    description: str | None = Field(None, max_length=1_000)
    actions: dict[str, Any] | None = None
    is_active: bool | None = None


class MacroOut(BaseModel):
    """A macro as it is kept, and how often it was used."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    description: str
    actions: dict[str, Any]
    is_active: bool
    used: int


class ApplyIn(Body):
    """The macro to apply."""

    macro_id: MacroId = Field(examples=[1])
    version: Version = None


class TemplateIn(Body):
    """A ticket template: whatever is filled in already."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "New colleague",
                    "title": "New colleague: ",
                    "description": "Needs a laptop and a phone.",
                    "tags": ["joiner"],
                }
            ]
        }
    )

    name: _Name
    title: str = Field("", max_length=1_000)
    description: str = Field("", max_length=200_000)
    priority: str | None = None
    category: str | None = None
    team_id: Id | None = None
    tags: list[str] = Field([], max_length=100)
    custom_fields: dict[str, Any] = Field(default_factory=dict)
    is_active: bool = True


class TemplatePatch(Body):
    """What is to change; the rest stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_active": False}]})

    name: _Name | None = None
    title: str | None = Field(None, max_length=1_000)
    description: str | None = Field(None, max_length=200_000)
    priority: str | None = None
    category: str | None = None
    team_id: Id | None = None
    tags: list[str] | None = Field(None, max_length=100)
    custom_fields: dict[str, Any] | None = None
    is_active: bool | None = None


class TemplateOut(BaseModel):
    """A ticket template as it is kept."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    title: str
    description: str
    priority: str | None
    category: str | None
    team_id: int | None
    tags: list[str]
    custom_fields: dict[str, Any]
    is_active: bool


class ByHandIn(Body):
    """A ticket opened at the desk; what is left out comes from the template, if one is named."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Rita rang: the printer is silent",
                    "requester_email": "rita@example.com",
                    "requester_name": "Rita Requester",
                }
            ]
        }
    )

    template_id: MacroId | None = None
    title: str | None = Field(None, max_length=1_000)
    description: str | None = Field(None, max_length=200_000)
    requester_name: str | None = Field(None, max_length=500)
    requester_email: str | None = Field(None, max_length=320)
    priority: str | None = None
    category: str | None = None
    team_id: Id | None = None
    assignee_id: Id | None = None
    tags: list[str] = Field([], max_length=100)
    custom_fields: dict[str, Any] = Field(default_factory=dict)


# -- macros ----------------------------------------------------------------------------------------


@router.get("/macros", dependencies=[may("tickets:read")])
async def get_macros(session: Session) -> dict[str, list[MacroOut]]:
    """Every macro by name, those out of use among them."""
    macros = await list_macros(session, all_of_them=True)
    return {"macros": [MacroOut.model_validate(each) for each in macros]}


@router.post("/macros", dependencies=[may("settings:manage")], status_code=201)
async def post_macro(body: MacroIn, session: Session, by: Acting) -> MacroOut:
    """Add a macro. What its actions name must be there."""
    return _macro(await save_macro(session, given=body.model_dump(), by=by))


@router.get("/macros/{macro_id}", dependencies=[may("tickets:read")])
async def get_one_macro(macro_id: MacroId, session: Session) -> MacroOut:
    """One macro."""
    return _macro(await get_macro(session, macro_id))


@router.patch("/macros/{macro_id}", dependencies=[may("settings:manage")])
async def patch_macro(
    macro_id: MacroId, body: MacroPatch, session: Session, by: Acting
) -> MacroOut:
    """Change a macro; its actions are replaced as a whole."""
    given = body.model_dump(exclude_unset=True)
    return _macro(await save_macro(session, given=given, by=by, macro_id=macro_id))


@router.delete("/macros/{macro_id}", dependencies=[may("settings:manage")], status_code=204)
async def remove_macro(macro_id: MacroId, session: Session, by: Acting) -> None:
    """Delete a macro; what it did stays in the histories."""
    await delete_macro(session, macro_id=macro_id, by=by)


@router.post("/tickets/{ticket_id}/macro", dependencies=[may("tickets:write")])
async def post_apply(
    ticket: VisibleTicket, body: ApplyIn, session: Session, by: Acting, if_match: IfMatch = None
) -> dict[str, Any]:
    """Apply a macro: all it says, or nothing and why."""
    changed = await apply_macro(
        session,
        ticket_id=ticket.id,
        macro_id=body.macro_id,
        by=by,
        version=seen_version(body.version, if_match),
    )
    return {
        "message": "Done",
        "ticket_id": changed.id,
        "ticket_number": changed.number,
        "status": changed.status,
        "version": changed.version,
    }


def _macro(macro: Macro) -> MacroOut:
    return MacroOut.model_validate(macro)


# -- templates -------------------------------------------------------------------------------------


@router.get("/ticket-templates", dependencies=[may("tickets:read")])
async def get_templates(session: Session) -> dict[str, list[TemplateOut]]:
    """Every ticket template by name, those out of use among them."""
    templates = await list_templates(session, all_of_them=True)
    return {"templates": [TemplateOut.model_validate(each) for each in templates]}


@router.post("/ticket-templates", dependencies=[may("settings:manage")], status_code=201)
async def post_template(body: TemplateIn, session: Session, by: Acting) -> TemplateOut:
    """Add a ticket template."""
    return _template(await save_template(session, given=body.model_dump(), by=by))


@router.get("/ticket-templates/{template_id}", dependencies=[may("tickets:read")])
async def get_one_template(template_id: MacroId, session: Session) -> TemplateOut:
    """One ticket template."""
    return _template(await get_template(session, template_id))


@router.patch("/ticket-templates/{template_id}", dependencies=[may("settings:manage")])
async def patch_template(
    template_id: MacroId, body: TemplatePatch, session: Session, by: Acting
) -> TemplateOut:
    """Change a ticket template; tickets opened from it stay as they are."""
    given = body.model_dump(exclude_unset=True)
    return _template(await save_template(session, given=given, by=by, template_id=template_id))


@router.delete(
    "/ticket-templates/{template_id}", dependencies=[may("settings:manage")], status_code=204
)
async def remove_template(template_id: MacroId, session: Session, by: Acting) -> None:
    """Delete a ticket template."""
    await delete_template(session, template_id=template_id, by=by)


@router.post("/tickets/by-hand", dependencies=[may("tickets:write")], status_code=201)
async def post_by_hand(body: ByHandIn, session: Session, parts: Parts, by: Acting) -> OpenedOut:
    """Open a ticket in somebody's name, from a template or without one."""
    given = body.model_dump(exclude={"template_id"}) | {"tags": tuple(body.tags)}
    opened = await open_by_hand(
        session,
        ByHand(**given),
        numbers=parts.part(Numbers),
        now=parts.clock(),
        by=by,
        template_id=body.template_id,
    )
    return opened_out(opened)


def _template(template: TicketTemplate) -> TemplateOut:
    return TemplateOut.model_validate(template)
