"""The gate as a table: what a candidate may and may not do."""

import random
from collections.abc import Sequence

import pytest

from ticketyard.triage.learning.gate import (
    Answer,
    Trial,
    collapsed_labels,
    excess_error,
    figures_of,
    is_beyond_chance,
    judge,
)

SURE = 0.9


def trial(*counts: tuple[str, int, int, int, int]) -> Trial:
    """(label, right both times, gained, lost, wrong both times) of each label."""
    wanted: list[str] = []
    before: list[Answer] = []
    after: list[Answer] = []
    for label, both, gained, lost, neither in counts:
        for times, was, now in (
            (both, True, True),
            (gained, False, True),
            (lost, True, False),
            (neither, False, False),
        ):
            wanted += [label] * times
            before += [_answer(label, was)] * times
            after += [_answer(label, now)] * times
    return Trial(wanted, before, after)


def _answer(label: str, is_right: bool) -> Answer:
    # As sure as the shares of most of these trials are right.
    return Answer(label if is_right else "another", SURE)


OLD = trial(("vpn", 90, 0, 0, 10))


@pytest.mark.parametrize(
    ("name", "newest", "anchor", "passed", "words"),
    [
        ("just as good", trial(("vpn", 36, 0, 0, 4)), OLD, True, "36 of 40 new texts"),
        ("better", trial(("vpn", 30, 6, 1, 3)), OLD, True, "36 of 40 new texts right, 31 before"),
        ("worse beyond chance", trial(("vpn", 30, 0, 6, 4)), OLD, False, "On 40 new texts"),
        ("one fewer, by chance", trial(("vpn", 35, 0, 1, 4)), OLD, True, "35 of 40 new texts"),
        (
            "worse beyond chance in both together",
            trial(("vpn", 30, 0, 4, 4)),
            trial(("vpn", 90, 0, 1, 9)),
            False,
            "Of 138 held-out texts",
        ),
        (
            "new gains hide that an old label suffers",
            trial(("vpn", 30, 9, 0, 4)),
            trial(("fax", 40, 0, 5, 0), ("vpn", 40, 6, 0, 0)),
            False,
            "Of the older texts of fax it loses 5 and gains 0",
        ),
        (
            "new texts of a label hide that it is lost among the old",
            trial(("fax", 0, 9, 0, 0)),
            trial(("fax", 1, 0, 4, 0), ("vpn", 40, 6, 0, 0)),
            False,
            "no longer knows fax",
        ),
        (
            "new gains hide that old is forgotten",
            trial(("vpn", 30, 6, 0, 4)),
            trial(("vpn", 90, 0, 2, 8)),
            False,
            "It forgets: of 100 older texts it gets 90 right instead of 92",
        ),
        (
            "one old text may be lost",
            trial(("vpn", 30, 6, 0, 4)),
            trial(("vpn", 90, 0, 1, 9)),
            True,
            "90 of 100 older ones",
        ),
        (
            "a label goes",
            trial(("vpn", 60, 9, 0, 5), ("fax", 0, 0, 6, 0)),
            OLD,
            False,
            "no longer knows fax",
        ),
        (
            "a label with few texts says nothing",
            trial(("vpn", 60, 9, 0, 5), ("fax", 0, 0, 4, 0)),
            OLD,
            True,
            "69 of 78",
        ),
        ("a new label comes", trial(("fax", 0, 27, 0, 3)), OLD, True, "27 of 30 new texts"),
        ("few texts are told of", trial(("vpn", 4, 1, 0, 0)), OLD, True, "only 5 new texts"),
        ("nothing to judge by", Trial(), Trial(), True, "nothing to judge it by"),
    ],
)
def test_a_candidate_is_let_in_or_not(
    name: str, newest: Trial, anchor: Trial, passed: bool, words: str
) -> None:
    verdict = judge(newest, anchor)
    assert (verdict.passed, words in verdict.reason) == (passed, True), verdict.reason


@pytest.mark.parametrize(
    ("newest", "passed"),
    [
        (trial(("vpn", 10, 20, 0, 3)), True),
        (trial(("vpn", 30, 0, 0, 3)), False),
        (trial(("vpn", 10, 0, 20, 3)), False),
        (Trial(), True),
    ],
)
def test_the_first_model_must_be_better_than_none(newest: Trial, passed: bool) -> None:
    assert judge(newest, Trial(), is_first=True).passed is passed


def test_a_candidate_that_is_too_sure_of_itself_is_kept_out() -> None:
    wanted = ["vpn"] * 100
    honest = [Answer("vpn", 0.7)] * 70 + [Answer("fax", 0.7)] * 30
    boasting = [Answer("vpn", 0.99)] * 70 + [Answer("fax", 0.99)] * 30
    assert not judge(Trial(wanted, honest, boasting), Trial()).passed
    assert judge(Trial(wanted, honest, honest), Trial()).passed
    # As it was before, so it may be after.
    assert judge(Trial(wanted, boasting, boasting), Trial()).passed


@pytest.mark.parametrize("texts", [20, 60, 300])
def test_a_true_confidence_shows_no_error_beyond_chance(texts: int) -> None:
    chance = random.Random(texts)
    errors = []
    for _ in range(40):
        sure = [chance.uniform(0.3, 1.0) for _ in range(texts)]
        answers = [Answer("vpn" if chance.random() < each else "fax", each) for each in sure]
        errors.append(excess_error(["vpn"] * texts, answers))
    assert sum(errors) / len(errors) < 0.03


@pytest.mark.parametrize(
    ("gained", "lost", "expected"),
    [
        (0, 0, False),
        (0, 4, False),  # one in sixteen
        (0, 5, True),  # one in thirty-two
        (10, 15, False),
        (10, 22, True),
        (22, 10, False),
        (1000, 1060, False),
        (1000, 1100, True),
        (200_000, 200_500, False),
    ],
)
def test_a_loss_is_told_from_chance(gained: int, lost: int, expected: bool) -> None:
    assert is_beyond_chance(gained, lost) is expected


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (("fax", 4, 0, 6, 0), ("fax",)),
        (("fax", 5, 0, 5, 0), ()),
        (("fax", 0, 0, 5, 0), ("fax",)),
        (("fax", 0, 0, 4, 0), ()),
        (("fax", 0, 0, 0, 9), ()),
        (("fax", 0, 3, 6, 0), ()),
        (("fax", 0, 0, 2, 4), ()),
    ],
)
def test_a_label_collapses_when_more_than_half_is_lost(
    counts: tuple[str, int, int, int, int], expected: Sequence[str]
) -> None:
    assert collapsed_labels(trial(counts)) == expected


def test_a_label_that_takes_a_few_texts_of_each_other_one_is_found_out() -> None:
    sure, badge, none = Answer("vpn", SURE), Answer("badge", SURE), Answer(None, 0)
    taken = Trial(
        [*"abcde", *["vpn"] * 60],
        [*(Answer(label, SURE) for label in "abcde"), *[none] * 6, *[sure] * 54],
        [*[badge] * 5, *[sure] * 60],
    )
    verdict = judge(trial(("badge", 10, 5, 0, 5)), taken)
    assert not verdict.passed
    assert "It takes 5 older texts of other labels for badge" in verdict.reason


def test_case_does_not_make_another_label() -> None:
    figures = figures_of(Trial(["VPN"], [Answer("vpn", 1)], [Answer(None, 0)]))
    assert (figures.before_right, figures.after_right, figures.lost) == (1, 0, 1)
    assert figures.before_share == 1
    assert figures_of(Trial()).after_share == 0
