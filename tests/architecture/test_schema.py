"""What holds for every table and function, however many there will be."""

import json

import pytest
from sqlalchemy import text

from tests.world import World
from ticketyard.core.db import Database

# The queue's and the migrations' own tables.
FOREIGN = ("alembic_version", "applied_function", "procrastinate")
# What answers across companies: ids, counts and slugs, never content.
ACROSS = {
    "company_directory", "waiting_jobs", "job_counts", "found_company", "ticketyard_version",
    "mailbox_directory", "waiting_mail", "mailbox_health",
    "due_second_opinions", "due_sla_tickets", "next_sla_look", "due_documents", "due_outlets",
    "outlet_health", "due_actions",
}  # fmt: skip
# What looks at all rows to use an index, and names its company itself (docs/decisions/0021).
SEARCHES = {"search_tickets", "word_hits"}


async def _rows(db: Database, query: str) -> list[tuple[str, ...]]:
    async with db.anonymous() as session:
        return [tuple(row) for row in await session.execute(text(query))]


@pytest.mark.parametrize(
    ("table", "column"),
    [("analysis", "team_id"), ("auto_resolution", "run_id"), ("action_run", "solution_id")],
)
async def test_deleting_what_is_pointed_at_reads_no_whole_table(
    db: Database, table: str, column: str
) -> None:
    first = await _rows(
        db,
        "select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid"
        f" and a.attnum = i.indkey[0] where i.indrelid = '{table}'::regclass",
    )
    assert (column,) in first


async def test_every_table_of_ours_has_a_company(db: Database) -> None:
    without = await _rows(
        db,
        "select relname from pg_class c where relnamespace = 'public'::regnamespace and relkind = 'r'"
        " and not exists (select from pg_attribute where attrelid = c.oid and attname = 'company_id'"
        " and attnotnull or attrelid = c.oid and attname = 'company_id' and attgenerated = 's')",
    )

    assert not [name for (name,) in without if not name.startswith(FOREIGN)]


async def test_every_unique_key_begins_with_the_company(db: Database) -> None:
    """Else one company's value would say that another has it, and an id could be guessed by trying.

    Primary keys of one generated number say nothing; company.slug names the company itself.
    """
    keys = await _rows(
        db,
        "select i.indexrelid::regclass::text, a.attname from pg_index i"
        " join pg_class c on c.oid = i.indrelid and c.relnamespace = 'public'::regnamespace"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]"
        " where i.indisunique and not (i.indisprimary and i.indnatts = 1)",
    )
    wrong = [key for key, first in keys if first != "company_id" and not key.startswith(FOREIGN)]

    assert set(wrong) <= {"company_slug_key", "team_member_pkey"}


async def test_every_instant_knows_its_zone(db: Database) -> None:
    naive = await _rows(
        db,
        "select table_name, column_name from information_schema.columns where table_schema = 'public'"
        " and data_type = 'timestamp without time zone'",
    )

    assert not naive


async def test_functions_with_their_owners_power_are_few_and_bound_to_our_names(
    db: Database,
) -> None:
    powerful = await _rows(
        db,
        "select proname, coalesce(proconfig::text, '') from pg_proc"
        " where prosecdef and pronamespace = 'public'::regnamespace",
    )

    assert {name for name, _ in powerful} <= ACROSS | SEARCHES
    # Without pg_temp at the end, somebody's temporary table of our name would be read first.
    assert all("search_path=public, pg_temp" in config for _, config in powerful)


async def test_functions_with_their_owners_power_are_for_the_program_alone(db: Database) -> None:
    open_to_all = await _rows(
        db,
        "select proname from pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) as granted"
        " where prosecdef and pronamespace = 'public'::regnamespace and granted.grantee = 0",
    )

    assert not open_to_all


async def test_searches_with_the_owners_power_stay_in_their_company(world: World) -> None:
    await world.open("a kestrel in the server room", tags=("bird",))
    db = world.resources.db
    asked = {"where": {"q": ["kestrel"]}, "sort": "id", "descending": True, "limit": 9, "offset": 0}
    found = text("select ids, total from search_tickets(cast(:asked as jsonb), true)")

    async def search() -> tuple[list[int], int]:
        ids, total = (await session.execute(found, {"asked": json.dumps(asked)})).one()
        return ids or [], total

    async with db.transaction(world.company_id) as session:
        assert len((await search())[0]) == 1
    async with db.transaction(world.other_company_id) as session:
        assert await search() == ([], 0)
    async with db.anonymous() as session:
        assert await search() == ([], 0)
