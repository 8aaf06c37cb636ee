"""What is known of the pieces that may be an answer; also the last look at whether they may be shown."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from psycopg.rows import dict_row
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import raw_connection
from ticketyard.knowledge.retrieving.asked import Candidate, Key, Narrow
from ticketyard.knowledge.retrieving.words import Question, bags_of


class Weighed(NamedTuple):
    """A piece that may be shown, and how like the question it is by words and by meaning."""

    key: Key
    length: int
    bm25: float
    coverage: float
    cosine: float | None


async def weigh_pieces(
    session: AsyncSession,
    keys: Sequence[Key],
    question: Question,
    narrow: Narrow,
    cosines: Mapping[Key, float],
) -> list[Weighed]:
    """Each by both ways, whichever of them found it. Whatever an index still knew that is gone, hidden
    or not published is left out here."""
    connection = await raw_connection(session)
    # In binary form, which of arrays is read several times as fast.
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(_WEIGHED, _conditions(keys, narrow), prepare=True)
        rows = await cursor.fetchall()
    scores = question.scorer.score(bags_of([row[2:] for row in rows]))
    found = [Key(row[0], row[1]) for row in rows]
    return [
        Weighed(key, row[2], bm25, coverage, cosines.get(key))
        for key, row, bm25, coverage in zip(
            found, rows, scores.bm25.tolist(), scores.coverage.tolist(), strict=True
        )
    ]


async def read_candidates(
    session: AsyncSession, weighed: Sequence[Weighed], narrow: Narrow
) -> list[Candidate]:
    """The pieces as they are now, in their order; one that went meanwhile is left out."""
    connection = await raw_connection(session)
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_CANDIDATES, _conditions([each.key for each in weighed], narrow))
        rows = {(row.pop("document_id"), row.pop("number")): row for row in await cursor.fetchall()}
    return [
        Candidate(
            key=each.key,
            length=each.length,
            bm25=each.bm25,
            coverage=each.coverage,
            cosine=each.cosine,
            title_words=frozenset(row.pop("title_words")),
            **row,
        )
        for each in weighed
        if (row := rows.get(each.key))
    ]


def _conditions(keys: Sequence[Key], narrow: Narrow) -> dict[str, object]:
    return {
        "documents": [key.document_id for key in keys],
        "numbers": [key.number for key in keys],
        "visibilities": list(narrow.visibilities),
        "category": narrow.category,
        "source_type": narrow.source_type,
        "document_id": narrow.document_id,
        "but_document_id": narrow.but_document_id,
    }


_SHOWN = """
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
      and (%(document_id)s::bigint is null or d.id = %(document_id)s::bigint)
      and d.id is distinct from %(but_document_id)s::bigint
"""
_WEIGHED = (
    "select c.document_id, c.number, coalesce(p.length, 0), coalesce(p.words, '{}'),"
    f" coalesce(p.times, '') {_SHOWN}"
)
_CANDIDATES = f"""
    select c.document_id, c.number, c.text, c.context, c.category, c.visibility, c.language, c.place,
           d.title, d.source_type, d.file_id, d.ticket_id, d.original_name, d.kind, d.content_type,
           d.updated_at, d.helpful, d.unhelpful,
           tsvector_to_array(to_tsvector('russian', left(d.title, 500))) as title_words
    {_SHOWN}
"""
