"""The form by which anybody may write to the desk."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from ticketyard.core.auth import Principal, new_token
from ticketyard.core.errors import Invalid, NotFound, Unreadable
from ticketyard.core.resources import Resources
from ticketyard.intake.looking import keep_for_a_look
from ticketyard.intake.receiving import RawMessage, receive
from ticketyard.intake.sources.web_form import read_web_form
from ticketyard.people.models import Company
from ticketyard.people.queries import company_ids, get_company
from ticketyard.tickets.attaching import ATTACHMENTS_MAX, keep_file
from ticketyard.tickets.drafts import KeptFile
from ticketyard.tickets.numbering import PATTERN
from ticketyard.web.deps import Parts, WebOptions, public
from ticketyard.web.pages.frame import page, public_frame
from ticketyard.web.pages.same_site import own_pages_only

router = APIRouter(prefix="/form", include_in_schema=False)

FORM_MAX_BYTES = 128 * 1024 * 1024
FIELDS = ("name", "email", "title", "description", "location", "asset_tag")
_EMPTY = dict.fromkeys((*FIELDS, "files"), "")

# Said in place of the checker's own words, which are for programmers.
_SAYINGS = {
    "name": "Please tell us your name.",
    "email": "This is not an e-mail address.",
    "title": "Please say it in one line.",
    "description": "Please tell us what happened.",
}


# Public: whoever needs help may ask for it.
@router.get("", dependencies=[public()])
@router.get("/{company}", dependencies=[public()])
async def get_form(
    request: Request, resources: Parts, options: WebOptions, company: str = ""
) -> Response:
    """The empty form."""
    found = await _company(resources, company)
    return _form(request, found, company, options.max_upload_bytes, {}, {}, new_token())


@router.post("", dependencies=[public(), own_pages_only()], max_body_size=FORM_MAX_BYTES)
@router.post("/{company}", dependencies=[public(), own_pages_only()], max_body_size=FORM_MAX_BYTES)
async def post_form(
    request: Request,
    resources: Parts,
    options: WebOptions,
    company: str = "",
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    title: Annotated[str, Form()] = "",
    description: Annotated[str, Form()] = "",
    location: Annotated[str, Form()] = "",
    asset_tag: Annotated[str, Form()] = "",
    once: Annotated[str, Form(max_length=100)] = "",
    website: Annotated[str, Form(max_length=1000)] = "",
    files: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    """Keep it and open a ticket; a second press of the button finds the first one."""
    found = await _company(resources, company)
    given = dict(zip(FIELDS, (name, email, title, description, location, asset_tag), strict=True))
    sent = [file for file in files or [] if file.filename]
    by = Principal(kind="system", id=None, company_id=found.id, name="Web form")
    if website:
        await _keep_suspicious(resources, by, {**given, "website": website})
        return RedirectResponse(f"/form/{found.slug}/thanks", 303)
    try:
        arrival = read_web_form({key: value for key, value in given.items() if value.strip()})
        kept = await _kept(resources, found.id, sent, options.max_upload_bytes)
    except (Unreadable, Invalid) as refusal:
        errors = _errors(refusal)
        return _form(request, found, company, options.max_upload_bytes, given, errors, once)
    received = await receive(
        resources,
        arrival.with_files(kept),
        message=_raw(given, kept, once),
        by=by,
    )
    return RedirectResponse(
        f"/form/{found.slug}/thanks?number={received.number}&files={len(kept)}", 303
    )


# Public: shown to whoever has just written.
@router.get("/{company}/thanks", dependencies=[public()])
async def get_thanks(
    request: Request, company: str, resources: Parts, number: str = "", files: int = 0
) -> Response:
    """The number, and what happens next."""
    found = await _company(resources, company)
    address = f"/form/{company}"
    return page(
        "form/thanks.html",
        public_frame(request, found.name),
        home=address,
        number=number.upper() if PATTERN.fullmatch(number) else "",
        files=max(0, min(files, ATTACHMENTS_MAX)),
        action=address,
    )


async def _company(resources: Resources, slug: str) -> Company:
    companies = await company_ids(resources.db)
    company_id = companies.get(slug) if slug else next(iter(companies.values()), None)
    if company_id is None:
        raise NotFound("There is no such form.")
    async with resources.db.transaction(company_id) as session:
        return await get_company(session)


def _form(
    request: Request,
    company: Company,
    slug: str,
    max_bytes: int,
    given: Mapping[str, str],
    errors: Mapping[str, str],
    once: str,
) -> Response:
    address = f"/form/{slug}" if slug else "/form"
    form: dict[str, Any] = {**_EMPTY, **given, "once": once}
    return page(
        "form/page.html",
        public_frame(request, company.name),
        status=422 if errors else 200,
        home=address,
        action=address,
        form={**form, "errors": {**_EMPTY, **errors}, "is_bad": bool(errors)},
        max_files=ATTACHMENTS_MAX,
        max_bytes=max_bytes,
    )


def _errors(refusal: Invalid) -> dict[str, str]:
    """Which field to look at, and what to say beside it."""
    if not isinstance(refusal, Unreadable):
        return {"files": refusal.detail}
    named = refusal.extra.get("errors", ())
    fields = [str(each["path"]) for each in named] if isinstance(named, list) else []
    return {name: _SAYINGS.get(name, "This cannot be used as it is.") for name in fields}


async def _kept(
    resources: Resources, company_id: int, files: Sequence[UploadFile], max_bytes: int
) -> list[KeptFile]:
    if len(files) > ATTACHMENTS_MAX:
        raise Invalid(f"{ATTACHMENTS_MAX} files at a time, please.")
    return [
        await keep_file(
            resources.blobs,
            company_id,
            filename=file.filename,
            content=await file.read(),
            content_type=file.content_type,
            max_bytes=max_bytes,
        )
        for file in files
    ]


def _raw(given: Mapping[str, str], files: Sequence[KeptFile], once: str) -> RawMessage:
    named = [{"filename": file.filename, "sha256": file.sha256} for file in files]
    return RawMessage(
        content=orjson.dumps({**given, "files": named}, option=orjson.OPT_SORT_KEYS),
        once=once or None,
    )


async def _keep_suspicious(resources: Resources, by: Principal, given: Mapping[str, str]) -> None:
    """A field no person sees was filled in. It may be a machine, but nothing is thrown away."""
    message = RawMessage(content=orjson.dumps(given, option=orjson.OPT_SORT_KEYS))
    async with resources.db.transaction(by.company_id) as session:
        await keep_for_a_look(
            session,
            source="web_form",
            message=message,
            problem="A field that people do not see was filled in.",
            by=by,
        )
