"""An answer that began as a proposal was sent: keep its steps, and that the documents helped."""

from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.knowledge.answering.drafting import files_told, steps_in
from ticketyard.knowledge.answering.queries import find_solution
from ticketyard.knowledge.answering.writing_down import MAX_STEPS, STEP_MAX, write_solution
from ticketyard.knowledge.errors import DocumentNotFound
from ticketyard.knowledge.voting import vote


async def keep_sent_answer(
    session: AsyncSession, *, ticket_id: int, text: str, by: Principal
) -> None:
    """Keep what was sent as how the ticket is solved, beside what was proposed.

    A document whose step was sent as it stands has helped whoever sent it.
    """
    found = await find_solution(session, ticket_id)
    if steps := steps_in(text, most=MAX_STEPS, longest=STEP_MAX):
        await write_solution(session, ticket_id=ticket_id, steps=steps, by=by)
    if found is None or by.person_id is None:
        return
    for file_id in files_told(found.steps, text):
        # One that was deleted a moment ago holds up no reply.
        with suppress(DocumentNotFound):
            await vote(session, file_id=file_id, is_helpful=True, by=by)


async def reject_proposal(session: AsyncSession, *, ticket_id: int, by: Principal) -> int:
    """Say of each document that the proposal stands on that it did not help; gives how many.

    Raises NoVoter.
    """
    found = await find_solution(session, ticket_id)
    file_ids = sorted({each.file_id for each in found.steps}) if found else []
    for file_id in file_ids:
        await vote(session, file_id=file_id, is_helpful=False, by=by)
    return len(file_ids)
