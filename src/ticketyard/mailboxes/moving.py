"""Move a mail to the ticket where an agent says that it belongs, or make a ticket of it."""

from dataclasses import dataclass

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.events import emit
from ticketyard.core.resources import Resources
from ticketyard.core.shapes import storable
from ticketyard.mailboxes.events import MailMoved
from ticketyard.mailboxes.filing import ONE_AT_A_TIME
from ticketyard.mailboxes.landing.bookkeeping import Entry, keep_books
from ticketyard.mailboxes.landing.classifying import classify
from ticketyard.mailboxes.landing.deciding import Landing
from ticketyard.mailboxes.landing.joining import join_ticket
from ticketyard.mailboxes.landing.lookups import known_tickets, look_up
from ticketyard.mailboxes.landing.opening import Wish, keep_participants, open_for_mails
from ticketyard.mailboxes.landing.placing import Placed
from ticketyard.mailboxes.landing.reading import ReadMessage, read_messages
from ticketyard.mailboxes.movable import FiledMail, find_filed_mail, refuse_if_it_stays
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.moving_comments import move_comment, replace_by_note
from ticketyard.tickets.queries import get_ticket


@dataclass(frozen=True, kw_only=True)
class MovedMail:
    """Where a mail is now. created: in a ticket that was opened for it."""

    inbound_id: int
    ticket_id: int
    number: str
    created: bool
    from_number: str | None


async def move_mail(
    resources: Resources,
    *,
    inbound_id: int,
    to: int | str | None,
    by: Principal,
    left_is_false_positive: bool = False,
) -> MovedMail:
    """Take a mail to another ticket (its number or id), or to a new one of its own (None).

    What it was filed as, who is told of later mail, and what later mail continues, all follow; the
    first account of why it landed where it did is kept, with who moved it and when. Nobody is
    told, and no status changes; left_is_false_positive: save that of a ticket which this very mail
    had opened. Opens its own transactions, because a mail is read outside of any.
    Raises MailNotFound, MailNotFiled, MailStays, TicketNotFound, IllegalTransition.
    """
    async with resources.db.transaction(by.company_id) as session:
        mail = await find_filed_mail(session, inbound_id)
        target = await get_ticket(session, to) if to is not None else None
        refuse_if_it_stays(mail, target.id if target else None)
    message = None
    if mail.comment_id is None or target is None:
        (message,) = await read_messages(resources, by.company_id, [inbound_id])
    async with resources.db.transaction(by.company_id) as session:
        await session.execute(ONE_AT_A_TIME, {"company": by.company_id})
        move = Move(session, resources, await find_filed_mail(session, inbound_id), by)
        return await move.carry_out(target, message, left_is_false_positive)


