"""The company's settings."""

import httpx2
import pytest

from tests.world import World
from ticketyard.people import companies


@pytest.mark.parametrize("zone", ["Asia/Almaty", "UTC", "America/Argentina/Buenos_Aires"])
async def test_reports_are_counted_in_every_zone_that_is_taken(
    client: httpx2.AsyncClient, world: World, zone: str
) -> None:
    await world.log_in(client, world.admin)
    assert (await client.patch("/api/company", json={"timezone": zone})).status_code == 200
    assert (await client.get("/api/reports?by=day")).json()["zone"] == zone


@pytest.mark.parametrize(
    "zone",
    ["localtime", "posixrules", "Factory", "posix/Asia/Almaty", "Mars/Phobos", "asia/almaty", "",
     "UTC+5", "Asia/Nowhere"],
)  # fmt: skip
async def test_a_zone_that_one_of_us_does_not_know_is_refused(
    client: httpx2.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    # A machine whose folder of zones holds more than the database's.
    real = companies.available_timezones()
    here = {*real, "localtime", "posixrules", "Factory", "Asia/Nowhere"}
    monkeypatch.setattr(companies, "available_timezones", lambda: here)
    await world.log_in(client, world.admin)
    refused = await client.patch("/api/company", json={"timezone": zone})
    assert refused.status_code == 422, refused.text
    assert "Asia/Almaty" in refused.text
    assert (await client.get("/reports")).status_code == 200
