"""Settings: who hears of a ticket that nobody takes up, and who is on call."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Response
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import now_of
from ticketyard.core.errors import Conflict, Invalid, NotFound
from ticketyard.core.shapes import RowId
from ticketyard.escalation.changing import (
    add_shift,
    delete_policy,
    delete_rota,
    remove_shift,
    save_policy,
    save_rota,
)
from ticketyard.escalation.drafts import Action, Level, PolicyDraft
from ticketyard.escalation.errors import BadEscalation
from ticketyard.escalation.foreseeing import Foreseen, foresee
from ticketyard.escalation.models import EscalationPolicy
from ticketyard.escalation.on_call import turns_from
from ticketyard.escalation.queries import (
    get_policy,
    get_rota,
    levels_of,
    list_policies,
    list_rotas,
    list_shifts,
    turns_of,
    who_is_on_call,
)
from ticketyard.people.queries import get_company, list_people, list_teams
from ticketyard.tickets.lifecycle import PRIORITIES, SEVERITIES
from ticketyard.tickets.queries import get_ticket
from ticketyard.web.deps import Session, may
from ticketyard.web.pages import wording
from ticketyard.web.pages.frame import DeskFrame, Flash, Frame, back_to, page

router = APIRouter(prefix="/settings/escalation", include_in_schema=False)

HOME = "/settings/escalation"
LEVELS = 4
TURNS_SHOWN = 3
TRIGGER_WORDS = {
    "opened": "a ticket is opened",
    "sla.warned": "a promise is about to be broken",
    "sla.breached": "a promise is broken",
}
_Line = Annotated[str, Form(max_length=1_000)]
_Texts = Annotated[list[str] | None, Form()]


@router.get("", dependencies=[may("tickets:read")])
async def get_escalation(session: Session, frame: DeskFrame) -> Response:
    """The policies, the rotas, and the forms of new ones."""
    return await _overview(session, frame)


@router.get("/{escalation_id}/try", dependencies=[may("tickets:read")])
async def get_try(
    escalation_id: RowId, session: Session, frame: DeskFrame, ticket: str = ""
) -> Response:
    """What a policy would do with a ticket; nothing is done."""
    policy = await get_policy(session, escalation_id)
    if not ticket.strip():
        return await _overview(session, frame)
    try:
        found = await get_ticket(session, ticket.strip())
        tried = await foresee(session, found, policy=policy)
    except (Invalid, Conflict, NotFound) as refusal:
        return await _overview(session, frame, refusal=refusal.detail)
    return await _overview(session, frame, tried=tried, number=found.number)


@router.post("", dependencies=[may("settings:manage")])
async def post_policy(
    session: Session,
    frame: DeskFrame,
    name: _Line = "",
    trigger: _Line = "opened",
    severity_min: _Line = "",
    priorities: _Texts = None,
    minutes: _Texts = None,
    whom: _Texts = None,
    give: _Texts = None,
    higher: _Texts = None,
    call: _Texts = None,
) -> Response:
    """Add a policy. Of level n: minutes[n], whom[n]; give, higher and call name the levels that do so."""
    try:
        async with session.begin_nested():
            draft = PolicyDraft(
                name=name,
                trigger=_trigger(trigger),
                priorities=tuple(priorities or ()),
                severity_min=severity_min or None,
                levels=_levels(minutes or (), whom or (), give or (), higher or (), call or ()),
            )
            saved = await save_policy(session, draft)
    except (Invalid, Conflict) as refusal:
        return await _overview(session, frame, refusal=refusal.detail)
    return back_to(HOME, Flash("clear", f"“{saved.name}” watches from now on."))


@router.post("/{escalation_id}/switch", dependencies=[may("settings:manage")])
async def post_switch(escalation_id: RowId, session: Session) -> Response:
    """Switch a policy on or off."""
    policy = await get_policy(session, escalation_id, lock=True)
    policy.is_active = not policy.is_active
    return back_to(
        HOME, Flash("clear", f"“{policy.name}” is {'on' if policy.is_active else 'off'}.")
    )


@router.post("/{escalation_id}/delete", dependencies=[may("settings:manage")])
async def post_delete(escalation_id: RowId, session: Session) -> Response:
    """Delete a policy."""
    await delete_policy(session, escalation_id)
    return back_to(HOME, Flash("clear", "It is gone."))


@router.post("/on-call", dependencies=[may("settings:manage")])
async def post_rota(
    session: Session,
    frame: DeskFrame,
    name: _Line = "",
    people: _Texts = None,
    starts_on: _Line = "",
    hour: Annotated[int, Form(ge=0, le=23)] = 9,
    days: Annotated[int, Form(ge=0, le=1_000)] = 7,
) -> Response:
    """Add a rota, by the company's clock."""
    zone = (await get_company(session)).timezone
    try:
        async with session.begin_nested():
            saved = await save_rota(
                session,
                name=name,
                zone=zone,
                people=[int(each) for each in people or () if each.isdecimal()],
                starts_on=_day(starts_on) or now_of(session).astimezone(ZoneInfo(zone)).date(),
                hands_over_at=hour * 60,
                days=days,
            )
    except (Invalid, Conflict) as refusal:
        return await _overview(session, frame, refusal=refusal.detail)
    return back_to(f"{HOME}#on-call", Flash("clear", f"“{saved.name}” turns from now on."))


