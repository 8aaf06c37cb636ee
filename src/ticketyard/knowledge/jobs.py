"""Background entry points of knowledge."""

from collections.abc import Sequence

from ticketyard.core.resources import Resources
from ticketyard.knowledge.answering.solving import list_unanswered, propose_solutions
from ticketyard.knowledge.chatbot.ending import note_left_chats
from ticketyard.knowledge.events import ChatHandedOver, FileDeleted, SolutionAskedAgain
from ticketyard.knowledge.renaming import follow_new_name
from ticketyard.routing.following import follow_triage
from ticketyard.tickets.events import CategoryRenamed
from ticketyard.triage.analysing import analyse_tickets
from ticketyard.triage.events import TicketTriaged


async def propose_for_tickets(
    resources: Resources, company_id: int, events: Sequence[TicketTriaged]
) -> None:
    """Look for what is known of tickets, once triage has said what they are about."""
    ticket_ids = sorted({event.ticket_id for event in events if not event.failed})
    await propose_solutions(resources, company_id, ticket_ids)


async def propose_again(
    resources: Resources, company_id: int, events: Sequence[SolutionAskedAgain]
) -> None:
    """Look once more for what is known of tickets, because somebody wants it."""
    await propose_solutions(resources, company_id, sorted({each.ticket_id for each in events}))


async def retry_unanswered(resources: Resources, company_id: int) -> None:
    """Timetable: try again where an engine broke."""
    async with resources.db.transaction(company_id) as session:
        ticket_ids = await list_unanswered(session)
    await propose_solutions(resources, company_id, ticket_ids)


async def give_out_handed_over(
    resources: Resources, company_id: int, events: Sequence[ChatHandedOver]
) -> None:
    """Give out what waits for a person in the chat, before all that waits for its turn."""
    ticket_ids = sorted({event.ticket_id for event in events})
    await analyse_tickets(resources, company_id, ticket_ids)
    await follow_triage(resources, company_id, ticket_ids)


async def end_left_chats(resources: Resources, company_id: int) -> None:
    """Timetable: chats in which nobody writes any more have ended."""
    async with resources.db.transaction(company_id) as session:
        await note_left_chats(session)


async def follow_new_names(
    resources: Resources, company_id: int, events: Sequence[CategoryRenamed]
) -> None:
    """Documents about categories that are called otherwise."""
    async with resources.db.transaction(company_id) as session:
        for event in events:
            await follow_new_name(session, event.before, event.after)


async def delete_bytes(
    resources: Resources, company_id: int, events: Sequence[FileDeleted]
) -> None:
    """Delete the bytes of deleted files: nothing else ever had their keys."""
    for event in events:
        if event.file_relative_path.startswith(f"{company_id}/"):
            await resources.blobs.delete(event.file_relative_path)
