"""Feedback that would poison the model is held back, and honest feedback is not."""

import random
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.triage.learning.lessons import (
    FURNITURE,
    LABELS,
    START,
    all_texts,
    flipped,
    said,
    texts_of,
)
from ticketyard.ai.embedding import Embedder, NoEmbedder, Vectors, open_embedder
from ticketyard.triage.learning.examples import Example
from ticketyard.triage.learning.remembering import Remembering
from ticketyard.triage.learning.screening import FLOOD_MOST, Opinion, Screened, screen
from ticketyard.triage.learning.teaching import Assignment, Outcome, hashed, teach

EMBEDDERS: list[Embedder] = [Remembering(open_embedder()), NoEmbedder()]
DESCRIPTIONS = dict.fromkeys((*LABELS, "furniture"), "")
GOOD = all_texts()[:400]
MORE = all_texts()[:150]


def lesson(
    examples: Sequence[Example], embedder: Embedder, before: Outcome | None = None
) -> Outcome:
    assignment = Assignment(examples, DESCRIPTIONS)
    if before:
        assignment = replace(assignment, champion=before.model, learned=before.learned)
    return teach(assignment, embedder)


@pytest.fixture(scope="module", params=EMBEDDERS, ids=["embeddings", "words"])
def taught(request: pytest.FixtureRequest) -> tuple[Embedder, Outcome]:
    embedder: Embedder = request.param
    outcome = lesson(said(GOOD), embedder)
    assert outcome.verdict
    assert outcome.verdict.passed
    return embedder, outcome


def is_harmless(outcome: Outcome) -> bool:
    """Nothing was put in use, or what was is as good as before on what is known."""
    return not outcome.model or bool(outcome.verdict and outcome.verdict.anchor.after_share >= 0.95)


@pytest.mark.parametrize("people", [1, 3])
def test_labels_flipped_by_one_or_three_people_are_not_learned(
    taught: tuple[Embedder, Outcome], people: int
) -> None:
    embedder, before = taught
    wrong = [
        replace(each, by=f"person:{2 + place % people}")
        for place, each in enumerate(said(flipped(MORE), after=1000))
    ]
    outcome = lesson([*said(GOOD), *wrong], embedder, before)
    assert len(outcome.aside) >= 140
    assert is_harmless(outcome)
    assert len({each.place for each in outcome.aside} & set(range(400))) == 0


def test_labels_flipped_slowly_are_not_learned_and_a_new_label_is(
    taught: tuple[Embedder, Outcome],
) -> None:
    embedder, before = taught
    wrong = said(flipped(MORE), "person:2", after=1000)
    for until in (50, 100, 150):
        outcome = lesson([*said(GOOD), *wrong[:until]], embedder, before)
        assert is_harmless(outcome)
        assert len(outcome.aside) >= until - 5
        before = outcome if outcome.model else before
    chairs = texts_of("furniture", FURNITURE)
    random.Random(3).shuffle(chairs)
    new = said(chairs, "person:3", after=2000)
    outcome = lesson([*said(GOOD), *wrong, *new], embedder, before)
    assert outcome.verdict
    assert outcome.verdict.passed, outcome.verdict.reason
    assert "furniture" in outcome.labels
    assert (outcome.verdict.newest.texts, outcome.verdict.newest.after_right) == (20, 20)
    assert all(each.place < 550 for each in outcome.aside)


def test_honest_work_passes(taught: tuple[Embedder, Outcome]) -> None:
    embedder, before = taught
    honest = [(f"Hello, {text.lower()}", label) for text, label in MORE]
    outcome = lesson([*said(GOOD), *said(honest, "person:4", after=1000)], embedder, before)
    assert len(outcome.aside) <= 3
    assert outcome.verdict
    assert outcome.verdict.passed, outcome.verdict.reason


def test_what_an_admin_let_pass_is_learned(taught: tuple[Embedder, Outcome]) -> None:
    embedder, before = taught
    (wrong,) = said([("The printer jams paper in the cellar", "vpn")], "person:2", after=1000)
    assert len(lesson([*said(GOOD), wrong], embedder, before).aside) == 1
    accepted = replace(wrong, is_accepted=True)
    outcome = lesson([*said(GOOD), accepted], embedder, before)
    assert outcome.aside == ()
    assert outcome.examples == 401


