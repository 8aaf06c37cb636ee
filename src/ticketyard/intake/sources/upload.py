"""Pure: the three files of a distribution run, offices, managers and tickets, as rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, TypeVar
from uuid import UUID

from ticketyard.intake.sources.csv_columns import MANAGERS, OFFICES, TICKETS
from ticketyard.intake.sources.csv_problems import Problems
from ticketyard.intake.sources.csv_table import Row, Table, by_title, read_table
from ticketyard.intake.sources.csv_values import (
    parse_birth_date,
    parse_count,
    parse_guid,
    parse_house,
    parse_list,
    parse_word,
)

Key = TypeVar("Key")

SEGMENTS = {"mass": "Mass", "vip": "VIP", "priority": "Priority"}
SKILLS = {"vip": "VIP", "eng": "ENG", "en": "ENG", "kz": "KZ", "kk": "KZ", "ru": "RU"}


@dataclass(frozen=True, slots=True)
class OfficeRow:
    """An office as its file tells it; the name identifies it."""

    line: int
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent as the managers file tells it; name and office identify them.

    load: the tickets they already have elsewhere.
    """

    line: int
    name: str
    position: str
    office: str
    skills: tuple[str, ...]
    load: int


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A client's letter as the tickets file tells it; the client's GUID identifies it."""

    line: int
    guid: UUID
    gender: str
    birth_date: date | None
    description: str
    attachments: tuple[str, ...]
    segment: str
    country: str
    region: str
    city: str
    street: str
    house: str


def open_offices(stream: BinaryIO, file: str, problems: Problems) -> Table | None:
    """The offices file; None when it is refused."""
    return read_table(stream, file, by_title(OFFICES), problems)


def open_managers(stream: BinaryIO, file: str, problems: Problems) -> Table | None:
    """The managers file; None when it is refused."""
    return read_table(stream, file, by_title(MANAGERS), problems)


def open_tickets_file(stream: BinaryIO, file: str, problems: Problems) -> Table | None:
    """The tickets file; None when it is refused."""
    return read_table(stream, file, by_title(TICKETS), problems)


def office_rows(table: Table) -> Iterator[OfficeRow]:
    """Each office once; a second row of the same name is reported."""
    seen: dict[str, int] = {}
    for row in table:
        name = row.cells["name"]
        if _is_named(table, row, "name") and _is_first(table, row, name.casefold(), "name", seen):
            yield OfficeRow(row.line, name, parse_word(row.cells["address"]))


def agent_rows(table: Table) -> Iterator[AgentRow]:
    """Each agent once; rows without a name, an office or a number of tickets are reported."""
    seen: dict[str, int] = {}
    for row in table:
        if not (_is_named(table, row, "name") and _is_named(table, row, "office")):
            continue
        name, office = row.cells["name"], row.cells["office"]
        load = parse_count(parse_word(row.cells["load"]) or "0")
        if load is None:
            table.problems.add(
                table.file, row.line, table.title("load"), "this is no whole number from 0 on"
            )
            continue
        if _is_first(table, row, f"{name}\n{office}".casefold(), "name", seen):
            skills = tuple(
                dict.fromkeys(
                    SKILLS.get(word.casefold(), word)
                    for word in parse_list(parse_word(row.cells["skills"]))
                )
            )
            position = parse_word(row.cells["position"])
            yield AgentRow(row.line, name, position, office, skills, load)


def ticket_rows(table: Table, today: date) -> Iterator[TicketRow]:
    """Each ticket once, whatever is missing in it but its GUID; odd values are reported."""
    seen: dict[UUID, int] = {}
    for row in table:
        cells = row.cells
        guid = parse_guid(cells["guid"])
        if guid is None:
            reason = "this is no GUID" if cells["guid"] else "the GUID is missing"
            table.problems.add(table.file, row.line, table.title("guid"), reason)
            continue
        if not _is_first(table, row, guid, "guid", seen):
            continue
        attachments = parse_list(parse_word(cells.get("attachments", "")))
        if not cells["description"] and not attachments:
            reason = "no text and no attachment"
            table.problems.add(table.file, row.line, table.title("description"), reason, "noted")
        yield TicketRow(
            line=row.line,
            guid=guid,
            gender=parse_word(cells.get("gender", "")),
            birth_date=_birth_date(table, row, today),
            description=cells["description"],
            attachments=attachments,
            segment=_segment(table, row),
            country=parse_word(cells["country"]),
            region=parse_word(cells["region"]),
            city=parse_word(cells["city"]),
            street=parse_word(cells.get("street", "")),
            house=parse_house(cells.get("house", "")),
        )


def _is_named(table: Table, row: Row, column: str) -> bool:
    if row.cells[column]:
        return True
    table.problems.add(table.file, row.line, table.title(column), "this must not be empty")
    return False


def _is_first(table: Table, row: Row, key: Key, column: str, seen: dict[Key, int]) -> bool:
    """Whether nothing of this key came before in the file; a repetition is skipped and reported."""
    first = seen.setdefault(key, row.line)
    if first == row.line:
        return True
    table.problems.add(table.file, row.line, table.title(column), f"the same as line {first}")
    return False


def _birth_date(table: Table, row: Row, today: date) -> date | None:
    text = parse_word(row.cells.get("birth_date", ""))
    day = parse_birth_date(text, today) if text else None
    if text and day is None:
        reason = "this is no date of birth"
        column = table.title("birth_date")
        table.problems.add(table.file, row.line, column, reason, "value left empty")
    return day


def _segment(table: Table, row: Row) -> str:
    text = parse_word(row.cells["segment"])
    known = SEGMENTS.get(text.casefold())
    if text and known is None:
        reason = "not one of Mass, VIP, Priority; kept as written"
        table.problems.add(table.file, row.line, table.title("segment"), reason, "noted")
    return known or text
