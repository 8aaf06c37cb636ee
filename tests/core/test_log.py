"""Secrets never reach the log."""

import pytest

from ticketyard.core.log import strike

SECRET = "s3cr3t-value"


@pytest.mark.parametrize(
    "value",
    [
        {"password": SECRET},
        {"api_key": SECRET},
        {"X-API-Key": SECRET},
        {"headers": {"Authorization": f"Bearer {SECRET}"}},
        {"nested": [{"deep": {"token": SECRET}}]},
        f"postgresql://desk:{SECRET}@db:5432/tickets",
        f"Authorization: Bearer {SECRET}",
        f'{{"api_key": "{SECRET}", "title": "x"}}',
        f"password={SECRET}&email=a@b.c",
        ("ty_1_" + SECRET,),
    ],
)
def test_it_is_struck_out(value: object) -> None:
    assert SECRET not in repr(strike(value))


@pytest.mark.parametrize("value", ["Printer on fire", 7, None, {"ticket_id": 7}, ["a", 1.5]])
def test_the_rest_stays(value: object) -> None:
    assert strike(value) == value
