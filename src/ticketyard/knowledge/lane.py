"""The lane that documents are read in: a loop of its own in each worker.

Not a job: a file of five hundred pages takes its time, and no ticket is to wait behind it. One
document at a time in each worker, of each company in turn; several workers share them by claims.
"""

from sqlalchemy import text

from ticketyard.core.lanes import keep_looking
from ticketyard.core.resources import Resources
from ticketyard.knowledge.indexing import index_document
from ticketyard.knowledge.reading.running import Limits

COMPANIES_AT_ONCE = 50


class ReadingLane:
    """Runs until cancelled."""

    def __init__(self, resources: Resources, limits: Limits | None = None) -> None:
        self._resources, self._limits = resources, limits

    async def run(self) -> None:
        """Read what is due; look every second whether something is."""
        await keep_looking("reading_lane", self._read_all)

    async def _read_all(self) -> None:
        while await self.read_due():
            pass

    async def read_due(self) -> int:
        """Read one document of each company that has any waiting; gives how many were read."""
        async with self._resources.db.anonymous() as session:
            rows = await session.execute(
                _DUE, {"at": self._resources.clock(), "limit": COMPANIES_AT_ONCE}
            )
            due = [(row.company_id, row.document_id) for row in rows]
        read = 0
        for company_id, document_id in due:
            read += await index_document(self._resources, company_id, document_id, self._limits)
        return read


_DUE = text("select company_id, document_id from due_documents(:at, :limit)")
