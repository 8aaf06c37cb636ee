"""Pure: a message that was read, whatever state its bytes were in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

AutoKind = Literal["", "replied", "generated", "bulk"]


@dataclass(frozen=True, slots=True)
class Address:
    """Somebody's mail address and the name they give themselves (may be empty)."""

    email: str
    name: str = ""

    @property
    def domain(self) -> str:
        """What follows the @, in lower case."""
        return self.email.rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFile:
    """A part that is no text of the message: attached, inline (`content_id`), or unpacked from
    winmail.dat (`from_tnef`). `read` decodes its bytes when asked, so that a large one is held once.
    """

    name: str
    content_type: str
    read: Callable[[], bytes] = field(repr=False, compare=False)
    content_id: str = ""
    is_inline: bool = False
    from_tnef: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What a delivery report says.

    recipients: who was not reached.  permanent: trying again is no use (5.x.x).
    original_message_id: of the message that came back, without angle brackets, where it was told.
    """

    recipients: tuple[str, ...] = ()
    permanent: bool = False
    status: str = ""
    diagnostic: str = ""
    original_message_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message as people would describe it. Whatever could not be read is empty, and `problems`
    says so.

    ids: without angle brackets.  references: oldest first, as the header has them.
    body_text: what an agent is shown; of an HTML-only message, its text.  body_html: sanitised.
    reply_text: body_text without quotes and signature.  date: aware, UTC.
    sender_is_certain: From names this sender, plainly and alone; else it is a guess, good enough to
    answer to and no proof of anything.
    auto: replied (an answering machine), generated (a machine by itself), bulk (lists and
    newsletters), or empty for a person.  return_path: None where no such header is.
    headers: every header as it came, decoded, in order, names in lower case.
    """

    subject: str = ""
    sender: Address | None = None
    sender_is_certain: bool = False
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    return_path: str | None = None
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    date: datetime | None = None
    body_text: str = ""
    body_html: str = ""
    reply_text: str = ""
    files: tuple[MailFile, ...] = ()
    auto: AutoKind = ""
    is_auto_reply: bool = False
    bounce: Bounce | None = None
    is_feedback_report: bool = False
    original_sender: str = ""
    forwarded_from: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()

    def header(self, name: str) -> str:
        """The first header of this name (lower case), or nothing."""
        return next((value for each, value in self.headers if each == name), "")

    @property
    def is_from_nobody(self) -> bool:
        """Sent so that no report about it can come back, as reports themselves are."""
        if self.return_path is None:
            return False
        told = self.header("return-path") or self.return_path
        return told.strip("<> \t").lower() in ("", "mailer-daemon")
