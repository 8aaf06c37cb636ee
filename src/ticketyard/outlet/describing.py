"""Pure: an event in the words of spec 4's Celery tasks, every field present with its stated type."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Task = Literal["ticket_created", "file_uploaded", "file_deleted"]
Payload = dict[str, str | int | float | bool | None]

PREFIX = "rag.process_"
TASKS: tuple[Task, ...] = ("ticket_created", "file_uploaded", "file_deleted")
# What spec 4 calls a ticket that nobody has filed yet.
UNFILED = "back"
# The kinds spec 4 knows; a consumer of its making can read no other.
KINDS = ("pdf", "word", "excel")


def task_name(task: Task) -> str:
    """What Celery calls it."""
    return PREFIX + task


@dataclass(frozen=True)
class Told:
    """What every message says. event_id: the same for every try."""

    event_id: str
    company_id: int


@dataclass(frozen=True)
class TicketTold:
    """A ticket and what triage found; without an analysis a person is needed."""

    ticket_id: int
    title: str
    description: str
    category: str | None
    priority: str
    created_at: datetime | None
    need_admin: bool | None
    topic: str | None
    topic_confidence: float | None
    team_similarity: float | None
    team_id: int | None


@dataclass(frozen=True)
class FileTold:
    """A file that was uploaded. path: where it lies on this machine; empty leaves that to the consumer.

    relative_path: its name in the storage, below RAG_FILES_BASE_PATH.
    """

    file_id: str
    path: str
    relative_path: str
    original_name: str
    kind: str
    size_bytes: int
    content_type: str
    uploaded_at: datetime | None


def ticket_created(told: Told, ticket: TicketTold) -> Payload:
    """`ticket.created`."""
    return {
        "event": "ticket.created",
        "event_id": told.event_id,
        "ticket_id": ticket.ticket_id,
        "company_id": told.company_id,
        "title": ticket.title,
        "description": ticket.description,
        "category": ticket.category or UNFILED,
        "priority": ticket.priority,
        "created_at": _instant(ticket.created_at),
        "need_admin": True if ticket.need_admin is None else ticket.need_admin,
        "bert_category": ticket.topic,
        "bert_confidence": ticket.topic_confidence,
        "similarity_score": ticket.team_similarity,
        "assigned_team_id": ticket.team_id,
    }


def file_uploaded(told: Told, file: FileTold) -> Payload:
    """`file_uploaded`."""
    return {
        "event": "file_uploaded",
        "event_id": told.event_id,
        "file_id": file.file_id,
        "company_id": told.company_id,
        "file_path": file.path,
        "file_relative_path": file.relative_path,
        "original_name": file.original_name,
        "kind": file.kind,
        "size_bytes": file.size_bytes,
        "content_type": file.content_type,
        "uploaded_at": _instant(file.uploaded_at),
    }


def file_deleted(told: Told, file_id: str) -> Payload:
    """`file_deleted`."""
    return {
        "event": "file_deleted",
        "event_id": told.event_id,
        "file_id": file_id,
        "company_id": told.company_id,
    }


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
