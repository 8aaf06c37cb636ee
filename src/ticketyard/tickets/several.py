"""Several changes to one ticket, in one order."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.tickets.assigning import assign_ticket, release_ticket
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.labelling import Changes, change_ticket


@dataclass(frozen=True, kw_only=True)
class Several:
    """What is done to a ticket, in the order of these fields."""

    changes: Changes | None = None
    comment: str | None = None
    is_internal: bool = False
    assignee_id: int | None = None
    release: bool = False
    status: str | None = None
    reason: str | None = None

    def is_empty(self) -> bool:
        """Whether nothing would be done."""
        return not (
            (self.changes and self.changes.given)
            or self.comment
            or self.assignee_id is not None
            or self.release
            or self.status
        )


async def apply_several(
    session: AsyncSession, ticket_id: int, change: Several, by: Principal
) -> None:
    """Do to one ticket what the change says. What is refused is for the caller to undo."""
    if change.changes is not None and change.changes.given:
        await change_ticket(session, ticket_id=ticket_id, changes=change.changes, by=by)
    if change.comment:
        await add_comment(
            session, ticket_id=ticket_id, body=change.comment, is_internal=change.is_internal, by=by
        )
    if change.release:
        await release_ticket(session, ticket_id=ticket_id, by=by, reason=change.reason)
    elif change.assignee_id is not None:
        await assign_ticket(
            session, ticket_id=ticket_id, agent_id=change.assignee_id, by=by, reason=change.reason
        )
    if change.status:
        await change_status(
            session, ticket_id=ticket_id, status=change.status, by=by, reason=change.reason
        )
