import csv
import io

import pytest

from tests.world import World
from ticketyard.insights.exporting import COLUMNS, PAGE, cell, export_tickets
from ticketyard.insights.ticket_query import TicketQuery
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.opening import NewTicket, open_tickets


async def exported(world: World, **asked: object) -> list[dict[str, str]]:
    pieces = [
        piece
        async for piece in export_tickets(
            world.resources.db,
            world.company_id,
            TicketQuery(**asked),  # type: ignore[arg-type]
        )
    ]
    return list(csv.DictReader(io.StringIO(b"".join(pieces).decode("utf-8-sig"))))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+7 701 000 00 00", "'+7 701 000 00 00"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        ("", ""),
        (None, ""),
        (7, "7"),
    ],
)
def test_no_cell_is_a_formula(value: object, shown: str) -> None:
    assert cell(value) == shown


async def test_the_columns_of_the_contract_come_first(world: World) -> None:
    await world.open('Say "hello", twice\n=cmd()', client={"guid": "g-1"}, urgency=8)
    (row,) = await exported(world)

    assert list(row) == list(COLUMNS)
    assert list(row)[:7] == [
        "guid", "manager_name", "category", "priority", "language", "summary", "assigned_at",
    ]  # fmt: skip
    assert (row["guid"], row["priority"], row["priority_name"]) == ("g-1", "8", "medium")
    assert row["title"] == 'Say "hello", twice =cmd()'


async def test_the_export_filters_like_the_list_and_goes_over_many_pages(world: World) -> None:
    by = world.system
    from_list = [f"Ticket {n}" for n in range(PAGE + 3)]
    async with world.resources.db.transaction(world.company_id) as session:
        await open_tickets(
            session,
            [NewTicket(source="csv", title=title) for title in from_list],
            numbers=world.resources.part(Numbers),
            now=world.resources.clock(),
            by=by,
        )
    await world.open("Another", tags=("x",))

    rows = await exported(world, where={"source": ("csv",)})
    assert [row["title"] for row in rows] == from_list
    assert [row["title"] for row in await exported(world, where={"tag": ("x",)})] == ["Another"]
    assert await exported(world, where={"q": ("nothing",)}) == []
