"""How a provider's alerts are taken: what folds, what is one incident, what a storm."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.alerts.errors import BadRule, ProviderNotFound
from ticketyard.alerts.models import AlertProvider
from ticketyard.alerts.surroundings import provider_of
from ticketyard.alerts.told import is_path
from ticketyard.core.db import company_of, now_of


async def change_provider(
    session: AsyncSession, *, provider_id: str, changes: Mapping[str, Any]
) -> AlertProvider:
    """Change what is given, also of one that has sent nothing yet; holds for what comes from now
    on. Raises BadRule."""
    for name in ("fingerprint_fields", "group_by"):
        for place, path in enumerate(changes.get(name) or (), 1):
            if not is_path(path):
                raise BadRule(f"{name}: the {place}. is no field of an alert.", field=name)
    provider = await provider_of(session, provider_id)
    for name, value in changes.items():
        setattr(provider, name, value)
    if provider.flap_stop >= provider.flap_start:
        raise BadRule("flap_stop has to be below flap_start.", field="flap_stop")
    provider.updated_at = now_of(session)
    await session.flush()
    return provider


async def get_provider(session: AsyncSession, provider_id: str) -> AlertProvider:
    """One provider by its own id. Raises ProviderNotFound."""
    provider = await session.scalar(
        select(AlertProvider).where(
            AlertProvider.company_id == company_of(session),
            AlertProvider.provider_id == provider_id,
        )
    )
    if provider is None:
        raise ProviderNotFound("Nothing was heard of such a provider.")
    return provider


async def get_provider_of_id(session: AsyncSession, id: int) -> AlertProvider:
    """One provider by the number of its row: its own id may hold a slash. Raises ProviderNotFound."""
    provider = await session.scalar(
        select(AlertProvider).where(
            AlertProvider.company_id == company_of(session), AlertProvider.id == id
        )
    )
    if provider is None:
        raise ProviderNotFound("Nothing was heard of such a provider.")
    return provider


async def list_providers(session: AsyncSession) -> list[AlertProvider]:
    """All who ever sent an alert, by name."""
    return list(
        await session.scalars(
            select(AlertProvider)
            .where(AlertProvider.company_id == company_of(session))
            .order_by(AlertProvider.provider_id)
            .limit(1_000)
        )
    )
