"""One ticket: read it, answer it, move it on."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.alerts.queries import list_alerts_of_ticket
from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.resources import Resources
from ticketyard.insights.mails import list_mails_of_ticket
from ticketyard.insights.second_opinions import find_second_opinion
from ticketyard.insights.sent_mails import list_sent_mails
from ticketyard.insights.ticket_page import Names, get_names, list_history
from ticketyard.knowledge.answering.drafting import INTERNAL_MARK
from ticketyard.notify.telling.reading import count_unread, mark_read
from ticketyard.people.queries import get_team, list_agents, list_teams
from ticketyard.routing.queries import find_assignment
from ticketyard.sla.explaining import read_clocks
from ticketyard.tickets.assigning import assign_ticket, release_ticket
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.errors import TicketChangedMeanwhile
from ticketyard.tickets.labelling import Changes, change_ticket
from ticketyard.tickets.lifecycle import PRIORITIES
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.queries import (
    field_rules,
    list_attachments,
    list_categories,
    list_comments,
    list_macros,
    list_state_changes,
)
from ticketyard.tickets.related.listing import find_survivor, list_related, list_taken_in
from ticketyard.tickets.steps.course import step_of
from ticketyard.tickets.steps.setting import list_steps
from ticketyard.triage.correcting import correct_category, correct_priority, correct_team
from ticketyard.triage.queries import find_analysis
from ticketyard.triage.resolving.actions import Actions
from ticketyard.web.deps import Acting, Parts, Session, VisibleTicket, may
from ticketyard.web.pages import ticket_view, wording
from ticketyard.web.pages.agent_options import agent_options
from ticketyard.web.pages.clocks_view import clocks_view
from ticketyard.web.pages.frame import (
    DeskFrame,
    Flash,
    Frame,
    OwnFrame,
    back_to,
    fragment,
    page,
)
from ticketyard.web.pages.history_words import tell
from ticketyard.web.pages.lost_update import lost_update
from ticketyard.web.pages.mail_view import bounced_to
from ticketyard.web.pages.own_fields import field_views, sent_fields
from ticketyard.web.pages.receipt_view import ReceiptView, receipt_view
from ticketyard.web.pages.texts import texts_in
from ticketyard.web.pages.ticket_actions import read_actions
from ticketyard.web.pages.ticket_proposal import may_use, read_proposal

router = APIRouter(prefix="/tickets", include_in_schema=False)

ALERTS_SHOWN = 10
Version = Annotated[int, Form(ge=0, le=2**31 - 1)]


@dataclass(frozen=True)
class RefusedReply:
    """Words that could not be sent as they are, and why. is_draft: they began as the proposed answer."""

    body: str
    why: str
    is_draft: bool


@router.get("/{ticket_id}", dependencies=[may("tickets:read")])
async def get_ticket_page(
    request: Request,
    ticket: VisibleTicket,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    resources: Parts,
) -> Response:
    """The ticket with everything known about it; what one was told of it is read with that.

    `?draft=use` writes the proposed answer into the box, for whoever works without a script.
    """
    return await draw_ticket(request, ticket, session, by, frame, resources)


async def draw_ticket(
    request: Request,
    ticket: Ticket,
    session: AsyncSession,
    by: Principal,
    frame: Frame,
    resources: Resources,
    *,
    refused: RefusedReply | None = None,
) -> Response:
    """The page; with a reply that could not be sent, its words and why."""
    reader = by.person_id or 0
    if frame.unread and await mark_read(session, reader, ticket_id=ticket.id):
        frame = replace(frame, unread=await count_unread(session, reader))
    agents = await list_agents(session)
    proposal = await read_proposal(session, ticket, by)
    wants_draft = proposal is not None and request.query_params.get("draft") == "use"
    referrer = request.headers.get("referer", "")
    came_from = referrer.removeprefix(str(request.base_url).rstrip("/"))
    return page(
        "ticket/page.html",
        frame,
        place="queue",
        status=422 if refused else 200,
        ticket=await _view(session, ticket, by, frame.language),
        back=came_from if came_from.startswith("/queue") else "/queue",
        may_write=may_use(ticket, by),
        may_use=may_use(ticket, by),
        href=f"/tickets/{ticket.number}",
        proposal=proposal,
        actions=await read_actions(session, ticket, resources.part(Actions)),
        typed=refused.body if refused else proposal.draft if proposal and wants_draft else "",
        from_draft=refused.is_draft if refused else wants_draft,
        refused=refused.why if refused else "",
        internal_mark=INTERNAL_MARK,
        may_assign=by.may("tickets:assign") and ticket.merged_into is None,
        may_follow_up=by.may("tickets:write"),
        macros=[(each.id, each.name) for each in await list_macros(session)],
        link_words=wording.LINK,
        opened_panel=request.query_params.get("open", ""),
        agents=agent_options(agents, ticket.assignee_id),
        categories=[category.name for category in await list_categories(session)],
        priorities=[(value, wording.PRIORITY[value]) for value in PRIORITIES],
    )


@router.get("/{ticket_id}/news", dependencies=[may("tickets:read")])
async def get_ticket_news(ticket: VisibleTicket, frame: OwnFrame, version: int = 0) -> Response:
    """Whether the page one looks at is out of date, as a line with a way to the present one."""
    return fragment(
        "ticket/news.html",
        frame,
        href=f"/tickets/{ticket.number}",
        is_changed=ticket.version > version,
    )


async def _view(
    session: AsyncSession, ticket: Ticket, by: Principal, language: str
) -> dict[str, Any]:
    """The view model of the page."""
    attachments = await list_attachments(session, ticket.id)
    comments = await list_comments(session, ticket.id, by)
    changes = await list_state_changes(session, ticket.id)
    analysis = await find_analysis(session, ticket.id)
    names = await get_names(session, ticket.id)
    happenings = await list_history(session, ticket.id)
    came = await list_mails_of_ticket(session, ticket.id)
    sent = await list_sent_mails(session, ticket.id)
    rules = await field_rules(session)
    teams = {team.id: team.name for team in await list_teams(session)}
    thread = ticket_view.thread(ticket, comments, attachments)
    return {
        **_plain(ticket, names),
        "steps": ticket_view.next_steps(ticket.status),
        "way": ticket_view.way(ticket.status, changes),
        "comments": ticket_view.with_mail(thread, came, sent),
        "bounced": bounced_to(sent, ticket.requester_email),
        "attachments": [ticket_view.file_of(ticket, each) for each in attachments],
        **ticket_view.understood(
            ticket, analysis, await find_second_opinion(session, ticket.id), teams
        ),
        "team": names.team,
        "teams": list(teams.items()),
        "fields": ticket_view.details(
            ticket, None if teams else names.team, {each.name for each in rules}
        ),
        "custom_names": sorted(set(ticket.custom_fields) - {each.name for each in rules}),
        "own_fields": field_views(rules, ticket.custom_fields, ask=False),
        "related": await list_related(session, ticket.id, by),
        "took_in": await list_taken_in(session, ticket.id),
        "survivor": await find_survivor(session, ticket.id) if ticket.merged_into else None,
        "splittable": [each for each in comments if each.author_kind != "system"],
        "step": step_of(await list_steps(session), ticket.status, ticket.work_step).name,
        "history": [
            {"at": each.at, "text": tell(each.type, each.payload), "by": each.by_name}
            for each in happenings
        ],
        "receipt": await _receipt(session, ticket, language),
        "alerts": await list_alerts_of_ticket(session, ticket.id, limit=ALERTS_SHOWN),
        "clocks": clocks_view(await read_clocks(session, ticket.id), now_of(session)),
    }


async def _receipt(session: AsyncSession, ticket: Ticket, language: str) -> ReceiptView | None:
    """Why this person has it, as long as routing gave it to them; else why nobody has it."""
    decision = await find_assignment(session, ticket.id)
    if decision is None or decision.agent_id != ticket.assignee_id:
        return None
    return receipt_view(
        decision.receipt,
        client=ticket_view.requester_of(ticket),
        locale=texts_in(language).language,
    )


def _plain(ticket: Ticket, names: Names) -> dict[str, Any]:
    return {
        "id": ticket.id,
        "number": ticket.number,
        "title": ticket.title,
        "href": f"/tickets/{ticket.number}",
        "status": ticket.status,
        "version": ticket.version,
        "assignee_id": ticket.assignee_id,
        "assignee_name": names.assignee,
        "office_name": names.office,
        "can_be_assigned": ticket_view.is_assignable(ticket),
        "requester_name": ticket_view.requester_of(ticket),
        "requester_email": ticket.requester_email,
        "segment": ticket.segment,
        "source": ticket.source,
        "opened_at": ticket.created_at,
        "category": ticket.category,
        "priority": ticket.priority,
        "urgency": ticket.urgency,
        "tags": ticket.tags,
    }


@router.post("/{ticket_id}/status", dependencies=[may("tickets:write")])
async def post_status(
    ticket: VisibleTicket,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    status: Annotated[str, Form()],
    version: Version,
) -> Response:
    """Move it to a status that may follow."""
    try:
        await change_status(session, ticket_id=ticket.id, status=status, by=by, version=version)
    except TicketChangedMeanwhile:
        wanted = {"status": status}
        return await lost_update(session, ticket, frame, "status", version, wanted)
    return _back(ticket, f"The ticket is {wording.word(wording.STATUS, status).lower()}.")


@router.post("/{ticket_id}/assignee", dependencies=[may("tickets:assign")])
async def post_assignee(
    ticket: VisibleTicket,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    agent_id: Annotated[int, Form(ge=0, le=2**31 - 1)],
    version: Version,
) -> Response:
    """Give it to an agent."""
    try:
        await assign_ticket(session, ticket_id=ticket.id, agent_id=agent_id, by=by, version=version)
    except TicketChangedMeanwhile:
        wanted = {"agent_id": str(agent_id)}
        return await lost_update(session, ticket, frame, "assignee", version, wanted)
    names = await get_names(session, ticket.id)
    return _back(ticket, f"Given to {names.assignee}.")


@router.post("/{ticket_id}/release", dependencies=[may("tickets:assign")])
async def post_release(
    ticket: VisibleTicket, session: Session, by: Acting, frame: DeskFrame, version: Version
) -> Response:
    """Put it back into the queue."""
    try:
        await release_ticket(session, ticket_id=ticket.id, by=by, version=version)
    except TicketChangedMeanwhile:
        return await lost_update(session, ticket, frame, "release", version, {})
    return _back(ticket, "Released to the queue.")


@router.post("/{ticket_id}/category", dependencies=[may("triage:correct")])
async def post_category(
    ticket: VisibleTicket,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    category: Annotated[str, Form(max_length=200)],
    version: Version,
) -> Response:
    """Say what it is really about; the next one is guessed better."""
    changes = {"category": category}
    try:
        await correct_category(
            session, ticket_id=ticket.id, category=category, by=by, version=version
        )
    except TicketChangedMeanwhile:
        return await lost_update(session, ticket, frame, "category", version, changes)
    return _back(ticket, f"Filed under {wording.category(category)}.")


@router.post("/{ticket_id}/team", dependencies=[may("triage:correct")])
async def post_team(
    ticket: VisibleTicket,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    team_id: Annotated[int, Form(ge=0, le=2**31 - 1)],
    version: Version,
) -> Response:
    """Say which team it is for; the next one is guessed better."""
    try:
        await correct_team(session, ticket_id=ticket.id, team_id=team_id, by=by, version=version)
    except TicketChangedMeanwhile:
        wanted = {"team_id": str(team_id)}
        return await lost_update(session, ticket, frame, "team", version, wanted)
    return _back(ticket, f"For the team {(await get_team(session, team_id)).name}.")


@router.post("/{ticket_id}/priority", dependencies=[may("triage:correct")])
async def post_priority(
    ticket: VisibleTicket,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    priority: Annotated[str, Form(max_length=20)],
    version: Version,
) -> Response:
    """Say how much it matters."""
    changes = {"priority": priority}
    try:
        await correct_priority(
            session, ticket_id=ticket.id, priority=priority, by=by, version=version
        )
    except TicketChangedMeanwhile:
        return await lost_update(session, ticket, frame, "priority", version, changes)
    return _back(ticket, f"Priority: {wording.word(wording.PRIORITY, priority).lower()}.")


# A tag or a field of one's own undoes nobody's change, so these need no version.


@router.post("/{ticket_id}/tags", dependencies=[may("tickets:write")])
async def post_tag(
    ticket: VisibleTicket,
    session: Session,
    by: Acting,
    tag: Annotated[str, Form(max_length=60)],
) -> Response:
    """Mark it with one more word."""
    await change_ticket(
        session, ticket_id=ticket.id, changes=Changes.of({"add_tags": [tag]}), by=by
    )
    return _back(ticket)


@router.post("/{ticket_id}/tags/remove", dependencies=[may("tickets:write")])
async def post_untag(
    ticket: VisibleTicket,
    session: Session,
    by: Acting,
    tag: Annotated[str, Form(max_length=60)],
) -> Response:
    """Take one word away."""
    await change_ticket(
        session, ticket_id=ticket.id, changes=Changes.of({"remove_tags": [tag]}), by=by
    )
    return _back(ticket)


@router.post("/{ticket_id}/fields", dependencies=[may("tickets:write")])
async def post_field(
    ticket: VisibleTicket,
    session: Session,
    by: Acting,
    name: Annotated[list[str], Form()],
    value: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Set custom fields, each name beside its value; an empty value takes its field away."""
    given = sent_fields(name, value or [""] * len(name))
    changes = Changes.of({"custom_fields": given})
    await change_ticket(session, ticket_id=ticket.id, changes=changes, by=by)
    if len(given) > 1:
        return _back(ticket, "The fields are saved.")
    ((one, said),) = given.items()
    return _back(ticket, f"{one.strip()}: {said or 'taken away'}.")


def _back(ticket: Ticket, said: str = "") -> Response:
    lines = [Flash("clear", said)] if said else []
    return back_to(f"/tickets/{ticket.number}", *lines)
