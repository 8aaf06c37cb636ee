"""A text is read once, in this lesson and in those that follow."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.ai.embedding import NoEmbedder, Vectors
from ticketyard.triage.learning.remembering import Remembering


class Counting:
    """Gives each text its own vector, and notes what it was asked to read."""

    name = "counting"
    dimensions = 3

    def __init__(self) -> None:
        self.read: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.read += texts
        rows = [[len(text), 1 / 3, sum(map(ord, text)) % 97 / 7] for text in texts]
        return np.array(rows, np.float32)


@given(st.lists(st.text(max_size=5)), st.lists(st.text(max_size=5)))
def test_the_next_lesson_reads_only_what_is_new(before: list[str], after: list[str]) -> None:
    first, second = Remembering(Counting()), Counting()
    seen = first.embed(before)
    following = Remembering(second, first.packed())
    assert np.array_equal(following.embed(before), seen)
    following.embed(after)
    assert sorted(second.read) == sorted(set(after) - set(before))


def test_what_is_no_longer_asked_for_is_forgotten() -> None:
    first = Remembering(Counting())
    first.embed(["kept", "deleted"])
    second = Remembering(Counting(), first.packed())
    second.embed(["kept"])
    assert len(second.packed()) == len(first.packed()) / 2


@pytest.mark.parametrize("known", [b"x", b"x" * 23, b"\0" * 21])
def test_what_another_embedder_left_is_passed_over(known: bytes) -> None:
    remembering = Remembering(Counting(), known)
    assert remembering.embed(["a text"])[0, 0] == len("a text")


def test_no_more_is_kept_than_there_is_room_for() -> None:
    first = Remembering(Counting())
    first.embed(["a", "b", "c"])
    each = len(first.packed()) // 3
    packed = first.packed(most_bytes=3 * each - 1)
    assert len(packed) == 2 * each
    second = Counting()
    Remembering(second, packed).embed(["a", "b", "c"])
    assert second.read == ["c"]
    assert first.packed(most_bytes=each - 1) == b""


def test_without_vectors_there_is_nothing_to_keep() -> None:
    remembering = Remembering(NoEmbedder())
    assert remembering.embed(["a text"]).shape == (1, 0)
    assert remembering.packed() == b""
