"""The figures of a report, against tickets whose story is known."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.world import World
from ticketyard.insights.reports import counting
from ticketyard.insights.reports.asking import BUCKETS, BYS, By, Period
from ticketyard.insights.reports.counting import Report, count_report
from ticketyard.tickets.assigning import assign_ticket
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.related.merging import merge_tickets

MONDAY = datetime(2026, 11, 2, 8, tzinfo=UTC)
WEEK = Period(MONDAY.date(), MONDAY.date() + timedelta(days=6), "UTC")
HOUR = 3600


class Story:
    """Tickets at known hours of a week; hours count from Monday, eight o'clock."""

    def __init__(self, world: World) -> None:
        self.world = world

    def at(self, hours: float) -> None:
        moment = MONDAY + timedelta(hours=hours)
        self.world.resources.db.clock = lambda: moment

    async def open(self, hours: float, **given: Any) -> int:
        self.at(hours)
        ticket = await self.world.open(**given)
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            # The database's own function stamps its own clock.
            await session.execute(
                text("update ticket set created_at = :at where id = :id"),
                {"id": ticket.id, "at": self.world.resources.clock()},
            )
        return ticket.id

    async def move(self, ticket: int, hours: float, status: str) -> None:
        self.at(hours)
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            await change_status(
                session, ticket_id=ticket, status=status, by=self.world.as_person(self.world.ana)
            )

    async def give(self, ticket: int, hours: float) -> None:
        self.at(hours)
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            by = self.world.as_person(self.world.ana)
            await assign_ticket(session, ticket_id=ticket, agent_id=self.world.ana.id, by=by)

    async def report(self, by: By = "none", period: Period = WEEK) -> Report:
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            return await count_report(session, period=period, by=by)


@pytest.fixture
async def story(world: World) -> Story:
    """Four tickets: one from before, one solved, one that came back, one nobody looked at."""
    story = Story(world)
    old = await story.open(-100, priority="low", source="web_form")
    solved = await story.open(1, priority="high", source="web_form")
    back = await story.open(26, priority="high", source="chatbot")
    await story.open(30, priority="low", source="chatbot")
    await story.give(solved, 2)
    await story.move(solved, 5, "resolved")
    await story.move(back, 29, "in_progress")
    await story.move(back, 50, "resolved")
    await story.move(back, 60, "in_progress")
    await story.move(old, 80, "false_positive")
    return story


def of(values: Mapping[str, float | None], *keys: str) -> list[float | None]:
    return [values[key] for key in keys]


async def test_every_figure_of_a_known_week(story: Story) -> None:
    total = (await story.report()).total

    assert of(total, "opened", "resolved", "backlog", "reopened", "unanswered") == [3, 3, 2, 1, 1]
    assert of(total, "first_response_median", "resolution_median") == [2 * HOUR, 24 * HOUR]
    assert total["first_response_p90"] == pytest.approx(2.8 * HOUR)
    assert total["resolution_p90"] == pytest.approx((24 + 0.8 * 156) * HOUR)
    assert total["reopen_rate"] == pytest.approx(1 / 3)
    # In work for 88, 4, 24 + 20 and 50 of the 88 hours until now.
    assert total["load"] == pytest.approx(186 / 88)
    # Nothing was promised.
    assert total["sla_kept"] is None


async def test_groups_add_up_and_the_busiest_comes_first(story: Story) -> None:
    report = await story.report("priority")

    assert [line.key for line in report.lines] == ["high", "low"]
    high, low = (line.values for line in report.lines)
    assert of(high, "opened", "resolved", "backlog", "reopened") == [2, 2, 1, 1]
    assert of(low, "opened", "resolved", "backlog", "reopened") == [1, 1, 1, 0]


async def test_agents_have_names_and_what_nobody_has_is_counted_too(story: Story) -> None:
    lines = {line.name: line.values for line in (await story.report("agent")).lines}

    assert set(lines) == {"Ana Agent", ""}
    assert of(lines["Ana Agent"], "opened", "resolved", "backlog") == [1, 1, 0]


async def test_days_tell_the_backlog_they_ended_with(story: Story) -> None:
    lines = (await story.report("day")).lines

    assert [line.key for line in lines] == [f"2026-11-{day:02}" for day in range(2, 9)]
    assert [line.values["opened"] for line in lines] == [1, 2, 0, 0, 0, 0, 0]
    assert [line.values["resolved"] for line in lines] == [1, 0, 1, 1, 0, 0, 0]
    assert [line.values["backlog"] for line in lines] == [1, 3, 3, 2, 2, 2, 2]


async def test_the_load_is_the_average_of_what_was_in_work(story: Story) -> None:
    story.at(240)
    hours = 168

    assert (await story.report()).total["load"] == pytest.approx((88 + 4 + 124 + 130) / hours)
    by_agent = {line.name: line.values["load"] for line in (await story.report("agent")).lines}
    assert by_agent["Ana Agent"] == pytest.approx(4 / hours)
    assert by_agent[""] == pytest.approx((88 + 124 + 130) / hours)
    days = await story.report("day")
    loads = [line.values["load"] for line in days.lines]
    # Monday has the old one and four hours of the solved one, Sunday two that are left.
    assert loads[0] == pytest.approx((24 + 4) / 24)
    assert loads[1] == pytest.approx((24 + 14 + 10) / 24)
    assert loads[-1] == pytest.approx(2)


