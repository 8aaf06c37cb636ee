"""Try a company's triage on texts whose category is known, and say which of them it was taught."""

import asyncio
from collections.abc import Sequence

from ticketyard.ai.embedding import EmbedderAway
from ticketyard.core.resources import Resources
from ticketyard.triage.engines import Engines
from ticketyard.triage.findings import Profile
from ticketyard.triage.learning.errors import VectorsAway
from ticketyard.triage.learning.evaluating import Evaluation, evaluate, taught_places
from ticketyard.triage.learning.examples import Example, split_digests
from ticketyard.triage.learning.gathering import Collected, collect, lore_of
from ticketyard.triage.queries import CATEGORY


async def try_out(resources: Resources, company_id: int, examples: Sequence[Example]) -> Evaluation:
    """Analyse every text as a ticket's, beside the event loop, and compare.

    Raises VectorsAway where they are to come from a server that does not answer.
    """
    engines = resources.part(Engines)
    async with resources.db.transaction(company_id) as session:
        profile = await engines.profile(session)
        collected = await collect(session, CATEGORY)

    def work() -> Evaluation:
        taught = _taught(examples, profile, collected)
        return evaluate(examples, profile, engines.embedder, taught=taught)

    try:
        return await asyncio.to_thread(work)
    except EmbedderAway as away:
        raise VectorsAway(f"Nothing could be tried. {away} Ask again once it answers.") from away


def _taught(examples: Sequence[Example], profile: Profile, collected: Collected) -> frozenset[int]:
    """Of the model that answers; where none does, nothing was taught."""
    if profile.model is None:
        return frozenset()
    learned = split_digests(collected.learned)
    texts = [
        each.text for each in lore_of(collected, with_held=True).examples if each.digest in learned
    ]
    return taught_places(examples, profile.model.labels, learned, texts)