class Move:
    """One mail's move, in one transaction."""

    def __init__(
        self, session: AsyncSession, resources: Resources, mail: FiledMail, by: Principal
    ) -> None:
        self._session = session
        self._resources = resources
        self._mail = mail
        self._by = by

    async def carry_out(
        self, target: Ticket | None, message: ReadMessage | None, left_is_false_positive: bool
    ) -> MovedMail:
        """Do all of it."""
        mail = self._mail
        refuse_if_it_stays(mail, target.id if target else None)
        if message is not None:
            placed = await self._file_anew(message, target)
        elif target is not None and mail.comment_id is not None:
            placed = await self._carry_comment(mail.comment_id, target)
        else:
            raise AssertionError("A mail without a comment is read before it is moved.")
        moved = MovedMail(
            inbound_id=mail.inbound_id,
            ticket_id=placed.ticket_id or 0,
            number=placed.number or "",
            created=placed.created,
            from_number=mail.number,
        )
        await self._keep_books(moved, placed)
        await self._let_participate(
            moved, comes_along=message is None or not placed.landing.internal
        )
        if left_is_false_positive and mail.opened_ticket:
            await change_status(
                self._session,
                ticket_id=mail.ticket_id or 0,
                status="false_positive",
                reason=f"Its mail was moved to {moved.number}.",
                by=self._by,
            )
        await self._tell(moved)
        return moved

    # -- its words -----------------------------------------------------------------------------

    async def _carry_comment(self, comment_id: int, target: Ticket) -> Placed:
        """The mail is a comment, and stays one."""
        await move_comment(
            self._session,
            comment_id=comment_id,
            to_ticket_id=target.id,
            note=self._note(target.number),
            by=self._by,
        )
        known = (await known_tickets(self._session, ids=[target.id]))[target.id]
        landing = Landing(kind="join", reason=self._reason(), ticket=known)
        return Placed.under(known, landing, comment_id=comment_id)

    async def _file_anew(self, message: ReadMessage, target: Ticket | None) -> Placed:
        """Its words become a comment or a ticket; where they stood, a note says where they went."""
        lookups = await look_up(self._session, [message])
        sender = lookups.sender_of(message)
        if target is None:
            landing = Landing(kind="open", reason=self._reason())
            (opened,) = await open_for_mails(
                self._session,
                self._resources,
                [(message, landing, Wish())],
                lookups=lookups,
                by=self._by,
            )
            placed = Placed.opened(opened, landing)
        else:
            known = (await known_tickets(self._session, ids=[target.id]))[target.id]
            landing = Landing(
                kind="join",
                reason=self._reason(),
                ticket=known,
                internal=_is_for_agents_only(message) or sender.is_agent,
            )
            comment = await join_ticket(self._session, message, known, landing)
            placed = Placed.under(known, landing, comment_id=comment.id)
        await self._leave_note(placed.number or "")
        entry = Entry(message, landing, classify(message.mail), placed)
        await keep_books(self._session, [entry], by=self._by)
        return placed

    async def _leave_note(self, number: str) -> None:
        mail, note = self._mail, self._note(number)
        if mail.comment_id is not None:
            await replace_by_note(self._session, comment_id=mail.comment_id, note=note, by=self._by)
        elif mail.ticket_id is not None:
            await add_comment(
                self._session,
                ticket_id=mail.ticket_id,
                body=note,
                by=self._by,
                is_internal=True,
                source="email",
            )

    def _note(self, number: str) -> str:
        if self._mail.opened_ticket:
            return f"The mail that opened this ticket was moved to {number}."
        return f"A mail from {self._mail.sender or 'an unknown sender'} was moved to {number}."

    def _reason(self) -> str:
        return f"{self._by.name} moved it here."

    # -- its books -----------------------------------------------------------------------------

    async def _keep_books(self, moved: MovedMail, placed: Placed) -> None:
        """The account of the first filing stays; what is new is added to it."""
        session, mail = self._session, self._mail
        step = {
            "from": mail.number,
            "to": moved.number,
            "by": self._by.name,
            "by_id": self._by.person_id,
            "at": now_of(session).isoformat(),
        }
        first = {"reason": placed.landing.reason, "kind": placed.landing.kind}
        why = {**(mail.why or first), "moved": [*mail.why.get("moved", ()), step]}
        values = {
            "id": mail.inbound_id,
            "ticket": moved.ticket_id,
            "comment": placed.comment_id,
            "outcome": "ticket" if moved.created else "reply",
            "is_reply": not moved.created,
            "why": orjson.dumps(storable(why)).decode(),
        }
        await session.flush()
        for statement in (_MESSAGE, _DUPLICATES, _INBOUND, _DOUBLE_LOG, _LOG):
            await session.execute(statement, values)

    async def _let_participate(self, moved: MovedMail, *, comes_along: bool) -> None:
        """Whoever wrote it may write again where it is now, and no longer where it was, unless
        something else of theirs is there."""
        mail = self._mail
        values = {"email": mail.sender.lower(), "ticket": mail.ticket_id}
        if mail.ticket_id is not None:
            await self._session.execute(_FORGET, values)
        if comes_along and mail.sender and not mail.sender_is_agent and not moved.created:
            row = {
                "ticket_id": moved.ticket_id,
                "email_key": mail.sender.lower(),
                "email": mail.sender,
                "name": mail.sender_name,
                "receives": False,
            }
            await keep_participants(self._session, [row])

    async def _tell(self, moved: MovedMail) -> None:
        tickets = [self._mail.ticket_id, moved.ticket_id]
        events = [
            MailMoved(
                ticket_id=ticket_id,
                inbound_id=moved.inbound_id,
                to_ticket_id=moved.ticket_id,
                to_number=moved.number,
                from_number=moved.from_number,
            )
            for ticket_id in tickets
            if ticket_id is not None
        ]
        await emit(self._session, *events, by=self._by)


def _is_for_agents_only(message: ReadMessage) -> bool:
    """What a machine wrote, or somebody who is not who they say."""
    mail = message.mail
    automatic = mail.auto == "replied" or mail.is_auto_reply or mail.bounce is not None
    return automatic or message.verdict in ("fail", "unclear")


_MESSAGE = text(
    """
    update mail_message set outcome = :outcome, ticket_id = :ticket, comment_id = :comment,
      why = cast(:why as jsonb), filed_at = coalesce(filed_at, now())
    where company_id = current_company() and inbound_id = :id
    """
)
# Other deliveries of the same mail point where it is.
_DUPLICATES = text(
    """
    update mail_message set ticket_id = :ticket
    where company_id = current_company() and duplicate_of = :id and outcome = 'duplicate'
    """
)
_INBOUND = text(
    """
    update inbound_message i set ticket_id = :ticket
    from mail_message m
    where i.company_id = current_company() and m.company_id = current_company()
      and m.inbound_id = i.id
      and (i.id = :id or (m.duplicate_of = :id and m.outcome = 'duplicate'))
    """
)
# A mail has one line a ticket; where the new ticket has it already, the old line only goes.
_DOUBLE_LOG = text(
    """
    delete from tticket_email_log old
    where old.company_id = current_company() and old.inbound_id = :id and old.direction = 'in'
      and old.ticket_id <> :ticket and exists (
        select from tticket_email_log there
        where there.company_id = current_company() and there.ticket_id = :ticket
          and there.email_message_id = old.email_message_id)
    """
)
_LOG = text(
    """
    update tticket_email_log
    set ticket_id = :ticket, comment_id = :comment, is_reply = :is_reply, inbound_id = :id
    where company_id = current_company() and direction = 'in' and inbound_id = :id
    """
)
_FORGET = text(
    """
    delete from mail_participant p
    where p.company_id = current_company() and p.ticket_id = :ticket and p.email_key = :email
      and not p.receives and not exists (
        select from mail_message m
        where m.company_id = current_company() and m.ticket_id = :ticket
          and m.outcome in ('ticket', 'reply') and lower(m.sender) = :email)
    """
)
