"""The settings page of those who send alerts."""

from typing import Any

import httpx2
import pytest

from tests.web.test_alerts_pages import EVIL, report
from tests.world import World
from ticketyard.web.alert_provider_form import LENGTHS, NUMBERS
from ticketyard.web.api.alert_shapes import ProviderPatch

Client = httpx2.AsyncClient
PAGE = "/settings/alert-providers"
FORM = {
    "name": "Cameras", "fingerprint_fields": "camera_id, labels.zone", "group_by": "alert_data.site",
    "group_seconds": "2m", "reopen_seconds": "0", "flap_start": "4", "flap_stop": "1",
    "flap_seconds": "1h 30m", "storm_alerts": "0", "storm_seconds": "45",
}  # fmt: skip


async def known(client: Client, world: World, provider: str = "cams/north") -> str:
    """The page of a provider that has sent something."""
    await report(client, world, provider_id=provider)
    await world.log_in(client, world.admin)
    (found,) = (await client.get("/api/alert-providers")).json()
    return f"{PAGE}/{found['id']}"


async def test_what_is_saved_is_how_its_alerts_are_taken(client: Client, world: World) -> None:
    place = await known(client, world)
    assert place in (await client.get(PAGE)).text
    answer = await client.post(place, data=FORM, follow_redirects=True)
    assert "It holds for what" in answer.text
    (found,) = (await client.get("/api/alert-providers")).json()
    assert {name: found[name] for name in FORM} == {
        "name": "Cameras", "fingerprint_fields": ["camera_id", "labels.zone"],
        "group_by": ["alert_data.site"], "group_seconds": 120, "reopen_seconds": 0,
        "flap_start": 4, "flap_stop": 1, "flap_seconds": 5400, "storm_alerts": 0,
        "storm_seconds": 45,
    }  # fmt: skip
    assert found["recovery_resolves"] is False
    page = (await client.get(place)).text
    for shown in ("camera_id, labels.zone", "2m", "0s", "1h 30m", "45s", "cams/north"):
        assert shown in page, shown
    assert 'value="1" checked' not in page
    await client.post(place, data={**FORM, "recovery_resolves": "1"})
    assert 'value="1" checked' in (await client.get(place)).text


async def test_new_fields_fold_the_very_next_alert(client: Client, world: World) -> None:
    place = await known(client, world)
    first = await report(client, world, provider_id="cams/north", camera_id=1, alarm_type="a")
    assert (await client.post(place, data={**FORM, "group_by": ""})).status_code == 303
    second = await report(client, world, provider_id="cams/north", camera_id=1, alarm_type="b")
    third = await report(client, world, provider_id="cams/north", camera_id=1, alarm_type="c")
    assert first["alert_id"] != second["alert_id"] == third["alert_id"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("fingerprint_fields", "camera_id, colour", "“colour” is no field of an alert."),
        ("fingerprint_fields", EVIL, "is no field of an alert."),
        ("group_by", "labels.", "“labels.” is no field of an alert."),
        ("group_by", ",".join(["title"] * 21), "Name up to 20 fields."),
        ("group_seconds", "0", "from 1s to 168h."),
        ("group_seconds", "soon", "as in 90s, 10m or 2h"),
        ("group_seconds", "", "as in 90s, 10m or 2h"),
        ("reopen_seconds", "721h", "from 0s to 720h."),
        ("flap_start", "1", "from 2 to 50."),
        ("flap_start", "²", "from 2 to 50."),
        ("flap_stop", "4", "lower than the number it begins with"),
        ("flap_seconds", "25h", "from 1s to 24h."),
        ("storm_alerts", "100001", "from 0 to 100,000."),
        ("storm_seconds", "-5", "from 1s to 1h."),
        ("name", "x" * 121, "up to 120 letters"),
    ],
)
async def test_a_refusal_stands_next_to_its_field(
    client: Client, world: World, field: str, value: str, said: str
) -> None:
    place = await known(client, world)
    before = (await client.get("/api/alert-providers")).json()
    answer = await client.post(place, data={**FORM, field: value})
    assert answer.status_code == 422
    assert answer.text.count('class="field-error"') == 1
    about = answer.text.split(f'id="h-{field}"')[1].split("</span>")[0]
    assert said in about
    assert EVIL not in answer.text
    # What was typed elsewhere is still there.
    if field != "name":
        assert 'value="Cameras"' in answer.text
    assert (await client.get("/api/alert-providers")).json() == before


def test_the_form_takes_what_the_api_takes() -> None:
    shape: dict[str, Any] = ProviderPatch.model_json_schema()["properties"]
    for name, (least, most) in {**LENGTHS, **NUMBERS}.items():
        allowed = shape[name]["anyOf"][0]
        assert (allowed["minimum"], allowed["maximum"]) == (least, most), name


async def test_only_admins_see_and_change_it(client: Client, world: World) -> None:
    place = await known(client, world)
    await world.log_in(client, world.ana)
    for path in (PAGE, place):
        assert (await client.get(path)).status_code == 403
    assert (await client.post(place, data=FORM)).status_code == 403
    await world.log_in(client, world.admin)
    assert (await client.get(f"{PAGE}/999999")).status_code == 404
    assert (await client.get(f"{PAGE}/{2**40}")).status_code == 404
