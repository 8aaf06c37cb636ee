"""Follow those who were answered: do they come back to the desk about the same within seven days?

Each talk is one case, judged again until nothing can change any more (deflecting.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import now_of
from ticketyard.core.resources import Resources
from ticketyard.knowledge.learning.deflecting import (
    QUIET_DAYS,
    Contact,
    Talk,
    Verdict,
    is_final,
    judge_talk,
)
from ticketyard.knowledge.learning.likeness import may_be_same
from ticketyard.knowledge.learning.tracing import trace_texts

LOOK_BACK = timedelta(days=30)
AT_ONCE = 200
_CHARACTERS = 500


@dataclass(frozen=True)
class Deflection:
    """How many people were helped without a person, of those who asked between two instants.

    asked: the denominator; all of them, also those whom nothing could answer. too_early: asked less than
    seven days ago, so in neither number.
    """

    since: datetime
    until: datetime
    asked: int
    too_early: int
    verdicts: dict[Verdict, int]

    @property
    def deflected(self) -> int:
        """The numerator: those who said so, and those who did not come back."""
        return self.verdicts.get("confirmed", 0) + self.verdicts.get("quiet", 0)

    @property
    def rate(self) -> float | None:
        """None where nobody asked."""
        return self.deflected / self.asked if self.asked else None


async def follow_talks(resources: Resources, company_id: int) -> int:
    """Judge every talk that is not judged for good; gives how many were."""
    judged, after = 0, ""
    while True:
        async with resources.db.transaction(company_id) as session:
            rows = await _list_talks(session, after)
            contacts = await _list_contacts(session, rows)
            now = now_of(session)
        if not rows:
            return judged
        about = await _about_it(resources, rows, contacts)
        async with resources.db.transaction(company_id) as session:
            for row in rows:
                await _keep(session, row, about.get(row.key, []), now)
        judged, after = judged + len(rows), rows[-1].key


async def measure_deflection(session: AsyncSession, *, days: int) -> Deflection:
    """What became of those who asked in the last so many days; the last seven are too early to say."""
    until = now_of(session) - timedelta(days=QUIET_DAYS)
    since = until - timedelta(days=days)
    rows = await session.execute(_COUNTED, {"since": since, "until": until})
    verdicts = {row.verdict: row.found for row in rows}
    too_early = int(await session.scalar(_TOO_EARLY, {"until": until}) or 0)
    return Deflection(since, until, sum(verdicts.values()), too_early, verdicts)


def talk_of(row: Row[tuple[Any, ...]]) -> Talk:
    """A row as it is judged."""
    return Talk(
        asked_at=row.asked_at,
        answered_at=row.answered_at,
        last_at=row.last_at,
        confirmed=row.confirmed,
        helpless=row.helpless,
        handed_over=row.handed_over,
        is_known=row.person_id is not None or row.email is not None,
    )


async def _list_talks(session: AsyncSession, after: str) -> Sequence[Row[tuple[Any, ...]]]:
    given = {"since": now_of(session) - LOOK_BACK, "after": after, "limit": AT_ONCE}
    return (await session.execute(_TALKS, given)).all()


async def _list_contacts(
    session: AsyncSession, rows: Sequence[Row[tuple[Any, ...]]]
) -> Sequence[Row[tuple[Any, ...]]]:
    known = [row for row in rows if row.answered_at and (row.person_id or row.email)]
    if not known:
        return []
    given = {
        "keys": [row.key for row in known],
        "people": [row.person_id for row in known],
        "emails": [row.email for row in known],
        "since": [row.answered_at for row in known],
        "days": QUIET_DAYS,
        "characters": _CHARACTERS,
    }
    return (await session.execute(_CONTACTS, given)).all()


async def _about_it(
    resources: Resources,
    rows: Sequence[Row[tuple[Any, ...]]],
    contacts: Sequence[Row[tuple[Any, ...]]],
) -> dict[str, list[Contact]]:
    asked = {row.key: row.question for row in rows}
    before = await trace_texts(resources, [asked[each.key] for each in contacts])
    then = await trace_texts(resources, [each.said for each in contacts])
    found: dict[str, list[Contact]] = {}
    for each, one, other in zip(contacts, before, then, strict=True):
        found.setdefault(each.key, []).append(Contact(each.at, may_be_same(one, other)))
    return found


async def _keep(
    session: AsyncSession,
    row: Row[tuple[Any, ...]],
    contacts: Sequence[Contact],
    now: datetime,
) -> None:
    talk = talk_of(row)
    verdict = judge_talk(talk, contacts, now)
    await session.execute(
        _KEEP,
        {
            "origin": row.origin,
            "origin_id": row.origin_id,
            "asked_at": row.asked_at,
            "verdict": verdict,
            "is_final": is_final(verdict, talk, now),
            "now": now,
        },
    )


_KEEP = text(
    """
    insert into deflection_case (company_id, origin, origin_id, asked_at, verdict, is_final, decided_at)
    values (current_company(), :origin, :origin_id, :asked_at, :verdict, :is_final, :now)
    on conflict (company_id, origin, origin_id) do update set verdict = excluded.verdict,
      is_final = excluded.is_final, decided_at = excluded.decided_at
    """
)
# A chat is one talk; so is a question to the search for which somebody of the requesters opened something.
_TALKS = text(
    """
    with talk as (
      select 'chat' as origin, cast(h.conversation_id as text) as origin_id,
        min(q.asked_at) as asked_at,
        max(coalesce(q.answered_at, q.asked_at)) filter (where q.is_answered) as answered_at,
        greatest(h.updated_at, max(q.asked_at)) as last_at,
        coalesce(h.outcome = 'resolved_confirmed', false) as confirmed,
        coalesce((array_agg(q.helped order by q.id desc))[1] is false, false) as helpless,
        coalesce(h.outcome in ('ticket', 'handed_over'), false) or h.ticket_id is not null
          or bool_or(q.ticket_id is not null) as handed_over,
        left(string_agg(q.question, ' ' order by q.id), 2000) as question,
        cast(substring(c.owner from '^person:([0-9]{1,9})$') as integer) as owner_id,
        lower(h.verified_email) as email
      from chat h
      join conversation c on c.company_id = h.company_id and c.id = h.conversation_id
      join chat_question q on q.company_id = h.company_id and q.conversation_id = h.conversation_id
      where h.company_id = current_company() and h.created_at > :since
      group by h.company_id, h.conversation_id, c.owner
      union all
      select 'suggestion', md5(j.asker || ' ' || j.question), min(j.judged_at), min(j.judged_at),
        max(j.judged_at), bool_or(j.kind = 'helpful'),
        bool_or(j.kind = 'unhelpful') and not bool_or(j.kind = 'helpful'), false, j.question,
        min(j.person_id), null
      from knowledge_judgement j
      join person p on p.company_id = j.company_id and p.id = j.person_id and p.role = 'requester'
      where j.company_id = current_company() and j.judged_at > :since
      group by j.asker, j.question
    )
    select t.*, t.origin || ':' || t.origin_id as key, coalesce(t.owner_id, p.id) as person_id
    from talk t
    left join person p on p.company_id = current_company() and t.email is not null
      and lower(p.email) = t.email
    where t.origin || ':' || t.origin_id > :after
      and not exists (select from deflection_case d where d.company_id = current_company()
        and d.origin = t.origin and d.origin_id = t.origin_id and d.is_final)
    order by key limit :limit
    """
)
# A mail to the desk is a ticket or a comment by the time that this looks.
_CONTACTS = text(
    """
    with asker as (
      select key, person_id, email, since, since + make_interval(days => :days) as until
      from unnest(cast(:keys as text[]), cast(:people as integer[]), cast(:emails as text[]),
        cast(:since as timestamptz[])) as a(key, person_id, email, since)
    )
    select a.key, t.created_at as at, t.title || ' ' || left(t.description, :characters) as said
    from asker a join ticket t on t.company_id = current_company() and t.requester_id = a.person_id
      and t.created_at > a.since and t.created_at <= a.until
    union all
    select a.key, c.created_at, left(c.body, :characters)
    from asker a join comment c on c.company_id = current_company() and c.author_id = a.person_id
      and c.created_at > a.since and c.created_at <= a.until
    union all
    select a.key, q.asked_at, left(q.question, :characters)
    from asker a
    join chat h on h.company_id = current_company() and 'chat:' || h.conversation_id <> a.key
    join conversation c on c.company_id = h.company_id and c.id = h.conversation_id
      and (c.owner = 'person:' || a.person_id or lower(h.verified_email) = a.email)
    join chat_question q on q.company_id = h.company_id and q.conversation_id = h.conversation_id
      and q.asked_at > a.since and q.asked_at <= a.until
    order by 1, 2
    """
)
_COUNTED = text(
    "select verdict, count(*) as found from deflection_case where company_id = current_company()"
    " and asked_at > :since and asked_at <= :until group by verdict"
)
_TOO_EARLY = text(
    "select count(*) from deflection_case where company_id = current_company() and asked_at > :until"
)
