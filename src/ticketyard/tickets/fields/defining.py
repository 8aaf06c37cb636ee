"""Define the company's own fields. Values that tickets have already are never touched."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.core.events import emit
from ticketyard.tickets.errors import BadField, FieldNotFound, NameTaken
from ticketyard.tickets.events import DeskChanged
from ticketyard.tickets.fields.values import KINDS
from ticketyard.tickets.labels import FIELD_NAME_MAX, clean
from ticketyard.tickets.models import CustomField

DEFINED_MAX = 50
CHOICES_MAX = 100
CHOICE_MAX = 100
HELP_MAX = 300
CHANGEABLE = ("choices", "help", "is_required", "on_form", "sort_order", "is_active")


async def add_field(
    session: AsyncSession,
    *,
    name: str,
    kind: str,
    by: Principal,
    choices: Sequence[str] = (),
    **more: Any,
) -> CustomField:
    """Define a field. Its name and kind stay: tickets keep values under the name.

    more: any of help, is_required, on_form, sort_order, is_active.
    Raises BadField, NameTaken.
    """
    if kind not in KINDS:
        raise BadField(f"No such kind of field; there are {', '.join(KINDS)}.")
    line = " ".join(clean(name).split())
    if not line or len(line) > FIELD_NAME_MAX:
        raise BadField(f"The name of a field has 1 to {FIELD_NAME_MAX} characters.")
    company_id = company_of(session)
    count, last = (
        await session.execute(
            select(func.count(), func.max(CustomField.sort_order)).where(
                CustomField.company_id == company_id
            )
        )
    ).one()
    if count >= DEFINED_MAX:
        raise BadField(f"There are {DEFINED_MAX} fields already; delete one first.")
    more.setdefault("sort_order", 0 if last is None else last + 1)
    field = CustomField(company_id=company_id, name=line, kind=kind)
    _set(field, {"choices": list(choices), **more})
    await _save(session, field, "added", by)
    return field


async def change_field(
    session: AsyncSession, *, field_id: int, changes: Mapping[str, Any], by: Principal
) -> CustomField:
    """Change what CHANGEABLE names. Raises FieldNotFound, BadField."""
    field = await get_field(session, field_id)
    _set(field, changes)
    await _save(session, field, "changed", by)
    return field


async def delete_field(session: AsyncSession, *, field_id: int, by: Principal) -> None:
    """Forget the definition; what tickets hold under its name stays. Raises FieldNotFound."""
    field = await get_field(session, field_id)
    await session.delete(field)
    await session.flush()
    await _tell(session, field, "deleted", by)


async def get_field(session: AsyncSession, field_id: int) -> CustomField:
    """One definition, held for a change. Raises FieldNotFound."""
    field = await session.scalar(
        select(CustomField)
        .where(CustomField.company_id == company_of(session), CustomField.id == field_id)
        .with_for_update()
    )
    if field is None:
        raise FieldNotFound("There is no such field.")
    return field


def _set(field: CustomField, changes: Mapping[str, Any]) -> None:
    unknown = sorted(set(changes) - set(CHANGEABLE))
    if unknown:
        raise BadField(f"This cannot be changed: {', '.join(unknown)[:100]}.")
    for name, value in changes.items():
        setattr(field, name, value)
    field.help = " ".join(clean(field.help or "").split())
    if len(field.help) > HELP_MAX:
        raise BadField(f"What is said beside a field has {HELP_MAX} characters at most.")
    field.choices = _choices(field.choices or ())
    if field.kind == "choice" and not field.choices:
        raise BadField("A choice needs something to choose from.")
    if field.kind != "choice" and field.choices:
        raise BadField("Only a choice has choices.")


def _choices(given: Sequence[str]) -> list[str]:
    found: dict[str, str] = {}
    for each in given:
        line = " ".join(clean(each).split())
        if len(line) > CHOICE_MAX:
            raise BadField(f"A choice has {CHOICE_MAX} characters at most.")
        if line:
            found.setdefault(line.casefold(), line)
    if len(found) > CHOICES_MAX:
        raise BadField(f"A field has {CHOICES_MAX} choices at most.")
    return list(found.values())


async def _save(session: AsyncSession, field: CustomField, how: str, by: Principal) -> None:
    session.add(field)
    try:
        async with session.begin_nested():
            await session.flush()
    except IntegrityError as error:
        raise NameTaken("There is a field of this name already.") from error
    await _tell(session, field, how, by)


async def _tell(session: AsyncSession, field: CustomField, how: str, by: Principal) -> None:
    await emit(session, DeskChanged(what="custom_field", how=how, name=field.name), by=by)
