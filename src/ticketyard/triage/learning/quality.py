"""How good triage was over a period: what it filled in, what people said of it, how it drifts.

Judged is a ticket on which somebody confirmed or corrected the category; the last word counts, one
that was taken back does not.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.people.queries import get_company
from ticketyard.tickets.names import present_names
from ticketyard.triage.learning.figures import Drift, Share, drift
from ticketyard.triage.models import TriageModel
from ticketyard.triage.queries import CATEGORY

BINS: Final = 10
CONFUSIONS_MAX: Final = 50
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Bin:
    """Proposals of about one confidence: what was said on average, and how often it was right."""

    low: float
    high: float
    confidence: float
    right: Share


@dataclass(frozen=True)
class LabelQuality:
    """One category. found: how often it was proposed.

    precision: of the judged proposals of it, the right ones; recall: of the judged tickets that are
    of it, those it was proposed for.
    """

    label: str
    found: int
    precision: Share
    recall: Share


@dataclass(frozen=True)
class Week:
    """The analyses of one week, from Monday on. unsure: those left to a person."""

    on: date
    analysed: int
    confidence: float | None
    unsure: Share
    drift: Drift


@dataclass(frozen=True)
class EngineQuality:
    """What one engine, or one version of what was learned, did."""

    engine: str
    version: int | None
    analysed: int
    filled_in: Share
    confidence: float | None
    right: Share


@dataclass(frozen=True)
class HeldOut:
    """The version in use, on texts it was not taught."""

    version: int
    texts: int
    accuracy: float
    bins: list[tuple[float, float, int]]
    labels: dict[str, int]


@dataclass(frozen=True)
class TriageQuality:
    """right: of the proposals that were judged; right_filled_in and right_unsure part these.

    unanswered: judged tickets for which nothing had been proposed.
    calibration_error: mean distance between confidence and share right; None before any judgement.
    pairs: what was proposed, what is right, how often; right proposals among them.
    drift_against: training, or the weeks before where nothing was trained.
    """

    analysed: int
    failed: int
    filled_in: Share
    confidence: float | None
    right: Share
    right_filled_in: Share
    right_unsure: Share
    unanswered: int
    calibration_error: float | None
    bins: list[Bin]
    pairs: list[tuple[str, str, int]]
    labels: list[LabelQuality]
    weeks: list[Week]
    drift_against: str
    engines: list[EngineQuality]
    held_out: HeldOut | None

    @property
    def confusions(self) -> list[tuple[str, str, int]]:
        """The pairs that were mixed up, the commonest first."""
        mixed = [pair for pair in self.pairs if pair[0] != pair[1]]
        return mixed[:CONFUSIONS_MAX]


async def measure_quality(
    session: AsyncSession, *, since: datetime, until: datetime, zone: str
) -> TriageQuality:
    """The figures from `since` until before `until`, weeks in the company's time zone."""
    called = present_names((await get_company(session)).settings)
    asked = {"company": company_of(session), "since": since, "until": until}
    mondays = _mondays(since, until, zone)
    starts = [midnight for _, midnight in mondays]
    found = list(await session.execute(_FOUND, {**asked, "mondays": starts}))
    names = orjson.dumps(called).decode()
    judged = list(await session.execute(_JUDGED, {**asked, "bins": BINS, "called": names}))
    failed = await session.scalar(_FAILED, asked)
    held_out = await _held_out(session, called)
    answered = [row for row in judged if row.found is not None]
    bins = _bins(answered)
    return TriageQuality(
        analysed=_sum(found),
        failed=int(failed or 0),
        filled_in=_filled(found),
        confidence=_confidence(found),
        right=_right(answered),
        right_filled_in=_right(row for row in answered if row.sure),
        right_unsure=_right(row for row in answered if not row.sure),
        unanswered=_sum(row for row in judged if row.found is None),
        calibration_error=_calibration_error(bins),
        bins=bins,
        pairs=_pairs(answered),
        labels=_labels(found, judged),
        weeks=_weeks(found, [on for on, _ in mondays], held_out.labels if held_out else {}),
        drift_against="training" if held_out and held_out.labels else "weeks before",
        engines=_engines(found, answered),
        held_out=held_out,
    )


async def _held_out(session: AsyncSession, called: Mapping[str, str]) -> HeldOut | None:
    row = (
        await session.execute(
            select(TriageModel.version, TriageModel.metrics).where(
                TriageModel.company_id == company_of(session),
                TriageModel.field == CATEGORY,
                TriageModel.state == "current",
            )
        )
    ).one_or_none()
    if row is None:
        return None
    metrics: Mapping[str, Any] = row.metrics
    return HeldOut(
        version=row.version,
        texts=int(metrics.get("texts") or 0),
        accuracy=float(metrics.get("accuracy") or 0.0),
        bins=[(float(a), float(b), int(n)) for a, b, n in metrics.get("bins") or ()],
        labels={
            called.get(label, label): int(each[1])
            for label, each in (metrics.get("per_label") or {}).items()
        },
    )


def _sum(rows: Iterable[Row[Any]]) -> int:
    return sum(row.times for row in rows)


def _filled(rows: Sequence[Row[Any]]) -> Share:
    return Share(_sum(row for row in rows if row.sure), _sum(rows))


def _confidence(rows: Sequence[Row[Any]]) -> float | None:
    count = _sum(rows)
    return sum(row.confidence for row in rows) / count if count else None


def _right(rows: Iterable[Row[Any]]) -> Share:
    counts = Counter[bool]()
    for row in rows:
        counts[row.found == row.corrected] += row.times
    return Share(counts[True], counts.total())


