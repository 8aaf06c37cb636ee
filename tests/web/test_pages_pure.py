"""What pages decide without a database: addresses, words, drawings, the way of a ticket."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.insights.queue_filter import SORTS, VIEWS, QueueFilter
from ticketyard.tickets.lifecycle import STATUSES, allowed_next
from ticketyard.tickets.models import StateChange
from ticketyard.web.pages import wording
from ticketyard.web.pages.drawing import (
    HEIGHT_MAX,
    WIDTH,
    Place,
    draw_columns,
    draw_map,
    draw_pairs,
)
from ticketyard.web.pages.frame import local_path
from ticketyard.web.pages.history_words import tell
from ticketyard.web.pages.queue_address import (
    parse_filter,
    parse_instant,
    render_address,
)
from ticketyard.web.pages.texts import Texts
from ticketyard.web.pages.ticket_view import next_steps, way

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@given(
    st.builds(
        QueueFilter,
        view=st.sampled_from(VIEWS),
        q=st.text(max_size=20).map(str.strip),
        status=st.sampled_from(("", *STATUSES)),
        assignee=st.sampled_from(("", "none", "7")),
        sort=st.sampled_from(tuple(SORTS)),
    )
)
def test_an_address_leads_back_to_the_same_queue(wanted: QueueFilter) -> None:
    query = dict(parse_qsl(urlsplit(render_address(wanted)).query))
    assert parse_filter(query) == wanted


@given(st.text(max_size=60))
def test_a_bent_instant_means_the_beginning(word: str) -> None:
    assert parse_instant(word).tzinfo is not None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/queue?view=mine", "/queue?view=mine"),
        ("/tickets/TKT-20261121-001#comment-3", "/tickets/TKT-20261121-001#comment-3"),
        ("", "/queue"),
        ("//evil.test/", "/queue"),
        ("/\\evil.test/", "/queue"),
        ("https://evil.test/", "/queue"),
        ("/a\r\nSet-Cookie: b", "/queue"),
    ],
)
def test_only_paths_of_this_desk_are_gone_to(path: str, expected: str) -> None:
    assert local_path(path) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-5, "0s"), (59, "59s"), (60, "1m"), (3_599, "59m"), (3_600, "1h"), (86_400, "1d"),
     (86_400 * 59, "59d"), (86_400 * 61, "2mo"), (86_400 * 800, "2y")],
)  # fmt: skip
def test_ages_are_said_in_one_unit(seconds: int, expected: str) -> None:
    assert wording.age(NOW - timedelta(seconds=seconds), NOW) == expected


@pytest.mark.parametrize(
    ("count", "expected"), [(0, "0 B"), (999, "999 B"), (14_200, "14 kB"), (3_210_000, "3.2 MB")]
)
def test_sizes_are_said_in_one_unit(count: int, expected: str) -> None:
    assert wording.size(count) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Айгүл Серікова", "АС"), ("ana", "A"), ("", "?"), ("  (7) Bo  Li ", "BL"), ("李 明", "李明")],
)
def test_initials_in_any_script(name: str, expected: str) -> None:
    assert wording.initials(name) == expected


def test_a_file_name_cannot_pretend_to_be_another() -> None:
    assert wording.plain_name("annual\u202efdp.exe") == "annualfdp.exe"
    assert len(wording.plain_name("x" * 300)) < 80


@pytest.mark.parametrize("status", STATUSES)
def test_every_allowed_step_has_a_button_and_one_is_the_usual(status: str) -> None:
    steps = next_steps(status)
    assert {step.status for step in steps} == set(allowed_next(status))
    assert sum(step.main for step in steps) == (1 if steps else 0)
    assert all(step.verb for step in steps)


@pytest.mark.parametrize(
    ("status", "before", "expected"),
    [
        ("open", [], ["here", "", "", "", ""]),
        ("assigned", ["open"], ["passed", "here", "", "", ""]),
        ("pending", ["open", "in_progress"], ["passed", "passed", "here waiting", "", ""]),
        ("resolved", ["open"], ["passed", "passed", "passed", "here done", ""]),
        ("false_positive", ["open"], ["passed", "passed", "passed", "here done", ""]),
        ("closed", ["open", "false_positive"], ["passed"] * 4 + ["here done"]),
    ],
)
def test_the_way_shows_where_a_ticket_is(
    status: str, before: list[str], expected: list[str]
) -> None:
    changes = [StateChange(to_status=each, changed_at=NOW) for each in (*before, status)]
    stops = way(status, changes)
    assert [stop.kind for stop in stops] == expected
    here = next(stop for stop in stops if "here" in stop.kind)
    assert here.at == NOW
    assert here.name == wording.STATUS[status]


POINT = st.tuples(st.floats(-89, 89), st.floats(-179, 179))


@given(st.lists(POINT, min_size=2, max_size=25), POINT)
def test_any_map_stays_inside_its_frame_and_joins_all_offices(
    offices: list[tuple[float, float]], client: tuple[float, float]
) -> None:
    places = [Place(f"Office {n}", *point) for n, point in enumerate(offices)]
    drawn = draw_map([*places, Place("Client", *client, role="client")])
    assert drawn is not None
    assert drawn.height <= HEIGHT_MAX
    assert len(drawn.tracks) == len(offices) - 1
    for dot in drawn.dots:
        assert 0 <= dot.x <= WIDTH
        assert 0 <= dot.y <= drawn.height


def test_a_single_place_is_no_map() -> None:
    assert draw_map([Place("Only", 51.1, 71.4)]) is None


def test_a_detour_is_drawn_from_the_first_office_to_the_chosen_one() -> None:
    drawn = draw_map(
        [
            Place("A", 50, 70, "primary"),
            Place("B", 51, 71, "chosen"),
            Place("C", 52, 72),
            Place("me", 50.1, 70.2, "client"),
        ]
    )
    assert drawn is not None
    assert set(drawn.lines) == {"client", "fallback"}


def test_columns_stand_on_the_ground() -> None:
    columns = draw_columns([("a", 0), ("b", 5), ("c", 10)], width=90, height=100)
    assert [(column.y, column.height) for column in columns] == [(100, 0), (50, 50), (0, 100)]
    assert draw_columns([]) == []


def test_pairs_of_columns_share_one_scale() -> None:
    opened, resolved = draw_pairs([("a", 5, 10), ("b", 0, 5)])
    assert [each.value for each in opened] == [5, 0]
    assert [each.value for each in resolved] == [10, 5]
    assert resolved[0].height == 2 * opened[0].height
    assert opened[0].x < resolved[0].x < opened[1].x < resolved[1].x
    assert draw_pairs([]) == ([], [])


@pytest.mark.parametrize(
    ("event", "payload", "expected"),
    [
        ("ticket.opened", {"source": "glpi"}, "Opened by GLPI"),
        ("ticket.status_changed", {"before": "open", "after": "pending"}, "Open → Pending"),
        ("ticket.changed", {"changes": {"tags": [[], ["a", "b"]]}}, "Tags: – → a, b"),
        ("ticket.comment_added", {"is_internal": True}, "Internal note"),
        ("something.new_here", {}, "something new here"),
    ],
)
def test_history_is_told_in_words(event: str, payload: dict[str, object], expected: str) -> None:
    assert tell(event, payload) == expected


def test_texts_are_replaced_by_a_catalogue_and_fall_back_to_english() -> None:
    texts = Texts("da", {"Queue": "Kø", "{count} tickets": "{count} sager"})
    assert texts.t("Queue") == "Kø"
    assert texts.t("Dashboard") == "Dashboard"
    assert texts.tn("{count} ticket", "{count} tickets", 1_200) == "1,200 sager"
    assert texts.t("{share} sure", share="58%") == "58% sure"
