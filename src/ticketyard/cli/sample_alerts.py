"""What the sample company's machines report, and who hears of it; through the same verbs as real ones."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import orjson

from ticketyard.alerts.filing import AlertDoor, Delivery, take_alerts
from ticketyard.alerts.maintenance import add_window
from ticketyard.alerts.providers import change_provider
from ticketyard.alerts.shapes.provider import read_alarm, read_alert
from ticketyard.core.auth import Principal
from ticketyard.core.resources import Resources
from ticketyard.escalation.changing import save_policy, save_rota
from ticketyard.escalation.drafts import Action, Level, PolicyDraft
from ticketyard.people.queries import list_people, list_teams

CAMERAS = "office-cameras"
_ABAY = {"alert_data": {"site": "Almaty, Abay 26"}}
_PICTURES = "https://cameras.tobylgy.example/7"


@dataclass(frozen=True)
class Report:
    """What a machine says at a moment: an alarm, or with `is_clear` its end."""

    hours_ago: float
    body: Mapping[str, Any]


def _offline(camera: int, *, is_clear: bool = False) -> dict[str, Any]:
    words = {"title": f"Camera {camera} does not answer", "severity": "high", **_ABAY}
    return {"camera_id": camera, "alarm_type": "camera_offline", "is_clear": is_clear, **words}


_MOTION = {
    "camera_id": 7, "alarm_type": "motion", "severity": "high",
    "title": "Motion in the closed archive",
    "description": "Movement near shelf C after closing time.",
    "thumbnail_url": f"{_PICTURES}/now.jpg", "video_clip_url": f"{_PICTURES}/clip.mp4",
    "alert_data": {"site": "Almaty, archive"},
}  # fmt: skip
_BATTERY = {
    "provider_id": "ups-almaty", "alarm_type": "on_battery", "severity": "critical",
    "title": "UPS in the server room runs on battery",
}  # fmt: skip
REPORTS = (
    Report(31.0, _BATTERY),
    Report(30.6, {**_BATTERY, "is_clear": True}),
    *(Report(3.2 - camera / 1000, _offline(camera)) for camera in (11, 12, 14, 15)),
    *(Report(2.8 - camera / 1000, _offline(camera, is_clear=True)) for camera in (12, 15)),
    *(Report(1.6 - n / 10, _MOTION) for n in range(5)),
    Report(0.2, {"camera_id": 21, "alarm_type": "camera_restart", "title": "Camera 21 restarts"}),
)
WINDOW_HOURS_AGO = 0.5


class _SlowDoor(AlertDoor):
    """Leaves every delivery to the verbs: the quick way opens tickets by the database's own clock,
    which nobody can set back."""

    async def receive(self, sent: object) -> list[tuple[Any, ...]]:
        return [("decide",)]


def _unhurried(resources: Resources) -> Resources:
    return replace(resources, parts={**resources.parts, AlertDoor: _SlowDoor(resources.db)})


async def tell_alert(resources: Resources, body: Mapping[str, Any], by: Principal) -> int:
    """An alert as `POST /api/tickets` takes it; gives its ticket."""
    delivery = Delivery(content=orjson.dumps(body))
    (taken,) = await take_alerts(
        _unhurried(resources), [read_alert(body)], delivery=delivery, by=by
    )
    return taken.ticket_id or 0


async def tell_alarm(resources: Resources, report: Report, by: Principal) -> None:
    """An alarm or its end as `POST /api/tickets/alarm` takes it."""
    event = f"sample-{round(report.hours_ago * 3600)}"
    body = {"provider_id": CAMERAS, "event_id": event, **report.body}
    delivery = Delivery(content=orjson.dumps(body))
    await take_alerts(_unhurried(resources), [read_alarm(body)], delivery=delivery, by=by)


async def settle_cameras(resources: Resources, by: Principal) -> None:
    """The cameras of one office that fail together are one incident."""
    async with resources.db.transaction(by.company_id) as session:
        changes = {"name": "Office cameras", "group_by": ["alert_data.site"]}
        await change_provider(session, provider_id=CAMERAS, changes=changes)


async def begin_window(resources: Resources, by: Principal) -> None:
    """Some cameras get new firmware; what they report opens no ticket."""
    now = resources.clock()
    fields = {
        "name": "New firmware for the cameras on floor 2", "camera_ids": [20, 21, 22],
        "starts_at": now, "ends_at": now + timedelta(hours=8),
    }  # fmt: skip
    async with resources.db.transaction(by.company_id) as session:
        await add_window(session, fields=fields, by=by)


async def watch_tickets(resources: Resources, by: Principal, zone: str) -> None:
    """Who is on call, and who hears of what nobody takes up. It holds for what comes from now on."""
    now = resources.clock()
    async with resources.db.transaction(by.company_id) as session:
        (network,) = [each for each in await list_teams(session) if each.name == "Network"]
        people = [
            each.id
            for each in await list_people(session, roles=["agent"])
            if each.name.startswith(("Мельник", "Тулегенов", "Исаева"))
        ]
        rota = await save_rota(
            session, name="Network, around the clock", zone=zone, people=people,
            starts_on=(now - timedelta(days=now.weekday())).date(), hands_over_at=9 * 60, days=7,
        )  # fmt: skip
        levels = (
            Level(wait_seconds=0, actions=(Action(do="notify", to="on_call", id=rota.id),)),
            Level(
                wait_seconds=15 * 60,
                actions=(
                    Action(do="notify", to="team", id=network.id),
                    Action(do="raise_priority"),
                ),
            ),
            Level(wait_seconds=60 * 60, actions=(Action(do="notify", to="admins"),)),
        )
        await save_policy(
            session, PolicyDraft(name="Critical alarms", severity_min="critical", levels=levels)
        )
