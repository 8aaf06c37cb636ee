"""A ticket as its page shows it: where it is on its way, what may follow, what is known."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ticketyard.insights.mails import MailRow
from ticketyard.insights.second_opinions import SecondOpinion
from ticketyard.insights.sent_mails import SentMail
from ticketyard.mail.answers.quoting import reply_text
from ticketyard.tickets.lifecycle import ACTIVE, allowed_next, can_be_assigned
from ticketyard.tickets.models import Attachment, Comment, StateChange, Ticket
from ticketyard.triage.models import Analysis
from ticketyard.web.pages import wording
from ticketyard.web.pages.mail_document import fold_quotes
from ticketyard.web.pages.mail_view import CameByMail, SentByMail, came_by_mail, sent_by_mail

# The step most people take next, as the one big button.
_MAIN = {
    "open": "in_progress",
    "assigned": "in_progress",
    "in_progress": "resolved",
    "pending": "in_progress",
    "resolved": "closed",
    "false_positive": "closed",
}
_WAY = ("open", "assigned", "in_progress", "resolved", "closed")
CANDIDATES_MAX = 4
COUNTED_MAX = 6
TEAM_FOUND_BY = {
    "description": "by what the team says of itself",
    "history": "by what teams were given before",
}
CANDIDATE_SHARE_MIN = 0.01


@dataclass(frozen=True)
class Stop:
    """One stop of the way. kind: passed, here (waiting, done), or empty for what lies ahead."""

    name: str
    kind: str
    at: datetime | None


@dataclass(frozen=True)
class NextStep:
    """A status that may follow, and what its button says."""

    status: str
    verb: str
    main: bool


@dataclass(frozen=True)
class File:
    """An attachment; without `href` it is only a name that its sender gave."""

    name: str
    size: int
    href: str
    reference: str


@dataclass(frozen=True)
class Said:
    """One comment with its files; folded: quotes below it, shown when asked for.

    mail: how it came, if it did by mail.  sent: how it was mailed to others.
    """

    id: int
    author_name: str
    author_kind: str
    is_internal: bool
    created_at: datetime
    body: str
    attachments: list[File]
    folded: str = ""
    mail: CameByMail | None = None
    sent: list[SentByMail] = field(default_factory=list)


def next_steps(status: str) -> list[NextStep]:
    """The buttons of a status, the usual one first."""
    main = _MAIN.get(status)
    steps = [
        NextStep(after, wording.status_verb(status, after), after == main)
        for after in allowed_next(status)
    ]
    return sorted(steps, key=lambda step: not step.main)


def way(status: str, changes: Sequence[StateChange]) -> list[Stop]:
    """The stops from open to closed, with the instant the ticket last came to each."""
    reached = {change.to_status: change.changed_at for change in changes}
    stops = list(_WAY)
    if status == "false_positive" or (status == "closed" and "false_positive" in reached):
        stops[3] = "false_positive"
    here = stops.index("in_progress" if status == "pending" else status)
    shown = []
    for index, stop in enumerate(stops):
        kind = "passed" if index < here else ""
        if index == here:
            kind = _here(status)
        waiting = index == here and status == "pending"
        name = status if waiting else stop
        at = reached.get(name) if index <= here else None
        shown.append(Stop(wording.STATUS[name], kind, at))
    return shown


def _here(status: str) -> str:
    if status == "pending":
        return "here waiting"
    return "here done" if status in ("resolved", "closed", "false_positive") else "here"


def thread(
    ticket: Ticket,
    comments: Sequence[Comment],
    attachments: Sequence[Attachment],
    place: str = "/tickets",
) -> list[Said]:
    """What was asked, then what was said, oldest first. place: where its files are asked for."""
    of_comment: dict[int | None, list[File]] = {}
    for attachment in attachments:
        of_comment.setdefault(attachment.comment_id, []).append(file_of(ticket, attachment, place))
    body, folded = _folded(ticket)
    first = Said(
        id=0,
        author_name=requester_of(ticket),
        author_kind="requester",
        is_internal=False,
        created_at=ticket.created_at,
        body=body,
        folded=folded,
        attachments=of_comment.get(None, []),
    )
    return [
        first,
        *(
            Said(
                id=comment.id,
                author_name=comment.author_name,
                author_kind=_author_kind(ticket, comment),
                is_internal=comment.is_internal,
                created_at=comment.created_at,
                body=comment.body,
                attachments=of_comment.get(comment.id, []),
            )
            for comment in comments
        ),
    ]


FOLDED_MAX = 100_000


def _folded(ticket: Ticket) -> tuple[str, str]:
    """The description, and what it quotes: people who open a ticket by forwarding quote a lot."""
    text = ticket.description
    if ticket.source != "email" or len(text) > FOLDED_MAX:
        return text, ""
    head, gap, body = text.partition("\n\n")
    before, folded, after = fold_quotes(body, reply_text(body))
    return (f"{head}{gap}{before or after}", folded) if folded else (text, "")


def with_mail(
    thread_of: Sequence[Said], came: Sequence[MailRow], sent: Sequence[SentMail]
) -> list[Said]:
    """The thread, each entry with the mail it came by and the mails it went out as."""
    by_comment: dict[int, MailRow] = {}
    for row in came:
        if row.outcome == "ticket":
            by_comment.setdefault(0, row)
        elif row.comment_id is not None:
            by_comment.setdefault(row.comment_id, row)
    out: dict[int, list[SentByMail]] = {}
    for mail in sent:
        out.setdefault(mail.comment_id or 0, []).append(sent_by_mail(mail))
    return [
        replace(
            said,
            body=_own_words(said) if said.id in by_comment else said.body,
            mail=came_by_mail(by_comment[said.id]) if said.id in by_comment else None,
            sent=out.get(said.id, []),
        )
        for said in thread_of
    ]


def _own_words(said: Said) -> str:
    """Without the sender and date above a description: the line below says them."""
    head, _, words = said.body.partition("\n\n")
    return words if said.id == 0 and head.startswith("From: ") and words else said.body


def requester_of(ticket: Ticket) -> str:
    """What to call whoever asked: a name, an address, the client's number; an alert is a machine's."""
    guid = str(ticket.client.get("guid") or "")
    named = ticket.requester_name or ticket.requester_email
    nobody = "A machine" if ticket.source == "alert" else "Unknown"
    return named or (f"Client {guid[:8]}" if guid else nobody)


def _author_kind(ticket: Ticket, comment: Comment) -> str:
    if comment.author_id is not None and comment.author_id == ticket.requester_id:
        return "requester"
    return comment.author_kind


def file_of(ticket: Ticket, attachment: Attachment, place: str = "/tickets") -> File:
    """An attachment as it is listed."""
    kept = attachment.blob_key is not None
    return File(
        name=attachment.filename,
        size=attachment.size_bytes,
        href=f"{place}/{ticket.number}/attachments/{attachment.id}" if kept else "",
        reference=attachment.foreign_reference or "",
    )


def details(
    ticket: Ticket, team: str | None, elsewhere: Collection[str] = ()
) -> list[tuple[str, str]]:
    """Whatever else is known, by name; what is empty is left out.

    elsewhere: custom fields that are shown to be filled in.
    """
    address: Mapping[str, Any] = ticket.address
    street = " ".join(str(address[part]) for part in ("street", "house") if address.get(part))
    client: Mapping[str, Any] = ticket.client
    pairs = [
        ("Country", address.get("country")),
        ("Region", address.get("region")),
        ("City", address.get("city")),
        ("Street", street),
        ("Gender", client.get("gender")),
        ("Birth date", client.get("birth_date")),
        ("Phone", ticket.requester_phone),
        ("Where", ticket.location),
        ("Device", ticket.asset_tag),
        ("Team", team),
        ("Subcategory", ticket.subcategory),
        ("Reference", ticket.source_reference),
        ("Severity", ticket.severity),
        ("Source’s category", ticket.source_category),
        ("Source’s priority", ticket.source_priority),
        ("Resolution", ticket.resolution),
        *((str(n), value) for n, value in ticket.custom_fields.items() if n not in elsewhere),
    ]
    return [(name, str(value)) for name, value in pairs if value not in (None, "", [], {})]


def understood(
    ticket: Ticket,
    analysis: Analysis | None,
    opinion: SecondOpinion | None = None,
    teams: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    """What triage found, and whether a person should look; empty before it has been there.

    teams: names by id, for the team that triage proposes.
    """
    by_person = ticket.category_by == "agent"
    by_triage = ticket.category_by in ("default", "triage")
    ranking = analysis.category_ranking if analysis else []
    read = analysis if analysis and analysis.state == "done" and analysis.category else None
    return {
        "summary": analysis.summary if analysis else "",
        "language": analysis.language if analysis else None,
        "sentiment": analysis.sentiment if analysis else None,
        "needs_review": analysis is not None and _waits(ticket, analysis),
        "category_by": "person" if by_person else ticket.category_by,
        "category_confidence": analysis.category_confidence if analysis and by_triage else None,
        "candidates": [
            {"name": name, "share": share}
            for name, share in ranking
            if name != ticket.category and share >= CANDIDATE_SHARE_MIN
        ][:CANDIDATES_MAX],
        "found_by": wording.engine(read.engine, read.model_version) if read else "",
        "found": read.category if read else None,
        "counted": (read.evidence.get("category") or [])[:COUNTED_MAX] if read else [],
        "is_unread": analysis is not None and analysis.state == "failed",
        "opinion": _opinion(opinion),
        "team_by": ticket.team_by,
        "team_found": _team_found(ticket, analysis, teams or {}),
    }


def _waits(ticket: Ticket, analysis: Analysis) -> bool:
    """Whether it is in the review queue (migrations/functions/list_review.sql)."""
    is_unsure = analysis.need_admin and analysis.state != "pending"
    is_ours = ticket.category_by in ("default", "triage")
    return is_unsure and is_ours and ticket.status in ACTIVE and ticket.merged_into is None


def _opinion(opinion: SecondOpinion | None) -> str:
    """What a language model made of it, in a sentence."""
    if opinion is None:
        return ""
    if opinion.state == "waiting":
        return "A language model is asked as well."
    if opinion.state != "done":
        return "A language model was asked as well, without an answer."
    said = wording.category(opinion.category) if opinion.category else "none of the categories"
    if opinion.category and opinion.category == opinion.first:
        return f"{opinion.model} says {said} too."
    first = wording.category(opinion.first) if opinion.first else "nothing"
    return f"{opinion.model} says {said}; before it was asked, {first} was found."


def _team_found(
    ticket: Ticket, analysis: Analysis | None, teams: Mapping[int, str]
) -> dict[str, Any] | None:
    """The team triage takes it for, as long as nobody said which."""
    if analysis is None or analysis.team_id is None or ticket.team_by in ("agent", "source"):
        return None
    if analysis.team_id not in teams:
        return None
    return {
        "id": analysis.team_id,
        "name": teams[analysis.team_id],
        "share": analysis.team_confidence or 0.0,
        "is_sure": analysis.team_is_sure,
        "by": TEAM_FOUND_BY.get(analysis.team_by, ""),
        "counted": (analysis.evidence.get("team") or [])[:COUNTED_MAX],
    }


def is_assignable(ticket: Ticket) -> bool:
    """Whether somebody can be given the ticket now."""
    return can_be_assigned(ticket.status)
