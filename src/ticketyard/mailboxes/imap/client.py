"""imaplib with a reader that can say whether a line lies in it already, and IDLE on top of that."""

import imaplib
import socket
import ssl
import time
from contextlib import suppress
from select import POLLIN
from select import poll as new_poll
from typing import Any, BinaryIO, cast

# A SEARCH answer is one line: this is enough for two million UIDs.
LINE_MAX_BYTES = 20 * 1024 * 1024

imaplib.Commands.setdefault("IDLE", ("SELECTED",))


class _Reading(imaplib.IMAP4):
    """Reads through a buffer of its own, which imaplib allows for (read, readline, shutdown).

    A line that came along with the one before it lies in the buffer, where no poll on the socket
    sees it: IDLE would sleep over new mail.
    """

    _buffer: BinaryIO
    _buffered: socket.socket | None = None

    @property
    def reader(self) -> BinaryIO:
        """The buffer of the socket there is now: STARTTLS brings another one, and what came in the
        clear before is not believed."""
        if self._buffered is not self.sock:
            self._buffered = self.sock
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            self._buffer = cast("BinaryIO", self.sock.makefile("rb"))
        return self._buffer

    def read(self, size: int) -> bytes:
        return self.reader.read(size)

    def readline(self) -> bytes:
        line = self.reader.readline(LINE_MAX_BYTES + 1)
        if len(line) > LINE_MAX_BYTES:
            raise self.abort("a line without an end")
        return line

    def shutdown(self) -> None:
        with suppress(OSError, AttributeError):
            self._buffer.close()
        super().shutdown()

    # -- IDLE (RFC 2177) -----------------------------------------------------------------------

    def idle_until_news(self, seconds: float) -> None:
        """Wait in IDLE until the server speaks of another number of messages.

        Raises imaplib's abort or OSError when the connection is gone, error when IDLE is refused.
        """
        own: Any = self
        tag = own._command("IDLE")
        own.continuation_response = None
        while own._get_response() is not None:
            if own.tagged_commands.get(tag):
                raise self.error("IDLE is refused")
        until = time.monotonic() + seconds
        news = self._has_news()
        while not news and (left := until - time.monotonic()) > 0:
            if self._is_buffered() or self._arrives_within(left):
                own._get_response()
                news = self._has_news()
        self.send(b"DONE\r\n")
        while not own.tagged_commands.get(tag):
            own._get_response()
        own.tagged_commands.pop(tag)

    def _has_news(self) -> bool:
        said: dict[str, Any] = self.untagged_responses
        return "EXISTS" in said

    def _is_buffered(self) -> bool:
        before = self.sock.gettimeout()
        self.sock.settimeout(0)
        try:
            return bool(self.reader.peek(1))  # type: ignore[attr-defined]
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            self.sock.settimeout(before)

    def _arrives_within(self, seconds: float) -> bool:
        waiting = new_poll()
        waiting.register(self.sock.fileno(), POLLIN)
        return bool(waiting.poll(seconds * 1000))


class _ReadingTls(_Reading, imaplib.IMAP4_SSL):
    """The same over TLS from the first byte."""


ImapClient = _Reading


def connect_imap(host: str, port: int, security: str, *, seconds: float) -> ImapClient:
    """A greeted connection, not logged in; every wait on it ends after so many seconds.

    Raises OSError (ssl.SSLError among them) and imaplib's errors.
    """
    context = ssl.create_default_context()
    if security == "tls":
        return _ReadingTls(host, port, ssl_context=context, timeout=seconds)
    client = _Reading(host, port, timeout=seconds)
    if security == "starttls":
        client.starttls(ssl_context=context)
    return client
