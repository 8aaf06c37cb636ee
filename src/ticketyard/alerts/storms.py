"""Storms: so many new alerts of one provider that all of them go on one ticket."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.alerts.events import AlertStormEnded, AlertStormStarted
from ticketyard.alerts.following_merges import surviving_ticket
from ticketyard.alerts.models import Alert, AlertProvider, AlertStorm
from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.core.resources import Resources
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.drafts import NewTicket
from ticketyard.tickets.lifecycle import ACTIVE
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.opening import open_tickets

STORMS = "Alerts"


async def find_storm(session: AsyncSession, provider_id: str) -> tuple[AlertStorm, Ticket] | None:
    """The storm of this provider that goes on, with its ticket, which is still to be done."""
    storm = await _unended(session, provider_id)
    ticket = await surviving_ticket(session, storm.ticket_id) if storm else None
    if storm is None or ticket is None or ticket.status not in ACTIVE:
        return None
    return storm, ticket


async def is_finished_storm(session: AsyncSession, provider_id: str) -> bool:
    """Whether people are done with the ticket of a storm that nobody ended yet."""
    storm = await _unended(session, provider_id)
    return storm is not None and await is_done_with(session, storm)


async def end_if_finished(session: AsyncSession, provider_id: str) -> None:
    """End the storm whose ticket people are done with, so that what comes now is decided anew."""
    storm = await _unended(session, provider_id, lock=True)
    if storm is not None and await is_done_with(session, storm):
        await end_storm(session, storm)


async def is_done_with(session: AsyncSession, storm: AlertStorm) -> bool:
    """Whether its ticket is finished: no alert goes on it any more."""
    ticket = await surviving_ticket(session, storm.ticket_id)
    return ticket is None or ticket.status not in ACTIVE


async def _unended(
    session: AsyncSession, provider_id: str, *, lock: bool = False
) -> AlertStorm | None:
    query = select(AlertStorm).where(
        AlertStorm.company_id == company_of(session),
        AlertStorm.provider_id == provider_id,
        AlertStorm.ended_at.is_(None),
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found: AlertStorm | None = await session.scalar(query)
    return found


async def is_storming(session: AsyncSession, provider: AlertProvider) -> bool:
    """Whether as many alerts as make a storm are new."""
    found = await session.scalar(
        text(
            "select is_storming(p, :now) from alert_provider p"
            " where p.company_id = current_company() and p.id = :id"
        ),
        {"id": provider.id, "now": now_of(session)},
    )
    return bool(found)


async def count_new(session: AsyncSession, provider: AlertProvider) -> int:
    """How many of its alerts are new within the time in which storms are looked for."""
    since = now_of(session) - timedelta(seconds=provider.storm_seconds)
    return (
        await session.scalar(
            select(func.count())
            .select_from(Alert)
            .where(
                Alert.company_id == company_of(session),
                Alert.provider_id == provider.provider_id,
                Alert.fired_at > since,
            )
        )
        or 0
    )


async def start_storm(
    session: AsyncSession, resources: Resources, provider_id: str, first: NewTicket
) -> AlertStorm:
    """Open the one ticket of a storm, as urgent as the alert that was one too many."""
    by = Principal.system(company_of(session), STORMS)
    ticket = replace(
        first,
        title=f"Alert storm from {provider_id}",
        description=(
            f"{provider_id} reports more new alerts than can be looked at one by one. All that come"
            " until it calms are on this ticket; each is kept and listed under Alerts.\n\n"
            f"The first one: {first.title}"
        ),
        source_reference=None,
    )
    (opened,) = await open_tickets(
        session, [ticket], numbers=resources.part(Numbers), now=now_of(session), by=by
    )
    storm = AlertStorm(
        company_id=company_of(session),
        provider_id=provider_id,
        ticket_id=opened.id,
        started_at=now_of(session),
    )
    session.add(storm)
    await session.flush()
    started = AlertStormStarted(ticket_id=opened.id, storm_id=storm.id, provider_id=provider_id)
    await emit(session, started, by=by)
    return storm


async def end_storm(session: AsyncSession, storm: AlertStorm) -> None:
    """Let the provider's alerts open tickets again, and say on the ticket how many came."""
    by = Principal.system(company_of(session), STORMS)
    storm.ended_at = now_of(session)
    ticket = await surviving_ticket(session, storm.ticket_id)
    on = [storm.ticket_id, *([ticket.id] if ticket else ())]
    counted = select(func.count()).where(
        Alert.company_id == company_of(session),
        Alert.ticket_id.in_(on),
        Alert.storm_id == storm.id,
    )
    alerts = await session.scalar(counted) or 0
    if ticket is not None:
        body = f"The storm is over; {alerts} alerts are on this ticket."
        await add_comment(session, ticket_id=ticket.id, body=body, is_internal=True, by=by)
    ended = AlertStormEnded(
        ticket_id=ticket.id if ticket else None,
        storm_id=storm.id,
        provider_id=storm.provider_id,
        alerts=alerts,
    )
    await emit(session, ended, by=by)
