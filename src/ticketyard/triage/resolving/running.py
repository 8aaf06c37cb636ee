"""Run actions: asked for in a transaction, done outside of any, at least once with the same id.

A run is claimed for a while (`running`, with a moment at which the claim ends). Killed meanwhile, it
is claimed again and tried with the same id. What may pass is tried three times, then it has failed,
and a person has the ticket.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.core.log import get_logger
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.resources import Resources
from ticketyard.core.sealing import Sealer
from ticketyard.core.shapes import storable
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.queries import get_ticket
from ticketyard.triage.resolving.actions import Action, ActionCall, ActionOutcome, Actions, Run
from ticketyard.triage.resolving.calling import call_endpoint
from ticketyard.triage.resolving.errors import ActionNotFound
from ticketyard.triage.resolving.events import ActionFinished, ActionRequested
from ticketyard.triage.resolving.finishing import finish_by_run
from ticketyard.triage.resolving.models import ActionEndpoint, ActionRun
from ticketyard.triage.resolving.wording import (
    MESSAGE_MAX,
    NAME,
    SOURCE,
    run_note,
    sensible_details,
)

log = get_logger(__name__)

WAITS_SECONDS: Final = (10, 60)
TRIES: Final = len(WAITS_SECONDS) + 1
# Longer than any action may take (`Action.time_limit_seconds` is cut to what fits).
LEASE_SECONDS: Final = 90
TIME_LIMIT_MAX_SECONDS: Final = 60.0


async def request_action(
    session: AsyncSession,
    *,
    ticket_id: int,
    action: Action,
    given: Mapping[str, str],
    key: str,
    by: Principal,
    resolves: bool = False,
    solution_id: int | None = None,
    is_automatic: bool = False,
) -> ActionRun:
    """Have an action run on a ticket; asked for again with the same key, it is the same run.

    resolves: whether success resolves the ticket.  Raises TicketNotFound, BadAction.
    """
    ticket = await get_ticket(session, ticket_id)
    parameters = action.filled(given, ticket.requester_email or "")
    row = await session.execute(
        insert(ActionRun)
        .values(
            company_id=company_of(session),
            ticket_id=ticket.id,
            action=action.name,
            parameters=parameters,
            solution_id=solution_id,
            is_automatic=is_automatic,
            resolves=resolves,
            idempotency_key=key,
            asked_by=by.name,
            asked_at=now_of(session),
            ready_at=now_of(session),
        )
        .on_conflict_do_nothing(index_elements=["company_id", "ticket_id", "idempotency_key"])
        .returning(ActionRun.id)
    )
    run_id = row.scalar()
    if run_id is None:
        run_id = await session.scalar(_BY_KEY, {"ticket": ticket.id, "key": key})
        return await session.get_one(ActionRun, run_id)
    event = ActionRequested(
        ticket_id=ticket.id, run_id=run_id, action=action.name, is_automatic=is_automatic
    )
    await emit(session, event, by=by)
    return await session.get_one(ActionRun, run_id)


@dataclass(frozen=True)
class _Due:
    run_id: int
    action: str
    attempts: int
    call: ActionCall
    endpoint: ActionEndpoint | None


async def run_action(resources: Resources, company_id: int, run_id: int) -> None:
    """Run this one if it is due, and keep what came of it. Safe to be killed at any point."""
    async with resources.db.transaction(company_id) as session:
        due = await _claim(session, run_id)
    if due is None:
        return
    try:
        outcome, was_tried = await _try(resources, due), True
    except _NobodyAsked as nobody:
        outcome, was_tried = _failed(str(nobody)), False
    async with resources.db.transaction(company_id) as session:
        await _settle(session, due, outcome, was_tried=was_tried)


class _NobodyAsked(Exception):
    """There is nobody who could do it; the text says so honestly."""


async def _try(resources: Resources, due: _Due) -> ActionOutcome:
    """What came of one try; trouble of any kind is an outcome too, and never a success."""
    try:
        action = resources.part(Actions).get(due.action)
    except ActionNotFound:
        raise _NobodyAsked("No program here knows this action any more.") from None
    if due.attempts > TRIES:
        return _failed("It was begun several times and never ended.")
    if action.run is None:
        return await _by_endpoint(resources, due)
    return await _by_program(action, action.run, due)


async def _by_program(action: Action, run: Run, due: _Due) -> ActionOutcome:
    limit = min(action.time_limit_seconds, TIME_LIMIT_MAX_SECONDS)
    try:
        async with asyncio.timeout(limit):
            outcome = await run(due.call)
    except TimeoutError:
        return _failed(f"It did not end within {limit:g} seconds.", may_retry=True)
    except Exception as error:  # somebody else's code may break in any way
        log.exception("action_broke", action=due.action, run_id=due.run_id)
        return _failed(f"Its program broke: {type(error).__name__}.", may_retry=True)
    if not isinstance(outcome, ActionOutcome):
        return _failed("Its program did not say whether it was done.")
    return outcome


async def _by_endpoint(resources: Resources, due: _Due) -> ActionOutcome:
    endpoint = due.endpoint
    if endpoint is None:
        raise _NobodyAsked("Nobody has set up this action here; a person has to do it.")
    if not endpoint.is_enabled:
        raise _NobodyAsked("This action is switched off here; a person has to do it.")
    return await call_endpoint(
        due.call,
        url=endpoint.url,
        sealed=endpoint.secret,
        sealer=resources.part(Sealer),
        outgoing=resources.part(Outgoing),
        now=resources.clock(),
    )


def _failed(message: str, *, may_retry: bool = False) -> ActionOutcome:
    return ActionOutcome(is_success=False, message=message, may_retry=may_retry)


async def _claim(session: AsyncSession, run_id: int) -> _Due | None:
    told = {"id": run_id, "now": now_of(session), "lease": LEASE_SECONDS}
    row = (await session.execute(_CLAIM, told)).one_or_none()
    if row is None:
        return None
    endpoint = await session.get(ActionEndpoint, (company_of(session), row.action))
    call = ActionCall(
        id=f"action_{row.message_id.hex}",
        action=row.action,
        company_id=company_of(session),
        ticket_id=row.ticket_id,
        ticket_number=row.number,
        requester_email=row.requester_email or "",
        requester_name=row.requester_name or "",
        parameters=row.parameters,
        attempt=row.attempts,
    )
    return _Due(row.id, row.action, row.attempts, call, endpoint)


async def _settle(
    session: AsyncSession, due: _Due, outcome: ActionOutcome, *, was_tried: bool
) -> None:
    """Keep what came of it, unless another has the run by now."""
    # The ticket before the run, as everybody locks them who resolves one.
    ticket = await session.get(Ticket, due.call.ticket_id, with_for_update=True)
    run = await session.get(ActionRun, due.run_id, with_for_update=True, populate_existing=True)
    if ticket is None or run is None or (run.state, run.attempts) != ("running", due.attempts):
        return
    now = now_of(session)
    message = str(storable(outcome.message))[:MESSAGE_MAX]
    if outcome.may_retry and not outcome.is_success and due.attempts < TRIES:
        run.state, run.message = "waiting", message
        run.ready_at = now + timedelta(seconds=WAITS_SECONDS[due.attempts - 1])
        return
    run.state = "success" if outcome.is_success else "failed"
    run.message, run.details, run.executed_at = message, sensible_details(outcome.details), now
    if not was_tried:
        # What nobody was asked to do says nothing about the solution.
        run.attempts = 0
    by = Principal.system(run.company_id, NAME)
    if ticket.merged_into is None:
        note = run_note(run.action, run.state, run.message, run.details)
        await add_comment(
            session, ticket_id=ticket.id, body=note, is_internal=True, source=SOURCE, by=by
        )
        await finish_by_run(session, run, by=by)
    await emit(
        session,
        ActionFinished(ticket_id=ticket.id, run_id=run.id, action=run.action, status=run.state),
        by=by,
    )


_BY_KEY = text(
    "select id from action_run where company_id = current_company() and ticket_id = :ticket"
    " and idempotency_key = :key"
)
_CLAIM = text(
    """
    update action_run r set state = 'running', attempts = r.attempts + 1,
      ready_at = cast(:now as timestamptz) + make_interval(secs => :lease)
    from ticket t
    where r.company_id = current_company() and r.id = :id and r.state in ('waiting', 'running')
      and r.ready_at <= :now and t.id = r.ticket_id and t.company_id = r.company_id
    returning r.id, r.action, r.attempts, r.ticket_id, r.parameters, r.message_id, t.number,
      t.requester_email, t.requester_name
    """
)
