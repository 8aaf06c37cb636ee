from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from ticketyard.ai.embedding import NoEmbedder, Vectors, open_embedder
from ticketyard.ai.training import train
from ticketyard.triage.teams import (
    MAX_CONFIDENCE,
    TeamFound,
    Teams,
    describe,
    find_teams,
)

HARDWARE = "Hardware. Laptops, monitors, printers and other devices of the office."
BILLING = "Billing. Invoices, payments and refunds."
PEOPLE = "HR. Vacation, payroll and new employees."
TEAMS = Teams({7: BILLING, 3: HARDWARE, 9: PEOPLE})


class Counting:
    """An embedder of two dimensions that says how often it was asked for what."""

    name = "counting"
    dimensions = 2

    def __init__(self, angles: dict[str, float]) -> None:
        self.angles = angles
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        angles = np.array([self.angles[text] for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def at(similarity: float) -> float:
    """The angle of a text that is this much like one at angle 0."""
    return float(np.arccos(similarity))


@pytest.mark.parametrize(
    ("text", "team_id"),
    [
        ("My laptop and the monitors of the office are broken", 3),
        ("Two invoices, please send refunds for both payments", 7),
        ("When do new employees get vacation?", 9),
    ],
)
@pytest.mark.parametrize("embedder", [NoEmbedder(), open_embedder()], ids=["words", "meaning"])
def test_the_team_whose_description_is_nearest(text: str, team_id: int, embedder: object) -> None:
    (found,) = find_teams([text], TEAMS, embedder)  # type: ignore[arg-type]
    assert found.team_id == team_id
    assert found.found_by == "description"
    assert found.evidence
    assert 0.1 <= found.similarity <= 1
    assert 0 < found.confidence <= MAX_CONFIDENCE


@pytest.mark.parametrize(
    ("similarity", "team_id"), [(0.05, None), (0.099, None), (0.101, 1), (0.9, 1), (-0.4, None)]
)
def test_below_the_floor_of_contracts_nobody_is_named(
    similarity: float, team_id: int | None
) -> None:
    embedder = Counting({f"t{similarity}": at(similarity), f"team {similarity}": 0.0})
    (found,) = find_teams([f"t{similarity}"], Teams({1: f"team {similarity}"}), embedder)
    assert found.team_id == team_id
    assert found.need_admin is (team_id is None)
    assert found.similarity == pytest.approx(similarity, abs=1e-3)


def test_the_only_team_is_not_sure_for_being_the_only_one() -> None:
    embedder = Counting({"a text": at(0.12), "only team": 0.0})
    (found,) = find_teams(["a text"], Teams({1: "only team"}), embedder)
    assert found.team_id == 1
    assert found.confidence < 0.5
    assert not found.is_sure


def test_of_two_teams_as_like_neither_is_sure() -> None:
    embedder = Counting({"the text": 0.0, "left": at(0.6), "right": -at(0.6)})
    (found,) = find_teams(["the text"], Teams({1: "left", 2: "right"}), embedder)
    assert found.confidence < 0.55
    assert not found.is_sure


def test_a_clear_likeness_is_sure_but_never_certain() -> None:
    embedder = Counting({"clear": 0.0, "same": 0.0, "other way": at(-0.5)})
    (found,) = find_teams(["clear"], Teams({1: "same", 2: "other way"}), embedder)
    assert (found.team_id, found.is_sure, found.confidence) == (1, True, MAX_CONFIDENCE)


def test_descriptions_are_embedded_once_however_many_tickets_come() -> None:
    embedder = Counting({"described once": 0.0, "one": 0.1, "two": 0.2})
    for text in ("one", "two", "one"):
        find_teams([text], Teams({1: "described once"}), embedder)
    assert embedder.asked.count("described once") == 1


def test_a_changed_description_counts_at_once() -> None:
    embedder = Counting({"x": 0.0, "before": at(0.9), "after": at(-0.9)})
    assert find_teams(["x"], Teams({1: "before"}), embedder)[0].team_id == 1
    assert find_teams(["x"], Teams({1: "after"}), embedder)[0].team_id is None


@pytest.mark.parametrize("embedder", [NoEmbedder(), open_embedder()], ids=["words", "meaning"])
@pytest.mark.parametrize("text", ["", "👍"])
def test_a_text_that_says_nothing_is_no_teams(text: str, embedder: object) -> None:
    (found,) = find_teams([text], TEAMS, embedder)  # type: ignore[arg-type]
    assert not found.is_sure
    if not text:
        assert found == TeamFound()


def test_without_teams_nobody_is_named() -> None:
    assert find_teams(["anything", "else"], Teams({}), NoEmbedder()) == [TeamFound(), TeamFound()]


def learned() -> Teams:
    texts = [f"crane {n} squeaks in hall {n}" for n in range(12)]
    texts += [f"forklift {n} has a flat tyre" for n in range(12)]
    lesson = train(texts, ["3"] * 12 + ["7"] * 12, NoEmbedder())
    return replace(TEAMS, model=lesson.classifier, model_version=4)


def test_what_was_learned_answers_where_descriptions_say_nothing() -> None:
    (found,) = find_teams(["the crane squeaks again in hall 5"], learned(), NoEmbedder())
    assert (found.team_id, found.found_by, found.model_version) == (3, "history", 4)
    assert found.is_sure
    assert found.evidence


def test_a_team_that_is_gone_is_not_answered_by_what_was_learned() -> None:
    teams = replace(learned(), described={7: BILLING, 9: PEOPLE})
    (found,) = find_teams(["the crane squeaks again in hall 5"], teams, NoEmbedder())
    assert found.team_id in (7, 9, None)
    assert not found.is_sure


def test_a_model_of_teams_that_are_all_gone_is_passed_over() -> None:
    teams = replace(learned(), described={11: HARDWARE})
    (found,) = find_teams(["My laptop and the monitors are broken"], teams, NoEmbedder())
    assert (found.team_id, found.found_by) == (11, "description")


@pytest.mark.parametrize(
    ("name", "category", "described"),
    [("Desktop", "hardware", "hardware. Devices."), ("Desktop", None, "Desktop. Devices."),
     ("Desktop", "", "Desktop. Devices.")],
)  # fmt: skip
def test_a_team_is_compared_by_category_and_description(
    name: str, category: str | None, described: str
) -> None:
    assert describe(name, category, "Devices.") == described
