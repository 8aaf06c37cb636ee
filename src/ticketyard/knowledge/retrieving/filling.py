"""Give vectors to pieces that have none of this model's.

It was away while they were read, the extension came later, or the model changed. Until a piece has one
it is found by its words.
"""

from sqlalchemy import text

from ticketyard.ai.embedding import EmbedderAway
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.knowledge.retrieving.asked import Key
from ticketyard.knowledge.retrieving.index import PieceIndex
from ticketyard.knowledge.retrieving.indexing import text_of
from ticketyard.knowledge.retrieving.vectors import PostgresVectors, store_vectors

log = get_logger(__name__)

_AT_ONCE = 64


async def fill_missing(resources: Resources, company_id: int) -> int:
    """Embed what lacks a vector, a few at a time, each in a transaction of its own; gives how many."""
    index = resources.part(PieceIndex)
    if not isinstance(await index.vectors(resources.db), PostgresVectors):
        return 0
    filled, after = 0, Key(0, -1)
    while True:
        async with resources.db.transaction(company_id) as session:
            rows = (
                await session.execute(
                    _MISSING,
                    {
                        "embedder": index.embedder.name,
                        "document": after.document_id,
                        "number": after.number,
                        "limit": _AT_ONCE,
                    },
                )
            ).all()
        if not rows:
            break
        try:
            vectors = await index.embed([text_of(row.context, row.text) for row in rows])
        except EmbedderAway as away:
            log.warning("embedder_away", company_id=company_id, problem=str(away))
            break
        keys = [Key(row.document_id, row.number) for row in rows]
        async with resources.db.transaction(company_id) as session:
            # Whatever was deleted meanwhile is left out there.
            await store_vectors(session, index.embedder.name, keys, vectors)
        filled, after = filled + len(rows), keys[-1]
    if filled:
        log.info("vectors_filled", company_id=company_id, pieces=filled)
    return filled


_MISSING = text(
    """
    select c.document_id, c.number, c.context, c.text from knowledge_piece p
    join knowledge_chunk c on c.company_id = p.company_id
      and c.document_id = p.document_id and c.number = p.number
    where p.company_id = current_company() and (p.document_id, p.number) > (:document, :number)
      and not exists (
        select from knowledge_vector v where v.company_id = p.company_id
          and v.document_id = p.document_id and v.number = p.number and v.embedder = :embedder)
    order by p.document_id, p.number limit :limit
    """
)
