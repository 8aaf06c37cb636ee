"""Companies are kept apart by the database itself, and history cannot be edited."""

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.world import World
from ticketyard.core.db import Database


async def test_every_table_with_a_company_is_protected(db: Database) -> None:
    query = text(
        """
        select c.relname from pg_class c
        where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
          and c.relname !~ '^(procrastinate_|alembic_version|applied_function)'
          and (not c.relrowsecurity
               or (not c.relforcerowsecurity and c.relname not in
                  ('company', 'job_item', 'mailbox', 'mail_message', 'sla_clock', 'action_run',
                   'knowledge_document', 'outlet', 'outlet_message', 'second_opinion'))
               or not exists (select from pg_attribute a
                              where a.attrelid = c.oid and a.attname = 'company_id'
                                and a.attnotnull)
                  and c.relname <> 'company')
        """
    )
    async with db.anonymous() as session:
        assert list(await session.scalars(query)) == []


async def test_the_program_is_no_superuser_and_owns_no_table(db: Database) -> None:
    async with db.anonymous() as session:
        role = (
            await session.execute(
                text(
                    "select rolname, rolsuper, rolbypassrls from pg_roles "
                    "where rolname = current_user"
                )
            )
        ).one()
        owned = await session.scalar(
            text("select count(*) from pg_tables where tableowner = current_user")
        )
    assert (role.rolname, role.rolsuper, role.rolbypassrls, owned) == (
        "ticketyard_app",
        False,
        False,
        0,
    )


async def test_another_company_sees_and_changes_nothing(world: World) -> None:
    opened = await world.open()
    db = world.resources.db
    async with db.transaction(world.other_company_id) as session:
        assert await session.scalar(text("select count(*) from ticket")) == 0
        changed = await session.execute(
            text("update ticket set title = 'mine' where id = :id"), {"id": opened.id}
        )
        assert changed.rowcount == 0
    async with db.anonymous() as session:
        assert await session.scalar(text("select count(*) from ticket")) == 0


async def test_a_row_cannot_be_written_into_another_company(world: World) -> None:
    with pytest.raises(DBAPIError, match="row-level security"):
        async with world.resources.db.transaction(world.company_id) as session:
            await session.execute(
                text("insert into category (company_id, name) values (:id, 'stolen')"),
                {"id": world.other_company_id},
            )


@pytest.mark.parametrize("table", ["event", "state_change"])
@pytest.mark.parametrize(
    "statement", ["update {} set by_name = 'nobody'", "delete from {}", "truncate {}"]
)
async def test_history_cannot_be_edited(
    world: World, database_url: str, table: str, statement: str
) -> None:
    await world.open()
    with pytest.raises(DBAPIError, match="permission denied"):
        async with world.resources.db.transaction(world.company_id) as session:
            await session.execute(text(statement.format(table)))
    async with await psycopg.AsyncConnection.connect(database_url) as owner:
        await owner.execute("select enter_company(%s)", (world.company_id,))
        if "truncate" not in statement:
            with pytest.raises(psycopg.errors.RestrictViolation):
                await owner.execute(statement.format(table))


async def test_opening_keeps_history_event_and_requester_together(world: World) -> None:
    opened = await world.open(requester_email="New.Person@Example.com", requester_name="New")
    async with world.resources.db.transaction(world.company_id) as session:
        row = (
            await session.execute(
                text(
                    """
                    select t.number, p.email, p.role, s.to_status, e.type
                    from ticket t join person p on p.id = t.requester_id
                    join state_change s on s.ticket_id = t.id
                    join event e on e.ticket_id = t.id where t.id = :id
                    """
                ),
                {"id": opened.id},
            )
        ).one()
    assert row.number == opened.number
    assert (row.email, row.role) == ("New.Person@Example.com", "requester")
    assert (row.to_status, row.type) == ("open", "ticket.opened")
