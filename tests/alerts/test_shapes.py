"""Alertmanager, CloudEvents, OnCall and a company's own mapping, from bodies to what they tell."""

import base64
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketyard.alerts.errors import BadRule
from ticketyard.alerts.shapes.alertmanager import read_alertmanager
from ticketyard.alerts.shapes.cloudevents import batch_of, event_in_headers, is_binary, read_event
from ticketyard.alerts.shapes.mapped import check_mapping, read_mapped
from ticketyard.alerts.shapes.oncall import read_oncall
from ticketyard.alerts.told import ToldAlert, instant_of, is_path, severity_of, value_at
from ticketyard.core.errors import Invalid, Unreadable
from ticketyard.tickets.opening import row_of

# The fields that Alertmanager's documentation lists for version 4, filled in by us.
GROUP: dict[str, Any] = {
    "version": "4",
    "groupKey": '{}:{alertname="DiskFull"}',
    "truncatedAlerts": 2,
    "status": "firing",
    "receiver": "desk",
    "groupLabels": {"alertname": "DiskFull"},
    "commonLabels": {"alertname": "DiskFull", "job": "node"},
    "commonAnnotations": {},
    "externalURL": "http://alertmanager.example:9093",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "DiskFull", "instance": "db1:9100", "severity": "Critical"},
            "annotations": {"summary": "Disk of db1 is full", "description": "3 % are left."},
            "startsAt": "2025-12-15T09:30:00.123456789Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example/graph?g0.expr=x",
            "fingerprint": "8f3e1d2c4b5a6978",
        },
        {
            "status": "resolved",
            "labels": {"alertname": "DiskFull", "instance": "db2:9100", "severity": "warning"},
            "annotations": {},
            "startsAt": "2025-12-15T11:00:00+02:00",
            "endsAt": "2025-12-15T09:40:00Z",
            "generatorURL": "javascript:alert(1)",
            "fingerprint": "0011223344556677",
        },
    ],
}


def problem_paths(refused: pytest.ExceptionInfo[Unreadable]) -> list[str]:
    errors = refused.value.extra["errors"]
    assert isinstance(errors, list)
    return [each["path"] for each in errors]


def test_a_group_of_alertmanager() -> None:
    full, over = read_alertmanager(GROUP)
    assert (full.provider_id, full.fingerprint) == ("alertmanager", "am:8f3e1d2c4b5a6978")
    assert (full.title, full.severity, full.source_severity) == (
        "Disk of db1 is full", "critical", "Critical")  # fmt: skip
    assert full.started_at == datetime(2025, 12, 15, 9, 30, 0, 123456, UTC)
    assert (full.is_clear, full.is_event, full.occurred_at) == (False, False, None)
    assert full.link_url == "http://prometheus.example/graph?g0.expr=x"
    for part in ("3 % are left.", "instance = db1:9100", "2 more alerts of this group"):
        assert part in full.description

    assert (over.is_clear, over.severity) == (True, "medium")
    assert (over.title, over.link_url) == (
        "DiskFull on db2:9100", "http://alertmanager.example:9093")  # fmt: skip
    assert over.started_at == datetime(2025, 12, 15, 9, tzinfo=UTC)
    assert over.occurred_at == datetime(2025, 12, 15, 9, 40, tzinfo=UTC)
    assert read_alertmanager(GROUP, "prod")[0].provider_id == "prod"


