"""Do what was decided about an alert, inside of one transaction that holds its fingerprint."""

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.alerts.deciding import (
    Around,
    Firing,
    Known,
    Rules,
    changes_with,
    decide_firing,
    decide_recovery,
    flaps,
)
from ticketyard.alerts.ending import tell_ticket_of_end
from ticketyard.alerts.events import (
    AlertFired,
    AlertRecovered,
    AlertSuppressed,
)
from ticketyard.alerts.flapping import say_flapping
from ticketyard.alerts.models import Alert
from ticketyard.alerts.one_report import Filing
from ticketyard.alerts.raising import raise_alert, raise_its_ticket
from ticketyard.alerts.storms import (
    end_if_finished,
    find_storm,
    is_finished_storm,
    is_storming,
    start_storm,
)
from ticketyard.alerts.surroundings import (
    find_incident,
    find_window,
    hold_fingerprint,
    hold_provider,
    newest_episode,
    provider_of,
    rules_of,
)
from ticketyard.alerts.told import group_of
from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.core.resources import Resources
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.opening import open_tickets
from ticketyard.tickets.queries import get_ticket

ALERTS = "Alerts"


async def file_alert(
    session: AsyncSession,
    resources: Resources,
    filing: Filing,
    *,
    inbound_id: int | None,
    position: int = 0,
    releasing: Alert | None = None,
    by: Principal,
) -> tuple[str, int, Ticket | None]:
    """File one alert: outcome, alert and its ticket. Holds the fingerprint until the end.

    releasing: the suppressed alert that is no report, but is looked at anew.
    """
    provider = await provider_of(session, filing.told.provider_id)
    rules = rules_of(provider)
    key = group_of(filing.told, provider.group_by) if provider.group_by else None
    is_over = await is_finished_storm(session, provider.provider_id)
    if key is not None or is_over or await is_storming(session, provider):
        await hold_provider(session, filing.told.provider_id)
    if is_over:
        await end_if_finished(session, provider.provider_id)
    await hold_fingerprint(session, filing.scope, filing.fingerprint)
    alert, known = await newest_episode(session, filing.scope, filing.fingerprint)
    work = _Work(session, resources, filing, rules, by, inbound_id, position, key, releasing)
    if releasing is not None:
        if alert is not releasing or releasing.state != "suppressed":
            # Its end was quicker.
            return "late", releasing.id, None
        known = None
    if filing.told.is_clear:
        return await work.recover(alert, known)
    storm, storm_ticket = await find_storm(session, provider.provider_id) or (None, None)
    around = Around(
        window_id=await find_window(session, filing.told),
        storm_id=storm.id if storm else None,
        is_storming=storm is None and await is_storming(session, provider),
        incident_ticket_id=await find_incident(session, provider, key) if key else None,
    )
    way = decide_firing(
        known,
        around,
        rules,
        now=now_of(session),
        started_at=filing.started_at,
        occurred_at=filing.claimed,
    )
    if alert is not None and way in ("repeat", "late", "again", "reopen"):
        return await work.go_on(alert, way)
    return await work.begin(way, around, alert, storm_ticket.id if storm_ticket else None)


