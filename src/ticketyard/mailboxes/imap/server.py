"""The seam to the mail server: what Ticketyard asks of IMAP, in blocking calls for one thread.

Reading sets no flag: the folder is opened by EXAMINE and messages come by BODY.PEEK[]. Only tidying
opens it for writing.
"""

import imaplib
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from imap_tools.imap_utf7 import utf7_encode

from ticketyard.mailboxes.imap.answers import Listed, read_bodies, read_listing, read_uids
from ticketyard.mailboxes.imap.client import ImapClient, connect_imap
from ticketyard.mailboxes.imap.errors import (
    CommandRefused,
    ConnectionLost,
    FolderMissing,
    LogInRefused,
    Unreachable,
)

SOCKET_SECONDS = 30.0
WORDS_MAX = 200


@dataclass(frozen=True, kw_only=True)
class ImapServer:
    """Where a mailbox is, and who we are there. proof: a password, or an access token."""

    host: str
    port: int
    security: str
    username: str
    proof: str = field(repr=False)
    is_token: bool = False


@dataclass(frozen=True)
class Folder:
    """An opened folder. next_uid: what the next message will have; 0 where the server keeps it."""

    uidvalidity: int
    next_uid: int
    messages: int


class ImapSession:
    """One connection. Its calls block, and belong on a thread; `break_off` may be called from any.

    Raises children of MailServerError alone.
    """

    def __init__(self, server: ImapServer, *, seconds: float = SOCKET_SECONDS) -> None:
        self._server = server
        self._seconds = seconds
        self._client: ImapClient | None = None
        self._is_broken_off = False
        # The server spoke of more messages since the last listing.
        self._news = False

    # -- coming and going ----------------------------------------------------------------------

    def open(self) -> None:
        """Connect and log in."""
        server = self._server
        try:
            self._client = connect_imap(
                server.host, server.port, server.security, seconds=self._seconds
            )
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", "") or error.reason or "no TLS there"
            raise Unreachable(f"{self._where} cannot be reached safely: {reason}.") from error
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or "it does not answer"
            raise Unreachable(f"{self._where} cannot be reached: {reason}.") from error
        except imaplib.IMAP4.error as error:
            raise Unreachable(
                f"{self._where} does not greet like an IMAP server, or offers no STARTTLS."
            ) from error
        if self._is_broken_off:
            self.break_off()
        self._log_in()

    @property
    def _where(self) -> str:
        return f"{self._server.host}:{self._server.port}"

    def _log_in(self) -> None:
        server, client = self._server, self.client
        with self._translated("log-in"):
            try:
                if server.is_token:
                    client.authenticate("XOAUTH2", _once(_xoauth2(server.username, server.proof)))
                elif "AUTH=PLAIN" in client.capabilities:
                    client.authenticate("PLAIN", _once(f"\0{server.username}\0{server.proof}"))
                else:
                    client.login(_quoted(server.username), server.proof)
            except imaplib.IMAP4.abort:
                raise
            except (imaplib.IMAP4.error, UnicodeEncodeError) as error:
                raise LogInRefused(
                    f"{self._where} refuses {server.username}: {self._words(error)}"
                ) from error
            client.capability()

    @property
    def client(self) -> ImapClient:
        """The connection. Raises ConnectionLost when there is none."""
        if self._client is None:
            raise ConnectionLost(f"There is no connection to {self._where}.")
        return self._client

    def has(self, capability: str) -> bool:
        """Whether the server can do that."""
        return capability in self.client.capabilities

    def close(self) -> None:
        """Say goodbye; whatever goes wrong at that is no matter."""
        if self._client is not None:
            with suppress(imaplib.IMAP4.error, OSError):
                self._client.sock.settimeout(2)
                self._client.logout()
            self.break_off()

    def break_off(self) -> None:
        """Cut the connection, whoever waits at it: that call then ends with ConnectionLost."""
        self._is_broken_off = True
        if self._client is not None:
            with suppress(OSError, AttributeError):
                self._client.sock.shutdown(socket.SHUT_RDWR)
            with suppress(OSError, AttributeError):
                self._client.sock.close()

    # -- reading -------------------------------------------------------------------------------

    def select(self, folder: str, *, writing: bool = False) -> Folder:
        """Open a folder, for reading alone unless told otherwise. Raises FolderMissing."""
        with self._translated("SELECT"):
            kind, answer = self.client.select(_folder(folder), readonly=not writing)
            if kind != "OK":
                raise FolderMissing(
                    f"{self._where} has no folder “{folder}”: {self._words(_last(answer))}"
                )
            messages = int(_last(answer) or 0)
            uidvalidity, next_uid = self._number("UIDVALIDITY"), self._number("UIDNEXT")
            if not uidvalidity:
                raise CommandRefused(f"{self._where} gives “{folder}” no UIDVALIDITY.")
            if not next_uid:
                listed = self.list_messages("*") if messages else []
                next_uid = listed[-1].uid + 1 if listed else 1
            self._forget()
            return Folder(uidvalidity, next_uid, messages)

    def _number(self, name: str) -> int:
        said = self.client.response(name)[1]
        return int(said[-1]) if said and said[-1] else 0

    def list_messages(self, uids: str) -> list[Listed]:
        """UID, size and instant of arrival of a UID set such as `7:*`. Such a set always holds the
        last message, even one below 7."""
        self._news = False
        return read_listing(self._uid("FETCH", uids, "(UID RFC822.SIZE INTERNALDATE)"))

    def list_uids(self, first: int, last: int) -> set[int]:
        """Which UIDs of this range there are."""
        listed = read_listing(self._uid("FETCH", f"{first}:{last}", "(UID)"))
        return {each.uid for each in listed if first <= each.uid <= last}

    def search_since(self, day: date) -> list[int]:
        """UIDs of what arrived on that day or later, as the server counts days."""
        return read_uids(self._uid("SEARCH", "SINCE", f"{day.day}-{_MONTHS[day.month]}-{day.year}"))

    def fetch(self, uids: Sequence[int]) -> dict[int, bytes]:
        """The messages; what vanished meanwhile, or is not handed out, is not among them."""
        return read_bodies(self._uid("FETCH", ",".join(map(str, uids)), "(UID BODY.PEEK[])"))

    def has_news(self) -> bool:
        """Ask for nothing, so that a dead connection shows; whether the server spoke of new mail."""
        with self._translated("NOOP"):
            self.client.noop()
            self._forget()
            return self._news

    def wait_for_news(self, seconds: float) -> bool:
        """IDLE, for so long at most. Raises CommandRefused when the server does not like it."""
        with self._translated("IDLE"):
            if not self._news:
                self.client.idle_until_news(seconds)
                self._forget()
            return self._news

    # -- tidying -------------------------------------------------------------------------------

    def mark_seen(self, uids: Sequence[int]) -> None:
        """Set \\Seen on messages of a folder that was opened for writing."""
        self._uid("STORE", _set(uids), "+FLAGS.SILENT", r"(\Seen)")

    def move(self, uids: Sequence[int], to: str) -> None:
        """Move messages to another folder, made when missing; without MOVE by COPY, \\Deleted and
        UID EXPUNGE. A server without UIDPLUS keeps them marked as deleted: a plain EXPUNGE would
        remove what others have marked as well."""
        with self._translated("CREATE"):
            self.client.create(_folder(to))
        if self.has("MOVE"):
            self._uid("MOVE", _set(uids), _folder(to))
            return
        self._uid("COPY", _set(uids), _folder(to))
        self._uid("STORE", _set(uids), "+FLAGS.SILENT", r"(\Deleted)")
        if self.has("UIDPLUS"):
            self._uid("EXPUNGE", _set(uids))

    # -- one command ---------------------------------------------------------------------------

    def _uid(self, command: str, *arguments: str) -> list[Any]:
        with self._translated(command):
            kind, answer = self.client.uid(command, *arguments)
            self._forget()
            if kind != "OK":
                raise CommandRefused(
                    f"{self._where} refuses {command}: {self._words(_last(answer))}"
                )
            return list(answer)

    def _said(self) -> dict[str, Any]:
        said: dict[str, Any] = self.client.untagged_responses
        return said

    def _forget(self) -> None:
        """imaplib keeps what the server says unasked for ever; of it only news of mail counts."""
        self._news = self._news or "EXISTS" in self._said()
        self._said().clear()

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (imaplib.IMAP4.abort, OSError, EOFError, AttributeError) as error:
            # imaplib has no socket any more once it was broken off: AttributeError.
            raise ConnectionLost(_how_lost(self._where, doing, error)) from error
        except imaplib.IMAP4.error as error:
            raise CommandRefused(f"{self._where} refuses {doing}: {self._words(error)}") from error
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise ConnectionLost(f"{self._where} answers {doing} with nonsense.") from error

    def _words(self, said: object) -> str:
        """The server's own words, short and without what must not be seen."""
        words = str(said.decode("utf-8", "replace") if isinstance(said, bytes) else said)
        if self._server.proof:
            words = words.replace(self._server.proof, "***")
        return " ".join(words.removeprefix("b'").removesuffix("'").split())[:WORDS_MAX] or "no word"


_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _how_lost(where: str, doing: str, error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"{where} fell silent during {doing}."
    return f"The connection to {where} broke off during {doing}."


def _xoauth2(username: str, token: str) -> str:
    return f"user={username}\1auth=Bearer {token}\1\1"


def _once(proof: str) -> Callable[[bytes], bytes]:
    """Answers the server's first question; a second one only brings word of an error, which is
    acknowledged with an empty line."""
    answers = iter([proof.encode()])
    return lambda _: next(answers, b"")


def _quoted(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _folder(name: str) -> str:
    return _quoted(utf7_encode(name).decode("ascii"))


def _set(uids: Iterable[int]) -> str:
    """A UID set, ranges drawn together, so that thousands fit on one line."""
    ranges: list[list[int]] = []
    for uid in sorted(set(uids)):
        if ranges and uid == ranges[-1][1] + 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return ",".join(f"{first}:{last}" if last > first else f"{first}" for first, last in ranges)


def _last(answer: Sequence[Any]) -> Any:
    return answer[-1] if answer else b""
