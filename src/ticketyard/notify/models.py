"""Mail out: the outbox, the send log, templates and signatures."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, FetchedValue, ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class OutgoingMail(Table):
    """A mail of ours, from the moment it is due until its server took it, or why it did not.

    kind: reply, acknowledgement, notice, notification, test.  state: waiting, sent, failed,
    suppressed, bounced.
    message_id: without angle brackets.  recipients: [{email, name, role: to | cc, state}];
    state is taken, refused or bounced where that is known.
    """

    __tablename__ = "outgoing_mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"))
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"))
    kind: Mapped[str]
    is_automatic: Mapped[bool] = mapped_column(default=False)
    message_id: Mapped[str]
    sender_email: Mapped[str]
    sender_name: Mapped[str] = mapped_column(default="")
    recipients: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    recipient_key: Mapped[str | None] = mapped_column(server_default=FetchedValue())
    subject: Mapped[str]
    body_text: Mapped[str]
    in_reply_to: Mapped[str] = mapped_column(default="")
    reference_ids: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    attachment_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list)
    state: Mapped[str] = mapped_column(default="waiting")
    reason: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    ready_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    claimed_until: Mapped[datetime | None] = mapped_column(_INSTANT)
    queued_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    sent_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class SendAttempt(Table):
    """One try to send, with the server's own words; append-only."""

    __tablename__ = "send_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    mail_id: Mapped[int]
    server: Mapped[str]
    accepted: Mapped[bool]
    code: Mapped[int | None]
    words: Mapped[str] = mapped_column(default="")
    tried_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class MailTemplate(Table):
    """How automatic mail of one name is worded in one language."""

    __tablename__ = "mail_template"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    locale: Mapped[str] = mapped_column(primary_key=True, default="en")
    subject: Mapped[str] = mapped_column(default="")
    body: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class MailSignature(Table):
    """What stands below somebody's mail; person 0 is the company itself."""

    __tablename__ = "mail_signature"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(primary_key=True, default=0)
    body: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class Notification(Table):
    """What somebody is told on the desk. While unread, more of the same is counted into it."""

    __tablename__ = "notification"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    person_id: Mapped[int]
    ticket_id: Mapped[int | None]
    kind: Mapped[str]
    words: Mapped[str]
    by_name: Mapped[str] = mapped_column(default="")
    count: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    last_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    read_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class NotificationTarget(Table):
    """Where notifications leave by HTTP. kind: slack, teams, sms.  secret: sealed, with the address."""

    __tablename__ = "notification_target"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str]
    host: Mapped[str]
    secret: Mapped[str]
    event_kinds: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    content_type: Mapped[str] = mapped_column(default="application/json")
    body_template: Mapped[str] = mapped_column(default="")
    is_enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class NotificationLog(Table):
    """One message by one channel. status: pending, sent, failed.

    lines: what it tells of, [{kind, ticket_id, number, title, words, by}]; more is added while it waits.
    """

    __tablename__ = "notification_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    ticket_id: Mapped[int | None]
    person_id: Mapped[int | None]
    target_id: Mapped[int | None]
    channel: Mapped[str]
    template: Mapped[str]
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    left_out: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(default="pending")
    error_message: Mapped[str | None]
    mail_id: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    ready_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    claimed_until: Mapped[datetime | None] = mapped_column(_INSTANT)
    sent_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    failed_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
