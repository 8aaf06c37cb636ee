"""Mailboxes, what came by them and what became of it, and workflows."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, FetchedValue, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class Mailbox(Table):
    """A folder on a mail server that tickets come by, and the address that answers leave from.

    secret: sealed.  failing_since, alarmed_at: while it cannot be read.
    """

    __tablename__ = "mailbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    address: Mapped[str]
    display_name: Mapped[str] = mapped_column(default="")
    origin: Mapped[str] = mapped_column(default="desk")
    is_enabled: Mapped[bool] = mapped_column(default=True)
    imap_server: Mapped[str]
    imap_port: Mapped[int] = mapped_column(default=993)
    imap_security: Mapped[str] = mapped_column(default="tls")
    username: Mapped[str]
    auth: Mapped[str] = mapped_column(default="password")
    secret: Mapped[str] = mapped_column(default="")
    folder: Mapped[str] = mapped_column(default="INBOX")
    poll_seconds: Mapped[int | None]
    look_back_hours: Mapped[int] = mapped_column(default=24)
    after_filing: Mapped[str] = mapped_column(default="leave")
    move_to: Mapped[str] = mapped_column(default="")
    authserv_id: Mapped[str] = mapped_column(default="")
    smtp_server: Mapped[str] = mapped_column(default="")
    smtp_port: Mapped[int] = mapped_column(default=587)
    smtp_security: Mapped[str] = mapped_column(default="starttls")
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    attempted_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    succeeded_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    failing_since: Mapped[datetime | None] = mapped_column(_INSTANT)
    last_error: Mapped[str | None]
    alarmed_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class MailboxPosition(Table):
    """How far a folder of one UIDVALIDITY was read.

    new_from_uid, since: of what lay below that UID when the folder was first read, only what came
    after this instant was asked for; first_uid is the lowest of it.
    """

    __tablename__ = "mailbox_position"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), primary_key=True)
    uidvalidity: Mapped[int] = mapped_column(primary_key=True)
    first_uid: Mapped[int] = mapped_column(default=1)
    last_uid: Mapped[int] = mapped_column(default=0)
    new_from_uid: Mapped[int] = mapped_column(default=1)
    since: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    began_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    read_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class MailMessage(Table):
    """One delivery: what is known of it, and what became of it.

    outcome: waiting, ticket, reply, duplicate, refused.  why: the account (mailboxes/accounts.py).
    """

    __tablename__ = "mail_message"

    inbound_id: Mapped[int] = mapped_column(ForeignKey("inbound_message.id"), primary_key=True)
    company_id: Mapped[int]
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"))
    uidvalidity: Mapped[int | None]
    uid: Mapped[int | None]
    outcome: Mapped[str] = mapped_column(default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    ready_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    claimed_until: Mapped[datetime | None] = mapped_column(_INSTANT)
    last_error: Mapped[str | None]
    message_id: Mapped[str] = mapped_column(default="")
    content_hash: Mapped[str] = mapped_column(default="")
    sender: Mapped[str] = mapped_column(default="")
    sender_name: Mapped[str] = mapped_column(default="")
    subject: Mapped[str] = mapped_column(default="")
    sent_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    auto: Mapped[str] = mapped_column(default="")
    is_bounce: Mapped[bool] = mapped_column(default=False)
    classification: Mapped[str | None]
    confidence: Mapped[float | None]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"))
    duplicate_of: Mapped[int | None]
    why: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    received_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    filed_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    tidied_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class EmailLog(Table):
    """Which mails belong to which ticket, in and out; no words of theirs (spec 3)."""

    __tablename__ = "tticket_email_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    email_message_id: Mapped[str]
    email_subject: Mapped[str | None]
    email_from: Mapped[str]
    email_from_key: Mapped[str] = mapped_column(server_default=FetchedValue())
    email_received_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    is_reply: Mapped[bool] = mapped_column(default=False)
    thread_data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    direction: Mapped[str] = mapped_column(default="in")
    inbound_id: Mapped[int | None]
    comment_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class MailParticipant(Table):
    """Who takes part in a ticket by mail, beside its requester; `receives`: answers go there too."""

    __tablename__ = "mail_participant"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    email_key: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    receives: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class EmailWorkflow(Table):
    """What is done with mail that was classified so. workflow_steps: [{action, params}]."""

    __tablename__ = "email_workflows"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    classification_trigger: Mapped[str]
    confidence_threshold: Mapped[float]
    workflow_steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    priority: Mapped[int] = mapped_column(default=100)
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    updated_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class WorkflowExecution(Table):
    """One run of a workflow on one mail. result: one entry a step."""

    __tablename__ = "email_workflow_executions"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    workflow_id: Mapped[int | None] = mapped_column(ForeignKey("email_workflows.id"))
    workflow_name: Mapped[str]
    inbound_id: Mapped[int | None]
    email_message_id: Mapped[str]
    classification: Mapped[str]
    confidence: Mapped[float]
    status: Mapped[str]
    steps_total: Mapped[int] = mapped_column(default=0)
    steps_completed: Mapped[int] = mapped_column(default=0)
    result: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    error_message: Mapped[str | None]
    started_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    completed_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
