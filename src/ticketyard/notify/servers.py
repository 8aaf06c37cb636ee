"""Which address a mail leaves from and which server takes it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.sealing import SealBroken, Sealer
from ticketyard.mailboxes.models import Mailbox

NO_SERVER = "No mail server is configured."


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """Where mail is handed over. security: tls, starttls or none; without a user nobody logs in.

    is_token: password is an access token, to log in with by XOAUTH2.
    """

    host: str
    port: int = 587
    security: str = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    is_token: bool = False
    timeout_seconds: float = 30

    @property
    def name(self) -> str:
        """As the send log shows it."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class MailOut:
    """What the operator configured: the server for all mail whose mailbox has none of its own.

    from_email: sender of mail about tickets that came by no mailbox.  public_url: of this desk,
    for links; may be empty.
    """

    server: SmtpServer | None = None
    from_email: str = ""
    public_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Way:
    """How mail about a ticket leaves. has_server: False where nothing can be sent."""

    mailbox_id: int | None
    email: str
    name: str
    has_server: bool


async def general_way(session: AsyncSession, out: MailOut) -> Way:
    """For mail about nothing that came by a mailbox: FROM_EMAIL, else the first mailbox, those with
    a server of their own before others."""
    row = (await session.execute(_FIRST)).one()
    if (out.server and out.from_email) or row.mailbox_id is None:
        usable = out.server is not None and bool(out.from_email)
        return Way(mailbox_id=None, email=out.from_email, name=row.company, has_server=usable)
    return _way(row, row.company, out)


async def ways_of_tickets(
    session: AsyncSession, ticket_ids: Sequence[int], out: MailOut
) -> dict[int, Way]:
    """By the mailbox each ticket's last mail came by, else the general way."""
    general = await general_way(session, out)
    company = (await session.execute(_COMPANY)).scalar_one()
    rows = await session.execute(_BY_MAIL, {"tickets": list(ticket_ids)})
    ways = dict.fromkeys(ticket_ids, general)
    return ways | {row.ticket_id: _way(row, company, out) for row in rows}


def _way(row: Any, company: str, out: MailOut) -> Way:
    return Way(
        mailbox_id=row.mailbox_id,
        email=row.address,
        name=row.display_name or company,
        has_server=bool(row.smtp_server) or out.server is not None,
    )


async def server_of(
    session: AsyncSession, mailbox_id: int | None, *, out: MailOut, sealer: Sealer
) -> SmtpServer | None:
    """The server of this mailbox, else the one for all; None where there is neither.

    Where it is logged in to by a token, there is no password yet: `with_token` brings it.
    """
    mailbox = await session.get(Mailbox, mailbox_id) if mailbox_id is not None else None
    if mailbox is None or not mailbox.smtp_server:
        return out.server
    return SmtpServer(
        host=mailbox.smtp_server,
        port=mailbox.smtp_port,
        security=mailbox.smtp_security,
        username=mailbox.username,
        password=_password(mailbox.secret, sealer),
        is_token=mailbox.auth == "xoauth2",
    )


def _password(sealed: str, sealer: Sealer) -> str:
    """Nothing where it cannot be opened: the server then says that the log-in is wrong."""
    try:
        found = json.loads(sealer.open(sealed)) if sealed else {}
    except (SealBroken, ValueError):
        return ""
    return str(found.get("password") or "") if isinstance(found, dict) else ""


_COMPANY = text("select name from company where id = current_company()")
_FIRST = text(
    """
    select c.name as company, b.id as mailbox_id, b.address, b.display_name, b.smtp_server
    from company c left join lateral (
      select * from mailbox b where b.company_id = c.id and b.is_enabled
      order by b.smtp_server = '', b.id limit 1) b on true
    where c.id = current_company()
    """
)
_BY_MAIL = text(
    """
    select t.id as ticket_id, b.id as mailbox_id, b.address, b.display_name, b.smtp_server
    from unnest(cast(:tickets as bigint[])) as t(id)
    cross join lateral (
      select b.* from mail_message m join mailbox b on b.id = m.mailbox_id
      where m.company_id = current_company() and m.ticket_id = t.id and b.is_enabled
      -- The same mail in a second mailbox does not move the conversation there.
      order by m.outcome = 'duplicate', m.inbound_id desc limit 1) b
    """
)
