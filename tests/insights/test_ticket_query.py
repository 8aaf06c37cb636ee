import base64

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.insights.ticket_filters import normal_filters
from ticketyard.insights.ticket_query import TicketQuery, render_cursor, with_cursor
from ticketyard.tickets.errors import BadField


@pytest.mark.parametrize(
    ("given_filters", "meant"),
    [
        ({"status": ["OPEN", "open"]}, {"status": ("open",)}),
        ({"priority": ["Normal"]}, {"priority": ("medium",)}),
        ({"source": ["WEBFORM", "web-form"]}, {"source": ("web_form",)}),
        ({"sentiment": ["Негативный"]}, {"sentiment": ("negative",)}),
        ({"language": ["ru", "kk", "en"]}, {"language": ("RU", "KZ", "ENG")}),
        ({"segment": ["vip"]}, {"segment": ("VIP",)}),
        ({"category": [" Жалоба "]}, {"category": ("Жалоба",)}),
        ({"unassigned": ["1"]}, {"unassigned": ("true",)}),
        ({"created_after": ["2025-12-31"]}, {"created_after": ("2025-12-31T00:00:00+00:00",)}),
        (
            {"created_before": ["2025-12-31T10:00:00 05:00"]},
            {"created_before": ("2025-12-31T05:00:00+00:00",)},
        ),
        ({"q": ["tkt-20251215-001"]}, {"number": ("TKT-20251215-001",)}),
        ({"q": ["  "], "status": []}, {}),
        ({"q": ["a\x00b"]}, {"q": ("a\ufffdb",)}),
    ],
)
def test_filters_are_brought_into_the_form_the_tickets_have(
    given_filters: dict[str, list[str]], meant: dict[str, tuple[str, ...]]
) -> None:
    assert normal_filters(given_filters) == meant
    assert normal_filters(meant) == meant


@pytest.mark.parametrize(
    "wrong",
    [
        {"stauts": ["open"]},
        {"status": ["opened"]},
        {"severity": ["grave"]},
        {"source": ["fax"]},
        {"assignee_id": ["1 or 1=1"]},
        {"assignee_id": ["²"]},
        {"team_id": ["99999999999"]},
        {"camera_id": ["-1"]},
        {"created_after": ["yesterday"]},
        {"created_after": ["9999-12-31T23:59:59-23:59"]},
        {"created_after": ["2025-01-01", "2025-01-02"]},
        {"unassigned": ["maybe"]},
        {"q": ["x" * 401]},
        {"tag": ["x"] * 101},
        {"tag": ["x" * 51]},
    ],
)
def test_a_wrong_filter_is_refused_without_being_repeated(wrong: dict[str, list[str]]) -> None:
    with pytest.raises(BadField) as refused:
        normal_filters(wrong)

    assert "1=1" not in refused.value.detail
    assert "stauts" not in refused.value.detail


@given(st.dictionaries(st.text(max_size=10), st.lists(st.text(max_size=20), max_size=3)))
def test_no_filter_breaks_the_reader(filters: dict[str, list[str]]) -> None:
    try:
        normal_filters(filters)
    except BadField:
        return


@pytest.mark.parametrize(
    "wrong",
    [{"sort": "password"}, {"limit": 0}, {"limit": 501}, {"offset": -1}, {"offset": 10_000_001}],
)
def test_an_impossible_page_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadField):
        TicketQuery(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sort", "keys"),
    [
        ("created_at", ["2025-12-15T10:00:00.123456+00:00", 7]),
        ("priority", [5, "2025-12-15T10:00:00+00:00", 7]),
        ("number", ["TKT-20251215000000001", 7]),
        ("id", [7]),
    ],
)
def test_a_cursor_continues_where_it_was_made(sort: str, keys: list[object]) -> None:
    query = TicketQuery(sort=sort, descending=False, where={"status": ("open",)})
    again = with_cursor(TicketQuery(where={"status": ("open",)}), render_cursor(query, keys))

    assert (again.sort, again.descending) == (sort, False)
    assert again.after == tuple(str(key) for key in keys)
    assert again.where == query.where


def _cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "", "abc", "ж", "[]", "=", _cursor(), _cursor("id"), _cursor("id", True, 7),
        _cursor("id", True, "7); drop table ticket; --"), _cursor("relevance", True, "7"),
        _cursor("password", True, "7"), _cursor("priority", True, "32768", "2025-12-15", "7"),
        _cursor("created_at", True, "now()", "7"), _cursor("created_at", True, "7"),
        _cursor("id", True, "9" * 30), _cursor({}, True, "1"), base64.b64encode(b"7").decode(),
    ],
)  # fmt: skip
def test_a_forged_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadField):
        with_cursor(TicketQuery(), cursor)
