"""What tests of knowledge do over and over: somebody logs in, sends a file, looks what became of it."""

from collections.abc import Mapping
from typing import Any

import httpx2

from tests.world import World
from ticketyard.people.keys import create_key
from ticketyard.people.models import Person


async def as_person(world: World, client: httpx2.AsyncClient, person: Person) -> httpx2.AsyncClient:
    """The client, logged in."""
    client.cookies.clear()
    await world.log_in(client, person)
    return client


async def key_with(world: World, *permissions: str) -> Mapping[str, str]:
    """Headers that show a key of North's with these permissions."""
    async with world.resources.db.transaction(world.company_id) as session:
        _, secret = await create_key(
            session, name=" ".join(permissions), permissions=permissions, by=world.system
        )
    return {"authorization": f"Bearer {secret}"}


async def send(
    client: httpx2.AsyncClient,
    name: str,
    content: bytes,
    kind: str,
    headers: Mapping[str, str] | None = None,
    path: str = "/api/files/",
    **fields: object,
) -> httpx2.Response:
    """Send a file."""
    return await client.post(
        path,
        data={"kind": kind, **{name: str(value) for name, value in fields.items()}},
        files={"file": (name, content, "application/octet-stream")},
        headers=dict(headers or {}),
    )


async def told(client: httpx2.AsyncClient, uuid: str) -> dict[str, Any]:
    """What is said of a file."""
    answer = await client.get(f"/api/files/{uuid}/")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
