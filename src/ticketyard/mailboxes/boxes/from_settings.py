"""Bring the first company's mailboxes in step with EMAIL_CREDENTIALS, at each start."""

from collections.abc import Sequence

from sqlalchemy import select, text

from ticketyard.core.auth import Principal
from ticketyard.core.events import emit
from ticketyard.core.resources import Resources
from ticketyard.core.sealing import Sealer
from ticketyard.mailboxes.boxes.changing import add_mailbox, find_mailbox_of, set_mailbox
from ticketyard.mailboxes.boxes.draft import MailboxDraft
from ticketyard.mailboxes.events import MailboxChanged
from ticketyard.mailboxes.models import Mailbox

BY = "EMAIL_CREDENTIALS"


async def bring_in_step(
    resources: Resources, company_id: int, drafts: Sequence[MailboxDraft]
) -> None:
    """Add what is new, change what differs, switch off what is no longer named. A mailbox of the
    same address and folder that was made in the desk is taken over."""
    sealer = resources.part(Sealer)
    by = Principal.system(company_id, BY)
    async with resources.db.transaction(company_id) as session:
        # Programs that start at once do it one after the other.
        await session.execute(text("select pg_advisory_xact_lock(7201004, :company)"),
                              {"company": company_id})  # fmt: skip
        named = set()
        for draft in drafts:
            mailbox = await find_mailbox_of(session, draft.address, draft.folder)
            if mailbox is None:
                mailbox = await add_mailbox(session, draft, sealer=sealer, origin="settings", by=by)
            else:
                await set_mailbox(session, mailbox, draft, sealer=sealer, origin="settings", by=by)
            named.add(mailbox.id)
        stored = await session.scalars(
            select(Mailbox).where(Mailbox.origin == "settings", Mailbox.is_enabled)
        )
        for mailbox in [each for each in stored if each.id not in named]:
            mailbox.is_enabled = False
            told = MailboxChanged(
                mailbox_id=mailbox.id, address=mailbox.address, what="switched off"
            )
            await emit(session, told, by=by)
