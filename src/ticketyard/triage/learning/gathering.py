"""What a company has to learn from: what files taught, what people corrected, what they filed."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.classifying import ModelUnreadable, load_classifier
from ticketyard.ai.training import ENOUGH_EXAMPLES
from ticketyard.people.queries import get_company
from ticketyard.tickets.categorizing import labels_lacking
from ticketyard.tickets.names import first_names, present_names
from ticketyard.tickets.queries import list_categories
from ticketyard.triage.learning.examples import (
    RANKS,
    Example,
    called_today,
    spelled_alike,
    split_digests,
)
from ticketyard.triage.learning.queries import find_in_state, held_by_rollback
from ticketyard.triage.preparing import TicketText
from ticketyard.triage.queries import CATEGORY, TEAM, get_teams

MAX_EACH = 50_000
"""Of each kind, the newest."""

MAX_UNLABELLED = 5_000
"""Tickets that nobody labelled and that lend their words to the labels, the newest."""


@dataclass(frozen=True)
class Lore:
    """Everything a lesson begins with.  version: of the model in use.

    descriptions: label to its words, of the labels a company has now.
    """

    examples: Sequence[Example]
    descriptions: Mapping[str, str]
    languages: Sequence[str]
    version: int | None
    champion: bytes
    learned: bytes


@dataclass(frozen=True)
class Collected:
    """What `Lore` is made of, as the database has it.  held: digests of what is not to be taught.

    settings: the company's, where categories were renamed.
    """

    corrected: Sequence[Row[Any]]
    filed: Sequence[Row[Any]]
    taught: Sequence[Row[Any]]
    decided: Mapping[bytes, str]
    descriptions: Mapping[str, str]
    languages: Sequence[str]
    version: int | None
    champion: bytes
    learned: bytes
    held: frozenset[bytes] = frozenset()
    settings: Mapping[str, Any] = field(default_factory=dict)


async def gather(session: AsyncSession, field: str, *, with_held: bool = True) -> Lore:
    """Read what there is to learn from, what answers today, and what that was taught."""
    collected = await collect(session, field)
    return await asyncio.to_thread(lore_of, collected, with_held=with_held)


async def collect(session: AsyncSession, field: str, *, limit: int = MAX_EACH) -> Collected:
    """Read the rows only; `lore_of` makes texts of them, which takes longer than reading."""
    current = await find_in_state(session, "current", field, whole=True)
    return Collected(
        corrected=await _rows(session, _CORRECTED, field=field, limit=limit),
        filed=await _rows(session, _FILED[field], limit=limit),
        taught=await _rows(session, _TAUGHT, field=field, limit=limit),
        decided=await _decided(session, field),
        descriptions=await _descriptions(session, field),
        languages=tuple((await get_company(session)).languages) or ("en",),
        version=current.version if current else None,
        champion=current.model if current else b"",
        learned=current.learned if current else b"",
        held=await held_by_rollback(session, field),
        settings=(await get_company(session)).settings if field == CATEGORY else {},
    )


def lore_of(collected: Collected, *, with_held: bool = False) -> Lore:
    """Pure: examples of labels that the company has.

    with_held: also what a version was taught that somebody went back from.
    """
    known = {label.casefold() for label in collected.descriptions}
    return Lore(
        examples=[
            each
            for each in _examples(collected)
            if each.label.casefold() in known
            and (with_held or each.is_accepted or each.digest not in collected.held)
        ],
        descriptions=collected.descriptions,
        languages=collected.languages,
        version=collected.version,
        champion=_relabelled(collected.champion, present_names(collected.settings)),
        learned=collected.learned,
    )


def _relabelled(stored: bytes, called: Mapping[str, str]) -> bytes:
    """A model's bytes with its labels as they are called today; as they are where it is unreadable."""
    if not stored or not called:
        return stored
    try:
        model = load_classifier(stored)
    except ModelUnreadable:
        return stored
    now = model.relabelled(called)
    return stored if now is model else now.to_bytes()


async def list_unlabelled(
    session: AsyncSession,
    field: str,
    examples: Sequence[Example],
    *,
    limit: int = MAX_UNLABELLED,
) -> list[str]:
    """What the newest tickets say of which nobody said what they are about.

    Nothing where there are examples enough, or none of which to learn.
    """
    labels = {each.label.casefold() for each in examples}
    if len(examples) >= ENOUGH_EXAMPLES * len(labels):
        return []
    said = {each.text for each in examples}
    rows = await _rows(session, _UNLABELLED[field], field=field, limit=limit)
    texts = (TicketText(row.id, row.title, row.description).content for row in rows)
    return [text for text in dict.fromkeys(texts) if text and text not in said]


async def count_fresh(session: AsyncSession, field: str) -> int:
    """How many examples no version was taught, without those that are held back."""
    collected = await collect(session, field)
    return fresh_in(lore_of(collected), await list_known(session, field))


def fresh_in(lore: Lore, known: Collection[bytes]) -> int:
    """Pure: how many of the examples are not known."""
    return sum(example.digest not in known for example in lore.examples)


async def list_known(session: AsyncSession, field: str) -> frozenset[bytes]:
    """Digests that call for no training: what the version in use or the newest one of any state was
    taught (a rejected one would be rejected again), and what is held back."""
    rows = await session.execute(_LEARNED, {"field": field})
    learned = b"".join(bytes(row.learned) for row in rows)
    return split_digests(learned) | await _held_back(session, field)


async def _held_back(session: AsyncSession, field: str) -> frozenset[bytes]:
    rows = await session.execute(_HELD_BACK, {"field": field})
    return frozenset(bytes(row.digest) for row in rows)


