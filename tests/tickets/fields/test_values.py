"""What the company's own fields may hold."""

from typing import Any

import pytest

from ticketyard.tickets.errors import BadField
from ticketyard.tickets.fields.values import Rule, refuse_missing, typed_fields, typed_value

COLOUR = Rule("Colour", "choice", ("Red", "Dark blue"))


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("text", "  two\n words ", "two words"),
        ("text", 17, "17"),
        ("text", "a\u202eb", "ab"),
        ("number", "3,5", 3.5),
        ("number", "1 200", 1200),
        ("number", 4.0, 4),
        ("number", "-0", 0),
        ("date", " 2026-02-28 ", "2026-02-28"),
        ("choice", "dark  BLUE", "Dark blue"),
        ("yes_no", "Yes", True),
        ("yes_no", "нет", False),
        ("yes_no", False, False),
        ("yes_no", 1, True),
        ("text", "   ", None),
        ("number", "", None),
        ("date", None, None),
    ],
)
def test_a_value_is_kept_in_one_form(kind: str, given: Any, kept: Any) -> None:
    rule = COLOUR if kind == "choice" else Rule("It", kind)

    value = typed_value(rule, given)

    assert (value, type(value)) == (kept, type(kept))


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("text", "x" * 1_001),
        ("text", ["a"]),
        ("text", True),
        ("number", "many"),
        ("number", True),
        ("number", "nan"),
        ("number", "inf"),
        ("number", 10**16),
        ("number", {"a": 1}),
        ("date", "28.02.2026"),
        ("date", "2026-02-30"),
        ("date", "2026-W01-1"),
        ("date", "20260228"),
        ("date", 20260228),
        ("choice", "green"),
        ("choice", ["Red"]),
        ("yes_no", "perhaps"),
        ("yes_no", 2),
        ("yes_no", 1.0),
    ],
)
def test_a_value_of_another_kind_is_refused_with_the_fields_name(kind: str, given: Any) -> None:
    rule = COLOUR if kind == "choice" else Rule("Colour", kind)

    with pytest.raises(BadField, match="Colour holds"):
        typed_value(rule, given)


def test_names_find_their_field_in_any_case_and_others_stay_as_they_are() -> None:
    given = {" colour ": "red", "email_from": {"odd": [1]}, "COLOUR": "dark blue"}

    assert typed_fields([COLOUR], given) == {"Colour": "Dark blue", "email_from": {"odd": [1]}}


def test_what_is_asked_for_must_be_there_and_no_is_an_answer() -> None:
    rules = [Rule("Signed", "yes_no", is_required=True), Rule("Floor", "number")]

    refuse_missing(rules, {"Signed": False})
    with pytest.raises(BadField) as refusal:
        refuse_missing(rules, {"Floor": 3, "Signed": None})
    assert refusal.value.extra["fields"] == ["Signed"]
