"""An admin decides about examples that were set aside."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.events import emit
from ticketyard.triage.learning.events import ExampleDecided
from ticketyard.triage.learning.examples import Example
from ticketyard.triage.learning.models import ExampleAside
from ticketyard.triage.learning.queries import get_asides
from ticketyard.triage.learning.storing import keep_taught


async def accept_examples(
    session: AsyncSession, example_ids: Sequence[int], *, by: Principal
) -> list[ExampleAside]:
    """Let them be learned by the next training, whatever contradicts them.

    Raises ExampleNotFound.
    """
    found = await _decide(session, example_ids, "accepted", by)
    for each in found:
        if each.ticket_id is None:
            # It came with a file, which kept only what was learned.
            who = f"{each.by_kind}:{each.by_name if each.by_id is None else each.by_id}"
            example = Example(each.content, each.label, now_of(session), who, each.by_name)
            await keep_taught(session, each.field, each.run_id, [example])
    return found


async def dismiss_examples(
    session: AsyncSession, example_ids: Sequence[int], *, by: Principal
) -> list[ExampleAside]:
    """Never learn them. Raises ExampleNotFound."""
    return await _decide(session, example_ids, "dismissed", by)


async def _decide(
    session: AsyncSession, example_ids: Sequence[int], state: str, by: Principal
) -> list[ExampleAside]:
    found = await get_asides(session, example_ids)
    for each in found:
        each.state = state
        each.decided_by = by.name
        each.decided_at = now_of(session)
    decided = [
        ExampleDecided(ticket_id=each.ticket_id, example_id=each.id, label=each.label, state=state)
        for each in found
    ]
    await emit(session, *decided, by=by)
    return found
