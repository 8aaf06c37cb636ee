"""Sentences and items stand exactly where they are said to stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.knowledge.answering.spans import MAX_CHARACTERS, spans_of, without_bullet


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", []),
        ("   \n ", []),
        ("One line", ["One line"]),
        ("Open the portal. Click Reset.", ["Open the portal.", "Click Reset."]),
        ("Write, e.g. to Ana. She answers.", ["Write, e.g. to Ana.", "She answers."]),
        ("It costs 2.50 a month. Ask.", ["It costs 2.50 a month.", "Ask."]),
        ("Is it on? Then wait!", ["Is it on?", "Then wait!"]),
        ("He said “no.” Then left.", ["He said “no.”", "Then left."]),
        ("Откройте сайт, т. е. портал. Готово.", ["Откройте сайт, т. е. портал.", "Готово."]),
        ("1. Open it\n2. Close it", ["1. Open it", "2. Close it"]),
        ("Do this: 1. Open it 2. Close it", ["Do this:", "1. Open it", "2. Close it"]),
        ("Bring • a pen • a form", ["Bring", "• a pen", "• a form"]),
        ("A | B\n1 | 2", ["A | B", "1 | 2"]),
    ],
)
def test_a_text_is_cut_where_people_would(text: str, spans: list[str]) -> None:
    assert [span.text for span in spans_of(text)] == spans


def test_items_of_a_list_are_known_as_such() -> None:
    spans = spans_of("Do this:\n1. Open it\n- Close it\nThen go.")
    assert [span.is_item for span in spans] == [False, True, True, False]
    assert [without_bullet(span.text) for span in spans] == [
        "Do this:",
        "Open it",
        "Close it",
        "Then go.",
    ]


@given(st.text(st.sampled_from("ab1.?! \n•-)Я«»")) | st.text())
def test_every_span_is_where_it_says_and_nothing_is_lost(text: str) -> None:
    spans = spans_of(text)
    for span in spans:
        assert text[span.start : span.end] == span.text
        assert 0 < len(span.text) <= MAX_CHARACTERS
    assert [span.start for span in spans] == sorted(span.start for span in spans)
    assert "".join("".join(span.text.split()) for span in spans) == "".join(text.split())
