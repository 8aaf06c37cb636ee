"""An answer is made of sentences of the passages, the ones that answer."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from ticketyard.ai.embedding import open_embedder
from ticketyard.knowledge.answering.citing import Citation
from ticketyard.knowledge.answering.extracting import MAX_STEPS, Passage, extract_steps

RESET = Passage(
    Citation("article", "a1", "a1-0"),
    "How do I reset my password? Open the self-service portal and choose Reset. The new password "
    "works after five minutes. Office hours are on the door.",
    0.9,
)
VPN = Passage(
    Citation("file", "f1", "f1-3"),
    "VPN disconnects\n1. Close the VPN client.\n2. Delete the old profile.\n3. Import the new one.\n"
    "The help desk keeps a list of all profiles.",
    0.8,
)
CANTEEN = Passage(Citation("file", "f2", "f2-0"), "The canteen opens at noon. Bring a card.", 0.3)


def answer(question: str, passages: Sequence[Passage]) -> list[str]:
    embedder = open_embedder()
    asked = embedder.embed([question])[0]
    steps = extract_steps(
        question, passages, lambda texts: (embedder.embed(texts) @ asked).tolist()
    )
    for step in steps:
        passage = next(each for each in passages if each.citation == step.citation)
        assert step.quote in passage.text
        assert step.text in step.quote
    return [step.text for step in steps]


def test_a_question_repeated_in_the_passage_is_not_its_answer() -> None:
    steps = answer("How can I reset my password?", [RESET, CANTEEN])
    assert steps[0] == "Open the self-service portal and choose Reset."
    assert "How do I reset my password?" not in steps
    assert "The canteen opens at noon." not in steps


def test_a_list_is_given_whole_and_without_its_numbers() -> None:
    assert answer("my VPN disconnects, which profile do I import", [RESET, VPN]) == [
        "Close the VPN client.",
        "Delete the old profile.",
        "Import the new one.",
    ]


def test_pieces_that_overlap_say_a_sentence_once() -> None:
    again = Passage(Citation("article", "a1", "a1-1"), RESET.text[28:], 0.88)
    steps = answer("How can I reset my password?", [RESET, again])
    assert len(steps) == len(set(steps))


def test_without_a_passage_nothing_is_said() -> None:
    assert answer("How can I reset my password?", []) == []
    assert answer("?", [Passage(CANTEEN.citation, "", 0.9)]) == []


@given(st.text(max_size=80), st.lists(st.text(max_size=300), max_size=4))
def test_whatever_is_asked_of_whatever_only_its_words_are_given(
    question: str, texts: list[str]
) -> None:
    passages = [
        Passage(Citation("file", "f", f"f-{number}"), text, 0.5)
        for number, text in enumerate(texts)
    ]
    steps = extract_steps(question, passages, lambda spans: [0.1] * len(spans))
    assert len(steps) <= MAX_STEPS
    for step in steps:
        assert step.text in step.quote
        assert step.quote in passages[int(step.citation.chunk_id[2:])].text
