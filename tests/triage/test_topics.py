import pytest

from ticketyard.ai.embedding import NoEmbedder, open_embedder
from ticketyard.ai.sentiment import read_sentiment
from ticketyard.triage.coldstart import Reading
from ticketyard.triage.topics import ABOUT, find_kind, find_topics
from ticketyard.triage.urgency_level import level_of


def reading(text: str) -> Reading:
    return Reading("", text, read_sentiment(text))


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("I forgot my password and cannot log in", "Access"),
        ("Please give me administrator rights on my laptop", "Administrative rights"),
        ("When is my vacation paid out? The payslip is missing", "HR Support"),
        ("The docking station and the monitor are broken", "Hardware"),
        ("The migration project missed its milestone", "Internal Project"),
        ("Purchase order for two licenses, supplier quote attached", "Purchase"),
        ("The shared drive is out of disk space", "Storage"),
    ],
)
def test_each_topic_is_known_by_its_words(text: str, topic: str) -> None:
    (found,) = find_topics([reading(text)], NoEmbedder())
    assert found.value == topic
    assert found.evidence


@pytest.mark.parametrize("text", ["", "👍", "\u200b", "zzz qqq"])
def test_without_a_word_it_is_miscellaneous_and_admits_to_know_nothing(text: str) -> None:
    (found,) = find_topics([reading(text)], NoEmbedder())
    assert (found.value, found.confidence) == ("Miscellaneous", 0.0)


def test_where_no_word_fires_likeness_answers_with_modest_confidence() -> None:
    embedder = open_embedder()
    if not embedder.dimensions:
        pytest.skip("needs the embedding model")
    (found,) = find_topics([reading("My mouse pointer jumps around and the pad is dead")], embedder)
    assert found.value in ABOUT
    assert 0 < found.confidence <= 0.8


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("This is unacceptable, nobody answers for the third time", "complaint"),
        ("Thank you, well done, I love the new portal", "feedback"),
        ("Please install Excel", "request"),
        ("", "request"),
    ],
)
def test_the_kind_of_message(text: str, kind: str) -> None:
    assert find_kind(reading(text)).value == kind


@pytest.mark.parametrize(
    ("urgency", "level"),
    [(1, "scheduled"), (3, "scheduled"), (4, "next_day"), (5, "next_day"), (6, "same_day"),
     (8, "same_day"), (9, "immediate"), (10, "immediate")],
)  # fmt: skip
def test_the_level_of_every_border(urgency: int, level: str) -> None:
    assert level_of(urgency) == level
