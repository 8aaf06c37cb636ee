"""Pure: which ticket a mail names, and whether its sender may add to it.

A number identifies and never authorises (docs/decisions/0072). The order of looking is that of
spec 3: In-Reply-To, References with the newest first, subject; then mail that was filed earlier.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ticketyard.mail.message import Mail
from ticketyard.mailboxes.landing.authentication import Verdict

IDS_MAX = 100
# Longer ones fit into no line of a header, and into no index.
ID_MAX_BYTES = 990
_NUMBER = r"TKT-\d{8}-\d{3,}"
_ANYWHERE = re.compile(rf"(?<![A-Za-z0-9]){_NUMBER}(?!\d)", re.IGNORECASE)
_BRACKETED = re.compile(rf"\[\s*({_NUMBER})\s*\]", re.IGNORECASE)
# Re, and what it is called in the mail programs of Denmark, Germany, Russia and their neighbours.
_PREFIX = r"(?:re|sv|vs|aw|antw|antwort|fw|fwd|wg|vb|tr|rv|ref|odp|pd|rif|res|enc|на|отв|ответ)"
_ANSWERED = re.compile(
    rf"\s*(?:{_PREFIX}\s*(?:\[\d+\]|\(\d+\))?\s*[::]\s*)+({_NUMBER})(?!\d)", re.IGNORECASE
)
# Where everybody may have an address, sharing a domain means nothing.
_PUBLIC_NAMES = """
    gmail googlemail hotmail outlook live msn yahoo ymail rocketmail icloud aol gmx proton protonmail
    yandex tutanota tuta zoho fastmail mail hey duck posteo mailbox rambler naver hanmail
"""
_PUBLIC_DOMAINS = """
    gmail.com googlemail.com outlook.com outlook.dk hotmail.com hotmail.dk live.com live.dk
    msn.com yahoo.com yahoo.de yahoo.co.uk ymail.com icloud.com me.com mac.com aol.com gmx.com
    gmx.de gmx.net gmx.at web.de t-online.de freenet.de mail.com mail.ru inbox.ru list.ru bk.ru
    internet.ru yandex.ru yandex.kz yandex.com ya.ru rambler.ru ukr.net proton.me protonmail.com
    pm.me tutanota.com zoho.com fastmail.com mail.kz qq.com 163.com 126.com wp.pl o2.pl onet.pl
    seznam.cz orange.fr free.fr laposte.net libero.it ofir.dk jubii.dk mail.dk wanadoo.fr sfr.fr
    neuf.fr alice.it virgilio.it tiscali.it tin.it arcor.de vodafone.de bluewin.ch comcast.net
    verizon.net att.net sbcglobal.net cox.net btinternet.com sky.com ntlworld.com bigpond.com shaw.ca
    rogers.com interia.pl telia.com bredband.net online.no stofanet.dk simplelogin.com
"""

Evidence = Literal["in_reply_to", "references", "subject", "earlier_mail", "moved_mail"]
Standing = Literal["requester", "participant", "colleague", "agent", "stranger"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTicket:
    """What the proof needs to know of a ticket.

    participants: addresses in lower case, the requester's among them.
    named: the number it was looked up by, where it took in the ticket of that number.
    """

    id: int
    number: str
    status: str
    named: str = ""
    requester: str = ""
    requester_id: int | None = None
    customer_id: int | None = None
    participants: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSender:
    """The sender, as far as the company knows them."""

    email: str
    person_id: int | None = None
    role: str = ""
    customer_id: int | None = None

    @property
    def is_agent(self) -> bool:
        """Whether this address belongs to somebody at the desk."""
        return self.role in ("admin", "agent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the database knows about the ids and numbers of one mail.

    by_number: in upper case.  by_sent_id: ids of mails that we sent.  by_earlier_id: ids that
    filed mail bears or refers to.  by_moved_id: ids of mail that an agent moved there.
    """

    by_number: Mapping[str, KnownTicket] = field(default_factory=dict)
    by_sent_id: Mapping[str, KnownTicket] = field(default_factory=dict)
    by_earlier_id: Mapping[str, Sequence[KnownTicket]] = field(default_factory=dict)
    by_moved_id: Mapping[str, KnownTicket] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ticket that a mail names. token: it answers a mail that we sent about this ticket."""

    ticket: KnownTicket
    evidence: Evidence
    token: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether the sender may add to a ticket, as who, and why; `note`: for agents only."""

    holds: bool
    standing: Standing
    reason: str
    note: bool = False


def numbers_in_subject(subject: str) -> list[str]:
    """The numbers a subject names so that they count: in brackets, or right after `Re:`."""
    answered = _ANSWERED.match(subject)
    found = [*_BRACKETED.findall(subject), *([answered[1]] if answered else [])]
    return list(dict.fromkeys(number.upper() for number in found))


