"""Open a ticket by hand: for who rings up, from a template or without one."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from ticketyard.core.errors import Refusal
from ticketyard.people.queries import list_agents, list_teams
from ticketyard.tickets.lifecycle import PRIORITIES
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.queries import field_rules, list_categories, list_templates
from ticketyard.tickets.ready.keeping import get_template
from ticketyard.tickets.ready.opening_by_hand import ByHand, open_by_hand
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.pages import wording
from ticketyard.web.pages.agent_options import agent_options
from ticketyard.web.pages.frame import DeskFrame, Flash, Frame, back_to, page
from ticketyard.web.pages.own_fields import field_views, sent_fields

router = APIRouter(prefix="/tickets", include_in_schema=False)

_EMPTY: dict[str, Any] = {
    "title": "", "description": "", "requester_name": "", "requester_email": "", "priority": "",
    "category": "", "team_id": "", "agent_id": "", "tags": "", "custom_fields": {},
}  # fmt: skip
_Text = Annotated[str, Form(max_length=1_000)]


@router.get("/new", dependencies=[may("tickets:write")])
async def get_new(session: Session, frame: DeskFrame, template: str = "") -> Response:
    """The form, filled in as far as a template says."""
    given = dict(_EMPTY)
    template_id = int(template) if template.isascii() and template.isdigit() else 0
    if 0 < template_id < 2**31:
        found = await get_template(session, template_id)
        given |= {
            "title": found.title,
            "description": found.description,
            "priority": found.priority or "",
            "category": found.category or "",
            "team_id": str(found.team_id or ""),
            "tags": ", ".join(found.tags),
            "custom_fields": found.custom_fields,
        }
    return await _form(session, frame, given, template_id=template_id)


@router.post("/new", dependencies=[may("tickets:write")])
async def post_new(
    session: Session,
    resources: Parts,
    by: Acting,
    frame: DeskFrame,
    title: _Text = "",
    description: Annotated[str, Form(max_length=200_000)] = "",
    requester_name: _Text = "",
    requester_email: _Text = "",
    priority: Annotated[str, Form(max_length=20)] = "",
    category: Annotated[str, Form(max_length=200)] = "",
    team_id: Annotated[str, Form(max_length=10)] = "",
    agent_id: Annotated[str, Form(max_length=10)] = "",
    tags: _Text = "",
    field_name: Annotated[list[str] | None, Form()] = None,
    field_value: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Open it, and go there."""
    given: dict[str, Any] = {
        "title": title,
        "description": description,
        "requester_name": requester_name,
        "requester_email": requester_email,
        "priority": priority,
        "category": category,
        "team_id": team_id,
        "agent_id": agent_id,
        "tags": tags,
    }
    try:
        given["custom_fields"] = sent_fields(field_name or (), field_value or ())
        async with session.begin_nested():
            opened = await open_by_hand(
                session,
                ByHand(
                    title=title,
                    description=description,
                    requester_name=requester_name or None,
                    requester_email=requester_email or None,
                    priority=priority or None,
                    category=category or None,
                    team_id=_id(team_id),
                    assignee_id=_id(agent_id),
                    tags=tuple(each for each in tags.split(",") if each.strip()),
                    custom_fields=given["custom_fields"],
                ),
                numbers=resources.part(Numbers),
                now=resources.clock(),
                by=by,
            )
    except Refusal as refusal:
        given.setdefault("custom_fields", {})
        return await _form(session, frame, given, refusal=refusal.detail)
    return back_to(f"/tickets/{opened.number}", Flash("clear", f"{opened.number} is open."))


def _id(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and 0 < int(word) < 2**31 else None


async def _form(
    session: Session,
    frame: Frame,
    given: dict[str, Any],
    *,
    template_id: int = 0,
    refusal: str = "",
) -> Response:
    return page(
        "ticket/new.html",
        frame,
        place="queue",
        status=422 if refusal else 200,
        given=given,
        refusal=refusal,
        templates=[(each.id, each.name) for each in await list_templates(session)],
        template_id=template_id,
        priorities=[(value, wording.PRIORITY[value]) for value in PRIORITIES],
        categories=[
            (each.name, wording.category(each.name)) for each in await list_categories(session)
        ],
        teams=[(each.id, each.name) for each in await list_teams(session)],
        agents=agent_options(await list_agents(session)),
        fields=field_views(await field_rules(session), given["custom_fields"]),
    )
