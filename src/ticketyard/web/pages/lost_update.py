"""The page for whoever was a moment too late: the ticket as it is now, beside what they wanted."""

from collections.abc import Mapping

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.insights.ticket_page import get_names, list_history
from ticketyard.people.queries import get_agent, get_team
from ticketyard.tickets.models import Ticket
from ticketyard.web.pages import wording
from ticketyard.web.pages.frame import Frame, page
from ticketyard.web.pages.history_words import tell

CHANGES_SHOWN = 8


async def lost_update(
    session: AsyncSession,
    ticket: Ticket,
    frame: Frame,
    action: str,
    version: int,
    wanted: Mapping[str, str],
) -> Response:
    """409 with both versions; one button does it all the same, one leaves it.

    action: the last part of the form's address.  wanted: its fields.
    """
    names = await get_names(session, ticket.id)
    happenings = await list_history(session, ticket.id)
    current = [
        ("Status", wording.word(wording.STATUS, ticket.status)),
        ("Assignee", names.assignee or "Nobody"),
        ("Category", ticket.category or "–"),
        ("Team", names.team or "–"),
        ("Priority", wording.word(wording.PRIORITY, ticket.priority)),
        ("Tags", ", ".join(ticket.tags) or "–"),
    ]
    return page(
        "faults/lost_update.html",
        frame,
        place="queue",
        status=409,
        number=ticket.number,
        href=f"/tickets/{ticket.number}",
        action=f"/tickets/{ticket.number}/{action}",
        current_version=ticket.version,
        your_version=version,
        current=current,
        wanted=await _wanted(session, action, wanted),
        changes=[
            {"at": each.at, "text": tell(each.type, each.payload), "by": each.by_name}
            for each in happenings[: max(1, min(ticket.version - version, CHANGES_SHOWN))]
        ],
        fields=list(wanted.items()),
    )


async def _wanted(
    session: AsyncSession, action: str, wanted: Mapping[str, str]
) -> list[tuple[str, str]]:
    if action == "release":
        return [("Assignee", "Nobody")]
    if action == "assignee":
        return [("Assignee", (await get_agent(session, int(wanted["agent_id"]))).name)]
    if action == "team":
        return [("Team", (await get_team(session, int(wanted["team_id"]))).name)]
    words = {"status": wording.STATUS, "priority": wording.PRIORITY}
    return [
        (name.capitalize(), wording.word(words[name], value) if name in words else value)
        for name, value in wanted.items()
    ]
