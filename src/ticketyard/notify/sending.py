"""Send what is due, at least once: claim a mail, hand it over, write down what the server said.

A mail is claimed in a transaction of its own that counts the try, handed over outside of any, and
settled in a third step. Killed between the server's 250 and our commit, it is sent again when the
lease is over, as the same message with the same Message-ID, by which most readers show it once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.clock import Clock
from ticketyard.core.db import now_of
from ticketyard.core.events import emit
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.resources import Resources
from ticketyard.core.sealing import Sealer
from ticketyard.core.storage import BlobMissing
from ticketyard.mail.message import Address
from ticketyard.mail.outgoing.composing import Answer, OutgoingFile, compose
from ticketyard.mail.outgoing.headers_out import BadAddress
from ticketyard.mailboxes.errors import BadMailbox
from ticketyard.mailboxes.fetching.sources import access_token, load_source
from ticketyard.mailboxes.fetching.tokens import AccessTokens
from ticketyard.mailboxes.imap.errors import MailServerError
from ticketyard.notify.events import MailFailed, MailSent
from ticketyard.notify.models import OutgoingMail, SendAttempt
from ticketyard.notify.queueing import addressees
from ticketyard.notify.servers import NO_SERVER, MailOut, SmtpServer, server_of
from ticketyard.notify.transmitting import Connection
from ticketyard.notify.verdicts import (
    GIVE_UP_AFTER,
    Reply,
    Verdict,
    judge,
    pending,
    shown_words,
    wait_before,
)
from ticketyard.tickets.models import Attachment

# Longer than the longest hand-over: two workers never hold one mail while both live.
LEASE_SECONDS = 600
# A mail with a code that proves an address, and how long such a code is good.
CODE = "chat_code"
CODE_GOOD_FOR = timedelta(minutes=10)
CODE_GONE = "(a code, which is not kept)"
NOWHERE = Reply(taken=False, words=NO_SERVER, unreachable=True)


@dataclass(frozen=True)
class _Claimed:
    mail: OutgoingMail
    files: Sequence[Attachment]


class Postman:
    """Sends the due mail of each way out, one sender a way in this process.

    Whoever is asked while a way is being worked on leaves word and goes: a server that hangs holds
    one worker's hand and not all of them.
    """

    def __init__(self, clock: Clock, outgoing: Outgoing) -> None:
        self._busy: dict[tuple[int, int | None], bool] = {}
        self._tokens = AccessTokens(clock, outgoing)
        # Where a token was refused, the next one is asked for anew.
        self._refused: set[tuple[int, int | None]] = set()

    async def send_due(self, resources: Resources, company_id: int) -> None:
        """Send all that is due now in this company."""
        async with resources.db.transaction(company_id) as session:
            ways = list(await session.scalars(_WAYS))
        for mailbox_id in ways:
            await self._work(resources, company_id, mailbox_id)

    async def _work(self, resources: Resources, company_id: int, mailbox_id: int | None) -> None:
        way = (company_id, mailbox_id)
        if way in self._busy:
            self._busy[way] = True
            return
        self._busy[way] = True
        try:
            while self._busy[way]:
                self._busy[way] = False
                await self._send_by(resources, company_id, mailbox_id)
        finally:
            del self._busy[way]

    async def _send_by(self, resources: Resources, company_id: int, mailbox_id: int | None) -> None:
        way = (company_id, mailbox_id)
        async with resources.db.transaction(company_id) as session:
            server = await server_of(
                session, mailbox_id, out=resources.part(MailOut), sealer=resources.part(Sealer)
            )
        connection: Connection | Reply = NOWHERE
        if server:
            connection = await self._open(resources, way, server)
        try:
            while claimed := await _claim(resources, company_id, mailbox_id):
                reply = await _try(resources, claimed, connection)
                await _settle(resources, company_id, claimed.mail, reply, server)
                if reply.unreachable:
                    self._refused.add(way)
                    return
                self._refused.discard(way)
        finally:
            if isinstance(connection, Connection):
                await connection.close()

    async def _open(
        self, resources: Resources, way: tuple[int, int | None], server: SmtpServer
    ) -> Connection | Reply:
        """A connection, or why there is none: a token that nobody gives."""
        company_id, mailbox_id = way
        if not server.is_token or mailbox_id is None:
            return Connection(server)
        try:
            source = await load_source(resources, company_id, mailbox_id)
            token = await access_token(resources, source, self._tokens, fresh=way in self._refused)
        except (MailServerError, BadMailbox) as error:
            return Reply(taken=False, words=str(error), unreachable=True)
        return Connection(replace(server, password=token))


async def _claim(resources: Resources, company_id: int, mailbox_id: int | None) -> _Claimed | None:
    async with resources.db.transaction(company_id) as session:
        row = await session.execute(_CLAIM, {"mailbox": mailbox_id, "lease": LEASE_SECONDS})
        mail_id = row.scalar()
        if mail_id is None:
            return None
        mail = await session.get_one(OutgoingMail, mail_id)
        files = await session.scalars(
            select(Attachment)
            .where(Attachment.id.in_(mail.attachment_ids), Attachment.blob_key.is_not(None))
            .order_by(Attachment.id)
        )
        return _Claimed(mail, list(files))


async def _try(resources: Resources, claimed: _Claimed, connection: Connection | Reply) -> Reply:
    mail = claimed.mail
    if isinstance(connection, Reply):
        return connection
    try:
        files = [await _file(resources, each) for each in claimed.files]
        content = compose(_answer(mail, files))
    except BadAddress as error:
        return Reply(taken=False, words=str(error), final=True)
    except BlobMissing:
        return Reply(taken=False, words="An attached file is not in the storage.")
    return await connection.send(
        sender=mail.sender_email, recipients=pending(mail.recipients), content=content
    )


async def _file(resources: Resources, attachment: Attachment) -> OutgoingFile:
    return OutgoingFile(
        name=attachment.filename,
        content_type=attachment.content_type,
        content=await resources.blobs.get(attachment.blob_key or ""),
    )


def _answer(mail: OutgoingMail, files: list[OutgoingFile]) -> Answer:
    def those(role: str) -> tuple[Address, ...]:
        found = [each for each in mail.recipients if each.get("role", "to") == role]
        return tuple(Address(each["email"], each.get("name", "")) for each in found)

    return Answer(
        message_id=mail.message_id,
        sender=Address(mail.sender_email, mail.sender_name),
        to=those("to"),
        cc=those("cc"),
        subject=mail.subject,
        text=mail.body_text,
        date=mail.created_at,
        in_reply_to=mail.in_reply_to,
        references=tuple(mail.reference_ids),
        auto=_auto(mail),
        files=tuple(files),
    )


def _auto(mail: OutgoingMail) -> Literal["", "replied", "generated"]:
    """RFC 3834 5: replied is said of an answer to a message; a form or an event is none."""
    if not mail.is_automatic:
        return ""
    return "replied" if mail.kind == "acknowledgement" and mail.in_reply_to else "generated"


async def _settle(
    resources: Resources,
    company_id: int,
    mail: OutgoingMail,
    reply: Reply,
    server: SmtpServer | None,
) -> None:
    verdict = judge(mail.recipients, reply)
    async with resources.db.transaction(company_id) as session:
        now = now_of(session)
        session.add_all(_log_lines(mail, reply, server, now))
        state, reason = verdict.state, verdict.reason
        if state == "waiting" and now + wait_before(mail.attempts + 1) > _until(mail):
            state = "sent" if _has_left(verdict) else "failed"
            reason = f"Given up {_after(mail)}. {reason or ''}".strip()
        wait = wait_before(mail.attempts + 1)
        await session.execute(
            update(OutgoingMail)
            .where(OutgoingMail.id == mail.id, OutgoingMail.state == "waiting")
            .values(
                state=state,
                reason=reason,
                recipients=verdict.recipients,
                claimed_until=None,
                sent_at=now if state == "sent" else None,
                body_text=mail.body_text if state == "waiting" else _kept_text(mail),
                ready_at=text(f"now() + interval '{int(wait.total_seconds())} seconds'"),
            )
        )
        await _tell(session, mail, state, reason or "")


def _until(mail: OutgoingMail) -> datetime:
    return mail.queued_at + (CODE_GOOD_FOR if mail.kind == CODE else GIVE_UP_AFTER)


def _after(mail: OutgoingMail) -> str:
    return "with the code's time" if mail.kind == CODE else f"after {GIVE_UP_AFTER.days} days"


def _kept_text(mail: OutgoingMail) -> str:
    """A code is a secret between the mail and its reader: it is not kept once it has left."""
    return CODE_GONE if mail.kind == CODE else mail.body_text


def _has_left(verdict: Verdict) -> bool:
    return any(each.get("state") == "taken" for each in verdict.recipients)


def _log_lines(
    mail: OutgoingMail, reply: Reply, server: SmtpServer | None, now: datetime
) -> list[SendAttempt]:
    """One line for the try, and one for each recipient the server refused."""

    def line(accepted: bool, code: int | None, words: str) -> SendAttempt:
        return SendAttempt(
            company_id=mail.company_id,
            mail_id=mail.id,
            server=server.name if server else "",
            accepted=accepted,
            code=code,
            words=shown_words(words),
            tried_at=now,
        )

    lines = [
        line(False, code, f"{email}: {words}") for email, (code, words) in reply.refused.items()
    ]
    if reply.taken or not lines:
        lines.append(line(reply.taken, reply.code, reply.words))
    return lines


async def _tell(session: AsyncSession, mail: OutgoingMail, state: str, reason: str) -> None:
    by = Principal.system(mail.company_id, "Mail")
    told: dict[str, Any] = {
        "ticket_id": mail.ticket_id, "mail_id": mail.id, "kind": mail.kind, "to": addressees(mail),
    }  # fmt: skip
    if state == "sent":
        await emit(session, MailSent(**told), by=by)
    elif state == "failed":
        await emit(session, MailFailed(**told, reason=reason), by=by)


async def has_due(session: AsyncSession) -> bool:
    """Whether a mail of this company is due now."""
    return bool(await session.scalar(_ANY))


_DUE = """o.company_id = current_company() and o.state = 'waiting' and o.ready_at <= now()
      and (o.claimed_until is null or o.claimed_until < now())"""
_ANY = text(f"select exists (select from outgoing_mail o where {_DUE})")
_WAYS = text(f"select distinct o.mailbox_id from outgoing_mail o where {_DUE}")
_CLAIM = text(
    f"""
    update outgoing_mail set attempts = attempts + 1,
                             claimed_until = now() + make_interval(secs => :lease)
    where id = (
      select o.id from outgoing_mail o
      where {_DUE} and o.mailbox_id is not distinct from cast(:mailbox as integer)
      order by o.ready_at, o.id limit 1 for update skip locked)
    returning id
    """
)
