"""Run workflows on a mail: what its classification triggers, step by step, and recorded."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.classifying import Label
from ticketyard.mailboxes.landing import Landing
from ticketyard.mailboxes.lookups import Lookups
from ticketyard.mailboxes.models import EmailWorkflow
from ticketyard.mailboxes.opening import Wish
from ticketyard.mailboxes.placing import Placed, place
from ticketyard.mailboxes.reading import ReadMessage


class Runner:
    """The company's workflows, ready to run in one transaction."""

    def __init__(
        self, session: AsyncSession, resources: Resources, workflows: Sequence[EmailWorkflow]
    ) -> None:
        self._session = session
        self._resources = resources
        self._workflows = workflows

    def matching(self, label: Label) -> list[EmailWorkflow]:
        """Those that this label triggers, in the order in which they run."""
        return []

    async def run(
        self,
        workflows: Sequence[EmailWorkflow],
        message: ReadMessage,
        landing: Landing,
        label: Label,
        lookups: Lookups,
        by: Principal,
    ) -> Placed:
        """Take their steps; a mail that no step filed becomes a ticket all the same."""
        return await place(self._session, self._resources, message, landing, Wish(), lookups, by)


async def load_runner(session: AsyncSession, resources: Resources) -> Runner:
    """The runner for this batch; without workflows where they are switched off."""
    return Runner(session, resources, [])
