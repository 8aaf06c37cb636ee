"""Who may ask the knowledge: our own keys and sessions, and the one key of the reference's clients."""

from typing import Annotated, Any

from fastapi import Depends, Request

from ticketyard.core.auth import PERMISSIONS, Principal, same
from ticketyard.core.errors import NotAllowed
from ticketyard.knowledge.retrieving.asked import INTERNAL, PUBLIC
from ticketyard.knowledge.retrieving.index import PieceIndex
from ticketyard.people.queries import default_company_id
from ticketyard.web.deps import Access, current_principal, key_principal, resources_of

HEADER = "x-rag-api-key"
# What RAG_API_KEY opens: reading what agents read.
_MAY = frozenset({"knowledge:read"})


async def rag_principal(request: Request) -> Principal:
    """Whoever asks: RAG_API_KEY or a key of ours in X-RAG-API-KEY, else as everywhere.

    RAG_API_KEY belongs to the first company; where it is empty, nothing equals it. Raises InvalidKey
    or NotKnown.
    """
    shown = request.headers.get(HEADER)
    if shown is None:
        return await current_principal(request)
    resources = resources_of(request)
    if same(resources.part(PieceIndex).options.rag_key, shown.strip()):
        company_id = await default_company_id(resources.db)
        return Principal("integration", None, company_id, "RAG_API_KEY", _MAY)
    return await key_principal(request, shown.strip())


RagActing = Annotated[Principal, Depends(rag_principal)]


class _RagRequires(Access):
    async def __call__(self, by: RagActing) -> None:
        if self.permission is None or not by.may(self.permission):
            raise NotAllowed("You may not do this.")


def rag_may(permission: str) -> Any:
    """Only whoever has this permission, by whichever key. For `dependencies=[…]` of a route."""
    if permission not in PERMISSIONS:
        raise ValueError(f"No such permission: {permission}")
    return Depends(_RagRequires(permission))


def visible_to(by: Principal) -> tuple[str, ...]:
    """What may be found at all: everything for whoever works here, else what is public."""
    return (INTERNAL, PUBLIC) if by.may("knowledge:read") else (PUBLIC,)
