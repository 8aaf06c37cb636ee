"""Of tickets that an agent solved, articles are drafted; nothing is published by itself."""

import pytest
from sqlalchemy import text

from tests.knowledge.learning.asking import Desk
from tests.knowledge.retrieving.shelf import Shelf
from tests.world import World
from ticketyard.knowledge.answering.writing_down import write_solution
from ticketyard.knowledge.learning.drafting import draft_articles
from ticketyard.knowledge.learning.queries import ProposalView, list_proposals, list_sources
from ticketyard.knowledge.writing import set_publication
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.commenting import add_comment

REPLY = "Hello Rita!\n\nOpen the rear tray. Pull the paper out.\n\nBest regards,\nAna"
JAM = "The printer on floor 3 reports a paper jam"


async def solved(
    world: World, title: str = JAM, reply: str = REPLY, *, internal: bool = False, **fields: object
) -> int:
    """A ticket that Ana answered and resolved."""
    opened = await world.open(title, **{"requester_name": "Rita Requester", **fields})
    ana = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        if reply:
            await add_comment(
                session, ticket_id=opened.id, body=reply, is_internal=internal, by=ana
            )
        await change_status(session, ticket_id=opened.id, status="resolved", by=ana)
    return opened.id


async def drafted(world: World) -> list[ProposalView]:
    await draft_articles(world.resources, world.company_id)
    async with world.resources.db.transaction(world.company_id) as session:
        return await list_proposals(session, limit=50)


async def verdicts(world: World) -> list[str]:
    async with world.resources.db.transaction(world.company_id) as session:
        return list(
            await session.scalars(text("select verdict from proposal_ticket order by ticket_id"))
        )


async def test_question_and_steps_are_drawn_from_the_ticket_people_struck_out(
    world: World,
) -> None:
    ticket_id = await solved(
        world,
        "Re: Rita Requester: printer reports a paper jam",
        "Hi Rita!\n\n1. Open the rear tray.\n2. Log in with password: Hunter2x\n\nRegards, Ana",
        description="It says 13. Call +7 701 555 12 34 or rita.r@mail.example.",
    )

    (draft,) = await drafted(world)

    document = draft.document
    assert (document.title, document.publication) == (
        "[name]: printer reports a paper jam",
        "draft",
    )
    assert (document.author_name, document.approved_by_name) == ("Knowledge", "")
    assert "1. Open the rear tray.\n2. Log in with password: [secret]" in (document.body or "")
    assert "Call [phone] or [e-mail]" in (document.body or "")
    for secret in ("Rita", "Hunter2x", "555", "mail.example", "Regards", "Hi "):
        assert secret not in (document.body or "") + document.title
    assert draft.tickets[0][0] == ticket_id
    assert draft.count == 1


async def test_what_a_person_wrote_down_goes_before_the_last_reply(world: World) -> None:
    opened = await world.open(JAM)
    ana = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        await add_comment(session, ticket_id=opened.id, body=REPLY, is_internal=False, by=ana)
        await write_solution(session, ticket_id=opened.id, steps=["Clean the sensor."], by=ana)
        await change_status(session, ticket_id=opened.id, status="resolved", by=ana)

    (draft,) = await drafted(world)

    assert "## Solution\n\nClean the sensor." in (draft.document.body or "")


async def test_like_tickets_make_one_draft_and_each_is_looked_at_once(world: World) -> None:
    first = await solved(world)
    second = await solved(world, "Paper jam in the printer on the third floor")
    await solved(world, "The VPN drops at home", "Update the VPN client to version 7 first.")

    drafts = await drafted(world)
    again = await drafted(world)

    assert [(each.count, each.document.title) for each in drafts] == [
        (2, JAM),
        (1, "The VPN drops at home"),
    ]
    assert [each.document.id for each in again] == [each.document.id for each in drafts]
    async with world.resources.db.transaction(world.company_id) as session:
        sources = await list_sources(session, drafts[0].document.id)
    assert {each for each, _ in sources} == {first, second}
    async with world.resources.db.transaction(world.other_company_id) as session:
        assert await list_proposals(session, limit=50) == []
    assert await draft_articles(world.resources, world.other_company_id) == 0


@pytest.mark.parametrize("gone", ["archived", "deleted"])
async def test_what_was_put_away_does_not_come_back(world: World, gone: str) -> None:
    await solved(world)
    (draft,) = await drafted(world)
    async with world.resources.db.transaction(world.company_id) as session:
        if gone == "deleted":
            await session.execute(text("delete from knowledge_document"))
        else:
            await set_publication(
                session,
                file_id=draft.document.file_id,
                publication="archived",
                by=world.as_person(world.ana),
            )
    await solved(world, "Paper jam in the printer on the third floor")

    assert await drafted(world) == []
    assert await verdicts(world) == ["proposed", "unwanted"]


async def test_what_an_article_covers_needs_none(world: World) -> None:
    await Shelf(world.resources, world.company_id).put(
        "The printer reports a paper jam", "Open the rear tray. Pull the paper out."
    )
    await solved(world)

    assert await drafted(world) == []
    assert await verdicts(world) == ["covered"]


@pytest.mark.parametrize(
    ("reply", "internal", "told"),
    [
        ("", False, []),
        (REPLY, True, []),
        ("Thank you! I am closing this ticket.", False, ["no_answer"]),
    ],
)
async def test_a_ticket_without_an_answer_that_could_be_told_makes_none(
    world: World, reply: str, internal: bool, told: list[str]
) -> None:
    await solved(world, reply=reply, internal=internal)

    assert await drafted(world) == []
    assert await verdicts(world) == told


async def test_a_ticket_that_is_open_again_or_has_its_article_makes_none(world: World) -> None:
    north = Desk.north(world)
    approved = await solved(world)
    reopened = await solved(world, "The VPN drops at home")
    await north.run("update ticket set status = 'open' where id = :id", id=reopened)
    await north.run(
        "insert into knowledge_document (company_id, source_type, kind, title, body, ticket_id)"
        " values (current_company(), 'ticket', 'markdown', 'x', 'y', :id)",
        id=approved,
    )

    assert await drafted(world) == []
    assert await verdicts(world) == []
