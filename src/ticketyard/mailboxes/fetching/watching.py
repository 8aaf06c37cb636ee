"""Watch one mailbox for ever: read what is there, wait for more, get up again after every fall."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from random import SystemRandom

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from ticketyard.core.auth import Principal
from ticketyard.core.db import is_database_away
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.errors import BadMailbox, MailboxNotFound
from ticketyard.mailboxes.fetching.faring import note_failure, note_success
from ticketyard.mailboxes.fetching.folder import FolderReader, Suspects
from ticketyard.mailboxes.fetching.leases import Leases
from ticketyard.mailboxes.fetching.sources import Source, load_source, with_token
from ticketyard.mailboxes.fetching.tokens import AccessTokens
from ticketyard.mailboxes.imap.errors import (
    CommandRefused,
    DeadToken,
    LogInRefused,
    MailServerError,
)
from ticketyard.mailboxes.imap.thread import ImapThread
from ticketyard.mailboxes.mail_rules import MailRules

log = get_logger(__name__)

BY = "Mail"
HELD_ELSEWHERE_SECONDS = 5
# Well below the half hour after which servers log an idle client off, and below the few minutes
# after which a router forgets a silent connection.
IDLE_SECONDS = 280
LOOK_AGAIN_SECONDS = 3600
NOTE_EVERY_SECONDS = 5
FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 300
OUR_FAULT = "The program made an error while reading it; the log has the details."


@dataclass
class Delay:
    """Longer and longer after each failure, never the same for two mailboxes."""

    longest: float = LONGEST_DELAY_SECONDS
    _next: float = FIRST_DELAY_SECONDS
    _random: SystemRandom = field(default_factory=SystemRandom)

    def clear(self) -> None:
        """It went well."""
        self._next = FIRST_DELAY_SECONDS

    def next(self) -> float:
        """Seconds to wait now."""
        seconds, self._next = self._next, min(self._next * 2, self.longest)
        return min(seconds, self.longest) * self._random.uniform(0.5, 1.0)


class Watch:
    """One mailbox. on_kept: told after each commit that brought something new."""

    def __init__(
        self,
        resources: Resources,
        *,
        company_id: int,
        mailbox_id: int,
        leases: Leases,
        tokens: AccessTokens,
        on_kept: Callable[[int], None],
    ) -> None:
        self._resources = resources
        self._company_id = company_id
        self._mailbox_id = mailbox_id
        self._leases = leases
        self._tokens = tokens
        self._on_kept = on_kept
        self._suspects = Suspects()
        self._delay = Delay()
        self._poll_seconds = resources.part(MailRules).poll_seconds
        self._noted_at = float("-inf")
        self._by = Principal.system(company_id, BY)

    async def run(self) -> None:
        """Read until cancelled, or until the mailbox is no more."""
        while True:
            try:
                async with self._leases.hold(self._mailbox_id) as lost:
                    if lost is None:
                        await asyncio.sleep(HELD_ELSEWHERE_SECONDS)
                        continue
                    await _unless(lost, self._read())
            except MailboxNotFound:
                return
            except (MailServerError, BadMailbox) as error:
                log.warning("mailbox_failed", mailbox_id=self._mailbox_id, problem=str(error))
                await self._failed(str(error), at_once=isinstance(error, DeadToken))
            except Exception as error:
                if is_database_away(error):
                    log.warning("mail_database_away", mailbox_id=self._mailbox_id)
                else:
                    log.exception("mailbox_broken", mailbox_id=self._mailbox_id)
                    await self._failed(OUR_FAULT)
            await asyncio.sleep(self._delay.next())

    # -- one connection ------------------------------------------------------------------------

    async def _read(self) -> None:
        source = await load_source(self._resources, self._company_id, self._mailbox_id)
        self._poll_seconds = source.poll_seconds
        self._delay.longest = min(LONGEST_DELAY_SECONDS, source.poll_seconds)
        try:
            imap = ImapThread(await with_token(self._resources, source, self._tokens))
            async with imap:
                await self._follow(source, imap)
        except LogInRefused:
            if source.server.is_token:
                # It may have ended early; the next try takes a fresh one.
                await with_token(self._resources, source, self._tokens, fresh=True)
            raise

    async def _follow(self, source: Source, imap: ImapThread) -> None:
        reader = FolderReader(
            self._resources,
            imap,
            company_id=source.company_id,
            mailbox_id=source.mailbox_id,
            folder=source.folder,
            look_back_hours=source.look_back_hours,
            suspects=self._suspects,
            on_kept=self._on_kept,
        )
        waiting = _Waiting(imap, source.poll_seconds)
        loop = asyncio.get_running_loop()
        look_again_at = loop.time()
        await reader.open()
        while True:
            await reader.catch_up()
            if loop.time() >= look_again_at:
                await reader.look_again()
                look_again_at = loop.time() + LOOK_AGAIN_SECONDS
            await self._succeeded()
            if not await waiting.for_news():
                # A quiet while has passed: see whether it still is the same folder.
                await reader.open()

    # -- how it fares --------------------------------------------------------------------------

    async def _succeeded(self) -> None:
        self._delay.clear()
        now = asyncio.get_running_loop().time()
        if now - self._noted_at < NOTE_EVERY_SECONDS:
            return
        async with self._resources.db.transaction(self._company_id) as session:
            await note_success(session, self._mailbox_id, by=self._by)
        self._noted_at = now

    async def _failed(self, problem: str, *, at_once: bool = False) -> None:
        self._noted_at = float("-inf")
        try:
            async with self._resources.db.transaction(self._company_id) as session:
                await note_failure(
                    session,
                    self._mailbox_id,
                    problem,
                    interval_seconds=self._poll_seconds,
                    at_once=at_once,
                    by=self._by,
                )
        except (SQLAlchemyError, psycopg.Error, OSError, MailboxNotFound) as error:
            log.warning("mail_failure_not_noted", mailbox_id=self._mailbox_id, error=str(error))


class _Waiting:
    """IDLE where the server can, else asking now and then."""

    def __init__(self, imap: ImapThread, poll_seconds: int) -> None:
        self._imap = imap
        self._poll_seconds = poll_seconds
        self._idles = imap.session.has("IDLE")

    async def for_news(self) -> bool:
        """True at news, False when a while passed without any."""
        if self._idles:
            seconds = min(IDLE_SECONDS, self._poll_seconds)
            try:
                return await self._imap.call(
                    self._imap.session.wait_for_news, seconds, within=seconds + 60
                )
            except CommandRefused:
                self._idles = False
        left = float(self._poll_seconds)
        while left > 0:
            await asyncio.sleep(min(left, IDLE_SECONDS))
            left -= IDLE_SECONDS
            if await self._imap.call(self._imap.session.has_news):
                return True
        return False


async def _unless(lost: asyncio.Event, reading: Coroutine[None, None, None]) -> None:
    """Read until the lease is lost."""
    working = asyncio.ensure_future(reading)
    losing = asyncio.create_task(lost.wait())
    try:
        await asyncio.wait((working, losing), return_when=asyncio.FIRST_COMPLETED)
    finally:
        losing.cancel()
        working.cancel()
        await asyncio.wait((working,))
    if not working.cancelled():
        working.result()
