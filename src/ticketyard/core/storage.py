"""Blobs by the hash of their content, or by a name of their own: on disk, or in S3-compatible storage."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store


class BlobMissing(Exception):
    """The storage does not hold this key (deleted by hand, or another storage is configured)."""


def is_storage_away(error: BaseException) -> bool:
    """Whether it says that the storage takes or gives nothing just now: full, or out of reach."""
    return isinstance(error, OSError | BaseError)


class Blobs:
    """Content-addressed storage: the key of a blob is its SHA-256 below its company's prefix.

    Storing the same bytes twice keeps them once. Content types live in the database.
    """

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    @classmethod
    def on_disk(cls, folder: Path) -> "Blobs":
        """In a folder, made when missing."""
        folder.mkdir(parents=True, exist_ok=True)
        return cls(LocalStore(prefix=str(folder.absolute())), folder.absolute())

    @classmethod
    def in_s3(
        cls, *, endpoint: str, bucket: str, access_key: str, secret_key: str, secure: bool
    ) -> "Blobs":
        """In MinIO or another storage that speaks S3."""
        return cls(
            S3Store(
                bucket,
                endpoint=f"{'https' if secure else 'http'}://{endpoint}",
                access_key_id=access_key,
                secret_access_key=secret_key,
                region="us-east-1",
                virtual_hosted_style_request=False,
                client_options={"allow_http": not secure, "timeout": "30s"},
                retry_config={"max_retries": 3},
            )
        )

    async def put(self, company_id: int, content: bytes) -> str:
        """Keep the bytes; gives their key. The bytes are on disk when this returns."""
        digest = hashlib.sha256(content).hexdigest()
        key = f"{company_id}/{digest[:2]}/{digest}"
        await obstore.put_async(self._store, key, content)
        if self._folder is not None:
            await asyncio.to_thread(_flush, self._folder / key)
        return key

    async def put_file(self, company_id: int, name: str, file: BinaryIO) -> str:
        """Keep what an open file holds, piece by piece, under a name that nothing else will ever have;
        gives its key. So it can be deleted without asking who else means the same bytes."""
        key = f"{company_id}/named/{name}"
        await asyncio.to_thread(file.seek, 0)
        await obstore.put_async(self._store, key, file)
        if self._folder is not None:
            await asyncio.to_thread(_flush, self._folder / key)
        return key

    async def delete(self, key: str) -> None:
        """Forget what was kept under a name. What is not there is forgotten already."""
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, key)

    async def get(self, key: str) -> bytes:
        """The bytes. Raises BlobMissing."""
        try:
            result = await obstore.get_async(self._store, key)
        except FileNotFoundError as error:
            raise BlobMissing(key) from error
        return bytes(await result.bytes_async())

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The bytes in pieces, for large downloads. Raises BlobMissing before the first piece."""
        try:
            result = await obstore.get_async(self._store, key)
        except FileNotFoundError as error:
            raise BlobMissing(key) from error
        async for piece in result.stream():
            yield bytes(piece)


def _flush(path: Path) -> None:
    """Make file and name outlast a power cut: the storage library leaves that to the system."""
    for each in (path, path.parent, path.parent.parent):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
