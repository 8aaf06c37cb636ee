"""Reading tickets and their threads."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.people.queries import get_company
from ticketyard.tickets.errors import AttachmentNotFound, TicketNotFound
from ticketyard.tickets.fields.values import Rule
from ticketyard.tickets.models import (
    Attachment,
    Category,
    Comment,
    CustomField,
    Macro,
    SavedView,
    StateChange,
    Ticket,
    TicketTemplate,
)
from ticketyard.tickets.names import former_names

_NOT_FOUND = "There is no such ticket."
BIGINT_MAX = 2**63 - 1


async def get_ticket(session: AsyncSession, reference: int | str, *, lock: bool = False) -> Ticket:
    """One ticket by id or number (`TKT-20251215-001`, however written). Raises TicketNotFound.

    lock: hold it until the end of the transaction, for a change.
    """
    query = select(Ticket).where(Ticket.company_id == company_of(session))
    word = str(reference).strip()
    if word.isascii() and word.isdigit() and int(word) <= BIGINT_MAX:
        query = query.where(Ticket.id == int(word))
    elif len(word) <= 40 and word.isascii() and word.isprintable():
        query = query.where(Ticket.number == word.upper())
    else:
        raise TicketNotFound(_NOT_FOUND)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    ticket = await session.scalar(query)
    if ticket is None:
        raise TicketNotFound(_NOT_FOUND)
    return ticket


async def get_visible_ticket(
    session: AsyncSession, reference: int | str, by: Principal, *, lock: bool = False
) -> Ticket:
    """The same, if `by` may see it: agents all, a requester their own, an integration none."""
    ticket = await get_ticket(session, reference, lock=lock)
    own = by.person_id is not None and ticket.requester_id == by.person_id
    if by.may("tickets:read") or (own and by.may("tickets:read_own")):
        return ticket
    raise TicketNotFound(_NOT_FOUND)


async def list_comments(session: AsyncSession, ticket_id: int, by: Principal) -> list[Comment]:
    """The thread, oldest first; without internal notes for who may not read them."""
    query = select(Comment).where(Comment.ticket_id == ticket_id).order_by(Comment.id)
    if not by.may("tickets:read"):
        query = query.where(Comment.is_internal.is_(False))
    return list(await session.scalars(query))


async def list_state_changes(session: AsyncSession, ticket_id: int) -> list[StateChange]:
    """How the status changed, oldest first."""
    return list(
        await session.scalars(
            select(StateChange)
            .where(
                StateChange.company_id == company_of(session), StateChange.ticket_id == ticket_id
            )
            .order_by(StateChange.id)
        )
    )


async def list_attachments(session: AsyncSession, ticket_id: int) -> list[Attachment]:
    """The files on a ticket, in order of arrival."""
    return list(
        await session.scalars(
            select(Attachment)
            .where(Attachment.company_id == company_of(session), Attachment.ticket_id == ticket_id)
            .order_by(Attachment.id)
        )
    )


async def list_visible_attachments(
    session: AsyncSession, ticket_id: int, by: Principal
) -> list[Attachment]:
    """The same, without files of internal notes for who may not read those."""
    files = await list_attachments(session, ticket_id)
    if by.may("tickets:read"):
        return files
    shown = {comment.id for comment in await list_comments(session, ticket_id, by)}
    return [file for file in files if file.comment_id is None or file.comment_id in shown]


async def get_visible_attachment(
    session: AsyncSession, ticket_id: int, attachment_id: int, by: Principal
) -> Attachment:
    """One file that `by` may see. Raises AttachmentNotFound."""
    for file in await list_visible_attachments(session, ticket_id, by):
        if file.id == attachment_id:
            return file
    raise AttachmentNotFound("There is no such file on this ticket.")


async def get_attachment(session: AsyncSession, ticket_id: int, attachment_id: int) -> Attachment:
    """One file of one ticket. Raises AttachmentNotFound."""
    found = await session.get(Attachment, attachment_id)
    if found is None or found.ticket_id != ticket_id:
        raise AttachmentNotFound("There is no such file on this ticket.")
    return found


async def list_categories(session: AsyncSession, *, retired: bool = False) -> list[Category]:
    """The company's categories in their order; those out of use only where they are asked for."""
    query = select(Category).where(Category.company_id == company_of(session))
    if not retired:
        query = query.where(Category.is_active)
    return list(await session.scalars(query.order_by(Category.sort_order, Category.id)))


async def category_spellings(session: AsyncSession) -> dict[str, str]:
    """What is understood, in small letters, to the category's name: names, and former ones."""
    names = [each.name for each in await list_categories(session)]
    former = former_names((await get_company(session)).settings)
    spellings = {old.casefold(): name for name in names for old in former.get(name, ())}
    return spellings | {name.casefold(): name for name in names}


async def list_fields(session: AsyncSession, *, all_of_them: bool = False) -> list[CustomField]:
    """The company's own fields in their order; those out of use only when asked for."""
    query = select(CustomField).where(CustomField.company_id == company_of(session))
    if not all_of_them:
        query = query.where(CustomField.is_active)
    return list(await session.scalars(query.order_by(CustomField.sort_order, CustomField.id)))


async def field_rules(session: AsyncSession) -> list[Rule]:
    """What the company's own fields may hold, in their order."""
    return [
        Rule(each.name, each.kind, tuple(each.choices), each.is_required, each.on_form, each.help)
        for each in await list_fields(session)
    ]


async def list_macros(session: AsyncSession, *, all_of_them: bool = False) -> list[Macro]:
    """The company's macros by name; those out of use only when asked for."""
    query = select(Macro).where(Macro.company_id == company_of(session))
    if not all_of_them:
        query = query.where(Macro.is_active)
    return list(await session.scalars(query.order_by(Macro.name)))


async def list_templates(
    session: AsyncSession, *, all_of_them: bool = False
) -> list[TicketTemplate]:
    """The company's ticket templates by name; those out of use only when asked for."""
    query = select(TicketTemplate).where(TicketTemplate.company_id == company_of(session))
    if not all_of_them:
        query = query.where(TicketTemplate.is_active)
    return list(await session.scalars(query.order_by(TicketTemplate.name)))


async def list_saved_views(session: AsyncSession, person_id: int) -> Sequence[SavedView]:
    """Somebody's saved queues, by name."""
    return list(
        await session.scalars(
            select(SavedView)
            .where(SavedView.company_id == company_of(session), SavedView.person_id == person_id)
            .order_by(SavedView.name)
        )
    )
