"""Settings: mail workflows, their editor, what they did, and how they would do on a past mail."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Form, Query, Response

from ticketyard.core.errors import Refusal
from ticketyard.core.shapes import RowId, storable
from ticketyard.mailboxes.errors import BadWorkflow
from ticketyard.mailboxes.landing.classifying import LABELS
from ticketyard.mailboxes.mail_rules import MailRules
from ticketyard.mailboxes.workflows.changing import (
    add_workflow,
    change_workflow,
    delete_workflow,
    draft_workflow,
    get_workflow,
    render_workflow,
)
from ticketyard.mailboxes.workflows.foreseeing import foresee
from ticketyard.mailboxes.workflows.listing import (
    last_runs,
    list_executions,
    list_past_mails,
    list_workflows,
)
from ticketyard.mailboxes.workflows.steps import ACTIONS, STEPS_MAX, check_definition
from ticketyard.people.queries import list_people
from ticketyard.tickets.queries import list_categories
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.pages.frame import DeskFrame, Flash, Frame, back_to, page
from ticketyard.web.workflow_form import rows_of, steps_of

router = APIRouter(prefix="/settings/mail-workflows", include_in_schema=False)

HOME = "/settings/mail-workflows"
RUNS_SHOWN = 30
# By what the desk calls it; the words of the definition stay those of spec 3.
LABEL_WORDS = {
    "support_request": "Request for help",
    "billing": "Billing",
    "complaint": "Complaint",
    "sales": "Sales",
    "feedback": "Thanks and feedback",
    "newsletter": "Newsletter",
    "alert": "Alert of a machine",
    "auto_reply": "Answering machine",
    "bounce": "Delivery report",
    "spam": "Spam",
    "other": "Other",
}
PRIORITY_WORDS = ("low", "normal", "high", "urgent", "critical")
_EMPTY: dict[str, Any] = {
    "name": "",
    "classification_trigger": "support_request",
    "confidence_threshold": 0.7,
    "workflow_steps": [{"action": "create_ticket", "params": {}}],
    "priority": 100,
    "enabled": True,
}

_Texts = Annotated[list[str] | None, Form()]


@router.get("", dependencies=[may("tickets:read")])
async def get_workflows(
    session: Session,
    resources: Parts,
    frame: DeskFrame,
    status: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Every workflow with its last run, and what they did of late."""
    wanted = status if status in ("completed", "failed", "skipped") else ""
    runs = await list_executions(session, status=wanted or None, limit=RUNS_SHOWN)
    return _page(
        "workflows",
        frame,
        workflows=await list_workflows(session),
        last=await last_runs(session),
        runs=runs,
        only=wanted,
        is_on=resources.part(MailRules).workflows,
    )


@router.get("/new", dependencies=[may("settings:manage")])
async def get_new_workflow(session: Session, frame: DeskFrame) -> Response:
    """The form of a new one."""
    return await _form(session, frame, _EMPTY)


@router.get("/{workflow_id}", dependencies=[may("settings:manage")])
async def get_workflow_page(workflow_id: RowId, session: Session, frame: DeskFrame) -> Response:
    """One of them, to be changed."""
    workflow = await get_workflow(session, min(workflow_id, 2**31 - 1))
    return await _form(session, frame, render_workflow(workflow), workflow_id=workflow.id)


@router.post("/save", dependencies=[may("settings:manage")])
async def post_workflow(
    session: Session,
    resources: Parts,
    by: Acting,
    frame: DeskFrame,
    workflow_id: Annotated[int, Form(ge=0, le=2**31 - 1)] = 0,
    name: Annotated[str, Form(max_length=1_000)] = "",
    trigger: Annotated[str, Form(max_length=100)] = "",
    threshold: Annotated[str, Form(max_length=20)] = "0.7",
    order: Annotated[str, Form(max_length=20)] = "100",
    enabled: Annotated[str, Form(max_length=10)] = "",
    step: _Texts = None,
    agent: _Texts = None,
    level: _Texts = None,
    customer: _Texts = None,
    number: _Texts = None,
    words: _Texts = None,
    file_under: _Texts = None,
    because: _Texts = None,
    definition: Annotated[str, Form(max_length=100_000)] = "",
    mail: Annotated[str, Form(max_length=20)] = "",
    then: Annotated[str, Form(max_length=20)] = "save",
) -> Response:
    """Save what was filled in, or try it on a past mail (`then` is try) without saving."""
    columns = {
        "agent": agent or (),
        "level": level or (),
        "customer": customer or (),
        "number": number or (),
        "words": words or (),
        "file_under": file_under or (),
        "because": because or (),
    }
    given: dict[str, Any] = {
        "name": name,
        "classification_trigger": trigger,
        "confidence_threshold": _decimal(threshold),
        "workflow_steps": steps_of(step or (), columns),
        "priority": _whole(order),
        "enabled": bool(enabled),
    }
    if workflow_id:
        await get_workflow(session, workflow_id)
    try:
        if definition.strip():
            given = {**given, **_from_json(definition)}
        if then == "more":
            return await _form(session, frame, given, workflow_id=workflow_id, spare=True)
        if then == "try":
            return await _tried(session, resources, by, frame, given, workflow_id, mail)
        async with session.begin_nested():
            if workflow_id:
                await change_workflow(session, workflow_id=workflow_id, changes=given, by=by)
            else:
                await add_workflow(session, definition=check_definition(given), by=by)
    except Refusal as refusal:
        return await _form(
            session, frame, given, workflow_id=workflow_id, refusal=refusal.detail, status=422
        )
    return back_to(HOME, Flash("clear", f"“{str(given['name'])[:100]}” is saved."))


