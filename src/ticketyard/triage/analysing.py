"""Analyse tickets in batches: read, let go of the database, think, write."""

from collections.abc import Sequence

from ticketyard.ai.chat.model import ChatModel
from ticketyard.core.auth import Principal
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.triage.applying import apply_findings, mark_failed
from ticketyard.triage.engines import Engines
from ticketyard.triage.findings import Findings, Profile
from ticketyard.triage.learning.counting import count_analyses
from ticketyard.triage.learning.shadowing import answer_in_shadow
from ticketyard.triage.models import Analysis
from ticketyard.triage.preparing import TicketText
from ticketyard.triage.queries import list_analyses, list_texts
from ticketyard.triage.second_opinion.queueing import ask_later, recall_opinions
from ticketyard.triage.second_opinion.rules import OpinionRules

log = get_logger(__name__)

NAME = "Triage"


async def analyse_tickets(
    resources: Resources, company_id: int, ticket_ids: Sequence[int], *, anew: bool = False
) -> None:
    """Find out what these tickets are about. Safe to run twice: what was read already is skipped.

    anew: read again also what has not changed (after a training).
    """
    engines, has_model = resources.part(Engines), resources.part(ChatModel).is_on
    async with resources.db.transaction(company_id) as session:
        texts = await list_texts(session, ticket_ids)
        known = await list_analyses(session, ticket_ids)
        profile = await engines.profile(session)
    read = {
        ticket_id: analysis.content_hash
        for ticket_id, analysis in known.items()
        if analysis.state == "done" and analysis.error is None and not anew
    }
    fresh = [text for text in texts if read.get(text.ticket_id) != text.content_hash]
    if not fresh:
        return
    found, broken = await _think(engines, fresh, profile)
    found = [each for each in found if not _is_known(each, known.get(each.ticket_id))]
    by = Principal.system(company_id, NAME)
    async with resources.db.transaction(company_id) as session:
        if has_model:
            found = await recall_opinions(session, fresh, found, profile)
        await apply_findings(session, found, profile, by=by)
        if has_model:
            await ask_later(session, fresh, found, resources.part(OpinionRules))
        await mark_failed(session, broken, by=by)
    if not anew:
        await count_analyses(resources, company_id, len(found))
    await answer_in_shadow(resources, company_id, fresh)


def _is_known(found: Findings, analysis: Analysis | None) -> bool:
    """Whether this is for now only, and was said already: it is kept quiet until there is more."""
    return (
        found.problem is not None
        and analysis is not None
        and analysis.error == found.problem
        and analysis.content_hash == found.content_hash
    )


async def _think(
    engines: Engines, texts: Sequence[TicketText], profile: Profile
) -> tuple[list[Findings], dict[int, str]]:
    """Findings, and of what broke an engine the reason. One bad text harms only itself."""
    try:
        return await engines.analyse(texts, profile), {}
    except Exception as error:  # an engine may break in any way; the line goes on
        log.exception("triage_failed", company_id=profile.company_id, tickets=len(texts))
        if len(texts) == 1:
            return [], {texts[0].ticket_id: type(error).__name__}
    found: list[Findings] = []
    broken: dict[int, str] = {}
    for text in texts:
        one, problem = await _think(engines, [text], profile)
        found += one
        broken |= problem
    return found, broken
