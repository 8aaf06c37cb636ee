"""The desk's pages of alerts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.world import World

Client = httpx2.AsyncClient
EVIL = "<img src=x onerror=alert(1)>"


async def report(client: Client, world: World, **fields: Any) -> dict[str, Any]:
    body = {"alarm_type": "offline", "event_id": str(datetime.now(UTC)), **fields}
    answer = await client.post("/api/tickets/alarm", json=body, headers={"x-api-key": world.key})
    assert answer.status_code in (200, 201), answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_what_fires_is_listed_with_its_ticket_and_count(client: Client, world: World) -> None:
    told = await report(client, world, title=EVIL, camera_id=0, provider_id="cams")
    await report(client, world, camera_id=0, provider_id="cams")
    over = await report(client, world, alarm_type="over", title="Over and done")
    await report(client, world, alarm_type="over", is_clear=True)
    await world.log_in(client, world.ana)
    page = (await client.get("/alerts")).text
    assert "× 2" in page
    assert "camera 0" in page
    assert told["ticket_number"] in page
    assert EVIL not in page
    assert "Over and done" not in page
    recovered = (await client.get("/alerts?view=recovered")).text
    assert over["ticket_number"] in recovered
    assert "Over and done" in (await client.get("/alerts?view=all&q=over")).text
    assert "Over and done" not in (await client.get("/alerts?view=all&provider=cams")).text
    assert (await client.get("/alerts?view=nonsense")).status_code == 200


async def test_one_alert_shows_its_times_and_links(client: Client, world: World) -> None:
    told = await report(
        client, world, thumbnail_url="https://img.example/1.jpg", occurred_at="2999-01-01T00:00:00Z"
    )
    await world.log_in(client, world.ana)
    page = (await client.get(f"/alerts/{told['alert_id']}")).text
    assert 'href="https://img.example/1.jpg"' in page
    assert "its clock said" in page
    assert (await client.get("/alerts/999999")).status_code == 404


async def test_an_incident_is_listed_with_its_alerts(client: Client, world: World) -> None:
    await world.log_in(client, world.admin)
    first = await report(client, world, provider_id="cams")
    url = "/api/alert-providers/cams"
    assert (await client.patch(url, json={"group_by": ["alert_data.site"]})).status_code == 200
    for kind in ("a", "b", "c"):
        told = await report(
            client, world, provider_id="cams", alarm_type=kind, alert_data={"site": "north"}
        )
    page = (await client.get("/alerts?view=incidents")).text
    assert told["ticket_number"] in page
    assert first["ticket_number"] not in page
    assert "3 alerts" in page
    beside = (await client.get(f"/alerts/{told['alert_id']}")).text
    assert "On the same ticket" in beside


async def test_a_window_and_a_heartbeat_by_hand(client: Client, world: World) -> None:
    await world.log_in(client, world.admin)
    for form, said in (
        ({"name": "Firmware", "minutes": "30"}, "held back from now on"),
        ({"name": "", "minutes": "30"}, "needs a name"),
        ({"name": "X", "minutes": "many"}, "needs a name"),
        ({"name": "X", "minutes": "99999999"}, "needs a name"),
    ):
        answer = await client.post("/alerts/windows", data=form, follow_redirects=True)
        assert said in answer.text, form
    await report(client, world)
    assert "1 held back" in (await client.get("/alerts/care")).text
    assert "Held back" in (await client.get("/alerts?view=held")).text
    async with world.resources.db.transaction(world.company_id) as session:
        window_id = await session.scalar(text("select id from alert_maintenance"))
    await client.post(f"/alerts/windows/{window_id}/end")
    async with world.resources.db.transaction(world.company_id) as session:
        ends_at = await session.scalar(text("select ends_at from alert_maintenance"))
    assert ends_at < datetime.now(UTC) + timedelta(seconds=5)

    for form, said in (
        ({"name": "backup", "minutes": "5"}, "expected from its first beat"),
        ({"name": "backup", "minutes": "5"}, "already"),
        ({"name": "17", "minutes": "5"}, "not a number alone"),
        ({"name": "x", "minutes": ""}, "needs a name"),
    ):
        answer = await client.post("/alerts/heartbeats", data=form, follow_redirects=True)
        assert said in answer.text, form
    async with world.resources.db.transaction(world.company_id) as session:
        beat_id = await session.scalar(text("select id from alert_heartbeat"))
    await client.post(f"/alerts/heartbeats/{beat_id}/removal")
    assert "No heartbeats" in (await client.get("/alerts/care")).text


@pytest.mark.parametrize("path", ["windows", "windows/1/end", "heartbeats", "heartbeats/1/removal"])
async def test_agents_look_and_admins_change(client: Client, world: World, path: str) -> None:
    await world.log_in(client, world.ana)
    assert (await client.get("/alerts/care")).status_code == 200
    assert "Begin now" not in (await client.get("/alerts/care")).text
    answer = await client.post(f"/alerts/{path}", data={"name": "X", "minutes": "5"})
    assert answer.status_code == 403


async def test_the_ticket_shows_its_alerts(client: Client, world: World) -> None:
    await world.log_in(client, world.admin)
    plain = await world.open("Printer on fire")
    assert 'id="alerts"' not in (await client.get(f"/tickets/{plain.number}")).text
    await report(client, world, provider_id="cams")
    grouped = {"group_by": ["alert_data.site"]}
    await client.patch("/api/alert-providers/cams", json=grouped)
    for n in range(12):
        told = await report(
            client,
            world,
            provider_id="cams",
            alarm_type=f"kind {n}",
            title=EVIL if n == 0 else f"Alarm {n}",
            alert_data={"site": "north"},
            thumbnail_url="https://img.example/1.jpg",
            video_clip_url="https://img.example/1.mp4",
        )
    # What fires comes first, however old.
    for n in range(1, 12):
        await report(client, world, provider_id="cams", alarm_type=f"kind {n}", is_clear=True)
    page = (await client.get(f"/tickets/{told['ticket_number']}")).text
    block = page.split('id="alerts"')[1].split("</section>")[0]
    assert block.count("<li") == 10
    assert "A machine" in page
    assert "Write to" not in page
    assert "all 12" in block
    assert block.index("&lt;img") < block.index("Alarm 11")
    assert EVIL not in page
    assert block.count('href="https://img.example/1.jpg"') == 10
    assert block.count('href="https://img.example/1.mp4"') == 10
    everything = (await client.get(f"/alerts?view=all&ticket={told['ticket_id']}")).text
    assert everything.count("<article") == 12


async def test_a_ticket_shows_no_alerts_of_another_company(client: Client, world: World) -> None:
    told = await report(client, world, title="North's own")
    await world.log_in(client, world.other_admin)
    page = (await client.get(f"/alerts?view=all&ticket={told['ticket_id']}")).text
    assert "North&#39;s own" not in page
    news = (await client.get(f"/alerts/news?view=all&shown={told['alert_id']}")).text
    assert news.strip() == ""


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("lobby door", True),
        ("door lobby", True),
        ("DOOR", True),
        ("d?or", True),
        ("d??or", False),
        ("open*lobby", True),
        ("lobby*open", False),
        ("door window", False),
        ("100%", True),
        ("100%open", False),
        ("_", False),
        (" ", True),
        ("*", True),
    ],
)
async def test_words_and_wildcards_find_titles(
    client: Client, world: World, q: str, found: bool
) -> None:
    await report(client, world, title="Door 100% open in the lobby")
    await world.log_in(client, world.ana)
    for path in ("/alerts", "/api/alerts"):
        answer = await client.get(path, params={"q": q})
        assert ("100% open" in answer.text) == found, path


async def test_an_open_page_hears_what_is_new_and_what_changed(
    client: Client, world: World
) -> None:
    await world.log_in(client, world.ana)
    first = await report(client, world, alarm_type="first", title="The first")
    shown = first["alert_id"]
    assert "/alerts/news?view=active&amp;shown=" in (await client.get("/alerts")).text
    before = (await client.get(f"/alerts/news?shown={shown}")).text
    assert "new</a>" not in before
    await report(client, world, alarm_type="second")
    await report(client, world, alarm_type="first", is_clear=True)
    after = (await client.get(f"/alerts/news?shown={shown}")).text
    assert "1 new</a>" in after
    (line,) = [each for each in after.split("<article")[1:]]
    assert "The first" in line
    assert 'hx-swap-oob="true"' in line
    assert "Recovered" in line
    assert "new</a>" not in (await client.get(f"/alerts/news?shown={shown}&before=1")).text
    for nonsense in ("²", "-1", "x", str(10**40), ","):
        assert (await client.get("/alerts/news", params={"shown": nonsense})).status_code == 200


async def test_an_open_page_of_incidents_hears_of_the_next(client: Client, world: World) -> None:
    await world.log_in(client, world.admin)
    await report(client, world, provider_id="cams")
    await client.patch("/api/alert-providers/cams", json={"group_by": ["alert_data.site"]})
    for site in ("north", "south"):
        for kind in ("a", "b"):
            told = await report(
                client, world, provider_id="cams", alarm_type=f"{site} {kind}",
                alert_data={"site": site},
            )  # fmt: skip
    news = (await client.get(f"/alerts/news?view=incidents&shown={told['ticket_id']}")).text
    assert "1 new</a>" in news
    assert news.count("hx-swap-oob") == 1
