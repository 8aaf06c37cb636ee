"""Which address a mail leaves from and which server takes it."""

import json
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.sealing import SealBroken, Sealer
from ticketyard.mailboxes.models import Mailbox

NO_SERVER = "No mail server is configured."


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """Where mail is handed over. security: tls, starttls or none; without a user nobody logs in."""

    host: str
    port: int = 587
    security: str = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
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


async def way_of_ticket(session: AsyncSession, ticket_id: int | None, out: MailOut) -> Way:
    """By the mailbox the ticket's last mail came by, else FROM_EMAIL, else the first mailbox."""
    row = (
        await session.execute(
            _WAY, {"ticket": ticket_id, "any": out.from_email == "" or out.server is None}
        )
    ).one()
    if row.mailbox_id is None:
        usable = out.server is not None and bool(out.from_email)
        return Way(mailbox_id=None, email=out.from_email, name=row.company, has_server=usable)
    return Way(
        mailbox_id=row.mailbox_id,
        email=row.address,
        name=row.display_name or row.company,
        has_server=bool(row.smtp_server) or out.server is not None,
    )


async def server_of(
    session: AsyncSession, mailbox_id: int | None, *, out: MailOut, sealer: Sealer
) -> SmtpServer | None:
    """The server of this mailbox, else the one for all; None where there is neither."""
    mailbox = await session.get(Mailbox, mailbox_id) if mailbox_id is not None else None
    if mailbox is None or not mailbox.smtp_server:
        return out.server
    return SmtpServer(
        host=mailbox.smtp_server,
        port=mailbox.smtp_port,
        security=mailbox.smtp_security,
        username=mailbox.username,
        password=_password(mailbox.secret, sealer),
    )


def _password(sealed: str, sealer: Sealer) -> str:
    """Nothing where it cannot be opened: the server then says that the log-in is wrong."""
    try:
        found = json.loads(sealer.open(sealed)) if sealed else {}
    except (SealBroken, ValueError):
        return ""
    return str(found.get("password") or "") if isinstance(found, dict) else ""


_WAY = text(
    """
    with by_mail as (
      select b.* from mail_message m join mailbox b on b.id = m.mailbox_id
      where m.company_id = current_company() and m.ticket_id = :ticket and b.is_enabled
      order by m.inbound_id desc limit 1),
    first as (
      select b.* from mailbox b
      where b.company_id = current_company() and b.is_enabled and :any
        and not exists (select from by_mail)
      order by b.smtp_server = '', b.id limit 1)
    select c.name as company, b.id as mailbox_id, b.address, b.display_name, b.smtp_server
    from company c
    left join (select * from by_mail union all select * from first) b on true
    where c.id = current_company()
    """
)