@router.post("/{workflow_id}/switch", dependencies=[may("settings:manage")])
async def post_switch(workflow_id: RowId, session: Session, by: Acting) -> Response:
    """Switch it on or off."""
    workflow = await get_workflow(session, min(workflow_id, 2**31 - 1))
    changes = {"enabled": not workflow.enabled}
    await change_workflow(session, workflow_id=workflow.id, changes=changes, by=by)
    said = "is on." if workflow.enabled else "is off."
    return back_to(HOME, Flash("clear", f"“{workflow.name}” {said}"))


@router.post("/{workflow_id}/delete", dependencies=[may("settings:manage")])
async def post_delete(workflow_id: RowId, session: Session, by: Acting) -> Response:
    """Delete it; what it did stays recorded."""
    await delete_workflow(session, workflow_id=min(workflow_id, 2**31 - 1), by=by)
    return back_to(HOME, Flash("clear", "The workflow is deleted. What it did stays recorded."))


async def _tried(
    session: Session,
    resources: Parts,
    by: Acting,
    frame: Frame,
    given: dict[str, Any],
    workflow_id: int,
    mail: str,
) -> Response:
    if not (mail.isascii() and mail.isdigit() and len(mail) < 19):
        raise BadWorkflow("Choose a mail to try it on.")
    foreseen = await foresee(
        resources,
        by.company_id,
        inbound_id=int(mail),
        workflows=[draft_workflow(check_definition({**given, "enabled": True}), by.company_id)],
    )
    return await _form(
        session, frame, given, workflow_id=workflow_id, foreseen=foreseen, chosen=mail
    )


async def _form(
    session: Session,
    frame: Frame,
    given: dict[str, Any],
    *,
    workflow_id: int = 0,
    refusal: str = "",
    status: int = 200,
    foreseen: object = None,
    chosen: str = "",
    spare: bool = False,
) -> Response:
    rows = rows_of(given.get("workflow_steps"))
    return _page(
        "workflow",
        frame,
        status=status,
        given=given,
        workflow_id=workflow_id,
        refusal=refusal,
        rows=[*rows, *rows_of([])][:STEPS_MAX] if spare else rows,
        json=orjson.dumps(given, option=orjson.OPT_INDENT_2).decode(),
        foreseen=foreseen,
        mails=await list_past_mails(session, limit=30),
        chosen=chosen,
        labels=[(each, LABEL_WORDS[each]) for each in LABELS],
        actions=list(ACTIONS.values()),
        agents=[
            (each.id, each.name)
            for each in await list_people(session)
            if each.role in ("admin", "agent") and each.is_active
        ],
        priority_options=[(each, each.capitalize()) for each in PRIORITY_WORDS],
        category_options=[(each.name, each.name) for each in await list_categories(session)],
    )


def _from_json(text: str) -> dict[str, Any]:
    try:
        found = storable(orjson.loads(text))
    except orjson.JSONDecodeError:
        raise BadWorkflow("The JSON cannot be read.") from None
    if not isinstance(found, dict):
        raise BadWorkflow("The JSON should be an object, as in the example.")
    return {name: value for name, value in found.items() if name in _EMPTY}


def _decimal(text: str) -> float | str:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return text


def _whole(text: str) -> int | str:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() else text


def _page(template: str, frame: Frame, *, status: int = 200, **view: object) -> Response:
    return page(
        f"settings/{template}.html",
        frame,
        place="settings",
        status=status,
        tab="mail-workflows",
        label_words=LABEL_WORDS,
        **view,
    )
