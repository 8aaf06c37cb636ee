"""The firm's own IT desk: every source, every category, and a history that could have happened."""

import re
from collections import Counter

import pytest

from ticketyard.samples.reading import (
    DeskTicket,
    get_company,
    list_desk_tickets,
    list_managers,
)

TICKETS = list_desk_tickets()
LEADS_TO = {
    "start": "in_progress",
    "wait": "pending",
    "release": "open",
    "resolve": "resolved",
    "reopen": "in_progress",
    "close": "closed",
    "dismiss": "false_positive",
}
COMES_FROM = {
    "start": {"assigned", "pending"},
    "wait": {"assigned", "in_progress"},
    "release": {"assigned", "in_progress"},
    "resolve": {"assigned", "in_progress"},
    "reopen": {"resolved"},
    "close": {"resolved", "false_positive"},
    "dismiss": {"assigned", "in_progress"},
}


def last_status(ticket: DeskTicket) -> str:
    """Where the steps lead from the first assignment; each must be allowed where it stands."""
    status = "assigned"
    for step in ticket.then:
        if step.action in LEADS_TO:
            assert status in COMES_FROM[step.action], (ticket.body, step)
            status = LEADS_TO[step.action]
    return status


def data(ticket: DeskTicket) -> dict[str, object]:
    """The part of the body that describes the ticket."""
    for key in ("ticket_data", "email_data", "data"):
        inner = ticket.body.get(key)
        if isinstance(inner, dict):
            return inner
    return ticket.body


def test_every_way_in_is_used() -> None:
    count = Counter(ticket.endpoint for ticket in TICKETS)
    assert len(TICKETS) >= 40
    assert set(count) == {
        "/api/tickets",
        "/api/tickets/chatbot",
        "/api/tickets/email",
        "/api/tickets/glpi",
        "/api/tickets/solman",
        "/api/tickets/unified",
        "/api/tickets/web-form",
    }
    assert min(count.values()) >= 2


def test_both_shapes_of_glpi_are_there() -> None:
    glpi = [data(ticket) for ticket in TICKETS if ticket.endpoint.endswith("/glpi")]
    flat = [ticket for ticket in glpi if "title" in ticket]
    native = [ticket for ticket in glpi if "itilcategories_id" in ticket]
    assert len(flat) >= 3
    assert len(native) >= 3
    assert len(flat) + len(native) == len(glpi)


@pytest.mark.parametrize(
    ("endpoint", "required"),
    [
        ("/api/tickets", {"title", "severity", "camera_id", "provider_id"}),
        ("/api/tickets/web-form", {"title", "description", "email", "name"}),
        ("/api/tickets/chatbot", {"query", "user_id", "user_email", "user_name", "context"}),
        ("/api/tickets/email", {"subject", "body", "message_id", "from"}),
        ("/api/tickets/solman", {"IncidentID", "ShortText", "Description", "ReporterEmail"}),
    ],
)
def test_a_body_has_what_its_endpoint_needs(endpoint: str, required: set[str]) -> None:
    bodies = [data(ticket) for ticket in TICKETS if ticket.endpoint == endpoint]
    assert bodies
    assert all(required <= set(body) for body in bodies)


def test_no_body_carries_a_key() -> None:
    assert not any("api_key" in ticket.body for ticket in TICKETS)


def test_no_two_tickets_share_a_natural_key() -> None:
    keys = [
        (
            ticket.endpoint.removesuffix("/unified"),
            str(
                body.get("id")
                or body.get("IncidentID")
                or body.get("message_id")
                or body.get("vendor_alert_id")
                or body.get("query")
                or body.get("title")
            ),
        )
        for ticket in TICKETS
        for body in [data(ticket)]
    ]
    assert len(set(keys)) == len(keys)


def test_every_category_of_the_desk_occurs() -> None:
    expected = {ticket.expected_category for ticket in TICKETS}
    assert expected == set(get_company().desk_categories)


def test_tickets_end_in_every_status() -> None:
    assert {last_status(ticket) for ticket in TICKETS} == {
        "open",
        "assigned",
        "in_progress",
        "pending",
        "resolved",
        "closed",
        "false_positive",
    }


def test_nothing_happened_before_its_ticket_or_after_now() -> None:
    assert [ticket.hours_ago for ticket in TICKETS] == sorted(
        (ticket.hours_ago for ticket in TICKETS), reverse=True
    )
    assert TICKETS[0].hours_ago <= 240
    for ticket in TICKETS:
        hours = [step.hours_after for step in ticket.then]
        assert hours == sorted(hours)
        assert all(0 < hour < ticket.hours_ago for hour in hours)


def test_every_step_but_a_change_of_status_says_something() -> None:
    for ticket in TICKETS:
        for step in ticket.then:
            if step.action in {"comment", "note", "reply", "resolve", "wait", "dismiss"}:
                assert step.text, (ticket.body, step)


def test_log_ins_and_teams_name_managers_who_exist() -> None:
    company = get_company()
    known = {(manager.name, manager.office) for manager in list_managers()}
    for login in company.logins:
        if login.role == "agent":
            assert login.manager
            assert (login.manager.name, login.manager.office) in known
    for team in company.teams:
        assert team.category in company.desk_categories
        assert team.members
        assert all((member.name, member.office) in known for member in team.members)
    assert Counter(login.role for login in company.logins) == {
        "admin": 1,
        "agent": 4,
        "requester": 1,
    }


def test_the_sample_requester_has_tickets_of_their_own() -> None:
    (requester,) = [login for login in get_company().logins if login.role == "requester"]
    assert sum(requester.email in str(ticket.body) for ticket in TICKETS) >= 3


def test_every_address_is_one_that_cannot_exist() -> None:
    for ticket in TICKETS:
        domains = re.findall(r"@([\w.-]+\.\w+)", str(ticket.body))
        assert all(domain.endswith("tobylgy.example") for domain in domains), domains
