"""A process that sends what is due and may be killed: `python -m tests.notify.sender URL PORT COMPANY`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from ticketyard.core.config import Settings
from ticketyard.core.storage import Blobs
from ticketyard.notify.sending import Postman
from ticketyard.wiring import build_resources, open_database


async def main(url: str, port: int, company_id: int) -> None:
    """Send once."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            _env_file=None, data_dir=Path(folder), smtp_host="127.0.0.1", smtp_port=port,
            smtp_security="none", from_email="desk@north.example",
        )  # fmt: skip
        resources = build_resources(
            open_database(url), Blobs.on_disk(Path(folder) / "blobs"), settings
        )
        await resources.part(Postman).send_due(resources, company_id)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
