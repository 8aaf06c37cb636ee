"""Vectors of what the last training read, kept for the next one."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def find_vectors(session: AsyncSession, field: str, embedder: str) -> bytes:
    """What `keep_vectors` was given last for this field and embedding model; empty when nothing."""
    found = await session.scalar(_FIND, {"field": field, "embedder": embedder})
    return found or b""


async def keep_vectors(session: AsyncSession, field: str, embedder: str, vectors: bytes) -> None:
    """In place of the last training's: texts that are gone leave no vector behind."""
    kept = {"field": field, "embedder": embedder, "content": vectors}
    await session.execute(_KEEP, kept)


_FIND = text(
    """
    select content from training_vectors
    where company_id = current_company() and field = :field and embedder = :embedder
    """
)
_KEEP = text(
    """
    insert into training_vectors (company_id, field, embedder, content)
    values (current_company(), :field, :embedder, :content)
    on conflict (company_id, field) do update
      set embedder = excluded.embedder, content = excluded.content, kept_at = now()
    """
)
