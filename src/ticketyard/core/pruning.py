"""Throw away what has expired: idempotency keys, log-ins, links, counted failures."""

from sqlalchemy import text

from ticketyard.core.resources import Resources

# A client that repeats a request does so within minutes; two days cover a long outage of its own.
KEEP_KEYS_DAYS = 2

_EXPIRED = (
    "delete from idempotency_key where created_at < now() - make_interval(days => :days)",
    "delete from login_session where expires_at < now()",
    "delete from login_link where expires_at < now()",
    "delete from login_failure where last_at < now() - interval '1 day'",
)


async def prune_expired(resources: Resources, company_id: int) -> None:
    """Timetable: once a day for every company."""
    async with resources.db.transaction(company_id) as session:
        for statement in _EXPIRED:
            given = {"days": KEEP_KEYS_DAYS} if ":days" in statement else {}
            await session.execute(text(statement), given)
