"""Mappings: how another system's own objects are read, kept under a name of the company's choosing."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.alerts.errors import MappingNotFound, NameTaken
from ticketyard.alerts.models import AlertMapping
from ticketyard.alerts.shapes.mapped import check_mapping
from ticketyard.core.db import company_of, now_of


async def add_mapping(
    session: AsyncSession, *, name: str, definition: Mapping[str, Any]
) -> AlertMapping:
    """Add a mapping; flushes. Raises Unreadable, BadRule, NameTaken."""
    checked = check_mapping(definition)
    if await _named(session, name) is not None:
        raise NameTaken(f"There is a mapping named {name} already.")
    mapping = AlertMapping(
        company_id=company_of(session),
        name=name,
        definition=checked.model_dump(exclude_none=True, exclude_defaults=True),
    )
    session.add(mapping)
    await session.flush()
    await session.refresh(mapping)
    return mapping


async def change_mapping(
    session: AsyncSession, *, mapping_id: int, definition: Mapping[str, Any]
) -> AlertMapping:
    """Give it another definition. Raises MappingNotFound, Unreadable, BadRule."""
    mapping = await get_mapping(session, mapping_id)
    mapping.definition = check_mapping(definition).model_dump(
        exclude_none=True, exclude_defaults=True
    )
    mapping.updated_at = now_of(session)
    await session.flush()
    return mapping


async def delete_mapping(session: AsyncSession, *, mapping_id: int) -> None:
    """Read nothing by it any more. Raises MappingNotFound."""
    await session.delete(await get_mapping(session, mapping_id))
    await session.flush()


async def list_mappings(session: AsyncSession) -> list[AlertMapping]:
    """All of the company's, by name."""
    return list(
        await session.scalars(
            select(AlertMapping)
            .where(AlertMapping.company_id == company_of(session))
            .order_by(AlertMapping.name)
        )
    )


async def get_mapping(session: AsyncSession, mapping_id: int) -> AlertMapping:
    """One mapping by its id. Raises MappingNotFound."""
    mapping = await session.scalar(
        select(AlertMapping).where(
            AlertMapping.company_id == company_of(session), AlertMapping.id == mapping_id
        )
    )
    if mapping is None:
        raise MappingNotFound("There is no such mapping.")
    return mapping


async def find_mapping(session: AsyncSession, name: str) -> AlertMapping:
    """One mapping by its name. Raises MappingNotFound."""
    mapping = await _named(session, name)
    if mapping is None:
        raise MappingNotFound("There is no mapping of this name.")
    return mapping


async def _named(session: AsyncSession, name: str) -> AlertMapping | None:
    found: AlertMapping | None = await session.scalar(
        select(AlertMapping).where(
            AlertMapping.company_id == company_of(session), AlertMapping.name == name
        )
    )
    return found
