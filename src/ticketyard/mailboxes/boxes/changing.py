"""Add, change and switch off mailboxes. The mail process notices within seconds."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.core.events import emit
from ticketyard.core.sealing import Sealer
from ticketyard.mailboxes.boxes.draft import MailboxDraft, MailboxSecret, checked
from ticketyard.mailboxes.boxes.secrets import open_secret, seal_secret
from ticketyard.mailboxes.errors import BadMailbox, MailboxNotFound, MailboxTaken
from ticketyard.mailboxes.events import MailboxChanged
from ticketyard.mailboxes.models import Mailbox


async def add_mailbox(
    session: AsyncSession,
    draft: MailboxDraft,
    *,
    sealer: Sealer,
    origin: str = "desk",
    by: Principal,
) -> Mailbox:
    """Add a mailbox. Raises BadMailbox, MailboxTaken."""
    draft = checked(draft)
    if draft.secret is None:
        raise BadMailbox("password is missing.")
    if await find_mailbox_of(session, draft.address, draft.folder) is not None:
        raise MailboxTaken(f"{draft.address} with folder {draft.folder} is there already.")
    mailbox = Mailbox(
        company_id=company_of(session),
        origin=origin,
        secret=seal_secret(sealer, draft.secret),
        **draft.columns(),
    )
    session.add(mailbox)
    await session.flush()
    await _tell(session, mailbox, "added", by)
    return mailbox


async def change_mailbox(
    session: AsyncSession, mailbox_id: int, draft: MailboxDraft, *, sealer: Sealer, by: Principal
) -> Mailbox:
    """Change a mailbox that is kept in the desk. Raises MailboxNotFound, BadMailbox, MailboxTaken."""
    mailbox = await get_mailbox(session, mailbox_id)
    _must_be_of_the_desk(mailbox)
    other = await find_mailbox_of(session, draft.address, draft.folder)
    if other is not None and other.id != mailbox.id:
        raise MailboxTaken(f"{draft.address} with folder {draft.folder} is there already.")
    await set_mailbox(session, mailbox, draft, sealer=sealer, by=by)
    return mailbox


async def switch_mailbox(
    session: AsyncSession, mailbox_id: int, *, is_enabled: bool, by: Principal
) -> Mailbox:
    """Switch a mailbox on or off. Nothing that came by it goes away.

    Raises MailboxNotFound, BadMailbox when EMAIL_CREDENTIALS decides.
    """
    mailbox = await get_mailbox(session, mailbox_id)
    _must_be_of_the_desk(mailbox)
    if mailbox.is_enabled != is_enabled:
        mailbox.is_enabled = is_enabled
        await _tell(session, mailbox, "switched on" if is_enabled else "switched off", by)
    return mailbox


async def set_mailbox(
    session: AsyncSession,
    mailbox: Mailbox,
    draft: MailboxDraft,
    *,
    sealer: Sealer,
    origin: str = "desk",
    by: Principal,
) -> bool:
    """Make the mailbox what the draft says and switch it on; gives whether anything was different."""
    draft = checked(draft)
    wanted = {**draft.columns(), "origin": origin, "is_enabled": True}
    changed = [name for name, value in wanted.items() if getattr(mailbox, name) != value]
    for name in changed:
        setattr(mailbox, name, wanted[name])
    if draft.secret is not None and not _is_same(sealer, mailbox.secret, draft.secret):
        mailbox.secret = seal_secret(sealer, draft.secret)
        changed.append("secret")
    if changed:
        await _tell(session, mailbox, f"changed: {', '.join(sorted(changed))}", by)
    return bool(changed)


def _is_same(sealer: Sealer, sealed: str, secret: MailboxSecret) -> bool:
    """Whether it is the stored one, even if the token's server has replaced that meanwhile."""
    try:
        stored = open_secret(sealer, sealed)
    except BadMailbox:
        return False
    if secret.refresh_token:
        return (stored.given_token, stored.client_id, stored.client_secret, stored.token_url) == (
            secret.given_token, secret.client_id, secret.client_secret, secret.token_url
        )  # fmt: skip
    return stored == secret


async def get_mailbox(session: AsyncSession, mailbox_id: int) -> Mailbox:
    """One mailbox of this company. Raises MailboxNotFound."""
    mailbox = await session.get(Mailbox, mailbox_id)
    if mailbox is None:
        raise MailboxNotFound("This mailbox does not exist.")
    return mailbox


async def find_mailbox_of(session: AsyncSession, address: str, folder: str) -> Mailbox | None:
    """The mailbox of this address and folder."""
    found: Mailbox | None = await session.scalar(
        select(Mailbox).where(
            func.lower(Mailbox.address) == func.lower(address), Mailbox.folder == folder
        )
    )
    return found


def _must_be_of_the_desk(mailbox: Mailbox) -> None:
    if mailbox.origin != "desk":
        raise BadMailbox("This mailbox comes from EMAIL_CREDENTIALS; change it there.")


async def _tell(session: AsyncSession, mailbox: Mailbox, what: str, by: Principal) -> None:
    told = MailboxChanged(mailbox_id=mailbox.id, address=mailbox.address, what=what)
    await emit(session, told, by=by)
