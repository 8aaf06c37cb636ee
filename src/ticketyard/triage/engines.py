"""The engines a running program holds: one embedder for all, and each company's model."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.classifying import Classifier, ModelUnreadable, Prediction, load_classifier
from ticketyard.ai.embedding import Embedder, EmbedderAway, NoEmbedder, open_embedder
from ticketyard.core.db import company_of
from ticketyard.core.log import get_logger
from ticketyard.people.queries import get_company
from ticketyard.tickets.names import present_names
from ticketyard.triage.engine import analyse
from ticketyard.triage.findings import Findings, Profile
from ticketyard.triage.preparing import TicketText
from ticketyard.triage.queries import (
    CATEGORY,
    TEAM,
    current_version,
    get_model,
    get_model_threshold,
    get_profile,
    get_teams,
)
from ticketyard.triage.teams import LEAST_EXAMPLES, Teams

log = get_logger(__name__)

MODELS_ROOM = 120_000_000
"""Bytes of models kept at once, the latest used; one is kept whatever its size."""


class Engines:
    """Part of `Resources`. Nothing heavy is loaded before the first text that needs it."""

    def __init__(self, embedder: Embedder | None = None, *, room: int = MODELS_ROOM) -> None:
        self.embedder = embedder or open_embedder()
        self._room = room
        self._models: OrderedDict[tuple[int, str, int], Classifier] = OrderedDict()

    async def profile(self, session: AsyncSession) -> Profile:
        """What triage goes by for this company, its current model included.

        A model that cannot be read here (damaged, or taught with another embedding model) is
        reported and passed over: rules then answer, and say so in `engine` and confidence.
        """
        profile = replace(await get_profile(session), teams=await self.teams(session))
        model, version = await self._current(session, CATEGORY)
        if model is None or version is None:
            return profile
        threshold = await get_model_threshold(session, version)
        return replace(profile, model=model, model_version=version, model_threshold=threshold)

    async def teams(self, session: AsyncSession) -> Teams:
        """The company's teams with what was learned of them, under the same condition."""
        teams = await get_teams(session)
        model, version = await self._current(session, TEAM) if teams.described else (None, None)
        if model is None or version is None:
            return teams
        threshold = await get_model_threshold(session, version, TEAM)
        return replace(teams, model=model, model_version=version, model_threshold=threshold)

    async def _current(
        self, session: AsyncSession, field: str
    ) -> tuple[Classifier | None, int | None]:
        least = LEAST_EXAMPLES if field == TEAM else 0
        version = await current_version(session, field, least_examples=least)
        if version is None:
            return None, None
        try:
            return await self.model(session, field, version), version
        except ModelUnreadable as error:
            log.error(
                "model_unreadable",
                company_id=company_of(session),
                field=field,
                version=version,
                problem=str(error),
            )
            return None, None

    async def model(self, session: AsyncSession, field: str, version: int) -> Classifier:
        """A version, read once and kept, its labels as the company calls them today.

        Raises ModelUnreadable.
        """
        key = (company_of(session), field, version)
        if key not in self._models:
            stored = await get_model(session, version, field)
            model = await asyncio.to_thread(_read, stored.model, stored.sha256)
            model.check(self.embedder)
            self._models[key] = model
        self._models.move_to_end(key)
        while len(self._models) > 1 and self._kept_bytes() > self._room:
            self._models.popitem(last=False)
        called = present_names((await get_company(session)).settings) if field == CATEGORY else {}
        return self._models[key].relabelled(called)

    def _kept_bytes(self) -> int:
        return sum(model.nbytes for model in self._models.values())

    async def predict(self, model: Classifier, texts: Sequence[str]) -> list[Prediction]:
        """What one model says of the texts, worked out beside the event loop."""
        return await asyncio.to_thread(model.predict, texts, self.embedder)

    async def analyse(self, texts: Sequence[TicketText], profile: Profile) -> list[Findings]:
        """What the texts are about, worked out beside the event loop.

        Where vectors cannot be had just now, what needs none answers for the time being.
        """
        try:
            return await asyncio.to_thread(analyse, texts, profile, self.embedder)
        except EmbedderAway as away:
            log.warning("embedder_away", company_id=profile.company_id, problem=str(away))
        plain = replace(
            profile, model=None, model_version=None, teams=replace(profile.teams, model=None)
        )
        found = await asyncio.to_thread(analyse, texts, plain, NoEmbedder())
        return [replace(each, problem=EmbedderAway.__name__) for each in found]


def _read(stored: bytes, sha256: bytes | None) -> Classifier:
    if sha256 is not None and hashlib.sha256(stored).digest() != sha256:
        raise ModelUnreadable("The stored model is damaged.")
    return load_classifier(stored)
