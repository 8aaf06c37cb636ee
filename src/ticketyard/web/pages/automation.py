"""Settings, automation: the rule, the solutions, the actions with their endpoints, what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Response
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.errors import Refusal
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.sealing import Sealer
from ticketyard.core.shapes import storable
from ticketyard.insights.automation import count_sure, list_last_resolved, list_last_runs
from ticketyard.tickets.queries import list_categories
from ticketyard.triage.resolving.actions import Action, Actions
from ticketyard.triage.resolving.deciding import rank_solutions
from ticketyard.triage.resolving.models import ActionEndpoint, AutoResolutionRule, Solution
from ticketyard.triage.resolving.queries import (
    get_rule,
    list_endpoints,
    list_records,
    list_solutions,
)
from ticketyard.triage.resolving.ranking import Record, expected_success
from ticketyard.triage.resolving.rule import decide
from ticketyard.triage.resolving.setting_up import change_rule, remove_endpoint, set_endpoint
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.pages.frame import DeskFrame, Flash, Frame, back_to, page

router = APIRouter(prefix="/settings/automation", include_in_schema=False)

HOME = "/settings/automation"
SHOWN = 10
# A question to the rule alone: the classification of each ticket is counted apart.
_CERTAIN = 1.0
KINDS = {
    "self_service_link": "A page to help oneself",
    "automated_script": "An action",
    "manual_steps": "Steps for an agent",
    "knowledge_article": "Something to read",
    "escalation_required": "Somebody else must do it",
}
STATES = {"draft": "Draft", "active": "Active", "archived": "Put away"}
_ORDER = ("active", "draft", "archived")
_ActionName = Annotated[str, Path(max_length=50)]


@dataclass(frozen=True)
class SolutionRow:
    """A solution with what came of it."""

    solution: Solution
    settled: int
    share: float


@dataclass(frozen=True)
class Outlook:
    """What the rule would do about a category. tickets: surely about it in the last week."""

    category: str
    tickets: int
    may_resolve: bool
    says: str


@dataclass(frozen=True)
class ActionRow:
    """An action and whether it can be run here."""

    action: Action
    endpoint: ActionEndpoint | None

    @property
    def state(self) -> str:
        """program, on, off, or none: nobody said who does it."""
        if self.action.run is not None:
            return "program"
        if self.endpoint is None:
            return "none"
        return "on" if self.endpoint.is_enabled else "off"


@router.get("", dependencies=[may("settings:manage")])
async def get_automation(session: Session, frame: DeskFrame, resources: Parts) -> Response:
    """The rule and what it would do, solutions, actions, and what was done last."""
    rule = await get_rule(session)
    return page(
        "automation/page.html",
        frame,
        place="settings",
        tab="automation",
        rule=rule,
        categories=[each.name for each in await list_categories(session)],
        outlook=await _outlook(session, rule),
        solutions=await _solutions(session),
        actions=await action_rows(session, resources.part(Actions)),
        runs=await list_last_runs(session, limit=SHOWN),
        resolved=await list_last_resolved(session, limit=SHOWN),
        kinds=KINDS,
        states=STATES,
    )


async def _outlook(session: AsyncSession, rule: AutoResolutionRule) -> list[Outlook]:
    sure = await count_sure(session)
    found = []
    for category in rule.categories:
        ranked = await rank_solutions(session, category, "medium")
        decision = decide(category, _CERTAIN, ranked, rule.categories)
        says = f"“{ranked[0].title}” is sent." if decision.can_auto_resolve else decision.reasoning
        found.append(Outlook(category, sure.get(category, 0), decision.can_auto_resolve, says))
    return found


async def _solutions(session: AsyncSession) -> Sequence[SolutionRow]:
    records = await list_records(session)
    rows = []
    for each in await list_solutions(session):
        known = records.get(each.id, Record())
        rows.append(SolutionRow(each, known.settled, expected_success(each.success_rate, known)))
    return sorted(rows, key=lambda row: (_ORDER.index(row.solution.state), row.solution.id))


async def action_rows(session: AsyncSession, actions: Actions) -> list[ActionRow]:
    """Every action with the company's endpoint for it."""
    endpoints = await list_endpoints(session)
    return [ActionRow(each, endpoints.get(each.name)) for each in actions.all()]


@router.post("/rule", dependencies=[may("settings:manage")])
async def post_rule(
    session: Session,
    by: Acting,
    is_on: Annotated[bool, Form()] = False,
    category: Annotated[list[str] | None, Form()] = None,
    per_requester_per_day: Annotated[int, Form(ge=1, le=100)] = 3,
) -> Response:
    """Say whether a machine may resolve tickets, of which categories, and how many."""
    try:
        async with session.begin_nested():
            await change_rule(
                session,
                is_on=is_on,
                categories=storable(category or []),
                per_requester_per_day=per_requester_per_day,
                by=by,
            )
    except Refusal as refusal:
        return back_to(HOME, Flash("stop", refusal.detail))
    if is_on and not category:
        return back_to(HOME, Flash("caution", "It is on, but no category is chosen."))
    said = "Tickets may be resolved without a person." if is_on else "A person has every ticket."
    return back_to(HOME, Flash("clear", said))


@router.get("/actions/{action_name}", dependencies=[may("settings:manage")])
async def get_action(
    action_name: _ActionName, session: Session, frame: DeskFrame, resources: Parts
) -> Response:
    """One action: what it needs, and where it is done."""
    action = resources.part(Actions).get(action_name)
    return await _action(session, frame, action)


@router.post("/actions/{action_name}", dependencies=[may("settings:manage")])
async def post_action(
    action_name: _ActionName,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    resources: Parts,
    url: Annotated[str, Form(max_length=500)] = "",
    is_enabled: Annotated[bool, Form()] = False,
    new_secret: Annotated[bool, Form()] = False,
) -> Response:
    """Say where it is done. A new secret is in this one answer, so this form answers with a page."""
    known = resources.part(Actions)
    action = known.get(action_name)
    try:
        async with session.begin_nested():
            _, secret = await set_endpoint(
                session,
                action=action_name,
                url=url,
                is_enabled=is_enabled,
                renew=new_secret,
                actions=known,
                sealer=resources.part(Sealer),
                outgoing=resources.part(Outgoing),
                by=by,
            )
    except Refusal as refusal:
        form = {"url": url, "is_enabled": is_enabled, "error": refusal.detail}
        return await _action(session, frame, action, form=form, status=422)
    if secret is None:
        return back_to(f"{HOME}/actions/{action_name}", Flash("clear", "Saved."))
    return await _action(session, frame, action, secret=secret)


@router.post("/actions/{action_name}/delete", dependencies=[may("settings:manage")])
async def post_delete_endpoint(action_name: _ActionName, session: Session, by: Acting) -> Response:
    """Forget where it is done."""
    await remove_endpoint(session, action=action_name, by=by)
    return back_to(
        HOME, Flash("clear", f"Nobody does {action_name} any more; it fails, and says so.")
    )


async def _action(
    session: AsyncSession,
    frame: Frame,
    action: Action,
    *,
    secret: str = "",
    form: dict[str, Any] | None = None,
    status: int = 200,
) -> Response:
    row = ActionRow(action, (await list_endpoints(session)).get(action.name))
    kept = {
        "url": row.endpoint.url if row.endpoint else "",
        "is_enabled": row.endpoint.is_enabled if row.endpoint else True,
        "error": "",
    }
    return page(
        "automation/action.html",
        frame,
        place="settings",
        tab="automation",
        status=status,
        row=row,
        secret=secret,
        form=form or kept,
    )
