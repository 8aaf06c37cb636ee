"""Send what is due: mail into the outbox, the rest over HTTP; at least once."""

from datetime import timedelta

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.outgoing import (
    Outgoing,
    OutgoingFailed,
    OutgoingRefused,
)
from ticketyard.core.resources import Resources
from ticketyard.core.sealing import SealBroken, Sealer
from ticketyard.notify.models import NotificationLog, NotificationTarget
from ticketyard.notify.queueing import Draft, Posting, Recipient, queue_mail
from ticketyard.notify.servers import NO_SERVER, MailOut, general_way
from ticketyard.notify.telling.wording import (
    slack_body,
    sms_body,
    sms_text,
    subject,
    teams_body,
    text_of,
)
from ticketyard.people.models import Person

LEASE_SECONDS = 60
WAITS_SECONDS = (10, 60, 300, 1800, 7200)
# Answers that asking again does not change; too many and a time-out are not among them.
_FINAL = frozenset({400, 401, 403, 404, 405, 410, 413, 415, 422})


async def send_due_notifications(resources: Resources, company_id: int) -> None:
    """Send every message that is due now."""
    while log_id := await _claim(resources, company_id):
        async with resources.db.transaction(company_id) as session:
            log = await session.get_one(NotificationLog, log_id)
            if log.channel == "email":
                await _into_outbox(session, log, resources.part(MailOut))
                continue
            request = await _request(session, log, resources)
        problem, is_final = await _post(resources.part(Outgoing), request)
        await _settle(resources, company_id, log_id, problem, is_final)


async def has_due_notifications(session: AsyncSession) -> bool:
    """Whether something is due."""
    return bool(await session.scalar(_ANY, {"now": now_of(session)}))


async def _claim(resources: Resources, company_id: int) -> int | None:
    async with resources.db.transaction(company_id) as session:
        given = {"now": now_of(session), "lease": LEASE_SECONDS}
        found: int | None = await session.scalar(_CLAIM, given)
        return found


async def _into_outbox(session: AsyncSession, log: NotificationLog, out: MailOut) -> None:
    """The outbox sends it, tries again and knows what the server said."""
    person = await session.get(Person, log.person_id)
    way = await general_way(session, out)
    now = now_of(session)
    if not way.has_server or person is None or not person.email:
        log.status, log.failed_at = "failed", now
        log.error_message = "There is no address." if way.has_server else NO_SERVER
        return
    draft = Draft(
        kind="notification",
        is_automatic=True,
        recipients=(Recipient(email=person.email, name=person.name),),
        subject=subject(log.lines, more=log.left_out),
        body=text_of(log.lines, public_url=out.public_url, more=log.left_out),
        sender_name=way.name,
    )
    by = Principal.system(log.company_id, "Notifications")
    log.mail_id = await queue_mail(session, Posting(draft=draft, way=way), by=by)
    log.status, log.sent_at = "sent", now


async def _request(
    session: AsyncSession, log: NotificationLog, resources: Resources
) -> tuple[str, dict[str, str], bytes] | str:
    """What is sent where, or why nothing can be."""
    target = await _target(session, log)
    if target is None:
        return "There is no gateway, or it is switched off."
    try:
        secret = orjson.loads(resources.part(Sealer).open(target.secret))
    except (SealBroken, ValueError):
        return "Its address was sealed with another key: enter it anew."
    headers = {"Content-Type": target.content_type}
    if secret.get("header_name"):
        headers[secret["header_name"]] = secret.get("header_value", "")
    public_url = resources.part(MailOut).public_url
    if log.channel == "slack":
        body = slack_body(log.lines, public_url=public_url, more=log.left_out)
    elif log.channel == "teams":
        body = teams_body(log.lines, public_url=public_url, more=log.left_out)
    else:
        person = await session.get(Person, log.person_id) if log.person_id else None
        number = person.phone if person else ""
        if not number:
            return "There is no telephone number."
        body = sms_body(
            target.body_template,
            target.content_type,
            to=number,
            text=sms_text(log.lines, more=log.left_out),
        )
    return secret["url"], headers, body


async def _target(session: AsyncSession, log: NotificationLog) -> NotificationTarget | None:
    target_id = log.target_id
    if target_id is None and log.channel == "sms":
        target_id = await session.scalar(_GATEWAY)
    found = await session.get(NotificationTarget, target_id) if target_id else None
    return found if found and found.is_enabled else None


async def _post(
    outgoing: Outgoing, request: tuple[str, dict[str, str], bytes] | str
) -> tuple[str, bool]:
    """Why it did not leave, and whether that is final; nothing where it did."""
    if isinstance(request, str):
        return request, True
    url, headers, body = request
    try:
        answer = await outgoing.send(
            "POST", url, headers=headers, content=body, answer_max_bytes=200
        )
    except OutgoingRefused as refusal:
        return str(refusal), True
    except OutgoingFailed as failure:
        return str(failure), False
    if answer.is_success:
        return "", False
    said = answer.body.decode("utf-8", "replace")
    return f"Answered {answer.status}. {said}".strip(), answer.status in _FINAL


async def _settle(
    resources: Resources, company_id: int, log_id: int, problem: str, is_final: bool
) -> None:
    async with resources.db.transaction(company_id) as session:
        log = await session.get(NotificationLog, log_id)
        if log is None:
            return
        now = now_of(session)
        log.error_message, log.claimed_until = problem or None, None
        if not problem:
            log.status, log.sent_at = "sent", now
        elif is_final or log.attempts > len(WAITS_SECONDS):
            log.status, log.failed_at = "failed", now
        else:
            log.ready_at = now + timedelta(seconds=WAITS_SECONDS[log.attempts - 1])


_DUE = """company_id = current_company() and status = 'pending' and ready_at <= :now
      and (claimed_until is null or claimed_until < now())"""
_ANY = text(f"select exists (select from notification_log where {_DUE})")
_CLAIM = text(
    f"""
    update notification_log set attempts = attempts + 1,
                                claimed_until = now() + make_interval(secs => :lease)
    where id = (select id from notification_log where {_DUE}
                order by ready_at, id limit 1 for update skip locked)
    returning id
    """
)
_GATEWAY = text(
    "select id from notification_target where company_id = current_company() and kind = 'sms'"
    " and is_enabled order by id limit 1"
)
