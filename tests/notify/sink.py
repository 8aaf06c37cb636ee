"""A real SMTP server that takes what it is told to take, and can behave badly in known ways."""

import asyncio
import base64
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "desk", "hand over the mail"


@dataclass(frozen=True)
class Delivery:
    """One message that was taken."""

    sender: str
    recipients: list[str]
    content: bytes
    peer: Any

    @property
    def mail(self) -> EmailMessage:
        """As a mail reader sees it."""
        read = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(read, EmailMessage)
        return read

    @property
    def text(self) -> str:
        """What a person reads."""
        body = self.mail.get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")


@dataclass
class Sink:
    """What came, and how the server behaves from now on.

    refuse_recipients: address to answer.  refuse_data: answer to DATA, or none.  stall: seconds
    before each DATA is answered.  drop: the connection is cut when the message is over, after it
    was taken if `drop_after_taking`.
    """

    port: int = 0
    deliveries: list[Delivery] = field(default_factory=list)
    refuse_recipients: dict[str, str] = field(default_factory=dict)
    refuse_data: str = ""
    stall: float = 0
    drop: bool = False
    drop_after_taking: bool = False
    token: str = ""
    on_taken: Callable[[], None] | None = None
    logins: int = 0
    connections: int = 0
    certificate: Path | None = None

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        """Count who says hello."""
        session.host_name = hostname
        self.connections += 1
        return answers

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse one recipient."""
        if (answer := self.refuse_recipients.get(address)) is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take or refuse the message, or misbehave."""
        if self.stall:
            await asyncio.sleep(self.stall)
        if self.drop and not self.drop_after_taking:
            server.transport.abort()
            return "451 gone"
        if self.refuse_data:
            return self.refuse_data
        content = envelope.content
        assert isinstance(content, bytes)
        assert envelope.mail_from is not None
        self.deliveries.append(
            Delivery(envelope.mail_from, list(envelope.rcpt_tos), content, session.peer)
        )
        if self.on_taken:
            self.on_taken()
        if self.drop_after_taking:
            server.transport.abort()
            return "451 gone"
        return "250 2.0.0 taken as 4711"

    async def auth_XOAUTH2(self, server: SMTP, words: list[str]) -> AuthResult:
        """Whoever brings the token that is good now, as Google's XOAUTH2 has it."""
        user, bearer, *_ = base64.b64decode(words[1]).decode().split("\x01")
        good = bool(self.token) and (user, bearer) == (f"user={USER}", f"auth=Bearer {self.token}")
        self.logins += good
        if good:
            server.session.authenticated = True
            return AuthResult(success=True)
        return AuthResult(success=False, handled=False, message="535 5.7.8 token refused")

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        """Only the desk, and only with its password."""
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (
            USER.encode(), PASSWORD.encode(),
        )  # fmt: skip
        self.logins += good
        # handled=False lets aiosmtpd say 535; with True a client would wait for ever.
        return AuthResult(success=good, handled=bool(good))


@asynccontextmanager
async def open_sink(*, tls: str = "none", needs_login: bool = False) -> AsyncIterator[Sink]:
    """A sink on loopback. tls: none, starttls, or tls from the first byte."""
    sink = Sink(certificate=_certificate() if tls != "none" else None)
    options: dict[str, Any] = {
        "authenticator": sink.authenticate,
        "auth_require_tls": tls == "starttls",
    }
    options |= {"auth_required": needs_login, "enable_SMTPUTF8": True, "ident": "sink"}
    if tls == "starttls":
        options |= {"tls_context": server_context(), "require_starttls": True}
    controller = UnthreadedController(
        sink,
        hostname="127.0.0.1",
        port=0,
        loop=asyncio.get_running_loop(),
        ssl_context=server_context() if tls == "tls" else None,
        **options,
    )
    server = await controller._create_server()
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        await server.wait_closed()


@cache
def _certificate() -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = Path(mkdtemp(prefix="ty-sink-")) / "sink.pem"
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return path


def server_context() -> ssl.SSLContext:
    """TLS with a certificate nobody signed."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(_certificate())
    return context
