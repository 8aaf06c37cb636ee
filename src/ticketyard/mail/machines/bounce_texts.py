"""Pure: delivery reports that are written for people: qmail, Exim, Exchange, Notes and their kin."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ticketyard.mail.machines.bounce_reports import message_id_in, status_in
from ticketyard.mail.machines.bounce_words import BEFORE_ADDRESS, RETURNED, SUBJECT, TEXT, WAITING

MOST_LINES = 300
MOST_RECIPIENTS = 100
LONGEST_LINE = 500
LONGEST_DIAGNOSTIC = 400
OPENING = 1_200
FIRST_WORDS = 240

_WORD = r"[^\s<>,;:\"'()\[\]@=*|]"
_ADDRESS = rf"({_WORD}{{1,100}}@{_WORD}{{1,100}})"
_LEADING = re.compile(
    rf"[\s>*•·\"'–—-]{{0,60}}(?:\"[^\"@]{{0,80}}@?[^\"]{{0,80}}\"\s{{0,3}})?<?{_ADDRESS}"
)
_CODED = re.compile(
    rf"\s{{0,12}}[45]\d\d[\s-]{{1,3}}(?:[45]\.\d{{1,3}}\.\d{{1,3}}\s{{1,3}})?<{_ADDRESS}>\.{{2,3}}"
)
_TOLD = re.compile(
    rf"(?<![\w@])(?<!from )(?:{BEFORE_ADDRESS})[\s:=<\"'*(]{{1,8}}{_ADDRESS}", re.IGNORECASE
)
_ORIGIN = re.compile(rf"(?:expanded|generated) from\W{{1,4}}{_ADDRESS}", re.IGNORECASE)
_ANY = re.compile(rf"(?<![\w.@+-])(?<!from ){_ADDRESS}")
_ID = re.compile(r"\bmessage-?id\b", re.IGNORECASE)

_SUBJECT = re.compile(SUBJECT, re.IGNORECASE)
_TEXT = re.compile(TEXT, re.IGNORECASE)
_WAITING = re.compile(WAITING, re.IGNORECASE)
_RETURNED = re.compile(RETURNED, re.IGNORECASE)
_REPLY_CODE = re.compile(r"(?:^|[\s'\"\[(:#])([45])\d\d(?=[\s\-:)\]]\s?[^\s\d:])")
_DIAGNOSTIC = re.compile(
    r"(?:^|\s)[45]\d\d[\s-]|\b[45]\.\d{1,3}\.\d{1,3}\b|said:|quota|full|unknown|no such|not found|"
    r"reject|"
    r"refus|denied|disabled|timed? ?out|rechazad|неизвест|не найден",
    re.IGNORECASE,
)
_HELPERS = re.compile(
    r"^(?:postmaster|mailer-daemon|abuse|support|helpdesk|hostmaster|noc|admin(?:istrator)?)@",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\b(?:rejected|refused|abgewiesen|abgelehnt|rejet[ée]|rechazad|отклонен)", re.IGNORECASE
)
_FIRST_PERSON = re.compile(
    r"\b(?:i|i'm|i've|my|me|we|our|us|ich|mein\w{0,2}|mir|mich|wir|uns|unser\w{0,2}|je|j'ai|mon|mes|"
    r"nous|notre|nos|yo|mi|mis|nosotros|io|mio|mia|noi|nostro|eu|meu|minha|ik|mijn|wij|ons|jag|min|"
    r"mig|vi|jeg|mit|minun|ja|mój|moje|mnie|já|můj|я|мой|моя|мне|мы|наш|мій|мені|ми)\b",
    re.IGNORECASE,
)
_FOR = re.compile(
    r"^received[ \t]*:(?:[^\n]*\n[ \t]){0,6}[^\n]*?\bfor <([^<>\s]{3,250})>",
    re.IGNORECASE | re.MULTILINE,
)
_TO = re.compile(
    r"^(?:to|x-rcpt-to|delivered-to)[ \t]*:[ \t]*(.{1,400})", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class TextReport:
    """What a report for people says."""

    recipients: tuple[str, ...] = ()
    is_waiting: bool = False
    status: str = ""
    diagnostic: str = ""
    original_message_id: str = ""


def is_bounce_subject(subject: str, *, begins_at: int | None = None) -> bool:
    """Whether the subject says, or says from `begins_at` on, that a message came back or waits."""
    if begins_at is not None:
        return _SUBJECT.match(subject[:300], begins_at) is not None
    return _SUBJECT.search(subject[:300]) is not None


def is_bounce_opening(text: str) -> bool:
    """Whether the text begins by saying that a message was not delivered."""
    head, _ = _split(text)
    return _TEXT.search(" ".join(" ".join(head).split())[:OPENING]) is not None


def is_told_by_a_machine(text: str, *, own: str = "") -> bool:
    """Whether the first words are those of a report and name whom it is about: a person says "I",
    says something else first, or names nobody. own: the writer's address.
    """
    head, _ = _split(text)
    first = " ".join(" ".join(head).split())[:FIRST_WORDS]
    if _FIRST_PERSON.search(first) or not _TEXT.search(first):
        return False
    return any(address != own.lower() for address in _distinct(_found(head, _ANY)))


def is_refusal(text: str) -> bool:
    """Whether the text says that a message was refused, rather than shown or deleted."""
    return _REFUSAL.search(text[:OPENING]) is not None


def read_text_report(text: str, subject: str = "", *, own: str = "") -> TextReport:
    """Who was not reached and why, as far as the words say. own: to whom the report was sent."""
    head, returned = _split(text)
    flat = "\n".join(head)
    opening = f"{subject}\n{flat}"
    status = status_in(flat)
    return TextReport(
        recipients=_recipients(head, own.lower()) or addressees(returned),
        is_waiting=_is_waiting(opening, status),
        status=status or _status_by_reply(flat),
        diagnostic=_diagnostic(head),
        original_message_id=message_id_in(returned),
    )


def _split(text: str) -> tuple[list[str], str]:
    """The lines of the report itself, and the text of what came back."""
    lines = text.splitlines()
    for at, line in enumerate(lines[:MOST_LINES]):
        if at and _RETURNED.match(line[:LONGEST_LINE]) and any(each.strip() for each in lines[:at]):
            head = [each[:LONGEST_LINE] for each in lines[:at]]
            return head, "\n".join(line.lstrip("> \t") for line in lines[at : at + MOST_LINES])
    return [line[:LONGEST_LINE] for line in lines[:MOST_LINES]], ""


def _recipients(lines: Sequence[str], own: str) -> tuple[str, ...]:
    # What looks like an address beside or below "Message-ID" is none.
    above = ("", *lines)
    head = [line for at, line in enumerate(lines) if not _ID.search(f"{above[at]} {line}")]
    leading = _found(head, _LEADING, whole=True) or _found(head, _CODED, whole=True)
    origins = _found(head, _ORIGIN)
    named = _distinct([*leading, *origins]) or _distinct(_found(head, _TOLD))
    return named or tuple(each for each in _distinct(_found(head, _ANY)) if each not in own)


def _found(head: Sequence[str], pattern: re.Pattern[str], *, whole: bool = False) -> list[str]:
    find = pattern.match if whole else pattern.search
    return [match[1] for line in head if "@" in line and (match := find(line))]


def _distinct(addresses: Sequence[str]) -> tuple[str, ...]:
    plain = (each.strip(".'`-").lower() for each in addresses)
    known = dict.fromkeys(each for each in plain if "." in each.partition("@")[2])
    reached = [each for each in known if not _HELPERS.match(each)]
    return tuple((reached or list(known))[:MOST_RECIPIENTS])


def addressees(returned: str) -> tuple[str, ...]:
    """To whom the returned message went: the last server's word, or To where that is one address."""
    head = returned[:20_000]
    for pattern in (_FOR, _TO):
        found = pattern.search(head)
        addresses = _distinct(_ANY.findall(found[1])) if found else ()
        if len(addresses) == 1:
            return addresses
    return ()


def _is_waiting(opening: str, status: str) -> bool:
    return not status.startswith("5.") and _WAITING.search(opening[:4_000]) is not None


def _status_by_reply(flat: str) -> str:
    found = _REPLY_CODE.search(flat)
    return f"{found[1]}.0.0" if found else ""


def _diagnostic(head: Sequence[str]) -> str:
    """The lines in which a server says why, or the first that say anything."""
    for at, line in enumerate(head):
        if _DIAGNOSTIC.search(line):
            words = " ".join(" ".join(head[at : at + 3]).split())
            return words[:LONGEST_DIAGNOSTIC]
    return ""
