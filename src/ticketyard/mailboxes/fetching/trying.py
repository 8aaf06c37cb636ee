"""Try a mailbox's settings: connect, log in, open the folder, and say in a sentence how that went."""

from dataclasses import dataclass

from ticketyard.core.outgoing import Outgoing
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.errors import BadMailbox
from ticketyard.mailboxes.fetching.sources import Source, with_token
from ticketyard.mailboxes.fetching.tokens import AccessTokens
from ticketyard.mailboxes.imap.errors import MailServerError
from ticketyard.mailboxes.imap.thread import ImapThread


@dataclass(frozen=True)
class Trial:
    """How it went. text: for an admin, without secrets."""

    went_well: bool
    text: str


async def try_mailbox(resources: Resources, source: Source) -> Trial:
    """Try it, reading nothing and changing nothing. Never call it with a transaction open."""
    try:
        tokens = AccessTokens(resources.clock, resources.part(Outgoing))
        async with ImapThread(await with_token(resources, source, tokens)) as imap:
            folder = await imap.call(imap.session.select, source.folder)
            idles = imap.session.has("IDLE")
    except (MailServerError, BadMailbox) as error:
        return Trial(False, str(error))
    news = (
        "It tells of new mail at once."
        if idles
        else f"It cannot tell of new mail, so it is asked every {source.poll_seconds} seconds."
    )
    return Trial(
        True,
        f"{source.server.host} lets {source.server.username} in; “{source.folder}” holds "
        f"{folder.messages} messages. {news}",
    )
