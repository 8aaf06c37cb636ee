"""Secrets that must be read again (a mailbox's password), sealed before they reach the database."""

import base64
import hashlib
import os
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

KEY_FILE = "secret.key"


class SealBroken(Exception):
    """It was sealed with another key, or changed since."""


class Sealer:
    """Seals and opens short texts (AES-128-CBC with HMAC-SHA-256: Fernet).

    key: any text; machines that share a database need the same.
    """

    def __init__(self, key: str) -> None:
        self._key = key

    @cached_property
    def _fernet(self) -> Fernet:
        """Derived when first needed, for it is slow on purpose."""
        derived = hashlib.scrypt(
            self._key.encode(), salt=b"ticketyard.sealing", n=2**14, r=8, p=1, dklen=32
        )
        return Fernet(base64.urlsafe_b64encode(derived))

    @classmethod
    def from_folder(cls, folder: Path) -> "Sealer":
        """With the key file of this folder, made when missing, readable by its owner alone."""
        path = folder / KEY_FILE
        if not path.exists():
            _make_key(path)
        return cls(path.read_text())

    def seal(self, secret: str) -> str:
        """The secret as it may be stored."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """The secret again. Raises SealBroken."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SealBroken from error


def _make_key(path: Path) -> None:
    """Written aside and then named, so that of two who start at once both read the same whole key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(aside, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
        file.write(Fernet.generate_key())
    with suppress(FileExistsError):
        os.link(aside, path)
    aside.unlink()
