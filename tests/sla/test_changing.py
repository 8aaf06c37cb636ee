"""Several change the rules at once, and what each of them changed comes into force."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.sla.conftest import Desk
from ticketyard.sla.changing import add_policy, change_policy, delete_policy, renew_holidays
from ticketyard.sla.drafts import PolicyDraft
from ticketyard.sla.rule_book import read_book


def draft(name: str, calendar_id: int, hours: int = 1) -> PolicyDraft:
    targets = {"resolution": {"any": hours * 3600}}
    return PolicyDraft(name=name, calendar_id=calendar_id, targets=targets)


async def _calendar(desk: Desk) -> int:
    (row,) = await desk.rows("select id from sla_calendar order by id limit 1")
    return int(row.id)


async def _in_force(desk: Desk) -> dict[str, Any]:
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        page = (await read_book(session)).pages[-1]
        return {each.name: each.targets[("resolution", "")] for each in page.policies[1:]}


async def test_two_who_change_policies_at_once_both_have_their_way(desk: Desk) -> None:
    world, by = desk.world, desk.world.as_person(desk.world.admin)
    first, second = draft("First", calendar := await _calendar(desk)), draft("Second", calendar)
    async with world.resources.db.transaction(world.company_id) as session:
        ids = [(await add_policy(session, draft=each, by=by)).id for each in (first, second)]

    async def change(policy_id: int, wanted: PolicyDraft) -> None:
        async with world.resources.db.transaction(world.company_id) as session:
            await change_policy(session, policy_id=policy_id, draft=wanted, by=by)

    async with world.resources.db.transaction(world.company_id) as session:
        wanted = replace(first, targets={"resolution": {"any": 7200}})
        await change_policy(session, policy_id=ids[0], draft=wanted, by=by)
        # By a clock that is behind.
        desk.at(-60)
        wanted = replace(second, targets={"resolution": {"any": 10800}})
        other = asyncio.create_task(change(ids[1], wanted))
        await asyncio.sleep(0.3)
        assert not other.done(), "it waits for the first"
    await other

    assert await _in_force(desk) == {"First": 7200, "Second": 10800}
    async with world.resources.db.transaction(world.company_id) as session:
        sinces = [each.since for each in (await read_book(session)).pages]
        at = (await read_book(session)).at(sinces[-1])
        assert at.id == (await read_book(session)).pages[-1].id
    assert sinces == sorted(sinces)


@pytest.mark.parametrize("first", ["holidays", "delete"])
async def test_holidays_and_deletions_take_turns_too(desk: Desk, first: str) -> None:
    world, by = desk.world, desk.world.as_person(desk.world.admin)
    calendar = await _calendar(desk)
    async with world.resources.db.transaction(world.company_id) as session:
        policy = await add_policy(session, draft=draft("First", calendar), by=by)
        await session.execute(text("update sla_calendar set country = 'DE'"))
    desk.at(timedelta(days=1).total_seconds())

    async def renew() -> None:
        async with world.resources.db.transaction(world.company_id) as session:
            await renew_holidays(session, by=world.system)

    async def delete() -> None:
        async with world.resources.db.transaction(world.company_id) as session:
            await delete_policy(session, policy_id=policy.id, by=by)

    async with world.resources.db.transaction(world.company_id) as session:
        if first == "holidays":
            await renew_holidays(session, by=world.system)
        else:
            await delete_policy(session, policy_id=policy.id, by=by)
        other = asyncio.create_task(delete() if first == "holidays" else renew())
        await asyncio.sleep(0.3)
    await other

    assert await _in_force(desk) == {}
    async with world.resources.db.transaction(world.company_id) as session:
        page = (await read_book(session)).pages[-1]
    assert all(len(each.holidays) > 10 for each in page.calendars.values())
