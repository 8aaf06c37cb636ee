"""Write, change and delete solutions."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.phrases import plain_words
from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.core.outgoing_address import BadUrl, read_url
from ticketyard.tickets.labelling import find_category
from ticketyard.triage.resolving.actions import Actions
from ticketyard.triage.resolving.errors import (
    BadSolution,
    SolutionChangedMeanwhile,
    SolutionTwin,
)
from ticketyard.triage.resolving.events import SolutionChanged
from ticketyard.triage.resolving.models import Solution
from ticketyard.triage.resolving.queries import get_solution, list_solutions
from ticketyard.triage.resolving.ranking import is_twin

STEPS_MAX: Final = 50
"""A person may store 1 to 50 steps on a solution (contracts 4.1)."""

_EXAMPLE_HOSTS = ("example.com", "example.org", "example.net")


@dataclass(frozen=True, kw_only=True)
class SolutionDraft:
    """A solution as somebody wants it."""

    title: str
    category: str
    kind: str
    description: str = ""
    steps: Sequence[str] = ()
    link: str | None = None
    action: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    success_rate: float = 0.5
    minutes: int = 15
    state: str = "draft"


async def add_solution(
    session: AsyncSession, draft: SolutionDraft, *, actions: Actions, by: Principal
) -> Solution:
    """Keep a new solution. Raises BadSolution, UnknownCategory, ActionNotFound, SolutionTwin."""
    checked = await _checked(session, draft, actions)
    await _refuse_twin(session, checked)
    solution = Solution(company_id=company_of(session), **_values(checked))
    session.add(solution)
    await _tell(session, solution, "added", by)
    return solution


async def change_solution(
    session: AsyncSession,
    *,
    solution_id: int,
    changes: Mapping[str, Any],
    version: int | None,
    actions: Actions,
    by: Principal,
) -> Solution:
    """Change what is given by name.

    Raises SolutionNotFound, SolutionChangedMeanwhile, BadSolution, UnknownCategory, ActionNotFound.
    """
    solution = await get_solution(session, solution_id, lock=True)
    if version is not None and version != solution.version:
        raise SolutionChangedMeanwhile(
            "Somebody else changed this solution meanwhile; look at it again.",
            version=solution.version,
        )
    present = SolutionDraft(**{name: getattr(solution, name) for name in _FIELDS})
    checked = await _checked(session, replace(present, **changes), actions)
    for name, value in _values(checked).items():
        setattr(solution, name, value)
    solution.version += 1
    solution.updated_at = now_of(session)
    await _tell(session, solution, "changed", by)
    return solution


async def delete_solution(session: AsyncSession, *, solution_id: int, by: Principal) -> None:
    """Forget it; what it resolved stays resolved. Raises SolutionNotFound."""
    solution = await get_solution(session, solution_id, lock=True)
    await _tell(session, solution, "deleted", by)
    await session.delete(solution)


async def _checked(session: AsyncSession, draft: SolutionDraft, actions: Actions) -> SolutionDraft:
    """The draft in its normal form, if it can be used."""
    category = await find_category(session, draft.category)
    steps = [step.strip() for step in draft.steps if step.strip()]
    if len(steps) > STEPS_MAX:
        raise BadSolution(f"A solution has {STEPS_MAX} steps at most.")
    if not draft.title.strip():
        raise BadSolution("A solution needs a title.")
    checked = replace(
        draft,
        title=" ".join(draft.title.split()),
        category=category or draft.category,
        steps=steps,
        link=(draft.link or "").strip() or None,
    )
    _check_link(checked)
    if checked.kind == "automated_script" or checked.action:
        action = actions.get(checked.action or "")
        # The requester's address is known only then; any stands in for it here.
        action.filled(checked.parameters, "somebody@example.com")
    return checked


def _check_link(draft: SolutionDraft) -> None:
    if draft.link is None:
        if draft.kind == "self_service_link":
            raise BadSolution("Name the page on which people can help themselves.")
        return
    try:
        read_url(draft.link)
    except BadUrl as error:
        raise BadSolution(str(error)) from None
    host = (urlsplit(draft.link).hostname or "").lower()
    if draft.state == "active" and host.endswith(_EXAMPLE_HOSTS):
        raise BadSolution("Put the address of your own page before you switch it on.")


async def _refuse_twin(session: AsyncSession, draft: SolutionDraft) -> None:
    mine = _words(draft.title, draft.steps)
    for each in await list_solutions(session, category=draft.category):
        if is_twin(mine, _words(each.title, each.steps)):
            raise SolutionTwin(
                f"“{each.title}” says the same already; change that one.", solution_id=each.id
            )


def _words(title: str, steps: Sequence[str]) -> frozenset[str]:
    return frozenset(plain_words(" ".join((title, *steps))))


_FIELDS: Final = tuple(SolutionDraft.__dataclass_fields__)


def _values(draft: SolutionDraft) -> dict[str, Any]:
    return asdict(draft) | {"steps": list(draft.steps), "parameters": dict(draft.parameters)}


async def _tell(session: AsyncSession, solution: Solution, what: str, by: Principal) -> None:
    await session.flush()
    event = SolutionChanged(solution_id=solution.id, title=solution.title, what=what)
    await emit(session, event, by=by)
