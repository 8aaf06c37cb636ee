"""Pure: a proposed answer as the text that an agent edits, and the steps of what was sent in the end."""

import re
from collections.abc import Iterator, Sequence

from ticketyard.knowledge.answering.answer import CitedStep
from ticketyard.knowledge.answering.verifying import contains

INTERNAL_MARK = "[internal: check before sending]"
_SOURCE = "Source: "
_NUMBERED = re.compile(r"\s*(?:\d{1,2}[.)]|[•▪–*-])\s+(?=\S)")
_MARK_AS_WRITTEN = re.compile(r"\[\s*internal\s*:\s*check\s+before\s+sending\s*\]", re.IGNORECASE)


def draft_of(steps: Sequence[CitedStep]) -> str:
    """The steps as they would be told to a requester, with the titles of public documents.

    Words of an internal document stand behind a mark that an agent has to take away; its title is
    left out.
    """
    told = [
        each.step.text if each.is_public else f"{INTERNAL_MARK} {each.step.text}" for each in steps
    ]
    if len(told) > 1:
        told = [f"{number}. {text}" for number, text in enumerate(told, 1)]
    titles = dict.fromkeys(each.title for each in steps if each.is_public)
    sources = [f"\n{_SOURCE}{'; '.join(titles)}"] if titles else []
    return "\n".join([*told, *sources])


def is_marked_internal(text: str) -> bool:
    """Whether words of an internal document still stand behind their mark."""
    return bool(_MARK_AS_WRITTEN.search(text))


def steps_in(text: str, *, most: int, longest: int) -> list[str]:
    """The steps of an answer as an agent sent it: its numbered or bulleted lines, else all of its lines.

    What greets, thanks and names sources around a list is no step. longest: in characters.
    """
    lines = [line.strip() for line in text.splitlines()]
    items = list(_items(lines))
    if not items:
        items = [line for line in lines if line and not line.startswith(_SOURCE)]
    return [" ".join(item.split())[:longest] for item in items][:most]


def _items(lines: Sequence[str]) -> Iterator[str]:
    """Each numbered line with the lines that go on from it."""
    item: list[str] = []
    for line in [*lines, ""]:
        starts = _NUMBERED.match(line)
        if item and (starts or not line):
            yield " ".join(item)
            item = []
        if starts:
            item = [line[starts.end() :]]
        elif item:
            item.append(line)


def files_told(steps: Sequence[CitedStep], text: str) -> list[str]:
    """The documents whose steps stand in a text word for word, by their ids outside."""
    return sorted({each.file_id for each in steps if contains(text, each.step.text)})
