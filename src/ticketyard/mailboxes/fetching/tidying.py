"""Flag or move on the server what was filed: only where that was asked for, and only after it."""

import asyncio
from collections.abc import Sequence

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.errors import BadMailbox, MailboxNotFound
from ticketyard.mailboxes.fetching.leases import Leases
from ticketyard.mailboxes.fetching.positions import newest_place
from ticketyard.mailboxes.fetching.sources import Source, load_source, with_token
from ticketyard.mailboxes.fetching.tokens import AccessTokens
from ticketyard.mailboxes.imap.errors import MailServerError
from ticketyard.mailboxes.imap.thread import ImapThread
from ticketyard.mailboxes.keeping import Place

log = get_logger(__name__)

EVERY_SECONDS = 10
AFTER_A_FAILURE_SECONDS = 300
AT_ONCE = 500


async def tidy_for_ever(
    resources: Resources, company_id: int, mailbox_id: int, leases: Leases, tokens: AccessTokens
) -> None:
    """Tidy one mailbox every few seconds, on the machine that reads it, until cancelled. A failure
    costs nothing but a full folder: it is logged, and tried again after a while."""
    while True:
        seconds = EVERY_SECONDS
        try:
            if leases.has(mailbox_id):
                await tidy_mailbox(resources, company_id, mailbox_id, tokens)
        except MailboxNotFound:
            return
        except (MailServerError, BadMailbox, SQLAlchemyError, psycopg.Error, OSError) as error:
            log.warning("tidying_failed", mailbox_id=mailbox_id, error=str(error))
            seconds = AFTER_A_FAILURE_SECONDS
        await asyncio.sleep(seconds)


async def tidy_mailbox(
    resources: Resources, company_id: int, mailbox_id: int, tokens: AccessTokens
) -> int:
    """Tidy what was filed and not tidied so far; gives how many messages."""
    source = await load_source(resources, company_id, mailbox_id)
    if source.after_filing == "leave":
        return 0
    async with resources.db.transaction(company_id) as session:
        place = await newest_place(session, company_id, mailbox_id)
    if place is None or not (uids := await _untidied(resources, place)):
        return 0
    async with ImapThread(await with_token(resources, source, tokens)) as imap:
        folder = await imap.call(lambda: imap.session.select(source.folder, writing=True))
        if folder.uidvalidity != place.uidvalidity:
            # These UIDs mean other messages now, or none.
            return 0
        done = 0
        while uids:
            await _tidy(imap, source, uids)
            done += await _note(resources, place, uids)
            uids = await _untidied(resources, place)
        return done


async def _tidy(imap: ImapThread, source: Source, uids: Sequence[int]) -> None:
    if source.after_filing == "move":
        await imap.call(imap.session.move, uids, source.move_to)
    else:
        await imap.call(imap.session.mark_seen, uids)


async def _untidied(resources: Resources, place: Place) -> list[int]:
    async with resources.db.transaction(place.company_id) as session:
        found = await session.scalars(
            text(
                "select uid from mail_message where company_id = current_company()"
                " and mailbox_id = :mailbox and uidvalidity = :uidvalidity"
                " and outcome <> 'waiting' and tidied_at is null order by uid limit :most"
            ),
            {
                "mailbox": place.mailbox_id,
                "uidvalidity": place.uidvalidity,
                "most": AT_ONCE,
            },
        )
        return list(found)


async def _note(resources: Resources, place: Place, uids: Sequence[int]) -> int:
    async with resources.db.transaction(place.company_id) as session:
        await session.execute(
            text(
                "update mail_message set tidied_at = now() where company_id = current_company()"
                " and mailbox_id = :mailbox and uidvalidity = :uidvalidity and uid = any(:uids)"
            ),
            {
                "mailbox": place.mailbox_id,
                "uidvalidity": place.uidvalidity,
                "uids": list(uids),
            },
        )
    return len(uids)
