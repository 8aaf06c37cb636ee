"""Pure: the bytes of a table file, whatever program wrote it, to rows of named cells."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

from ticketyard.intake.sources.csv_columns import Columns, header_key
from ticketyard.intake.sources.csv_encoding import NotText, find_encoding
from ticketyard.intake.sources.csv_problems import Problems

DELIMITERS = (",", ";", "\t", "|")
# Excel writes this line above the header when asked to name its delimiter.
_HINT = re.compile(r'^"?sep=(.)"?\s*$')
# PostgreSQL keeps no NUL in a text, and half a surrogate pair is no letter.
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
UNREADABLE = "\ufffd"


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line it starts on, and its cells by our column names."""

    line: int
    cells: dict[str, str]


@dataclass(slots=True)
class Match:
    """Which of our columns stands where in a header, and what is wrong with that header."""

    positions: dict[str, int] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)


Matcher = Callable[[list[str]], Match]


@dataclass(slots=True)
class Table:
    """A file being read. Iterating gives the whole rows once; broken ones go to `problems`."""

    file: str
    encoding: str
    delimiter: str
    header: list[str]
    positions: dict[str, int]
    problems: Problems
    _records: Iterator[tuple[int, list[str]]] = field(repr=False)

    def __iter__(self) -> Iterator[Row]:
        width = len(self.header)
        positions = self.positions.items()
        for line, cells in self._records:
            if len(cells) != width and not _is_padded(cells, width):
                reason = f"{len(cells)} cells where the header has {width}"
                self.problems.add(self.file, line, None, reason)
                continue
            named = {name: clean_cell(cells[at]) for name, at in positions}
            for name, cell in named.items():
                if UNREADABLE in cell:
                    reason = "some letters could not be read"
                    self.problems.add(self.file, line, self.title(name), reason, "noted")
            yield Row(line, named)

    def title(self, name: str) -> str:
        """What this file calls a column of ours."""
        return self.header[self.positions[name]] if name in self.positions else name


def read_table(stream: BinaryIO, file: str, match: Matcher, problems: Problems) -> Table | None:
    """Opens a table; None when the file is refused, and `problems` says why. Uses the stream up."""
    try:
        encoding, errors = find_encoding(stream)
    except NotText as fault:
        problems.add(file, None, None, str(fault), "file refused")
        return None
    lines = io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline="")
    hint, first, above = _first_lines(lines)
    if not first.strip():
        problems.add(file, None, None, "the file is empty", "file refused")
        return None
    delimiter = hint or best_delimiter(first, match)
    records = _records(chain([first], lines), delimiter, above, file, problems)
    line, raw_header = next(records, (1, []))
    header = [clean_cell(cell).strip("\ufeff") for cell in raw_header]
    matched = match(header)
    for column, reason in matched.faults:
        problems.add(file, line, column, reason, "file refused")
    if matched.faults:
        return None
    return Table(file, encoding, delimiter, header, matched.positions, problems, records)


def by_title(columns: Columns) -> Matcher:
    """Finds columns by the names such files give them."""

    def match(header: list[str]) -> Match:
        found = Match()
        for at, title in enumerate(header):
            name = columns.name_of(title)
            if name in found.positions:
                found.faults.append((title, "this column stands in the header twice"))
            elif name is not None:
                found.positions[name] = at
        for name in columns.aliases:
            if name in columns.required and name not in found.positions:
                there = ", ".join(title for title in header if title)
                found.faults.append((columns.title_of(name), f"no such column; there are: {there}"))
        return found

    return match


def by_mapping(wanted: dict[str, str]) -> Matcher:
    """Finds the columns that a mapping of our names to the file's own titles asks for."""

    def match(header: list[str]) -> Match:
        at_key: dict[str, int] = {}
        for at, title in enumerate(header):
            at_key.setdefault(header_key(title), at)
        found = Match()
        for name, title in wanted.items():
            found_at = at_key.get(header_key(title))
            if found_at is None:
                there = ", ".join(title for title in header if title)
                found.faults.append((title, f"no such column; there are: {there}"))
            else:
                found.positions[name] = found_at
        return found

    return match


def best_delimiter(header_line: str, match: Matcher) -> str:
    """The delimiter under which the header makes the most sense."""

    def sense(delimiter: str) -> tuple[int, int, int]:
        cells = next(csv.reader([header_line], delimiter=delimiter, skipinitialspace=True), [])
        matched = match([clean_cell(cell).strip("\ufeff") for cell in cells])
        return (len(matched.positions), -len(matched.faults), len(cells))

    return max(DELIMITERS, key=sense)


def clean_cell(text: str) -> str:
    """The cell without outer spaces (the unbreakable kind too) and without what cannot be kept."""
    return _UNKEEPABLE.sub("", text).strip()


def _first_lines(lines: Iterable[str]) -> tuple[str | None, str, int]:
    """The hinted delimiter, the first line with anything on it, and how many lines stood above."""
    hint: str | None = None
    above = 0
    for line in lines:
        if found := _HINT.match(line):
            hint = found[1]
        elif line.strip(" \t\r\n\ufeff"):
            return hint, line, above
        above += 1
    return hint, "", above


def _records(
    lines: Iterable[str], delimiter: str, above: int, file: str, problems: Problems
) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    while True:
        line = above + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            last = above + reader.line_num
            reason = f"a quote opened here is not closed by line {last}"
            problems.add(file, line, None, reason)
            continue
        if any(cell and not cell.isspace() for cell in cells):
            yield line, cells


def _is_padded(cells: list[str], width: int) -> bool:
    """Whether a row is only longer, by empty cells: what Excel does to a sheet once wider."""
    return len(cells) > width and not any(cell.strip() for cell in cells[width:])
