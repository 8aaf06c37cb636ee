"""How a mail and the account of it read on the screens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ticketyard.insights.mails import MailRow
from ticketyard.insights.sent_mails import SentMail
from ticketyard.web.pages import wording

OUTCOME = {
    "ticket": "Ticket",
    "reply": "Reply",
    "duplicate": "Duplicate",
    "refused": "Refused",
    "waiting": "Waiting",
}
OUTCOME_KIND = {"ticket": "accent", "reply": "clear", "refused": "", "waiting": "caution"}
EVIDENCE = {
    "in_reply_to": "In-Reply-To",
    "references": "References",
    "subject": "the subject",
    "earlier_mail": "an earlier mail of its thread",
    "moved_mail": "a mail that was moved",
}
AUTHENTICATION = {
    "pass": "The mail server vouches for the sender",
    "fail": "The mail server says that the sender is not who it claims to be",
    "none": "The mail server says nothing of the sender that can be relied on",
    "unclear": "It does not plainly say who sent it",
}
AUTO = {
    "replied": "an answering machine",
    "generated": "written by a machine",
    "bulk": "from a list or newsletter",
}
SENT_STATE = {
    "waiting": "Waiting to be mailed to",
    "sent": "Mailed to",
    "failed": "Could not be mailed to",
    "suppressed": "Not mailed to",
    "bounced": "Came back from",
}
SENT_KIND = {"waiting": "", "sent": "clear", "failed": "stop", "suppressed": "caution"}
SENT_WHAT = {"acknowledgement": "Acknowledgement", "notice": "Notice", "test": "Test mail"}


@dataclass(frozen=True)
class CameByMail:
    """One mail that came in, ready to be shown."""

    id: int
    sender: str
    sender_name: str
    to: str
    cc: str
    at: datetime
    subject: str
    message_id: str
    reason: str
    facts: list[tuple[str, str]]
    hint: str
    moved: list[str]
    outcome: str
    outcome_kind: str
    outcome_word: str
    number: str | None
    mailbox: str | None
    can_move: bool
    needs_look: bool
    problem: str
    opened_ticket: bool
    size: int


@dataclass(frozen=True)
class SentByMail:
    """One mail of ours, ready to be shown."""

    kind: str
    headline: str
    to: str
    at: datetime
    words: str
    what: str


def came_by_mail(row: MailRow) -> CameByMail:
    """A mail with the account of why it landed where it is."""
    why: Mapping[str, Any] = row.why
    hint = why.get("hint") or {}
    number = str(hint.get("number") or "")
    return CameByMail(
        id=row.inbound_id,
        sender=row.sender,
        sender_name=row.sender_name,
        to=", ".join(map(str, why.get("to") or ())) or row.mailbox or "",
        cc=", ".join(map(str, why.get("cc") or ())),
        at=row.sent_at or row.received_at,
        subject=row.subject,
        message_id=row.message_id,
        reason=str(why.get("reason") or row.problem or ""),
        facts=_facts(row),
        hint="" if number == row.number or why.get("moved") else number,
        moved=[_step(step) for step in why.get("moved") or ()],
        outcome=row.outcome,
        outcome_kind=OUTCOME_KIND.get(row.outcome, ""),
        outcome_word=wording.word(OUTCOME, row.outcome),
        number=row.number,
        mailbox=row.mailbox,
        can_move=row.outcome != "duplicate" and not (row.is_bounce and row.outcome == "reply"),
        needs_look=row.needs_look,
        problem=row.problem or "",
        opened_ticket=row.outcome == "ticket",
        size=row.size_bytes,
    )


def _facts(row: MailRow) -> list[tuple[str, str]]:
    why = row.why
    facts = [(_named(each), _proof(each)) for each in why.get("tried") or () if each]
    if "authentication" in why:
        facts.append(("Sender", wording.word(AUTHENTICATION, why["authentication"])))
    if row.classification:
        sure = f", {wording.percent(row.confidence)} sure" if row.confidence is not None else ""
        evidence = ", ".join(map(str, (why.get("label") or {}).get("evidence") or ()))
        kind = wording.word({}, row.classification)
        facts.append(("Kind of mail", f"{kind}{sure}{f' ({evidence})' if evidence else ''}"))
    if row.auto:
        facts.append(("Written by", AUTO.get(row.auto, row.auto)))
    if row.message_id:
        facts.append(("Message-ID", row.message_id))
    if row.mailbox:
        facts.append(("Mailbox", row.mailbox))
    facts.append(("Received", wording.instant(row.received_at)))
    if why.get("problems"):
        facts.append(("Could not be read", ", ".join(map(str, why["problems"]))))
    return facts


def _named(tried: Mapping[str, Any]) -> str:
    return f"{tried.get('number', '')} by {wording.word(EVIDENCE, tried.get('evidence'))}"


def _proof(tried: Mapping[str, Any]) -> str:
    token = ", answers a mail of ours" if tried.get("token") else ""
    return f"{'Proven' if tried.get('proven') else 'Not proven'}: {tried.get('reason', '')}{token}"


def _step(step: Mapping[str, Any]) -> str:
    at = _instant(step.get("at"))
    came = f" from {step['from']}" if step.get("from") else ""
    return f"{step.get('by', 'Somebody')} moved it{came} to {step.get('to', '')}{at}."


def _instant(iso: object) -> str:
    try:
        return f" on {wording.instant(datetime.fromisoformat(str(iso)))}"
    except ValueError:
        return ""


def sent_by_mail(sent: SentMail) -> SentByMail:
    """A mail of ours with the server's words."""
    return SentByMail(
        kind="stop" if sent.state == "bounced" else SENT_KIND.get(sent.state, ""),
        headline=wording.word(SENT_STATE, sent.state),
        to=", ".join(str(each.get("email", "")) for each in sent.recipients),
        at=sent.sent_at or sent.created_at,
        words=sent.reason or sent.words or "",
        what=SENT_WHAT.get(sent.kind, ""),
    )


def bounced_to(sent: Sequence[SentMail], address: str | None) -> str:
    """Why mail to this address comes back, if the last that left did."""
    wanted = (address or "").lower()
    for mail in reversed(sent):
        emails = {str(each.get("email", "")).lower(): each for each in mail.recipients}
        if wanted and wanted in emails and mail.state in ("sent", "bounced"):
            came_back = emails[wanted].get("state") == "bounced" or (
                mail.state == "bounced" and len(emails) == 1
            )
            return (mail.reason or mail.words or "It came back.") if came_back else ""
    return ""
