"""What a workflow may consist of, and what is said about one that is none."""

from typing import Any

import pytest

from ticketyard.mailboxes.errors import BadWorkflow
from ticketyard.mailboxes.landing.classifying import LABELS
from ticketyard.mailboxes.workflows.steps import ACTIONS, check_definition, check_steps
from ticketyard.mailboxes.workflows.taking_steps import TAKEN

# Both definitions of spec 3 as they stand there.
SPEC_FIRST = {
    "name": "Support Request → Ticket",
    "classification_trigger": "support_request",
    "workflow_steps": [
        {"action": "create_ticket", "params": {"customer_id": 123, "assigned_to_user_id": 5}}
    ],
}
SPEC_SECOND = {
    "name": "Support Email → Ticket",
    "classification_trigger": "support_request",
    "confidence_threshold": 0.7,
    "workflow_steps": [{"action": "create_ticket", "params": {"assigned_to_user_id": 5}}],
}
SPEC_LINK = {"action": "link_email_to_ticket", "params": {"ticket_number": "TKT-20251215-001"}}
CREATE = {"action": "create_ticket"}


def test_the_definitions_of_the_document_are_good() -> None:
    first = check_definition(SPEC_FIRST)
    second = check_definition(SPEC_SECOND)

    assert first.steps_out() == SPEC_FIRST["workflow_steps"]
    assert (second.name, second.classification_trigger) == (
        "Support Email → Ticket",
        "support_request",
    )
    assert (second.confidence_threshold, second.enabled, second.priority) == (0.7, True, 100)
    assert check_steps([SPEC_LINK])[0].params == {"ticket_number": "TKT-20251215-001"}


def test_what_is_described_can_be_done_and_the_other_way_round() -> None:
    assert set(TAKEN) == set(ACTIONS)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": ""}, "name"),
        ({"name": " \n "}, "name"),
        ({"name": 7}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"classification_trigger": "support"}, "classification_trigger"),
        ({"classification_trigger": None}, "classification_trigger"),
        ({"classification_trigger": ["support_request"]}, "classification_trigger"),
        ({"confidence_threshold": 1.01}, "confidence_threshold"),
        ({"confidence_threshold": -0.1}, "confidence_threshold"),
        ({"confidence_threshold": True}, "confidence_threshold"),
        ({"confidence_threshold": "0.7"}, "confidence_threshold"),
        ({"confidence_threshold": float("nan")}, "confidence_threshold"),
        ({"priority": -1}, "priority"),
        ({"priority": 1.5}, "priority"),
        ({"enabled": "yes"}, "enabled"),
        ({"workflow_steps": []}, "at least one step"),
        ({"workflow_steps": None}, "at least one step"),
        ({"workflow_steps": {"action": "create_ticket"}}, "at least one step"),
        ({"workflow_steps": [CREATE] * 21}, "20 steps"),
    ],
)
def test_a_bad_definition_is_told_what_is_wrong(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(BadWorkflow, match=says):
        check_definition({**SPEC_FIRST, **changes})


def test_an_unknown_trigger_is_told_those_there_are() -> None:
    with pytest.raises(BadWorkflow) as refused:
        check_definition({**SPEC_FIRST, "classification_trigger": "x"})

    assert refused.value.extra["allowed"] == list(LABELS)


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("create_ticket", "Step 2 should be an object"),
        ({"action": "create_ticket", "parameters": {}}, "Step 2 should be an object"),
        ({}, "Step 2 has no action"),
        ({"action": "create_ticket_stub"}, "Step 2 has no action"),
        ({"action": ["create_ticket"]}, "Step 2 has no action"),
        ({"action": "create_ticket", "params": [1]}, r"Step 2 \(create_ticket\): params"),
        ({"action": "create_ticket", "params": {"assignee": 5}}, "it takes assigned_to_user_id"),
        ({"action": "create_ticket", "params": {"assigned_to_user_id": "5"}}, "a number from 1"),
        ({"action": "create_ticket", "params": {"assigned_to_user_id": True}}, "a number from 1"),
        ({"action": "create_ticket", "params": {"customer_id": 0}}, "a number from 1"),
        ({"action": "create_ticket", "params": {"customer_id": 2**70}}, "a number from 1"),
        ({"action": "create_ticket", "params": {"priority": "soon"}}, "one of low, normal"),
        ({"action": "create_ticket", "params": {"priority": 1}}, "a text"),
        ({"action": "link_email_to_ticket"}, "ticket_number is missing"),
        ({"action": "link_email_to_ticket", "params": {"ticket_number": ""}}, "is missing"),
        ({"action": "link_email_to_ticket", "params": {"ticket_number": 7}}, "a text"),
        ({"action": "assign_ticket", "params": {}}, "assigned_to_user_id is missing"),
        ({"action": "add_tags", "params": {"tags": "vip"}}, "a list of"),
        ({"action": "add_tags", "params": {"tags": ["x" * 51]}}, "a list of"),
        ({"action": "add_tags", "params": {"tags": ["#"]}}, "a list of"),
        ({"action": "add_tags", "params": {"tags": ["a"] * 11}}, "a list of"),
        ({"action": "set_priority", "params": {"priority": "P1"}}, "one of low"),
        ({"action": "set_category", "params": {"category": "x" * 501}}, "a text"),
        ({"action": "ignore", "params": {"why": "x"}}, "it takes reason"),
        ({"action": "ignore"}, "stands alone"),
    ],
)
def test_a_bad_step_is_named_by_its_number(step: object, says: str) -> None:
    with pytest.raises(BadWorkflow, match=says) as refused:
        check_steps([CREATE, step])

    assert refused.value.extra["step"] == 2


@pytest.mark.parametrize("action", ["assign_ticket", "add_tags", "set_priority", "set_category"])
def test_what_changes_a_ticket_needs_one(action: str) -> None:
    params = {
        "assign_ticket": {"assigned_to_user_id": 5},
        "add_tags": {"tags": ["vip"]},
        "set_priority": {"priority": "high"},
        "set_category": {"category": "network"},
    }[action]
    step = {"action": action, "params": params}

    with pytest.raises(BadWorkflow, match=r"Step 1 .* needs a ticket"):
        check_steps([step, CREATE])
    assert [each.action for each in check_steps([CREATE, step])] == ["create_ticket", action]
    assert len(check_steps([SPEC_LINK, step])) == 2


def test_words_are_brought_into_one_spelling() -> None:
    create, tags, _ = check_steps(
        [
            {"action": "create_ticket", "params": {"priority": " High ", "customer_id": None}},
            {"action": "add_tags", "params": {"tags": ["#VIP", "vip ", "Ærø"]}},
            {"action": "link_email_to_ticket", "params": {"ticket_number": " tkt-20251215-001 "}},
        ]
    )

    assert create.params == {"priority": "high"}
    assert tags.params == {"tags": ["vip", "ærø"]}


def test_a_step_may_leave_its_params_out() -> None:
    assert check_steps([CREATE])[0].params == {}
    assert check_steps([{"action": "ignore", "params": None}])[0].params == {}
