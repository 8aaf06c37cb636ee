"""Settings: one's own account, people, API keys, the company."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from ticketyard.core.auth import KEY_SOURCES, PASSWORD_MIN_LENGTH
from ticketyard.core.errors import Refusal
from ticketyard.core.shapes import RowId
from ticketyard.notify.templates import find_signature
from ticketyard.people.accounts import add_person
from ticketyard.people.companies import SWITCHES, change_company
from ticketyard.people.errors import BadEmail, BadPhone, EmailTaken, WeakPassword, WrongPassword
from ticketyard.people.keys import create_key, revoke_key
from ticketyard.people.own_account import change_own_account
from ticketyard.people.queries import get_company, get_person, list_keys, list_people
from ticketyard.tickets.categorizing import add_category, change_category
from ticketyard.tickets.errors import BadCategory, CategoryTaken
from ticketyard.tickets.names import former_names
from ticketyard.tickets.queries import list_categories
from ticketyard.web.deps import Acting, Session, may
from ticketyard.web.pages.frame import DeskFrame, Flash, Frame, back_to, page

router = APIRouter(prefix="/settings", include_in_schema=False)

# Which field of the form a refusal belongs beside.
_FIELD = {EmailTaken: "email", BadEmail: "email", BadPhone: "phone", WeakPassword: "password"}
_NO_ERRORS = {"name": "", "email": "", "phone": "", "password": "", "present_password": ""}


def _page(template: str, frame: Frame, tab: str, status: int = 200, **view: object) -> Response:
    return page(
        f"settings/{template}.html", frame, place="settings", status=status, tab=tab, **view
    )


@router.get("", dependencies=[may("tickets:read")])
async def get_settings(by: Acting) -> Response:
    """The first page one may see."""
    return RedirectResponse(
        "/settings/people" if by.may("people:manage") else "/settings/account", 303
    )


# -- one's own account -----------------------------------------------------------------------------


@router.get("/account", dependencies=[may("tickets:create")])
async def get_account(session: Session, by: Acting, frame: DeskFrame) -> Response:
    """One's own name, address, number and password."""
    person = await get_person(session, by.person_id or 0)
    form = {
        "name": person.name,
        "email": person.email or "",
        "phone": person.phone or "",
        "errors": _NO_ERRORS,
    }
    return _page(
        "account",
        frame,
        "account",
        form=form,
        has_password=person.password_hash is not None,
        min_length=PASSWORD_MIN_LENGTH,
        signature=await find_signature(session, person.id),
    )


@router.post("/account", dependencies=[may("tickets:create")])
async def post_account(
    session: Session,
    by: Acting,
    frame: DeskFrame,
    name: Annotated[str, Form(max_length=200)] = "",
    email: Annotated[str, Form(max_length=320)] = "",
    phone: Annotated[str | None, Form(max_length=40)] = None,
    password: Annotated[str, Form(max_length=1024)] = "",
    present_password: Annotated[str, Form(max_length=1024)] = "",
) -> Response:
    """Change them; a new address or password asks for a fresh log-in."""
    person = await get_person(session, by.person_id or 0)
    had_password = person.password_hash is not None
    try:
        async with session.begin_nested():
            await change_own_account(
                session,
                name=name,
                email=email,
                phone=phone,
                by=by,
                password=password or None,
                present_password=present_password,
            )
    except (EmailTaken, BadEmail, BadPhone, WeakPassword, WrongPassword) as refusal:
        field = _FIELD.get(type(refusal), "present_password")
        errors = {**_NO_ERRORS, field: refusal.detail}
        return _page(
            "account",
            frame,
            "account",
            status=422,
            form={"name": name, "email": email, "phone": phone or "", "errors": errors},
            has_password=had_password,
            min_length=PASSWORD_MIN_LENGTH,
            signature=await find_signature(session, by.person_id or 0),
        )
    return back_to("/settings/account", Flash("clear", "Saved."))


# -- people ----------------------------------------------------------------------------------------


@router.get("/people", dependencies=[may("people:manage")])
async def get_people(session: Session, frame: DeskFrame) -> Response:
    """Who logs in here."""
    form = {"name": "", "email": "", "role": "agent", "errors": _NO_ERRORS}
    return _page("people", frame, "people", **await _people(session, form))


