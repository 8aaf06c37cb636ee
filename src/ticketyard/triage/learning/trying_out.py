"""Try a company's triage on texts whose category is known, and say which of them it was taught."""

import asyncio
from collections.abc import Sequence

from ticketyard.ai.embedding import EmbedderAway
from ticketyard.core.resources import Resources
from ticketyard.tickets.names import first_names, present_names
from ticketyard.triage.engines import Engines
from ticketyard.triage.findings import Profile
from ticketyard.triage.learning.errors import VectorsAway
from ticketyard.triage.learning.evaluating import Evaluation, evaluate, taught_places
from ticketyard.triage.learning.examples import Example, called_today, split_digests
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

    called = called_today(
        examples, present_names(collected.settings), first_names(collected.settings)
    )

    def work() -> Evaluation:
        taught = _taught(called, profile, collected)
        return evaluate(called, profile, engines.embedder, taught=taught)

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
    # A model's digests know a renamed category by its first name.
    labels = [profile.first_names.get(label, label) for label in profile.model.labels]
    return taught_places(examples, labels, learned, texts)
