"""Citations are written and read the same way, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.knowledge.answering.citing import (
    Citation,
    find_citations,
    unmarked,
    without_citations,
)

ids = st.text("abcdef0123456789-", min_size=1, max_size=36)


@given(st.sampled_from(["file", "article", "ticket"]), ids, st.integers(0, 10_000), st.text())
def test_what_was_written_is_read(kind: str, source: str, number: int, around: str) -> None:
    citation = Citation(kind, source, f"{source}-{number}")
    text = f"{around.replace('[', '(')} {citation}"
    assert list(find_citations(text)) == [citation]


@pytest.mark.parametrize(
    "text",
    [
        "[1]",
        "[file:7]",
        "[web:7#7-1]",
        "[file:#-1]",
        "[file:a b#c]",
        "[file:7#7-1",
        "",
        "[[file:]]",
    ],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert list(find_citations(text)) == []


def test_people_see_the_sentence_without_its_marks() -> None:
    assert without_citations("Open the portal [file:a#a-1]. Reset it [file:a#a-2]") == (
        "Open the portal. Reset it"
    )


def test_what_only_looks_like_a_citation_is_taken_out() -> None:
    assert unmarked("Open it [file:a#a-1].") == "Open it ."
    assert list(find_citations(unmarked("Open [file:a#[article:b#b-1]a-1] it"))) == []
    assert unmarked("see [1] and [note: x]") == "see [1] and [note: x]"
