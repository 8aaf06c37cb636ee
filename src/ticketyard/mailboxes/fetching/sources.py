"""A mailbox as it is connected to: loaded, its seal opened, its access token fetched."""

from dataclasses import dataclass, replace

from ticketyard.core.resources import Resources
from ticketyard.core.sealing import Sealer
from ticketyard.mailboxes.boxes.draft import MailboxSecret
from ticketyard.mailboxes.boxes.secrets import open_secret, seal_secret
from ticketyard.mailboxes.errors import MailboxNotFound
from ticketyard.mailboxes.fetching.tokens import AccessTokens
from ticketyard.mailboxes.imap.server import ImapServer
from ticketyard.mailboxes.mail_rules import MailRules
from ticketyard.mailboxes.models import Mailbox


@dataclass(frozen=True, kw_only=True)
class Source:
    """A mailbox, and how it is read."""

    company_id: int
    mailbox_id: int
    address: str
    server: ImapServer
    secret: MailboxSecret
    folder: str
    poll_seconds: int
    look_back_hours: int
    after_filing: str
    move_to: str


async def load_source(resources: Resources, company_id: int, mailbox_id: int) -> Source:
    """The mailbox as it is now; with an access token its `server.proof` is still empty.

    Raises MailboxNotFound; BadMailbox when its password cannot be opened.
    """
    async with resources.db.transaction(company_id) as session:
        mailbox = await session.get(Mailbox, mailbox_id)
        if mailbox is None:
            raise MailboxNotFound("This mailbox does not exist.")
    return source_of(resources, mailbox)


def source_of(resources: Resources, mailbox: Mailbox) -> Source:
    """The same of a row at hand, stored or not. Raises BadMailbox."""
    secret = open_secret(resources.part(Sealer), mailbox.secret)
    is_token = mailbox.auth == "xoauth2"
    return Source(
        company_id=mailbox.company_id,
        mailbox_id=mailbox.id,
        address=mailbox.address,
        server=ImapServer(
            host=mailbox.imap_server,
            port=mailbox.imap_port,
            security=mailbox.imap_security,
            username=mailbox.username,
            proof="" if is_token else secret.password,
            is_token=is_token,
        ),
        secret=secret,
        folder=mailbox.folder,
        poll_seconds=mailbox.poll_seconds or resources.part(MailRules).poll_seconds,
        look_back_hours=mailbox.look_back_hours,
        after_filing=mailbox.after_filing,
        move_to=mailbox.move_to,
    )


async def with_token(
    resources: Resources, source: Source, tokens: AccessTokens, *, fresh: bool = False
) -> ImapServer:
    """The server with what to log in with. Raises DeadToken, Unreachable."""
    if not source.server.is_token:
        return source.server
    token = await access_token(resources, source, tokens, fresh=fresh)
    return replace(source.server, proof=token)


async def access_token(
    resources: Resources, source: Source, tokens: AccessTokens, *, fresh: bool = False
) -> str:
    """What this mailbox logs in with; a new refresh token is stored. Raises DeadToken, Unreachable."""

    async def replaced(refresh_token: str) -> None:
        secret = replace(source.secret, refresh_token=refresh_token)
        async with resources.db.transaction(source.company_id) as session:
            mailbox = await session.get(Mailbox, source.mailbox_id)
            if mailbox is not None:
                mailbox.secret = seal_secret(resources.part(Sealer), secret)

    return await tokens.token_for(source.secret, replaced=replaced, fresh=fresh)
