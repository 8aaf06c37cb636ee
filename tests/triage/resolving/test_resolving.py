"""What needs no person is resolved, once, and only where the company wants it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.triage.resolving.helping import FORGOTTEN, LINK, change, kept, let_machines, look, work
from tests.world import World
from ticketyard.core.auth import Principal
from ticketyard.core.jobs import Worker
from ticketyard.tickets.commenting import add_comment
from ticketyard.triage.analysing import analyse_tickets
from ticketyard.triage.resolving.deciding import MailDoor, look_at, resolve_triaged
from ticketyard.triage.resolving.models import Solution
from ticketyard.triage.resolving.queries import get_rule, list_records
from ticketyard.triage.resolving.ranking import Record


async def test_a_fresh_desk_has_drafts_and_resolves_nothing(world: World, worker: Worker) -> None:
    opened = await world.open(FORGOTTEN)
    await work(world, worker)
    ticket, thread = await look(world, opened.id)
    assert (ticket.category, ticket.status, thread) == ("password_reset", "open", [])
    async with world.resources.db.transaction(world.company_id) as session:
        drafts = list(await session.scalars(select(Solution)))
    assert [each.state for each in drafts] == ["draft"] * 4


async def test_a_forgotten_password_is_answered_and_resolved(world: World, worker: Worker) -> None:
    await let_machines(world, LINK)
    opened = await world.open(FORGOTTEN)
    await work(world, worker)
    ticket, (note, answer) = await look(world, opened.id)
    assert ticket.status == "resolved"
    assert "https://password.north.test/reset" in (ticket.resolution or "")
    assert (note.is_internal, note.author_name) == (True, "Automation System")
    assert "password_reset" in note.body
    assert not answer.is_internal
    assert "1. Open the page." in answer.body
    assert "Just reply" in answer.body
    (record,) = await kept(world)
    assert record.resolved_at is not None
    assert 0.8 < record.confidence <= 0.95


async def test_the_answer_is_in_the_writers_language(world: World, worker: Worker) -> None:
    await change(world, "update company set languages = '{en,ru}'")
    await let_machines(world, LINK)
    opened = await world.open(
        "Забыл пароль, сбросьте пароль, пожалуйста: не могу войти, пароль истёк"
    )
    await work(world, worker)
    ticket, thread = await look(world, opened.id)
    assert ticket.status == "resolved"
    assert "Просто ответьте" in thread[-1].body


async def test_a_reply_opens_it_again_and_no_machine_touches_it_a_second_time(
    world: World, worker: Worker
) -> None:
    await let_machines(world, LINK)
    opened = await world.open(FORGOTTEN)
    await work(world, worker)
    async with world.resources.db.transaction(world.company_id) as session:
        await add_comment(
            session, ticket_id=opened.id, body="That did not help.", by=world.as_person(world.rita)
        )
    await work(world, worker)
    await analyse_tickets(world.resources, world.company_id, [opened.id], anew=True)
    await work(world, worker)
    ticket, thread = await look(world, opened.id)
    assert ticket.status == "in_progress"
    assert len(thread) == 3
    async with world.resources.db.transaction(world.company_id) as session:
        records = await list_records(session)
    assert list(records.values()) == [Record(settled=1, successes=0)]


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("The printer prints blank pages", {}),
        (FORGOTTEN, {"source": "alert"}),
        (FORGOTTEN, {"segment": "VIP"}),
        (FORGOTTEN, {"status": "resolved"}),
        (FORGOTTEN + ". This is terrible, awful, unacceptable, I am angry and fed up!", {}),
        (FORGOTTEN, {"requester_email": None}),
        (FORGOTTEN, {"category": "network"}),
    ],
    ids=["other", "alert", "VIP", "ready", "complaint", "nobody to tell", "filed otherwise"],
)
async def test_what_goes_to_a_person_all_the_same(
    world: World, worker: Worker, words: str, fields: dict[str, Any]
) -> None:
    await let_machines(world, LINK)
    opened = await world.open(words, **fields)
    await work(world, worker)
    ticket, _ = await look(world, opened.id)
    assert ticket.status == fields.get("status", "open")
    assert await kept(world) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "draft"},
        {"success_rate": 0.9},
        {"kind": "manual_steps"},
        {"category": "vpn"},
    ],
)
async def test_a_solution_that_does_not_suffice_resolves_nothing(
    world: World, worker: Worker, changes: dict[str, Any]
) -> None:
    await let_machines(world, replace(LINK, **changes))
    opened = await world.open(FORGOTTEN)
    await work(world, worker)
    assert (await look(world, opened.id))[0].status == "open"


async def test_a_category_that_is_not_on_the_list_is_left_alone(
    world: World, worker: Worker
) -> None:
    await let_machines(world, LINK, categories=["vpn"])
    opened = await world.open(FORGOTTEN)
    await work(world, worker)
    assert (await look(world, opened.id))[0].status == "open"


async def test_what_a_person_touched_is_theirs(world: World, worker: Worker) -> None:
    opened = await world.open(FORGOTTEN)
    await work(world, worker)
    async with world.resources.db.transaction(world.company_id) as session:
        await add_comment(
            session,
            ticket_id=opened.id,
            body="I look at it.",
            is_internal=True,
            by=world.as_person(world.ana),
        )
    await let_machines(world, LINK)
    await resolve_triaged(world.resources, world.company_id, [opened.id])
    assert (await look(world, opened.id))[0].status == "open"


async def test_what_the_requester_added_is_no_persons_touch(world: World, worker: Worker) -> None:
    opened = await world.open(FORGOTTEN)
    await work(world, worker)
    async with world.resources.db.transaction(world.company_id) as session:
        await add_comment(
            session, ticket_id=opened.id, body="It is urgent.", by=world.as_person(world.rita)
        )
    await let_machines(world, LINK)
    await resolve_triaged(world.resources, world.company_id, [opened.id])
    assert (await look(world, opened.id))[0].status == "resolved"


async def test_so_many_a_day_of_one_requester_and_no_more(world: World, worker: Worker) -> None:
    world.put(MailDoor, MailDoor(True, True))
    await let_machines(world, LINK, per_requester_per_day=2)
    opened = [await world.open(f"{FORGOTTEN} {n}") for n in range(3)]
    other = await world.open(FORGOTTEN, requester_email="someone@example.com")
    await work(world, worker)
    states = [(await look(world, each.id))[0].status for each in (*opened, other)]
    assert sorted(states[:3]) == ["open", "resolved", "resolved"]
    assert states[3] == "resolved"
    await change(world, "update auto_resolution set decided_at = now() - interval '25 hours'")
    left = opened[states.index("open")]
    await resolve_triaged(world.resources, world.company_id, [left.id])
    assert (await look(world, left.id))[0].status == "resolved"


async def test_old_tickets_are_not_answered_when_the_rule_is_switched_on(
    world: World, worker: Worker
) -> None:
    opened = await world.open(FORGOTTEN)
    await work(world, worker)
    await change(world, "update ticket set created_at = now() - interval '2 days'")
    await let_machines(world, LINK)
    await resolve_triaged(world.resources, world.company_id, [opened.id])
    assert (await look(world, opened.id))[0].status == "open"


@pytest.mark.parametrize(
    "mail",
    [
        "'', true, 'customer', jsonb_build_object()",
        "'auto-replied', false, 'customer', jsonb_build_object()",
        "'', false, 'spam', jsonb_build_object()",
        "'', false, 'customer', jsonb_build_object('authentication', 'fail')",
    ],
)
async def test_a_mail_that_no_machine_should_answer_is_not_answered(
    world: World, worker: Worker, mail: str
) -> None:
    opened = await world.open(FORGOTTEN, source="email")
    await work(world, worker)
    await _mail(world, opened.id, mail)
    await let_machines(world, LINK)
    await resolve_triaged(world.resources, world.company_id, [opened.id])
    assert (await look(world, opened.id))[0].status == "open"


async def _mail(world: World, ticket_id: int, values: str) -> None:
    """A mail that opened the ticket, as filing leaves it."""
    await change(
        world,
        "with kept as (insert into inbound_message (company_id, source, identity, sha256, raw)"
        " values (current_company(), 'email', 'x', 'x', 'x') returning id)"
        " insert into mail_message (inbound_id, company_id, outcome, ticket_id, auto, is_bounce,"
        f" classification, why) select id, current_company(), 'ticket', :ticket, {values} from kept",
        ticket=ticket_id,
    )


async def test_two_companies_rules_are_their_own(world: World, worker: Worker) -> None:
    await let_machines(world, LINK)
    by = Principal.system(world.other_company_id)
    async with world.resources.db.transaction(world.other_company_id) as session:
        theirs = list(await session.scalars(select(Solution)))
        assert {each.company_id for each in theirs} == {by.company_id}
        assert (
            await session.execute(text("select count(*) from auto_resolution_rule"))
        ).scalar() == 0


async def test_a_week_of_quiet_is_a_success_and_less_says_nothing(
    world: World, worker: Worker
) -> None:
    await let_machines(world, LINK)
    opened = await world.open(FORGOTTEN)
    await work(world, worker)
    (record,) = await kept(world)
    assert record.resolved_at is not None

    async def outcome(after: timedelta) -> dict[int, Record]:
        async with world.resources.db.transaction(world.company_id) as session:
            assert record.resolved_at is not None
            session.info["at"] = record.resolved_at + after
            return await list_records(session)

    assert await outcome(timedelta(days=6, hours=23)) == {}
    assert await outcome(timedelta(days=7)) == {record.solution_id: Record(1, 1)}
    await change(
        world,
        "insert into state_change (company_id, ticket_id, from_status, to_status, by_kind, by_name,"
        " changed_at) values (current_company(), :id, 'resolved', 'in_progress', 'person', 'Rita',"
        " now() + interval '8 days')",
        id=opened.id,
    )
    assert await outcome(timedelta(days=9)) == {record.solution_id: Record(1, 1)}
    await change(
        world,
        "insert into state_change (company_id, ticket_id, from_status, to_status, by_kind, by_name,"
        " changed_at) values (current_company(), :id, 'resolved', 'in_progress', 'person', 'Rita',"
        " now() + interval '6 days')",
        id=opened.id,
    )
    assert await outcome(timedelta(days=9)) == {record.solution_id: Record(1, 0)}


# -- who is told ---------------------------------------------------------------------------------------

STRANGER = {"requester_email": "otto@elsewhere.test"}
NO_SERVER, NO_ADDRESS = "no mail server is configured", "left no address"


async def test_nothing_is_resolved_in_silence(world: World, worker: Worker) -> None:
    await let_machines(world, LINK)
    opened = await world.open(FORGOTTEN, **STRANGER)
    await work(world, worker)
    ticket, thread = await look(world, opened.id)
    assert (ticket.status, thread) == ("open", [])
    assert NO_SERVER in await why_held(world, opened.id, world.resources.part(MailDoor))


@pytest.mark.parametrize("server", [None, "", "smtp.north.test"])
async def test_who_can_be_told(world: World, server: str | None) -> None:
    """server: of the desk's only mailbox; None where it has none."""
    if server is not None:
        await change(
            world,
            "insert into mailbox (company_id, address, imap_server, username, smtp_server)"
            " values (current_company(), 'help@north.test', 'imap.north.test', 'help', :server)",
            server=server,
        )
    stranger = await world.open(FORGOTTEN, **STRANGER)
    nobody = await world.open(FORGOTTEN, requester_email=None)
    # Who can log in sees the answer at the desk.
    rita = await world.open(FORGOTTEN)
    for door, is_told in (
        (MailDoor(), bool(server)),
        (MailDoor(has_sender=True), bool(server)),
        (MailDoor(has_server=True), server is not None),
        (MailDoor(has_server=True, has_sender=True), True),
    ):
        assert (NO_SERVER in await why_held(world, stranger.id, door)) is not is_told
        assert NO_ADDRESS in await why_held(world, nobody.id, door)
        assert "told" not in await why_held(world, rita.id, door)
    await change(world, "update person set password_hash = null where name = 'Rita Requester'")
    assert (NO_SERVER in await why_held(world, rita.id, MailDoor())) is not bool(server)


async def why_held(world: World, ticket_id: int, door: MailDoor) -> str:
    async with world.resources.db.transaction(world.company_id) as session:
        verdict = await look_at(session, ticket_id, await get_rule(session), door)
    return verdict.held_back or ""
