"""Where notifications leave by HTTP: incoming webhooks of a chat, a gateway for SMS."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import orjson
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.core.outgoing import OWN_HEADERS, Outgoing, OutgoingRefused
from ticketyard.core.sealing import SealBroken, Sealer
from ticketyard.notify.errors import BadTarget, TargetNotFound
from ticketyard.notify.events import NotificationTargetChanged
from ticketyard.notify.models import NotificationLog, NotificationTarget
from ticketyard.notify.telling.kinds import KINDS
from ticketyard.notify.telling.wording import TEST_LINE

TARGETS_MAX = 50
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}")


@dataclass(frozen=True, kw_only=True)
class TargetDraft:
    """A target as it is entered. url, header_value: secrets; only the host is shown afterwards."""

    kind: str
    name: str
    url: str = field(repr=False)
    event_kinds: Sequence[str] = ()
    header_name: str = ""
    header_value: str = field(default="", repr=False)
    content_type: str = "application/json"
    body_template: str = ""


async def list_targets(session: AsyncSession) -> list[NotificationTarget]:
    """The company's, the first first."""
    query = (
        select(NotificationTarget)
        .where(NotificationTarget.company_id == company_of(session))
        .order_by(NotificationTarget.id)
    )
    return list(await session.scalars(query))


async def get_target(session: AsyncSession, target_id: int) -> NotificationTarget:
    """One of the company's. Raises TargetNotFound."""
    query = select(NotificationTarget).where(
        NotificationTarget.company_id == company_of(session), NotificationTarget.id == target_id
    )
    found = await session.scalar(query)
    if found is None:
        raise TargetNotFound("There is no such target.")
    return found


async def add_target(
    session: AsyncSession, draft: TargetDraft, *, sealer: Sealer, outgoing: Outgoing, by: Principal
) -> NotificationTarget:
    """A new target. Raises BadTarget."""
    _check(draft, outgoing)
    count = await session.scalar(
        select(func.count()).where(NotificationTarget.company_id == company_of(session))
    )
    if (count or 0) >= TARGETS_MAX:
        raise BadTarget(f"More than {TARGETS_MAX} targets are not kept.")
    target = NotificationTarget(company_id=company_of(session), kind=draft.kind)
    _fill(target, draft, sealer)
    session.add(target)
    await _tell(session, target, "added", by)
    return target


async def change_target(
    session: AsyncSession,
    change: TargetDraft,
    *,
    target_id: int,
    sealer: Sealer,
    outgoing: Outgoing,
    by: Principal,
) -> NotificationTarget:
    """Make it what this says; address, header and body keep what they were where they are empty.

    Its kind stays. A header's value is not carried on to another host, where somebody might read
    it. Raises TargetNotFound, BadTarget.
    """
    target = await get_target(session, target_id)
    kept = _opened(target, sealer)
    url = change.url.strip() or kept.get("url", "")
    if not url:
        raise BadTarget("Its address was sealed with another key: enter it anew.")
    value = change.header_value or kept.get("header_value", "")
    if value and not change.header_value and _host_of(url) != target.host:
        raise BadTarget("Another host: enter the value of its header anew.")
    draft = replace(
        change,
        kind=target.kind,
        url=url,
        header_name=change.header_name or kept.get("header_name", ""),
        header_value=value,
        body_template=change.body_template or target.body_template,
    )
    _check(draft, outgoing)
    _fill(target, draft, sealer)
    await _tell(session, target, "changed", by)
    return target


def _opened(target: NotificationTarget, sealer: Sealer) -> dict[str, str]:
    """What was sealed of it; nothing where it was sealed with another key."""
    try:
        found: dict[str, str] = orjson.loads(sealer.open(target.secret))
    except (SealBroken, ValueError):
        return {}
    return found


def _fill(target: NotificationTarget, draft: TargetDraft, sealer: Sealer) -> None:
    url = draft.url.strip()
    secret = {
        "url": url,
        "header_name": draft.header_name,
        "header_value": draft.header_value,
    }
    target.name, target.host = draft.name, _host_of(url)
    target.secret = sealer.seal(orjson.dumps(secret).decode())
    target.event_kinds = list(dict.fromkeys(draft.event_kinds))
    target.content_type = draft.content_type if draft.kind == "sms" else "application/json"
    target.body_template = draft.body_template


def _host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


async def switch_target(
    session: AsyncSession, *, target_id: int, is_enabled: bool, by: Principal
) -> NotificationTarget:
    """Switch it on or off. Raises TargetNotFound."""
    target = await get_target(session, target_id)
    target.is_enabled = is_enabled
    await _tell(session, target, "switched on" if is_enabled else "switched off", by)
    return target


async def delete_target(session: AsyncSession, *, target_id: int, by: Principal) -> None:
    """Forget it; the log stays. Raises TargetNotFound."""
    target = await get_target(session, target_id)
    await _tell(session, target, "deleted", by)
    await session.delete(target)


async def queue_test(session: AsyncSession, *, target_id: int, by: Principal) -> NotificationLog:
    """Queue a test; for a gateway it goes to one's own number. Raises TargetNotFound."""
    target = await get_target(session, target_id)
    log = NotificationLog(
        company_id=company_of(session),
        person_id=by.person_id if target.kind == "sms" else None,
        target_id=target.id,
        channel=target.kind,
        template="test",
        lines=[TEST_LINE],
        ready_at=now_of(session),
        created_at=now_of(session),
    )
    session.add(log)
    await session.flush()
    await session.execute(_WAKE)
    return log


def _check(draft: TargetDraft, outgoing: Outgoing) -> None:
    try:
        outgoing.check(draft.url.strip())
    except OutgoingRefused as refusal:
        raise BadTarget(str(refusal)) from None
    if not set(draft.event_kinds) <= set(KINDS):
        raise BadTarget("There is no such kind of notification.")
    if draft.kind == "sms":
        if "{{text}}" not in draft.body_template or "{{to}}" not in draft.body_template:
            raise BadTarget("The gateway's body must hold {{to}} and {{text}}.")
        if "json" in draft.content_type:
            _check_json(draft.body_template)
    elif not draft.event_kinds:
        raise BadTarget("Choose what shall be written there.")
    if draft.header_name and not _HEADER_NAME.fullmatch(draft.header_name):
        raise BadTarget("This is no name of a header.")
    if draft.header_name.lower() in OWN_HEADERS | {"content-type"}:
        raise BadTarget("This header is set by the desk itself.")
    if not draft.header_value.isprintable() or not draft.header_value.isascii():
        raise BadTarget("This cannot stand in a header.")


def _check_json(template: str) -> None:
    try:
        orjson.loads(template)
    except ValueError:
        raise BadTarget(
            "The gateway's body is no JSON; put {{to}} and {{text}} in quotes."
        ) from None


async def _tell(
    session: AsyncSession, target: NotificationTarget, what: str, by: Principal
) -> None:
    await session.flush()
    event = NotificationTargetChanged(target_id=target.id, name=target.name, what=what)
    await emit(session, event, by=by)


_WAKE = text(
    "select enqueue_job('notify.send_notifications', '{}', 'notify.send_notifications', null)"
)
