import pytest

from ticketyard.triage.resolving.ranking import (
    Known,
    Record,
    boosted,
    expected_success,
    is_twin,
    rank,
    score,
)


@pytest.mark.parametrize(
    ("kind", "minutes", "priority", "expected"),
    [
        ("manual_steps", 120, "medium", 0.5),
        ("manual_steps", 0, "medium", 0.6),
        ("manual_steps", 60, "medium", 0.55),
        ("manual_steps", 1000, "medium", 0.5),
        ("self_service_link", 120, "low", 0.6),
        ("automated_script", 120, "critical", 0.55),
        ("knowledge_article", 120, "low", 0.5),
        ("escalation_required", 120, "low", 0.3),
        ("escalation_required", 120, "medium", 0.3),
        ("escalation_required", 120, "high", 0.5),
        ("escalation_required", 120, "urgent", 0.5),
        ("escalation_required", 120, "critical", 0.5),
    ],
)
def test_the_score_of_contracts(kind: str, minutes: int, priority: str, expected: float) -> None:
    assert score(kind, 0.5, minutes, priority) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("confidence", "share", "expected"),
    [(0.5, 0, 0.5), (0.5, 0.5, 0.75), (0.5, 1, 0.95), (0.9, 0.9, 0.95), (0.97, 1, 0.97)],
)
def test_history_boosts_up_to_its_cap_and_takes_nothing_away(
    confidence: float, share: float, expected: float
) -> None:
    assert boosted(confidence, share) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("settled", "successes", "still_trusted"),
    [(0, 0, True), (1, 0, True), (2, 0, False), (10, 10, True), (10, 9, True), (10, 8, False),
     (100, 95, True), (100, 85, False)],
)  # fmt: skip
def test_a_solution_that_fails_soon_resolves_nothing_by_itself_any_more(
    settled: int, successes: int, still_trusted: bool
) -> None:
    assert (expected_success(0.95, Record(settled, successes)) > 0.9) is still_trusted


def test_the_best_comes_first_and_the_boost_of_its_kind_does_not_touch_its_confidence() -> None:
    steps = Known(1, "Steps", "manual_steps", 0.9, 30)
    link = Known(2, "Link", "self_service_link", 0.85, 5)
    other = Known(3, "Other link", "self_service_link", 0.5, 5)
    records = {2: Record(10, 10), 1: Record(10, 0)}
    found = rank([steps, link, other], records, "medium")
    assert [each.solution_id for each in found] == [2, 3, 1]
    assert found[1].confidence == 0.5
    assert found[2].confidence == pytest.approx(0.6)


def test_of_equals_the_older_comes_first() -> None:
    one, two = Known(5, "A", "manual_steps", 0.5, 10), Known(4, "B", "manual_steps", 0.5, 10)
    assert [each.solution_id for each in rank([one, two], {}, "low")] == [4, 5]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("a b c d", "a b c d", True), ("a b c d", "a b c e", False), ("", "", False),
     ("a b c d e f g", "a b c d e f", True), ("a b c d e f g h i j", "a b c d e f g", False)],
)  # fmt: skip
def test_twins_share_more_than_seven_words_of_ten(one: str, other: str, same: bool) -> None:
    assert is_twin(frozenset(one.split()), frozenset(other.split())) is same
