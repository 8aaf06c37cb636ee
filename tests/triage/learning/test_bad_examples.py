"""Examples as bad as they come: each has a defined answer."""

import time
from dataclasses import replace

import pytest

from tests.triage.learning.lessons import FURNITURE, LABELS, all_texts, said, texts_of
from ticketyard.ai.classifying import load_classifier
from ticketyard.ai.embedding import NoEmbedder
from ticketyard.triage.errors import BadExamples, CannotTrain
from ticketyard.triage.learning.examples import MAX_EXAMPLES, TEXT_MAX, parse_examples
from ticketyard.triage.learning.teaching import MANY_EXAMPLES, Assignment, teach

DESCRIPTIONS = dict.fromkeys(LABELS, "")


def test_a_label_with_one_example_is_taught_and_never_held_out() -> None:
    examples = said([*all_texts()[:100], ("The coffee machine leaks", "coffee")])
    outcome = teach(Assignment(examples, DESCRIPTIONS), NoEmbedder())
    assert "coffee" in outcome.labels
    assert outcome.verdict


def test_one_class_is_refused() -> None:
    one = [pair for pair in all_texts() if pair[1] == "vpn"]
    with pytest.raises(CannotTrain, match="two different labels"):
        teach(Assignment(said(one), DESCRIPTIONS), NoEmbedder())


def test_a_damaged_champion_is_no_measure_and_does_not_stop_the_lesson() -> None:
    examples = said(all_texts()[:100])
    outcome = teach(Assignment(examples, DESCRIPTIONS, champion=b"broken"), NoEmbedder())
    assert outcome.verdict
    assert outcome.verdict.anchor.texts == 0
    assert outcome.verdict.passed


def test_too_few_are_counted() -> None:
    outcome = teach(Assignment(said(all_texts()[:4]), DESCRIPTIONS), NoEmbedder())
    assert outcome.problem == "Only 4 examples can be learned from; 10 are needed."
    assert outcome.model == b""


def test_a_file_of_fifty_megabytes_is_read_in_seconds() -> None:
    row = "x" * 25_000
    data = ("text,category\n" + "\n".join(f"{row} {n},l{n % 9}" for n in range(2_000))).encode()
    assert len(data) > 50_000_000
    began = time.monotonic()
    examples = parse_examples(data)
    assert len(examples) == 2_000
    assert max(len(each.text) for each in examples) == TEXT_MAX
    assert time.monotonic() - began < 20


def test_more_examples_than_can_be_taught_are_refused() -> None:
    data = "text,category\n" + "\n".join(f"t{n},a" for n in range(MAX_EXAMPLES + 1))
    with pytest.raises(BadExamples, match="More than 200000"):
        parse_examples(data.encode())


def test_of_many_examples_the_held_out_ones_set_the_confidence_and_all_are_learned() -> None:
    wordings = ("{}", "Hello, {}, thank you", "{}, could somebody look at it today", "Urgent: {}")
    many = [
        example
        for number, wording in enumerate(wordings)
        for example in said(
            [(wording.format(text), label) for text, label in all_texts()], f"person:{number}"
        )
    ]
    first = teach(Assignment(many, DESCRIPTIONS), NoEmbedder())
    assert first.verdict
    assert first.verdict.passed
    assert MANY_EXAMPLES <= first.metrics["texts"] < first.examples
    fresh = said(texts_of("badge", FURNITURE), "person:9", after=9_000)
    later = [replace(example, label="furniture") for example in fresh]
    assignment = Assignment(
        [*many, *later], DESCRIPTIONS, champion=first.model, learned=first.learned
    )
    second = teach(assignment, NoEmbedder())
    assert second.verdict
    assert second.verdict.passed
    assert second.verdict.anchor.texts
    assert "furniture" in load_classifier(second.model).labels