@router.post("/people", dependencies=[may("people:manage")])
async def post_person(
    session: Session,
    by: Acting,
    frame: DeskFrame,
    name: Annotated[str, Form(max_length=200)] = "",
    email: Annotated[str, Form(max_length=320)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    role: Annotated[str, Form(pattern="^(agent|admin)$")] = "agent",
) -> Response:
    """Add somebody."""
    try:
        async with session.begin_nested():
            person = await add_person(
                session, name=name, email=email, role=role, password=password or None, by=by
            )
    except Refusal as refusal:
        errors = {**_NO_ERRORS, _FIELD.get(type(refusal), "name"): refusal.detail}
        form = {"name": name, "email": email, "role": role, "errors": errors}
        return _page("people", frame, "people", status=422, **await _people(session, form))
    return back_to("/settings/people", Flash("clear", f"{person.name} can log in now."))


async def _people(session: Session, form: dict[str, Any]) -> dict[str, Any]:
    return {
        "people": await list_people(session),
        "form": form,
        "min_length": PASSWORD_MIN_LENGTH,
    }


# -- keys ------------------------------------------------------------------------------------------


@router.get("/keys", dependencies=[may("keys:manage")])
async def get_keys(session: Session, frame: DeskFrame) -> Response:
    """API keys, without their secrets."""
    return _page(
        "keys", frame, "keys", secret="", keys=await list_keys(session), sources=KEY_SOURCES
    )


@router.post("/keys", dependencies=[may("keys:manage")])
async def post_key(
    session: Session,
    by: Acting,
    frame: DeskFrame,
    name: Annotated[str, Form(max_length=100)],
    source: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Make a key. Its secret is in this one answer, so this form answers with a page itself."""
    sources = [each for each in source or [] if each in KEY_SOURCES]
    key, secret = await create_key(session, name=name, sources=sources, by=by)
    await session.refresh(key)
    return _page(
        "keys", frame, "keys", secret=secret, keys=await list_keys(session), sources=KEY_SOURCES
    )


@router.post("/keys/{key_id}/withdraw", dependencies=[may("keys:manage")])
async def post_withdraw(key_id: RowId, session: Session, by: Acting) -> Response:
    """End a key."""
    key = await revoke_key(session, key_id=key_id, by=by)
    return back_to("/settings/keys", Flash("clear", f"“{key.name}” does not work any more."))


# -- the company -----------------------------------------------------------------------------------


@router.get("/company", dependencies=[may("settings:manage")])
async def get_company_page(request: Request, session: Session, frame: DeskFrame) -> Response:
    """The company and its switches."""
    company = await get_company(session)
    return _page(
        "company",
        frame,
        "company",
        company=company,
        switches=[(name, _SWITCH_WORDS[name], getattr(company, name)) for name in SWITCHES],
        categories=await list_categories(session, retired=True),
        former=_former(company.settings),
        form_href=f"{str(request.base_url).rstrip('/')}/form/{company.slug}",
    )


_SWITCH_WORDS = {
    "auto_categorize": "Sort new tickets into categories",
    "auto_prioritize": "Find their priority",
    "auto_assign": "Give them to agents",
    "assign_spam": "Give spam to agents as well",
}


@router.post("/company", dependencies=[may("settings:manage")])
async def post_company(
    session: Session,
    by: Acting,
    name: Annotated[str, Form(min_length=1, max_length=200)],
    switch: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Change its name and switches."""
    on = set(switch or [])
    changes: dict[str, str | bool | list[str]] = {each: each in on for each in SWITCHES}
    await change_company(session, by=by, name=name, **changes)
    return back_to("/settings/company", Flash("clear", "Saved."))


def _former(settings: Mapping[str, Any]) -> dict[str, list[str]]:
    """A category to what it was called before, where it is not called so again."""
    return {
        now: [name for name in names if name != now]
        for now, names in former_names(settings).items()
    }


CATEGORIES = "/settings/company#categories"


@router.post("/company/categories", dependencies=[may("settings:manage")])
async def post_new_category(
    session: Session,
    by: Acting,
    category_name: Annotated[str, Form(max_length=200)],
    description: Annotated[str, Form(max_length=2_000)] = "",
) -> Response:
    """Add a category."""
    try:
        async with session.begin_nested():
            added = await add_category(session, name=category_name, description=description, by=by)
    except (BadCategory, CategoryTaken) as refusal:
        return back_to(CATEGORIES, Flash("stop", refusal.detail))
    return back_to(CATEGORIES, Flash("clear", f"{added.name} can be chosen from now on."))


@router.post("/company/categories/{category_id}", dependencies=[may("settings:manage")])
async def post_category(
    category_id: RowId,
    session: Session,
    by: Acting,
    category_name: Annotated[str, Form(max_length=200)],
    description: Annotated[str, Form(max_length=2_000)] = "",
    does: Annotated[str, Form(pattern="^(save|retire|restore)$")] = "save",
) -> Response:
    """Rename and describe a category, or take it out of use or back."""
    changes: dict[str, Any] = {"name": category_name, "description": description}
    if does != "save":
        changes = {"is_active": does == "restore"}
    try:
        async with session.begin_nested():
            changed = await change_category(session, category_id=category_id, by=by, **changes)
    except (BadCategory, CategoryTaken) as refusal:
        return back_to(CATEGORIES, Flash("stop", refusal.detail))
    words = {"save": "is saved", "retire": "is out of use", "restore": "can be chosen again"}
    return back_to(CATEGORIES, Flash("clear", f"{changed.name} {words[does]}."))
