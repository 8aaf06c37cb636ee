"""Which questions ask the same."""

import numpy as np
import pytest

from ticketyard.ai.embedding import open_embedder
from ticketyard.knowledge.learning.likeness import (
    STEMS_MAX,
    Groups,
    Trace,
    likeness,
    may_be_same,
    stems_of,
    trace_of,
)

EMBEDDER = open_embedder()


def trace(text: str) -> Trace:
    return trace_of(text, EMBEDDER.embed([text])[0])


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("How do I change my phone number?", "Where can I update my mobile number", True),
        ("The printer is jammed", "Printer paper jam, how to clear?", True),
        ("The printer is jammed", "My laptop is very slow", False),
        ("VPN does not connect from home", "The VPN is not connecting at home", True),
        ("Не работает VPN из дома", "VPN из дома не подключается", True),
        # The packaged model puts these two near each other, and knows no word of either.
        ("Где обновить мобильный номер", "Ноутбук очень медленный", False),
        ("Как поменять номер телефона?", "Какой номер у офиса?", False),
        ("", "The printer is jammed", False),
        ("[e-mail] [phone]", "[e-mail] [phone]", False),
    ],
)
def test_two_questions(one: str, other: str, alike: bool) -> None:
    assert (likeness(trace(one), trace(other)) > 0) == alike


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("reset the router at home", "how to reset the router", True),
        ("reset the router at home", "reset my password", False),
        ("router", "router", False),
    ],
)
def test_without_vectors_words_say_it(one: str, other: str, alike: bool) -> None:
    assert (likeness(trace_of(one), trace_of(other)) > 0) == alike


def test_vectors_of_two_lengths_are_not_compared() -> None:
    one, other = trace_of("a printer", np.ones(3, np.float32)), trace_of("no jam", np.ones(4))
    assert likeness(one, other) == 0


def test_the_first_of_equals_is_taken() -> None:
    printer = trace("The printer is jammed")
    assert Groups([trace("My laptop is slow"), printer, printer]).find(printer) == 1
    assert Groups([trace("My laptop is slow")]).find(printer) is None
    assert Groups().find(printer) is None


def test_many_groups_at_once_are_found_like_one_by_one() -> None:
    texts = [f"{verb} the {thing}" for verb in ("restart", "order", "repair", "clean")
             for thing in ("printer", "laptop", "router", "badge", "phone")]  # fmt: skip
    asked = [*texts, "my printer has to be restarted", "please repair that laptop", "", "lunch"]
    traces = [trace(each) for each in texts]
    # Some without vectors, one of another model.
    traces[3], traces[7] = trace_of(texts[3]), trace_of(texts[7], np.ones(3, np.float32))
    groups = Groups(traces[:10])
    for each in traces[10:]:
        groups.add(each)
    groups.join(0, trace("restart printers in the hall"))
    for text in asked:
        one = trace(text)
        alike = [likeness(one, group) for group in groups.traces]
        best = alike.index(max(alike)) if max(alike) > 0 else None
        assert groups.find(one) == best


def test_a_group_remembers_the_words_of_all_but_not_without_end() -> None:
    group = trace_of("the printer")
    for number in range(100):
        group = group.joined_by(trace_of(f"printer word{number} other{number}"))
    assert group.lead == stems_of("the printer")
    assert len(group.words) == STEMS_MAX


def test_a_group_takes_the_vector_it_can_have() -> None:
    one = trace_of("printer", np.array([1.0, 0.0], np.float32))
    assert trace_of("printer").joined_by(one).vector is one.vector
    assert one.joined_by(trace_of("printer")).vector is one.vector
    both = one.joined_by(trace_of("jam", np.array([0.0, 1.0], np.float32)))
    assert both.vector is not None
    assert both.vector.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("one", "other", "may"),
    [
        ("The printer is jammed", "The printer still jams", True),
        ("The printer is jammed", "", True),
        ("The printer is jammed", "Paper is stuck in the device", True),
        ("The printer is jammed", "Where is my salary slip?", False),
    ],
)
def test_whoever_counts_successes_doubts(one: str, other: str, may: bool) -> None:
    assert may_be_same(trace(one), trace(other)) == may
