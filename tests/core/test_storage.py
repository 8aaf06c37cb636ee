"""Blobs: the same three calls on disk and in S3."""

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from ticketyard.core.storage import BlobMissing, Blobs


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="attachments")
    yield f"127.0.0.1:{port}"
    server.stop()


@pytest.fixture(params=["disk", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "disk":
        return Blobs.on_disk(tmp_path / "blobs")
    return Blobs.in_s3(
        endpoint=request.getfixturevalue("s3"),
        bucket="attachments",
        access_key="test",
        secret_key="test",
        secure=False,
    )


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 20_000])
async def test_what_is_put_is_got(blobs: Blobs, content: bytes) -> None:
    key = await blobs.put(1, content)
    assert await blobs.get(key) == content
    assert b"".join([piece async for piece in blobs.stream(key)]) == content


async def test_the_same_bytes_have_one_key_in_each_company(blobs: Blobs) -> None:
    assert await blobs.put(1, b"same") == await blobs.put(1, b"same")
    assert await blobs.put(1, b"same") != await blobs.put(2, b"same")


async def test_a_missing_blob_says_so(blobs: Blobs) -> None:
    with pytest.raises(BlobMissing):
        await blobs.get("1/ab/nothing")


@pytest.mark.parametrize("size", [0, 3, 12_000_000])
async def test_what_an_open_file_holds_is_kept_under_its_name_and_deleted(
    blobs: Blobs, size: int
) -> None:
    content = bytes(range(256)) * (size // 256) + b"end"
    with tempfile.SpooledTemporaryFile(max_size=1024 * 1024) as file:
        file.write(content)
        key = await blobs.put_file(1, "guide", file)

    assert await blobs.get(key) == content
    assert key != await blobs.put(1, content)

    await blobs.delete(key)
    await blobs.delete(key)
    with pytest.raises(BlobMissing):
        await blobs.get(key)
