"""Take the steps of a workflow on one mail: a small function for each action, in one table."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.errors import StepFailed
from ticketyard.mailboxes.landing.deciding import Landing, landing_in
from ticketyard.mailboxes.landing.lookups import Lookups, known_tickets
from ticketyard.mailboxes.landing.opening import Wish
from ticketyard.mailboxes.landing.placing import Placed, place
from ticketyard.mailboxes.landing.reading import ReadMessage
from ticketyard.mailboxes.landing.threading import Candidate, KnownTicket, candidates, prove
from ticketyard.mailboxes.workflows.steps import PRIORITIES, Step
from ticketyard.tickets.assigning import assign_ticket
from ticketyard.tickets.labelling import Changes, change_ticket

Result = dict[str, Any]


@dataclass
class Run:
    """One mail while workflows work on it. landing: where it would land without any.

    placed: where it is, once a step has filed it.
    """

    session: AsyncSession
    resources: Resources
    message: ReadMessage
    landing: Landing
    lookups: Lookups
    wish: Wish
    by: Principal
    workflow: str = ""
    placed: Placed | None = None

    @property
    def is_ignored(self) -> bool:
        """Whether a workflow said that nothing is to be made of it."""
        return self.placed is not None and self.placed.landing.kind == "refuse"

    async def place(self, landing: Landing, wish: Wish) -> Placed:
        """File the mail."""
        self.placed = await place(
            self.session, self.resources, self.message, landing, wish, self.lookups, self.by
        )
        return self.placed


async def take_step(run: Run, step: Step) -> Result:
    """Do what the step says; gives what came of it. Raises StepFailed or another refusal."""
    return await TAKEN[step.action](run, step.params)


async def _create(run: Run, params: Mapping[str, Any]) -> Result:
    if run.placed is not None:
        return {**_told(run.placed), "created": False, "linked": True}
    placed = await run.place(run.landing, wish_of(params, run.wish))
    return {**_told(placed), "created": placed.created, "linked": placed.linked}


def wish_of(params: Mapping[str, Any], base: Wish) -> Wish:
    """What create_ticket asks of a ticket that is opened now."""
    return replace(
        base,
        priority=PRIORITIES.get(params.get("priority", "")),
        assignee_id=params.get("assigned_to_user_id"),
        customer_id=params.get("customer_id"),
    )


def _told(placed: Placed) -> Result:
    return {"ticket_id": placed.ticket_id, "ticket_number": placed.number}


async def _link(run: Run, params: Mapping[str, Any]) -> Result:
    ticket = await linkable_ticket(run.session, params["ticket_number"])
    if run.placed is not None and run.placed.ticket_id != ticket.id:
        raise StepFailed(f"The mail is in {run.placed.number} already.")
    if run.placed is None:
        await run.place(_linked(run, ticket), run.wish)
    return {"ticket_id": ticket.id, "ticket_number": ticket.number, "linked": True}


async def linkable_ticket(session: AsyncSession, number: str) -> KnownTicket:
    """The ticket of this number. Raises StepFailed for an unknown or closed one: what is added to
    closed work, nobody sees."""
    found = await known_tickets(session, numbers=[number])
    if not found:
        raise StepFailed("There is no ticket of this number.")
    (ticket,) = found.values()
    if ticket.status == "closed":
        raise StepFailed(f"{ticket.number} is closed.")
    return ticket


def _linked(run: Run, ticket: KnownTicket) -> Landing:
    """The admin says where it belongs; whether it is the sender's own word there is still to be
    proved, and a note for agents where it is not."""
    named = candidates(run.message.mail, run.lookups.known())
    candidate = next(
        (each for each in named if each.ticket.id == ticket.id), Candidate(ticket, "subject", False)
    )
    sender = run.lookups.sender_of(run.message)
    proof = prove(candidate, sender, run.message.verdict)
    told = f"The workflow “{run.workflow}” adds it here"
    return landing_in(
        run.message.mail,
        candidate,
        proof,
        tried=run.landing.tried,
        reason=f"{told}; {proof.reason}.",
    )


async def _assign(run: Run, params: Mapping[str, Any]) -> Result:
    if (ticket_id := _opened_now(run)) is None:
        return _unchanged(run)
    agent_id = params["assigned_to_user_id"]
    await assign_ticket(
        run.session, ticket_id=ticket_id, agent_id=agent_id, by=run.by, reason="Mail workflow"
    )
    return {"changed": True, "assigned_to_user_id": agent_id}


async def _add_tags(run: Run, params: Mapping[str, Any]) -> Result:
    return await _change(run, _ticket_of(run), {"add_tags": params["tags"]})


async def _set_priority(run: Run, params: Mapping[str, Any]) -> Result:
    return await _change(run, _opened_now(run), {"priority": PRIORITIES[params["priority"]]})


async def _set_category(run: Run, params: Mapping[str, Any]) -> Result:
    return await _change(run, _opened_now(run), {"category": params["category"]})


async def _change(run: Run, ticket_id: int | None, values: Mapping[str, Any]) -> Result:
    if ticket_id is None:
        return _unchanged(run)
    changes = Changes.of(values)
    await change_ticket(run.session, ticket_id=ticket_id, changes=changes, by=run.by)
    return {"changed": True, **values}


async def _ignore(run: Run, params: Mapping[str, Any]) -> Result:
    if run.landing.kind != "open" and run.landing.ticket:
        number = run.landing.ticket.number
        return {"ignored": False, "reason": f"It continues {number}, so it was not ignored."}
    if run.placed is not None:
        raise StepFailed("The mail is filed already.")
    said = params.get("reason") or "no reason given"
    reason = f"The workflow “{run.workflow}” ignores it: {said}."
    run.placed = Placed(landing=replace(run.landing, kind="refuse", reason=reason[:1000]))
    return {"ignored": True, "reason": said}


def _ticket_of(run: Run) -> int:
    if run.placed is None or run.placed.ticket_id is None:
        raise StepFailed("The mail is in no ticket yet: put create_ticket before this step.")
    return run.placed.ticket_id


def _opened_now(run: Run) -> int | None:
    """The ticket, if this very mail opened it: a reply takes nothing away from whoever works on it."""
    ticket_id = _ticket_of(run)
    return ticket_id if run.placed and run.placed.created else None


def _unchanged(run: Run) -> Result:
    number = run.placed.number if run.placed else ""
    return {"changed": False, "reason": f"The mail was added to {number}, which was there before."}


TAKEN: Mapping[str, Callable[[Run, Mapping[str, Any]], Awaitable[Result]]] = {
    "create_ticket": _create,
    "link_email_to_ticket": _link,
    "assign_ticket": _assign,
    "add_tags": _add_tags,
    "set_priority": _set_priority,
    "set_category": _set_category,
    "ignore": _ignore,
}
