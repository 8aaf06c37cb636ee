import sys
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import pytest
from structlog.testing import capture_logs

from ticketyard.triage.resolving.actions import (
    BUILT_IN,
    GROUP,
    Action,
    ActionCall,
    ActionOutcome,
    Actions,
    Parameter,
    _from_packages,
)
from ticketyard.triage.resolving.errors import ActionNotFound, BadAction


async def greet(call: ActionCall) -> ActionOutcome:
    return ActionOutcome(is_success=True, message=call.ticket_number)


def action(name: str = "greet", **more: Any) -> Action:
    return Action(**{"name": name, "about": "Say hello.", "run": greet, **more})


def test_the_five_of_contracts_are_built_in_and_two_resolve_a_ticket() -> None:
    assert {each.name for each in BUILT_IN} == {
        "password_reset",
        "vpn_reconnect",
        "email_quota_check",
        "restart_service",
        "unlock_account",
    }
    assert {each.name for each in BUILT_IN if each.resolves} == {"password_reset", "unlock_account"}
    assert all(each.run is None for each in BUILT_IN)


def test_an_unknown_action_is_refused_with_those_known() -> None:
    with pytest.raises(ActionNotFound) as refused:
        Actions().get("launch_rocket")
    assert "password_reset" in str(refused.value.extra["known"])


@pytest.mark.parametrize(
    "more",
    [
        action("password_reset"),
        action("Shouting"),
        action("with space"),
        action(""),
        action("x" * 51),
        action("nobody_does_it", run=None),
    ],
)
def test_an_action_that_cannot_be_is_passed_over_and_logged(more: Action) -> None:
    with capture_logs() as logs:
        known = Actions([more, action()])
    assert [each.name for each in known.all()] == sorted([*(a.name for a in BUILT_IN), "greet"])
    assert known.get("password_reset").run is None
    assert [line["event"] for line in logs] == ["action_passed_over"]


def _broken() -> Action:
    raise RuntimeError("no licence")


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    """An installed package with actions good and bad."""
    module = ModuleType("somebodys_actions")
    module.plain = action("plain")  # type: ignore[attr-defined]
    module.made = lambda: action("made")  # type: ignore[attr-defined]
    module.broken = _broken  # type: ignore[attr-defined]
    module.other = 42  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    names = ("plain", "made", "broken", "other", "missing")
    return [EntryPoint(each, f"{module.__name__}:{each}", GROUP) for each in names]


def test_installed_packages_bring_actions_and_broken_ones_stop_nobody(
    package: list[EntryPoint],
) -> None:
    with capture_logs() as logs:
        found = _from_packages(package)
    assert [each.name for each in found] == ["plain", "made"]
    assert [line["entry_point"] for line in logs] == ["broken", "other", "missing"]


def test_parameters_come_from_the_solution_then_from_the_requester() -> None:
    asked = action(
        parameters=(
            Parameter(name="user", about="Who.", is_requester=True),
            Parameter(name="why", about="Why.", is_required=False),
        )
    )
    assert asked.filled({}, "rita@example.com") == {"user": "rita@example.com"}
    assert asked.filled({"user": " bo ", "why": ""}, "rita@example.com") == {"user": "bo"}
    with pytest.raises(BadAction, match="needs user"):
        asked.filled({"user": "  "}, "")
