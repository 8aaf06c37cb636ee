from datetime import timedelta
from typing import Any

import pytest

from ticketyard.notify.verdicts import Reply, judge, pending, shown_words, wait_before

RITA = {"email": "rita@x.dk", "name": "", "role": "to"}
CY = {"email": "cy@x.dk", "name": "", "role": "cc"}
NOT_NOW = {"cy@x.dk": (451, "come back")}
NEVER = {"cy@x.dk": (550, "nobody here")}


@pytest.mark.parametrize(
    ("name", "recipients", "reply", "state", "states"),
    [
        ("taken", [RITA], Reply(taken=True, code=250), "sent", ["taken"]),
        ("not now", [RITA], Reply(taken=False, code=451), "waiting", [None]),
        ("never", [RITA], Reply(taken=False, code=550), "failed", ["refused"]),
        ("below 5xx", [RITA], Reply(taken=False, code=499), "waiting", [None]),
        ("above 5xx", [RITA], Reply(taken=False, code=600), "waiting", [None]),
        ("no word", [RITA], Reply(taken=False), "waiting", [None]),
        ("no server ever", [RITA], Reply(taken=False, final=True), "failed", ["refused"]),
        ("one never", [RITA, CY], Reply(taken=True, refused=NEVER), "sent", ["taken", "refused"]),
        ("one not now", [RITA, CY], Reply(taken=True, refused=NOT_NOW), "waiting", ["taken", None]),
        ("only copy, never", [CY], Reply(taken=False, refused=NEVER), "failed", ["refused"]),
        ("only copy, not now", [CY], Reply(taken=False, refused=NOT_NOW), "waiting", [None]),
        ("the late one", [{**RITA, "state": "taken"}, CY], Reply(taken=True), "sent",
         ["taken", "taken"]),
        ("the late one never", [{**RITA, "state": "taken"}, CY], Reply(taken=False, refused=NEVER),
         "sent", ["taken", "refused"]),
        ("taken stays taken", [{**RITA, "state": "taken"}, CY], Reply(taken=False, code=550),
         "sent", ["taken", "refused"]),
    ],
)  # fmt: skip
def test_what_an_answer_means(
    name: str,
    recipients: list[dict[str, Any]],
    reply: Reply,
    state: str,
    states: list[str | None],
) -> None:
    verdict = judge(recipients, reply)
    assert verdict.state == state, name
    assert [each.get("state") for each in verdict.recipients] == states


def test_whoever_has_it_is_not_sent_to_again() -> None:
    verdict = judge([RITA, CY], Reply(taken=True, refused=NOT_NOW))
    assert pending(verdict.recipients) == ["cy@x.dk"]
    assert verdict.reason == "Refused for cy@x.dk: 451 come back"


def test_waits_double_from_a_minute_to_four_hours() -> None:
    waits = [wait_before(attempt) for attempt in range(2, 14)]
    assert waits[:4] == [timedelta(minutes=each) for each in (1, 2, 4, 8)]
    assert max(waits) == waits[-1] == timedelta(hours=4)
    assert wait_before(10**6) == timedelta(hours=4)


def test_a_servers_words_fit_on_a_line() -> None:
    assert shown_words("5.1.1\r\n\x00 no\tsuch \u2028 user") == "5.1.1 no such user"
    assert len(shown_words("x" * 9999)) == 500