def test_an_alert_without_a_fingerprint_is_known_by_its_labels() -> None:
    def prints(**labels: str) -> str | None:
        (told,) = read_alertmanager({"alerts": [{"status": "firing", "labels": labels}]})
        return told.fingerprint

    assert prints(a="1", b="2") == prints(b="2", a="1") != prints(a="1", b="3")


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"version": "3"}, "version"),
        ({"alerts": None}, "alerts"),
        ({"alerts": {}}, "alerts"),
        ({"alerts": ["x"]}, "alerts.0"),
        ({"alerts": [{"labels": {}}]}, "alerts.0.status"),
        ({"alerts": [{"status": "maybe"}]}, "alerts.0.status"),
        ({"alerts": [{"status": "firing"}] * 1001}, "alerts"),
    ],
)
def test_a_group_that_cannot_be_read_is_refused(changed: dict[str, Any], path: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_alertmanager({**GROUP, **changed})
    assert problem_paths(refused) == [path]


@pytest.mark.parametrize(
    ("word", "severity"),
    [("critical", "critical"), ("page", "critical"), (" ERROR ", "high"), ("Warning", "medium"),
     ("info", "info"), ("none", "info"), ("purple", "medium"), (None, "medium"), (3, "medium")],
)  # fmt: skip
def test_severities_of_monitoring_systems(word: object, severity: str) -> None:
    assert severity_of(word) == severity


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-12-15T09:30:00Z", datetime(2025, 12, 15, 9, 30, tzinfo=UTC)),
        ("2025-12-15T09:30:00", datetime(2025, 12, 15, 9, 30, tzinfo=UTC)),
        ("2025-12-15T09:30:00+03:00", datetime(2025, 12, 15, 6, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("soon", None),
        ("", None),
        (None, None),
        (1734253800, None),
        ("2" * 999, None),
    ],
)
def test_instants_as_sources_write_them(text: object, instant: datetime | None) -> None:
    assert instant_of(text) == instant


# -- CloudEvents -----------------------------------------------------------------------------------

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "A234-1",
    "source": "/plant/line/3",
    "type": "com.example.overheated",
    "subject": "press-7",
    "time": "2025-12-15T09:30:00Z",
    "datacontenttype": "application/json",
    "data": {"title": "Press 7 is too hot", "severity": "major", "camera_id": 0},
    "comexampleext": 5,
}


def test_an_event_is_an_alert() -> None:
    told = read_event(EVENT)
    assert (told.provider_id, told.title, told.severity) == (
        "/plant/line/3", "Press 7 is too hot", "high")  # fmt: skip
    assert (told.camera_id, told.is_clear) == (0, False)
    assert told.occurred_at == datetime(2025, 12, 15, 9, 30, tzinfo=UTC)
    assert told.alert_data["comexampleext"] == 5
    bare = read_event({name: EVENT[name] for name in ("specversion", "id", "source", "type")})
    assert (bare.title, bare.severity) == ("com.example.overheated", "medium")


def test_source_type_and_subject_are_the_alert_source_and_id_the_report() -> None:
    first = read_event(EVENT)
    for name, same_alert, same_report in (
        ("id", True, False), ("source", False, False), ("type", False, True),
        ("subject", False, True), ("time", True, True),
    ):  # fmt: skip
        other = read_event({**EVENT, name: "2025-12-15T10:00:00Z"})
        assert (other.fingerprint == first.fingerprint) is same_alert, name
        assert (other.identity == first.identity) is same_report, name


