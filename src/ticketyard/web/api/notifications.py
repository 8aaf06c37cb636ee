"""Notifications: one's own, what one wants to be told, where they leave, and what became of them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ticketyard.core.outgoing import Outgoing
from ticketyard.core.sealing import Sealer
from ticketyard.core.shapes import Body, Line, RowId, Text
from ticketyard.notify.models import NotificationTarget
from ticketyard.notify.telling.reading import (
    Sent,
    count_unread,
    list_choices,
    list_notifications,
    list_sent,
    mark_read,
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
from ticketyard.web.deps import Acting, Parts, Session, may

router = APIRouter(prefix="/api/notifications", tags=["notifications"])

Kind = Literal[
    "assigned", "mentioned", "commented", "sla_warned", "sla_breached", "escalated", "alert_storm",
    "mailbox_failing", "webhook_disabled", "handed_over",
]  # fmt: skip
Channel = Literal["in_app", "email", "sms"]
ContentType = Literal["application/json", "application/x-www-form-urlencoded", "text/plain"]


class NotificationOut(BaseModel):
    """What one is told. count: how often since it was last read."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    kind: Kind
    ticket_id: int | None
    number: str | None
    title: str | None
    words: str
    by_name: str
    count: int
    last_at: datetime
    read_at: datetime | None


class NotificationsOut(BaseModel):
    """One's own, the newest first; unread: of all there are, up to a hundred."""

    unread: int
    items: list[NotificationOut]


class ReadIn(Body):
    """Which were read; all where none is named."""

    ids: list[RowId] | None = Field(None, max_length=500, examples=[[17]])


class CountOut(BaseModel):
    """How many it concerned."""

    count: int


class Preference(Body):
    """Whether one kind of event is told by one channel."""

    kind: Kind = Field(examples=["commented"])
    channel: Channel = Field(examples=["email"])
    is_on: bool


class PreferencesIn(Body):
    """What shall hold; what is not named stays as it is."""

    preferences: list[Preference] = Field(
        max_length=100,
        examples=[[{"kind": "commented", "channel": "email", "is_on": True}]],
    )


class PreferencesOut(BaseModel):
    """What holds, for every kind and channel."""

    preferences: list[Preference]


class LogOut(BaseModel):
    """One message by one channel and what became of it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    ticket_id: int | None
    user_id: int | None
    channel_type: Literal["email", "slack", "teams", "sms"]
    template_name: str
    status: Literal["pending", "sent", "failed"]
    to: str
    attempts: int
    created_at: datetime
    sent_at: datetime | None
    failed_at: datetime | None
    error_message: str | None


class TargetIn(Body):
    """A chat's incoming webhook, or a gateway for SMS. The address and the header are secrets."""

    kind: Literal["slack", "teams", "sms"] = Field(examples=["slack"])
    name: Line = Field(min_length=1, max_length=100, examples=["#service-desk"])
    url: Line = Field(examples=["https://hooks.example.com/services/T0/B0/x"])
    event_kinds: list[Kind] = Field(["alert_storm"], examples=[["sla_breached", "alert_storm"]])
    header_name: Line = Field("", description="Of a gateway, where it wants one.")
    header_value: Line = ""
    content_type: ContentType = "application/json"
    body_template: Text = Field(
        "", max_length=2000, description="Of a gateway, with `{{to}}` and `{{text}}`."
    )


class TargetChangeIn(Body):
    """What shall be different; what is left out or empty stays. The kind stays."""

    is_enabled: bool | None = Field(None, examples=[True])
    name: Line | None = Field(None, max_length=100, examples=["#service-desk"])
    url: Line | None = None
    event_kinds: list[Kind] | None = Field(None, examples=[["sla_breached", "alert_storm"]])
    header_name: Line | None = None
    header_value: Line | None = None
    content_type: ContentType | None = None
    body_template: Text | None = Field(None, max_length=2000)


class TargetOut(BaseModel):
    """A target without its secrets."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    kind: Literal["slack", "teams", "sms"]
    name: str
    host: str
    event_kinds: list[Kind]
    content_type: ContentType
    is_enabled: bool


_MANAGE = [may("settings:manage")]
_OWN = [may("tickets:read")]


@router.get("", response_model=NotificationsOut, dependencies=_OWN)
async def get_notifications(
    session: Session,
    by: Acting,
    unread: bool = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> NotificationsOut:
    """One's own notifications; a key has none."""
    person_id = by.person_id or 0
    items = await list_notifications(session, person_id, unread=unread, limit=limit)
    return NotificationsOut(
        unread=await count_unread(session, person_id),
        items=[NotificationOut.model_validate(each) for each in items],
    )


