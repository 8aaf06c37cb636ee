"""Workflows on real mail: what they do, what is recorded, and that none ever loses a mail."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from tests.mailboxes.post import add_mailbox, deliver, keep, mail, row_of
from tests.mailboxes.test_steps import SPEC_SECOND
from tests.world import World
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.filing import file_waiting
from ticketyard.mailboxes.mail_rules import MailRules
from ticketyard.mailboxes.models import EmailWorkflow
from ticketyard.people.accounts import set_agent_profile
from ticketyard.people.companies import change_company

HELP = "Our internet is down. Can you help?"
SPAM = {"x_spam_flag": "YES"}


async def add(
    world: World,
    *steps: dict[str, Any],
    trigger: str = "support_request",
    threshold: float = 0.7,
    name: str = "",
    **fields: Any,
) -> int:
    async with world.resources.db.transaction(world.company_id) as session:
        workflow = EmailWorkflow(
            company_id=world.company_id,
            name=name or f"{trigger} {len(steps)} {fields}",
            classification_trigger=trigger,
            confidence_threshold=threshold,
            workflow_steps=list(steps),
            **fields,
        )
        session.add(workflow)
        await session.flush()
        return workflow.id


def step(action: str, **params: Any) -> dict[str, Any]:
    return {"action": action, "params": params}


async def rows(world: World, query: str, **values: Any) -> list[Any]:
    async with world.resources.db.transaction(world.company_id) as session:
        return list(await session.execute(text(query), values))


async def ticket_of(world: World, ticket_id: int | None) -> Any:
    (found,) = await rows(world, "select * from ticket where id = :id", id=ticket_id)
    return found


async def executions(world: World) -> list[Any]:
    return await rows(world, "select * from email_workflow_executions order by id")


async def tickets(world: World) -> int:
    ((count,),) = await rows(world, "select count(*) from ticket")
    return int(count)


def with_rules(world: World, **changes: Any) -> World:
    """The same world under other settings of the operator."""
    parts = dict(world.resources.parts)
    parts[MailRules] = replace(world.resources.part(MailRules), **changes)
    resources = Resources(world.resources.db, world.resources.blobs, parts)
    return replace(world, resources=resources)


# -- spec 3 ----------------------------------------------------------------------------------------


async def test_the_first_example_of_the_document(world: World) -> None:
    definition = dict(SPEC_SECOND)
    (wanted,) = definition.pop("workflow_steps")  # type: ignore[misc]
    wanted = {**wanted, "params": {"assigned_to_user_id": world.ana.id}}
    workflow_id = await add(
        world, wanted, name=str(definition["name"]), trigger="support_request", threshold=0.7
    )

    placed = await deliver(
        world, mail(HELP, subject="Help with network issue", message_id="<abc123@example.com>")
    )

    ticket = await ticket_of(world, placed.ticket_id)
    assert (ticket.priority, ticket.tags, ticket.assignee_id) == ("medium", [], world.ana.id)
    assert ticket.status == "assigned"
    (run,) = await executions(world)
    assert (run.workflow_id, run.workflow_name) == (workflow_id, "Support Email → Ticket")
    assert (run.status, run.steps_total, run.steps_completed) == ("completed", 1, 1)
    assert run.email_message_id == "<abc123@example.com>"
    assert run.classification == "support_request"
    assert run.confidence >= 0.7
    assert run.result == [
        {
            "action": "create_ticket",
            "status": "completed",
            "ticket_id": placed.ticket_id,
            "ticket_number": placed.number,
            "created": True,
            "linked": False,
        }
    ]
    assert run.error_message is None
    assert run.started_at <= run.completed_at


async def test_create_ticket_links_a_reply(world: World) -> None:
    await add(world, step("create_ticket", priority="critical"), trigger="feedback")
    first = await deliver(world, mail(subject="Printer"))

    reply = await deliver(
        world, mail("Thanks, issue is resolved now", subject=f"Re: {first.number}")
    )

    (run,) = await executions(world)
    assert (run.result[0]["created"], run.result[0]["linked"]) == (False, True)
    assert run.result[0]["ticket_number"] == first.number
    assert reply.comment_id is not None
    assert (await ticket_of(world, first.ticket_id)).priority == "medium"
    assert await tickets(world) == 1


@pytest.mark.parametrize(
    ("params", "subject", "default", "expected"),
    [
        ({"priority": "low"}, "URGENT: Server down!", "high", "low"),
        ({"priority": "normal"}, "URGENT: Server down!", None, "medium"),
        ({}, "URGENT: Server down!", "high", "critical"),
        ({}, "Server does not work", "high", "high"),
        ({}, "Server does not work", None, "medium"),
    ],
)
async def test_priority_by_workflow_then_words_then_setting(
    world: World, params: dict[str, Any], subject: str, default: str | None, expected: str
) -> None:
    await add(world, step("create_ticket", **params))

    placed = await deliver(
        with_rules(world, default_priority=default), mail("It is broken, help", subject=subject)
    )

    assert (await ticket_of(world, placed.ticket_id)).priority == expected
    assert len(await executions(world)) == 1


async def test_the_customer_is_noted(world: World) -> None:
    await add(world, step("create_ticket", customer_id=123))

    placed = await deliver(world, mail(HELP))

    assert (await ticket_of(world, placed.ticket_id)).custom_fields["customer_id"] == 123


async def test_a_mail_is_linked_because_the_admin_says_so(world: World) -> None:
    target = await world.open()
    await add(world, step("link_email_to_ticket", ticket_number=target.number.lower()))

    placed = await deliver(world, mail(HELP, sender="rita@example.com"))

    assert (placed.ticket_id, placed.linked, placed.created) == (target.id, True, False)
    (run,) = await executions(world)
    assert run.result == [
        {
            "action": "link_email_to_ticket",
            "status": "completed",
            "ticket_id": target.id,
            "ticket_number": target.number,
            "linked": True,
        }
    ]
    ((internal, author),) = await rows(world, "select is_internal, author_id from comment")
    assert (internal, author) == (False, world.rita.id)


async def test_what_a_stranger_wrote_is_linked_as_a_note(world: World) -> None:
    target = await world.open()
    await rows(
        world, "update ticket set status = 'resolved' where id = :id returning 1", id=target.id
    )
    await add(world, step("link_email_to_ticket", ticket_number=target.number))

    placed = await deliver(world, mail(HELP, sender="eve@elsewhere.example"))

    assert placed.ticket_id == target.id
    ((internal, author),) = await rows(world, "select is_internal, author_id from comment")
    assert (internal, author) == (True, None)
    assert (await ticket_of(world, target.id)).status == "resolved"
    assert not await rows(world, "select 1 from mail_participant where email_key like 'eve%'")
    assert "has no part" in placed.landing.reason


# -- nothing is lost -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (
            step("link_email_to_ticket", ticket_number="TKT-20990101-001"),
            "no ticket of this number",
        ),
        (step("link_email_to_ticket"), "ticket_number is missing"),
        (step("create_ticket_stub"), "no action"),
        (step("assign_ticket", assigned_to_user_id=1), "needs a ticket"),
        ({"nonsense": True}, "should be an object"),
    ],
)
async def test_a_failing_workflow_leaves_a_ticket(
    world: World, broken: dict[str, Any], says: str
) -> None:
    await add(world, broken)

    placed = await deliver(world, mail(HELP))

    assert placed.created
    (run,) = await executions(world)
    assert run.status == "failed"
    assert says in run.error_message
    assert "Step 1" in run.error_message
    assert await tickets(world) == 1


@pytest.mark.parametrize("steps", ["7", "null", '"create_ticket"', "[]", '{"action": 1}'])
async def test_steps_that_are_none_lose_no_mail(world: World, steps: str) -> None:
    workflow_id = await add(world, step("create_ticket"))
    await rows(
        world,
        "update email_workflows set workflow_steps = cast(:steps as jsonb) where id = :id"
        " returning id",
        steps=steps,
        id=workflow_id,
    )

    assert (await deliver(world, mail(HELP))).created
    (run,) = await executions(world)
    assert (run.status, run.steps_total) == ("failed", 0)


async def test_steps_before_a_failing_one_stand_and_those_after_are_left_out(world: World) -> None:
    await add(
        world,
        step("create_ticket"),
        step("set_category", category="no such category"),
        step("add_tags", tags=["late"]),
    )

    placed = await deliver(world, mail(HELP))

    (run,) = await executions(world)
    assert (run.status, run.steps_completed, run.steps_total) == ("failed", 1, 3)
    assert [each["status"] for each in run.result] == ["completed", "failed", "skipped"]
    assert run.error_message.startswith("Step 2 (set_category): ")
    ticket = await ticket_of(world, placed.ticket_id)
    assert ticket.tags == []
    assert await tickets(world) == 1


async def test_what_the_database_refuses_fails_the_step_and_nothing_else(world: World) -> None:
    await add(world, step("create_ticket"), step("assign_ticket", assigned_to_user_id=2**40))

    placed = await deliver(world, mail(HELP))

    (run,) = await executions(world)
    assert (run.status, run.steps_completed) == ("failed", 1)
    assert placed.created
    assert (await row_of(world, run.inbound_id)).outcome == "ticket"


async def test_a_closed_ticket_takes_no_more_mail(world: World) -> None:
    target = await world.open()
    await rows(
        world, "update ticket set status = 'closed' where id = :id returning 1", id=target.id
    )
    await add(world, step("link_email_to_ticket", ticket_number=target.number))

    placed = await deliver(world, mail(HELP))

    assert placed.created
    assert "is closed" in (await executions(world))[0].error_message


async def test_a_mail_that_is_in_one_ticket_does_not_go_to_another(world: World) -> None:
    target = await world.open()
    await add(
        world,
        step("create_ticket"),
        step("link_email_to_ticket", ticket_number=target.number),
    )

    placed = await deliver(world, mail(HELP))

    assert placed.created
    assert f"is in {placed.number} already" in (await executions(world))[0].error_message


# -- when they run ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "runs"),
    [
        ({}, True),
        ({"threshold": 0.75}, True),
        ({"threshold": 0.76}, False),
        ({"trigger": "billing"}, False),
        ({"enabled": False}, False),
    ],
)
async def test_a_workflow_runs_when_label_and_confidence_say_so(
    world: World, fields: dict[str, Any], runs: bool
) -> None:
    """The mail is a support request with 0.75."""
    await add(world, step("create_ticket", priority="low"), **fields)

    placed = await deliver(world, mail("The lamp is not working", subject="Hello"))

    assert bool(await executions(world)) is runs
    assert ((await ticket_of(world, placed.ticket_id)).priority == "low") is runs


async def test_without_the_setting_none_runs(world: World) -> None:
    await add(world, step("create_ticket", priority="low"))

    placed = await deliver(with_rules(world, workflows=False), mail(HELP))

    assert placed.created
    assert not await executions(world)


async def test_duplicates_and_bounces_run_none(world: World) -> None:
    await add(world, step("create_ticket"), threshold=0.0)
    await deliver(world, mail(HELP, message_id="<once@mailer.example>"))
    await deliver(world, mail(HELP, message_id="<once@mailer.example>"))

    assert len(await executions(world)) == 1


async def test_another_companys_workflow_does_not_run(world: World) -> None:
    async with world.resources.db.transaction(world.other_company_id) as session:
        session.add(
            EmailWorkflow(
                company_id=world.other_company_id,
                name="South",
                classification_trigger="support_request",
                confidence_threshold=0.0,
                workflow_steps=[step("create_ticket")],
            )
        )

    await deliver(world, mail(HELP))

    assert not await executions(world)


async def test_several_run_in_their_order_on_one_ticket(world: World) -> None:
    await add(world, step("create_ticket"), step("add_tags", tags=["second"]), priority=20)
    await add(
        world, step("create_ticket", priority="high"), step("add_tags", tags=["first"]), priority=10
    )

    placed = await deliver(world, mail(HELP))

    ticket = await ticket_of(world, placed.ticket_id)
    assert (ticket.tags, ticket.priority) == (["first", "second"], "high")
    assert await tickets(world) == 1
    assert [each.result[0]["created"] for each in await executions(world)] == [True, False]


async def test_a_follow_up_runs_them_too(world: World) -> None:
    first = await deliver(world, mail(subject="Printer"))
    await rows(
        world, "update ticket set status = 'closed' where id = :id returning 1", id=first.ticket_id
    )
    await add(world, step("create_ticket", priority="high"))

    later = await deliver(world, mail(f"{HELP}", subject=f"Re: {first.number}"))

    assert later.created
    ticket = await ticket_of(world, later.ticket_id)
    assert ticket.priority == "high"
    assert ticket.custom_fields["follow_up_of"] == first.number


# -- the other actions -----------------------------------------------------------------------------


async def test_assigning_tagging_and_filing(world: World) -> None:
    await add(
        world,
        step("create_ticket"),
        step("assign_ticket", assigned_to_user_id=world.bo.id),
        step("add_tags", tags=["VIP"]),
        step("set_priority", priority="high"),
        step("set_category", category="Network"),
    )

    placed = await deliver(world, mail(f"{HELP} #lan"))

    ticket = await ticket_of(world, placed.ticket_id)
    assert ticket.assignee_id == world.bo.id
    assert (ticket.tags, ticket.priority, ticket.category) == (["lan", "vip"], "high", "network")
    (run,) = await executions(world)
    assert (run.status, run.steps_completed) == ("completed", 5)


async def test_a_reply_takes_nothing_from_whoever_works_on_the_ticket(world: World) -> None:
    first = await deliver(world, mail(subject="Printer"))
    await add(
        world,
        step("create_ticket"),
        step("assign_ticket", assigned_to_user_id=world.bo.id),
        step("set_priority", priority="low"),
        step("add_tags", tags=["answered"]),
    )

    await deliver(world, mail(HELP, subject=f"Re: {first.number}"))

    ticket = await ticket_of(world, first.ticket_id)
    assert (ticket.assignee_id, ticket.priority) == (None, "medium")
    assert ticket.tags == ["answered"]
    (run,) = await executions(world)
    assert [each.get("changed") for each in run.result] == [None, False, False, True]


async def test_ignored_mail_is_kept_and_makes_no_ticket(world: World) -> None:
    await add(world, step("ignore", reason="we read no spam"), trigger="spam", name="No spam")
    await add(world, step("create_ticket"), trigger="spam", name="Later", priority=200)

    placed = await deliver(world, mail(**SPAM))

    assert placed.ticket_id is None
    assert await tickets(world) == 0
    first, second = await executions(world)
    assert first.result == [
        {"action": "ignore", "status": "completed", "ignored": True, "reason": "we read no spam"}
    ]
    assert (second.status, second.steps_completed) == ("skipped", 0)
    row = await row_of(world, first.inbound_id)
    assert (row.outcome, row.state) == ("refused", "refused")
    assert "we read no spam" in row.why["reason"]


async def test_an_answer_to_a_ticket_is_never_ignored(world: World) -> None:
    first = await deliver(world, mail(subject="Printer"))
    await add(world, step("ignore"), trigger="spam")

    reply = await deliver(world, mail("Still on fire", subject=f"Re: {first.number}", **SPAM))

    assert reply.ticket_id == first.ticket_id
    (run,) = await executions(world)
    assert run.result[0]["ignored"] is False


# -- spam ------------------------------------------------------------------------------------------


async def test_spam_becomes_a_tagged_ticket_that_nobody_is_given(
    world: World, run_jobs: Any
) -> None:
    by = world.as_person(world.admin)
    async with world.resources.db.transaction(world.company_id) as session:
        await change_company(session, by=by, auto_assign=True)

    spam = await deliver(with_rules(world, default_assignee_id=world.ana.id), mail(**SPAM))
    await run_jobs()

    ticket = await ticket_of(world, spam.ticket_id)
    assert (ticket.tags, ticket.assignee_id) == (["spam"], None)
    (routed,) = await rows(
        world, "select outcome, reason from assignment where ticket_id = :id", id=spam.ticket_id
    )
    assert routed.outcome == "not wanted"
    assert "spam" in routed.reason


async def test_spam_is_given_out_where_the_company_wants_it(world: World, run_jobs: Any) -> None:
    by = world.as_person(world.admin)
    async with world.resources.db.transaction(world.company_id) as session:
        await change_company(session, by=by, auto_assign=True, assign_spam=True)
        await set_agent_profile(session, person_id=world.bo.id, skills=["ENG"], by=by)

    spam = await deliver(world, mail(**SPAM))
    default = await deliver(
        with_rules(world, default_assignee_id=world.ana.id), mail("Buy!", subject="Buy", **SPAM)
    )
    await run_jobs()

    assert (await ticket_of(world, spam.ticket_id)).assignee_id is not None
    assert (await ticket_of(world, default.ticket_id)).assignee_id == world.ana.id


async def test_a_senders_own_hashtag_hides_nothing_from_agents(world: World) -> None:
    placed = await deliver(world, mail("We get so much #spam, please help #mail"))

    assert (await ticket_of(world, placed.ticket_id)).tags == ["mail"]


async def test_spam_triggers_no_workflow_for_requests(world: World) -> None:
    await add(world, step("create_ticket", priority="critical"), threshold=0.0)

    placed = await deliver(world, mail(HELP, **SPAM))

    assert not await executions(world)
    assert (await ticket_of(world, placed.ticket_id)).priority == "medium"


# -- who gets it -----------------------------------------------------------------------------------


async def test_the_default_assignee_gets_what_no_workflow_gives_away(
    world: World, run_jobs: Any
) -> None:
    by = world.as_person(world.admin)
    async with world.resources.db.transaction(world.company_id) as session:
        await change_company(session, by=by, auto_assign=True)
    ruled = with_rules(world, default_assignee_id=world.ana.id)
    await add(world, step("create_ticket", assigned_to_user_id=world.bo.id), trigger="billing",
              threshold=0.5)  # fmt: skip

    plain = await deliver(ruled, mail("Hello", subject="Hello"))
    billed = await deliver(ruled, mail("The invoice was charged twice", subject="Refund"))
    await run_jobs()

    assert (await ticket_of(world, plain.ticket_id)).assignee_id == world.ana.id
    assert (await ticket_of(world, billed.ticket_id)).assignee_id == world.bo.id
    assert not await rows(world, "select 1 from assignment")


@pytest.mark.parametrize("by_setting", [True, False])
@pytest.mark.parametrize("who", ["nobody", "huge", "a requester"])
async def test_an_id_that_is_no_agent_leaves_the_ticket_unassigned(
    world: World, by_setting: bool, who: str
) -> None:
    agent_id = {"nobody": 4711, "huge": 2**40, "a requester": world.rita.id}[who]
    ruled = with_rules(world, default_assignee_id=agent_id if by_setting else None)
    if not by_setting:
        await add(world, step("create_ticket", assigned_to_user_id=agent_id))

    placed = await deliver(ruled, mail(HELP))

    ticket = await ticket_of(world, placed.ticket_id)
    assert (ticket.assignee_id, ticket.status) == (None, "open")
    assert all(run.status == "completed" for run in await executions(world))


async def test_a_batch_mixes_workflows_and_plain_mail(world: World) -> None:
    box = await add_mailbox(world)
    await add(world, step("create_ticket", priority="low"))
    for number in range(6):
        body = HELP if number % 2 else f"Nothing in particular {number}"
        await keep(world, mail(body, subject=f"Mail {number}"), box)

    await file_waiting(world.resources, world.company_id)

    found = await rows(world, "select title, priority from ticket order by title")
    assert [tuple(each) for each in found] == [
        (f"Mail {number}", "low" if number % 2 else "medium") for number in range(6)
    ]
    assert len(await executions(world)) == 3
