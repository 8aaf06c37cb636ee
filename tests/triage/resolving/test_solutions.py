from dataclasses import replace
from typing import Any

import pytest

from tests.triage.resolving.helping import LINK, SCRIPT
from tests.world import World
from ticketyard.core.errors import Refusal
from ticketyard.tickets.errors import UnknownCategory
from ticketyard.triage.resolving.actions import Actions
from ticketyard.triage.resolving.errors import (
    ActionNotFound,
    BadAction,
    BadSolution,
    SolutionChangedMeanwhile,
    SolutionNotFound,
    SolutionTwin,
)
from ticketyard.triage.resolving.models import Solution
from ticketyard.triage.resolving.queries import list_solutions
from ticketyard.triage.resolving.solutions import (
    SolutionDraft,
    add_solution,
    change_solution,
    delete_solution,
)

ACTIONS = Actions()


async def add(world: World, draft: SolutionDraft) -> Solution:
    async with world.resources.db.transaction(world.company_id) as session:
        return await add_solution(session, draft, actions=ACTIONS, by=world.system)


async def change(
    world: World, solution_id: int, version: int | None = None, **changes: Any
) -> Solution:
    async with world.resources.db.transaction(world.company_id) as session:
        return await change_solution(
            session,
            solution_id=solution_id,
            changes=changes,
            version=version,
            actions=ACTIONS,
            by=world.system,
        )


async def test_a_solution_is_kept_in_its_normal_form(world: World) -> None:
    found = await add(
        world, replace(LINK, title="  New one ", category="Password_Reset", steps=("a", " "))
    )
    assert (found.title, found.category, found.steps) == ("New one", "password_reset", ["a"])


@pytest.mark.parametrize(
    ("draft", "refusal"),
    [
        (replace(LINK, category="spaceships"), UnknownCategory),
        (replace(LINK, title=" "), BadSolution),
        (replace(LINK, link=None), BadSolution),
        (replace(LINK, link=" "), BadSolution),
        (replace(LINK, link="javascript:alert(1)"), BadSolution),
        (replace(LINK, link="https://password.example.com/"), BadSolution),
        (replace(LINK, steps=tuple("abc" * 17)), BadSolution),
        (replace(SCRIPT, action=None), ActionNotFound),
        (replace(SCRIPT, action="launch_rocket"), ActionNotFound),
        (replace(SCRIPT, action="restart_service"), BadAction),
        (replace(SCRIPT, parameters={"nobody": "x"}), BadAction),
    ],
)
async def test_what_could_not_be_used_is_refused(
    world: World, draft: SolutionDraft, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        await add(world, draft)


async def test_an_example_address_may_be_drafted_but_not_switched_on(world: World) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        (seeded,) = await list_solutions(session, category="password_reset")
    with pytest.raises(BadSolution, match="your own page"):
        await change(world, seeded.id, state="active")
    fitted = await change(world, seeded.id, state="active", link="https://pw.north.test/")
    assert fitted.state == "active"


async def test_one_that_says_the_same_is_refused_in_its_category_alone(world: World) -> None:
    first = await add(world, LINK)
    with pytest.raises(SolutionTwin) as refused:
        await add(world, replace(LINK, title=LINK.title.upper()))
    assert refused.value.extra["solution_id"] == first.id
    await add(world, replace(LINK, category="vpn"))


async def test_who_saves_an_older_version_is_refused(world: World) -> None:
    first = await add(world, LINK)
    assert (await change(world, first.id, version=1, minutes=7)).version == 2
    with pytest.raises(SolutionChangedMeanwhile):
        await change(world, first.id, version=1, minutes=9)


async def test_a_deleted_one_is_gone_and_one_of_another_company_was_never_there(
    world: World,
) -> None:
    first = await add(world, LINK)
    with pytest.raises(SolutionNotFound):
        async with world.resources.db.transaction(world.other_company_id) as session:
            await delete_solution(session, solution_id=first.id, by=world.system)
    async with world.resources.db.transaction(world.company_id) as session:
        await delete_solution(session, solution_id=first.id, by=world.system)
    with pytest.raises(SolutionNotFound):
        await change(world, first.id, minutes=3)
