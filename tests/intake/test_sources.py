"""Every source's own shape, read into one; and nothing that is sent makes a reader stumble."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.core.errors import Invalid, Unreadable
from ticketyard.intake.arrivals import REFERENCE_MAX, short_reference
from ticketyard.intake.errors import UnknownSource
from ticketyard.intake.sources.unified import READERS, source_named
from ticketyard.tickets.opening import row_of

FORM = {
    "title": "Printer",
    "description": "Silent.",
    "email": "rita@example.com",
    "name": "Rita",
}


@pytest.mark.parametrize(
    ("source", "data", "expected"),
    [
        ("glpi", {"id": 7}, {"source_reference": "7", "title": "", "requester_email": None}),
        ("glpi", {"name": "N", "content": "C", "priority": 3},
         {"title": "N", "description": "C", "priority": "medium", "source_priority": "3"}),
        ("glpi", {"title": "T", "_users_id_recipient": 12}, {"requester_name": None}),
        ("glpi", {"title": "T", "_users_id_recipient": {"email": "a@b.example", "name": "A"}},
         {"requester_name": "A", "requester_email": "a@b.example"}),
        ("glpi", {"title": "T", "itilcategories_id": 5},
         {"category": None, "source_category": None}),
        ("glpi", {"title": "T", "itilcategories_id": "Hardware > Printer"},
         {"category": "hardware", "source_category": "Hardware > Printer"}),
        ("glpi", {"title": "T", "category": "VPN", "itilcategories_id": {"name": "Printer"}},
         {"category": "vpn", "source_category": "VPN"}),
        ("glpi", {"title": "T", "requester_email": "nobody"}, {"requester_email": None}),
        ("glpi", {"title": "T", "requester_email": "Rita R <rita@example.com>"},
         {"requester_email": "rita@example.com", "requester_name": "Rita R"}),
        ("solman", {"ShortText": "S", "Priority": "2: High"},
         {"title": "S", "priority": "high", "source_priority": "2: High"}),
        ("solman", {"title": "T", "requester_name": "R", "priority": "very low"},
         {"title": "T", "requester_name": "R", "priority": "low"}),
        ("email", {"subject": "S", "body": "B", "from": "Rita <rita@example.com>"},
         {"title": "S", "requester_name": "Rita", "requester_email": "rita@example.com"}),
        ("email", {"body": "B", "from": {"name": "Rita", "email": ""}},
         {"title": "", "requester_name": "Rita", "requester_email": None}),
        ("email", {"title": "T", "requester_email": "a@b.example", "requester_name": "A"},
         {"requester_email": "a@b.example", "requester_name": "A"}),
        ("web_form", {**FORM, "priority": "HIGH", "category": "VPN", "location": "  "},
         {"priority": "high", "category": "vpn", "location": None}),
        ("web_form", {**FORM, "priority": ""}, {"priority": None}),
        ("web_form", {**FORM, "user_id": 12}, {"source_data": {"user_id": "12"}}),
        ("api", {"title": "T", "tags": ["a", "a", " b "]}, {"tags": ("a", "b")}),
    ],
)  # fmt: skip
def test_what_a_source_says(source: str, data: dict[str, Any], expected: dict[str, Any]) -> None:
    ticket = READERS[source](data, "").ticket
    assert {name: getattr(ticket, name) for name in expected} == expected
    assert ticket.source == source


def test_what_has_no_place_on_the_ticket_stays_beside_it() -> None:
    told = READERS["glpi"]({"title": "T", "entities_id": 4, "urgency": 3, "date": None}, "").ticket
    assert told.source_data == {"entities_id": 4, "urgency": 3}


def test_very_much_beside_it_stays_in_the_raw_message() -> None:
    told = READERS["glpi"]({"title": "T", "notes": "x" * 40_000}, "").ticket
    assert set(told.source_data) == {"left_out"}


def test_a_file_is_only_named() -> None:
    files = READERS["solman"](
        {
            "ShortText": "S",
            "Attachments": [{"FileName": "a/b\u202egpj.exe", "FilePath": "\\\\h\\x"}],
        },
        "",
    ).files
    assert [(each.filename, each.foreign_reference, each.blob_key) for each in files] == [
        ("bgpj.exe", "\\\\h\\x", None)
    ]


@pytest.mark.parametrize(
    ("source", "data", "field"),
    [
        ("glpi", None, "data"),
        ("glpi", {"id": {"x": 1}}, "data.id"),
        ("glpi", {}, "data.title"),
        ("glpi", {"title": " ", "description": "\n"}, "data.title"),
        ("solman", {"Attachments": {}}, "data.Attachments"),
        ("email", {"from": {"email": "x@y.example"}}, "data.title"),
        ("web_form", {**FORM, "title": " "}, "data.title"),
        ("web_form", {**FORM, "email": "a@b@c"}, "data.email"),
        ("web_form", {**FORM, "email": "a\n@b.example"}, "data.email"),
        ("web_form", {**FORM, "priority": "asap"}, "data.priority"),
        ("web_form", {**FORM, "hobby": "x"}, "data.hobby"),
        ("chatbot", {"query": "q"}, "data.user_id"),
        ("api", {"title": "T", "tags": ["x"] * 21}, "data.tags"),
    ],
)
def test_what_cannot_be_read_is_named(source: str, data: object, field: str) -> None:
    with pytest.raises(Unreadable) as refused:
        READERS[source](data, "data")
    errors = refused.value.extra["errors"]
    assert isinstance(errors, list)
    assert field in [each["path"] for each in errors]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("GLPI", "glpi"), ("glpi", "glpi"), ("Solman", "solman"), (" Email ", "email"),
        ("WEB_FORM", "web_form"), ("WEBFORM", "web_form"), ("web-form", "web_form"),
        ("Web Form", "web_form"), ("CHATBOT", "chatbot"), ("API", "api"),
    ],
)  # fmt: skip
def test_a_source_is_known_however_it_is_written(word: str, expected: str) -> None:
    assert source_named(word) == expected


@pytest.mark.parametrize("word", ["", "FAX", "alert", "csv", "\x00", "glpi\x00"])
def test_an_unknown_source_is_refused_with_the_known_ones(word: str) -> None:
    with pytest.raises(UnknownSource, match="GLPI, SOLMAN, EMAIL, WEB_FORM, CHATBOT, API"):
        source_named(word)


def test_a_long_reference_stays_recognisable_and_fits() -> None:
    one, two = short_reference("x" * 900), short_reference("x" * 901)
    assert one is not None
    assert two is not None
    assert one != two
    assert len(one) == len(two) == REFERENCE_MAX
    assert short_reference(" 12 ") == "12"
    assert short_reference("  ") is None


# Everything that a JSON parser can hand on, lone surrogates and NUL included.
ANY_TEXT = st.text(st.characters(), max_size=20)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | ANY_TEXT
)  # fmt: skip
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        "id",
        "title",
        "name",
        "description",
        "content",
        "requester_email",
        "requester_name",
        "category",
        "priority",
        "documents",
        "itilcategories_id",
        "_users_id_recipient",
        "filename",
        "filepath",
        "filesize",
        "IncidentID",
        "ShortText",
        "Priority",
        "Attachments",
        "FileSize",
        "subject",
        "body",
        "from",
        "email",
        "message_id",
        "attachments",
        "size",
        "query",
        "user_id",
        "user_email",
        "user_name",
        "context",
        "tags",
        "custom_fields",
        "location",
    ]
)
OBJECTS = st.dictionaries(
    NAMES | ANY_TEXT,
    ANYTHING | st.dictionaries(NAMES, ANYTHING, max_size=3)
    | st.lists(st.dictionaries(NAMES, ANYTHING, max_size=3), max_size=2),
    max_size=6,
)  # fmt: skip


@given(source=st.sampled_from(sorted(READERS)), data=OBJECTS | ANYTHING)
def test_a_reader_refuses_or_gives_what_can_be_stored(source: str, data: object) -> None:
    try:
        arrival = READERS[source](data, "data")
    except Invalid as refusal:
        orjson.dumps(dict(refusal.extra))
        return
    stored = orjson.dumps(row_of(arrival.ticket, "TKT-20250101-001"))
    assert b"\\u0000" not in stored
    assert arrival.ticket.source_reference is None or (
        len(arrival.ticket.source_reference) <= REFERENCE_MAX
    )
