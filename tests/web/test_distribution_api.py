"""Spec document 5 over HTTP: upload, process, managers, offices, figures."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.intake.test_importing import GUID, HEADER, MANAGERS, OFFICES, TICKETS
from tests.world import World
from ticketyard.core.jobs import Worker
from ticketyard.samples.reading import read_bytes

Client = httpx2.AsyncClient
Run = Callable[[], Awaitable[None]]


@pytest.fixture
async def admin(client: Client, world: World) -> Client:
    await world.log_in(client, world.admin)
    return client


def form(
    offices: str = OFFICES,
    managers: str = MANAGERS,
    tickets: str = TICKETS,
    attachments: tuple[tuple[str, bytes], ...] = (),
) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [
        ("business_units_csv", ("business_units.csv", offices.encode(), "text/csv")),
        ("managers_csv", ("managers.csv", managers.encode(), "text/csv")),
        ("tickets_csv", ("tickets.csv", tickets.encode(), "text/csv")),
        *(("attachments", (name, data, "image/jpeg")) for name, data in attachments),
    ]


async def upload(client: Client, run_jobs: Run, **files: Any) -> dict[str, Any]:
    answer = await client.post("/api/upload", files=form(**files))
    assert answer.status_code == 202, answer.text
    await run_jobs()
    body = (await client.get(answer.json()["progress_url"], params={"tickets": 100})).json()
    return dict(body)


async def test_an_upload_is_answered_at_once_and_can_be_watched(
    admin: Client, run_jobs: Run
) -> None:
    answer = await admin.post("/api/upload", files=form())
    body = answer.json()
    assert answer.status_code == 202
    assert (body["state"], body["tickets_loaded"], body["finished"]) == ("waiting", 0, False)

    await run_jobs()
    done = (await admin.get(body["progress_url"])).json()
    assert (done["state"], done["rows_done"], done["rows_total"]) == ("done", 2, 2)
    assert (done["tickets_loaded"], done["tickets_analyzed"], done["tickets_assigned"]) == (2, 2, 2)
    assert (done["offices"], done["agents"]) == (2, 2)
    assert done["row_errors"] == [
        {
            "file": "managers.csv",
            "line": 4,
            "column": "Офис",
            "reason": "no office has this name",
            "effect": "row skipped",
        }
    ]
    listed = (await admin.get("/api/imports")).json()
    assert [run["import_id"] for run in listed] == [body["import_id"]]


async def test_a_small_set_can_be_waited_for(admin: Client, worker: Worker) -> None:
    working = asyncio.create_task(worker.run())
    try:
        answer = await admin.post(
            "/api/upload",
            params={"wait": "true"},
            files=form(attachments=(("photo.jpg", b"jpeg"),)),
            timeout=60,
        )
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
    body = answer.json()
    assert answer.status_code == 200
    assert (body["tickets_loaded"], body["tickets_analyzed"], body["tickets_assigned"]) == (2, 2, 2)
    first, second = body["tickets"]
    assert first["client_guid"] == f"{GUID}1"
    assert first["assignment"]["manager_name"] == "Бекова Б."
    assert first["assignment"]["business_unit_name"] == "Алматы"
    assert "Алматы" in first["assignment"]["reason"]
    assert first["ai_analysis"]["language"] == "RU"
    assert (first["latitude"], first["longitude"]) == (43.25249, 76.9115)
    assert second["attachment_key"] == "photo.jpg"
    kept = await admin.get(second["attachment_url"])
    assert (kept.status_code, kept.content) == (200, b"jpeg")


async def test_the_same_upload_again_changes_nothing(admin: Client, run_jobs: Run) -> None:
    first = await upload(admin, run_jobs)
    again = await upload(admin, run_jobs)
    assert (again["tickets_unchanged"], again["tickets_opened"]) == (2, 0)
    assert again["tickets"] == first["tickets"]


async def test_a_missing_column_is_a_clear_422_and_writes_nothing(
    admin: Client, world: World
) -> None:
    answer = await admin.post("/api/upload", files=form(tickets=TICKETS.replace("Страна", "Где")))
    body = answer.json()
    assert answer.status_code == 422
    assert body["errors"][0]["file"] == "tickets.csv"
    assert (body["errors"][0]["line"], body["errors"][0]["column"]) == (1, "Страна")
    async with world.resources.db.transaction(world.company_id) as session:
        assert await session.scalar(text("select count(*) from office")) == 0
        assert await session.scalar(text("select count(*) from import_run")) == 0


async def test_a_missing_file_is_named(admin: Client) -> None:
    answer = await admin.post("/api/upload", files=form()[:2])
    assert answer.status_code == 422
    assert "tickets_csv" in answer.json()["detail"]


async def test_what_fits_nobody_is_among_the_errors(admin: Client, run_jobs: Run) -> None:
    letter = f"{GUID}3,,,Please help me with my card in English,,VIP,Казахстан,,Астана,,\n"
    body = await upload(admin, run_jobs, tickets=HEADER + letter)
    assert body["tickets_assigned"] == 0
    assert any("no one in 2 offices has VIP and ENG" in each for each in body["errors"])


async def test_processing_again_gives_out_what_was_left(
    admin: Client, world: World, run_jobs: Run
) -> None:
    letter = f"{GUID}3,,,Please help me with my card in English,,VIP,Казахстан,,Астана,,\n"
    await upload(admin, run_jobs, tickets=HEADER + letter)
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text("update agent set skills = skills || '{ENG}' where 'KZ' = any(skills)")
        )

    answer = await admin.post("/api/process")
    await run_jobs()
    body = (await admin.get(answer.json()["progress_url"], params={"tickets": 9})).json()
    assert (body["state"], body["kind"], body["tickets_assigned"]) == ("done", "process", 1)
    assert body["tickets"][0]["assignment"]["manager_name"] == "Ахметова А."


async def test_processing_nothing_says_so(admin: Client) -> None:
    answer = await admin.post("/api/process")
    body = answer.json()
    assert answer.status_code == 200
    assert len(body["errors"]) == 1
    assert (body["tickets_loaded"], body["tickets_assigned"], body["tickets"]) == (0, 0, [])


async def test_managers_offices_and_figures(admin: Client, run_jobs: Run) -> None:
    await upload(admin, run_jobs)
    managers = {each["name"]: each for each in (await admin.get("/api/managers")).json()}
    assert managers["Ахметова А."]["current_load"] == 3
    assert managers["Ахметова А."]["skills"] == ["VIP", "KZ"]
    assert managers["Ахметова А."]["business_unit_name"] == "Астана"
    units = {each["name"]: each for each in (await admin.get("/api/business-units")).json()}
    assert (units["Астана"]["managers"], units["Астана"]["current_load"]) == (1, 3)
    assert units["Алматы"]["latitude"] == 43.25249
    stats = (await admin.get("/api/dashboard/stats")).json()
    assert (stats["total_tickets"], stats["assigned_tickets"]) == (2, 2)
    assert stats["offices"] == {"Астана": 1, "Алматы": 1}
    assert stats["segments"] == {"Mass": 1, "VIP": 1}
    assert stats["languages"] == {"RU": 2}
    assert set(stats["sentiments"]) <= {"Позитивный", "Нейтральный", "Негативный"}
    assert 1 <= stats["avg_priority"] <= 10


async def test_figures_of_an_empty_desk(admin: Client) -> None:
    stats = (await admin.get("/api/dashboard/stats")).json()
    assert stats == {
        "total_tickets": 0,
        "assigned_tickets": 0,
        "avg_priority": 0,
        **{key: {} for key in ("categories", "sentiments", "languages", "offices", "segments")},
    }


async def test_a_ticket_has_its_receipt_and_can_be_given_out_anew(
    admin: Client, run_jobs: Run
) -> None:
    body = await upload(admin, run_jobs)
    ticket = body["tickets"][0]
    receipt = (await admin.get(f"/api/tickets/{ticket['number']}/receipt")).json()
    assert receipt["in_force"]
    assert receipt["reason"] == ticket["assignment"]["reason"]
    assert receipt["receipt"]["ticket"]["place"] == "Алматы"

    made = (await admin.post(f"/api/tickets/{ticket['id']}/routing")).json()
    assert made["agent_id"] not in (None, ticket["assignment"]["manager_id"])


@pytest.mark.parametrize(
    "request_",
    [
        ("POST", "/api/upload"),
        ("POST", "/api/process"),
        ("GET", "/api/imports"),
        ("GET", "/api/imports/1"),
    ],
)
async def test_only_who_may_import_may(
    client: Client, world: World, request_: tuple[str, str]
) -> None:
    assert (await client.request(*request_)).status_code in (401, 422)
    await world.log_in(client, world.ana)
    assert (
        await client.request(*request_, files=form() if "upload" in request_[1] else None)
    ).status_code == 403


async def test_another_companys_import_is_not_there(
    client: Client, admin: Client, world: World, run_jobs: Run
) -> None:
    body = await upload(admin, run_jobs)
    client.cookies.clear()
    await world.log_in(client, world.other_admin)
    assert (await client.get(f"/api/imports/{body['import_id']}")).status_code == 404
    assert (await client.get("/api/managers")).json() == [] or all(
        each["name"] == "Otto Other" for each in (await client.get("/api/managers")).json()
    )


@pytest.fixture
def sample() -> dict[str, str]:
    names = {"offices": "offices.csv", "managers": "managers.csv", "tickets": "tickets.csv"}
    return {role: read_bytes(name).decode("utf-8-sig") for role, name in names.items()}


async def test_the_sample_is_given_out_by_the_rules(
    admin: Client, world: World, run_jobs: Run, sample: dict[str, str]
) -> None:
    body = await upload(admin, run_jobs, **sample)
    assert body["tickets_loaded"] == body["tickets_analyzed"] == 166
    people = {each["id"]: each for each in (await admin.get("/api/managers")).json()}
    async with world.resources.db.transaction(world.company_id) as session:
        rows = list(
            await session.execute(
                text(
                    "select t.id, t.segment, t.category, a.language, t.assignee_id, t.urgency, "
                    "s.id as decided from ticket t join analysis a on a.ticket_id = t.id "
                    "join assignment s on s.ticket_id = t.id order by s.id"
                )
            )
        )
    for row in rows:
        if row.assignee_id is not None:
            person = people[row.assignee_id]
            assert row.segment not in ("VIP", "Priority") or "VIP" in person["skills"]
            assert row.language not in ("KZ", "ENG") or row.language in person["skills"]
            assert row.category != "Смена данных" or person["position"] == "Главный специалист"
            assert row.category != "Спам"
    # The whole upload is one list: the most urgent first, then by id.
    order = [(-row.urgency, row.id) for row in rows]
    assert order == sorted(order)