@router.post("/on-call/{rota_id}/shifts", dependencies=[may("settings:manage")])
async def post_shift(
    rota_id: RowId,
    session: Session,
    frame: DeskFrame,
    person: Annotated[int, Form(ge=0)],
    starts_at: _Line = "",
    ends_at: _Line = "",
) -> Response:
    """Let somebody stand in, by the rota's clock."""
    try:
        rota = await get_rota(session, rota_id)
        async with session.begin_nested():
            await add_shift(
                session,
                rota_id=rota.id,
                person_id=person,
                starts_at=_instant(starts_at, rota.zone),
                ends_at=_instant(ends_at, rota.zone),
            )
    except (Invalid, Conflict) as refusal:
        return await _overview(session, frame, refusal=refusal.detail)
    return back_to(f"{HOME}#on-call", Flash("clear", "They stand in."))


@router.post("/on-call/{rota_id}/shifts/{shift_id}/delete", dependencies=[may("settings:manage")])
async def post_shift_back(rota_id: RowId, shift_id: RowId, session: Session) -> Response:
    """Take a shift back."""
    await remove_shift(session, rota_id=rota_id, shift_id=shift_id)
    return back_to(f"{HOME}#on-call", Flash("clear", "It is taken back."))


@router.post("/on-call/{rota_id}/delete", dependencies=[may("settings:manage")])
async def post_rota_gone(rota_id: RowId, session: Session, frame: DeskFrame) -> Response:
    """Delete a rota."""
    try:
        await delete_rota(session, rota_id)
    except (Invalid, Conflict) as refusal:
        return await _overview(session, frame, refusal=refusal.detail)
    return back_to(f"{HOME}#on-call", Flash("clear", "It is gone."))


async def _overview(
    session: AsyncSession,
    frame: Frame,
    *,
    refusal: str = "",
    tried: Foreseen | None = None,
    number: str = "",
) -> Response:
    rotas, people = await list_rotas(session), await list_people(session, roles=["admin", "agent"])
    names = {each.id: each.name for each in people}
    teams = {each.id: each.name for each in await list_teams(session)}
    rota_names = {each.id: each.name for each in rotas}
    whom = [("admins", "the admins"), ("assignee", "whoever has it")]
    whom += [(f"on_call:{id}", f"on call: {name}") for id, name in rota_names.items()]
    whom += [(f"team:{id}", f"team: {name}") for id, name in teams.items()]
    whom += [(f"person:{id}", name) for id, name in names.items()]
    known = {"on_call": rota_names, "team": teams, "person": names}
    return page(
        "settings/escalation.html",
        frame,
        place="settings",
        status=422 if refusal else 200,
        tab="escalation",
        refusal=refusal,
        tried=tried,
        number=number,
        names=names,
        policies=[
            (each, _when(each), [_told(level, known) for level in levels_of(each)])
            for each in await list_policies(session)
        ],
        rotas=[await _rota(session, each, names) for each in rotas],
        whom=whom,
        levels=range(LEVELS),
        triggers=TRIGGER_WORDS.items(),
        priorities=[(each, wording.PRIORITY.get(each, each)) for each in PRIORITIES],
        severities=SEVERITIES,
        people=list(names.items()),
    )