def numbers_in_ids(header: str) -> list[str]:
    """The numbers anywhere in In-Reply-To or References, the last first."""
    return list(dict.fromkeys(each.upper() for each in reversed(_ANYWHERE.findall(header))))


def ids_named(mail: Mail) -> list[str]:
    """The ids this mail refers to, the nearest first."""
    ids = [*mail.in_reply_to, *reversed(mail.references)]
    return list(dict.fromkeys(each for each in ids if is_usable_id(each)))[:IDS_MAX]


def is_usable_id(message_id: str) -> bool:
    """Whether an id can tell one message from others: some programs write the same for all."""
    if len(message_id) < 8 or "@" not in message_id[1:-1]:
        return False
    return len(message_id.encode("utf-8", "replace")) <= ID_MAX_BYTES


def numbers_named(mail: Mail) -> list[str]:
    """Every number that could matter, to be looked up at once."""
    in_ids = [
        *numbers_in_ids(mail.header("in-reply-to")),
        *numbers_in_ids(mail.header("references")),
    ]
    return list(dict.fromkeys([*in_ids, *numbers_in_subject(mail.subject)]))[:IDS_MAX]


def candidates(mail: Mail, known: Known) -> list[Candidate]:
    """The tickets a mail names, in the order in which they count, each once."""
    sent = {ticket.id for each in ids_named(mail) if (ticket := known.by_sent_id.get(each))}
    found: dict[int, Candidate] = {}

    def name(ticket: KnownTicket | None, evidence: Evidence) -> None:
        if ticket is not None and ticket.id not in found:
            found[ticket.id] = Candidate(ticket, evidence, ticket.id in sent)

    # A person has said where that thread belongs.
    for each in ids_named(mail):
        name(known.by_moved_id.get(each), "moved_mail")
    for evidence, header, ids in _headers(mail):
        for each in ids:
            name(known.by_sent_id.get(each), evidence)
        for number in numbers_in_ids(header):
            name(known.by_number.get(number), evidence)
    for number in numbers_in_subject(mail.subject):
        name(known.by_number.get(number), "subject")
    for each in [mail.message_id, *ids_named(mail)]:
        for ticket in known.by_earlier_id.get(each, ()):
            name(ticket, "earlier_mail")
    return list(found.values())


def _headers(mail: Mail) -> Iterable[tuple[Evidence, str, Sequence[str]]]:
    yield "in_reply_to", mail.header("in-reply-to"), mail.in_reply_to
    yield "references", mail.header("references"), tuple(reversed(mail.references))


def prove(candidate: Candidate, sender: KnownSender, verdict: Verdict) -> Proof:
    """Whether this sender may add to that ticket.

    A requester or participant may. A token shows that the sender has seen a mail of ours, which is
    enough for colleagues of the requester, and for agents; not for strangers, to whom ids leak.
    """
    ticket, address = candidate.ticket, sender.email.lower()
    if not address:
        return Proof(False, "stranger", "it has no sender")
    if verdict == "fail":
        return Proof(False, "stranger", "the mail server says that the sender is not who it claims")
    if verdict == "unclear":
        return Proof(False, "stranger", "it does not plainly say who sent it")
    if address == ticket.requester.lower():
        return Proof(True, "requester", "from the requester")
    if sender.is_agent:
        return _prove_agent(candidate, verdict)
    if address in ticket.participants:
        return Proof(True, "participant", "from somebody who takes part")
    if ticket.customer_id is not None and ticket.customer_id == sender.customer_id:
        return Proof(True, "colleague", "from the requester's own organisation")
    if candidate.token and _same_house(address, ticket.requester):
        return Proof(True, "colleague", "an answer to a mail of ours, from the requester's domain")
    return Proof(False, "stranger", "the sender has no part in that ticket")


def _prove_agent(candidate: Candidate, verdict: Verdict) -> Proof:
    if not candidate.token:
        return Proof(False, "agent", "it claims to be from an agent and answers no mail of ours")
    if verdict == "pass":
        return Proof(True, "agent", "an agent's answer to a mail of ours")
    reason = "it answers a mail of ours in an agent's name, which no mail server vouches for"
    return Proof(True, "agent", reason, note=True)


def _same_house(address: str, requester: str) -> bool:
    domain = address.rpartition("@")[2]
    return (
        bool(domain)
        and domain == requester.lower().rpartition("@")[2]
        and domain not in _PUBLIC_DOMAINS.split()
        and domain.partition(".")[0] not in _PUBLIC_NAMES.split()
    )
