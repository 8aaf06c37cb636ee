"""Do what a level says; what cannot be done is noted, and the rest goes on."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.errors import Refusal
from ticketyard.escalation.drafts import Action, Level
from ticketyard.escalation.matching import raised
from ticketyard.escalation.recipients import people_meant
from ticketyard.tickets.assigning import assign_ticket
from ticketyard.tickets.labelling import Changes, change_ticket
from ticketyard.tickets.models import Ticket

NOBODY = "Nobody was there to {do}."


@dataclass
class Outcome:
    """tell: who is to hear of it. done: [{do, words}] in the order of the actions."""

    tell: list[int] = field(default_factory=list)
    done: list[dict[str, str]] = field(default_factory=list)

    def note(self, do: str, words: str) -> None:
        """What became of one action."""
        self.done.append({"do": do, "words": words})


async def do_level(
    session: AsyncSession,
    ticket: Ticket,
    level: Level,
    *,
    at: datetime,
    by: Principal,
    dry: bool = False,
) -> Outcome:
    """Do its actions in order. dry: only say what would be done."""
    outcome = Outcome()
    for action in level.actions:
        try:
            async with session.begin_nested():
                await _do(session, ticket, action, outcome, at=at, by=by, dry=dry)
        except Refusal as refusal:
            outcome.note(action.do, refusal.detail)
    return outcome


async def _do(
    session: AsyncSession,
    ticket: Ticket,
    action: Action,
    outcome: Outcome,
    *,
    at: datetime,
    by: Principal,
    dry: bool,
) -> None:
    if action.do == "webhook":
        outcome.note("webhook", "Webhooks that ask for escalation.reached are told of this level.")
        return
    if action.do == "raise_priority":
        priority = raised(ticket.priority, action.priority)
        outcome.note("raise_priority", f"Priority {ticket.priority} becomes {priority}.")
        if not dry and priority != ticket.priority:
            changes = Changes.of({"priority": priority})
            await change_ticket(session, ticket_id=ticket.id, changes=changes, by=by)
        return
    people = await people_meant(session, action, assignee_id=ticket.assignee_id, at=at)
    if not people:
        outcome.note(action.do, NOBODY.format(do=action.do))
    elif action.do == "notify":
        outcome.tell += [person for person, _ in people if person not in outcome.tell]
        outcome.note("notify", f"Told: {', '.join(name for _, name in people)}.")
    else:
        person, name = people[0]
        if not dry:
            await assign_ticket(
                session, ticket_id=ticket.id, agent_id=person, by=by, reason=by.name
            )
        outcome.note("assign", f"Given to {name}.")
