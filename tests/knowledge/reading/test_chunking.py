"""Chunks: nothing lost, nothing moved, cut where the text pauses."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketyard.knowledge.reading.blocks import Block, blocks_of, paragraphs
from ticketyard.knowledge.reading.chunking import OVERLAP, SIZE, cut
from ticketyard.knowledge.reading.extracted import Extracted, extract

WORDS = st.text(
    st.sampled_from('abcdefgh аяё.!?…。 \t\u00a0\U0001f600"»)'), min_size=0, max_size=3_000
)
BLOCKS = st.lists(
    st.tuples(WORDS, st.integers(0, 3), st.integers(0, 4), st.sampled_from(["", "A", "B"])),
    max_size=25,
)


def extracted(*told: tuple[str, int, int, str]) -> Extracted:
    return extract(
        block
        for text, level, page, sheet in told
        for block in blocks_of(text, level=level, page=page, sheet=sheet, row=page)
    )


@given(BLOCKS)
@settings(max_examples=300, deadline=None)
def test_every_chunk_is_exactly_its_span_and_no_word_is_lost(
    told: list[tuple[str, int, int, str]],
) -> None:
    document = extracted(*told)
    chunks = cut(document)

    covered = set()
    for number, chunk in enumerate(chunks):
        assert chunk.number == number
        assert chunk.text == document.text[chunk.start : chunk.end]
        assert 0 < len(chunk.text) <= SIZE
        assert chunk.text == chunk.text.strip()
        covered.update(range(chunk.start, chunk.end))
    words = {at for at, mark in enumerate(document.text) if not mark.isspace()}
    assert words <= covered
    for before, after in pairwise(chunks):
        assert before.start < after.start
        assert before.end < after.end
        assert before.end - after.start <= OVERLAP
    assert chunks == cut(document)


@given(BLOCKS, st.integers(50, 300), st.integers(0, 20), st.integers(21, 40))
@settings(max_examples=100, deadline=None)
def test_so_it_is_with_any_size(
    told: list[tuple[str, int, int, str]], size: int, overlap: int, least: int
) -> None:
    document = extracted(*told)
    chunks = cut(document, size=size, overlap=overlap, least=least)

    assert all(each.text == document.text[each.start : each.end] for each in chunks)
    assert all(len(each.text) <= size for each in chunks)
    whole = "".join(document.text.split())
    assert sum(len("".join(each.text.split())) for each in chunks) >= len(whole)


def test_a_text_without_words_has_no_chunk() -> None:
    assert cut(extracted()) == []
    assert cut(extracted((" \t ", 0, 0, ""))) == []


def test_a_short_text_is_one_chunk() -> None:
    (chunk,) = cut(extracted(("Restart the router.", 0, 0, "")))

    assert (chunk.text, chunk.start, chunk.end) == ("Restart the router.", 0, 19)


def test_chunks_end_where_sentences_do_and_begin_where_they_do() -> None:
    sentences = " ".join(f"This is sentence number {n} of a long story." for n in range(60))

    chunks = cut(extracted((sentences, 0, 0, "")))

    assert len(chunks) > 2
    assert all(each.text.endswith("story.") for each in chunks)
    assert all(each.text.startswith("This is") for each in chunks)
    assert all(a.end > b.start for a, b in pairwise(chunks))


def test_rows_are_never_cut_in_two() -> None:
    rows = [(f"Item {n} | {'x' * 60} | {n * 3}", 0, n, "Prices") for n in range(1, 80)]
    document = extracted(("# Sheet: Prices", 1, 0, "Prices"), *rows)
    whole = set(document.text.split("\n"))

    chunks = cut(document)

    assert all(set(each.text.split("\n")) <= whole for each in chunks)
    assert [(each.row, each.to_row) for each in chunks][:2] == [(1, 10), (10, 19)]
    assert all(each.headings == ("# Sheet: Prices",) for each in chunks)


def test_a_section_begins_a_chunk_unless_the_one_before_says_too_little() -> None:
    long, short = "Words and more words. " * 12, "Few words."
    document = extracted(
        ("Guide", 1, 0, ""), ("One", 2, 0, ""), (long, 0, 0, ""), ("Two", 2, 0, ""), (short, 0, 0, ""),
        ("Three", 2, 0, ""), (long, 0, 0, ""),
    )  # fmt: skip

    chunks = cut(document)

    assert [each.text.split("\n")[0] for each in chunks] == ["Guide", "Two"]
    assert [each.headings for each in chunks] == [("Guide", "One"), ("Guide", "Two")]


def test_a_word_without_end_is_cut_all_the_same() -> None:
    chunks = cut(extracted(("x" * 2_000, 0, 0, "")))

    assert [len(each.text) for each in chunks] == [800, 800, 400]


def test_a_chunk_over_two_pages_says_both() -> None:
    pages = [(f"Page {n} says {'something ' * 20}here.", 0, n, "") for n in (1, 2, 3, 4, 5, 6)]

    first = cut(extracted(*pages))[0]

    assert (first.page, first.to_page) == (1, 3)


def test_headings_are_those_above_and_no_longer_valid_ones_are_gone() -> None:
    blocks = [Block("A", 1), Block("B", 2), Block("x"), Block("C", 1), Block("y")]

    marks = extract(blocks).marks

    assert [each.headings for each in marks] == [(), ("A",), ("A", "B"), (), ("C",)]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["One.", "Two."], ["One.", "Two."]),
        (["a" * 70, "goes on."], ["a" * 70 + " goes on."]),
        (["a" * 70 + ".", "New."], ["a" * 70 + ".", "New."]),
        (["a" * 70, "", "New."], ["a" * 70, "New."]),
        (["a" * 70, "2. item"], ["a" * 70, "2. item"]),
        (["short", "also short"], ["short", "also short"]),
        (["", " "], []),
    ],
)
def test_lines_are_put_together_where_a_sentence_goes_on(lines: list[str], told: list[str]) -> None:
    assert list(paragraphs(lines)) == told
