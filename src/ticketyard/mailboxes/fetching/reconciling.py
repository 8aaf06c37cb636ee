"""Compare a mailbox on its server with what is here: what is missing, what left, what is kept."""

from dataclasses import dataclass
from datetime import datetime

from ticketyard.core.outgoing import Outgoing
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.fetching.folder import FolderReader, Suspects
from ticketyard.mailboxes.fetching.positions import kept_uids
from ticketyard.mailboxes.fetching.sources import load_source, with_token
from ticketyard.mailboxes.fetching.tokens import AccessTokens
from ticketyard.mailboxes.imap.thread import ImapThread


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """One mailbox, under the UIDVALIDITY its folder has now; `since` which UID and instant.

    kept: there and here.  missing: there, asked for, and not here.  unfetched: of the missing, those
    that the server was asked for and did not hand out.  gone: here, and no longer there.
    not_asked: older than the look-back when the folder was first read.
    """

    mailbox_id: int
    address: str
    folder: str
    uidvalidity: int
    first_uid: int
    since: datetime
    kept: int
    missing: tuple[int, ...]
    unfetched: tuple[int, ...]
    gone: int
    not_asked: int

    @property
    def is_complete(self) -> bool:
        """Whether all that was asked for is here."""
        return not self.missing


async def reconcile(
    resources: Resources, company_id: int, mailbox_id: int, *, refetch: bool = False
) -> Reconciliation:
    """Compare UID by UID. refetch: fetch what is missing first, and look again.

    What arrives while it looks is not counted as missing: only UIDs up to the mark are compared,
    unless refetch has moved that. Raises children of MailServerError, BadMailbox, MailboxNotFound.
    """
    source = await load_source(resources, company_id, mailbox_id)
    tokens = AccessTokens(resources.clock, resources.part(Outgoing))
    async with ImapThread(await with_token(resources, source, tokens)) as imap:
        reader = FolderReader(
            resources,
            imap,
            company_id=company_id,
            mailbox_id=mailbox_id,
            folder=source.folder,
            look_back_hours=source.look_back_hours,
            suspects=Suspects(),
            on_kept=lambda _: None,
        )
        await reader.open()
        if refetch:
            await reader.catch_up()
            await reader.fetch_missing(reader.position.first_uid, reader.position.last_uid)
        position = reader.position
        listed = await reader.list_range(1, position.last_uid) if position.last_uid else []
    asked = {each.uid for each in listed if position.asks_for(each)}
    kept = await kept_uids(resources, position.place, 1, position.last_uid)
    missing = asked - kept.whole
    return Reconciliation(
        mailbox_id=mailbox_id,
        address=source.address,
        folder=source.folder,
        uidvalidity=position.place.uidvalidity,
        first_uid=position.first_uid,
        since=position.since,
        kept=len(asked & kept.whole),
        missing=tuple(sorted(missing)),
        unfetched=tuple(sorted(missing & kept.unfetched)),
        gone=len(kept.whole - {each.uid for each in listed}),
        not_asked=len(listed) - len(asked),
    )
