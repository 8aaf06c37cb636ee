"""Pure: what a broker's message says, read with suspicion; spec 4's payloads and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from ticketyard.outlet.describing import KINDS, Task

EVENT_ID_MAX = 64
NAME_MAX = 1000
PATH_MAX = 4096
TEXT_MAX = 1_000_000
_COMPANY_MAX = 2**31 - 1
_TICKET_MAX = 2**63 - 1
_EVENTS: Mapping[Task, str] = {
    "ticket_created": "ticket.created",
    "file_uploaded": "file_uploaded",
    "file_deleted": "file_deleted",
}


class BadMessage(Exception):
    """It can never be done, however often it comes; the text says why, and quotes nothing."""


@dataclass(frozen=True)
class FileUploaded:
    """A file to be indexed. path or relative_path: where it lies (outlet/locating.py)."""

    event_id: str
    company_id: int | None
    file_id: str
    path: str
    relative_path: str
    original_name: str
    kind: str
    size_bytes: int
    content_type: str


@dataclass(frozen=True)
class FileDeleted:
    """A file whose pieces go."""

    event_id: str
    company_id: int | None
    file_id: str


@dataclass(frozen=True)
class TicketCreated:
    """A ticket that wants a solution. category: empty where nobody filed it."""

    event_id: str
    company_id: int | None
    ticket_id: int
    title: str
    description: str
    category: str
    priority: str


Message = FileUploaded | FileDeleted | TicketCreated


def event_type_of(task: Task) -> str:
    """Spec 4's name for what the task tells."""
    return _EVENTS[task]


def read_message(task: Task, payload: object) -> Message:
    """The payload of one task. Raises BadMessage."""
    if not isinstance(payload, dict):
        raise BadMessage("the payload must be an object")
    if payload.get("event", _EVENTS[task]) != _EVENTS[task]:
        raise BadMessage(f"event must be {_EVENTS[task]}")
    event_id = _text(payload, "event_id", EVENT_ID_MAX)
    if not event_id.strip():
        raise BadMessage("event_id is required")
    # Null is allowed for a ticket's company, and means the only one there is.
    optional = task == "ticket_created"
    company_id = _number(payload, "company_id", _COMPANY_MAX, optional=optional)
    if task == "file_uploaded":
        return _uploaded(payload, event_id, company_id)
    if task == "file_deleted":
        return FileDeleted(event_id, company_id, _uuid(payload, "file_id"))
    ticket_id = _number(payload, "ticket_id", _TICKET_MAX)
    if ticket_id is None:
        raise BadMessage("ticket_id is required")
    return TicketCreated(
        event_id=event_id,
        company_id=company_id,
        ticket_id=ticket_id,
        title=_text(payload, "title", TEXT_MAX, optional=True),
        description=_text(payload, "description", TEXT_MAX),
        category=_text(payload, "category", NAME_MAX, optional=True),
        priority=_text(payload, "priority", NAME_MAX, optional=True),
    )


def _uploaded(payload: Mapping[str, object], event_id: str, company_id: int | None) -> FileUploaded:
    kind = _text(payload, "kind", NAME_MAX)
    if kind not in KINDS:
        raise BadMessage(f"kind must be one of {', '.join(KINDS)}")
    return FileUploaded(
        event_id=event_id,
        company_id=company_id,
        file_id=_uuid(payload, "file_id"),
        path=_text(payload, "file_path", PATH_MAX, optional=True),
        relative_path=_text(payload, "file_relative_path", PATH_MAX, optional=True),
        original_name=_text(payload, "original_name", NAME_MAX, optional=True),
        kind=kind,
        size_bytes=_number(payload, "size_bytes", _TICKET_MAX, least=0, optional=True) or 0,
        content_type=_text(payload, "content_type", NAME_MAX, optional=True),
    )


def _text(payload: Mapping[str, object], name: str, most: int, *, optional: bool = False) -> str:
    value = payload.get(name)
    if value is None:
        if optional:
            return ""
        raise BadMessage(f"{name} is required")
    if not isinstance(value, str):
        raise BadMessage(f"{name} must be a string")
    if len(value) > most:
        raise BadMessage(f"{name} is longer than {most} characters")
    return value


def _number(
    payload: Mapping[str, object], name: str, most: int, *, least: int = 1, optional: bool = False
) -> int | None:
    value = payload.get(name)
    if value is None:
        if optional:
            return None
        raise BadMessage(f"{name} is required")
    # JSON's true is Python's 1.
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadMessage(f"{name} must be an integer")
    if not least <= value <= most:
        raise BadMessage(f"{name} must lie between {least} and {most}")
    return value


def _uuid(payload: Mapping[str, object], name: str) -> str:
    value = _text(payload, name, EVENT_ID_MAX)
    try:
        return str(UUID(value))
    except ValueError:
        raise BadMessage(f"{name} must be a UUID") from None
