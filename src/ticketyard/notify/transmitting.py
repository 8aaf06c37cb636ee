"""Hand mail over to a server; touches no database."""

import asyncio
import ssl
from collections.abc import Sequence

import aiosmtplib

from ticketyard.mail.outgoing.headers_out import BadAddress, envelope_address
from ticketyard.notify.servers import SmtpServer
from ticketyard.notify.verdicts import Reply, is_final

# A server that answers every command but slowly must not hold a mail beyond its lease.
MAIL_SECONDS = 300
_TROUBLE = (aiosmtplib.SMTPException, OSError, TimeoutError, ssl.SSLError)


class Connection:
    """One connection, used for one mail after another and opened again when it is lost."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._client: aiosmtplib.SMTP | None = None

    async def send(self, *, sender: str, recipients: Sequence[str], content: bytes) -> Reply:
        """What the server said; trouble of any kind is an answer too."""
        try:
            async with asyncio.timeout(MAIL_SECONDS):
                return await self._send(sender, recipients, content)
        except TimeoutError:
            await self.close()
            return Reply(taken=False, words="The server did not finish in time.", unreachable=True)

    async def _send(self, sender: str, recipients: Sequence[str], content: bytes) -> Reply:
        try:
            client = await self._connected()
        except _TROUBLE as error:
            await self.close()
            return _unreachable(error)
        try:
            return await self._hand_over(client, sender, recipients, content)
        except aiosmtplib.SMTPRecipientsRefused as refusal:
            refused = {each.recipient: (each.code, each.message) for each in refusal.recipients}
            return _for_given(Reply(taken=False, refused=refused), recipients)
        except aiosmtplib.SMTPResponseException as error:
            if error.code == 421:
                await self.close()
            closing = error.code == 421
            return Reply(taken=False, code=error.code, words=error.message, unreachable=closing)
        except aiosmtplib.SMTPNotSupported as error:
            return Reply(taken=False, words=error.message, final=True)
        except _TROUBLE as error:
            await self.close()
            return Reply(taken=False, words=_words_of(error), unreachable=True)

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=server.timeout_seconds,
            use_tls=server.security == "tls",
            # starttls is demanded: a server without it is not spoken to in the clear.
            start_tls=server.security == "starttls",
        )
        self._client = client
        await client.connect()
        if server.is_token:
            await client.auth_xoauth2(server.username, server.password)
        elif server.username:
            await client.login(server.username, server.password)
        return client

    async def _hand_over(
        self, client: aiosmtplib.SMTP, sender: str, recipients: Sequence[str], content: bytes
    ) -> Reply:
        try:
            envelope = [envelope_address(each) for each in recipients]
            origin = envelope_address(sender)
        except BadAddress as error:
            return Reply(taken=False, words=str(error), final=True)
        options = [] if "".join([origin, *envelope]).isascii() else ["SMTPUTF8"]
        refused, words = await client.sendmail(origin, envelope, content, mail_options=options)
        told = {each: (answer.code, answer.message) for each, answer in refused.items()}
        return _for_given(Reply(taken=True, code=250, words=words, refused=told), recipients)

    async def close(self) -> None:
        """Say goodbye where the server still listens; a bad end is an end as well."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            async with asyncio.timeout(5):
                await client.quit()
        except _TROUBLE:
            client.close()


def _for_given(reply: Reply, given: Sequence[str]) -> Reply:
    """Refusals under the addresses as they were given, not as they travelled."""
    refused = {
        each: reply.refused[travelled]
        for each in given
        if (travelled := envelope_address(each)) in reply.refused
    }
    return Reply(taken=reply.taken, code=reply.code, words=reply.words, refused=refused)


def _unreachable(error: BaseException) -> Reply:
    """It did not come to speak of this mail, so nothing is final: a wrong password is mended."""
    code = error.code if isinstance(error, aiosmtplib.SMTPResponseException) else None
    words = f"{code} {_words_of(error)}" if is_final(code) else _words_of(error)
    return Reply(taken=False, code=None if is_final(code) else code, words=words, unreachable=True)


def _words_of(error: BaseException) -> str:
    said = getattr(error, "message", "") or str(error)
    if isinstance(error, TimeoutError):
        return f"Time-out: {said}" if said else "Time-out"
    return said or type(error).__name__