async def _descriptions(session: AsyncSession, field: str) -> dict[str, str]:
    if field == TEAM:
        teams = (await get_teams(session)).described
        return {str(team_id): words for team_id, words in teams.items()}
    described = {each.name: each.description for each in await list_categories(session)}
    # What a version in the shadow brings becomes a category once it is in use; until then it is learned.
    shadow = await find_in_state(session, "shadow", field)
    proposed = await labels_lacking(session, shadow.labels) if shadow else ()
    return described | dict.fromkeys(proposed, "")


async def list_examples(
    session: AsyncSession, field: str = CATEGORY, *, limit: int = MAX_EACH
) -> list[Example]:
    """Labelled texts of this company; of one ticket what a person said of it last.

    What triage itself filed is no example: it would learn its own mistakes. What an admin dismissed
    is none either. Labels of the field `team` are ids as text.
    """
    return await asyncio.to_thread(_examples, await collect(session, field, limit=limit))


def _examples(collected: Collected) -> list[Example]:
    latest = {row.ticket_id: _example(row, row.content) for row in collected.corrected}
    for row in collected.filed:
        if row.ticket_id not in latest:
            content = TicketText(row.ticket_id, row.title, row.description).content
            latest[row.ticket_id] = _example(row, content)
    taught = [_example(row, row.content) for row in collected.taught]
    decided = collected.decided
    present, first = present_names(collected.settings), first_names(collected.settings)
    called = called_today((*taught, *latest.values()), present, first)
    return [
        _with_decision(example, decided)
        # Before anything goes by a digest: a model knows an example by the company's own spelling.
        for example in spelled_alike(called, collected.descriptions)
        if example.text and decided.get(example.digest) != "dismissed"
    ]


async def _rows(session: AsyncSession, query: TextClause, **given: str | int) -> Sequence[Row[Any]]:
    return (await session.execute(query, given)).all()


async def _decided(session: AsyncSession, field: str) -> dict[bytes, str]:
    rows = await session.execute(_DECIDED, {"field": field})
    return {bytes(row.digest): row.state for row in rows}


def _example(row: Row[Any], content: str) -> Example:
    return Example(
        text=content,
        label=row.label,
        at=row.at,
        by_name=row.by_name,
        by=f"{row.by_kind}:{row.by_name if row.by_id is None else row.by_id}",
        rank=RANKS.get(row.role or row.by_kind, 0),
        ticket_id=row.ticket_id,
    )


def _with_decision(example: Example, decided: Mapping[bytes, str]) -> Example:
    if decided.get(example.digest) != "accepted":
        return example
    return Example(**vars(example) | {"is_accepted": True})


_CORRECTED = text(
    """
    select distinct on (c.ticket_id) c.ticket_id, c.content, c.corrected as label,
      c.corrected_at as at, c.by_kind, c.by_id, c.by_name, p.role
    from correction c
    left join person p on c.by_kind = 'person' and p.id = c.by_id and p.company_id = c.company_id
    where c.company_id = current_company() and c.field = :field
      and not exists (select from correction_withdrawal w
                      where w.company_id = c.company_id and w.correction_id = c.id)
    order by c.ticket_id desc, c.id desc limit :limit
    """
)
_WHO = """
    left join lateral (
      select e.by_kind, e.by_id, e.by_name, e.happened_at, p.role
      from event e
      left join person p on e.by_kind = 'person' and p.id = e.by_id and p.company_id = e.company_id
      where {by} = 'agent' and e.company_id = t.company_id and e.ticket_id = t.id
        and (e.type = 'ticket.opened'
             or e.type = 'ticket.changed' and e.payload -> 'changes' ? '{field}')
      order by e.id desc limit 1
    ) w on true
    where t.company_id = current_company() and t.{field} is not null and {by} in ('agent', 'source')
    order by t.id desc limit :limit
    """
_FILED_BY = """
    select t.id as ticket_id, t.title, t.description, {label} as label,
      coalesce(w.happened_at, t.created_at) as at, coalesce(w.by_kind, 'source') as by_kind, w.by_id,
      coalesce(w.by_name, t.source) as by_name, w.role
    from ticket t
"""
_FILED = {
    "category": text(
        _FILED_BY.format(label="t.category") + _WHO.format(field="category", by="t.category_by")
    ),
    "team": text(
        _FILED_BY.format(label="t.team_id::text") + _WHO.format(field="team_id", by="t.team_by")
    ),
}
_UNLABELLED_BY = """
    select t.id, t.title, t.description from ticket t
    where t.company_id = current_company() and {by} not in ('agent', 'source')
      and t.merged_into is null
      and not exists (select from correction c
                      where c.company_id = t.company_id and c.ticket_id = t.id and c.field = :field)
    order by t.id desc limit :limit
    """
_UNLABELLED = {
    "category": text(_UNLABELLED_BY.format(by="t.category_by")),
    "team": text(_UNLABELLED_BY.format(by="t.team_by")),
}
_TAUGHT = text(
    """
    select e.content, e.label, e.taught_at as at, e.by_kind, e.by_id, e.by_name, p.role,
      null as ticket_id
    from taught_example e
    left join person p on e.by_kind = 'person' and p.id = e.by_id and p.company_id = e.company_id
    where e.company_id = current_company() and e.field = :field
    order by e.taught_at desc, e.digest limit :limit
    """
)
_LEARNED = text(
    """
    select learned from triage_model
    where company_id = current_company() and field = :field
      and (state = 'current' or version = (select max(version) from triage_model
                                           where company_id = current_company() and field = :field))
    """
)
_DECIDED = text(
    """
    select digest, state from example_aside
    where company_id = current_company() and field = :field and state <> 'aside'
    """
)
_HELD_BACK = text(
    """
    select digest from example_aside
    where company_id = current_company() and field = :field and state = 'aside'
    """
)
