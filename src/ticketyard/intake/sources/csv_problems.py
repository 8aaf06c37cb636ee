"""Pure: what is wrong with a file, said so that its sender can mend it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Effect = Literal["file refused", "row skipped", "value left empty", "noted"]

# A file of a hundred thousand broken rows has one fault, not a hundred thousand.
PROBLEMS_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: file, line (the header is line 1), column title, reason, and what came of it."""

    file: str
    line: int | None
    column: str | None
    reason: str
    effect: Effect

    def __str__(self) -> str:
        where = self.file
        if self.line is not None:
            where += f", line {self.line}"
        if self.column is not None:
            where += f", column “{self.column}”"
        return f"{where}: {self.reason} ({self.effect})"


@dataclass(slots=True)
class Problems:
    """The faults found so far: the first thousand kept, all counted."""

    kept: list[Problem] = field(default_factory=list)
    total: int = 0

    def add(
        self,
        file: str,
        line: int | None,
        column: str | None,
        reason: str,
        effect: Effect = "row skipped",
    ) -> None:
        """Notes a fault."""
        self.total += 1
        if len(self.kept) < PROBLEMS_KEPT:
            self.kept.append(Problem(file, line, column, reason, effect))

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.kept)

    def __len__(self) -> int:
        return self.total

    @property
    def refused(self) -> list[Problem]:
        """The faults for which a whole file cannot be read."""
        return [problem for problem in self.kept if problem.effect == "file refused"]
