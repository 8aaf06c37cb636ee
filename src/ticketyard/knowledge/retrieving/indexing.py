"""Make pieces findable, and forget them: what reading a document calls, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.embedding import EmbedderAway, Vectors
from ticketyard.core.db import raw_connection
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.knowledge.pieces import Piece
from ticketyard.knowledge.retrieving.asked import Key
from ticketyard.knowledge.retrieving.index import PieceIndex
from ticketyard.knowledge.retrieving.vectors import PostgresVectors, store_vectors

log = get_logger(__name__)


@dataclass(frozen=True)
class PreparedPieces:
    """Pieces with what takes long to work out, ready to be written.

    vectors: one row a piece; None where the database keeps none, or none can be had just now.
    elsewhere: whether another index has to be told after the commit.
    """

    pieces: Sequence[Piece]
    embedder: str = ""
    vectors: Vectors | None = None
    elsewhere: bool = False


def text_of(context: str, body: str) -> str:
    """What a piece is found by: the headings above it belong to what it says."""
    return f"{context}\n{body}" if context else body


async def prepare_pieces(
    resources: Resources, company_id: int, pieces: Sequence[Piece]
) -> PreparedPieces:
    """Work out what finding needs (vectors). Called outside of any transaction, and may be slow.

    While the server that makes vectors is away, words are written without; `filling` adds them later.
    """
    index = resources.part(PieceIndex)
    vectors = await index.vectors(resources.db)
    if not isinstance(vectors, PostgresVectors):
        return PreparedPieces(pieces, elsewhere=vectors is not None)
    try:
        found = await index.embed([text_of(piece.context, piece.text) for piece in pieces])
    except EmbedderAway as away:
        log.warning("embedder_away", company_id=company_id, problem=str(away))
        return PreparedPieces(pieces)
    return PreparedPieces(pieces, index.embedder.name, found)


async def index_pieces(session: AsyncSession, prepared: PreparedPieces) -> None:
    """Make the pieces findable with this transaction. Their rows in knowledge_chunk stand already;
    those of the document's last reading were forgotten before."""
    pieces = prepared.pieces
    if not pieces:
        return
    connection = await raw_connection(session)
    await connection.execute(
        "select index_words(%s, %s, %s, %s, %s)",
        (
            [piece.document_id for piece in pieces],
            [piece.number for piece in pieces],
            [piece.visibility for piece in pieces],
            [piece.category for piece in pieces],
            [text_of(piece.context, piece.text) for piece in pieces],
        ),
    )
    if prepared.vectors is not None:
        # A text without anything in it has no direction, and no distance to anything.
        told = [int(row) for row in np.flatnonzero(np.any(prepared.vectors != 0, axis=1))]
        await store_vectors(
            session,
            prepared.embedder,
            [Key(pieces[row].document_id, pieces[row].number) for row in told],
            prepared.vectors[told],
        )
    if prepared.elsewhere:
        await tell_elsewhere(session, sorted({piece.document_id for piece in pieces}))


async def forget_pieces(session: AsyncSession, document_id: int) -> None:
    """Nothing of this document is found any more once this transaction is committed. Its rows in
    knowledge_chunk are deleted right after."""
    # Vectors go with the chunks they belong to; the words' counts follow the rows.
    await session.execute(
        text(
            "delete from knowledge_piece"
            " where company_id = current_company() and document_id = :document_id"
        ),
        {"document_id": document_id},
    )
    await tell_elsewhere(session, [document_id], only_known=True)


async def tell_elsewhere(
    session: AsyncSession, document_ids: Sequence[int], *, only_known: bool = False
) -> None:
    """An index outside of the database is brought in step with these documents after the commit.

    only_known: what that index was never told of, it need not forget.
    """
    await session.execute(_CHANGED if only_known else _TOLD, {"ids": list(document_ids)})


_CHANGED = text(
    "update knowledge_elsewhere set asked = nextval('knowledge_change'), claimed_until = null"
    " where company_id = current_company() and document_id = any(:ids)"
)
_TOLD = text(
    "insert into knowledge_elsewhere (company_id, document_id)"
    " select current_company(), unnest(cast(:ids as bigint[]))"
    " on conflict (company_id, document_id) do update set asked = excluded.asked, claimed_until = null"
)
