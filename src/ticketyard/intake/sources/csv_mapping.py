"""Pure: any table of texts to tickets, by a mapping such as `title=text,category=label`."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO

from ticketyard.intake.sources.csv_problems import Problems
from ticketyard.intake.sources.csv_table import Table, by_mapping, read_table
from ticketyard.intake.sources.csv_values import parse_list, parse_word

FIELDS = (
    "identity",
    "title",
    "description",
    "category",
    "priority",
    "tags",
    "requester_name",
    "requester_email",
    "segment",
    "country",
    "region",
    "city",
    "street",
    "house",
)
TITLE_LENGTH = 100


class BadMapping(ValueError):
    """The mapping cannot be read; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class MappedRow:
    """One row of a foreign table as a ticket.

    identity: the row's own id, or a hash of its mapped cells: the same row is the same ticket.
    """

    line: int
    identity: str
    title: str
    description: str
    category: str
    priority: str
    tags: tuple[str, ...]
    requester_name: str
    requester_email: str
    segment: str
    country: str
    region: str
    city: str
    street: str
    house: str


def parse_mapping(text: str) -> dict[str, str]:
    """Our field → the file's column, from `field=column,field=column`.

    Raises BadMapping when a part is no pair, a field is unknown or there is no text to read.
    """
    mapping: dict[str, str] = {}
    for part in text.split(","):
        name, equals, column = (piece.strip() for piece in part.partition("="))
        if not (name and equals and column):
            raise BadMapping(f"“{part.strip()}” is not a pair like title=text.")
        if name not in FIELDS:
            raise BadMapping(f"“{name}” is not a field; there are: {', '.join(FIELDS)}.")
        if name in mapping:
            raise BadMapping(f"“{name}” is given twice.")
        mapping[name] = column
    if not {"title", "description"} & mapping.keys():
        raise BadMapping("Name the column with the text: title=… or description=….")
    return mapping


def open_mapped(
    stream: BinaryIO, file: str, mapping: dict[str, str], problems: Problems
) -> Table | None:
    """The table; None when a column of the mapping is not in it."""
    return read_table(stream, file, by_mapping(mapping), problems)


def mapped_rows(table: Table) -> Iterator[MappedRow]:
    """Each row as a ticket; repeated identities and rows without any text are reported.

    Where rows have no identity of their own, two that say the same are two customers who say the
    same: the second is told from the first by its ordinal, and both are known when they come again.
    """
    seen: dict[str, int] = {}
    alike: Counter[str] = Counter()
    for row in table:
        cells = {name: row.cells.get(name, "") for name in FIELDS}
        if not (cells["title"] or cells["description"]):
            column = table.title("title" if "title" in table.positions else "description")
            table.problems.add(table.file, row.line, column, "this must not be empty")
            continue
        if "identity" in table.positions and not cells["identity"]:
            column = table.title("identity")
            table.problems.add(table.file, row.line, column, "this must not be empty")
            continue
        identity = cells["identity"]
        if not identity:
            digest = row_hash(cells)
            alike[digest] += 1
            identity = digest if alike[digest] == 1 else f"{digest}#{alike[digest]}"
        first = seen.setdefault(identity, row.line)
        if first != row.line:
            table.problems.add(table.file, row.line, None, f"the same as line {first}")
            continue
        description = cells["description"] or cells["title"]
        yield MappedRow(
            line=row.line,
            identity=identity,
            title=short_title(cells["title"] or cells["description"]),
            description=description,
            tags=parse_list(cells["tags"]),
            **{name: parse_word(cells[name]) for name in _PLAIN},
        )


_PLAIN = tuple(name for name in FIELDS if name not in {"identity", "title", "description", "tags"})


def row_hash(cells: dict[str, str]) -> str:
    """The identity of a row that names none: the SHA-256 of what it says."""
    digest = sha256("\x1f".join(f"{name}={cells[name]}" for name in sorted(cells)).encode())
    return f"row:{digest.hexdigest()[:32]}"


def short_title(text: str) -> str:
    """The first line of a text, at most a hundred characters, cut at a word."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if len(line) <= TITLE_LENGTH:
        return line
    cut = line[: TITLE_LENGTH - 1]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > TITLE_LENGTH // 2 else cut).rstrip(" ,;:") + "…"
