"""Tell who wrote to us that it arrived, and under which number."""

import asyncio
from collections.abc import Sequence

from sqlalchemy import text

from ticketyard.ai.language import identify_language
from ticketyard.core.resources import Resources
from ticketyard.notify.automatic import (
    ADDRESSEES,
    addressee_of,
    is_switched_on,
    queue_automatic,
)
from ticketyard.notify.servers import MailOut
from ticketyard.notify.template_words import LANGUAGES
from ticketyard.people.queries import get_company

# Where a person waits for a sign; other sources are programs, or an agent who sees the ticket.
SOURCES = frozenset({"email", "web_form"})
_SURE_ENOUGH = 0.6


async def acknowledge_tickets(
    resources: Resources, company_id: int, ticket_ids: Sequence[int]
) -> None:
    """Queue acknowledgements of these new tickets, once each, a batch in a few statements."""
    async with resources.db.transaction(company_id) as session:
        if not await is_switched_on(session, "acknowledgement"):
            return
        rows = (await session.execute(_NEW, {"tickets": list(ticket_ids)})).all()
        languages = [each for each in (await get_company(session)).languages if each in LANGUAGES]
    # Triage looks at the same tickets at the same time, so what it finds is not there yet.
    texts = [f"{row.title}\n{row.description}" for row in rows]
    found = await asyncio.to_thread(_languages, texts, languages)
    wanted = [addressee_of(row, language) for row, language in zip(rows, found, strict=True)]
    async with resources.db.transaction(company_id) as session:
        out = resources.part(MailOut)
        await queue_automatic(
            session, wanted, kind="acknowledgement", template="acknowledgement", out=out
        )


def _languages(texts: Sequence[str], choices: Sequence[str]) -> list[str]:
    """Of each text, where there is a choice and it shows; else nothing."""
    if len(choices) < 2:
        return [""] * len(texts)
    found = [identify_language(each, choices) for each in texts]
    return [each.code if each.confidence >= _SURE_ENOUGH else "" for each in found]


_NEW = text(
    f"""
    {ADDRESSEES}
      and not exists (select from outgoing_mail o where o.company_id = t.company_id
                      and o.ticket_id = t.id and o.kind = 'acknowledgement')
    order by t.id
    """
)
