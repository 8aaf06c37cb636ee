"""Settings, mail out: how mail is worded, who signs it, and whether it leaves."""

from typing import Annotated

from fastapi import APIRouter, Form, Response

from ticketyard.core.errors import Refusal
from ticketyard.notify.errors import BadTemplate
from ticketyard.notify.previewing import preview
from ticketyard.notify.queries import count_outgoing
from ticketyard.notify.sending_again import send_test_mail
from ticketyard.notify.servers import MailOut, general_way
from ticketyard.notify.template_words import LANGUAGES, PLACEHOLDERS, Words
from ticketyard.notify.templates import (
    BODY_MAX,
    SIGNATURE_MAX,
    SUBJECT_MAX,
    Template,
    find_signature,
    get_template,
    list_templates,
    reset_template,
    save_signature,
    save_template,
    signature_below,
    switch_template,
)
from ticketyard.people.queries import get_company
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.pages.frame import DeskFrame, Flash, Frame, back_to, page

router = APIRouter(prefix="/settings", include_in_schema=False)

HOME = "/settings/mail-out"
_NAMES = {
    "acknowledgement": ("Acknowledgement", "Sent to who writes a mail or fills in the form."),
    "reply": ("Frame of an answer", "Around what an agent writes to the requester."),
    "resolved": ("Notice of resolution", "Sent when a ticket is resolved."),
}


@router.get("/mail-out", dependencies=[may("settings:manage")])
async def get_mail_out(
    session: Session, by: Acting, frame: DeskFrame, resources: Parts
) -> Response:
    """Whether mail leaves, and how it is worded."""
    return await _overview(session, frame, resources.part(MailOut), to=by.email or "")


async def _overview(
    session: Session, frame: Frame, out: MailOut, *, to: str, error: str = "", status: int = 200
) -> Response:
    templates = await list_templates(session)
    return page(
        "settings/mail_out.html",
        frame,
        place="settings",
        status=status,
        tab="mail-out",
        way=await general_way(session, out),
        server=out.server.name if out.server else "",
        counts=await count_outgoing(session),
        groups=[
            (name, *_NAMES[name], [each for each in templates if each.name == name])
            for name in PLACEHOLDERS
        ],
        languages=LANGUAGES,
        signature=await find_signature(session),
        signature_max=SIGNATURE_MAX,
        to=to,
        error=error,
    )


@router.post("/mail-out/test", dependencies=[may("settings:manage")])
async def post_test(
    session: Session,
    by: Acting,
    frame: DeskFrame,
    resources: Parts,
    to: Annotated[str, Form(max_length=320)] = "",
) -> Response:
    """Send a mail to see whether one leaves."""
    out = resources.part(MailOut)
    try:
        async with session.begin_nested():
            mail_id = await send_test_mail(session, to=to, out=out, by=by)
    except Refusal as refusal:
        return await _overview(session, frame, out, to=to, error=refusal.detail, status=422)
    return back_to(f"/settings/mail-log/{mail_id}", Flash("info", "On its way. Reload to see it."))


@router.post("/mail-out/signature", dependencies=[may("settings:manage")])
async def post_company_signature(
    session: Session, by: Acting, body: Annotated[str, Form(max_length=SIGNATURE_MAX)] = ""
) -> Response:
    """Set the company's signature."""
    await save_signature(session, body=body, by=by)
    return back_to(HOME, Flash("clear", "Saved."))


@router.post("/account/signature", dependencies=[may("tickets:write")])
async def post_own_signature(
    session: Session, by: Acting, body: Annotated[str, Form(max_length=SIGNATURE_MAX)] = ""
) -> Response:
    """Set one's own signature."""
    if by.person_id is not None:
        await save_signature(session, body=body, person_id=by.person_id, by=by)
    return back_to("/settings/account", Flash("clear", "Saved. It stands below your answers."))


@router.post("/mail-out/{template_name}/switch", dependencies=[may("settings:manage")])
async def post_switch(
    template_name: str, session: Session, by: Acting, on: Annotated[bool, Form()] = False
) -> Response:
    """Send this mail, or do not."""
    await switch_template(session, name=template_name, is_active=on, by=by)
    word = "is sent" if on else "is not sent any more"
    return back_to(HOME, Flash("clear", f"{_NAMES[template_name][0]} {word}."))


@router.get("/mail-out/{template_name}/{locale}", dependencies=[may("settings:manage")])
async def get_template_page(
    template_name: str, locale: str, session: Session, frame: DeskFrame
) -> Response:
    """One template with what it looks like filled in."""
    template = await get_template(session, template_name, locale)
    return await _editor(session, frame, template)


@router.post("/mail-out/{template_name}/{locale}", dependencies=[may("settings:manage")])
async def post_template(
    template_name: str,
    locale: str,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    subject: Annotated[str, Form(max_length=SUBJECT_MAX)] = "",
    body: Annotated[str, Form(max_length=BODY_MAX)] = "",
    then: Annotated[str, Form(pattern="^(save|preview|reset)$")] = "save",
) -> Response:
    """Save the words, look at them, or go back to the built-in ones."""
    present = await get_template(session, template_name, locale)
    given = Template(**{**present.__dict__, "subject": subject, "body": body})
    if then == "preview":
        return await _editor(session, frame, given)
    if then == "reset":
        await reset_template(session, name=template_name, locale=locale, by=by)
        return back_to(f"{HOME}/{template_name}/{locale}", Flash("clear", "Built-in words again."))
    try:
        async with session.begin_nested():
            await save_template(
                session, name=template_name, locale=locale, subject=subject, body=body, by=by
            )
    except BadTemplate as refusal:
        return await _editor(session, frame, given, error=refusal.detail, status=422)
    return back_to(f"{HOME}/{template_name}/{locale}", Flash("clear", "Saved."))


async def _editor(
    session: Session, frame: Frame, template: Template, *, error: str = "", status: int = 200
) -> Response:
    company = await get_company(session)
    shown, wrong = preview(
        template.name,
        template.locale,
        Words(template.subject, template.body),
        company=company.name,
        signature=await signature_below(session, None),
    )
    return page(
        "settings/mail_template.html",
        frame,
        place="settings",
        status=status,
        tab="mail-out",
        words=template,
        title=_NAMES[template.name][0],
        languages=LANGUAGES,
        placeholders=sorted(PLACEHOLDERS[template.name]),
        shown=shown,
        error=error or wrong,
        subject_max=SUBJECT_MAX,
    )
