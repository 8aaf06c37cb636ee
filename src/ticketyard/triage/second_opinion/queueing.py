"""Put down, with the analysis, what a model shall be asked; and recall what it said of the same text."""

from collections.abc import Sequence

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import now_of
from ticketyard.people.queries import get_company
from ticketyard.tickets.names import present_names
from ticketyard.triage.findings import Findings, Profile
from ticketyard.triage.preparing import TicketText, worded
from ticketyard.triage.renaming import answered_today
from ticketyard.triage.second_opinion.combining import ENGINE, combine
from ticketyard.triage.second_opinion.opinion import read_opinion
from ticketyard.triage.second_opinion.rules import OpinionRules, wish_of


async def recall_opinions(
    session: AsyncSession, texts: Sequence[TicketText], found: Sequence[Findings], profile: Profile
) -> list[Findings]:
    """The findings, with what the model said earlier of the very same text: it is not asked twice."""
    rows = await session.execute(
        _KNOWN,
        {
            "tickets": [each.ticket_id for each in found],
            "hashes": [each.content_hash for each in found],
        },
    )
    called = present_names((await get_company(session)).settings)
    known = {row.ticket_id: answered_today(row.answer, called) for row in rows}
    read = {each.ticket_id: each for each in texts}

    def recalled(each: Findings) -> Findings:
        if each.ticket_id not in known:
            return each
        said_of = read[each.ticket_id]
        return combine(
            said_of, each, read_opinion(known[each.ticket_id], said_of, profile), profile
        )

    return [recalled(each) for each in found]


async def ask_later(
    session: AsyncSession,
    texts: Sequence[TicketText],
    found: Sequence[Findings],
    rules: OpinionRules,
) -> None:
    """Queue, in the transaction of the analysis, the questions that this company wants asked."""
    wish = wish_of((await get_company(session)).settings, rules)
    if wish == "off":
        return
    empty = {each.ticket_id for each in texts if not worded(each.content)}
    wanted = [
        each
        for each in found
        if each.engine != ENGINE
        and each.ticket_id not in empty
        and (wish == "all" or not each.is_sure)
    ]
    if wanted:
        rows = [{"ticket_id": each.ticket_id, "content_hash": each.content_hash, "found": each}
                for each in wanted]  # fmt: skip
        told = {
            "rows": orjson.dumps(rows).decode(),
            "now": now_of(session),
            "whatever": wish == "all",
        }
        await session.execute(_SUPERSEDE, told)
        await session.execute(_QUEUE, told)


_ROWS = """jsonb_to_recordset(cast(:rows as jsonb))
      as f(ticket_id bigint, content_hash text, found jsonb)"""
_KNOWN = text(
    """
    select o.ticket_id, o.answer from second_opinion o
    join unnest(cast(:tickets as bigint[]), cast(:hashes as text[])) as f(ticket_id, content_hash)
      on f.ticket_id = o.ticket_id and f.content_hash = o.content_hash
    where o.company_id = current_company() and o.state = 'done' and o.answer is not null
    """
)
# What people said of the category needs no second opinion, unless everything shall have one.
_QUEUE = text(
    f"""
    insert into second_opinion as o (company_id, ticket_id, content_hash, found, next_at, queued_at)
    select current_company(), f.ticket_id, f.content_hash, f.found, :now, :now
    from {_ROWS}
    join ticket t on t.company_id = current_company() and t.id = f.ticket_id
    where :whatever or t.category_by not in ('agent', 'source')
    order by f.ticket_id
    on conflict (company_id, ticket_id, content_hash) do update set found = excluded.found
      where o.state = 'waiting'
    """
)
_SUPERSEDE = text(
    f"""
    update second_opinion o set state = 'refused', problem = 'text_changed', found = null,
      settled_at = :now
    from {_ROWS}
    where o.company_id = current_company() and o.ticket_id = f.ticket_id and o.state = 'waiting'
      and o.content_hash <> f.content_hash
    """
)
