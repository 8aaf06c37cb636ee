"""Prove an e-mail address: a code by mail, typed into the chat."""

import asyncio
import secrets
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal, hash_password, new_token, password_matches
from ticketyard.core.db import company_of, now_of
from ticketyard.core.log import get_logger
from ticketyard.knowledge.chatbot.models import Chat, ChatCode
from ticketyard.knowledge.chatbot.sentences import say
from ticketyard.knowledge.errors import CodeOver, TooManyCodes, WrongCode
from ticketyard.mail.outgoing.headers_out import can_be_sent_to
from ticketyard.mailboxes.landing.lookups import own_addresses
from ticketyard.notify.declining import why_not
from ticketyard.notify.queueing import Draft, Posting, Recipient, queue_mail
from ticketyard.notify.servers import MailOut, general_way

log = get_logger(__name__)

GOOD_FOR: Final = timedelta(minutes=10)
ATTEMPTS: Final = 5
PER_HOUR: Final = 5
HOUR: Final = timedelta(hours=1)
DIGITS: Final = 6

Verdict = Literal["right", "wrong", "over"]


async def send_code(session: AsyncSession, chat: Chat, email: str, *, out: MailOut) -> None:
    """Mail a fresh code to this address; the last one is no longer good.

    What cannot be mailed, or was mailed too often, looks the same from outside: no code fits then.
    Raises TooManyCodes when this conversation has asked too often.
    """
    since = now_of(session) - HOUR
    if await _count(session, ChatCode.conversation_id == chat.conversation_id, since) >= PER_HOUR:
        raise TooManyCodes(
            "Too many codes for one conversation; wait an hour.",
            retry_after_seconds=int(HOUR.total_seconds()),
        )
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    # Of two at once for one address, the second counts the first.
    await session.execute(
        select(func.pg_advisory_xact_lock(func.hashtext(f"chat:{email.lower()}")))
    )
    mailed = await _count(session, func.lower(ChatCode.email) == email.lower(), since)
    may = mailed < PER_HOUR and await _mail(session, chat, email, code, out)
    secret = code if may else new_token()
    session.add(
        ChatCode(
            company_id=chat.company_id,
            conversation_id=chat.conversation_id,
            email=email,
            code_hash=await asyncio.to_thread(hash_password, secret),
            attempts=0,
            sent_at=now_of(session),
            expires_at=now_of(session) + GOOD_FOR,
        )
    )
    await session.flush()


async def _count(session: AsyncSession, which: ColumnElement[bool], since: datetime) -> int:
    found = await session.scalar(
        select(func.count())
        .select_from(ChatCode)
        .where(ChatCode.company_id == company_of(session), which, ChatCode.sent_at > since)
    )
    return int(found or 0)


async def _mail(session: AsyncSession, chat: Chat, email: str, code: str, out: MailOut) -> bool:
    """Whether it is on its way."""
    way = await general_way(session, out)
    own = {*await own_addresses(session), out.from_email.lower()}
    reason = "" if way.has_server else "There is no mail server."
    reason = reason or why_not(email, own=own)
    if reason or not can_be_sent_to(email):
        log.warning("chat_code_not_mailed", company_id=chat.company_id, reason=reason)
        return False
    draft = Draft(
        kind="chat_code",
        is_automatic=True,
        recipients=(Recipient(email=email),),
        subject=say("mail_subject", chat.language, company=way.name),
        body=say("mail_body", chat.language, code=code),
        sender_name=way.name,
    )
    by = Principal.system(chat.company_id, "Chat")
    return await queue_mail(session, Posting(draft=draft, way=way), by=by) is not None


async def check_code(session: AsyncSession, chat: Chat, code: str) -> Verdict:
    """Whether it is the code that was mailed last; each try is counted, and a right one is used up.

    It does not raise, so that the count is kept. The chat is held by whoever calls.
    """
    sent = await session.scalar(
        select(ChatCode)
        .where(
            ChatCode.company_id == chat.company_id,
            ChatCode.conversation_id == chat.conversation_id,
        )
        .order_by(ChatCode.id.desc())
        .limit(1)
    )
    if sent is None or sent.used_at or sent.expires_at <= now_of(session):
        return "over"
    if sent.attempts >= ATTEMPTS:
        return "over"
    sent.attempts += 1
    # In a thread: it takes as long as twenty other requests.
    if not await asyncio.to_thread(password_matches, code, sent.code_hash):
        return "over" if sent.attempts >= ATTEMPTS else "wrong"
    sent.used_at = now_of(session)
    chat.verified_email, chat.verified_at = sent.email, now_of(session)
    chat.slots = {**chat.slots, "email": sent.email}
    return "right"


def refuse(verdict: Verdict) -> None:
    """Raises WrongCode, CodeOver."""
    if verdict == "wrong":
        raise WrongCode("That is not the code.")
    if verdict == "over":
        raise CodeOver("This code is no longer good; ask for a new one.")
