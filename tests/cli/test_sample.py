"""The sample company: what somebody sees who starts the program for the first time."""

import pytest
from sqlalchemy import text

from tests.notify.sink import open_sink
from ticketyard.alerts.queries import list_alerts
from ticketyard.cli.first_steps import prepare_company
from ticketyard.core.config import Settings
from ticketyard.core.resources import Resources
from ticketyard.people.queries import company_ids
from ticketyard.wiring import build_resources

pytestmark = pytest.mark.slow


async def test_it_has_tickets_of_every_source_and_mails_nobody(
    resources: Resources, settings: Settings
) -> None:
    async with open_sink() as sink:
        given = {"smtp_host": "127.0.0.1", "smtp_port": sink.port, "from_email": "a@desk.example"}
        settings = settings.model_copy(update=given)
        resources = build_resources(resources.db, resources.blobs, settings)
        welcome = await prepare_company(resources, settings, sample=True)
        again = await prepare_company(resources, settings, sample=True)
        assert sink.connections == 0

    assert {role for role, _, _ in welcome.log_ins} == {"admin", "agent", "requester"}
    assert again == welcome
    (company_id,) = (await company_ids(resources.db)).values()
    async with resources.db.transaction(company_id) as session:
        rows = await session.execute(
            text("select source, count(*), count(assignee_id) from ticket group by source")
        )
        found = {source: (opened, assigned) for source, opened, assigned in rows}
        untriaged = await session.scalar(
            text("select count(*) from ticket where id not in (select ticket_id from analysis)")
        )
        backwards = await session.scalar(
            text(
                "select count(*) from ticket where created_at > least(first_response_at, resolved_at)"
            )
        )
        cameras = await list_alerts(session, limit=20, provider_id="office-cameras")
        resolved = await session.scalar(
            text("select status from ticket where title like 'UPS in the server room%'")
        )
        unheard = await session.scalar(
            text(
                "select count(*) from alert where id not in (select alert_id from alert_occurrence)"
            )
        )
    assert set(found) == {
        "web_form", "email", "chatbot", "glpi", "solman", "alert", "csv",
    }  # fmt: skip
    # One incident of four cameras, two of which are back; one alarm told five times; one held back.
    assert sorted((each["state"], each["count"]) for each in cameras) == [
        ("firing", 1), ("firing", 1), ("firing", 5), ("recovered", 1), ("recovered", 1),
        ("suppressed", 1),
    ]  # fmt: skip
    assert len({each["ticket_id"] for each in cameras}) == 3
    assert resolved == "resolved"
    assert unheard == 0
    assert backwards == 0
    assert all(assigned for _, assigned in found.values())
    assert untriaged == 0
