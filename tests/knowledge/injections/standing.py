"""What two companies' tables hold before and after: whatever was done, it shows there."""

from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

# What is done for somebody, or to others: not even an ordinary text may change it.
DEEDS = frozenset(
    {"action_run", "api_key", "auto_resolution", "comment", "company", "outgoing_mail", "person",
     "solution", "team", "webhook_delivery"}
)  # fmt: skip
# What a model said is kept as it was said, for whoever looks into a second opinion; nobody is shown it.
_VERBATIM = {"second_opinion": "answer"}


@dataclass
class Standing:
    """Read past all policies, as the database's superuser."""

    admin: psycopg.Connection[Any]
    north: int
    south: int
    _ordinary: set[str] = field(default_factory=set)
    _states: list[str] = field(default_factory=list)
    _before: dict[tuple[int, str], Any] = field(default_factory=dict)
    _last_ticket: int = 0
    _tickets: Any = None

    def look(self) -> None:
        """Note how everything is."""
        self._before = self._all()
        self._last_ticket = self._one("select coalesce(max(id), 0) from ticket")
        self._tickets = self._old_tickets()

    def learn_ordinary(self) -> None:
        """Since the last look nothing but ordinary texts came: what they wrote is what texts write."""
        after = self._all()
        self._ordinary = {
            table
            for (company, table), now in after.items()
            if company == self.north and now != self._before[company, table]
        }
        self._states = self._new_states()
        assert not self._ordinary & DEEDS

    def changes(self) -> list[str]:
        """What is otherwise than it was, and should not be."""
        after = self._all()
        found = [
            f"{'South' if company == self.south else 'North'}: {table}"
            for (company, table), before in self._before.items()
            if after[company, table] != before
            and (company == self.south or table not in self._ordinary)
        ]
        if self._old_tickets() != self._tickets:
            found.append("North: a ticket that was there before")
        states = set(self._new_states()) - set(self._states)
        return found + [f"North: a new ticket is {state}" for state in states]

    def _new_states(self) -> list[str]:
        rows = self.admin.execute(
            f"select distinct status from ticket where id > {self._last_ticket}"
        ).fetchall()
        return [str(row[0]) for row in rows]

    def held_words(self, words: dict[str, str]) -> list[str]:
        """In which of North's tables any of the words stands."""
        return [
            table
            for table in self._tables()
            if self._one(
                "select count(*) from {table} t where company_id = {company}"
                " and (to_jsonb(t) - {verbatim})::text ~* {words}",
                table=table,
                company=self.north,
                verbatim=_VERBATIM.get(table, ""),
                words="|".join(words.values()),
            )
        ]

    def has_piece(self, chunk_id: str) -> bool:
        """Whether a piece of this name is one of North's."""
        file_id, _, number = chunk_id.rpartition("-")
        return bool(
            self._one(
                "select count(*) from {table} c join knowledge_document d on d.id = c.document_id"
                " where c.company_id = {company} and d.file_id::text = {file_id}"
                " and c.number::text = {number}",
                table="knowledge_chunk",
                company=self.north,
                file_id=file_id,
                number=number,
            )
        )

    def _all(self) -> dict[tuple[int, str], Any]:
        return {
            (company, table): self._one(
                "select md5(coalesce(string_agg(row, '|' order by row), '')) from (select"
                " (to_jsonb(t) - {used})::text as row from {table} t where company_id = {company}) as r",
                table=table,
                company=company,
                used="last_used_at",  # of a key: noted whenever it opens something
            )
            for company in (self.north, self.south)
            for table in self._tables()
        }

    def _old_tickets(self) -> Any:
        return self._one(
            f"select md5(string_agg(t::text, '|' order by id)) from ticket t"
            f" where id <= {self._last_ticket}"
        )

    def _tables(self) -> list[str]:
        rows = self.admin.execute(
            "select c.table_name from information_schema.columns c join information_schema.tables t"
            " using (table_schema, table_name) where c.column_name = 'company_id'"
            " and c.table_schema = 'public' and t.table_type = 'BASE TABLE' order by 1"
        ).fetchall()
        return [row[0] for row in rows]

    def _one(self, query: str, table: str = "", **values: object) -> Any:
        named = {"table": sql.Identifier(table)} if table else {}
        given = {name: sql.Literal(value) for name, value in values.items()}
        row = self.admin.execute(sql.SQL(query).format(**named, **given)).fetchone()
        assert row is not None
        return row[0]