async def _rota(session: AsyncSession, rota: Any, names: dict[int, str]) -> dict[str, Any]:
    now = now_of(session)
    zone = ZoneInfo(rota.zone)
    person = await who_is_on_call(session, rota, now)
    return {
        "id": rota.id,
        "name": rota.name,
        "zone": rota.zone,
        "on_call": names.get(person or 0, ""),
        "turns": [
            (
                names.get(each.person_id, "?"),
                each.starts_at.astimezone(zone),
                each.ends_at.astimezone(zone),
            )
            for each in turns_from(turns_of(rota), now, TURNS_SHOWN)
        ],
        "shifts": [
            (
                each.id,
                names.get(each.person_id, "?"),
                each.starts_at.astimezone(zone),
                each.ends_at.astimezone(zone),
            )
            for each in await list_shifts(session, rota.id, after=now)
        ],
    }


def _when(policy: EscalationPolicy) -> str:
    """When a policy applies, in a line."""
    parts = [f"When {TRIGGER_WORDS[policy.trigger]}"]
    if policy.priorities:
        parts.append("priority " + " or ".join(policy.priorities))
    if policy.severity_min:
        parts.append(f"severity {policy.severity_min} or more")
    if policy.sources:
        parts.append("from " + " or ".join(policy.sources))
    if policy.categories:
        parts.append("category " + " or ".join(policy.categories))
    if policy.organization_id:
        parts.append(f"of {policy.organization_id}")
    return ", ".join(parts)


def _told(level: Level, known: dict[str, dict[int, str]]) -> str:
    """What a level does, in a line."""
    words = {"admins": "the admins", "assignee": "whoever has it"}
    done = []
    for action in level.actions:
        to = words.get(action.to or "", "") or known.get(action.to or "", {}).get(
            action.id or 0, "somebody who is gone"
        )
        if action.to == "on_call":
            to = f"whoever is on call ({to})"
        done.append(
            {
                "notify": f"tell {to}",
                "assign": f"give it to {to}",
                "raise_priority": f"raise the priority{f' to {action.priority}' if action.priority else ''}",
                "webhook": "tell webhooks",
            }[action.do]
        )
    wait = f"after {wording.duration(level.wait_seconds)}" if level.wait_seconds else "at once"
    return f"{wait}: {', '.join(done)}" + ("" if level.stop_on_ack else ", even if taken up")


def _trigger(word: str) -> Any:
    if word not in TRIGGER_WORDS:
        raise BadEscalation("Say what sets it off.")
    return word


def _levels(
    minutes: Sequence[str],
    whom: Sequence[str],
    give: Sequence[str],
    higher: Sequence[str],
    call: Sequence[str],
) -> tuple[Level, ...]:
    """A level for each line that says whom to tell."""
    levels = []
    for number, (wait, told) in enumerate(zip(minutes, whom, strict=False)):
        if not told:
            continue
        if not wait.strip().isdecimal() or len(wait) > 6:
            raise BadEscalation(f"Level {number + 1}: give whole minutes.")
        to, _, id = told.partition(":")
        known: Any = {"to": to, "id": int(id) if id.isdecimal() and len(id) < 10 else None}
        if to not in ("admins", "assignee", "on_call", "team", "person"):
            raise BadEscalation(f"Level {number + 1}: say whom to tell.")
        actions = [Action(do="notify", **known)]
        if str(number) in give:
            actions.append(Action(do="assign", **known))
        if str(number) in higher:
            actions.append(Action(do="raise_priority"))
        if str(number) in call:
            actions.append(Action(do="webhook"))
        levels.append(Level(wait_seconds=int(wait) * 60, actions=tuple(actions)))
    return tuple(levels)


def _day(words: str) -> date | None:
    if not words:
        return None
    try:
        return date.fromisoformat(words)
    except ValueError as error:
        raise BadEscalation("Give the day of the first turn as YYYY-MM-DD.") from error


def _instant(words: str, zone: str) -> datetime:
    try:
        found = datetime.fromisoformat(words)
    except ValueError as error:
        raise BadEscalation("Give begin and end as YYYY-MM-DD HH:MM.") from error
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
