"""Other systems' words for priority and category."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.intake.sources.mappings import (
    category_of,
    priority_of_glpi,
    priority_of_solman,
    priority_of_word,
)
from ticketyard.tickets.categorizing import IT_CATEGORIES
from ticketyard.tickets.lifecycle import PRIORITIES


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("1", "low"), ("2", "low"), ("3", "medium"), ("4", "high"), ("5", "urgent"),
        ("6", "critical"), ("4.0", "high"), ("High", "high"), (" MEDIUM ", "medium"),
        ("normal", "medium"), ("Very high", "urgent"), ("very low", "low"), ("Major", "critical"),
        ("Urgent", "urgent"), ("7", None), ("0", None), ("", None), (None, None), ("asap", None),
    ],
)  # fmt: skip
def test_glpi_priority(word: str | None, expected: str | None) -> None:
    assert priority_of_glpi(word) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Very High", "critical"), ("VERY HIGH", "critical"), ("High", "high"),
        ("Medium", "medium"), ("Low", "low"), ("Very Low", "low"), ("1: Very High", "critical"),
        ("2: High", "high"), ("3: Medium", "medium"), ("4: Low", "low"), ("1", "critical"),
        ("4", "low"), ("1:Very High", "critical"), ("5: ?", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_solman_priority(word: str | None, expected: str | None) -> None:
    assert priority_of_solman(word) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [("Low", "low"), ("normal", "medium"), ("CRITICAL", "critical"), ("4", None), (None, None)],
)
def test_plain_priority(word: str | None, expected: str | None) -> None:
    assert priority_of_word(word) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Network", ("network", False)),
        ("Connectivity problem", ("network", False)),
        ("Remote Access", ("vpn", False)),
        ("VPN", ("vpn", False)),
        ("Access rights", ("access_control", False)),
        ("access_control", ("access_control", False)),
        ("Reset password", ("password_reset", False)),
        ("User account", ("account_management", False)),
        ("E-Mail", ("email", False)),
        ("printing", ("printer", False)),
        ("Application", ("software", False)),
        ("other", ("other", False)),
        ("Gardening", ("other", True)),
        ("", (None, False)),
        (None, (None, False)),
    ],
)
def test_category(word: str | None, expected: tuple[str | None, bool]) -> None:
    assert category_of(word) == expected


@pytest.mark.parametrize("name", IT_CATEGORIES)
def test_our_own_categories_stay_what_they_are(name: str) -> None:
    assert category_of(name) == (name, False)


@given(st.text())
def test_whatever_the_word_the_answer_is_one_of_ours(word: str) -> None:
    for priority in (priority_of_glpi(word), priority_of_solman(word), priority_of_word(word)):
        assert priority is None or priority in PRIORITIES
    category, _ = category_of(word)
    assert category is None or category in IT_CATEGORIES
