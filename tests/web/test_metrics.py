"""What an operator watches."""

import httpx2
import pytest
from sqlalchemy import text as sql

from tests.world import World

Client = httpx2.AsyncClient


def value(text: str, line: str) -> float:
    """The value of one line of the Prometheus text."""
    found = [each for each in text.splitlines() if each.startswith(line + " ")]
    return float(found[0].rsplit(" ", 1)[1]) if found else 0.0


async def test_requests_and_messages_are_counted_by_route_and_outcome(
    client: Client, world: World
) -> None:
    seen = 'ticketyard_http_request_seconds_count{method="GET",route="/api/tickets/{ticket_id}",status="404"}'
    filed = 'ticketyard_messages_received_total{outcome="%s",source="glpi"}'
    before = (await client.get("/metrics")).text
    await world.log_in(client, world.ana)
    await client.get("/api/tickets/TKT-20200101-001")
    for _ in range(2):
        body = {"api_key": world.key, "ticket_data": {"id": 5, "title": "VPN", "content": "down"}}
        assert (await client.post("/api/tickets/glpi", json=body)).status_code == 200
    after = (await client.get("/metrics")).text
    assert value(after, seen) == value(before, seen) + 1
    for outcome in ("created", "repeated"):
        assert value(after, filed % outcome) == value(before, filed % outcome) + 1
    assert "TKT-2020" not in after


async def test_waiting_work_is_shown(client: Client, world: World) -> None:
    await world.open()
    text = (await client.get("/metrics")).text
    assert value(text, 'ticketyard_job_items_waiting{job="triage.triage_tickets"}') == 1


async def test_a_failing_mailbox_is_shown(client: Client, world: World) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            sql(
                "insert into mailbox (company_id, address, imap_server, username, failing_since,"
                " succeeded_at) values (current_company(), 'a@b.example', 'b.example', 'a', now(),"
                " now() - interval '1 hour')"
            )
        )
    text = (await client.get("/metrics")).text
    assert value(text, 'ticketyard_mailbox_failing{mailbox="1"}') == 1
    assert value(text, 'ticketyard_mailbox_seconds_since_success{mailbox="1"}') >= 3600
    assert "b.example" not in text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
async def test_who_comes_through_a_proxy_needs_the_token(client: Client, header: str) -> None:
    assert (await client.get("/metrics", headers={header: "10.1.2.3"})).status_code == 403
