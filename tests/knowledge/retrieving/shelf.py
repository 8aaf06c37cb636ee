"""Documents put straight where reading would put them, for tests of what finds them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from ticketyard.core.resources import Resources
from ticketyard.knowledge.pieces import Piece
from ticketyard.knowledge.retrieving.asked import Asked, Narrow, Retrieval
from ticketyard.knowledge.retrieving.finding import retrieve
from ticketyard.knowledge.retrieving.indexing import forget_pieces, index_pieces, prepare_pieces

AGENT = ("internal", "public")


@dataclass(frozen=True)
class Shelf:
    """One company's documents."""

    resources: Resources
    company_id: int

    async def put(
        self,
        title: str,
        *texts: str,
        visibility: str = "public",
        category: str | None = None,
        source_type: str = "article",
    ) -> int:
        """A published document of these pieces; gives its id."""
        async with self.resources.db.transaction(self.company_id) as session:
            document_id = int(
                await session.scalar(
                    text(
                        "insert into knowledge_document (company_id, source_type, kind, title, body,"
                        " visibility, category, state) values (current_company(), :source, 'text',"
                        " :title, case when :source = 'file' then null else '' end, :visibility,"
                        " :category, 'ready') returning id"
                    ),
                    {
                        "title": title,
                        "visibility": visibility,
                        "category": category,
                        "source": source_type,
                    },
                )
                or 0
            )
        pieces = [
            Piece(document_id, number, body, title, category, visibility, None)
            for number, body in enumerate(texts)
        ]
        await self.index(pieces)
        return document_id

    async def index(self, pieces: Sequence[Piece]) -> None:
        """What reading does with pieces."""
        prepared = await prepare_pieces(self.resources, self.company_id, pieces)
        async with self.resources.db.transaction(self.company_id) as session:
            await session.execute(
                text(
                    "insert into knowledge_chunk (company_id, document_id, number, text, starts_at,"
                    " ends_at, context, category, visibility) values (current_company(), :document_id,"
                    " :number, :text, 0, 1, :context, :category, :visibility)"
                ),
                [vars(piece) for piece in pieces],
            )
            await index_pieces(session, prepared)

    async def throw_away(self, document_id: int, *, forget: bool = True) -> None:
        """Delete a document; `forget=False` deletes only what others delete."""
        async with self.resources.db.transaction(self.company_id) as session:
            if forget:
                await forget_pieces(session, document_id)
            await session.execute(
                text("delete from knowledge_chunk where document_id = :id"), {"id": document_id}
            )
            await session.execute(
                text("delete from knowledge_document where id = :id"), {"id": document_id}
            )

    async def ask(
        self,
        query: str,
        *,
        visibilities: Sequence[str] = AGENT,
        limit: int = 5,
        category: str | None = None,
        source_type: str | None = None,
        document_id: int | None = None,
        min_score: float = 0.0,
        collapse: bool = True,
    ) -> Retrieval:
        """What is found."""
        narrow = Narrow(
            tuple(visibilities),
            category=category,
            source_type=source_type,
            document_id=document_id,
        )
        asked = Asked(query, narrow, limit=limit, min_score=min_score, collapse=collapse)
        return await retrieve(self.resources, self.company_id, asked)

    async def titles(
        self,
        query: str,
        *,
        visibilities: Sequence[str] = AGENT,
        category: str | None = None,
        source_type: str | None = None,
        document_id: int | None = None,
        collapse: bool = True,
    ) -> list[str]:
        """The titles of what is found."""
        retrieval = await self.ask(
            query,
            visibilities=visibilities,
            category=category,
            source_type=source_type,
            document_id=document_id,
            collapse=collapse,
        )
        return [found.candidate.title for found in retrieval.found]

    async def rows(self, table: str) -> int:
        """How many rows of a table are this company's."""
        async with self.resources.db.transaction(self.company_id) as session:
            return int(await session.scalar(text(f"select count(*) from {table}")) or 0)
