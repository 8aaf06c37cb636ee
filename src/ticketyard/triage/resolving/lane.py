"""The lane in which actions are run: a loop of its own beside the worker, so that nothing waits for it."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text

from ticketyard.core.lanes import Due, Lane
from ticketyard.core.resources import Resources
from ticketyard.triage.resolving.running import run_action

AT_ONCE: Final = 16
AT_ONCE_EACH: Final = 4
"""Of one company: its endpoints may hang, and keep no other company's actions from being run."""


class ActionLane:
    """Runs several actions at once, the companies in turn."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._lane = Lane(
            "action_lane",
            find=self._find,
            do=self._run,
            at_once=AT_ONCE,
            at_once_each=AT_ONCE_EACH,
        )

    async def run(self) -> None:
        """Run what is due until cancelled."""
        await self._lane.run()

    async def run_due(self) -> int:
        """Run everything that is due now, and wait for it; gives how many that were."""
        return await self._lane.run_due()

    async def _find(self) -> Sequence[Due]:
        async with self._resources.db.anonymous() as session:
            told = {"at": self._resources.clock(), "each": AT_ONCE_EACH}
            rows = await session.execute(_DUE, told)
            return [(row.company_id, row.id) for row in rows]

    async def _run(self, company_id: int, run_id: int) -> None:
        await run_action(self._resources, company_id, run_id)


_DUE = text("select company_id, id from due_actions(:at, :each)")
