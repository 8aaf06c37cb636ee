"""Keep the company's macros and ticket templates."""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.core.events import emit
from ticketyard.people.queries import get_agent, get_team
from ticketyard.tickets.errors import BadField, MacroNotFound, NameTaken, TemplateNotFound
from ticketyard.tickets.events import DeskChanged
from ticketyard.tickets.fields.values import typed_fields
from ticketyard.tickets.labelling import find_category
from ticketyard.tickets.labels import clean, merged_fields, normal_priority, normal_tags
from ticketyard.tickets.models import Macro, TicketTemplate
from ticketyard.tickets.queries import field_rules
from ticketyard.tickets.ready.actions import read_actions, render_actions

KEPT_MAX = 200
NAME_MAX = 100
TEXT_MAX = 20_000
Kept = TypeVar("Kept", Macro, TicketTemplate)

# -- macros ----------------------------------------------------------------------------------------


async def save_macro(
    session: AsyncSession, *, given: Mapping[str, Any], by: Principal, macro_id: int | None = None
) -> Macro:
    """Add a macro, or change what is given of one.

    given: name, description, actions (ready/actions.py), is_active.
    Raises MacroNotFound, NameTaken, BadField, AgentNotFound, TeamNotFound, UnknownCategory.
    """
    new = macro_id is None
    macro = (
        Macro(company_id=company_of(session), name="")
        if new
        else await get_macro(session, macro_id or 0)
    )
    if new:
        await _refuse_too_many(session, Macro)
    _known(given, {"name", "description", "actions", "is_active"})
    if new or "name" in given:
        macro.name = _name(given.get("name"))
    if "description" in given:
        macro.description = _line(given["description"], 300)
    if new or "actions" in given:
        macro.actions = await _checked(session, given.get("actions") or {})
    if "is_active" in given:
        macro.is_active = bool(given["is_active"])
    return await _save(session, macro, "macro", "added" if new else "changed", by)


async def _checked(session: AsyncSession, given: Mapping[str, Any]) -> dict[str, Any]:
    """What it names must be there: better told now than on the hundredth ticket."""
    actions = read_actions(given)
    labels = dict(actions.labels)
    if "category" in labels:
        labels["category"] = await find_category(session, labels["category"])
    if "team_id" in labels:
        await get_team(session, labels["team_id"])
    if "custom_fields" in labels:
        typed = typed_fields(await field_rules(session), labels["custom_fields"])
        merged_fields({}, typed)
        labels["custom_fields"] = typed
    if isinstance(actions.assignee, int):
        await get_agent(session, actions.assignee)
    return {**render_actions(actions), **labels}


async def delete_macro(session: AsyncSession, *, macro_id: int, by: Principal) -> None:
    """Delete it; what it did stays in the history. Raises MacroNotFound."""
    await _delete(session, await get_macro(session, macro_id), "macro", by)


async def get_macro(session: AsyncSession, macro_id: int) -> Macro:
    """One macro. Raises MacroNotFound."""
    found = await session.scalar(
        select(Macro).where(Macro.company_id == company_of(session), Macro.id == macro_id)
    )
    if found is None:
        raise MacroNotFound("There is no such macro.")
    return found


# -- templates -------------------------------------------------------------------------------------


async def save_template(
    session: AsyncSession,
    *,
    given: Mapping[str, Any],
    by: Principal,
    template_id: int | None = None,
) -> TicketTemplate:
    """Add a ticket template, or change what is given of one.

    given: name, title, description, priority, category, team_id, tags, custom_fields, is_active.
    Raises TemplateNotFound, NameTaken, BadField, TeamNotFound, UnknownCategory.
    """
    new = template_id is None
    template = (
        TicketTemplate(company_id=company_of(session), name="")
        if new
        else await get_template(session, template_id or 0)
    )
    if new:
        await _refuse_too_many(session, TicketTemplate)
    wanted = await _template_values(session, given)
    if new and "name" not in wanted:
        wanted["name"] = _name(None)
    for name, value in wanted.items():
        setattr(template, name, value)
    return await _save(session, template, "template", "added" if new else "changed", by)


