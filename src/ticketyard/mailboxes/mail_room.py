"""The mail process: a watch for each mailbox, and filing for each company whose mail waits.

What is changed in the desk is noticed within seconds. Each part runs in a task of its own: what goes
wrong in one is told and tried again there, and the others never hear of it.
"""

import asyncio
from contextlib import suppress

from sqlalchemy import text

from ticketyard.core.db import is_database_away
from ticketyard.core.lanes import keep_looking
from ticketyard.core.log import get_logger
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.fetching.leases import Leases
from ticketyard.mailboxes.fetching.tidying import tidy_for_ever
from ticketyard.mailboxes.fetching.tokens import AccessTokens
from ticketyard.mailboxes.fetching.watching import Watch
from ticketyard.mailboxes.filing import BATCH, file_waiting

log = get_logger(__name__)

LOOK_SECONDS = 2
FILING_SECONDS = 5


class MailRoom:
    """Runs until cancelled."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._leases = Leases(resources.db)
        self._tokens = AccessTokens(resources.clock, resources.part(Outgoing))
        self._watches: dict[tuple[int, int], tuple[str, asyncio.Task[None]]] = {}
        self._filings: dict[int, asyncio.Task[None]] = {}
        self._woken: dict[int, asyncio.Event] = {}
        self._singly = asyncio.Lock()

    async def run(self) -> None:
        """Keep a watch at every mailbox that is switched on, and file what waits."""
        try:
            await keep_looking("mail_room", self._look_around)
        finally:
            await self._end()

    async def _look_around(self) -> float:
        async with self._resources.db.anonymous() as session:
            rows = await session.execute(text("select * from mailbox_directory()"))
            wanted = {(row.company_id, row.mailbox_id): row.mark for row in rows}
            waiting = set(await session.scalars(text("select * from waiting_mail()")))
        for key, (mark, task) in list(self._watches.items()):
            if wanted.get(key) != mark or task.done():
                del self._watches[key]
                await _stop(task)
        for key, mark in wanted.items():
            if key not in self._watches:
                self._watches[key] = (mark, asyncio.create_task(self._watch(*key)))
        for company_id in waiting | {company_id for company_id, _ in wanted}:
            self._keep_filing(company_id)
        return LOOK_SECONDS

    async def _watch(self, company_id: int, mailbox_id: int) -> None:
        watch = Watch(
            self._resources,
            company_id=company_id,
            mailbox_id=mailbox_id,
            leases=self._leases,
            tokens=self._tokens,
            on_kept=lambda _: self._wake(company_id),
        )
        tidying = asyncio.create_task(
            tidy_for_ever(self._resources, company_id, mailbox_id, self._leases, self._tokens)
        )
        try:
            await watch.run()
        finally:
            await _stop(tidying)

    # -- filing --------------------------------------------------------------------------------

    def _wake(self, company_id: int) -> None:
        self._woken.setdefault(company_id, asyncio.Event()).set()

    def _keep_filing(self, company_id: int) -> None:
        task = self._filings.get(company_id)
        if task is None or task.done():
            self._filings[company_id] = asyncio.create_task(self._file(company_id))

    async def _file(self, company_id: int) -> None:
        woken = self._woken.setdefault(company_id, asyncio.Event())
        while True:
            woken.clear()
            try:
                await self._file_all(company_id)
            except Exception as error:
                if is_database_away(error):
                    log.warning("filing_interrupted", company_id=company_id)
                else:
                    log.exception("filing_broken", company_id=company_id)
                await asyncio.sleep(1)
            with suppress(TimeoutError):
                async with asyncio.timeout(FILING_SECONDS):
                    await woken.wait()

    async def _file_all(self, company_id: int) -> None:
        """Until nothing waits. Where there is much, two at a time: one reads while the other waits
        for the database, which files one batch of a company after the other. Large messages come
        last and one by one, whoever's they are, so that two are never held at once."""
        resources = self._resources

        async def file_small() -> None:
            while await file_waiting(resources, company_id, singles=False):
                pass

        if await file_waiting(resources, company_id, singles=False) == BATCH:
            await asyncio.gather(file_small(), file_small())
        taken = 1
        while taken:
            async with self._singly:
                taken = await file_waiting(resources, company_id)

    async def _end(self) -> None:
        tasks = [task for _, task in self._watches.values()] + list(self._filings.values())
        await asyncio.gather(*(_stop(task) for task in tasks))
        await self._leases.close()


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.wait((task,), timeout=10)