@pytest.mark.parametrize("by", BYS)
async def test_the_load_adds_up_by_whatever_one_counts(story: Story, by: By) -> None:
    """Groups to the total; days, weeks and months as its average."""
    period = Period(date(2026, 10, 28), date(2026, 11, 20), "Europe/Copenhagen")
    report = await story.report(by, period)
    whole = (await story.report("none", period)).total["load"]

    assert whole is not None
    assert whole > 0
    assert report.total["load"] == pytest.approx(whole)
    if by in BUCKETS:
        # What has not begun has no load.
        begun = [line.values["load"] is not None for line in report.lines]
        assert begun == sorted(begun, reverse=True)
    elif by != "none":
        assert sum(line.values["load"] or 0 for line in report.lines) == pytest.approx(whole)


async def test_a_merged_ticket_is_no_ticket_of_its_own(story: Story) -> None:
    before = (await story.report()).total
    for hours in (31, 32):
        story.at(hours)
        twin = await story.open(hours, priority="low", source="chatbot")
        into = await story.open(hours, priority="low", source="chatbot")
        if hours == 32:
            await story.move(twin, 33, "resolved")
            await story.move(twin, 34, "in_progress")
        story.at(40)
        async with story.world.resources.db.transaction(story.world.company_id) as session:
            by = story.world.as_person(story.world.ana)
            await merge_tickets(session, ticket_id=twin, into=into, by=by)
        await story.move(into, 41, "resolved")
    story.at(80)
    after = (await story.report()).total

    assert (after["opened"], before["opened"]) == (5, 3)
    assert (after["resolved"], before["resolved"]) == (5, 3)
    assert of(after, "backlog", "reopened") == of(before, "backlog", "reopened")
    assert after["load"] == pytest.approx((before["load"] or 0) + (10 + 9) / 88)


async def test_only_promises_that_came_to_their_end_are_kept_or_broken(story: Story) -> None:
    async with story.world.resources.db.transaction(story.world.company_id) as session:
        done = list(
            await session.scalars(text("select id from ticket where resolved_at is not null"))
        )
        clocks = [
            (done[0], "first_response", "met", 60, False),
            (done[0], "resolution", "met", 60, False),
            (done[1], "first_response", "met", 60, False),
            (done[1], "resolution", "missed", 60, True),
            # Nothing was promised; the promise did not come to its end.
            (done[2], "first_response", "met", None, False),
            (done[2], "resolution", "cancelled", 60, False),
        ]
        for ticket, clock, state, target, breached in clocks:
            await session.execute(
                text("insert into sla_clock (company_id, ticket_id, clock, cycle, state, rules_id,"
                     " target_seconds, elapsed_seconds, started_at, is_breached) values"
                     " (current_company(), :ticket, :clock, 1, :state, 1, :target, 1, now(), :breached)"),
                {"ticket": ticket, "clock": clock, "state": state, "target": target, "breached": breached},
            )  # fmt: skip

    assert (await story.report()).total["sla_kept"] == 0.5


async def test_of_many_organisations_the_busiest_have_a_line_and_the_rest_one(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "COMPANIES_MAX", 2)
    for number, count in enumerate((3, 1, 2, 1)):
        for _ in range(count):
            await story.open(3, organization_id=f"org-{number}")
    story.at(80)
    report = await story.report("company")

    found = [(line.key, line.name, line.values["opened"]) for line in report.lines]
    assert found == [
        ("", "", 3), ("org-0", "org-0", 3), ("org-2", "org-2", 2), ("(others)", "All others", 2),
    ]  # fmt: skip
    assert report.total["opened"] == 10
    assert report.lines[-1].values["load"] == pytest.approx(2 * 77 / 88)


async def test_a_day_begins_at_the_companys_midnight(story: Story) -> None:
    # The fourth ticket was opened on Tuesday at 14:00 UTC, which is Wednesday in Kiritimati.
    period = Period(WEEK.first, WEEK.last, "Pacific/Kiritimati")
    lines = (await story.report("day", period)).lines

    assert [line.values["opened"] for line in lines][:3] == [1, 0, 2]


async def test_months_and_weeks_begin_where_calendars_have_them(story: Story) -> None:
    period = Period(date(2026, 10, 28), date(2026, 11, 8), "UTC")

    weeks = (await story.report("week", period)).lines
    assert [line.key for line in weeks] == ["2026-10-26", "2026-11-02"]
    assert [line.values["opened"] for line in weeks] == [1, 3]
    months = (await story.report("month", period)).lines
    assert [line.key for line in months] == ["2026-10-01", "2026-11-01"]
    assert [line.values["backlog"] for line in months] == [1, 2]


@pytest.mark.parametrize("by", BYS)
async def test_one_can_count_by_everything_and_the_total_stays(story: Story, by: By) -> None:
    report = await story.report(by)

    assert of(report.total, "opened", "resolved") == [3, 3]
    if by not in ("none",):
        assert sum(line.values["opened"] or 0 for line in report.lines) == 3


async def test_another_company_is_not_counted(story: Story) -> None:
    world = story.world
    async with world.resources.db.transaction(world.other_company_id) as session:
        report = await count_report(session, period=WEEK, by="source")

    assert report.lines == []
    assert of(report.total, "opened", "backlog", "sla_kept") == [0, 0, None]
