"""One thread for one connection: blocking IMAP calls, awaited, with an end to every wait."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from ticketyard.mailboxes.imap.errors import ConnectionLost, MailServerError
from ticketyard.mailboxes.imap.server import ImapServer, ImapSession

T = TypeVar("T")

CALL_SECONDS = 120.0


class ImapThread:
    """Opened with `async with`; the connection is cut when whoever waits is cancelled."""

    def __init__(self, server: ImapServer) -> None:
        self.session = ImapSession(server)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="imap")

    async def __aenter__(self) -> "ImapThread":
        try:
            await self.call(self.session.open)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        with suppress(MailServerError):
            await self.call(self.session.close, within=5)
        self._thread.shutdown(wait=False)

    async def call(
        self, function: Callable[..., T], *arguments: object, within: float = CALL_SECONDS
    ) -> T:
        """What it gives; it is broken off after so many seconds, however slowly the server drips.

        Raises what it raises, or ConnectionLost.
        """
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(self._thread, lambda: function(*arguments))
        try:
            async with asyncio.timeout(within):
                return await asyncio.shield(running)
        except TimeoutError:
            self.session.break_off()
            raise ConnectionLost("The server was too slow.") from None
        except asyncio.CancelledError:
            self.session.break_off()
            raise
        finally:
            # Nobody waits for a call that was given up, nor is told how it ended.
            running.add_done_callback(lambda done: done.cancelled() or done.exception())
