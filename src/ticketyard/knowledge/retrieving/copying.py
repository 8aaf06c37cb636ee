"""Bring an index of vectors outside of the database in step with it, after the commit, at least once."""

from typing import Any

from psycopg.rows import dict_row
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.embedding import EmbedderAway
from ticketyard.core.db import raw_connection
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.knowledge.retrieving.asked import Key
from ticketyard.knowledge.retrieving.index import PieceIndex
from ticketyard.knowledge.retrieving.indexing import text_of
from ticketyard.knowledge.retrieving.qdrant import QdrantVectors, payload_of
from ticketyard.knowledge.retrieving.vectors import VectorsUnavailable

log = get_logger(__name__)

LEASE_SECONDS = 120
_AT_ONCE = 200


async def bring_in_step(resources: Resources, company_id: int) -> int:
    """Tell the other index of every document that changed; gives of how many it was told.

    One that cannot be reached is told later, and so is one for which no vectors can be had just now:
    what it has not been told of stands in the database.
    """
    index = resources.part(PieceIndex)
    elsewhere = index.elsewhere
    if not isinstance(elsewhere, QdrantVectors):
        return 0
    done = 0
    while done < _AT_ONCE:
        async with resources.db.transaction(company_id) as session:
            claimed = (await session.execute(_CLAIM, {"lease": LEASE_SECONDS})).first()
            pieces = await _pieces(session, claimed.document_id) if claimed else []
        if claimed is None:
            break
        try:
            await _tell(index, elsewhere, company_id, claimed.document_id, pieces)
        except (VectorsUnavailable, EmbedderAway) as error:
            log.warning("vectors_not_copied", company_id=company_id, why=str(error))
            async with resources.db.transaction(company_id) as session:
                await session.execute(_GIVE_BACK, {"document_id": claimed.document_id})
            break
        async with resources.db.transaction(company_id) as session:
            done_with = {"document_id": claimed.document_id, "asked": claimed.asked}
            await session.execute(_TOLD if pieces else _GONE, done_with)
        done += 1
    return done


async def copy_everything(session: AsyncSession) -> int:
    """Let every document be told anew, for an index that was lost or is new; gives how many."""
    return len((await session.execute(_EVERYTHING)).all())


async def _tell(
    index: PieceIndex,
    elsewhere: QdrantVectors,
    company_id: int,
    document_id: int,
    pieces: list[dict[str, Any]],
) -> None:
    vectors = await index.embed([text_of(each["context"], each["text"]) for each in pieces])
    name = index.embedder.name
    await elsewhere.replace(
        company_id,
        document_id,
        [
            (
                Key(document_id, each["number"]),
                vector,
                payload_of(company_id, name, each, len(pieces)),
            )
            for each, vector in zip(pieces, vectors, strict=True)
        ],
    )


async def _pieces(session: AsyncSession, document_id: int) -> list[dict[str, Any]]:
    connection = await raw_connection(session)
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "select c.document_id, c.number, c.text, c.context, c.category, c.visibility, d.source_type,"
            " d.file_id, d.original_name, d.blob_key, d.kind, d.content_type"
            " from knowledge_chunk c join knowledge_document d"
            " on d.company_id = c.company_id and d.id = c.document_id"
            " where c.company_id = current_company() and c.document_id = %s order by c.number",
            (document_id,),
        )
        return await cursor.fetchall()


_CLAIM = text(
    """
    update knowledge_elsewhere set claimed_until = now() + make_interval(secs => :lease)
    where company_id = current_company() and document_id = (
      select document_id from knowledge_elsewhere
      where company_id = current_company() and told is distinct from asked
        and (claimed_until is null or claimed_until < now())
      order by asked limit 1 for update skip locked)
    returning document_id, asked
    """
)
_GIVE_BACK = text(
    "update knowledge_elsewhere set claimed_until = null"
    " where company_id = current_company() and document_id = :document_id"
)
# Where it changed again meanwhile, nothing matches, and it is told once more.
_TOLD = text(
    "update knowledge_elsewhere set told = asked, claimed_until = null"
    " where company_id = current_company() and document_id = :document_id and asked = :asked"
)
_GONE = text(
    "delete from knowledge_elsewhere"
    " where company_id = current_company() and document_id = :document_id and asked = :asked"
)
_EVERYTHING = text(
    "insert into knowledge_elsewhere (company_id, document_id)"
    " select distinct company_id, document_id from knowledge_chunk where company_id = current_company()"
    " on conflict (company_id, document_id) do update set asked = excluded.asked, claimed_until = null"
    " returning document_id"
)
