"""Several questions are answered one by one; half a question is completed by what was said before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.knowledge.chatting.questions import (
    MAX_QUESTIONS,
    in_context,
    needs_context,
    split_questions,
)


@pytest.mark.parametrize(
    ("message", "questions"),
    [
        ("How do I reset my password?", ["How do I reset my password?"]),
        ("Where is it? And who has it?", ["Where is it?", "And who has it?"]),
        ("My VPN fails. Why? What now?", ["My VPN fails. Why?", "What now?"]),
        ("Really??", ["Really??"]),
        ("كيف أغير كلمة السر؟ أين البوابة؟", ["كيف أغير كلمة السر؟", "أين البوابة؟"]),
        ("Tell me:\n1. how to reset\n2) where to call", ["how to reset", "where to call"]),
        (
            "reset my password\nunlock my old account",
            ["reset my password", "unlock my old account"],
        ),
        ("my printer is broken\nthanks", ["my printer is broken\nthanks"]),
        ("version 1.2 fails", ["version 1.2 fails"]),
    ],
)
def test_a_message_is_parted_into_its_questions(message: str, questions: list[str]) -> None:
    assert split_questions(message) == questions


@given(st.text(st.sampled_from("ab?؟ 1.)\n")) | st.text())
def test_there_are_never_too_many_and_never_none(message: str) -> None:
    questions = split_questions(message)
    assert 1 <= len(questions) <= MAX_QUESTIONS
    assert all(each in message for each in questions) or "\n" in message


@pytest.mark.parametrize(
    ("message", "leans"),
    [
        ("How do I reset my password?", False),
        ("vpn certificate expired", False),
        ("how long does it take?", True),
        ("how often?", True),
        ("как часто?", True),
        ("and that?", True),
        ("why?", True),
        ("what about Linux?", True),
        ("а если не помогло", True),
        ("", False),
        ("printer", False),
    ],
)
def test_a_message_that_leans_on_the_last_one_is_known(message: str, leans: bool) -> None:
    assert needs_context(message) is leans


def test_it_is_completed_by_what_was_said_before() -> None:
    assert in_context("how long?", " Reset my password ") == "Reset my password\nhow long?"
    assert in_context("how long?", " ") == "how long?"
    assert len(in_context("how long?", "x" * 10_000)) < 700
