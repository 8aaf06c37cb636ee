"""Pure: who is told of an event, and as what. Nobody is told of what they did themselves."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

_OF_ADMINS = {
    "alert.storm_started": "alert_storm",
    "mailbox.failing": "mailbox_failing",
    "webhook.disabled": "webhook_disabled",
}
_OF_CLOCKS = {"sla.warned": "sla_warned", "sla.breached": "sla_breached"}
EXCERPT = 160


@dataclass(frozen=True)
class Colleague:
    """Somebody of the desk."""

    id: int
    name: str
    email: str
    is_admin: bool = False


@dataclass(frozen=True)
class Fact:
    """An event with what must be known about its ticket. comment: what was written, where it was."""

    type: str
    payload: dict[str, Any] = field(default_factory=dict)
    by_person: int | None = None
    assignee_id: int | None = None
    comment: str = ""


def audience(fact: Fact, colleagues: Sequence[Colleague]) -> dict[int, str]:
    """Each who is told, and the kind; of two reasons the stronger."""
    told = _told(fact, colleagues)
    told.pop(fact.by_person or 0, None)
    here = {each.id for each in colleagues}
    return {person: kind for person, kind in told.items() if person in here}


def _told(fact: Fact, colleagues: Sequence[Colleague]) -> dict[int, str]:
    admins = [each.id for each in colleagues if each.is_admin]
    if fact.type == "ticket.assigned":
        return {int(fact.payload["agent_id"]): "assigned"}
    if fact.type == "ticket.comment_added":
        told = {fact.assignee_id: "commented"} if fact.assignee_id else {}
        if fact.by_person in {each.id for each in colleagues}:
            told |= dict.fromkeys(mentioned(fact.comment, colleagues), "mentioned")
        return told
    if kind := _OF_CLOCKS.get(fact.type):
        return dict.fromkeys([fact.assignee_id] if fact.assignee_id else admins, kind)
    if fact.type == "chat.handed_over":
        # Whoever sees it first may take it; the one whom the rules give it to is told so besides.
        return dict.fromkeys((each.id for each in colleagues), "handed_over")
    if fact.type == "escalation.reached":
        return dict.fromkeys(fact.payload.get("tell", ()), "escalated")
    if kind := _OF_ADMINS.get(fact.type):
        return dict.fromkeys(admins, kind)
    return {}


def mentioned(words: str, colleagues: Iterable[Colleague]) -> list[int]:
    """Who is meant by each @: the whole name, or what stands before the @ of the address.

    The longest that fits is meant: "@Ana Petrova" is not Ana Smith, whose address begins with ana.
    """
    owners: dict[str, list[int]] = {}
    for each in colleagues:
        for handle in {each.name.lower(), each.email.partition("@")[0].lower()} - {""}:
            owners.setdefault(handle, []).append(each.id)
    if not owners or "@" not in words:
        return []
    longest_first = "|".join(re.escape(each) for each in sorted(owners, key=len, reverse=True))
    meant = re.compile(rf"(?<![\w.@])@({longest_first})(?![.-]?\w)", re.IGNORECASE)
    found = meant.findall(words)
    return list(dict.fromkeys(id_ for handle in found for id_ in owners.get(handle.lower(), ())))


def words_of(fact: Fact) -> str:
    """What is told beside the kind: the beginning of the comment, or the reason."""
    payload = fact.payload
    said = fact.comment or str(payload.get("reason") or payload.get("problem") or "")
    if not said and payload.get("due_at"):
        clock = str(payload.get("clock", "")).replace("_", " ").capitalize()
        said = f"{clock} is due at {str(payload['due_at'])[:16].replace('T', ' ')} UTC"
    line = " ".join(said.split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"
