"""The form by which anybody may write to the desk."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from ticketyard.core.auth import Principal, new_token
from ticketyard.core.errors import Invalid, NotFound, TooLarge, Unreadable
from ticketyard.core.resources import Resources
from ticketyard.intake.looking import keep_for_a_look
from ticketyard.intake.receiving import RawMessage
from ticketyard.people.models import Company
from ticketyard.people.queries import company_ids, get_company
from ticketyard.tickets.errors import BadField
from ticketyard.tickets.fields.values import Rule, refuse_missing
from ticketyard.tickets.numbering import PATTERN
from ticketyard.tickets.queries import field_rules
from ticketyard.web.deps import Parts, WebOptions, public
from ticketyard.web.form_intake import (
    FILES_MAX,
    FORM_BODY_MAX_BYTES,
    FilledForm,
    file_form,
    read_form,
)
from ticketyard.web.limits import check_form_rate
from ticketyard.web.pages.frame import page, public_frame
from ticketyard.web.pages.own_fields import FieldView, field_views
from ticketyard.web.pages.same_site import own_pages_only

router = APIRouter(prefix="/form", include_in_schema=False)

FIELDS = ("name", "email", "title", "description", "location", "asset_tag")
# A field no person sees. Whatever fills it in is a machine, most likely.
TRAP = "website"
_EMPTY = dict.fromkeys((*FIELDS, "files", "own"), "")

# Said in place of the checker's own words, which are for programmers.
_SAYINGS = {
    "name": "Please tell us your name.",
    "email": "This is not an e-mail address.",
    "title": "Please say it in one line.",
    "description": "Please tell us what happened.",
}


async def _company_of(resources: Parts, company: str = "") -> Company:
    companies = await company_ids(resources.db)
    company_id = companies.get(company) if company else next(iter(companies.values()), None)
    if company_id is None:
        raise NotFound("There is no such form.")
    async with resources.db.transaction(company_id) as session:
        return await get_company(session)


FormCompany = Annotated[Company, Depends(_company_of)]


# Public: whoever needs help may ask for it.
@router.get("", dependencies=[public()])
@router.get("/{company}", dependencies=[public()])
async def get_form(
    request: Request, company: FormCompany, resources: Parts, options: WebOptions
) -> Response:
    """The empty form."""
    rules = await _own_rules(resources, company)
    return _form(request, company, options.max_upload_bytes, {}, {}, field_views(rules, {}))


@router.post("", dependencies=[public(), own_pages_only()], max_body_size=FORM_BODY_MAX_BYTES)
@router.post(
    "/{company}", dependencies=[public(), own_pages_only()], max_body_size=FORM_BODY_MAX_BYTES
)
async def post_form(
    request: Request, company: FormCompany, resources: Parts, options: WebOptions
) -> Response:
    """Keep it and open a ticket; a second press of the button finds the first one."""
    check_form_rate(request)
    limit = options.max_upload_bytes
    rules = await _own_rules(resources, company)
    by = Principal.system(company.id, name="Web form")
    try:
        filled = await read_form(request)
    except (Unreadable, TooLarge) as refusal:
        return _form(request, company, limit, {}, _errors(refusal), field_views(rules, {}))
    given = {name: filled.fields.get(name, "") for name in FIELDS}
    if filled.fields.get(TRAP):
        await _keep_suspicious(resources, by, filled.fields)
        return _thanks(company)
    own = _own_values(rules, filled.fields)
    said = FilledForm(
        {name: value for name, value in given.items() if value.strip()},
        filled.files,
        {name: value for name, value in own.items() if value is not None},
    )
    once = filled.fields.get("once", "")[:100]
    try:
        refuse_missing(rules, own)
        received, kept = await file_form(request, said, by=by, once=once or None)
    except Invalid as refusal:
        shown = field_views(rules, own)
        return _form(request, company, limit, {**given, "once": once}, _errors(refusal), shown)
    return _thanks(company, f"?number={received.number}&files={len(kept)}")


# Public: shown to whoever has just written.
@router.get("/{company}/thanks", dependencies=[public()])
async def get_thanks(
    request: Request, company: FormCompany, number: str = "", files: int = 0
) -> Response:
    """The number, and what happens next."""
    address = f"/form/{company.slug}"
    return page(
        "form/thanks.html",
        public_frame(request, company.name),
        home=address,
        number=number.upper() if PATTERN.fullmatch(number) else "",
        files=max(0, min(files, FILES_MAX)),
        action=address,
    )


def _thanks(company: Company, query: str = "") -> Response:
    return RedirectResponse(f"/form/{company.slug}/thanks{query}", 303)


def _form(
    request: Request,
    company: Company,
    max_bytes: int,
    given: Mapping[str, str],
    errors: Mapping[str, str],
    own: Sequence[FieldView] = (),
) -> Response:
    address = f"/form/{company.slug}"
    form: dict[str, Any] = {"once": new_token(), **_EMPTY, **given}
    return page(
        "form/page.html",
        public_frame(request, company.name),
        status=422 if errors else 200,
        home=address,
        action=address,
        form={**form, "errors": {**_EMPTY, **errors}, "is_bad": bool(errors)},
        own=own,
        max_files=FILES_MAX,
        max_bytes=max_bytes,
    )


def _errors(refusal: Invalid) -> dict[str, str]:
    """Which field to look at, and what to say beside it."""
    if isinstance(refusal, BadField):
        return {"own": refusal.detail}
    if not isinstance(refusal, Unreadable):
        return {"files": refusal.detail}
    named = refusal.extra.get("errors", ())
    fields = [str(each["path"]) for each in named] if isinstance(named, list) else []
    return {name: _SAYINGS.get(name, "This cannot be used as it is.") for name in fields}


async def _own_rules(resources: Resources, company: Company) -> list[Rule]:
    """The company's own fields that its form shows."""
    async with resources.db.transaction(company.id) as session:
        return [rule for rule in await field_rules(session) if rule.on_form]


def _own_values(rules: Sequence[Rule], given: Mapping[str, str]) -> dict[str, str | None]:
    """What was filled in for them: their inputs are numbered in their order."""
    return {
        rule.name: given.get(f"own-{number}", "").strip() or None
        for number, rule in enumerate(rules, start=1)
    }


async def _keep_suspicious(resources: Resources, by: Principal, given: Mapping[str, str]) -> None:
    """It may be a machine, but nothing is thrown away: a person decides."""
    message = RawMessage(content=orjson.dumps(dict(given), option=orjson.OPT_SORT_KEYS))
    async with resources.db.transaction(by.company_id) as session:
        await keep_for_a_look(
            session,
            source="web_form",
            message=message,
            problem="A field that people do not see was filled in.",
            by=by,
        )
