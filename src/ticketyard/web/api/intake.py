"""Where tickets come in: web form, GLPI, Solution Manager, e-mail, chat; one for all."""

from collections.abc import Callable

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from ticketyard.core.errors import Invalid
from ticketyard.core.shapes import unreadable
from ticketyard.intake.arrivals import Arrival
from ticketyard.intake.errors import SourceOff
from ticketyard.intake.receiving import RawMessage, Received, check_source, receive
from ticketyard.intake.sources.unified import READERS, source_named
from ticketyard.intake.sources.web_form import WebForm, read_web_form
from ticketyard.knowledge.chatbot.programs import answer_program, note_ticket
from ticketyard.mailboxes.handing_over import receive_mail
from ticketyard.web.api.chat_questions import question_of, referred
from ticketyard.web.api.intake_schemas import (
    REFUSALS,
    ChatIn,
    ChatOut,
    ChatSolvedOut,
    EmailIn,
    FiledOut,
    FormFiledOut,
    GlpiIn,
    SolmanIn,
    UnifiedIn,
    form_body,
    json_body,
)
from ticketyard.web.deps import public, resources_of, web_settings_of
from ticketyard.web.envelopes import Envelope, by_key, keep_refused, no_json, open_envelope
from ticketyard.web.form_intake import FORM_BODY_MAX_BYTES, file_form, form_author, read_form
from ticketyard.web.idempotency import REPLAYED, key_of
from ticketyard.web.limits import check_form_rate

router = APIRouter(prefix="/api/tickets", tags=["intake"])

Reading = Callable[[Envelope], Arrival]

# What cannot be told apart at all is kept as a message of no particular source.
ANY = "api"


# Public: people who write have no account yet.
@router.post(
    "/web-form",
    response_model=FiledOut,
    responses=REFUSALS,
    openapi_extra=json_body(WebForm),
    dependencies=[public()],
)
async def post_web_form(request: Request) -> Response:
    """File what a person filled in. Open to everybody; a flood from one address is refused."""
    check_form_rate(request)
    raw = await request.body()
    try:
        arrival = read_web_form(orjson.loads(raw))
    except orjson.JSONDecodeError:
        raise no_json() from None
    received = await receive(
        resources_of(request),
        arrival,
        message=RawMessage(content=raw, key=key_of(request)),
        by=await form_author(request),
    )
    return _answer(_filed(received), received)


@router.post(
    "/web-form/with-attachments",
    response_model=FormFiledOut,
    responses=REFUSALS,
    openapi_extra=form_body(),
    dependencies=[public()],
    max_body_size=FORM_BODY_MAX_BYTES,
)
async def post_web_form_with_attachments(request: Request) -> Response:
    """The same with files, each up to MAX_UPLOAD_SIZE."""
    check_form_rate(request)
    received, files = await file_form(request, await read_form(request), key=key_of(request))
    filed = FormFiledOut(**_filed(received).model_dump(), attachments_count=len(files))
    return _answer(filed, received)


@router.post(
    "/glpi",
    response_model=FiledOut,
    responses=REFUSALS,
    openapi_extra=json_body(GlpiIn),
    dependencies=[by_key()],
)
async def post_glpi(request: Request) -> Response:
    """File a ticket of GLPI. Its `id` sent again is answered with the first ticket."""
    return await _file_from(request, "glpi", "ticket_data")


@router.post(
    "/solman",
    response_model=FiledOut,
    responses=REFUSALS,
    openapi_extra=json_body(SolmanIn),
    dependencies=[by_key()],
)
async def post_solman(request: Request) -> Response:
    """File an incident of SAP Solution Manager. Its `IncidentID` sent again is recognised."""
    return await _file_from(request, "solman", "ticket_data")


@router.post(
    "/email",
    response_model=FiledOut,
    responses=REFUSALS,
    openapi_extra=json_body(EmailIn),
    dependencies=[by_key()],
)
async def post_email(request: Request) -> Response:
    """File an e-mail that another program received. Its `message_id` sent again is recognised; an
    answer (`in_reply_to`, `references`, the number in the subject) joins the ticket it continues if
    its sender has a part in that."""
    return await _file_from(request, "email", "email_data")


