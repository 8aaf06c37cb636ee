"""What is known of the pieces that may be an answer; also the last look at whether they may be shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.rows import dict_row
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import raw_connection
from ticketyard.knowledge.retrieving.asked import Candidate, Key, Narrow
from ticketyard.knowledge.retrieving.words import Question, bags_of


async def read_candidates(
    session: AsyncSession,
    keys: Sequence[Key],
    question: Question,
    narrow: Narrow,
    cosines: Mapping[Key, float],
) -> list[Candidate]:
    """The pieces as they are now. Whatever an index still knew that is gone, hidden or not published
    is left out here."""
    connection = await raw_connection(session)
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            _CANDIDATES,
            {
                "documents": [key.document_id for key in keys],
                "numbers": [key.number for key in keys],
                "visibilities": list(narrow.visibilities),
                "category": narrow.category,
                "source_type": narrow.source_type,
                "document_id": narrow.document_id,
                "but_document_id": narrow.but_document_id,
            },
        )
        rows = await cursor.fetchall()
    scores = question.scorer.score(
        bags_of([(row["length"], row["words"], row["times"]) for row in rows])
    )
    return [
        Candidate(
            key=(key := Key(row.pop("document_id"), row.pop("number"))),
            bm25=float(bm25),
            coverage=float(coverage),
            cosine=cosines.get(key),
            title_words=frozenset(row.pop("title_words")),
            **_without_bags(row),
        )
        for row, bm25, coverage in zip(rows, scores.bm25, scores.coverage, strict=True)
    ]


def _without_bags(row: dict[str, Any]) -> dict[str, Any]:
    del row["words"], row["times"]
    return row


_CANDIDATES = """
    select c.document_id, c.number, c.text, c.context, c.category, c.visibility, c.language, c.place,
           d.title, d.source_type, d.file_id, d.ticket_id, d.original_name, d.kind, d.content_type,
           d.updated_at, d.helpful, d.unhelpful,
           tsvector_to_array(to_tsvector('russian', left(d.title, 500))) as title_words,
           coalesce(p.length, 0) as length, coalesce(p.words, '{}') as words, coalesce(p.times, '') as times
    from unnest(%(documents)s::bigint[], %(numbers)s::integer[]) k(document_id, number)
    join knowledge_chunk c on c.company_id = current_company()
      and c.document_id = k.document_id and c.number = k.number
    join knowledge_document d on d.company_id = c.company_id and d.id = c.document_id
    left join knowledge_piece p on p.company_id = c.company_id
      and p.document_id = c.document_id and p.number = c.number
    where d.publication = 'published'
      and c.visibility = any(%(visibilities)s) and d.visibility = any(%(visibilities)s)
      and (%(category)s::text is null or c.category = %(category)s)
      and (%(source_type)s::text is null or d.source_type = %(source_type)s)
      and (%(document_id)s::bigint is null or d.id = %(document_id)s)
      and d.id is distinct from %(but_document_id)s::bigint
"""
