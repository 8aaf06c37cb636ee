"""Settings: macros and ticket templates."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from ticketyard.core.errors import Refusal
from ticketyard.core.shapes import RowId
from ticketyard.people.queries import list_agents, list_teams
from ticketyard.tickets.lifecycle import PRIORITIES, STATUSES
from ticketyard.tickets.queries import (
    field_rules,
    list_categories,
    list_macros,
    list_templates,
)
from ticketyard.tickets.ready.actions import WORDS
from ticketyard.tickets.ready.keeping import (
    delete_macro,
    delete_template,
    get_macro,
    get_template,
    save_macro,
    save_template,
)
from ticketyard.web.deps import Acting, Session, may
from ticketyard.web.pages import wording
from ticketyard.web.pages.agent_options import agent_options
from ticketyard.web.pages.frame import DeskFrame, Flash, Frame, back_to, page
from ticketyard.web.pages.own_fields import field_views, sent_fields

router = APIRouter(prefix="/settings", include_in_schema=False)

_Line = Annotated[str, Form(max_length=1_000)]
_Word = Annotated[str, Form(max_length=200)]
_Id = Annotated[int, Form(ge=0, le=2**31 - 1)]
_Texts = Annotated[list[str] | None, Form()]
_NEW_MACRO: dict[str, Any] = {"name": "", "description": "", "actions": {}, "is_active": True}
_NEW_TEMPLATE: dict[str, Any] = {
    "name": "", "title": "", "description": "", "priority": "", "category": "", "team_id": "",
    "tags": [], "custom_fields": {}, "is_active": True,
}  # fmt: skip

# -- macros ----------------------------------------------------------------------------------------


@router.get("/macros", dependencies=[may("tickets:read")])
async def get_macros(session: Session, frame: DeskFrame) -> Response:
    """Every macro, and what it does."""
    macros = await list_macros(session, all_of_them=True)
    agents = {each.id: each.name for each in await list_agents(session)}
    shown = [(each, _told(each.actions, agents)) for each in macros]
    return _page("macros", "macros", frame, macros=shown)


@router.get("/macros/new", dependencies=[may("settings:manage")])
async def get_new_macro(session: Session, frame: DeskFrame) -> Response:
    """The form of a new one."""
    return await _macro_form(session, frame, _NEW_MACRO)


@router.get("/macros/{macro_id}", dependencies=[may("settings:manage")])
async def get_macro_page(macro_id: RowId, session: Session, frame: DeskFrame) -> Response:
    """One of them, to be changed."""
    macro = await get_macro(session, min(macro_id, 2**31 - 1))
    given = {
        "name": macro.name,
        "description": macro.description,
        "actions": macro.actions,
        "is_active": macro.is_active,
    }
    return await _macro_form(session, frame, given, macro_id=macro.id)


@router.post("/macros/save", dependencies=[may("settings:manage")])
async def post_macro(
    session: Session,
    by: Acting,
    frame: DeskFrame,
    macro_id: _Id = 0,
    name: _Line = "",
    description: _Line = "",
    comment: Annotated[str, Form(max_length=30_000)] = "",
    is_internal: Annotated[str, Form(max_length=5)] = "",
    status: _Word = "",
    assignee: _Word = "",
    priority: _Word = "",
    category: _Word = "",
    team_id: Annotated[str, Form(max_length=10)] = "",
    tags: _Line = "",
    untags: _Line = "",
    is_active: Annotated[str, Form(max_length=5)] = "",
    field_name: _Texts = None,
    field_value: _Texts = None,
) -> Response:
    """Save it."""
    if macro_id:
        await get_macro(session, macro_id)
    given: dict[str, Any] = {
        "name": name,
        "description": description,
        "is_active": bool(is_active),
        "actions": {
            "comment": comment,
            "is_internal": bool(is_internal),
            "status": status or None,
            "assignee": int(assignee) if _is_id(assignee) else assignee or None,
            "priority": priority or None,
            "category": category or None,
            "team_id": int(team_id) if _is_id(team_id) else None,
            "add_tags": _listed(tags),
            "remove_tags": _listed(untags),
        },
    }
    try:
        sent = sent_fields(field_name or (), field_value or ())
        fields = {each: value for each, value in sent.items() if value is not None}
        given["actions"]["custom_fields"] = fields
        async with session.begin_nested():
            macro = await save_macro(session, given=given, by=by, macro_id=macro_id or None)
    except Refusal as refusal:
        return await _macro_form(session, frame, given, macro_id=macro_id, refusal=refusal.detail)
    return back_to("/settings/macros", Flash("clear", f"“{macro.name}” is saved."))


@router.post("/macros/{macro_id}/delete", dependencies=[may("settings:manage")])
async def post_delete_macro(macro_id: RowId, session: Session, by: Acting) -> Response:
    """Delete it."""
    await delete_macro(session, macro_id=min(macro_id, 2**31 - 1), by=by)
    return back_to("/settings/macros", Flash("clear", "The macro is deleted."))


async def _macro_form(
    session: Session,
    frame: Frame,
    given: dict[str, Any],
    *,
    macro_id: int = 0,
    refusal: str = "",
) -> Response:
    values = given["actions"].get("custom_fields") or {}
    return _page(
        "macro",
        "macros",
        frame,
        status=422 if refusal else 200,
        given=given,
        macro_id=macro_id,
        refusal=refusal,
        words=WORDS,
        statuses=[(value, wording.STATUS[value]) for value in STATUSES],
        **await _choices(session, values),
    )


def _told(actions: dict[str, Any], agents: dict[int, str]) -> list[str]:
    """What a macro does, in a few words each."""
    told = []
    if comment := actions.get("comment"):
        kind = "Note" if actions.get("is_internal") else "Answer"
        told.append(f"{kind}: “{' '.join(comment.split())[:80]}”")
    if assignee := actions.get("assignee"):
        people = {"me": "whoever applies it", "nobody": "nobody"}
        told.append(f"Give to {people.get(assignee) or agents.get(assignee, 'somebody')}")
    for name, words in (("status", wording.STATUS), ("priority", wording.PRIORITY)):
        if name in actions:
            told.append(f"{name.capitalize()}: {wording.word(words, actions[name])}")
    if "category" in actions:
        told.append(f"Category: {wording.category(actions['category'])}")
    told += [f"+ {tag}" for tag in actions.get("add_tags", ())]
    told += [f"− {tag}" for tag in actions.get("remove_tags", ())]
    told += [f"{each}: {value}" for each, value in actions.get("custom_fields", {}).items()]
    return told


# -- templates -------------------------------------------------------------------------------------


@router.get("/ticket-templates", dependencies=[may("tickets:read")])
async def get_templates(session: Session, frame: DeskFrame) -> Response:
    """Every ticket template."""
    templates = await list_templates(session, all_of_them=True)
    return _page("ticket_templates", "ticket-templates", frame, templates=templates)


@router.get("/ticket-templates/new", dependencies=[may("settings:manage")])
async def get_new_template(session: Session, frame: DeskFrame) -> Response:
    """The form of a new one."""
    return await _template_form(session, frame, _NEW_TEMPLATE)


@router.get("/ticket-templates/{template_id}", dependencies=[may("settings:manage")])
async def get_template_page(template_id: RowId, session: Session, frame: DeskFrame) -> Response:
    """One of them, to be changed."""
    found = await get_template(session, min(template_id, 2**31 - 1))
    given = {name: getattr(found, name) for name in _NEW_TEMPLATE}
    return await _template_form(session, frame, given, template_id=found.id)


@router.post("/ticket-templates/save", dependencies=[may("settings:manage")])
async def post_template(
    session: Session,
    by: Acting,
    frame: DeskFrame,
    template_id: _Id = 0,
    name: _Line = "",
    title: _Line = "",
    description: Annotated[str, Form(max_length=200_000)] = "",
    priority: _Word = "",
    category: _Word = "",
    team_id: Annotated[str, Form(max_length=10)] = "",
    tags: _Line = "",
    is_active: Annotated[str, Form(max_length=5)] = "",
    field_name: _Texts = None,
    field_value: _Texts = None,
) -> Response:
    """Save it."""
    if template_id:
        await get_template(session, template_id)
    given: dict[str, Any] = {
        "name": name,
        "title": title,
        "description": description,
        "priority": priority or None,
        "category": category or None,
        "team_id": int(team_id) if _is_id(team_id) else None,
        "tags": _listed(tags),
        "is_active": bool(is_active),
        "custom_fields": {},
    }
    try:
        given["custom_fields"] = sent_fields(field_name or (), field_value or ())
        async with session.begin_nested():
            kept = await save_template(session, given=given, by=by, template_id=template_id or None)
    except Refusal as refusal:
        return await _template_form(
            session, frame, given, template_id=template_id, refusal=refusal.detail
        )
    return back_to("/settings/ticket-templates", Flash("clear", f"“{kept.name}” is saved."))


@router.post("/ticket-templates/{template_id}/delete", dependencies=[may("settings:manage")])
async def post_delete_template(template_id: RowId, session: Session, by: Acting) -> Response:
    """Delete it."""
    await delete_template(session, template_id=min(template_id, 2**31 - 1), by=by)
    return back_to("/settings/ticket-templates", Flash("clear", "The template is deleted."))


async def _template_form(
    session: Session,
    frame: Frame,
    given: dict[str, Any],
    *,
    template_id: int = 0,
    refusal: str = "",
) -> Response:
    return _page(
        "ticket_template",
        "ticket-templates",
        frame,
        status=422 if refusal else 200,
        given=given,
        template_id=template_id,
        refusal=refusal,
        **await _choices(session, given["custom_fields"]),
    )


# -- both ------------------------------------------------------------------------------------------


async def _choices(session: Session, values: dict[str, Any]) -> dict[str, Any]:
    categories = await list_categories(session)
    return {
        "priorities": [(value, wording.PRIORITY[value]) for value in PRIORITIES],
        "categories": [(each.name, wording.category(each.name)) for each in categories],
        "teams": [(each.id, each.name) for each in await list_teams(session)],
        "agents": agent_options(await list_agents(session)),
        "fields": field_views(await field_rules(session), values, ask=False),
    }


def _is_id(word: str) -> bool:
    return word.isascii() and word.isdigit() and 0 < int(word) < 2**31


def _listed(words: str) -> Sequence[str]:
    return [each.strip() for each in words.split(",") if each.strip()]


def _page(template: str, tab: str, frame: Frame, *, status: int = 200, **view: Any) -> Response:
    return page(
        f"settings/{template}.html", frame, place="settings", status=status, tab=tab, **view
    )
