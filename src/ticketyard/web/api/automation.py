"""What a machine may do by itself: the company's rule, actions, and what was run on tickets."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from ticketyard.core.outgoing import Outgoing
from ticketyard.core.sealing import Sealer
from ticketyard.core.shapes import Body, Line
from ticketyard.triage.resolving.actions import Action, Actions
from ticketyard.triage.resolving.deciding import MailDoor, look_at
from ticketyard.triage.resolving.models import ActionEndpoint, ActionRun, AutoResolutionRule
from ticketyard.triage.resolving.queries import get_rule, list_endpoints, list_runs
from ticketyard.triage.resolving.running import request_action
from ticketyard.triage.resolving.setting_up import change_rule, remove_endpoint, set_endpoint
from ticketyard.web.deps import Acting, Parts, Session, VisibleTicket, may
from ticketyard.web.idempotency import IdempotentRoute

router = APIRouter(prefix="/api", tags=["automation"], route_class=IdempotentRoute)

ActionName = Annotated[str, Path(max_length=50, examples=["password_reset"])]


class RuleIn(Body):
    """What shall be different."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"is_on": True, "categories": ["password_reset"]}]}
    )

    is_on: bool | None = None
    categories: list[Line] | None = Field(None, max_length=100)
    per_requester_per_day: int | None = Field(None, ge=1, le=100)


class RuleOut(BaseModel):
    """Whether a machine may resolve tickets here, of which categories, and how many a day of one
    requester."""

    model_config = ConfigDict(from_attributes=True)

    is_on: bool
    categories: list[str]
    per_requester_per_day: int


class DecisionOut(BaseModel):
    """What the rule says of a ticket. held_back: why it goes to a person all the same; would_resolve:
    the rule is on and nothing speaks against it."""

    can_auto_resolve: bool
    auto_action: str | None = Field(examples=["self_service_link"])
    confidence: float
    reasoning: str
    held_back: str | None
    would_resolve: bool


class ParameterOut(BaseModel):
    """One value an action needs. is_requester: the requester's address, where none is given."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    about: str
    is_required: bool
    is_requester: bool


class ActionOut(BaseModel):
    """An action. done_by: the company's endpoint, or an installed program; url: of the endpoint."""

    name: str = Field(examples=["password_reset"])
    about: str
    parameters: list[ParameterOut]
    resolves: bool = Field(description="Whether its success resolves the ticket.")
    done_by: Literal["endpoint", "program"]
    url: str | None
    is_enabled: bool = Field(description="Whether it can be run here as things stand.")


class EndpointIn(Body):
    """Where the company's own program does it. Another URL gets another secret."""

    url: Line = Field(max_length=500, examples=["https://it.north.example/actions/password"])
    is_enabled: bool = True
    new_secret: bool = Field(False, description="Make a new secret; the present one ends at once.")


class EndpointOut(ActionOut):
    """The action with its endpoint. secret: shown this once, where it is new."""

    secret: str | None = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class RunIn(Body):
    """An action to be run on a ticket. resolves: whether its success resolves the ticket; else as
    the action says."""

    action: Line = Field(max_length=50, examples=["unlock_account"])
    parameters: dict[
        Annotated[str, Field(max_length=50)], Annotated[str, Field(max_length=500)]
    ] = Field(default={}, max_length=20, examples=[{"user": "rita@example.com"}])
    resolves: bool | None = None