@router.post(
    "/unified",
    response_model=FiledOut,
    responses={**REFUSALS, 400: {"description": "Unknown source; the text names those known."}},
    openapi_extra=json_body(UnifiedIn),
    dependencies=[by_key()],
)
async def post_unified(request: Request) -> Response:
    """File a ticket of any source: `data` is read as that source's own route reads it."""
    envelope = await open_envelope(request)
    try:
        word, _ = envelope.fields("source", "data")
        source = source_named(word) if isinstance(word, str) else _refuse_source()
    except Invalid as refusal:
        await keep_refused(request, envelope, ANY, refusal)
        raise
    received = await _file_or_keep(
        request,
        envelope,
        source,
        lambda sent: READERS[source](sent.fields("source", "data")[1], "data"),
    )
    return _answer(_filed(received), received)


def _refuse_source() -> str:
    raise unreadable("source", "Input should be a valid string")


@router.post(
    "/chatbot",
    response_model=ChatOut | ChatSolvedOut,
    responses=REFUSALS,
    openapi_extra=json_body(ChatIn),
    dependencies=[by_key()],
)
async def post_chatbot(request: Request) -> Response:
    """Answer a question asked in another program's chat, or make a ticket of it. With a key, or logged
    in. The same `message_id` in the `context`, or the same words in the same `conversation_id`, is
    answered as before; `needs_ticket` in it wants a ticket whatever is known."""
    envelope = await open_envelope(request, for_requesters=True)
    arrival = await _read_or_keep(
        request, envelope, "chatbot", lambda sent: READERS["chatbot"](sent.content, "")
    )
    asked = question_of(envelope, arrival)
    resources, by = resources_of(request), envelope.by
    found = await answer_program(resources, by.company_id, asked)
    if found.reply is not None:
        headers = {REPLAYED: "true"} if found.is_repeated and asked.by_key else None
        solved = ChatSolvedOut.model_validate(found.reply)
        return Response(solved.model_dump_json(), headers=headers, media_type="application/json")
    received = await receive(resources, referred(arrival, asked), message=envelope.message, by=by)
    await note_ticket(resources, by.company_id, asked, received.ticket_id)
    told = ChatOut(
        ticket_id=str(received.ticket_id),
        ticket_number=received.number,
        classification=found.classification,
        solutions=list(found.solutions),
        estimated_resolution=f"{found.minutes} minutes" if found.minutes else "Unknown",
        message=_message(received),
        error=found.problem,
    )
    return _answer(told, received)


async def _file_from(request: Request, source: str, name: str) -> Response:
    """File what lies under `name` of the body, as `source` writes it."""
    envelope = await open_envelope(request)

    def read(sent: Envelope) -> Arrival:
        (data,) = sent.fields(name)
        return READERS[source](data, name)

    received = await _file_or_keep(request, envelope, source, read)
    return _answer(_filed(received), received)


async def _file_or_keep(
    request: Request, envelope: Envelope, source: str, read: Reading
) -> Received:
    arrival = await _read_or_keep(request, envelope, source, read)
    resources, message, by = resources_of(request), envelope.message, envelope.by
    if arrival.mail is not None:
        return await receive_mail(resources, arrival, arrival.mail, message=message, by=by)
    return await receive(resources, arrival, message=message, by=by)


async def _read_or_keep(
    request: Request, envelope: Envelope, source: str, read: Reading
) -> Arrival:
    check_source(envelope.by, source)
    if source in web_settings_of(request).sources_off:
        raise SourceOff("This desk takes nothing from there at present.")
    try:
        if envelope.content is None:
            raise no_json()
        return read(envelope)
    except Invalid as refusal:
        await keep_refused(request, envelope, source, refusal)
        raise


def _filed(received: Received) -> FiledOut:
    return FiledOut(
        message=_message(received),
        ticket_id=str(received.ticket_id),
        ticket_number=received.number,
        deduplicated=_deduplicated(received),
    )


def _message(received: Received) -> str:
    return _MESSAGES.get(received.outcome, "Ticket created.")


_MESSAGES = {"repeated": "Filed before.", "joined": "Added to the ticket it continues."}


def _deduplicated(received: Received) -> bool | None:
    return True if received.outcome == "repeated" else None


def _answer(told: BaseModel, received: Received) -> Response:
    headers = {REPLAYED: "true"} if received.outcome == "replayed" else None
    leave_out = {"deduplicated"} if received.outcome != "repeated" else set()
    if isinstance(told, ChatOut) and told.error is None:
        leave_out.add("error")
    return Response(
        told.model_dump_json(exclude=leave_out), headers=headers, media_type="application/json"
    )