@dataclass(frozen=True)
class _Work:
    session: AsyncSession
    resources: Resources
    filing: Filing
    rules: Rules
    by: Principal
    inbound_id: int | None
    position: int
    group_key: str | None
    releasing: Alert | None

    # -- an episode goes on ------------------------------------------------------------------------

    async def go_on(self, alert: Alert, way: Firing) -> tuple[str, int, Ticket | None]:
        """The episode repeats, fires again after a recovery, or is heard of too late."""
        if way == "late":
            await self._note(alert.id, "late")
            return "late", alert.id, await ticket_of(self.session, alert)
        await self._count(alert.id)
        severity = self.filing.told.severity
        if await raise_alert(self.session, alert, severity):
            await raise_its_ticket(self.session, alert.ticket_id, severity)
        if way == "repeat":
            await self._note(alert.id, "repeated")
            return "repeated", alert.id, await ticket_of(self.session, alert)
        is_quiet = await self._change_state(alert, "firing")
        outcome = "reopened" if way == "reopen" and not is_quiet else "again"
        await self._note(alert.id, outcome)
        if is_quiet:
            return outcome, alert.id, await ticket_of(self.session, alert)
        system = system_of(self.session)
        if way == "reopen" and alert.ticket_id is not None:
            await change_status(
                self.session,
                ticket_id=alert.ticket_id,
                status="in_progress",
                by=system,
                reason="The alert fires again.",
            )
            # It may have become graver while the ticket was finished.
            await raise_its_ticket(self.session, alert.ticket_id, severity)
        await self._tell_fired(alert.id, alert.ticket_id, again=True)
        return outcome, alert.id, await ticket_of(self.session, alert)

    # -- an episode begins -------------------------------------------------------------------------

    async def begin(
        self, way: Firing, around: Around, before: Alert | None, storm_ticket_id: int | None
    ) -> tuple[str, int, Ticket | None]:
        """A new episode, on a new ticket, on another's or on none."""
        if before is not None and before.state != "recovered" and self.releasing is None:
            # Its ticket is done with; who still reports it begins anew.
            before.state, before.recovered_at = "recovered", now_of(self.session)
            await self.session.flush()
        columns: dict[str, Any] = {"group_key": self.group_key}
        outcome = {"suppress": "suppressed", "open": "opened"}.get(way, "joined")
        if way == "suppress":
            columns |= {"state": "suppressed", "suppressed_by": around.window_id}
        elif way == "start_storm":
            storm = await start_storm(
                self.session, self.resources, self.filing.told.provider_id, self.filing.ticket()
            )
            columns |= {"storm_id": storm.id, "ticket_id": storm.ticket_id}
        elif way == "storm":
            columns |= {"storm_id": around.storm_id, "ticket_id": storm_ticket_id}
        elif way == "incident":
            columns["ticket_id"] = around.incident_ticket_id
        else:
            columns["ticket_id"] = await self._open_ticket()
        if before is not None:
            now = now_of(self.session)
            columns["changed_states"] = [
                each.isoformat() for each in changes_with(before.changed_states, now, self.rules)
            ]
        if way in ("storm", "incident"):
            severity = self.filing.told.severity
            await raise_its_ticket(self.session, columns["ticket_id"], severity)
        if self.releasing is not None:
            alert_id = await self._release(self.releasing, columns)
        else:
            alert_id = await self._insert(columns)
            await self._note(alert_id, outcome)
        if way == "suppress":
            await self._tell_suppressed(alert_id, around.window_id or 0)
            return outcome, alert_id, None
        ticket_id: int = columns["ticket_id"]
        await self._tell_fired(alert_id, ticket_id)
        return outcome, alert_id, await get_ticket(self.session, ticket_id)

    async def _release(self, alert: Alert, columns: dict[str, Any]) -> int:
        columns.pop("changed_states", None)
        columns = {"state": "firing", "suppressed_by": None} | columns
        if columns["state"] == "firing":
            columns["fired_at"] = now_of(self.session)
        for name, value in columns.items():
            setattr(alert, name, value)
        await self.session.flush()
        return alert.id

    async def _open_ticket(self) -> int:
        (opened,) = await open_tickets(
            self.session,
            [self.filing.ticket()],
            numbers=self.resources.part(Numbers),
            now=now_of(self.session),
            by=self.by,
        )
        if self.inbound_id is not None and self.position == 0:
            await self.session.execute(
                text("update inbound_message set ticket_id = :ticket where id = :id"),
                {"ticket": opened.id, "id": self.inbound_id},
            )
        return opened.id

    # -- an episode ends ---------------------------------------------------------------------------

    async def recover(
        self, alert: Alert | None, known: Known | None
    ) -> tuple[str, int, Ticket | None]:
        """The alert is over; whoever hears of the end first keeps that it ended."""
        decided = decide_recovery(known, occurred_at=self.filing.claimed)
        if alert is None or decided == "unknown":
            at = self.filing.occurred_at.isoformat()
            alert_id = await self._insert(
                {"state": "recovered", "recovered_at": at, "changed_states": []}
            )
            await self._note(alert_id, "recovered")
            return "recovered", alert_id, None
        if decided == "late":
            await self._note(alert.id, "late")
            return "late", alert.id, await ticket_of(self.session, alert)
        await self._note(alert.id, "recovered")
        is_quiet = await self._change_state(alert, "recovered")
        resolved = await tell_ticket_of_end(self.session, alert, self.rules)
        if not is_quiet:
            told = AlertRecovered(
                ticket_id=alert.ticket_id,
                alert_id=alert.id,
                provider_id=alert.provider_id,
                title=alert.title,
                resolved=resolved,
            )
            await emit(self.session, told, by=self.by)
        return "recovered", alert.id, await ticket_of(self.session, alert)

    # -- the books ---------------------------------------------------------------------------------

    async def _change_state(self, alert: Alert, state: str) -> bool:
        """Let the episode fire or be over; gives whether it flaps, so that nobody is told."""
        now = now_of(self.session)
        did = alert.flapping_since is not None
        changes = changes_with(alert.changed_states, now, self.rules)
        alert.state = state
        # An end that was reported late is one of then; the future is nobody's to report.
        alert.recovered_at = self.filing.occurred_at if state == "recovered" else None
        if state == "firing":
            alert.started_at = self.filing.started_at or self.filing.claimed
            alert.fired_at = alert.fired_at or now
        alert.changed_states = changes
        does = flaps(changes, now, self.rules, did=did)
        if does and not did:
            alert.flapping_since = now
            await say_flapping(self.session, alert, is_flapping=True)
        await self.session.flush()
        return does

    async def _insert(self, columns: dict[str, Any]) -> int:
        row = self.filing.given()["row"] | {
            "occurred_at": self.filing.occurred_at.isoformat(),
            **{name: value for name, value in columns.items() if value is not None},
        }
        row.setdefault("changed_states", [now_of(self.session).isoformat()])
        alert_id: int | None = await self.session.scalar(
            text("select insert_alert(cast(:row as jsonb))"), {"row": orjson.dumps(row).decode()}
        )
        assert alert_id is not None
        return alert_id

    async def _note(self, alert_id: int, outcome: str) -> None:
        await self.session.execute(
            text("select note_occurrence(:alert, :inbound, :at, :outcome, cast(:given as jsonb))"),
            {
                "alert": alert_id,
                "inbound": self.inbound_id,
                "at": self.position,
                "outcome": outcome,
                "given": orjson.dumps(self.filing.given()).decode(),
            },
        )

    async def _count(self, alert_id: int) -> None:
        await self.session.execute(
            text("select note_repeat_of_alert(:alert, cast(:given as jsonb))"),
            {"alert": alert_id, "given": orjson.dumps(self.filing.given()).decode()},
        )

    async def _tell_fired(
        self, alert_id: int, ticket_id: int | None, *, again: bool = False
    ) -> None:
        told = self.filing.told
        fired = AlertFired(
            ticket_id=ticket_id,
            alert_id=alert_id,
            provider_id=told.provider_id,
            title=told.title,
            severity=told.severity,
            again=again,
        )
        await emit(self.session, fired, by=self.by)

    async def _tell_suppressed(self, alert_id: int, window_id: int) -> None:
        told = self.filing.told
        kept = AlertSuppressed(
            alert_id=alert_id,
            provider_id=told.provider_id,
            title=told.title,
            window_id=window_id,
        )
        await emit(self.session, kept, by=self.by)


async def ticket_of(session: AsyncSession, alert: Alert) -> Ticket | None:
    """The ticket the alert is on, as it stands now."""
    if alert.ticket_id is None:
        return None
    return await session.get(Ticket, alert.ticket_id, populate_existing=False)


def system_of(session: AsyncSession) -> Principal:
    """The product itself, as it acts about alerts."""
    return Principal.system(company_of(session), ALERTS)