@pytest.mark.parametrize(
    ("changed", "is_clear", "is_same"),
    [
        ({"type": "com.example.overheated.resolved"}, True, True),
        ({"type": "com.example.overheated.firing"}, False, True),
        ({"data": {"state": "OK"}}, True, True),
        ({"data": {"status": "recovered"}}, True, True),
        ({"state": "cleared"}, True, True),
        ({"data": {"state": "hot"}}, False, True),
        ({"type": "com.example.overheated.again"}, False, False),
    ],
)
def test_the_end_of_an_event(changed: dict[str, Any], is_clear: bool, is_same: bool) -> None:
    told = read_event({**EVENT, **changed})
    assert told.is_clear is is_clear
    assert (told.fingerprint == read_event(EVENT).fingerprint) is is_same


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": ""}, "id"),
        ({"id": None}, "id"),
        ({"source": None}, "source"),
        ({"type": []}, "type"),
        ({"data_base64": "e30="}, "data"),
        ({"data": None, "data_base64": "%%"}, "data_base64"),
    ],
)
def test_an_event_that_is_none_is_refused(changed: dict[str, Any], path: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_event({**EVENT, **changed})
    assert problem_paths(refused) == [path]


def test_an_event_whose_attributes_are_headers() -> None:
    headers = {
        "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/plant", "ce-type": "t",
        "ce-subject": "Euro%20%E2%82%AC%20%F0%9F%98%80", "content-type": "application/json",
    }  # fmt: skip
    assert is_binary(headers)
    assert not is_binary({"content-type": "application/json", "ce-other": "1"})
    event = event_in_headers(headers, b'{"title": "Hot", "severity": "high"}')
    assert event["subject"] == "Euro € 😀"
    assert (read_event(event).title, read_event(event).severity) == ("Hot", "high")
    # Its data may be anything.
    text = event_in_headers({**headers, "content-type": "text/plain"}, "zu heiß".encode())
    assert read_event(text).description == "zu heiß"
    odd = event_in_headers({**headers, "content-type": "image/png"}, b"\x89PNG\xff")
    assert base64.b64decode(odd["data_base64"]) == b"\x89PNG\xff"
    assert read_event(odd).title == "t: Euro € 😀"
    with pytest.raises(Unreadable):
        event_in_headers(headers, b"{")


def test_data_in_base64_is_read_where_it_is_json() -> None:
    coded = base64.b64encode(orjson.dumps({"title": "Hot"})).decode()
    event = {**EVENT, "data_base64": coded}
    del event["data"]
    assert read_event(event).title == "Hot"
    assert read_event({**event, "datacontenttype": "text/plain"}).title != "Hot"


def test_a_batch_is_a_list_of_no_more_than_five_hundred() -> None:
    assert batch_of([EVENT]) == [EVENT]
    for wrong in ({}, None, [EVENT] * 501):
        with pytest.raises(Unreadable):
            batch_of(wrong)


# -- OnCall ----------------------------------------------------------------------------------------


def test_an_alert_of_oncall() -> None:
    told = read_oncall(
        {
            "alert_uid": "u-1",
            "title": "Everything is down",
            "image_url": "https://img.example/1.png",
            "state": "alerting",
            "link_to_upstream_details": "https://up.example/1",
            "message": "Nobody can log in.",
            "number_of_processors": 4,
        }
    )
    assert (told.provider_id, told.fingerprint) == ("oncall", "uid:u-1")
    assert (told.title, told.description) == ("Everything is down", "Nobody can log in.")
    assert told.thumbnail_url == "https://img.example/1.png"
    assert told.link_url == "https://up.example/1"
    assert told.alert_data == {"number_of_processors": 4}
    assert read_oncall({"alert_uid": "u-1", "state": "OK"}).is_clear
    assert read_oncall({"alert_uid": "u-1", "state": "ok"}).fingerprint == told.fingerprint
    assert read_oncall({"title": "T", "image_url": "javascript:x"}).thumbnail_url is None
    assert read_oncall({"message": "M"}).title == "M"
    with pytest.raises(Unreadable):
        read_oncall({"state": "alerting"})


# -- mappings --------------------------------------------------------------------------------------

MAPPING: dict[str, Any] = {
    "provider_id": "zabbix",
    "title": "{event.name} on {host.name}",
    "description": "Trigger {trigger.id}: {event.text}",
    "severity": "event.severity",
    "severity_words": {"Disaster": "critical"},
    "state": "event.value",
    "clear_words": ["0"],
    "fingerprint": ["host.id", "trigger.id"],
    "identity": "event.id",
    "camera_id": "host.tags.1",
    "labels": {"host": "host.name"},
    "link_url": "https://zabbix.example/{event.id}",
}
OBJECT: dict[str, Any] = {
    "event": {"id": 9, "name": "Disk full", "severity": "disaster", "value": 1, "text": "95 %"},
    "host": {"id": 4, "name": "db1", "tags": ["x", "0"]},
    "trigger": {"id": 17},
}


def test_any_object_by_a_mapping() -> None:
    (told,) = read_mapped(check_mapping(MAPPING), OBJECT)
    assert (told.provider_id, told.title, told.severity) == (
        "zabbix", "Disk full on db1", "critical")  # fmt: skip
    assert told.description == "Trigger 17: 95 %"
    assert (told.camera_id, told.is_clear, dict(told.labels)) == (0, False, {"host": "db1"})
    assert told.link_url == "https://zabbix.example/9"
    for event_id in (10, 9):
        later = {**OBJECT, "event": {**OBJECT["event"], "id": event_id, "value": 0}}
        (over,) = read_mapped(check_mapping(MAPPING), later)
        assert over.is_clear
        assert over.fingerprint == told.fingerprint
        assert over.identity != told.identity, "the end has the problem's own id in Zabbix"
    (again,) = read_mapped(check_mapping(MAPPING), OBJECT)
    assert again.identity == told.identity


def test_a_list_of_alerts_by_a_mapping() -> None:
    mapping = check_mapping({"provider_id": "x", "alerts": "items", "title": "t"})
    told = read_mapped(mapping, {"items": [{"t": "A"}, {"t": "B"}]})
    assert [each.title for each in told] == ["A", "B"]
    assert told[0].fingerprint != told[1].fingerprint
    for wrong in ({}, {"items": "x"}, {"items": [{"t": "A"}, {}]}, {"items": [{"t": "A"}] * 1001}):
        with pytest.raises(Unreadable):
            read_mapped(mapping, wrong)


@pytest.mark.parametrize(
    "changed", [{"title": None}, {"provider_id": ""}, {"siren": "x"}, {"labels": ["x"]}]
)
def test_a_mapping_that_is_none_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        check_mapping({**MAPPING, **changed})


def test_a_mapping_maps_on_our_severities() -> None:
    with pytest.raises(BadRule):
        check_mapping({**MAPPING, "severity_words": {"Disaster": "awful"}})


# -- all of them -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value"),
    [("labels.a.b", "x"), ("alert_data.zone.id", 7), ("camera_id", 0), ("labels.none", None),
     ("alert_data.zone.id.x", None), ("provider_id", None), ("__class__", None)],
)  # fmt: skip
def test_a_path_into_an_alert(path: str, value: object) -> None:
    told = ToldAlert(
        provider_id="p", title="t", severity="low", camera_id=0,
        labels={"a.b": "x"}, alert_data={"zone": {"id": 7}},
    )  # fmt: skip
    assert value_at(told, path) == value
    assert is_path(path) is path.startswith(("labels", "alert_data", "camera"))