def _bins(rows: Sequence[Row[Any]]) -> list[Bin]:
    """The bins that hold something, the least sure first."""
    inside = _grouped(rows, lambda row: row.bin)
    return [
        Bin(
            low=(number - 1) / BINS,
            high=number / BINS,
            confidence=_confidence(members) or 0.0,
            right=_right(members),
        )
        for number, members in sorted(inside.items())
    ]


def _calibration_error(bins: Sequence[Bin]) -> float | None:
    judged = sum(each.right.of for each in bins)
    if not judged:
        return None
    off = sum(each.right.of * abs(each.confidence - (each.right.share or 0.0)) for each in bins)
    return off / judged


def _pairs(rows: Sequence[Row[Any]]) -> list[tuple[str, str, int]]:
    """(proposed, right, how often), the commonest first."""
    pairs = Counter[tuple[str, str]]()
    for row in rows:
        pairs[row.found, row.corrected] += row.times
    ranked = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(found, right, count) for (found, right), count in ranked]


def _labels(found: Sequence[Row[Any]], judged: Sequence[Row[Any]]) -> list[LabelQuality]:
    proposed = Counter[str]()
    for row in found:
        if row.category is not None:
            proposed[row.category] += row.times
    answers = _grouped(judged, lambda row: row.found)
    wanted = _grouped(judged, lambda row: row.corrected)
    names = {*proposed, *wanted, *(label for label in answers if label is not None)}
    return sorted(
        (
            LabelQuality(
                label=label,
                found=proposed[label],
                precision=_right(answers.get(label, ())),
                recall=_right(wanted.get(label, ())),
            )
            for label in names
        ),
        key=lambda each: (-each.recall.of, -each.found, each.label),
    )


def _mondays(since: datetime, until: datetime, zone: str) -> list[tuple[date, datetime]]:
    """The weeks that the period touches: their Mondays, and when these begin there."""
    local = ZoneInfo(zone)
    monday = since.astimezone(local).date()
    monday -= timedelta(days=monday.weekday())
    weeks = []
    while (midnight := datetime.combine(monday, time(), local)) < until:
        weeks.append((monday, midnight))
        monday += timedelta(days=7)
    return weeks


def _weeks(
    found: Sequence[Row[Any]], mondays: Sequence[date], taught: Mapping[str, int]
) -> list[Week]:
    """Each week against what was taught; where nothing was, against the weeks before it."""
    weeks = []
    before = Counter[str]()
    for number, rows in sorted(_grouped(found, lambda row: int(row.week)).items()):
        labels = Counter[str]()
        for row in rows:
            if row.category is not None:
                labels[row.category] += row.times
        filled = _filled(rows)
        weeks.append(
            Week(
                on=mondays[number - 1],
                analysed=filled.of,
                confidence=_confidence(rows),
                unsure=Share(filled.of - filled.hits, filled.of),
                drift=drift(labels, taught or before),
            )
        )
        before += labels
    return weeks


def _engines(found: Sequence[Row[Any]], answered: Sequence[Row[Any]]) -> list[EngineQuality]:
    ours = _grouped(found, lambda row: (row.engine, row.version))
    theirs = _grouped(answered, lambda row: (row.engine, row.version))
    return [
        EngineQuality(
            engine=engine,
            version=version,
            analysed=_sum(ours.get((engine, version), ())),
            filled_in=_filled(ours.get((engine, version), [])),
            confidence=_confidence(ours.get((engine, version), [])),
            right=_right(theirs.get((engine, version), ())),
        )
        for engine, version in sorted({*ours, *theirs}, key=lambda key: (key[0], -(key[1] or 0)))
    ]


def _grouped(rows: Iterable[Row[Any]], key: Callable[[Row[Any]], K]) -> dict[K, list[Row[Any]]]:
    groups: dict[K, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)


_FOUND = text(
    """
    select width_bucket(a.analysed_at, cast(:mondays as timestamptz[])) as week, a.engine,
      a.model_version as version, a.category, a.was_sure as sure, count(*) as times,
      coalesce(sum(a.category_confidence), 0)::float8 as confidence
    from analysis a
    where a.company_id = :company and a.state = 'done'
      and a.analysed_at >= :since and a.analysed_at < :until
    group by 1, 2, 3, 4, 5
    """
)
_FAILED = text(
    """
    select count(*) from analysis a
    where a.company_id = :company and a.state = 'failed'
      and a.analysed_at >= :since and a.analysed_at < :until
    """
)
_JUDGED = text(
    """
    with last as (
      select distinct on (c.ticket_id) c.found_confidence as confidence,
        coalesce(cast(:called as jsonb) ->> c.found, c.found) as found,
        coalesce(cast(:called as jsonb) ->> c.corrected, c.corrected) as corrected,
        coalesce(c.found_engine, '') as engine, c.found_version as version,
        coalesce(c.found_sure, false) as sure
      from correction c
      where c.company_id = :company and c.field = 'category'
        and c.corrected_at >= :since and c.corrected_at < :until
        and not exists (select from correction_withdrawal w
                        where w.company_id = c.company_id and w.correction_id = c.id)
      order by c.ticket_id, c.id desc
    )
    select found, corrected, engine, version, sure, count(*) as times,
      least(width_bucket(coalesce(confidence, 0), 0, 1, :bins), :bins) as bin,
      coalesce(sum(confidence), 0)::float8 as confidence
    from last group by found, corrected, engine, version, sure, bin
    """
)
