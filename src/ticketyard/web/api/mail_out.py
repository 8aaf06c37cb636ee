"""Mail that leaves: the outbox with the servers' words, templates, signatures, a test."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.errors import NotAllowed
from ticketyard.core.shapes import Body, Email, Line, RowId, Text
from ticketyard.notify.models import OutgoingMail
from ticketyard.notify.queries import get_outgoing, list_attempts, list_outgoing
from ticketyard.notify.sending import CODE, CODE_GONE
from ticketyard.notify.sending_again import send_again, send_test_mail
from ticketyard.notify.servers import MailOut
from ticketyard.notify.template_words import PLACEHOLDERS
from ticketyard.notify.templates import (
    BODY_MAX,
    SIGNATURE_MAX,
    Template,
    find_signature,
    list_templates,
    reset_template,
    save_signature,
    save_template,
    switch_template,
)
from ticketyard.web.deps import Acting, Parts, Session, may

router = APIRouter(prefix="/api/mail", tags=["mail"])

State = Literal["waiting", "sent", "failed", "suppressed", "bounced"]
Kind = Literal[
    "reply", "acknowledgement", "notice", "notification", "report", "chat_code", "test"
]  # fmt: skip


class RecipientOut(BaseModel):
    """Somebody a mail goes to; `state` is taken, refused or bounced where that is known."""

    email: str
    name: str = ""
    role: Literal["to", "cc"] = "to"
    state: str | None = None
    words: str | None = Field(None, description="The server's own, where it refused.")


class AttemptOut(BaseModel):
    """One try, with the server's own words."""

    model_config = ConfigDict(from_attributes=True)

    server: str = Field(examples=["smtp.example.com:587"])
    accepted: bool
    code: int | None = Field(examples=[250])
    words: str = Field(examples=["2.0.0 OK queued as 4711"])
    tried_at: datetime


class OutgoingOut(BaseModel):
    """A mail of ours and what became of it; `reason` says why it has not left."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    ticket_id: int | None
    comment_id: int | None
    kind: Kind
    is_automatic: bool
    message_id: str
    sender_email: str
    recipients: list[RecipientOut]
    subject: str
    state: State
    reason: str | None
    attempts: int
    created_at: datetime
    sent_at: datetime | None


class OutgoingWholeOut(OutgoingOut):
    """The same with its text and every try."""

    body_text: str
    tries: list[AttemptOut]


class TemplateOut(BaseModel):
    """How one kind of mail is worded in one language."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(examples=["acknowledgement"])
    locale: str = Field(examples=["en"])
    subject: str
    body: str
    is_active: bool = Field(description="Whether this mail is sent at all, in any language.")
    is_own: bool = Field(description="Whether the company wrote it; else these are built in.")
    placeholders: list[str]

    @classmethod
    def of(cls, template: Template) -> "TemplateOut":
        """With the placeholders it may use."""
        return cls(**template.__dict__, placeholders=sorted(PLACEHOLDERS[template.name]))


class TemplateIn(Body):
    """New words. Leaving out `body` goes back to the built-in ones."""

    subject: Line = Field("", examples=["{{ticket_title}}"])
    body: Text | None = Field(
        None, max_length=BODY_MAX, examples=["Hello {{requester_name}}, it is {{ticket_number}}."]
    )
    is_active: bool | None = Field(None, description="Send this mail, in any language, or do not.")


class SignatureIn(Body):
    """What stands below mail; empty takes it away."""

    body: Text = Field(max_length=SIGNATURE_MAX, examples=["Ana Petrova\n+7 700 123 45 67"])


class SignatureOut(BaseModel):
    """What stands below mail; empty where there is none."""

    body: str


class TestMailIn(Body):
    """Where the test goes."""

    to: Email = Field(examples=["ana@example.com"])


async def _whole(session: AsyncSession, mail: OutgoingMail) -> OutgoingWholeOut:
    tries = await list_attempts(session, [mail.id])
    return OutgoingWholeOut.model_validate(
        {
            **OutgoingOut.model_validate(mail).model_dump(),
            "body_text": CODE_GONE if mail.kind == CODE else mail.body_text,
            "tries": [AttemptOut.model_validate(each) for each in tries[mail.id]],
        }
    )


