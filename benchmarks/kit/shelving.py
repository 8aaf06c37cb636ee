"""Documents put into the index as reading puts them there, many at a time."""

from collections.abc import Sequence

import psycopg
from sqlalchemy import text

from ticketyard.core.resources import Resources
from ticketyard.knowledge.pieces import Piece
from ticketyard.knowledge.retrieving.indexing import index_pieces, prepare_pieces

_BATCH = 256
_PIECE = 800
_OVERLAP = 120


async def shelve(
    resources: Resources, company_id: int, documents: Sequence[tuple[str, str]]
) -> list[int]:
    """Published articles of these titles and texts, in pieces of 800 characters; gives their ids."""
    ids: list[int] = []
    for start in range(0, len(documents), _BATCH):
        batch = documents[start : start + _BATCH]
        async with resources.db.transaction(company_id) as session:
            fresh = list(
                await session.scalars(
                    _DOCUMENTS, {"titles": [title or "Untitled" for title, _ in batch]}
                )
            )
        pieces = [
            Piece(document_id, number, body, title, None, "public", None)
            for document_id, (title, whole) in zip(fresh, batch, strict=True)
            for number, body in enumerate(_cut(whole))
        ]
        prepared = await prepare_pieces(resources, company_id, pieces)
        async with resources.db.transaction(company_id) as session:
            await session.execute(
                _CHUNKS,
                {
                    "documents": [piece.document_id for piece in pieces],
                    "numbers": [piece.number for piece in pieces],
                    "texts": [piece.text for piece in pieces],
                    "contexts": [piece.context for piece in pieces],
                },
            )
            await index_pieces(session, prepared)
        ids += fresh
    return ids


def _cut(whole: str) -> list[str]:
    plain = " ".join(whole.split())
    starts = range(0, max(len(plain) - _OVERLAP, 1), _PIECE - _OVERLAP)
    return [piece for start in starts if (piece := plain[start : start + _PIECE])]


def analyze(url: str) -> None:
    """What autovacuum would have done by now."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")


_DOCUMENTS = text(
    "insert into knowledge_document (company_id, source_type, kind, title, body, visibility, state)"
    " select current_company(), 'article', 'text', t, '', 'public', 'ready'"
    " from unnest(cast(:titles as text[])) with ordinality as a(t, n) order by n returning id"
)
_CHUNKS = text(
    "insert into knowledge_chunk (company_id, document_id, number, text, starts_at, ends_at, context,"
    " visibility) select current_company(), d, n, t, 0, 1, c, 'public'"
    " from unnest(cast(:documents as bigint[]), cast(:numbers as integer[]), cast(:texts as text[]),"
    " cast(:contexts as text[])) as a(d, n, t, c)"
)
