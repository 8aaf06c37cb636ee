"""Work that was given up: see it, try it again."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from ticketyard.core.dead_letters import DeadLetter, list_dead_letters, retry_dead_letters
from ticketyard.core.shapes import Body, RowId
from ticketyard.web.deps import Session, may

router = APIRouter(prefix="/api/dead-letters", tags=["operations"])


class DeadLetterOut(BaseModel):
    """One item of work that was given up."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    job: str
    event_type: str
    payload: dict[str, Any]
    attempts: int
    problem: str | None
    dead_at: datetime


class RetryIn(Body):
    """Which ones to try again; without ids, all."""

    ids: list[RowId] | None = Field(None, max_length=1000, examples=[[17, 18]])


class RetryOut(BaseModel):
    """How many are tried again."""

    retried: int


@router.get("", response_model=list[DeadLetterOut], dependencies=[may("settings:manage")])
async def get_dead_letters(session: Session) -> list[DeadLetter]:
    """Work that was given up after its last attempt, newest first."""
    return await list_dead_letters(session)


@router.post("/retry", response_model=RetryOut, dependencies=[may("settings:manage")])
async def post_retry(body: RetryIn, session: Session) -> RetryOut:
    """Try it again."""
    return RetryOut(retried=await retry_dead_letters(session, body.ids))
