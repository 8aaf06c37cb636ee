"""Settings, automation: one solution, to be written, changed, switched on and put away."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Response
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.errors import Refusal
from ticketyard.core.resources import Resources
from ticketyard.core.shapes import RowId, storable
from ticketyard.tickets.queries import list_categories
from ticketyard.triage.resolving.actions import Actions
from ticketyard.triage.resolving.errors import BadSolution
from ticketyard.triage.resolving.models import Solution
from ticketyard.triage.resolving.queries import get_solution
from ticketyard.triage.resolving.solutions import (
    SolutionDraft,
    add_solution,
    change_solution,
    delete_solution,
)
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.pages import wording
from ticketyard.web.pages.automation import HOME, KINDS, STATES
from ticketyard.web.pages.frame import DeskFrame, Flash, Frame, back_to, page

router = APIRouter(prefix=f"{HOME}/solutions", include_in_schema=False)

_Line = Annotated[str, Form(max_length=2_000)]
_Text = Annotated[str, Form(max_length=60_000)]


@dataclass(frozen=True)
class SolutionForm:
    """What stands in the boxes: steps one a line, parameters as `name: value`, success in per cent."""

    title: str = ""
    category: str = ""
    kind: str = "self_service_link"
    description: str = ""
    steps: str = ""
    link: str = ""
    action: str = ""
    parameters: str = ""
    success: str = "50"
    minutes: str = "15"
    state: str = "draft"

    @classmethod
    def of(cls, solution: Solution) -> "SolutionForm":
        """A solution as it stands in the boxes."""
        return cls(
            title=solution.title,
            category=solution.category,
            kind=solution.kind,
            description=solution.description,
            steps="\n".join(solution.steps),
            link=solution.link or "",
            action=solution.action or "",
            parameters="\n".join(f"{name}: {value}" for name, value in solution.parameters.items()),
            success=f"{solution.success_rate * 100:g}",
            minutes=str(solution.minutes),
            state=solution.state,
        )

    def values(self) -> dict[str, Any]:
        """The fields of a SolutionDraft, such as can be kept. Raises BadSolution."""
        given: dict[str, Any] = storable(self._values())
        return given

    def _values(self) -> dict[str, Any]:
        if self.kind not in KINDS or self.state not in STATES:
            raise BadSolution("There is no such kind or state.")
        steps = [line[:1_000] for line in self.steps.splitlines()]
        return {
            "title": self.title[:200],
            "category": self.category,
            "kind": self.kind,
            "description": self.description.strip()[:4_000],
            "steps": steps,
            "link": self.link.strip() or None,
            "action": self.action or None,
            "parameters": _parameters(self.parameters),
            "success_rate": _number(self.success, "Success", 0, 100) / 100,
            "minutes": int(_number(self.minutes, "Minutes", 1, 10_080)),
            "state": self.state,
        }


def _parameters(text: str) -> dict[str, str]:
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, mark, value = line.partition(":")
        if not mark or not value.strip():
            raise BadSolution("A parameter is written as name: value, one a line.")
        found[name.strip()[:50]] = value.strip()
    return found


def _number(text: str, name: str, least: float, most: float) -> float:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        raise BadSolution(f"{name} is a number.") from None
    # Also refuses what is no number, which compares to nothing.
    if not least <= number <= most:
        raise BadSolution(f"{name} lies between {least:g} and {most:g}.")
    return number


async def _sent(
    title: _Line = "",
    category: _Line = "",
    kind: _Line = "",
    description: _Text = "",
    steps: _Text = "",
    link: _Line = "",
    action: _Line = "",
    parameters: _Text = "",
    success: _Line = "",
    minutes: _Line = "",
    state: _Line = "draft",
) -> SolutionForm:
    return SolutionForm(
        title=title,
        category=category,
        kind=kind,
        description=description,
        steps=steps,
        link=link,
        action=action,
        parameters=parameters,
        success=success,
        minutes=minutes,
        state=state,
    )


Sent = Annotated[SolutionForm, Depends(_sent)]


@router.get("/new", dependencies=[may("settings:manage")])
async def get_new(session: Session, frame: DeskFrame, resources: Parts) -> Response:
    """An empty form."""
    return await _show(session, frame, resources, SolutionForm())


@router.post("/new", dependencies=[may("settings:manage")])
async def post_new(
    session: Session, by: Acting, frame: DeskFrame, resources: Parts, sent: Sent
) -> Response:
    """Keep a new one."""
    try:
        async with session.begin_nested():
            draft = SolutionDraft(**sent.values())
            kept = await add_solution(session, draft, actions=resources.part(Actions), by=by)
    except Refusal as refusal:
        return await _show(session, frame, resources, sent, problem=refusal.detail)
    return back_to(f"{HOME}#solutions", Flash("clear", f"“{kept.title}” is kept."))


@router.get("/{solution_id}", dependencies=[may("settings:manage")])
async def get_one(
    solution_id: RowId, session: Session, frame: DeskFrame, resources: Parts
) -> Response:
    """One, to be changed."""
    solution = await get_solution(session, solution_id)
    return await _show(session, frame, resources, SolutionForm.of(solution), solution=solution)


@router.post("/{solution_id}", dependencies=[may("settings:manage")])
async def post_one(
    solution_id: RowId,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    resources: Parts,
    sent: Sent,
    version: Annotated[int, Form(ge=1, le=2**31 - 1)],
) -> Response:
    """Save it, as long as nobody else did since it was opened."""
    try:
        async with session.begin_nested():
            kept = await _change(session, resources, solution_id, sent.values(), by, version)
    except Refusal as refusal:
        found = await get_solution(session, solution_id)
        return await _show(
            session, frame, resources, sent, solution=found, problem=refusal.detail, version=version
        )
    return back_to(f"{HOME}#solutions", Flash("clear", f"“{kept.title}” is saved."))


@router.post("/{solution_id}/state", dependencies=[may("settings:manage")])
async def post_state(
    solution_id: RowId,
    session: Session,
    by: Acting,
    resources: Parts,
    state: Annotated[str, Form(max_length=20)],
) -> Response:
    """Switch it on, or put it away."""
    await get_solution(session, solution_id)
    if state not in STATES:
        return back_to(f"{HOME}#solutions", Flash("stop", "There is no such state."))
    try:
        async with session.begin_nested():
            await _change(session, resources, solution_id, {"state": state}, by)
    except Refusal as refusal:
        return back_to(f"{HOME}/solutions/{solution_id}", Flash("stop", refusal.detail))
    return back_to(f"{HOME}#solutions", Flash("clear", f"It is {STATES[state].lower()} now."))


@router.post("/{solution_id}/delete", dependencies=[may("settings:manage")])
async def post_delete(solution_id: RowId, session: Session, by: Acting) -> Response:
    """Forget it; what it resolved stays resolved."""
    await delete_solution(session, solution_id=solution_id, by=by)
    return back_to(f"{HOME}#solutions", Flash("clear", "The solution is forgotten."))


async def _change(
    session: AsyncSession,
    resources: Resources,
    solution_id: int,
    changes: Mapping[str, Any],
    by: Principal,
    version: int | None = None,
) -> Solution:
    return await change_solution(
        session,
        solution_id=solution_id,
        changes=changes,
        version=version,
        actions=resources.part(Actions),
        by=by,
    )


async def _show(
    session: AsyncSession,
    frame: Frame,
    resources: Resources,
    form: SolutionForm,
    *,
    solution: Solution | None = None,
    problem: str = "",
    version: int | None = None,
) -> Response:
    return page(
        "automation/solution.html",
        frame,
        place="settings",
        tab="automation",
        status=422 if problem else 200,
        form=form,
        solution=solution,
        version=version or (solution.version if solution else 0),
        problem=problem,
        kinds=list(KINDS.items()),
        states=list(STATES.items()),
        categories=[
            (each.name, wording.category(each.name)) for each in await list_categories(session)
        ],
        actions=[(each.name, each.name) for each in resources.part(Actions).all()],
    )
