"""The lane in which a model is asked: a loop of its own beside the worker, so that nothing waits for it."""

from collections.abc import Sequence

from sqlalchemy import text

from ticketyard.ai.chat.model import ChatModel
from ticketyard.core.lanes import Due, Lane
from ticketyard.core.resources import Resources
from ticketyard.triage.second_opinion.asking import ask_about


class Asker:
    """Asks several questions at once, the companies in turn. Without a model it does nothing."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._chat = resources.part(ChatModel)
        self._at_once = self._chat.server.at_once if self._chat.server else 0
        self._lane = Lane("asker", find=self._find, do=self._ask, at_once=self._at_once)

    async def run(self) -> None:
        """Ask what is due until cancelled."""
        if not self._chat.is_on:
            return
        try:
            await self._chat.load()
            await self._lane.run()
        finally:
            await self._chat.close()

    async def ask_due(self) -> int:
        """Ask everything that is due now, and wait for it; gives how many questions that were."""
        return await self._lane.run_due()

    async def _find(self) -> Sequence[Due]:
        if self._chat.wait() > 0:
            return []
        async with self._resources.db.anonymous() as session:
            told = {"at": self._resources.clock(), "limit": self._at_once}
            rows = await session.execute(_DUE, told)
            return [(row.company_id, row.id) for row in rows]

    async def _ask(self, company_id: int, opinion_id: int) -> None:
        await ask_about(self._resources, company_id, opinion_id)


_DUE = text("select company_id, id from due_second_opinions(:at, :limit)")
