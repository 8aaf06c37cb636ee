"""Alerts and alarms, from the document's bodies to what they tell."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.alerts.errors import MissingField
from ticketyard.alerts.shapes.provider import read_alarm, read_alert
from ticketyard.alerts.told import reference_of
from ticketyard.core.errors import Invalid, Unreadable
from ticketyard.tickets.opening import row_of

ALERT: dict[str, Any] = {
    "title": "Person detected in restricted zone",
    "severity": "high",
    "camera_id": 1,
    "provider_id": "provider-uuid",
    "alert_data": {"detections": []},
}


@pytest.mark.parametrize(
    ("severity", "priority"),
    [("info", "low"), ("low", "low"), ("Medium", "medium"), ("HIGH", "high"),
     (" Critical ", "critical")],
)  # fmt: skip
def test_severity_in_any_case_gives_the_priority(severity: str, priority: str) -> None:
    ticket = read_alert({**ALERT, "severity": severity}).ticket()
    assert ticket.severity == severity.strip().lower()
    assert (ticket.priority, ticket.source_priority) == (priority, severity)


def test_camera_zero_is_a_camera() -> None:
    assert read_alert({**ALERT, "camera_id": 0}).row("x")["camera_id"] == 0


@pytest.mark.parametrize("name", ["title", "severity", "camera_id", "provider_id"])
def test_the_first_missing_field_is_named(name: str) -> None:
    with pytest.raises(MissingField, match=f"^Missing required field: {name}$"):
        read_alert({**ALERT, name: None})


def test_nothing_at_all_misses_the_title() -> None:
    for nothing in ({}, None, [], "x", 5):
        with pytest.raises(MissingField, match="title"):
            read_alert(nothing)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"severity": "terrible"}, "severity"),
        ({"severity": 5}, "severity"),
        ({"title": " "}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"camera_id": True}, "camera_id"),
        ({"camera_id": "1a"}, "camera_id"),
        ({"camera_id": 1.5}, "camera_id"),
        ({"camera_id": 2**31}, "camera_id"),
        ({"provider_id": ""}, "provider_id"),
        ({"provider_id": "x" * 121}, "provider_id"),
        ({"vendor_alert_id": ""}, "vendor_alert_id"),
        ({"alert_data": []}, "alert_data"),
        ({"thumbnail_url": "javascript:alert(1)"}, "thumbnail_url"),
        ({"video_clip_url": "data:text/html,x"}, "video_clip_url"),
        ({"detection_count": -1}, "detection_count"),
        ({"camara_id": 1}, "camara_id"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_alert({**ALERT, **changed})
    errors = refused.value.extra["errors"]
    assert isinstance(errors, list)
    assert [each["path"] for each in errors] == [field]


def test_provider_and_id_make_one_reference_that_reads_one_way() -> None:
    assert reference_of("p", None) is None
    assert reference_of("p", "7") == "p/7"
    pairs = [("a/b", "c"), ("a", "b/c"), ("a%2Fb", "c"), ("a%", "2Fb/c")]
    assert len({reference_of(*pair) for pair in pairs}) == len(pairs)


ANY_TEXT = st.text(st.characters(), max_size=20)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    [
        *ALERT,
        "description",
        "organization_id",
        "vendor_alert_id",
        "thumbnail_url",
        "detection_count",
    ]
)


@given(changed=st.dictionaries(FIELDS, ANYTHING, max_size=4) | ANYTHING)
def test_an_alert_is_refused_or_can_be_stored(changed: object) -> None:
    try:
        told = read_alert({**ALERT, **changed} if isinstance(changed, dict) else changed)
    except Invalid as refusal:
        orjson.dumps(dict(refusal.extra))
        return
    stored = orjson.dumps([row_of(told.ticket(), "TKT-20250101-001"), told.row("x")])
    assert b"\\u0000" not in stored


ALARM: dict[str, Any] = {"alarm_type": "camera_offline", "event_id": "e-1", "camera_id": 0}


@pytest.mark.parametrize("name", ["alarm_type", "event_id"])
def test_the_first_missing_field_of_an_alarm_is_named(name: str) -> None:
    with pytest.raises(MissingField, match=f"^Missing required field: {name}$"):
        read_alarm({**ALARM, name: None})


def test_an_alarm_is_the_same_at_its_camera_whoever_reports_it() -> None:
    told = read_alarm(ALARM)
    assert told.fingerprint == "alarm:0:camera_offline"
    assert (told.title, told.severity, told.is_latched) == ("Camera offline", "high", False)
    assert read_alarm({**ALARM, "event_id": 7}).fingerprint == told.fingerprint
    assert read_alarm({**ALARM, "camera_id": None}).fingerprint != told.fingerprint
    assert read_alarm({**ALARM, "alarm_type": "x"}).fingerprint != told.fingerprint
    by_other = read_alarm({**ALARM, "provider_id": "p"})
    assert (by_other.fingerprint, by_other.shared_in) == (told.fingerprint, told.shared_in)
    assert by_other.shared_in is not None
    assert read_alarm({**ALARM, "camera_id": None}).shared_in is None


def test_an_event_is_told_by_its_id_and_by_which_end_it_is() -> None:
    ids = {
        read_alarm({**ALARM, **changed}).identity
        for changed in ({}, {"event_id": "e-2"}, {"is_clear": True}, {"provider_id": "p"})
    }
    assert len(ids) == 4


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"severity": "dire"}, "severity"), ({"is_clear": "maybe"}, "is_clear"),
     ({"occurred_at": "yesterday"}, "occurred_at"), ({"camera_id": True}, "camera_id"),
     ({"siren": 1}, "siren")],
)  # fmt: skip
def test_a_field_of_an_alarm_that_cannot_be_used_is_named(
    changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(Unreadable) as refused:
        read_alarm({**ALARM, **changed})
    assert [each["path"] for each in refused.value.extra["errors"]] == [field]  # type: ignore[attr-defined]
