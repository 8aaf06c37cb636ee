"""A version in the shadow answers beside the one in use, without effect, until it has proven itself."""

from collections.abc import Sequence

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.classifying import ModelUnreadable
from ticketyard.ai.embedding import Embedder, EmbedderAway
from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.triage.engines import Engines
from ticketyard.triage.learning.errors import CannotPromote
from ticketyard.triage.learning.queries import ShadowReport, find_in_state, find_shadow_report
from ticketyard.triage.learning.versions import promote_version
from ticketyard.triage.preparing import TicketText
from ticketyard.triage.queries import CATEGORY

log = get_logger(__name__)

JUDGED_LEAST = 50
"""So many tickets a person must have judged before a shadow is promoted by itself."""


async def answer_in_shadow(
    resources: Resources, company_id: int, texts: Sequence[TicketText]
) -> None:
    """Note what the version in the shadow would have answered for these tickets, if there is one.

    While vectors cannot be had it answers nothing, and is not judged by these tickets.
    """
    engines = resources.part(Engines)
    async with resources.db.transaction(company_id) as session:
        shadow = await find_in_state(session, "shadow")
        if shadow is None:
            return
        try:
            model = await engines.model(session, CATEGORY, shadow.version)
        except ModelUnreadable as error:
            log.error("shadow_unreadable", company_id=company_id, problem=str(error))
            return
    try:
        found = await engines.predict(model, [each.content for each in texts])
    except EmbedderAway as away:
        log.warning("embedder_away", company_id=company_id, problem=str(away))
        return
    rows = [
        {"ticket": each.ticket_id, "label": says.label, "confidence": says.confidence}
        for each, says in zip(texts, found, strict=True)
    ]
    async with resources.db.transaction(company_id) as session:
        await session.execute(
            _STORE,
            {
                "rows": orjson.dumps(rows).decode(),
                "field": CATEGORY,
                "version": shadow.version,
                "at": now_of(session),
            },
        )


async def promote_proven_shadow(session: AsyncSession, embedder: Embedder) -> int | None:
    """Put the shadow in use once enough of its answers were judged and it is not worse.

    One that cannot be read here stays where it is, and the log says why.
    """
    report = await find_shadow_report(session)
    if report is None or not is_proven(report):
        return None
    by = Principal.system(company_of(session), "Triage")
    reason = (
        f"In the shadow it was right {report.right} times of {report.judged}, the one in use"
        f" {report.current_right} times."
    )
    try:
        await promote_version(
            session, version=report.version, by=by, embedder=embedder, reason=reason
        )
    except CannotPromote as refusal:
        log.error("shadow_unusable", company_id=company_of(session), problem=refusal.detail)
        return None
    return report.version


def is_proven(report: ShadowReport) -> bool:
    """Whether the shadow was judged often enough and was right at least as often."""
    return report.judged >= JUDGED_LEAST and report.right >= report.current_right


# A ticket that was deleted meanwhile is passed over; a later look replaces an earlier one.
_STORE = text(
    """
    insert into shadow_finding (company_id, field, version, ticket_id, label, confidence, found_at)
    select current_company(), :field, :version, t.id, f.label, f.confidence, :at
    from jsonb_to_recordset(cast(:rows as jsonb)) as f(ticket bigint, label text, confidence real)
    join ticket t on t.id = f.ticket and t.company_id = current_company()
    order by t.id
    on conflict (company_id, field, version, ticket_id) do update set
      label = excluded.label, confidence = excluded.confidence, found_at = excluded.found_at
    """
)
