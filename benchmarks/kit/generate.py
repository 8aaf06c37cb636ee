"""Fill a company with many tickets by bulk SQL, for benchmarks.

Words follow Zipf's law, statuses and priorities the skew of a real desk: most tickets are closed,
few are critical.  Usage: python benchmarks/generate.py DATABASE_URL [tickets]
"""

import asyncio
import sys
import time

from sqlalchemy import text

from ticketyard.core.db import Database
from ticketyard.people.queries import default_company_id
from ticketyard.wiring import open_database

SYLLABLES = [
    "па",
    "ро",
    "ль",
    "до",
    "ступ",
    "сеть",
    "при",
    "нтер",
    "сче",
    "т",
    "ба",
    "ланс",
    "ка",
    "рта",
    "пе",
    "ре",
    "вод",
    "за",
    "яв",
    "ка",
    "вхо",
    "д",
    "о",
    "шиб",
    "ка",
    "пла",
    "теж",
    "офис",
    "кли",
    "ент",
    "да",
    "нные",
    "от",
    "чет",
    "под",
    "держ",
    "net",
    "work",
    "pass",
    "word",
    "log",
    "in",
    "err",
    "or",
    "mail",
    "vpn",
    "screen",
    "cable",
    "phone",
    "screen",
    "quota",
    "sync",
    "token",
    "slow",
    "crash",
]

PEOPLE = """
with made as (
  insert into person (company_id, name, email, role)
  select current_company(),
         case when n <= 60 then 'Agent ' else 'Requester ' end || n,
         case when n <= 60 then 'agent' else 'person' end || n || '@load.example',
         case when n <= 60 then 'agent' else 'requester' end
  from generate_series(1, 60 + cast(:requesters as integer)) n
  returning id, role
), offices as (
  insert into office (company_id, name, address)
  select current_company(), 'Office ' || n, 'Street ' || n from generate_series(1, 15) n
  returning id
)
insert into agent (person_id, company_id, office_id, skills)
select m.id, current_company(), o.id, '{}'
from (select id, row_number() over (order by id) as n from made where role = 'agent') m
join (select id, row_number() over (order by id) as n from offices) o on o.n = 1 + m.n % 15
"""

TICKETS = """
with word as (
  select array_agg(a.s || b.s order by md5(a.s || b.s)) as w
  from unnest(cast(:syllables as text[])) a(s), unnest(cast(:syllables as text[])) b(s)
), staff as (
  select array_agg(id order by id) as ids from person
  where company_id = current_company() and email like 'agent%@load.example'
), asker as (
  select array_agg(id order by id) as ids from person
  where company_id = current_company() and email like 'person%@load.example'
), src as (
  select n, random() as r1, random() as r2, random() as r3, random() as r4,
         random() as r5, asker.ids[1 + floor(random() * cardinality(asker.ids))::int] as asked_by,
         staff.ids[1 + floor(random() * 60)::int] as agent_id,
         (select string_agg(word.w[1 + floor(power(random(), 3 + 0 * k) * cardinality(word.w))::int], ' ')
          from generate_series(1, 6 + n % 3) k where k + n > 0) as title,
         (select string_agg(word.w[1 + floor(power(random(), 3 + 0 * k) * cardinality(word.w))::int], ' ')
          from generate_series(1, 40 + n % 20) k where k + n > 0) as body
  from generate_series(cast(:first as integer), cast(:last as integer)) n, word, staff, asker
), made as (
  insert into ticket (company_id, number, title, description, status, priority, severity, category,
    source, segment, requester_id, requester_name, requester_email, assignee_id, tags, urgency,
    client, address, created_at, updated_at, resolved_at, first_response_at)
  select current_company(), 'TKT-' || to_char(at, 'YYYYMMDD') || '-' || lpad(s.n::text, 7, '0'),
    s.title, s.body, status,
    case when r2 < 0.2 then 'low' when r2 < 0.75 then 'medium' when r2 < 0.93 then 'high'
         when r2 < 0.98 then 'urgent' else 'critical' end,
    case when r5 < 0.1
         then (array['info', 'low', 'medium', 'high', 'critical'])[1 + floor(r5 * 50)::int] end,
    (array['network', 'hardware', 'software', 'access_control', 'email', 'vpn', 'printer',
           'password_reset', 'account_management', 'other'])[1 + floor(r3 * r3 * 10)::int],
    (array['web_form', 'email', 'glpi', 'csv', 'api', 'chatbot'])[1 + floor(r4 * 6)::int],
    (array['Mass', 'VIP', 'Priority'])[1 + floor(r4 * r4 * 3)::int],
    asked_by, 'Requester ' || asked_by, 'person' || asked_by || '@load.example',
    case when status <> 'open' then agent_id end,
    case when r5 < 0.05 then array['tag' || (s.n % 40)] else '{}' end, 1 + floor(r2 * 10)::int,
    jsonb_build_object('guid', gen_random_uuid()),
    jsonb_build_object('country', 'Казахстан', 'city', 'Алматы'),
    at, at + interval '1 hour' * r1,
    case when status in ('resolved', 'closed') then at + interval '1 day' * r1 end,
    case when status not in ('open', 'assigned') then at + interval '1 hour' * r2 end
  from src s,
    lateral (select timestamptz '2026-11-20' - interval '5 minutes' * (cast(:total as integer) - s.n) as at,
      case when s.n > cast(:total as integer) * 0.95 and r1 < 0.5 then 'open' when r1 < 0.03 then 'open'
           when r1 < 0.08 then 'assigned' when r1 < 0.13 then 'in_progress' when r1 < 0.16 then 'pending'
           when r1 < 0.30 then 'resolved' when r1 < 0.98 then 'closed' else 'false_positive' end as status) x
  returning id, assignee_id, category, priority, urgency, created_at
), found as (
  insert into analysis (company_id, ticket_id, state, category, category_confidence, priority, urgency,
    sentiment, sentiment_score, language, summary, confidence, need_admin, analysed_at)
  select current_company(), id, 'done', category, 0.9, priority, urgency,
    (array['neutral', 'negative', 'positive'])[1 + id % 3], 0,
    (array['RU', 'RU', 'RU', 'KZ', 'ENG'])[1 + id % 5],
    'In short: something does not work.', 0.9, id % 50 = 0, created_at from made
)
insert into event (company_id, type, ticket_id, payload, by_kind, by_name, happened_at)
select current_company(), x.type, m.id,
       jsonb_build_object('ticket_id', m.id, 'reason', 'Nearest office, least load.'),
       'system', 'load', m.created_at
from made m, lateral (select 'ticket.opened' as type union all
                      select 'ticket.assigned' where m.assignee_id is not null) x
"""


async def fill(db: Database, company_id: int, total: int, *, chunk: int = 20_000) -> None:
    """Add that many tickets, with 60 agents, 15 offices and a requester for each 20 tickets."""
    async with db.transaction(company_id) as session:
        await session.execute(text(PEOPLE), {"requesters": max(10, total // 20)})
    for first in range(1, total + 1, chunk):
        async with db.transaction(company_id) as session:
            await session.execute(text("select setseed(0.25)"))
            await session.execute(
                text(TICKETS),
                {
                    "syllables": SYLLABLES,
                    "first": first,
                    "last": min(first + chunk - 1, total),
                    "total": total,
                },
            )


async def main() -> None:
    """Fill the first company of the database that is named."""
    url, total = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    db = open_database(url)
    started = time.monotonic()
    await fill(db, await default_company_id(db), total)
    await db.close()
    print(f"{total:,} tickets in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    asyncio.run(main())
