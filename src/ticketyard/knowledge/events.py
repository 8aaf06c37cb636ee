"""What happens to knowledge."""

from dataclasses import dataclass
from typing import ClassVar

from ticketyard.core.events import Event


@dataclass(frozen=True, kw_only=True)
class FileUploaded(Event):
    """A file was taken in and waits to be read. The fields are those of the documents' own event.

    file_relative_path: its key in the storage.  kind: also markdown, html and text, which the
    documents do not know.
    """

    type: ClassVar[str] = "file.uploaded"
    event_id: str
    file_id: str
    company_id: int
    file_path: str = ""
    file_relative_path: str
    original_name: str
    kind: str
    size_bytes: int
    content_type: str
    uploaded_at: str


@dataclass(frozen=True, kw_only=True)
class FileDeleted(Event):
    """A file was deleted; its chunks are gone with the same transaction, its bytes follow."""

    type: ClassVar[str] = "file.deleted"
    event_id: str
    file_id: str
    company_id: int
    file_relative_path: str = ""


@dataclass(frozen=True, kw_only=True)
class ArticleSaved(Event):
    """An article was written or changed. ticket_id: the solved ticket that it was made of."""

    type: ClassVar[str] = "article.saved"
    file_id: str
    title: str
    version: int


@dataclass(frozen=True, kw_only=True)
class ArticleMoved(Event):
    """An article was published, taken back or archived."""

    type: ClassVar[str] = "article.moved"
    file_id: str
    title: str
    before: str
    after: str
    visibility: str


@dataclass(frozen=True, kw_only=True)
class ArticleDeleted(Event):
    """An article was deleted; nothing answers from it any more."""

    type: ClassVar[str] = "article.deleted"
    file_id: str
    title: str


@dataclass(frozen=True, kw_only=True)
class DocumentRead(Event):
    """A document was read and can be found."""

    type: ClassVar[str] = "knowledge.read"
    file_id: str
    source_type: str
    title: str
    chunks: int


@dataclass(frozen=True, kw_only=True)
class DocumentUnreadable(Event):
    """A document cannot be read; problem is a sentence."""

    type: ClassVar[str] = "knowledge.unreadable"
    file_id: str
    source_type: str
    title: str
    problem: str


@dataclass(frozen=True, kw_only=True)
class SolutionProposed(Event):
    """It was looked for what is known of a ticket; said also when that was nothing.

    needs_human: nothing that could be said has a proof.
    """

    type: ClassVar[str] = "ticket.solution_proposed"
    ticket_id: int
    steps: int
    confidence: float
    needs_human: bool


@dataclass(frozen=True, kw_only=True)
class SolutionAskedAgain(Event):
    """A person wants the knowledge to be looked through for a ticket once more."""

    type: ClassVar[str] = "ticket.solution_asked_again"
    ticket_id: int


@dataclass(frozen=True, kw_only=True)
class SolutionWritten(Event):
    """A person wrote down how a ticket is solved."""

    type: ClassVar[str] = "ticket.solution_written"
    ticket_id: int
    steps: int


@dataclass(frozen=True, kw_only=True)
class ChatHandedOver(Event):
    """Somebody in the chat asked for a person: their ticket waits for one now."""

    type: ClassVar[str] = "chat.handed_over"
    ticket_id: int
    conversation_id: str
