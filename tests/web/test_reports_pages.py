"""The page of reports."""

import httpx2
import pytest

from tests.world import World


@pytest.fixture
async def admin(client: httpx2.AsyncClient, world: World) -> httpx2.AsyncClient:
    await world.log_in(client, world.admin)
    return client


async def test_the_figures_of_a_team(admin: httpx2.AsyncClient, world: World) -> None:
    await world.open()
    page = (await admin.get("/reports?by=team")).text

    assert "By team" in page
    assert '<th scope="row">None</th><td class="num">1</td>' in page
    assert "Half of the tickets resolved in the period" in page


@pytest.mark.parametrize("asked", ["first=soon", "first=2026-02-02&last=2026-02-01", "period=era"])
async def test_nonsense_is_told_and_the_last_days_are_shown(
    admin: httpx2.AsyncClient, asked: str
) -> None:
    answer = await admin.get(f"/reports?{asked}")

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "The last 30 days are shown." in answer.text


async def test_a_report_is_sent_by_mail_until_it_is_ended(admin: httpx2.AsyncClient) -> None:
    given = {"name": "Weekly", "every": "week", "recipients": "lead@example.com; boss@example.com"}
    made = await admin.post("/reports/schedules", data=given)
    assert made.status_code == 303, made.text
    page = (await admin.get("/reports")).text
    assert "lead@example.com, boss@example.com" in page

    (schedule,) = (await admin.get("/api/report-schedules")).json()
    await admin.post(f"/reports/schedules/{schedule['id']}/end", data={})
    assert (await admin.get("/api/report-schedules")).json() == []


async def test_agents_read_and_only_admins_schedule(
    client: httpx2.AsyncClient, world: World
) -> None:
    await world.log_in(client, world.ana)
    assert "Send by mail" not in (await client.get("/reports")).text
    given = {"name": "x", "every": "day", "recipients": "a@example.com"}
    assert (await client.post("/reports/schedules", data=given)).status_code == 403
