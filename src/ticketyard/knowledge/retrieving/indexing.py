"""Make pieces findable, and forget them: what reading a document calls, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.resources import Resources
from ticketyard.knowledge.pieces import Piece


@dataclass(frozen=True)
class PreparedPieces:
    """Pieces with what takes long to work out, ready to be written."""

    pieces: Sequence[Piece]


async def prepare_pieces(
    resources: Resources, company_id: int, pieces: Sequence[Piece]
) -> PreparedPieces:
    """Work out what finding needs (vectors). Called outside of any transaction, and may be slow."""
    return PreparedPieces(pieces)


async def index_pieces(session: AsyncSession, prepared: PreparedPieces) -> None:
    """Make the pieces findable with this transaction. Their rows in knowledge_chunk stand already;
    those of the document's last reading were forgotten before."""


async def forget_pieces(session: AsyncSession, document_id: int) -> None:
    """Nothing of this document is found any more once this transaction is committed. Its rows in
    knowledge_chunk are deleted right after."""