async def _template_values(session: AsyncSession, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given, in the forms in which it is kept."""
    _known(given, {"name", "is_active", *_PLAIN, *_ASKED})
    wanted: dict[str, Any] = {}
    for name, value in given.items():
        if name in _ASKED:
            wanted[name] = await _ASKED[name](session, value)
        elif name in _PLAIN:
            wanted[name] = _PLAIN[name](value)
        else:
            wanted[name] = _name(value) if name == "name" else bool(value)
    return wanted


async def _category(session: AsyncSession, value: str | None) -> str | None:
    return await find_category(session, value or None)


async def _team(session: AsyncSession, value: int | None) -> int | None:
    return (await get_team(session, value)).id if value else None


async def _fields(session: AsyncSession, value: Mapping[str, Any] | None) -> dict[str, Any]:
    return merged_fields({}, typed_fields(await field_rules(session), value or {}))


async def delete_template(session: AsyncSession, *, template_id: int, by: Principal) -> None:
    """Delete it; tickets opened from it stay. Raises TemplateNotFound."""
    await _delete(session, await get_template(session, template_id), "template", by)


async def get_template(session: AsyncSession, template_id: int) -> TicketTemplate:
    """One template. Raises TemplateNotFound."""
    found = await session.scalar(
        select(TicketTemplate).where(
            TicketTemplate.company_id == company_of(session), TicketTemplate.id == template_id
        )
    )
    if found is None:
        raise TemplateNotFound("There is no such template.")
    return found


# -- both ------------------------------------------------------------------------------------------


async def _refuse_too_many(session: AsyncSession, table: type[Kept]) -> None:
    count = await session.scalar(
        select(func.count()).select_from(table).where(table.company_id == company_of(session))
    )
    if (count or 0) >= KEPT_MAX:
        raise BadField(f"There are {KEPT_MAX} already; delete one first.")


async def _save(session: AsyncSession, kept: Kept, what: str, how: str, by: Principal) -> Kept:
    session.add(kept)
    try:
        async with session.begin_nested():
            await session.flush()
    except IntegrityError as error:
        raise NameTaken("That name is taken.") from error
    await emit(session, DeskChanged(what=what, how=how, name=kept.name), by=by)
    return kept


async def _delete(session: AsyncSession, kept: Kept, what: str, by: Principal) -> None:
    await session.delete(kept)
    await session.flush()
    await emit(session, DeskChanged(what=what, how="deleted", name=kept.name), by=by)


def _known(given: Mapping[str, Any], names: set[str]) -> None:
    unknown = sorted(set(given) - names)
    if unknown:
        raise BadField(f"No such field: {', '.join(unknown)[:200]}.")


def _name(value: Any) -> str:
    line = " ".join(clean(str(value or "")).split())
    if not line or len(line) > NAME_MAX:
        raise BadField(f"A name has 1 to {NAME_MAX} characters.")
    return line


def _line(value: Any, limit: int) -> str:
    line = " ".join(clean(str(value or "")).split())
    if len(line) > limit:
        raise BadField(f"That text is too long; {limit} characters are allowed.")
    return line


def _text(value: Any) -> str:
    text = "\n".join(clean(line) for line in str(value or "").splitlines()).strip()
    if len(text) > TEXT_MAX:
        raise BadField(f"That text is too long; {TEXT_MAX:,} characters are allowed.")
    return text


_PLAIN: Mapping[str, Any] = {
    "title": lambda value: _line(value, 300),
    "description": _text,
    "priority": lambda value: normal_priority(value) if value else None,
    "tags": lambda value: normal_tags(value or ()),
}
_ASKED: Mapping[str, Any] = {"category": _category, "team_id": _team, "custom_fields": _fields}
