"""Pure: what becomes of a mail: a ticket, a reply, a duplicate, refused, or a person's look."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Literal

from ticketyard.mail.message import Mail
from ticketyard.mailboxes.landing.authentication import Verdict
from ticketyard.mailboxes.landing.threading import (
    Candidate,
    Known,
    KnownSender,
    KnownTicket,
    Proof,
    candidates,
    ids_named,
    prove,
)
from ticketyard.mailboxes.landing.words import is_only_thanks

Kind = Literal["open", "join", "follow_up", "bounce", "duplicate", "refuse", "look"]

_EVIDENCE_WORDS = {
    "in_reply_to": "In-Reply-To names it",
    "references": "References name it",
    "subject": "The subject names it",
    "earlier_mail": "It continues a mail filed there",
    "moved_mail": "It continues a mail that was moved there",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """Where a mail lands.

    ticket: to join, or that a follow-up continues.  internal: for agents only.  reopens: whether
    finished work is taken up again.  hint: a ticket it may belong to, which nobody could prove.
    reason: one sentence, for the ticket's history and the ledger.
    """

    kind: Kind
    reason: str
    ticket: KnownTicket | None = None
    proof: Proof | None = None
    internal: bool = False
    reopens: bool = False
    hint: KnownTicket | None = None
    duplicate_of: int | None = None
    tried: tuple[dict[str, object], ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A mail filed earlier that says the same. is_doubted: perhaps in a stolen name."""

    inbound_id: int
    ticket: KnownTicket | None
    is_doubted: bool = False


def decide(
    mail: Mail,
    *,
    known: Known,
    sender: KnownSender,
    verdict: Verdict,
    own_addresses: Collection[str],
    twin: Twin | None = None,
) -> Landing:
    """What becomes of the mail, and why.

    own_addresses: of our mailboxes, in lower case.  known: looked up for this very mail.
    """
    if twin:
        return _duplicate(twin)
    if mail.bounce:
        return _bounced(mail, known, sender)
    if mail.is_feedback_report:
        return Landing(kind="look", reason="Somebody marked a mail of ours as spam.")
    if mail.message_id in known.by_sent_id:
        return Landing(kind="refuse", reason="Our own mail came back to us.")
    if sender.email.lower() in own_addresses:
        return Landing(kind="look", reason="It bears the address of one of our own mailboxes.")

    named = candidates(mail, known)
    tried = [(each, prove(each, sender, verdict)) for each in named]
    account = tuple(_told(candidate, proof) for candidate, proof in tried)
    for candidate, proof in tried:
        if proof.holds:
            return _joining(mail, candidate, proof, account)
    hint = named[0].ticket if named else None
    if mail.is_auto_reply:
        return Landing(
            kind="look",
            reason="An answering machine wrote it, and it answers no mail of ours that it may.",
            hint=hint,
            tried=account,
        )
    if hint:
        reason = f"It names {hint.number}, but {tried[0][1].reason}: opened apart."
    else:
        reason = "It names no ticket: a new one."
    return Landing(kind="open", reason=reason, hint=hint, tried=account)


def _duplicate(twin: Twin) -> Landing:
    where = f" under {twin.ticket.number}" if twin.ticket else ""
    return Landing(
        kind="duplicate",
        reason=f"The same mail was filed before{where}.",
        ticket=twin.ticket,
        duplicate_of=twin.inbound_id,
    )


def _bounced(mail: Mail, known: Known, sender: KnownSender) -> Landing:
    ids = [mail.bounce.original_message_id] if mail.bounce else []
    for each in [*ids, *ids_named(mail)]:
        if ticket := known.by_sent_id.get(each):
            reason = f"A mail of ours about {ticket.number} came back."
            return Landing(kind="bounce", reason=reason, ticket=ticket, internal=True)
    if sender.person_id is not None:
        # Who asks what a report means may send it along in parts, as mail programs do.
        reason = "Somebody we know sent a delivery report about a mail that is not ours."
        return Landing(kind="look", reason=reason)
    return Landing(kind="refuse", reason="A delivery report about a mail that is not ours.")


def _joining(
    mail: Mail, candidate: Candidate, proof: Proof, account: tuple[dict[str, object], ...]
) -> Landing:
    ticket = candidate.ticket
    automatic = mail.auto == "replied" or mail.is_auto_reply
    only_thanks = is_only_thanks(mail.reply_text)
    reason = f"{_EVIDENCE_WORDS[candidate.evidence]}; {proof.reason}."
    if ticket.status == "closed" and not automatic and not only_thanks:
        return Landing(
            kind="follow_up",
            reason=f"{ticket.number} is closed: opened as its follow-up. {reason}",
            ticket=ticket,
            proof=proof,
            tried=account,
        )
    return Landing(
        kind="join",
        reason=reason,
        ticket=ticket,
        proof=proof,
        internal=automatic or proof.note,
        reopens=not (automatic or only_thanks or proof.note or proof.standing == "agent"),
        tried=account,
    )


def landing_in(
    mail: Mail,
    candidate: Candidate,
    proof: Proof,
    *,
    tried: tuple[dict[str, object], ...],
    reason: str,
) -> Landing:
    """In this very ticket, because an admin says so: as the sender's word where that is proved, else
    as a note for agents that changes nothing."""
    landing = _joining(mail, candidate, proof, tried)
    internal = landing.internal or not proof.holds
    return replace(
        landing,
        kind="join",
        internal=internal,
        reopens=landing.reopens and not internal,
        reason=reason,
    )


def _told(candidate: Candidate, proof: Proof) -> dict[str, object]:
    return {
        "number": candidate.ticket.number,
        "ticket_id": candidate.ticket.id,
        "evidence": candidate.evidence,
        "token": candidate.token,
        "proven": proof.holds,
        "standing": proof.standing,
        "reason": proof.reason,
    }