# -- the rules one by one, on vectors made by hand ---------------------------------------------------


def at(text: str, label: str, minute: int = 0, by: str = "person:1", rank: int = 2) -> Example:
    return Example(text, label, START + timedelta(minutes=minute), by, by, rank)


def apart(count: int) -> Vectors:
    """Each like none of the others."""
    return np.eye(count, dtype=np.float32)


def kept(examples: Sequence[Example], vectors: Vectors | None = None) -> list[str]:
    screened = screen(examples, apart(len(examples)) if vectors is None else vectors)
    return [f"{examples[place].by}/{examples[place].label}" for place in screened.kept]


@pytest.mark.parametrize(
    ("name", "second", "expected"),
    [
        ("the newest", at("x", "fax", 2, "person:2"), "person:2/fax"),
        ("not an older one", at("x", "fax", 0, "person:2"), "person:1/vpn"),
        ("the higher role, though older", at("x", "fax", 0, "person:2", 3), "person:2/fax"),
        ("not the lower role, though newer", at("x", "fax", 9, "source:a", 1), "person:1/vpn"),
        (
            "what an admin let pass",
            replace(at("x", "fax", 0, "person:2", 1), is_accepted=True),
            "person:2/fax",
        ),
    ],
)
def test_of_one_text_with_two_labels_one_word_counts(
    name: str, second: Example, expected: str
) -> None:
    assert kept([at("x", "vpn", 1), second]) == [expected]


def test_a_flood_of_one_person_counts_as_few() -> None:
    flood = [at(f"Printer {place} is broken!", "vpn", place) for place in range(50)]
    other = [at(f"Printer {place} broken", "fax", place, "person:2") for place in range(3)]
    assert Counter(kept([*flood, *other])) == {"person:1/vpn": FLOOD_MOST, "person:2/fax": 3}


def test_a_flood_that_stood_back_once_does_so_in_the_next_training() -> None:
    flood = [at(f"Printer {place} is broken!", "vpn", place) for place in range(50)]
    known = {each.digest for each in flood}
    again = screen(flood, hashed([each.text for each in flood]), learned=known)
    assert len(again.kept) == FLOOD_MOST


def test_a_flood_in_other_words_is_seen_by_its_meaning() -> None:
    flood = [at(f"{'abcdefghij'[place]} broken", "vpn", place) for place in range(10)]
    same = np.tile(apart(1), (10, 1))
    assert len(kept(flood, same)) == FLOOD_MOST
    assert len(kept(flood)) == 10


def crowd(count: int, label: str, by: str = "person:9") -> list[Example]:
    return [at(f"{label} {'abcdefghijklmnopqrst'[place]}", label, 0, by) for place in range(count)]


def doubted(opinion: Opinion | None, claimed: str = "fax") -> Screened:
    """One new example among twenty known ones of another label, all in one place."""
    known = crowd(20, "vpn")
    examples = [*known, at("new", claimed, 5, "person:2")]
    return screen(
        examples,
        np.tile(apart(1), (21, 1)),
        learned={each.digest for each in known},
        opinions={20: opinion} if opinion else {},
    )


@pytest.mark.parametrize(
    ("name", "opinion", "claimed", "is_aside"),
    [
        ("sure of another", Opinion("vpn", {"vpn": 0.95, "fax": 0.01}), "fax", True),
        ("not sure enough", Opinion("vpn", {"vpn": 0.6, "fax": 0.01}), "fax", False),
        ("thinkable", Opinion("vpn", {"vpn": 0.9, "fax": 0.08}), "fax", False),
        ("model and neighbours differ", Opinion("tea", {"tea": 0.95, "fax": 0.01}), "fax", False),
        ("a label it was never taught", Opinion("vpn", {"vpn": 0.99}), "fax", False),
        ("right", Opinion("vpn", {"vpn": 0.99, "fax": 0.01}), "vpn", False),
        ("no model, all neighbours agree", None, "fax", True),
    ],
)
def test_an_example_is_doubted_when_model_and_neighbours_are_sure(
    name: str, opinion: Opinion | None, claimed: str, is_aside: bool
) -> None:
    assert bool(doubted(opinion, claimed).aside) is is_aside


