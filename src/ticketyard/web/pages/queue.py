"""The queue: what waits, filtered, with changes to many tickets at once."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.shapes import RowId
from ticketyard.insights.desk import (
    COUNT_MAX,
    count_queue,
    count_tabs,
    list_queue,
    newest_opening,
)
from ticketyard.insights.queue_filter import NOBODY, QueueFilter
from ticketyard.people.queries import AgentProfile, list_agents, list_offices
from ticketyard.tickets.bulk import BulkChange, Outcome, change_many
from ticketyard.tickets.labelling import Changes
from ticketyard.tickets.lifecycle import PRIORITIES, STATUSES
from ticketyard.tickets.queries import (
    field_rules,
    list_categories,
    list_macros,
    list_saved_views,
)
from ticketyard.tickets.viewing import delete_view, save_view
from ticketyard.web.deps import Acting, Session, may
from ticketyard.web.pages import wording
from ticketyard.web.pages.agent_options import AGENT_OPTIONS_MAX, agent_options
from ticketyard.web.pages.frame import DeskFrame, Flash, OwnFrame, back_to, capped, fragment, page
from ticketyard.web.pages.queue_address import (
    is_filtered,
    parse_filter,
    parse_instant,
    render_address,
    without_filters,
)

router = APIRouter(prefix="/queue", include_in_schema=False)

PAGE_ROWS = 50
TABS = (("open", "Open"), ("mine", "Mine"), ("unassigned", "Unassigned"), ("review", "To check"))
SORT_WORDS = {
    "oldest": "Oldest first",
    "priority": "By priority",
    "updated": "Last changed",
    "due": "Due first",
}


@router.get("", dependencies=[may("tickets:read")])
async def get_queue(request: Request, session: Session, by: Acting, frame: DeskFrame) -> Response:
    """One page of the queue."""
    wanted = parse_filter(request.query_params)
    after = request.query_params.get("after", "")[:400]
    newest = await newest_opening(session)
    rows, following = await list_queue(
        session, wanted, person_id=by.person_id, after=after, limit=PAGE_ROWS
    )
    # A plain view is counted by its tab; a filtered one is worth an exact number.
    filtered = is_filtered(wanted)
    total = await count_queue(session, wanted, person_id=by.person_id) if filtered else COUNT_MAX
    agents = (await list_agents(session))[:AGENT_OPTIONS_MAX]
    views = await _views(session, wanted, by)
    return page(
        "queue/page.html",
        frame,
        place="queue",
        view_name=next((view["name"] for view in views if view["current"]), "Queue"),
        views=views,
        filters=wanted,
        choices=await _choices(session, wanted, agents),
        filtered=filtered,
        clear_href=render_address(without_filters(wanted)),
        here=render_address(wanted, after),
        news_href=_news_href(wanted, newest),
        rows=rows,
        total=total if total < COUNT_MAX else None,
        agents=agent_options(agents),
        macros=[(each.id, each.name) for each in await list_macros(session)],
        may_write=by.may("tickets:write"),
        statuses=[(value, wording.STATUS[value]) for value in STATUSES],
        first_href=render_address(wanted) if after else None,
        next_href=render_address(wanted, following) if following else None,
    )


@router.get("/news", dependencies=[may("tickets:read")])
async def get_news(
    request: Request, session: Session, by: Acting, frame: OwnFrame, since: str = ""
) -> Response:
    """How many tickets of this queue came after `since`, as a button that shows them."""
    wanted = parse_filter(request.query_params)
    count = await count_queue(
        session, wanted, person_id=by.person_id, newer_than=parse_instant(since)
    )
    return fragment("queue/news.html", frame, count=count, href=render_address(wanted))


@router.post("/bulk", dependencies=[may("tickets:write")])
async def post_bulk(
    session: Session,
    by: Acting,
    action: Annotated[str, Form()],
    ticket: Annotated[list[RowId] | None, Form()] = None,
    agent_id: Annotated[str, Form()] = "",
    status: Annotated[str, Form()] = "",
    tag: Annotated[str, Form(max_length=60)] = "",
    macro_id: Annotated[str, Form(max_length=10)] = "",
    back: Annotated[str, Form(max_length=4000)] = "/queue",
) -> Response:
    """Do one thing to each selected ticket; what cannot be done hinders no other."""
    if not ticket:
        return back_to(back, Flash("caution", "No ticket was selected."))
    if action == "macro" and macro_id.isdecimal():
        change = BulkChange(macro_id=min(int(macro_id), 2**31 - 1))
    else:
        change = _bulk_change(action, agent_id=agent_id, status=status, tag=tag, by=by)
    if change.is_empty():
        return back_to(back, Flash("caution", "Choose what to do with the selected tickets."))
    return back_to(back, *_told(await change_many(session, ticket, change, by=by)))


@router.post("/views", dependencies=[may("tickets:read")])
async def post_view(
    session: Session,
    by: Acting,
    name: Annotated[str, Form(max_length=40)],
    query: Annotated[str, Form(max_length=4000)],
) -> Response:
    """Keep these filters under a name."""
    wanted = parse_filter(dict(parse_qsl(urlsplit(query).query)))
    await save_view(session, name=name, query={**wanted.__dict__}, by=by)
    return back_to(render_address(wanted), Flash("clear", f"Saved as “{name.strip()}”."))


@router.post("/views/{view_id}/forget", dependencies=[may("tickets:read")])
async def post_forget_view(view_id: RowId, session: Session, by: Acting) -> Response:
    """Drop a saved view."""
    await delete_view(session, view_id=view_id, by=by)
    return back_to("/queue")


def _bulk_change(action: str, *, agent_id: str, status: str, tag: str, by: Principal) -> BulkChange:
    """What the pressed button means, with what was chosen beside it."""
    if action == "assign_me":
        return BulkChange(assignee_id=by.person_id)
    if action == "assign" and agent_id.isdecimal():
        return BulkChange(assignee_id=int(agent_id))
    if action == "status" and status:
        return BulkChange(status=status)
    if action == "tag" and tag.strip():
        return BulkChange(changes=Changes.of({"add_tags": [tag]}))
    return BulkChange()


def _told(outcomes: Sequence[Outcome]) -> list[Flash]:
    """How it went, each reason once."""
    refusals = Counter(each.refusal.detail for each in outcomes if each.refusal)
    done = len(outcomes) - refusals.total()
    lines = [Flash("clear", f"{_counted(done)} changed.")] if done else []
    return lines + [
        Flash("caution", f"{_counted(count)} left as before: {why}")
        for why, count in refusals.most_common(3)
    ]


def _counted(count: int) -> str:
    return f"{count} {'ticket' if count == 1 else 'tickets'}"


async def _views(session: AsyncSession, wanted: QueueFilter, by: Principal) -> list[dict[str, Any]]:
    saved = await list_saved_views(session, by.person_id) if by.person_id else []
    own = [(view, parse_filter({k: str(v) for k, v in view.query.items()})) for view in saved]
    is_own = any(wanted == filters for _, filters in own)
    counts = await count_tabs(session, person_id=by.person_id)
    tabs: list[dict[str, Any]] = [
        {
            "name": name,
            "href": render_address(QueueFilter(view)),
            "current": wanted.view == view and not is_own,
            "count": capped(counts[view]),
            "forget": None,
        }
        for view, name in TABS
    ]
    tabs.append(
        {
            "name": "All",
            "href": render_address(QueueFilter("all")),
            "current": wanted.view == "all" and not is_own,
            "count": None,
            "forget": None,
        }
    )
    for saved_view, filters in own:
        tabs.append(
            {
                "name": saved_view.name,
                "href": render_address(filters),
                "current": wanted == filters,
                "count": None,
                "forget": f"/queue/views/{saved_view.id}/forget",
            }
        )
    return tabs


async def _choices(
    session: AsyncSession, wanted: QueueFilter, agents: Sequence[AgentProfile]
) -> list[dict[str, Any]]:
    categories = await list_categories(session)
    offices = await list_offices(session)
    options: dict[str, tuple[str, list[tuple[object, str]]]] = {
        "status": ("Status", [(value, wording.STATUS[value]) for value in STATUSES]),
        "priority": ("Priority", [(v, wording.PRIORITY[v]) for v in reversed(PRIORITIES)]),
        "category": ("Category", [(c.name, wording.category(c.name)) for c in categories]),
        "sentiment": ("Sentiment", list(wording.SENTIMENT.items())),
        "assignee": ("Assignee", [(NOBODY, "Nobody"), *((a.id, a.name) for a in agents)]),
        "office": ("Office", [(office.id, office.name) for office in offices]),
        "language": ("Language", [(code, wording.LANGUAGE[code]) for code in ("RU", "KZ", "ENG")]),
        "source": ("Source", list(wording.SOURCE.items())),
        "promise": ("Service levels", [("broken", "Broken"), ("kept", "Not broken")]),
        "field": ("Field", await _field_options(session, wanted.field)),
        "sort": ("Newest first", list(SORT_WORDS.items())),
    }
    return [
        {
            "name": name,
            "label": label,
            "title": "Order" if name == "sort" else label,
            "options": values,
            "chosen": getattr(wanted, name),
        }
        for name, (label, values) in options.items()
        if values
    ]


async def _field_options(session: AsyncSession, chosen: str) -> list[tuple[object, str]]:
    """The values there are to choose from in the company's own fields; others come by a link."""
    options: list[tuple[object, str]] = []
    for rule in await field_rules(session):
        values = ("yes", "no") if rule.kind == "yes_no" else rule.choices
        options += [(f"{rule.name}:{each}", f"{rule.name}: {each}") for each in values]
    if chosen and chosen not in dict(options):
        options.append((chosen, chosen.replace(":", ": ", 1)))
    return options


def _news_href(wanted: QueueFilter, newest: datetime | None) -> str:
    address = render_address(wanted).removeprefix("/queue")
    since = urlencode({"since": newest.isoformat() if newest else ""})
    return f"/queue/news{address}{'&' if address else '?'}{since}"
