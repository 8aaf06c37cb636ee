"""What if: which open tickets would be due at another time, or break a promise, under a policy."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of, now_of
from ticketyard.sla.changing import policy_columns
from ticketyard.sla.clocks import Clock, run_clocks
from ticketyard.sla.drafts import PolicyDraft, check_policy
from ticketyard.sla.histories import read_histories
from ticketyard.sla.policies import Policy, RuleBook, Rules
from ticketyard.sla.queries import get_policy
from ticketyard.sla.rule_book import read_book

LOOKED_AT_MAX = 5_000
SHOWN_MAX = 200


@dataclass(frozen=True)
class Difference:
    """What would become of one clock."""

    ticket_id: int
    number: str
    title: str
    before: Clock
    after: Clock


@dataclass(frozen=True)
class Foreseen:
    """looked_at: how many open tickets, the newest first; changed: how many of them would change."""

    looked_at: int
    changed: int
    newly_broken: int
    no_longer_broken: int
    differences: Sequence[Difference]


async def foresee_policy(
    session: AsyncSession, *, policy_id: int | None, draft: PolicyDraft | None
) -> Foreseen:
    """Of a policy that is added (no id), changed, or deleted (no draft). Changes nothing.

    Raises PolicyNotFound, BadPolicy, UnknownCategory.
    """
    if policy_id is not None:
        await get_policy(session, policy_id)
    book, now = await read_book(session), now_of(session)
    wanted = await _policy(session, policy_id, draft)
    then = _with(book, policy_id, wanted, now)
    rows = (
        await session.execute(_OPEN, {"company": company_of(session), "limit": LOOKED_AT_MAX})
    ).all()
    histories = await read_histories(session, [row.id for row in rows])
    differences: list[Difference] = []
    for row in rows:
        pairs = zip(
            run_clocks(histories[row.id], book, now),
            run_clocks(histories[row.id], then, now),
            strict=False,
        )
        differences += [
            Difference(row.id, row.number, row.title, before, after)
            for before, after in pairs
            if before.is_live and _promise(before) != _promise(after)
        ]
    return Foreseen(
        looked_at=len(rows),
        changed=len({each.ticket_id for each in differences}),
        newly_broken=sum(each.after.breached > each.before.breached for each in differences),
        no_longer_broken=sum(each.after.breached < each.before.breached for each in differences),
        differences=differences[:SHOWN_MAX],
    )


async def _policy(
    session: AsyncSession, policy_id: int | None, draft: PolicyDraft | None
) -> Policy | None:
    if draft is None or not draft.is_active:
        return None
    targets = check_policy(draft)
    columns = await policy_columns(session, draft)
    columns.pop("is_active")
    sets = ("priorities", "severities", "pauses")
    columns |= {name: frozenset(columns[name]) for name in sets}
    # A new one comes after those that stand.
    return Policy(id=policy_id or 2**31, targets=targets, **columns)


def _with(book: RuleBook, policy_id: int | None, wanted: Policy | None, now: datetime) -> RuleBook:
    page = book.pages[-1]
    others = [each for each in page.policies if each.id != policy_id]
    policies = (*others, wanted) if wanted else tuple(others)
    new = Rules(0, max(now.replace(microsecond=0), page.since), policies, page.calendars)
    return replace(book, pages=(*book.pages, new))


def _promise(clock: Clock) -> tuple[object, ...]:
    return clock.target, clock.due_at, clock.breached, clock.state


_OPEN = text(
    """
    select t.id, t.number, t.title from ticket t
    where t.company_id = :company and t.status in ('open', 'assigned', 'in_progress', 'pending')
    order by t.created_at desc, t.id desc limit :limit
    """
)
