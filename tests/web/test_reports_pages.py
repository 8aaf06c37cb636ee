"""The page of reports."""

import httpx2
import pytest

from tests.world import World
from ticketyard.tickets.changing_status import change_status


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


async def test_both_lines_are_drawn_without_javascript(
    admin: httpx2.AsyncClient, world: World
) -> None:
    opened = await world.open()
    async with world.resources.db.transaction(world.company_id) as session:
        await change_status(
            session, ticket_id=opened.id, status="resolved", by=world.as_person(world.admin)
        )
    for path in ("/reports?period=7d", "/dashboard"):
        page = (await admin.get(path)).text
        drawn = page.split('<svg class="chart-fallback"')[1].split("</svg>")[0]
        assert ": 1 opened" in drawn
        assert ": 1 resolved" in drawn
        assert 'class="chart-column resolved"' in drawn


DAYS = "first=2026-01-05&last=2026-01-11"


@pytest.mark.parametrize(
    ("asked", "first", "chosen"),
    [
        # As a browser without JavaScript sends the form: the select is always among it.
        (f"period=30d&{DAYS}&shown=2025-12-01,2025-12-30", "2026-01-05", ""),
        (f"period=30d&{DAYS}", "2026-01-05", ""),
        (f"period=&{DAYS}&shown=2026-01-05,2026-01-11", "2026-01-05", ""),
        ("period=30d&first=2026-01-05&last=2026-01-11&shown=2026-01-01,2026-01-11", "2026-01-05", ""),
        # The days were shown and not entered: another word was chosen.
        (f"period=7d&{DAYS}&shown=2026-01-05,2026-01-11", None, "7d"),
        ("period=7d&first=&last=", None, "7d"),
    ],
)  # fmt: skip
async def test_days_that_were_entered_win_and_the_form_shows_what_was_used(
    admin: httpx2.AsyncClient, asked: str, first: str | None, chosen: str
) -> None:
    page = (await admin.get(f"/reports?{asked}")).text

    assert ('name="first" type="date" value="2026-01-05"' in page) == (first is not None)
    period = page.split('name="period"')[1].split("</select>")[0]
    assert ("selected" in period) == bool(chosen)
    assert not chosen or f'value="{chosen}" selected' in period


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
