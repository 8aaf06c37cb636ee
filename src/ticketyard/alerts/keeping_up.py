"""What time brings: repeats added up, heartbeats missed, windows over, storms and flapping calmed.

Each step is a transaction of its own, does little where nothing waits, and may run twice at once.
"""

from sqlalchemy import and_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.alerts.deciding import flaps, storm_is_over
from ticketyard.alerts.ending import tell_ticket_of_end
from ticketyard.alerts.flapping import say_flapping
from ticketyard.alerts.heartbeats import alarm_missing
from ticketyard.alerts.models import Alert, AlertProvider, AlertStorm
from ticketyard.alerts.releasing import release_windows
from ticketyard.alerts.storms import count_new, end_storm, is_done_with
from ticketyard.alerts.surroundings import provider_of, rules_of
from ticketyard.core.db import company_of, now_of
from ticketyard.core.resources import Resources

COUNT_AT_ONCE = 5_000
CALMED_AT_ONCE = 100


async def keep_up(resources: Resources, company_id: int) -> None:
    """Do whatever is due."""
    async with resources.db.transaction(company_id) as session:
        waits = (await session.execute(_WAITS, {"now": now_of(session)})).one()
    if waits.counts:
        await count_repeats(resources, company_id)
    if waits.heartbeats:
        await alarm_missing(resources, company_id)
    if waits.windows:
        await release_windows(resources, company_id)
    if waits.storms:
        async with resources.db.transaction(company_id) as session:
            await end_storms(session)
    if waits.flapping:
        async with resources.db.transaction(company_id) as session:
            await calm_flapping(session)


_WAITS = text(
    """
    select
      exists (select from alert_uncounted where company_id = current_company()) as counts,
      exists (select from alert_heartbeat where company_id = current_company() and is_enabled
                and state <> 'missing' and due_at < :now) as heartbeats,
      exists (select from alert_maintenance where company_id = current_company()
                and released_at is null and ends_at <= :now) as windows,
      exists (select from alert_storm where company_id = current_company()
                and ended_at is null) as storms,
      exists (select from alert where company_id = current_company()
                and flapping_since is not null) as flapping
    """
)


async def count_repeats(resources: Resources, company_id: int) -> int:
    """Add waiting repeats to their alerts' counts; gives how many there were."""
    total = 0
    while True:
        async with resources.db.transaction(company_id) as session:
            counted = await session.scalar(
                text("select count_alerts(:limit)"), {"limit": COUNT_AT_ONCE}
            )
        total += counted or 0
        if (counted or 0) < COUNT_AT_ONCE:
            return total


async def end_storms(session: AsyncSession) -> None:
    """End the storms of providers that have calmed down, and those that people are done with."""
    storms = await session.scalars(
        select(AlertStorm)
        .where(AlertStorm.company_id == company_of(session), AlertStorm.ended_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    for storm in storms:
        provider = await provider_of(session, storm.provider_id)
        is_calm = storm_is_over(await count_new(session, provider), rules_of(provider))
        if is_calm or await is_done_with(session, storm):
            await end_storm(session, storm)


# As `flaps` in alerts/deciding.py, so that those that go on flapping do not stand in the way of others.
_CALM = text(
    """
    (select count(*) from unnest(alert.changed_states) as changed
      where changed > :now - make_interval(secs => alert_provider.flap_seconds))
    <= alert_provider.flap_stop
    """
)


async def calm_flapping(session: AsyncSession) -> None:
    """Let alerts that have calmed down be taken like others again; what had recovered by then is
    told to its ticket now."""
    now = now_of(session)
    alerts = await session.scalars(
        select(Alert)
        .join(
            AlertProvider,
            and_(
                AlertProvider.company_id == Alert.company_id,
                AlertProvider.provider_id == Alert.provider_id,
            ),
        )
        .where(Alert.company_id == company_of(session), Alert.flapping_since.is_not(None), _CALM)
        .order_by(Alert.id)
        .limit(CALMED_AT_ONCE)
        .with_for_update(of=Alert, skip_locked=True),
        {"now": now},
    )
    for alert in alerts:
        rules = rules_of(await provider_of(session, alert.provider_id))
        if flaps(alert.changed_states, now, rules, did=True):
            continue
        alert.flapping_since = None
        await session.flush()
        await say_flapping(session, alert, is_flapping=False)
        if alert.state == "recovered":
            await tell_ticket_of_end(session, alert, rules)
