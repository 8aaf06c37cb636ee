"""What is shown on one line is kept on one line."""

import pytest
from pydantic import TypeAdapter, ValidationError

from ticketyard.core.shapes import Line, MaybeLine


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Printer\nis on fire", "Printer is on fire"),
        ("Printer\r\n\r\nis on fire\n", "Printer is on fire"),
        ("a\vb\fc\x1cd\x85e\u2028f\u2029g", "a b c d e f g"),
        ("  two  blanks\tand a tab ", "two  blanks\tand a tab"),
        (17, "17"),
    ],
)
def test_a_line_break_becomes_a_space(given: object, kept: str) -> None:
    assert TypeAdapter(Line).validate_python(given) == kept
    assert len(kept.splitlines()) == 1


def test_line_breaks_alone_are_nothing() -> None:
    assert TypeAdapter(Line).validate_python("\r\n") == ""
    assert TypeAdapter(MaybeLine).validate_python("\r\n") is None


@pytest.mark.parametrize("given", [None, True, ["Printer"], {"a": 1}, "x" * 501])
def test_what_is_no_line_is_refused(given: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Line).validate_python(given)
