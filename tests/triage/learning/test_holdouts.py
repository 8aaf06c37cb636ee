"""What is held out: by examples made up at random, whatever they are."""

import hashlib
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketyard.ai.embedding import NoEmbedder
from ticketyard.triage.learning.examples import Example
from ticketyard.triage.learning.holdouts import hold_out
from ticketyard.triage.learning.teaching import Assignment, teach

START = datetime(2026, 1, 5, tzinfo=UTC)
LETTERS = str.maketrans("0123456789", "ghijklmnop")


def wording(number: int) -> str:
    """A text that is like no other: what differs only in numbers is a copy."""
    return hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest().translate(LETTERS)


def examples(*labels: str) -> list[Example]:
    """One a minute."""
    return [
        Example(wording(place), label, START + timedelta(minutes=place))
        for place, label in enumerate(labels)
    ]


@settings(deadline=None)
@given(st.lists(st.sampled_from("abcdef"), max_size=200), st.data())
def test_whatever_is_held_out_something_of_each_label_is_taught(
    labels: list[str], data: st.DataObject
) -> None:
    given_ = examples(*labels)
    known = (
        data.draw(st.sets(st.sampled_from([each.digest for each in given_]))) if given_ else set()
    )
    split = hold_out(given_, known)

    places = [*split.teach, *split.newest, *split.anchor]
    assert sorted(places) == list(range(len(given_)))
    assert {given_[place].label for place in split.teach} == set(labels)
    assert all(given_[place].digest not in known for place in split.newest)
    assert all(given_[place].digest in known for place in split.anchor)
    held = Counter(given_[place].label for place in split.newest)
    assert all(held[label] * 2 <= count for label, count in Counter(labels).items())


def test_the_newest_are_held_out() -> None:
    given_ = examples(*["vpn", "fax"] * 100)
    assert sorted(hold_out(given_, set()).newest) == list(range(160, 200))


def test_at_least_twenty_are_held_out_where_there_are_as_many() -> None:
    assert len(hold_out(examples(*["vpn", "fax"] * 25), set()).newest) == 20
    assert len(hold_out(examples(*["vpn", "fax"] * 8), set()).newest) == 8


@pytest.mark.parametrize(
    ("known", "new", "held"), [(400, 60, 20), (400, 30, 15), (10_000, 1500, 300), (50, 10, 5)]
)
def test_most_of_what_is_new_is_taught_to_the_one_that_is_judged(
    known: int, new: int, held: int
) -> None:
    given_ = examples(*["vpn", "fax"] * ((known + new) // 2))
    split = hold_out(given_, {each.digest for each in given_[:known]})
    assert len(split.newest) == held
    assert sum(place >= known for place in split.teach) == new - held


def test_a_new_label_is_half_taught_and_half_asked() -> None:
    given_ = examples(*["vpn"] * 200, *["fax"] * 30)
    learned = {each.digest for each in given_[:200]}
    split = hold_out(given_, learned)
    assert split.newest == tuple(range(229, 214, -1))
    assert len(split.anchor) == 40


def test_what_came_from_one_file_is_spread() -> None:
    given_ = [Example(wording(place), "vf"[place >= 100], START) for place in range(200)]
    newest = hold_out(given_, set()).newest
    assert 8 <= sum(place < 100 for place in newest) <= 32


@pytest.mark.parametrize("taught", [4000, 20_000])
def test_the_anchor_does_not_grow_without_end(taught: int) -> None:
    given_ = [Example(wording(place), f"l{place % 7}") for place in range(taught)]
    split = hold_out(given_, {each.digest for each in given_})
    assert len(split.anchor) == (798 if taught == 4000 else 1000)
    assert split.newest == ()


@pytest.mark.parametrize(("taught", "anchors"), [(200, 80), (60, 30), (1000, 200)])
def test_each_label_has_enough_of_an_anchor_to_show_that_it_suffers(
    taught: int, anchors: int
) -> None:
    given_ = [Example(wording(place), f"l{place % 10}") for place in range(taught)]
    split = hold_out(given_, {each.digest for each in given_})
    held = Counter(given_[place].label for place in split.anchor)
    assert held == dict.fromkeys((f"l{number}" for number in range(10)), anchors // 10)


def test_small_labels_keep_their_anchor_where_not_all_find_room() -> None:
    given_ = [Example(wording(place), "big" if place > 40 else "small") for place in range(9000)]
    held = Counter(
        given_[place].label for place in hold_out(given_, {each.digest for each in given_}).anchor
    )
    assert held == {"small": 8, "big": 992}


# -- near copies -------------------------------------------------------------------------------------


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 25)), max_size=120),
    st.data(),
)
def test_copies_stand_on_one_side_whatever_they_are(
    rows: list[tuple[str, int]], data: st.DataObject
) -> None:
    given_ = [
        Example(f"{wording(number)}, {place}!", label, START + timedelta(minutes=place))
        for place, (label, number) in enumerate(rows)
    ]
    known = (
        data.draw(st.sets(st.sampled_from([each.digest for each in given_]))) if given_ else set()
    )
    split = hold_out(given_, known)
    held = {*split.newest, *split.anchor}
    assert {rows[place][1] for place in held}.isdisjoint(rows[place][1] for place in split.teach)
    assert {given_[place].label for place in split.teach} == {label for label, _ in rows}
    newest = Counter(given_[place].label for place in split.newest)
    counts = Counter(label for label, _ in rows)
    assert all(newest[label] * 2 <= count for label, count in counts.items())


def test_copies_of_what_is_known_do_not_take_the_anchor_away() -> None:
    """Else whoever sends every known text again, under other labels, would not be judged by them."""
    known = [Example(wording(place), "vf"[place % 2], START) for place in range(200)]
    again = [
        Example(f"{wording(place)}.", "fv"[place % 2], START + timedelta(days=1))
        for place in range(200)
    ]
    split = hold_out([*known, *again], {each.digest for each in known})
    assert len(split.anchor) >= 40
    assert len(split.newest) >= 40


def test_a_file_of_doubled_rows_is_judged_as_the_half_of_it_is() -> None:
    """Labels that nothing in the text speaks for cannot be told, however often each row is there."""
    chance = random.Random(3)
    once = [
        (" ".join(wording(chance.randrange(400))[:5] for _ in range(9)), chance.choice("abcd"))
        for _ in range(60)
    ]
    doubled = [*once, *((f"{text.title()}!!", label) for text, label in once)]
    outcome = teach(
        Assignment([Example(*pair) for pair in doubled], dict.fromkeys("abcd", "")), NoEmbedder()
    )
    assert outcome.verdict
    newest = outcome.verdict.newest
    assert newest.texts >= 20
    assert newest.after_share < 0.6