@router.post("/read", response_model=CountOut, dependencies=_OWN)
async def post_read(body: ReadIn, session: Session, by: Acting) -> CountOut:
    """Mark some, or all, of one's own as read."""
    return CountOut(count=await mark_read(session, by.person_id or 0, ids=body.ids))


@router.get("/preferences", response_model=PreferencesOut, dependencies=_OWN)
async def get_preferences(session: Session, by: Acting) -> PreferencesOut:
    """What one is told of, and how."""
    return await _preferences(session, by.person_id or 0)


@router.put("/preferences", response_model=PreferencesOut, dependencies=_OWN)
async def put_preferences(body: PreferencesIn, session: Session, by: Acting) -> PreferencesOut:
    """Choose what one is told of; a key is told nothing."""
    choices: dict[tuple[str, str], bool] = {
        (each.kind, each.channel): each.is_on for each in body.preferences
    }
    await save_choices(session, choices, by=by)
    return await _preferences(session, by.person_id or 0)


@router.get("/log", response_model=list[LogOut], dependencies=_MANAGE)
async def get_log(
    session: Session,
    status: Literal["pending", "sent", "failed"] | None = None,
    channel: Literal["email", "slack", "teams", "sms"] | None = None,
    ticket_id: RowId | None = None,
    before: RowId | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[Sent]:
    """What left by mail, to chats and by SMS, and what became of it, the newest first."""
    return await list_sent(
        session, status=status, channel=channel, ticket_id=ticket_id, before=before, limit=limit
    )


@router.get("/targets", response_model=list[TargetOut], dependencies=_MANAGE)
async def get_targets(session: Session) -> list[NotificationTarget]:
    """Chats and gateways, without their secrets."""
    return await list_targets(session)


@router.post("/targets", response_model=TargetOut, status_code=201, dependencies=_MANAGE)
async def post_target(
    body: TargetIn, session: Session, by: Acting, resources: Parts
) -> NotificationTarget:
    """Add a chat or a gateway."""
    target = await add_target(
        session,
        TargetDraft(**body.model_dump()),
        sealer=resources.part(Sealer),
        outgoing=resources.part(Outgoing),
        by=by,
    )
    await session.refresh(target)
    return target


@router.patch("/targets/{target_id}", response_model=TargetOut, dependencies=_MANAGE)
async def patch_target(
    target_id: RowId, body: TargetChangeIn, session: Session, by: Acting, resources: Parts
) -> NotificationTarget:
    """Change it, switch it off, or on again."""
    target = await get_target(session, target_id)
    given = body.model_dump(exclude={"is_enabled"}, exclude_none=True)
    if given:
        known = {
            "name": target.name,
            "event_kinds": target.event_kinds,
            "content_type": target.content_type,
        }
        change = TargetDraft(
            **{"kind": target.kind, "url": "", **known, **given, "name": body.name or target.name}
        )
        sealer, outgoing = resources.part(Sealer), resources.part(Outgoing)
        target = await change_target(
            session, change, target_id=target_id, sealer=sealer, outgoing=outgoing, by=by
        )
    if body.is_enabled is not None:
        await switch_target(session, target_id=target_id, is_enabled=body.is_enabled, by=by)
    return target


@router.delete("/targets/{target_id}", status_code=204, dependencies=_MANAGE)
async def remove_target(target_id: RowId, session: Session, by: Acting) -> None:
    """Forget it; what was logged stays."""
    await delete_target(session, target_id=target_id, by=by)


@router.post(
    "/targets/{target_id}/test", response_model=CountOut, status_code=202, dependencies=_MANAGE
)
async def post_target_test(target_id: RowId, session: Session, by: Acting) -> CountOut:
    """Send a test there, an SMS to one's own number; what came of it stands in the log."""
    await queue_test(session, target_id=target_id, by=by)
    return CountOut(count=1)


async def _preferences(session: Any, person_id: int) -> PreferencesOut:
    found = await list_choices(session, person_id)
    return PreferencesOut(
        preferences=[
            Preference.model_validate({"kind": kind, "channel": channel, "is_on": is_on})
            for (kind, channel), is_on in found.items()
        ]
    )
