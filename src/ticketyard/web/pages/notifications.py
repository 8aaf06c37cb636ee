"""What one is told: the bell, the list, one's choices, where it leaves, and the log."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response

from ticketyard.core.errors import Refusal
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.sealing import Sealer
from ticketyard.core.shapes import RowId
from ticketyard.notify.telling.kinds import CHANNELS, FOR_ADMINS, FOR_CHATS, KINDS
from ticketyard.notify.telling.reading import (
    count_unread,
    list_choices,
    list_notifications,
    list_sent,
    mark_read,
    open_notification,
    save_choices,
)
from ticketyard.notify.telling.targets import (
    TargetDraft,
    add_target,
    change_target,
    delete_target,
    get_target,
    list_targets,
    queue_test,
    switch_target,
)
from ticketyard.notify.telling.wording import sentence
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.pages.frame import (
    DeskFrame,
    Flash,
    Frame,
    OwnFrame,
    back_to,
    fragment,
    page,
)

router = APIRouter(include_in_schema=False)

HOME = "/settings/notifications"
PAGE = 50
KIND_WORDS = {
    "assigned": "A ticket is given to me",
    "mentioned": "Somebody mentions me with @",
    "commented": "Somebody writes on my ticket",
    "sla_warned": "A promise on my ticket is about to be broken",
    "sla_breached": "A promise on my ticket was broken",
    "escalated": "A ticket is escalated to me",
    "handed_over": "Somebody in the chat asks for a person",
    "alert_storm": "An alert storm begins",
    "mailbox_failing": "A mailbox cannot be read",
    "webhook_disabled": "A webhook was switched off",
}
ContentType = Literal["application/json", "application/x-www-form-urlencoded", "text/plain"]
CONTENT_TYPES: list[tuple[ContentType, str]] = [
    ("application/json", "JSON"),
    ("application/x-www-form-urlencoded", "Form"),
    ("text/plain", "Plain text"),
]
CHANNEL_WORDS = {"in_app": "Desk", "email": "Mail", "sms": "SMS"}


@router.get("/notifications", dependencies=[may("tickets:read")])
async def get_notifications(session: Session, by: Acting, frame: DeskFrame) -> Response:
    """One's own, the newest first."""
    return page(
        "notifications/page.html",
        frame,
        place="notifications",
        items=await list_notifications(session, by.person_id or 0),
        sentence=sentence,
    )


@router.get("/notifications/bell", dependencies=[may("tickets:read")])
async def get_bell(session: Session, by: Acting, frame: OwnFrame) -> Response:
    """The bell with what is unread, asked for anew whenever something happened."""
    unread = await count_unread(session, by.person_id or 0)
    return fragment("notifications/bell.html", frame, unread=unread)


@router.post("/notifications/read", dependencies=[may("tickets:read")])
async def post_read(session: Session, by: Acting) -> Response:
    """Mark all as read."""
    await mark_read(session, by.person_id or 0)
    return back_to("/notifications")


@router.post("/notifications/{notification_id}/open", dependencies=[may("tickets:read")])
async def post_open(notification_id: RowId, session: Session, by: Acting) -> Response:
    """Mark one as read and go where it points."""
    number = await open_notification(session, by.person_id or 0, notification_id)
    return back_to(f"/tickets/{number}" if number else "/notifications")


# -- choices and targets ---------------------------------------------------------------------------


@router.get(HOME, dependencies=[may("tickets:read")])
async def get_choices(
    session: Session, by: Acting, frame: DeskFrame, change: RowId | None = None
) -> Response:
    """What one is told of, and, for admins, chats and gateways. change: one of those in the form."""
    if change is None or not by.may("settings:manage"):
        return await _choices(session, by, frame)
    target = await get_target(session, change)
    draft = TargetDraft(
        kind=target.kind, name=target.name, url="", event_kinds=target.event_kinds,
        content_type=target.content_type,
    )  # fmt: skip
    return await _choices(session, by, frame, draft=draft, changes=change)


@router.post(HOME, dependencies=[may("tickets:read")])
async def post_choices(
    session: Session, by: Acting, choice: Annotated[list[str] | None, Form()] = None
) -> Response:
    """Keep one's choices: what is ticked, and of all else nothing."""
    ticked = set(choice or [])
    shown = _kinds(by.may("settings:manage"))
    choices = {
        (kind, channel): f"{kind}.{channel}" in ticked for kind in shown for channel in CHANNELS
    }
    await save_choices(session, choices, by=by)
    return back_to(HOME, Flash("clear", "Saved."))