@router.get("/outgoing", response_model=list[OutgoingOut], dependencies=[may("tickets:read")])
async def get_outgoing_mails(
    session: Session,
    state: State | None = None,
    kind: Kind | None = None,
    ticket_id: RowId | None = None,
    before: Annotated[RowId | None, Query(description="Only mails with a lower id.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> list[OutgoingMail]:
    """The outbox and what became of it, the newest first."""
    return await list_outgoing(
        session, state=state, kind=kind, ticket_id=ticket_id, before=before, limit=limit
    )


@router.get(
    "/outgoing/{outgoing_id}",
    response_model=OutgoingWholeOut,
    dependencies=[may("tickets:read")],
)
async def get_outgoing_mail(outgoing_id: RowId, session: Session) -> OutgoingWholeOut:
    """One mail of ours with its text and what servers said to it."""
    return await _whole(session, await get_outgoing(session, outgoing_id))


@router.post(
    "/outgoing/{outgoing_id}/send-again",
    response_model=OutgoingWholeOut,
    status_code=202,
    dependencies=[may("tickets:write")],
)
async def post_send_again(
    outgoing_id: RowId, session: Session, by: Acting, resources: Parts
) -> OutgoingWholeOut:
    """Try a mail again that failed, came back or was held: the same message, for whom it missed."""
    out = resources.part(MailOut)
    return await _whole(session, await send_again(session, mail_id=outgoing_id, out=out, by=by))


@router.get("/templates", response_model=list[TemplateOut], dependencies=[may("settings:manage")])
async def get_templates(session: Session) -> list[TemplateOut]:
    """How mail is worded, in every language."""
    return [TemplateOut.of(each) for each in await list_templates(session)]


@router.put(
    "/templates/{template_name}/{locale}",
    response_model=TemplateOut,
    dependencies=[may("settings:manage")],
)
async def put_template(
    template_name: str, locale: str, body: TemplateIn, session: Session, by: Acting
) -> TemplateOut:
    """Write it anew, or go back to the built-in words; switch this mail on or off."""
    if body.body is None:
        saved = await reset_template(session, name=template_name, locale=locale, by=by)
    else:
        saved = await save_template(
            session, name=template_name, locale=locale, subject=body.subject, body=body.body, by=by
        )
    if body.is_active is not None and body.is_active != saved.is_active:
        await switch_template(session, name=template_name, is_active=body.is_active, by=by)
        saved = Template(**{**saved.__dict__, "is_active": body.is_active})
    return TemplateOut.of(saved)


@router.get("/signature", response_model=SignatureOut, dependencies=[may("tickets:write")])
async def get_own_signature(session: Session, by: Acting) -> SignatureOut:
    """One's own signature; a key has the company's."""
    return SignatureOut(body=await find_signature(session, by.person_id or 0))


@router.put("/signature", response_model=SignatureOut, dependencies=[may("tickets:write")])
async def put_own_signature(body: SignatureIn, session: Session, by: Acting) -> SignatureOut:
    """Set one's own signature; a key has none."""
    if (person_id := by.person_id) is None:
        raise NotAllowed("A key signs nothing; log in to set your signature.")
    saved = await save_signature(session, body=body.body, person_id=person_id, by=by)
    return SignatureOut(body=saved)


@router.get(
    "/signature/company", response_model=SignatureOut, dependencies=[may("settings:manage")]
)
async def get_company_signature(session: Session) -> SignatureOut:
    """What stands below the mail of everybody who has no signature."""
    return SignatureOut(body=await find_signature(session))


@router.put(
    "/signature/company", response_model=SignatureOut, dependencies=[may("settings:manage")]
)
async def put_company_signature(body: SignatureIn, session: Session, by: Acting) -> SignatureOut:
    """Set the company's signature."""
    return SignatureOut(body=await save_signature(session, body=body.body, by=by))


@router.post(
    "/test",
    response_model=OutgoingOut,
    status_code=202,
    dependencies=[may("settings:manage")],
)
async def post_test_mail(
    body: TestMailIn, session: Session, by: Acting, resources: Parts
) -> OutgoingMail:
    """Send a mail that shows whether mail leaves; what the server says stands in the outbox."""
    out = resources.part(MailOut)
    mail_id = await send_test_mail(session, to=body.to, out=out, by=by)
    return await get_outgoing(session, mail_id)
