"""Count in how many answers each document stood: in chats and in what was proposed for tickets."""

from datetime import timedelta

from sqlalchemy import text

from ticketyard.core.db import now_of
from ticketyard.core.resources import Resources

LOOK_BACK = timedelta(days=90)
OVERLAP = timedelta(hours=1)
"""Answers are written down out of order: so much is looked at twice, and counted once."""


async def count_new_citations(resources: Resources, company_id: int) -> None:
    """Bring in what was answered since the last time. Running it twice counts nothing twice."""
    for origin, query in _ORIGINS:
        async with resources.db.transaction(company_id) as session:
            last = await session.scalar(_LAST, {"origin": origin})
            since = last - OVERLAP if last else now_of(session) - LOOK_BACK
            await session.execute(query, {"since": since})


_LAST = text(
    "select max(cited_at) from document_citation"
    " where company_id = current_company() and origin = :origin"
)
# A mark is [type:source#<file_id>-<number>]; what was deleted since is not counted.
_PUT = """
    insert into document_citation (company_id, document_id, origin, origin_id, cited_at)
    select current_company(), d.id, a.origin, a.id, a.at
    from ({answers}) a
    join knowledge_document d on d.company_id = current_company()
      and cast(d.file_id as text) = substring(a.mark from '([0-9a-f-]{{36}})-[0-9]+\\]?$')
    on conflict (company_id, document_id, origin, origin_id) do nothing
"""
_CHAT = """
    select 'chat' as origin, q.id, q.asked_at as at, mark from chat_question q, unnest(q.citations) mark
    where q.company_id = current_company() and q.asked_at > :since and q.is_answered
"""
_RAG_CHAT = """
    select 'rag_chat' as origin, m.id, m.created_at as at, mark
    from conversation_message m, jsonb_array_elements_text(m.told->'citations') mark
    where m.company_id = current_company() and m.role = 'assistant' and m.created_at > :since
      and jsonb_typeof(m.told->'citations') = 'array'
      and not exists (select from chat h where h.company_id = m.company_id
        and h.conversation_id = m.conversation_id)
"""
_TICKET = """
    select 'ticket' as origin, s.ticket_id as id, s.proposed_at as at, step->>'chunk_id' as mark
    from ticket_solution s, jsonb_array_elements(s.steps) step
    where s.company_id = current_company() and s.state = 'done' and s.proposed_at > :since
"""
_ORIGINS = tuple(
    (origin, text(_PUT.format(answers=answers)))
    for origin, answers in (("chat", _CHAT), ("rag_chat", _RAG_CHAT), ("ticket", _TICKET))
)