def test_the_reason_says_what_texts_like_it_are() -> None:
    (suspect,) = doubted(Opinion("vpn", {"vpn": 0.95, "fax": 0.01})).aside
    assert suspect.reason == "Filed as fax, but 8 of 8 texts like it are vpn."
    assert (suspect.says, suspect.certainty) == ("vpn", 0.95)


def test_a_text_unlike_all_others_is_not_doubted() -> None:
    known = crowd(20, "vpn")
    vectors = np.vstack([np.tile([1.0, 0.0], (20, 1)), [[0.0, 1.0]]]).astype(np.float32)
    screened = screen(
        [*known, at("new", "fax", 5)],
        vectors,
        learned={each.digest for each in known},
        opinions={20: Opinion("vpn", {"vpn": 0.95, "fax": 0.01})},
    )
    assert screened.aside == ()


@pytest.mark.parametrize(
    ("wrong", "right", "all_aside"), [(5, 5, True), (4, 4, False), (5, 30, False)]
)
def test_whoever_is_wrong_too_often_is_believed_nothing(
    wrong: int, right: int, all_aside: bool
) -> None:
    known = crowd(20, "vpn")
    new = [at(f"w{'abcdefghij'[n]}", "fax", n, "person:2") for n in range(wrong)]
    new += [
        at(f"r{chr(97 + n % 26)}{chr(97 + n // 26)}", "vpn", n, "person:2") for n in range(right)
    ]
    examples = [*known, *new, at("other", "vpn", 9, "person:3")]
    # One a direction of its own among the new, so that none is a flood, and all near the known.
    ones = np.ones((len(examples), 1), np.float32)
    vectors = np.hstack([ones, np.eye(len(examples), dtype=np.float32) * 0.5])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    says = Opinion("vpn", {"vpn": 0.95, "fax": 0.01})
    screened = screen(
        examples,
        vectors,
        learned={each.digest for each in known},
        opinions={place: says for place in range(20, len(examples))},
    )
    assert len(screened.aside) == (wrong + right if all_aside else wrong)
    assert len(examples) - 1 in screened.kept


def test_the_known_word_stands_in_for_one_put_aside() -> None:
    known = crowd(20, "vpn")
    examples = [*known, at(known[0].text, "fax", 5, "person:2")]
    screened = screen(
        examples,
        np.tile(apart(1), (21, 1)),
        learned={each.digest for each in known},
        opinions={20: Opinion("vpn", {"vpn": 0.95, "fax": 0.01})},
    )
    assert screened.kept == tuple(range(20))
    assert [each.place for each in screened.aside] == [20]


def _word(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def test_likeness_is_never_held_of_all_texts_at_once() -> None:
    count = 6000
    chance = np.random.default_rng(1)
    vectors = chance.normal(size=(count, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    examples = [
        Example(_word(place), "vpn" if row[0] > 0 else "fax", START, f"person:{place % 50}")
        for place, row in enumerate(vectors)
    ]
    tracemalloc.start()
    screened = screen(examples, vectors)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(screened.kept) + len(screened.aside) + len(screened.covered) == count
    assert most < count * count * 4 / 2


example = st.builds(
    at,
    st.sampled_from([f"text {letter}" for letter in "abcdefgh"]),
    st.sampled_from(["vpn", "fax"]),
    st.integers(0, 100),
    st.sampled_from(["person:1", "person:2", "source:glpi"]),
    st.integers(1, 3),
)


@settings(deadline=None)
@given(st.lists(example, max_size=60), st.data())
def test_every_example_is_kept_held_back_or_stood_for(
    examples: list[Example], data: st.DataObject
) -> None:
    learned = (
        data.draw(st.sets(st.sampled_from([each.digest for each in examples])))
        if examples
        else set()
    )
    screened = screen(examples, hashed([each.text for each in examples]), learned=learned)
    places = [*screened.kept, *(each.place for each in screened.aside), *screened.covered]
    assert sorted(places) == list(range(len(examples)))
    texts = [examples[place].text for place in screened.kept]
    assert len(texts) == len(set(texts))
    assert all(examples[each.place].digest not in learned for each in screened.aside)
