"""Reports over HTTP, and those that leave by mail."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.notify.conftest import Desk, desk, settings, sink
from tests.world import World
from ticketyard.insights.jobs import mail_reports

__all__ = ["desk", "settings", "sink"]

WEEKLY = {
    "name": "Weekly", "by": "source", "every": "week", "hour": 7,
    "recipients": ["lead@example.com", "Lead@example.com", "boss@example.com"],
}  # fmt: skip


@pytest.fixture
async def admin(client: httpx2.AsyncClient, world: World) -> httpx2.AsyncClient:
    await world.log_in(client, world.admin)
    return client


async def test_a_report_over_the_last_days(admin: httpx2.AsyncClient, world: World) -> None:
    await world.open(priority="high")
    answer = await admin.get("/api/reports", params={"by": "priority"})

    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert [line["key"] for line in body["lines"]] == ["high"]
    assert (body["total"]["opened"], body["total"]["resolved"]) == (1, 0)
    assert body["total"]["resolution_median"] is None


@pytest.mark.parametrize(
    "asked",
    [
        {"first": "2026-02-02", "last": "2026-02-01"},
        {"first": "1026-02-02"},
        {"first": "yesterday"},
        {"by": "name; drop table ticket"},
        {"period": "century"},
    ],
)
async def test_what_cannot_be_asked_is_said(
    admin: httpx2.AsyncClient, asked: dict[str, str]
) -> None:
    answer = await admin.get("/api/reports", params=asked)

    assert answer.status_code == 422
    assert "drop" not in answer.text


@pytest.mark.parametrize(("kind", "begins"), [("csv", b"\xef\xbb\xbfby day"), ("xlsx", b"PK")])
async def test_it_can_be_taken_home(admin: httpx2.AsyncClient, kind: str, begins: bytes) -> None:
    answer = await admin.get(
        "/api/reports/export", params={"by": "day", "period": "7d", "format": kind}
    )

    assert answer.content.startswith(begins)
    assert f".{kind}" in answer.headers["content-disposition"]


async def test_every_measure_is_explained(admin: httpx2.AsyncClient) -> None:
    told = (await admin.get("/api/reports/measures")).json()

    assert all(each["words"] and each["sql"] and each["counts"] for each in told)


async def test_a_schedule_is_made_changed_and_ended(admin: httpx2.AsyncClient) -> None:
    made = await admin.post("/api/report-schedules", json=WEEKLY)
    assert made.status_code == 201, made.text
    assert [each.lower() for each in made.json()["recipients"]] == [
        "lead@example.com",
        "boss@example.com",
    ]
    where = f"/api/report-schedules/{made.json()['id']}"
    assert (await admin.post("/api/report-schedules", json=WEEKLY)).status_code == 409
    changed = await admin.put(where, json=WEEKLY | {"hour": 9})
    assert changed.json()["hour"] == 9
    assert (await admin.delete(where)).status_code == 204
    assert (await admin.put(where, json=WEEKLY)).status_code == 404
    assert (await admin.get("/api/report-schedules")).json() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipients": []},
        {"recipients": ["nobody"]},
        {"recipients": ["a@under_score.example"]},
        {"recipients": [f"a{n}@example.com" for n in range(51)]},
        {"hour": 24},
        {"every": "hour"},
        {"name": ""},
        {"sql": "select 1"},
    ],
)
async def test_a_schedule_that_cannot_work_is_refused(
    admin: httpx2.AsyncClient, wrong: dict[str, Any]
) -> None:
    assert (await admin.post("/api/report-schedules", json=WEEKLY | wrong)).status_code == 422


async def test_it_leaves_once_for_the_week_before(desk: Desk, client: httpx2.AsyncClient) -> None:
    world, resources = desk.world, desk.world.resources
    await world.log_in(client, world.admin)
    monday = datetime(2026, 11, 16, 6, 59, tzinfo=UTC)
    resources.db.clock = lambda: monday - timedelta(days=3)
    await desk.open()
    await desk.rows("update ticket set created_at = :at", at=monday - timedelta(days=3))
    assert (await client.post("/api/report-schedules", json=WEEKLY)).status_code == 201

    for minutes, mails in ((0, 0), (1, 2), (6, 2), (7 * 24 * 60 + 1, 4)):
        now = monday + timedelta(minutes=minutes)
        resources.db.clock = lambda at=now: at
        await mail_reports(resources, world.company_id)
        await desk.run()
        assert len(desk.sink.deliveries) == mails

    first = desk.sink.deliveries[0]
    assert first.mail["Subject"] == "Weekly: 2026-11-09 to 2026-11-15"
    assert first.mail["Auto-Submitted"] == "auto-generated"
    assert "All\n  Opened: 1\n" in first.text
    assert "Weekly: 2026-11-16 to 2026-11-22" in str(desk.sink.deliveries[2].mail["Subject"])


async def test_an_outage_leaves_no_gap(desk: Desk, client: httpx2.AsyncClient) -> None:
    world, resources = desk.world, desk.world.resources
    await world.log_in(client, world.admin)
    start = datetime(2026, 11, 10, 6, 0, tzinfo=UTC)
    resources.db.clock = lambda: start
    daily = WEEKLY | {"every": "day", "recipients": ["lead@example.com"]}
    assert (await client.post("/api/report-schedules", json=daily)).status_code == 201

    resources.db.clock = lambda: start + timedelta(days=3, hours=5)
    await mail_reports(resources, world.company_id)
    await mail_reports(resources, world.company_id)
    rows = await desk.rows("select subject from outgoing_mail where kind = 'report' order by id")
    assert [row[0] for row in rows] == [f"Weekly: 2026-11-{day:02}" for day in (9, 10, 11, 12)]
    (schedule,) = (await client.get("/api/report-schedules")).json()
    assert schedule["next_at"].startswith("2026-11-14T07:00")

    resources.db.clock = lambda: start + timedelta(days=100)
    await mail_reports(resources, world.company_id)
    rows = await desk.rows("select subject from outgoing_mail where kind = 'report' order by id")
    assert len(rows) == 4 + 7


async def test_one_that_fails_holds_up_no_other(desk: Desk, client: httpx2.AsyncClient) -> None:
    world, resources = desk.world, desk.world.resources
    await world.log_in(client, world.admin)
    for name in ("Broken", "Whole"):
        made = await client.post("/api/report-schedules", json=WEEKLY | {"name": name})
        assert made.status_code == 201
    await desk.rows(
        "update report_schedule set next_at = now() - interval '1 minute',"
        " counted_by = case when name = 'Broken' then 'the moon' else counted_by end"
    )
    for _ in range(2):
        await mail_reports(resources, world.company_id)
    rows = await desk.rows("select subject from outgoing_mail where kind = 'report'")
    assert len(rows) == 2
    assert all(row[0].startswith("Whole") for row in rows)
    # It stays due, and leaves when it is mended.
    await desk.rows("update report_schedule set counted_by = 'none'")
    await mail_reports(resources, world.company_id)
    assert len(await desk.rows("select 1 from outgoing_mail where kind = 'report'")) == 4


async def test_two_workers_send_it_once(desk: Desk, client: httpx2.AsyncClient) -> None:
    world = desk.world
    await world.log_in(client, world.admin)
    assert (await client.post("/api/report-schedules", json=WEEKLY)).status_code == 201
    await desk.rows("update report_schedule set next_at = now() - interval '1 minute'")
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("select 1 from report_schedule for update"))
        await mail_reports(world.resources, world.company_id)
        assert await desk.rows("select 1 from outgoing_mail") == []
    await mail_reports(world.resources, world.company_id)
    assert len(await desk.rows("select 1 from outgoing_mail where kind = 'report'")) == 2
