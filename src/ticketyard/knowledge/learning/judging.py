"""Keep what people do with what was found for their question; the company's ranking learns from it."""

from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.knowledge.chatting.remembering import owner_of
from ticketyard.knowledge.learning.collecting import QUESTION_MAX
from ticketyard.knowledge.learning.likeness import stems_of
from ticketyard.knowledge.masking import mask
from ticketyard.knowledge.queries import get_visible_document
from ticketyard.knowledge.retrieving.learning import Judged

JUDGED_MAX = 1_000
Kind = Literal["opened", "helpful", "unhelpful"]


async def judge_found(
    session: AsyncSession, *, file_id: UUID | str, question: str, kind: Kind, by: Principal
) -> None:
    """Somebody opened what was found for a question, or said whether it helped.

    What is said outweighs what was only opened. Raises DocumentNotFound.
    """
    document = await get_visible_document(session, file_id, by)
    asked = " ".join(mask(question[: 4 * QUESTION_MAX], ()).split())[:QUESTION_MAX]
    if not stems_of(asked):
        return
    await session.execute(
        _KEEP,
        {
            "document_id": document.id,
            "asker": owner_of(by),
            "question": asked,
            "kind": kind,
            "person_id": by.person_id,
            "now": now_of(session),
        },
    )


async def list_judged(session: AsyncSession) -> list[Judged]:
    """Questions of which is known what answered them, the latest; each once, with all its answers.

    From: what helped or was opened, chats that ended with "that helped", and gaps that an article
    written for them has closed.
    """
    rows = await session.execute(_JUDGED, {"limit": JUDGED_MAX})
    return [Judged(row.question, frozenset(row.document_ids)) for row in rows]


async def count_judged(session: AsyncSession) -> int:
    """How many there are."""
    return len(await list_judged(session))


_KEEP = text(
    """
    insert into knowledge_judgement as j (company_id, document_id, asker, question, kind, person_id, judged_at)
    values (current_company(), :document_id, :asker, :question, :kind, :person_id, :now)
    on conflict (company_id, document_id, asker, question) do update
      set kind = excluded.kind, judged_at = excluded.judged_at
      where excluded.kind <> 'opened' and j.kind <> excluded.kind
    """
)
# In a fixed order: the folds that a ranking is measured on follow it.
_JUDGED = text(
    """
    with said as (
      select question, document_id, judged_at as at from knowledge_judgement
      where company_id = current_company() and kind in ('opened', 'helpful')
      union all
      select q.question, d.id, q.asked_at
      from chat_question q, unnest(q.citations) mark, knowledge_document d
      where q.company_id = current_company() and d.company_id = current_company()
        and (q.helped or q.outcome = 'resolved_confirmed')
        and cast(d.file_id as text) = substring(mark from '([0-9a-f-]{36})-[0-9]+\\]?$')
      union all
      select u.question, g.document_id, u.asked_at
      from knowledge_gap g
      join unanswered_question u on u.company_id = g.company_id and u.gap_id = g.id
      where g.company_id = current_company() and g.state = 'answered'
        and g.answered_by_id = g.document_id and u.question <> ''
    )
    select s.question, array_agg(distinct s.document_id) as document_ids, max(s.at) as at
    from said s
    join knowledge_document d on d.company_id = current_company() and d.id = s.document_id
      and d.publication = 'published'
    where not exists (select from knowledge_judgement j where j.company_id = current_company()
      and j.document_id = s.document_id and j.question = s.question and j.kind = 'unhelpful')
    group by s.question order by at desc, s.question limit :limit
    """
)
