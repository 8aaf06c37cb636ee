"""Take waiting mail, read it, and put its files where they stay; nothing is decided here."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from sqlalchemy import text

from ticketyard.core.resources import Resources
from ticketyard.mail.message import Mail, MailFile
from ticketyard.mail.reading import read_mail
from ticketyard.mailboxes.landing.authentication import Verdict, sender_verdict
from ticketyard.mailboxes.landing.texts import content_hash_of, log_id_of
from ticketyard.mailboxes.landing.threading import ids_named, is_usable_id
from ticketyard.mailboxes.told_raw import as_message
from ticketyard.tickets.drafts import KeptFile, normal_type
from ticketyard.tickets.filenames import safe_name

FILES_MAX = 200
# Above this a message is read by itself, so that two large ones are never held at once.
LARGE_BYTES = 2 * 1024 * 1024
LEASE_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class ReadMessage:
    """A delivery, read: what decisions are made from.

    files: kept among the blobs already.  log_id: its Message-ID, or a name where it has none.
    """

    inbound_id: int
    mailbox_id: int | None
    team_id: int | None
    received_at: datetime
    mail: Mail
    log_id: str
    content_hash: str
    verdict: Verdict
    files: tuple[KeptFile, ...] = ()

    @property
    def sender_key(self) -> str:
        """The sender's address in lower case; may be empty."""
        return self.mail.sender.email.lower() if self.mail.sender else ""

    @cached_property
    def thread_ids(self) -> frozenset[str]:
        """Every id it bears or names."""
        own = self.mail.message_id
        return frozenset(ids_named(self.mail)) | ({own} if is_usable_id(own) else set())


async def claim_waiting(
    resources: Resources, company_id: int, *, limit: int, max_attempts: int, singles: bool = True
) -> list[int]:
    """Take the next mails to be filed: many small ones, or, of `singles`, one that is large or
    failed before.

    The attempt is counted now, so that a mail that kills its reader runs out of attempts too; it
    then needs a person's look.
    """
    async with resources.db.transaction(company_id) as session:
        await session.execute(_BURY, {"max": max_attempts})
        kinds = ((True, False, limit), (True, True, 1), (False, None, 1))
        for fresh, large, most in kinds if singles else kinds[:1]:
            found = await session.scalars(
                _CLAIM,
                {
                    "fresh": fresh,
                    "large": large,
                    "bytes": LARGE_BYTES,
                    "limit": most,
                    "lease": LEASE_SECONDS,
                },
            )
            if ids := sorted(found):
                return ids
    return []


async def read_messages(
    resources: Resources, company_id: int, ids: Sequence[int]
) -> list[ReadMessage]:
    """Read these deliveries, in order, and keep their files. No transaction stays open."""
    async with resources.db.transaction(company_id) as session:
        rows = (await session.execute(_LOAD, {"ids": list(ids)})).all()
    read = []
    for row in rows:
        raw = await resources.blobs.get(row.raw_key) if row.raw_key else bytes(row.raw)
        mail = await asyncio.to_thread(read_mail, as_message(raw, row.content_type))
        files = await _keep_files(resources, company_id, mail.files)
        read.append(_message(row, mail, files))
    return read


def _message(row: Any, mail: Mail, files: tuple[KeptFile, ...]) -> ReadMessage:
    return ReadMessage(
        inbound_id=row.id,
        mailbox_id=row.mailbox_id,
        team_id=row.team_id,
        received_at=row.received_at,
        mail=mail,
        log_id=log_id_of(mail, row.sha256),
        content_hash=content_hash_of(mail, row.sha256, files),
        verdict=verdict_on(mail, authserv_id=row.authserv_id or ""),
        files=files,
    )


def verdict_on(mail: Mail, *, authserv_id: str = "") -> Verdict:
    """What can be relied on of who sent it; unclear where it does not plainly say who that is."""
    if mail.sender is None or not mail.sender_is_certain:
        return "unclear"
    return sender_verdict(mail.headers, authserv_id=authserv_id, sender_domain=mail.sender.domain)


async def _keep_files(
    resources: Resources, company_id: int, files: Sequence[MailFile]
) -> tuple[KeptFile, ...]:
    kept = []
    for file in files[:FILES_MAX]:
        content = file.read()
        kept.append(
            KeptFile(
                filename=safe_name(file.name),
                content_type=normal_type(file.content_type),
                size_bytes=len(content),
                sha256=sha256(content).hexdigest(),
                blob_key=await resources.blobs.put(company_id, content),
            )
        )
    return tuple(kept)


_FREE = """m.outcome = 'waiting' and m.ready_at <= now()
    and (m.claimed_until is null or m.claimed_until < now())"""

_CLAIM = text(
    f"""
    update mail_message set attempts = attempts + 1,
                            claimed_until = now() + make_interval(secs => :lease)
    where company_id = current_company() and inbound_id = any(array(
        select m.inbound_id from mail_message m
        join inbound_message i on i.id = m.inbound_id
        where m.company_id = current_company() and {_FREE}
          and (m.attempts = 0) = :fresh
          and (cast(:large as boolean) is null
               or (coalesce(i.size_bytes, 0) > :bytes) = cast(:large as boolean))
        order by m.ready_at, m.inbound_id limit :limit for update of m skip locked))
    returning inbound_id
    """
)
_BURY = text(
    f"""
    with tired as (
      update mail_message m set ready_at = 'infinity',
             last_error = coalesce(last_error, 'Its reader died while working on it.')
      where company_id = current_company() and attempts >= :max and {_FREE}
      returning inbound_id, last_error)
    update inbound_message i set state = 'needs_look', problem = t.last_error
    from tired t where i.id = t.inbound_id
    """
)
_LOAD = text(
    """
    select i.id, i.raw, i.raw_key, i.sha256, i.content_type,
           m.mailbox_id, m.received_at, b.authserv_id, b.team_id
    from inbound_message i
    join mail_message m on m.inbound_id = i.id
    left join mailbox b on b.id = m.mailbox_id
    where i.company_id = current_company() and i.id = any(:ids)
    order by i.id
    """
)
