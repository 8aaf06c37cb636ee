"""The Celery outlet: how telling a broker fares, what was told, and telling it again."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ticketyard.core.shapes import Body, Instant, RowId
from ticketyard.outlet.models import OutletMessage
from ticketyard.outlet.queries import Standing, list_messages, read_standing
from ticketyard.outlet.replaying import Replayed, replay_since
from ticketyard.web.deps import Acting, Session, may

router = APIRouter(prefix="/api/outlet", tags=["operations"])

State = Literal["waiting", "sent", "failed", "dropped"]
_MANAGE = [may("settings:manage")]


class OutletOut(BaseModel):
    """How it fares. sent, handled: in the last day; handled: done by our own consumer. problem: of the
    last failure, while it lasts; nothing is tried before rests_until."""

    model_config = ConfigDict(from_attributes=True)

    is_on: bool
    waiting: int
    oldest_waiting_at: datetime | None
    failed: int
    sent: int
    handled: int
    failing_since: datetime | None
    rests_until: datetime | None
    problem: str | None
    succeeded_at: datetime | None


class OutletMessageOut(BaseModel):
    """One event for the broker. event_id: the same for every try; subject: the ticket or the file."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    event_id: UUID
    task: str
    subject: str
    state: State
    attempts: int
    problem: str | None
    created_at: datetime
    ready_at: datetime
    settled_at: datetime | None
    handled_at: datetime | None


class OutletReplayIn(Body):
    """Since when; only what was given up, or all of it, also from before there was a broker."""

    since: Instant = Field(examples=["2025-12-15T00:00:00Z"])
    only_failed: bool = False


class OutletReplayOut(BaseModel):
    """How many are sent again. next_since: where to go on, null where that was all."""

    model_config = ConfigDict(from_attributes=True)

    count: int
    next_since: datetime | None


@router.get("", response_model=OutletOut, dependencies=_MANAGE)
async def get_outlet(session: Session) -> Standing:
    """How telling the Celery broker of tickets and files fares."""
    return await read_standing(session)


@router.get("/messages", response_model=list[OutletMessageOut], dependencies=_MANAGE)
async def get_outlet_messages(
    session: Session,
    state: State | None = None,
    before: RowId | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[OutletMessage]:
    """What was or is to be told, the newest first; what was given up is `state=failed`."""
    return await list_messages(session, state=state, before=before, limit=limit)


@router.post("/replay", response_model=OutletReplayOut, status_code=202, dependencies=_MANAGE)
async def post_outlet_replay(body: OutletReplayIn, session: Session, by: Acting) -> Replayed:
    """Send again what happened since an instant, about 10,000 events a call, the oldest first; ask
    again with `next_since` for the rest."""
    return await replay_since(session, since=body.since, only_failed=body.only_failed, by=by)
