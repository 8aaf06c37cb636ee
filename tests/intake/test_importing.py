"""Importing offices, agents and tickets, once and again."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text

from tests.world import World
from ticketyard.intake.errors import FilesRefused
from ticketyard.intake.import_runs import count_outcomes, get_run, list_row_errors
from ticketyard.intake.importing import run_import, start_import
from ticketyard.samples.reading import read_bytes

Run = Callable[[], Awaitable[None]]
GUID = "5f1c0c9e-0000-4000-8000-00000000000"
OFFICES = "Офис,Адрес\nАстана,ул. Мира 1\nАлматы,пр. Абая 2\n"
MANAGERS = (
    "ФИО,Должность ,Офис,Навыки,Количество обращений в работе\n"
    'Ахметова А.,Главный специалист,Астана,"VIP, KZ",2\n'
    "Бекова Б.,Специалист,Алматы,,1\n"
    "Нигде Н.,Специалист,Тараз,,1\n"
)
HEADER = (
    "GUID клиента,Пол клиента,Дата рождения,Описание ,Вложения,Сегмент клиента,"
    "Страна,Область,Населённый пункт,Улица,Дом\n"
)
TICKETS = (
    HEADER + f"{GUID}1,Женский,1990-01-01,Приложение не открывается,,Mass,Казахстан,,Алматы,,\n"
    f"{GUID}2,Мужской,1980-01-01,Карта заблокирована,photo.jpg,VIP,Казахстан,,Астана,,\n"
)


async def upload(
    world: World,
    offices: str = OFFICES,
    managers: str = MANAGERS,
    tickets: str = TICKETS,
    attachments: tuple[tuple[str, bytes], ...] = (),
) -> int:
    files = [
        ("offices", "offices.csv", offices.encode(), "text/csv"),
        ("managers", "managers.csv", managers.encode(), "text/csv"),
        ("tickets", "tickets.csv", tickets.encode(), "text/csv"),
        *(("attachment", name, data, "image/jpeg") for name, data in attachments),
    ]
    return await start_import(world.resources, files=files, by=world.as_person(world.admin))


async def rows(world: World, sql: str) -> list[tuple[object, ...]]:
    async with world.resources.db.transaction(world.company_id) as session:
        return [tuple(row) for row in await session.execute(text(sql))]


async def outcomes(world: World, run_id: int) -> dict[str, int]:
    async with world.resources.db.transaction(world.company_id) as session:
        return await count_outcomes(session, run_id)


EVERYTHING = """
  select 'ticket', id, to_jsonb(t) - 'search' from ticket t
  union all select 'office', id, to_jsonb(o) from office o
  union all select 'agent', person_id, to_jsonb(a) from agent a
  union all select 'assignment', id, to_jsonb(s) from assignment s
  union all select 'analysis', ticket_id, to_jsonb(n) from analysis n
  union all select 'attachment', id, to_jsonb(f) from attachment f
  order by 1, 2
