"""What counts as a Celery message: all that kombu and Celery make, and nothing that ends a consumer."""

import base64
import json
from copy import deepcopy
from typing import Any
from uuid import uuid4

import pytest

from tests.outlet.conftest import RedisServer
from ticketyard.outlet.broker import Broker, Parcel
from ticketyard.outlet.consuming.envelopes import is_message


def envelope(body: object = None, **changed: Any) -> dict[str, Any]:
    raw = json.dumps([[{}], {}, {}] if body is None else body).encode()
    return {
        "body": base64.b64encode(raw).decode(), "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"task": "rag.process_ticket_created", "id": str(uuid4())},
        "properties": {
            "delivery_tag": str(uuid4()), "body_encoding": "base64",
            "delivery_info": {"exchange": "", "routing_key": "rag_events"},
        },
        **changed,
    }  # fmt: skip


def test_what_we_send_is_one(broker: Broker, broker_server: RedisServer) -> None:
    broker.send(Parcel(str(uuid4()), "rag.process_ticket_created", {"event": "ticket.created"}))
    (raw,) = broker_server.client.lrange("rag_events", 0, -1)
    assert is_message(json.loads(raw))


@pytest.mark.parametrize(
    "good",
    [
        envelope(), envelope([[], {}, None]), envelope({"args": [], "task": "x"}, headers={}),
        envelope([[1, "x"], {"a": 1}, {"callbacks": None}]),
        envelope("x", **{"content-type": "application/x-python-serialize"}),
        {**envelope(), "body": base64.b64encode(b"{no json").decode()}, {**envelope(), "body": "%"},
    ],
)  # fmt: skip
def test_what_celery_can_judge_is_left_to_it(good: dict[str, Any]) -> None:
    assert is_message(good)


@pytest.mark.parametrize(
    "bad",
    [
        None, 7, "x", [], [1, 2], {}, {"body": "x"}, envelope([]), envelope([[], {}]), envelope({}),
        envelope([[], [], {}]), envelope([{}, {}, {}]), envelope([[], {}, 7]), envelope(7),
        envelope(headers=None), envelope(headers={"task": 7, "id": "x"}),
        envelope(headers={"task": "x"}), envelope([], headers={}), envelope(properties={}),
        envelope(properties=[]), {**envelope(), "body": 7},
    ],
)  # fmt: skip
def test_what_would_end_it_is_none(bad: object) -> None:
    assert not is_message(bad)


@pytest.mark.parametrize(
    "path", [("delivery_tag",), ("delivery_info",), ("delivery_info", "exchange")]
)
def test_one_without_an_address_is_none(path: tuple[str, ...]) -> None:
    bad = deepcopy(envelope())
    inner = bad["properties"]
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    assert not is_message(bad)
