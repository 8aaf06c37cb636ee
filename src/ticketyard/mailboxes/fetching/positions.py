"""How far a folder was read, and what of it is here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.resources import Resources
from ticketyard.intake.models import InboundMessage
from ticketyard.mailboxes.imap.answers import Listed
from ticketyard.mailboxes.keeping import Place
from ticketyard.mailboxes.models import MailboxPosition, MailMessage


@dataclass(frozen=True, kw_only=True)
class Position:
    """A folder under one UIDVALIDITY, and how far it was read."""

    place: Place
    first_uid: int
    last_uid: int
    new_from_uid: int
    since: datetime

    def asks_for(self, listed: Listed) -> bool:
        """Whether it is mail for the desk: not what had grown old before the desk first looked.

        A message without a date is asked for: too much is better than lost.
        """
        if listed.uid >= self.new_from_uid:
            return True
        return listed.uid >= self.first_uid and (
            listed.arrived_at is None or listed.arrived_at >= self.since
        )


async def find_position(session: AsyncSession, place: Place) -> Position | None:
    """The folder's position, if it was ever opened under this UIDVALIDITY."""
    row = await session.get(
        MailboxPosition, (place.company_id, place.mailbox_id, place.uidvalidity)
    )
    if row is None:
        return None
    return Position(
        place=place,
        first_uid=row.first_uid,
        last_uid=row.last_uid,
        new_from_uid=row.new_from_uid,
        since=row.since,
    )


async def newest_place(session: AsyncSession, company_id: int, mailbox_id: int) -> Place | None:
    """The folder as it was last opened."""
    uidvalidity = await session.scalar(
        select(MailboxPosition.uidvalidity)
        .where(MailboxPosition.mailbox_id == mailbox_id)
        .order_by(MailboxPosition.began_at.desc(), MailboxPosition.uidvalidity.desc())
        .limit(1)
    )
    if uidvalidity is None:
        return None
    return Place(company_id=company_id, mailbox_id=mailbox_id, uidvalidity=uidvalidity)


async def last_read_at(session: AsyncSession, mailbox_id: int) -> datetime | None:
    """When the mailbox was last read, under whatever UIDVALIDITY; None when never."""
    found: datetime | None = await session.scalar(
        select(func.max(func.coalesce(MailboxPosition.read_at, MailboxPosition.began_at))).where(
            MailboxPosition.mailbox_id == mailbox_id
        )
    )
    return found


async def begin_position(session: AsyncSession, position: Position) -> None:
    """Store where reading begins; one that is there stays."""
    place = position.place
    await session.execute(
        text(
            "insert into mailbox_position (company_id, mailbox_id, uidvalidity, first_uid, last_uid,"
            " new_from_uid, since) values (current_company(), :mailbox, :uidvalidity, :first, :last,"
            " :new_from, :since) on conflict do nothing"
        ),
        {
            "mailbox": place.mailbox_id,
            "uidvalidity": place.uidvalidity,
            "first": position.first_uid,
            "last": position.last_uid,
            "new_from": position.new_from_uid,
            "since": position.since,
        },
    )


@dataclass(frozen=True)
class Kept:
    """UIDs that are here; and those of which only the note is here that they could not be had."""

    whole: frozenset[int]
    unfetched: frozenset[int]


async def kept_uids(
    resources: Resources, place: Place, first: int, last: int | None = None
) -> Kept:
    """What is here of a range of UIDs."""
    async with resources.db.transaction(place.company_id) as session:
        rows = await session.execute(
            text(
                "select m.uid, i.sha256 = '' as is_unfetched from mail_message m"
                " join inbound_message i on i.id = m.inbound_id"
                " where m.company_id = current_company() and m.mailbox_id = :mailbox"
                " and m.uidvalidity = :uidvalidity and m.uid >= :first"
                " and m.uid <= coalesce(cast(:last as bigint), m.uid)"
            ),
            {"mailbox": place.mailbox_id, "uidvalidity": place.uidvalidity,
             "first": first, "last": last},
        )  # fmt: skip
        found = [(row.uid, row.is_unfetched) for row in rows]
    return Kept(
        frozenset(uid for uid, unfetched in found if not unfetched),
        frozenset(uid for uid, unfetched in found if unfetched),
    )


async def unfetched_uids(resources: Resources, place: Place) -> list[int]:
    """Messages that the server did not hand out so far."""
    async with resources.db.transaction(place.company_id) as session:
        found = await session.scalars(
            select(MailMessage.uid)
            .join(InboundMessage, InboundMessage.id == MailMessage.inbound_id)
            .where(
                MailMessage.mailbox_id == place.mailbox_id,
                MailMessage.uidvalidity == place.uidvalidity,
                MailMessage.outcome == "waiting",
                InboundMessage.sha256 == "",
            )
        )
        return sorted(uid for uid in found if uid is not None)


async def refuse_gone(resources: Resources, place: Place, uids: Iterable[int]) -> None:
    """Nobody will ever read these: they left the server before it handed them out."""
    async with resources.db.transaction(place.company_id) as session:
        await session.execute(
            text(
                "with gone as (update mail_message set outcome = 'refused', filed_at = now(),"
                " last_error = 'It left the server before it could be fetched.'"
                " where company_id = current_company() and mailbox_id = :mailbox"
                " and uidvalidity = :uidvalidity and uid = any(:uids) and outcome = 'waiting'"
                " returning inbound_id)"
                " update inbound_message i set state = 'refused',"
                " problem = 'It left the server before it could be fetched.'"
                " from gone where i.id = gone.inbound_id and i.company_id = current_company()"
            ),
            {
                "mailbox": place.mailbox_id,
                "uidvalidity": place.uidvalidity,
                "uids": sorted(set(uids)),
            },
        )
