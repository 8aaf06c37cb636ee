"""A real Dovecot of the test run's own: own configuration, high ports, an unprivileged folder."""

import contextlib
import datetime
import grp
import imaplib
import ipaddress
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BINARY = Path("/usr/sbin/dovecot")
PASSWORD = "correct-horse-7"
START_SECONDS = 20

_CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {base}/run
state_dir = {base}/run
log_path = {base}/log
ssl = yes
ssl_cert = <{base}/server.pem
ssl_key = <{base}/server.key
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
auth_verbose = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_max_userip_connections = 200
mail_location = maildir:{base}/mail/%u
mail_fsync = never
mailbox_list_index = yes
{extra}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/mail/%u
}}
"""


def is_installed() -> bool:
    """Whether Debian's Dovecot is here."""
    return BINARY.exists()


@dataclass
class Dovecot:
    """One server. Every user name is a user, all with the same password."""

    base: Path
    extra: str = ""
    port: int = field(default_factory=lambda: _free_port())
    tls_port: int = field(default_factory=lambda: _free_port())
    _process: subprocess.Popen[bytes] | None = None

    # -- running -------------------------------------------------------------------------------

    def start(self) -> "Dovecot":
        """Start it, and wait until it lets somebody in."""
        account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        group = grp.getgrgid(account.pw_gid).gr_name
        for each in (self.base / "run", self.base / "mail"):
            each.mkdir(parents=True, exist_ok=True)
        _make_certificate(self.base)
        (self.base / "dovecot.conf").write_text(
            _CONFIG.format(
                base=self.base, user=account.pw_name, group=group, uid=account.pw_uid,
                gid=account.pw_gid, port=self.port, tls_port=self.tls_port,
                password=PASSWORD, extra=self.extra,
            )
        )  # fmt: skip
        is_root = os.geteuid() == 0
        if is_root:
            for each in (self.base, *self.base.rglob("*")):
                os.chown(each, account.pw_uid, account.pw_gid)
        self._process = subprocess.Popen(
            [str(BINARY), "-F", "-c", str(self.base / "dovecot.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=account.pw_uid if is_root else None,
            group=account.pw_gid if is_root else None,
            extra_groups=[] if is_root else None,
        )  # fmt: skip
        self._wait()
        return self

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(OSError, imaplib.IMAP4.error), self.client("nobody"):
                return
            time.sleep(0.05)
        log = self.base / "log"
        raise AssertionError(f"Dovecot did not start: {log.read_text() if log.exists() else ''}")

    def stop(self) -> None:
        """End it."""
        if self._process:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            self._process = None

    @property
    def certificate(self) -> Path:
        """What has to be trusted to speak TLS with it."""
        return self.base / "server.pem"

    # -- as somebody's mail program ------------------------------------------------------------

    def client(self, user: str) -> imaplib.IMAP4:
        """A logged-in connection; use it with `with`."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=20)
        client.login(user, PASSWORD)
        return client

    def deliver(
        self,
        user: str,
        *messages: bytes,
        folder: str = "INBOX",
        at: datetime.datetime | None = None,
    ) -> None:
        """Put messages into a folder, as of this instant."""
        when = imaplib.Time2Internaldate(at or datetime.datetime.now(datetime.UTC))
        with self.client(user) as client:
            for each in messages:
                kind, said = client.append(folder, None, when, each)
                assert kind == "OK", said

    def drop(self, user: str, name: str, message: bytes) -> None:
        """Deliver as a mail server on the same machine would: a file in the maildir. Quick."""
        new = self.base / "mail" / user / "new"
        made = (new.parent, new, new.parent / "tmp", new.parent / "cur")
        for each in made:
            if not each.exists():
                each.mkdir(parents=True)
                self._own(each)
        path = new.parent / "tmp" / name
        path.write_bytes(message)
        self._own(path)
        path.rename(new / name)

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            owner = (self.base / "mail").stat()
            os.chown(path, owner.st_uid, owner.st_gid)

    def uids(self, user: str, folder: str = "INBOX", search: str = "ALL") -> list[int]:
        """UIDs of a folder."""
        with self.client(user) as client:
            client.select(folder, readonly=True)
            return [int(uid) for uid in client.uid("SEARCH", search)[1][0].split()]

    def flags(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """What is said of each message's flags."""
        with self.client(user) as client:
            client.select(folder, readonly=True)
            return [line for line in client.uid("FETCH", "1:*", "(FLAGS)")[1] if line]

    def expunge(self, user: str, *uids: int, folder: str = "INBOX") -> None:
        """Remove these messages."""
        with self.client(user) as client:
            client.select(folder)
            client.uid("STORE", ",".join(map(str, uids)), "+FLAGS", r"(\Deleted)")
            client.expunge()

    def create(self, user: str, folder: str) -> None:
        """Make a folder."""
        with self.client(user) as client:
            client.create(folder)

    def make_anew(self, user: str, folder: str) -> None:
        """Delete a folder and make it again: it then has another UIDVALIDITY."""
        with self.client(user) as client:
            client.delete(folder)
            # UIDVALIDITY counts seconds.
            time.sleep(1.1)
            client.create(folder)

    def forget(self, user: str) -> None:
        """Throw a user's mail away."""
        shutil.rmtree(self.base / "mail" / user, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _make_certificate(base: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (base / "server.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (base / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    assert ssl.PEM_cert_to_DER_cert((base / "server.pem").read_text())
