import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.tickets.errors import BadField
from ticketyard.tickets.labels import (
    FIELD_BYTES_MAX,
    FIELDS_MAX,
    TAG_MAX,
    TAGS_MAX,
    merged_fields,
    normal_priority,
    normal_severity,
    normal_tags,
    normal_title,
)


@pytest.mark.parametrize(
    ("given_tags", "kept"),
    [
        (["Printer", "printer ", " PRINTER"], ["printer"]),
        (["#VPN", "third   floor"], ["vpn", "third floor"]),
        (["", "  ", "#"], []),
        (["b", "a"], ["b", "a"]),
        (["Ёлка", "ёлка"], ["ёлка"]),
        (["a\x00b", "c\u202ed"], ["ab", "cd"]),
        (["e\u0301", "é"], ["é"]),
    ],
)
def test_tags_are_written_in_one_way(given_tags: list[str], kept: list[str]) -> None:
    assert normal_tags(given_tags) == kept


@pytest.mark.parametrize("tags", [[str(n) for n in range(TAGS_MAX + 1)], ["x" * (TAG_MAX + 1)]])
def test_too_many_and_too_long_tags_are_refused(tags: list[str]) -> None:
    with pytest.raises(BadField):
        normal_tags(tags)


@given(st.lists(st.text(max_size=40), max_size=20))
def test_normal_tags_stay_as_they_are(tags: list[str]) -> None:
    once = normal_tags(tags)

    assert normal_tags(once) == once


@pytest.mark.parametrize(
    ("title", "kept"),
    [("  Two\n lines ", "Two lines"), ("\u202eexe.fdp", "exe.fdp"), ("Принтер", "Принтер")],
)
def test_a_title_is_one_clean_line(title: str, kept: str) -> None:
    assert normal_title(title) == kept


@pytest.mark.parametrize("title", ["", "   ", "\x00\u202e", None, "x" * 301])
def test_an_impossible_title_is_refused(title: str | None) -> None:
    with pytest.raises(BadField):
        normal_title(title)


@pytest.mark.parametrize(
    ("word", "meant"), [("High", "high"), (" normal ", "medium"), ("CRITICAL", "critical")]
)
def test_priorities_are_read_in_any_case(word: str, meant: str) -> None:
    assert normal_priority(word) == meant


@pytest.mark.parametrize("word", ["", None, "urgentest", "1"])
def test_an_unknown_priority_is_refused(word: str | None) -> None:
    with pytest.raises(BadField, match="critical"):
        normal_priority(word)


def test_a_severity_may_be_missing_but_not_unknown() -> None:
    assert normal_severity(None) is None
    assert normal_severity("Info") == "info"
    with pytest.raises(BadField):
        normal_severity("grave")


def test_custom_fields_are_set_replaced_and_taken_away() -> None:
    assert merged_fields({"a": 1, "b": 2}, {"b": None, "c": {"d": [1]}}) == {
        "a": 1,
        "c": {"d": [1]},
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"": 1},
        {"n" * 61: 1},
        {"big": "x" * FIELD_BYTES_MAX},
        {f"f{n}": n for n in range(FIELDS_MAX + 1)},
        {f"f{n}": "x" * 3_900 for n in range(9)},
    ],
)
def test_custom_fields_have_limits(changes: dict[str, object]) -> None:
    with pytest.raises(BadField):
        merged_fields({}, changes)
