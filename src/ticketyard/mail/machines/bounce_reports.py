"""Pure: the machine-readable half of a delivery report, and of a complaint.

Source: RFC 3464 (message/delivery-status), RFC 3463 (status codes), RFC 5965 (feedback reports).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ticketyard.mail.message import Mail

MOST_REPORT_CHARACTERS = 200_000
MOST_RECIPIENTS = 500

_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]@]{1,120}@[^\s<>,;:\"()\[\]@]{1,120}")
_MESSAGE_ID = re.compile(
    r"^message-id[ \t]*:[ \t]*(?:\r?\n[ \t]+)?<?([^<>\s]{3,300})", re.IGNORECASE | re.MULTILINE
)

_REACHED = ("deliver", "relay", "expand", "success")
_WAITING = ("delay", "warn")


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """What became of one recipient, in the report's own words."""

    address: str = ""
    action: str = ""
    status: str = ""
    diagnostic: str = ""

    @property
    def is_reached(self) -> bool:
        """Whether the message arrived there, or went on."""
        if self.action:
            return self.action.startswith(_REACHED)
        return self.status.startswith("2.")

    @property
    def is_permanent(self) -> bool:
        """Whether trying again is no use: failed, and not with a passing reason (4.x.x)."""
        if self.is_reached or self.action.startswith(_WAITING):
            return False
        return not self.status.startswith("4.")


def read_delivery_status(text: str) -> list[RecipientReport]:
    """The recipients of a message/delivery-status, also where its blank lines were lost."""
    found: list[RecipientReport] = []
    current: dict[str, str] = {}
    for name, value in _fields(text[:MOST_REPORT_CHARACTERS]):
        begins = name in ("original-recipient", "final-recipient") and name in current
        if begins or (name == "" and current):
            _keep(current, found)
            current = {}
        if name:
            current.setdefault(name, value)
    _keep(current, found)
    return found[:MOST_RECIPIENTS]


def _fields(text: str) -> Iterable[tuple[str, str]]:
    """Names in lower case and unfolded values; an empty name where a blank line stands."""
    name, value = "", ""
    for line in text.splitlines():
        if line[:1] in (" ", "\t") and name and line.strip():
            value = f"{value} {line.strip()}"
            continue
        if name:
            yield name, value
        name = ""
        if not line.strip():
            yield "", ""
            continue
        before, colon, after = line.partition(":")
        if colon and 0 < len(before) <= 60 and " " not in before.strip():
            name, value = before.strip().lower(), after.strip()
    if name:
        yield name, value


def _keep(fields: dict[str, str], found: list[RecipientReport]) -> None:
    if not any(name in fields for name in ("final-recipient", "original-recipient", "action")):
        return
    diagnostic = fields.get("diagnostic-code", "")
    found.append(
        RecipientReport(
            address=_recipient(fields),
            action=fields.get("action", "").lower().strip(),
            status=status_in(fields.get("status", "")) or status_in(diagnostic),
            diagnostic=diagnostic.partition(";")[2].strip() or diagnostic,
        )
    )


def _recipient(fields: dict[str, str]) -> str:
    """The address as we wrote it, where the report says; else the one it ended at."""
    for name in (
        "original-recipient",
        "final-recipient",
        "x-actual-recipient",
        "x-failed-recipients",
    ):
        value = fields.get(name, "")
        kind, semicolon, rest = value.partition(";")
        if found := first_address(rest if semicolon else kind):
            return found
    return ""


def first_address(text: str) -> str:
    """The first mail address in it, in lower case, or nothing."""
    found = _ADDRESS.search(text[:2_000])
    return found[0].strip(".'").lower() if found else ""


def status_in(text: str) -> str:
    """The first code such as 5.1.1, or nothing."""
    found = _STATUS.search(text[:2_000])
    return found[0] if found else ""


def message_id_in(text: str) -> str:
    """The Message-ID among the headers of a returned message, without angle brackets."""
    found = _MESSAGE_ID.search(text[:MOST_REPORT_CHARACTERS])
    return found[1] if found else ""


def is_feedback_report(mail: Mail, parts: Sequence[tuple[str, str]]) -> bool:
    """Whether it is a complaint about spam that a mailbox provider passes on (RFC 5965)."""
    if any(kind == "message/feedback-report" for kind, _ in parts):
        return True
    kind = mail.header("content-type").lower()
    return kind.startswith("multipart/report") and "feedback-report" in kind