ANY_TEXT = st.text(st.characters(), max_size=12)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)


def readers(data: object) -> list[ToldAlert]:
    mapping = check_mapping({**MAPPING, "title": "Alert {event.name}"})
    told: list[ToldAlert] = []
    for read in (
        read_alertmanager,
        lambda each: [read_event(each)],
        lambda each: [read_oncall(each)],
        lambda each: read_mapped(mapping, each),
    ):
        try:
            told += read(data)
        except Invalid as refusal:
            orjson.dumps(dict(refusal.extra))
    return told


@settings(max_examples=60)
@given(data=st.data())
def test_whatever_is_sent_is_refused_or_can_be_stored(data: st.DataObject) -> None:
    base = data.draw(st.sampled_from([GROUP, EVENT, OBJECT, {"title": "t"}]))
    changed = data.draw(st.dictionaries(st.sampled_from([*base, "state"]), ANYTHING, max_size=3))
    inner = data.draw(st.dictionaries(st.sampled_from([*GROUP["alerts"][0]]), ANYTHING, max_size=3))
    alerts = {"alerts": [{**GROUP["alerts"][0], **inner}]} if base is GROUP else {}
    for sent in ({**base, **alerts, **changed}, data.draw(ANYTHING)):
        for told in readers(sent):
            stored = orjson.dumps([row_of(told.ticket(), "TKT-20250101-001"), told.row("x")])
            assert b"\\u0000" not in stored
            assert len(told.provider_id) <= 120
            assert len(told.fingerprint or "") <= 250