@router.post(f"{HOME}/targets", dependencies=[may("settings:manage")])
async def post_target(
    session: Session,
    by: Acting,
    frame: DeskFrame,
    resources: Parts,
    target: Annotated[Literal["slack", "teams", "sms"], Form()] = "slack",
    name: Annotated[str, Form(max_length=100)] = "",
    url: Annotated[str, Form(max_length=2000)] = "",
    kinds: Annotated[list[str] | None, Form()] = None,
    header_name: Annotated[str, Form(max_length=100)] = "",
    header_value: Annotated[str, Form(max_length=1000)] = "",
    content_type: Annotated[ContentType, Form()] = "application/json",
    body_template: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Add a chat or a gateway."""
    draft = TargetDraft(
        kind=target, name=name.strip() or target, url=url, event_kinds=kinds or [],
        header_name=header_name, header_value=header_value, content_type=content_type,
        body_template=body_template,
    )  # fmt: skip
    sealer, outgoing = resources.part(Sealer), resources.part(Outgoing)
    try:
        async with session.begin_nested():
            await add_target(session, draft, sealer=sealer, outgoing=outgoing, by=by)
    except Refusal as refusal:
        return await _choices(session, by, frame, error=refusal.detail, draft=draft, status=422)
    return back_to(HOME, Flash("clear", f"Added {draft.name}."))


@router.post(f"{HOME}/targets/{{target_id}}", dependencies=[may("settings:manage")])
async def post_target_change(
    target_id: RowId,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    resources: Parts,
    name: Annotated[str, Form(max_length=100)] = "",
    url: Annotated[str, Form(max_length=2000)] = "",
    kinds: Annotated[list[str] | None, Form()] = None,
    header_name: Annotated[str, Form(max_length=100)] = "",
    header_value: Annotated[str, Form(max_length=1000)] = "",
    content_type: Annotated[ContentType, Form()] = "application/json",
    body_template: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Change a chat or a gateway; a secret that is left empty stays."""
    target = await get_target(session, target_id)
    draft = TargetDraft(
        kind=target.kind, name=name.strip() or target.name, url=url, event_kinds=kinds or [],
        header_name=header_name, header_value=header_value, content_type=content_type,
        body_template=body_template,
    )  # fmt: skip
    sealer, outgoing = resources.part(Sealer), resources.part(Outgoing)
    try:
        async with session.begin_nested():
            await change_target(
                session, draft, target_id=target_id, sealer=sealer, outgoing=outgoing, by=by
            )
    except Refusal as refusal:
        return await _choices(
            session, by, frame, error=refusal.detail, draft=draft, changes=target_id, status=422
        )
    return back_to(HOME, Flash("clear", "Saved."))


@router.post(f"{HOME}/targets/{{target_id}}/{{act}}", dependencies=[may("settings:manage")])
async def post_target_act(
    target_id: RowId,
    act: Literal["test", "on", "off", "delete"],
    session: Session,
    by: Acting,
) -> Response:
    """Test it, switch it, forget it."""
    if act == "test":
        await queue_test(session, target_id=target_id, by=by)
        return back_to(
            "/settings/notification-log", Flash("info", "A test is on its way; look below.")
        )
    if act == "delete":
        await delete_target(session, target_id=target_id, by=by)
    else:
        await switch_target(session, target_id=target_id, is_enabled=act == "on", by=by)
    return back_to(HOME, Flash("clear", "Done."))


@router.get("/settings/notification-log", dependencies=[may("settings:manage")])
async def get_log(
    request: Request,
    session: Session,
    frame: DeskFrame,
    status: Literal["pending", "sent", "failed"] | None = None,
    before: RowId | None = None,
) -> Response:
    """What left by mail, to chats and by SMS, and what became of it."""
    found = await list_sent(session, status=status, before=before, limit=PAGE + 1)
    next_href = ""
    if len(found) > PAGE:
        only = f"&status={status}" if status else ""
        next_href = f"/settings/notification-log?before={found[PAGE - 1].id}{only}"
    return page(
        "settings/notification_log.html",
        frame,
        place="settings",
        tab="notification-log",
        rows=found[:PAGE],
        state=status or "",
        sentence=sentence,
        next_href=next_href,
    )


def _kinds(is_admin: bool) -> list[str]:
    return [kind for kind in KINDS if is_admin or kind not in FOR_ADMINS]


async def _choices(
    session: Session,
    by: Acting,
    frame: Frame,
    *,
    error: str = "",
    draft: TargetDraft | None = None,
    changes: int | None = None,
    status: int = 200,
) -> Response:
    manages = by.may("settings:manage")
    return page(
        "settings/notifications.html",
        frame,
        place="settings",
        tab="notifications",
        status=status,
        kinds=_kinds(manages),
        all_kinds=KINDS,
        for_chats=FOR_CHATS,
        kind_words=KIND_WORDS,
        channels=CHANNELS,
        channel_words=CHANNEL_WORDS,
        choices=await list_choices(session, by.person_id or 0),
        manages=manages,
        targets=await list_targets(session) if manages else [],
        error=error,
        draft=draft,
        changes=changes,
        content_types=CONTENT_TYPES,
    )