"""


async def test_an_import_goes_in_and_through(world: World, run_jobs: Run) -> None:
    run_id = await upload(world)
    await run_jobs()

    async with world.resources.db.transaction(world.company_id) as session:
        run = await get_run(session, run_id)
        errors = await list_row_errors(session, run_id)
    assert (run.state, run.offices, run.agents, run.rows_done) == ("done", 2, 2, 2)
    assert [str(error) for error in errors] == [
        "managers.csv, line 4, column “Офис”: no office has this name (row skipped)"
    ]
    given = await rows(
        world,
        "select t.client ->> 'guid', p.name, t.status from ticket t join person p "
        "on p.id = t.assignee_id order by t.id",
    )
    assert given == [
        (f"{GUID}1", "Бекова Б.", "assigned"),
        (f"{GUID}2", "Ахметова А.", "assigned"),
    ]


async def test_the_same_files_again_change_nothing(world: World, run_jobs: Run) -> None:
    await upload(world, attachments=(("photo.jpg", b"jpeg"),))
    await run_jobs()
    before = await rows(world, EVERYTHING)

    again = await upload(world, attachments=(("photo.jpg", b"jpeg"),))
    await run_jobs()

    assert await outcomes(world, again) == {"opened": 0, "changed": 0, "unchanged": 2}
    assert await rows(world, EVERYTHING) == before


async def test_a_changed_letter_is_understood_and_given_anew(world: World, run_jobs: Run) -> None:
    await upload(world)
    await run_jobs()
    before = await rows(world, "select count(*) from assignment")

    again = await upload(world, tickets=TICKETS.replace(",Алматы,", ",Астана,"))
    await run_jobs()

    assert await outcomes(world, again) == {"opened": 0, "changed": 1, "unchanged": 1}
    assert await rows(world, "select count(*) from assignment") == [(int(str(before[0][0])) + 1,)]
    changed = (
        "select p.name from ticket t join person p on p.id = t.assignee_id "
        f"where t.source_reference = '{GUID}1'"
    )
    assert await rows(world, changed) == [("Ахметова А.",)]
    released = "select count(*) from event where type in ('ticket.released', 'ticket.reread')"
    assert await rows(world, released) == [(2,)]


async def test_a_changed_office_address_unsets_its_point(world: World, run_jobs: Run) -> None:
    await upload(world)
    await run_jobs()
    point = "select round(latitude::numeric) from office where name = 'Астана'"
    assert await rows(world, point) == [(51,)]

    await upload(world, offices=OFFICES.replace("ул. Мира 1", "г. Павлодар"))
    await run_jobs()
    assert await rows(world, point) == [(None,)]

    await upload(world, tickets=TICKETS.replace("не открывается", "снова не открывается"))
    await run_jobs()
    assert await rows(world, point) == [(51,)]


async def test_the_files_a_letter_names_are_put_on_its_ticket(world: World, run_jobs: Run) -> None:
    run_id = await upload(world, attachments=(("PHOTO.jpg", b"jpeg"), ("other.png", b"png")))
    await run_jobs()

    files = "select filename, size_bytes, blob_key is not null from attachment"
    assert await rows(world, files) == [("photo.jpg", 4, True)]
    async with world.resources.db.transaction(world.company_id) as session:
        errors = await list_row_errors(session, run_id)
    assert "other.png: no ticket names this file (noted)" in [str(error) for error in errors]


async def test_a_file_that_was_not_sent_is_kept_by_name(world: World, run_jobs: Run) -> None:
    await upload(world)
    await run_jobs()
    files = "select filename, blob_key, foreign_reference from attachment"
    assert await rows(world, files) == [("photo.jpg", None, "photo.jpg")]


async def test_a_missing_column_refuses_all_three_files(world: World) -> None:
    with pytest.raises(FilesRefused) as refusal:
        await upload(world, managers=MANAGERS.replace("Навыки", "Умения"))
    assert "column “Навыки”: no such column" in refusal.value.detail
    assert refusal.value.extra["errors"]
    assert await rows(world, "select id from import_run") == []
    assert await rows(world, "select id from office") == []


async def test_the_sample_company_goes_in_and_twice_is_once(world: World, run_jobs: Run) -> None:
    await sample(world)
    await run_jobs()
    assert await rows(world, "select state, rows_done from import_run") == [("done", 166)]
    assert await rows(world, "select count(*) from office where latitude is null") == [(0,)]
    before = await rows(world, EVERYTHING)

    await sample(world)
    await run_jobs()
    assert await rows(world, EVERYTHING) == before


async def test_a_run_that_died_half_way_is_finished(world: World, run_jobs: Run) -> None:
    run_id = await upload(world)
    await run_jobs()
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("update import_run set state = 'storing'"))
        await session.execute(text("delete from import_ticket where ticket_id = 2"))
    await run_import(world.resources, world.company_id, run_id)
    await run_jobs()
    assert await outcomes(world, run_id) == {"opened": 1, "changed": 0, "unchanged": 1}
    assert await rows(world, "select state from import_run") == [("done",)]


async def sample(world: World) -> None:
    names = {"offices": "offices.csv", "managers": "managers.csv", "tickets": "tickets.csv"}
    files = [(role, name, read_bytes(name), "text/csv") for role, name in names.items()]
    await start_import(world.resources, files=files, by=world.as_person(world.admin))
