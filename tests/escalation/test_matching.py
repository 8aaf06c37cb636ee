"""Which policy a ticket comes under, and when its next level is not wanted."""

from typing import Any

import pytest

from ticketyard.escalation.matching import (
    ACKNOWLEDGED,
    FINISHED,
    Conditions,
    Facts,
    best_policy,
    raised,
    why_stopped,
)

FACTS = Facts(
    source="alert", priority="critical", status="open", category="network", severity="high",
    organization_id="acme",
)  # fmt: skip


@pytest.mark.parametrize(
    ("conditions", "matches"),
    [
        ({}, True),
        ({"sources": ("alert", "email")}, True),
        ({"sources": ("email",)}, False),
        ({"priorities": ("critical",)}, True),
        ({"priorities": ("high",)}, False),
        ({"categories": ("network",)}, True),
        ({"categories": ("vpn",)}, False),
        ({"severity_min": "high"}, True),
        ({"severity_min": "info"}, True),
        ({"severity_min": "critical"}, False),
        ({"organization_id": "acme"}, True),
        ({"organization_id": "other"}, False),
        ({"sources": ("alert",), "priorities": ("high",)}, False),
        ({"trigger": "sla.breached"}, False),
    ],
)
def test_all_conditions_must_be_met(conditions: dict[str, Any], matches: bool) -> None:
    policy = Conditions(**{"id": 1, "trigger": "opened", **conditions})

    assert (best_policy([policy], FACTS, "opened") is policy) is matches


def test_a_ticket_without_severity_is_not_severe() -> None:
    policy = Conditions(id=1, trigger="opened", severity_min="info")

    assert (
        best_policy([policy], Facts(source="email", priority="high", status="open"), "opened")
        is None
    )


def test_the_first_by_order_is_taken_then_the_older_one() -> None:
    policies = [
        Conditions(id=id, trigger="opened", sort_order=order)
        for id, order in ((1, 100), (2, 50), (3, 50))
    ]

    assert best_policy(policies, FACTS, "opened") is policies[1]


@pytest.mark.parametrize("status", ["resolved", "closed", "false_positive"])
def test_finished_work_escalates_nowhere(status: str) -> None:
    facts = Facts(source="alert", priority="high", status=status)

    assert best_policy([Conditions(id=1, trigger="opened")], facts, "opened") is None


@pytest.mark.parametrize(
    ("status", "acknowledged", "stop_on_ack", "reason"),
    [
        ("open", False, True, ""),
        ("pending", False, True, ""),
        ("open", True, True, ACKNOWLEDGED),
        ("open", True, False, ""),
        ("resolved", False, False, FINISHED),
        ("closed", True, True, FINISHED),
    ],
)
def test_why_a_level_is_not_wanted(
    status: str, acknowledged: bool, stop_on_ack: bool, reason: str
) -> None:
    assert why_stopped(status, acknowledged=acknowledged, stop_on_ack=stop_on_ack) == reason


@pytest.mark.parametrize(
    ("now", "wanted", "then"),
    [
        ("low", "", "medium"),
        ("urgent", "", "critical"),
        ("critical", "", "critical"),
        ("low", "urgent", "urgent"),
        ("critical", "high", "critical"),
    ],
)
def test_a_priority_is_never_lowered(now: str, wanted: str, then: str) -> None:
    assert raised(now, wanted) == then
