"""Pure: labelled texts from a CSV file, as people save them."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ticketyard.triage.errors import BadExamples

TEXT_NAMES = ("text", "description", "content", "message", "document", "body", "описание", "текст")
LABEL_NAMES = ("category", "label", "class", "intent", "topic_group", "категория", "метка")
MAX_EXAMPLES = 200_000
MAX_LABELS = 500
LABEL_MAX = 100
TEXT_MAX = 20_000
DIGEST_BYTES = 8
_ENCODINGS = ("utf-8-sig", "cp1251")


@dataclass(frozen=True)
class Example:
    """A text, the label somebody gave it, and who that was.

    by: a person ("person:7"), a source ("source:glpi") or whoever else can be told from others;
      by_name for people.
    rank: whose word counts more (`RANKS`).  at: when it was said.
    is_accepted: an admin looked at it and let it pass.
    key: what the label was called first, where it was renamed: it is the same example as before.
    """

    text: str
    label: str
    at: datetime | None = None
    by: str = ""
    by_name: str = ""
    rank: int = 0
    ticket_id: int | None = None
    is_accepted: bool = False
    key: str = ""

    @property
    def digest(self) -> bytes:
        """Eight bytes that stand for text and label, to know what a model was taught."""
        return digest_of(self.text, self.key or self.label)


def called_today(
    examples: Iterable[Example], present: Mapping[str, str], first: Mapping[str, str]
) -> list[Example]:
    """The examples with their labels as categories are called now, known by their first names.

    present: former names to today's.  first: today's to the first.  Neither capital nor small letters
    part a label from a name.
    """
    now = {name.casefold(): name for name in first}
    now |= {name.casefold(): called for name, called in present.items()}
    called = []
    for each in examples:
        label = now.get(each.label.casefold(), each.label)
        key = first.get(label, "")
        same = (label, key) == (each.label, each.key)
        called.append(each if same else replace(each, label=label, key=key))
    return called


def spelled_alike(examples: Iterable[Example], known: Iterable[str]) -> list[Example]:
    """Labels in the company's own spelling; of several new spellings the commonest."""
    examples = list(examples)
    spelling: dict[str, str] = {}
    for label, _ in Counter(example.label for example in examples).most_common():
        spelling.setdefault(label.casefold(), label)
    spelling |= {name.casefold(): name for name in known}
    return [
        each if label == each.label else replace(each, label=label)
        for each in examples
        for label in (spelling[each.label.casefold()],)
    ]


RANKS = {"admin": 3, "agent": 2, "system": 2, "source": 1, "integration": 1}


def digest_of(text: str, label: str) -> bytes:
    """Eight bytes of a text and its label."""
    joined = f"{label}\x1f{text}".encode("utf-8", "replace")
    return hashlib.blake2b(joined, digest_size=DIGEST_BYTES).digest()


def split_digests(joined: bytes) -> frozenset[bytes]:
    """Digests that were kept one after the other."""
    return frozenset(
        joined[start : start + DIGEST_BYTES] for start in range(0, len(joined), DIGEST_BYTES)
    )


def parse_examples(
    data: bytes, *, text_column: str | None = None, label_column: str | None = None
) -> list[Example]:
    """The rows of the file that have both a text and a label. Raises BadExamples.

    Columns are found by their usual names unless given; comma, semicolon and tab part them.
    """
    rows = csv.reader(io.StringIO(_decoded(data), newline=""), delimiter=_delimiter(data))
    try:
        header = [cell.strip() for cell in next(rows, [])]
        text_at = _column(header, text_column, TEXT_NAMES, "text")
        label_at = _column(header, label_column, LABEL_NAMES, "label")
        examples = [
            Example(row[text_at].strip()[:TEXT_MAX], row[label_at].strip())
            for row in (_refuse_wider(row, len(header), rows.line_num) for row in rows)
            if len(row) > max(text_at, label_at) and row[text_at].strip() and row[label_at].strip()
        ]
    except csv.Error as error:
        raise BadExamples(f"Line {rows.line_num} cannot be read as CSV.") from error
    check_examples(examples)
    return examples


def _refuse_wider(row: list[str], width: int, line: int) -> list[str]:
    """The row. One with more cells than the header has a text with a comma and without quotation
    marks: half of it would be taken for a label. Raises BadExamples."""
    if any(cell.strip() for cell in row[width:]):
        raise BadExamples(
            f"Line {line} has more cells than the header: put a text that holds the separator "
            "between quotation marks."
        )
    return row


def check_examples(examples: Sequence[Example]) -> None:
    """Raises BadExamples for none, too many, or labels that cannot be categories."""
    if not examples:
        raise BadExamples("There is no row with both a text and a label.")
    if len(examples) > MAX_EXAMPLES:
        raise BadExamples(f"More than {MAX_EXAMPLES} examples at once are not taken.")
    labels = {example.label for example in examples}
    if len(labels) > MAX_LABELS:
        raise BadExamples(f"{len(labels)} different labels are no list of categories.")
    if any(len(label) > LABEL_MAX or not label.isprintable() for label in labels):
        raise BadExamples(f"A label is one line of at most {LABEL_MAX} characters.")


def _decoded(data: bytes) -> str:
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding).replace("\x00", "")
        except UnicodeDecodeError:
            continue
    raise BadExamples("The file is neither UTF-8 nor Windows-1251 text.")


def _delimiter(data: bytes) -> str:
    first = data.split(b"\n", 1)[0]
    return max(",;\t", key=lambda mark: first.count(mark.encode()))


def _column(header: Sequence[str], given: str | None, usual: Sequence[str], what: str) -> int:
    known = [name.casefold() for name in header]
    for name in (given,) if given else usual:
        if name and name.casefold() in known:
            return known.index(name.casefold())
    wanted = given or " or ".join(usual[:3])
    raise BadExamples(
        f"The file has no {what} column ({wanted}); it has: {', '.join(header)[:200]}."
    )