class RunOut(BaseModel):
    """What became of an action: `status` as contracts have it once it has ended, waiting or running
    until then. message_id: what its endpoint is told, the same for every try."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    ticket_id: int
    action: str
    parameters: dict[str, str]
    status: Literal["waiting", "running", "success", "failed"] = Field(validation_alias="state")
    message: str
    details: dict[str, Any]
    attempts: int
    is_automatic: bool
    resolves: bool
    asked_by: str
    asked_at: datetime
    executed_at: datetime | None
    message_id: UUID


@router.get("/triage/auto-resolution", response_model=RuleOut, dependencies=[may("tickets:read")])
async def get_auto_resolution(session: Session) -> AutoResolutionRule:
    """What a machine may resolve here. A fresh desk lets it do nothing."""
    return await get_rule(session)


@router.patch(
    "/triage/auto-resolution", response_model=RuleOut, dependencies=[may("settings:manage")]
)
async def patch_auto_resolution(body: RuleIn, session: Session, by: Acting) -> AutoResolutionRule:
    """Switch it on or off, say of which categories, and how many a day."""
    return await change_rule(session, by=by, **body.model_dump(exclude_none=True))


@router.get(
    "/tickets/{ticket_id}/auto-resolution",
    response_model=DecisionOut,
    dependencies=[may("tickets:read")],
)
async def get_ticket_decision(
    ticket: VisibleTicket, session: Session, resources: Parts
) -> DecisionOut:
    """What the rule says of a ticket as it is now, and why. Changes nothing."""
    rule = await get_rule(session)
    verdict = await look_at(session, ticket.id, rule, resources.part(MailDoor))
    said = verdict.decision
    return DecisionOut(
        can_auto_resolve=said.can_auto_resolve,
        auto_action=said.auto_action,
        confidence=said.confidence,
        reasoning=said.reasoning,
        held_back=verdict.held_back,
        would_resolve=rule.is_on and said.can_auto_resolve and verdict.held_back is None,
    )


@router.get("/actions", response_model=list[ActionOut], dependencies=[may("tickets:read")])
async def get_actions(session: Session, resources: Parts) -> list[ActionOut]:
    """Every action there is, and whether it can be run here."""
    endpoints = await list_endpoints(session)
    return [_action(each, endpoints.get(each.name)) for each in resources.part(Actions).all()]


@router.put(
    "/actions/{action_name}/endpoint",
    response_model=EndpointOut,
    dependencies=[may("settings:manage")],
)
async def put_endpoint(
    action_name: ActionName, body: EndpointIn, session: Session, by: Acting, resources: Parts
) -> EndpointOut:
    """Say which endpoint of yours does an action. What it is sent is signed as webhooks are."""
    known = resources.part(Actions)
    endpoint, secret = await set_endpoint(
        session,
        action=action_name,
        url=body.url,
        is_enabled=body.is_enabled,
        renew=body.new_secret,
        actions=known,
        sealer=resources.part(Sealer),
        outgoing=resources.part(Outgoing),
        by=by,
    )
    told = _action(known.get(action_name), endpoint)
    return EndpointOut(**told.model_dump(), secret=secret)


@router.delete(
    "/actions/{action_name}/endpoint", status_code=204, dependencies=[may("settings:manage")]
)
async def delete_endpoint(action_name: ActionName, session: Session, by: Acting) -> None:
    """Forget an action's endpoint; the action then fails, and says why."""
    await remove_endpoint(session, action=action_name, by=by)


@router.post(
    "/tickets/{ticket_id}/actions",
    response_model=RunOut,
    status_code=202,
    dependencies=[may("tickets:write")],
)
async def post_ticket_action(
    ticket: VisibleTicket, body: RunIn, session: Session, by: Acting, resources: Parts
) -> ActionRun:
    """Run an action on a ticket, in the background; what came of it becomes an internal comment.
    With an `Idempotency-Key`, asked twice it is run once."""
    action = resources.part(Actions).get(body.action)
    return await request_action(
        session,
        ticket_id=ticket.id,
        action=action,
        given=body.parameters,
        resolves=action.resolves if body.resolves is None else body.resolves,
        key=uuid4().hex,
        by=by,
    )


@router.get(
    "/tickets/{ticket_id}/actions",
    response_model=list[RunOut],
    dependencies=[may("tickets:read")],
)
async def get_ticket_actions(ticket: VisibleTicket, session: Session) -> list[ActionRun]:
    """What was run on a ticket, the newest first."""
    return await list_runs(session, ticket.id)


def _action(action: Action, endpoint: ActionEndpoint | None) -> ActionOut:
    is_program = action.run is not None
    return ActionOut(
        name=action.name,
        about=action.about,
        parameters=[ParameterOut.model_validate(each) for each in action.parameters],
        resolves=action.resolves,
        done_by="program" if is_program else "endpoint",
        url=endpoint.url if endpoint else None,
        is_enabled=is_program or (endpoint is not None and endpoint.is_enabled),
    )
