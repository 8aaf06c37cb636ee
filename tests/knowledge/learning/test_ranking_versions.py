"""A ranking is learned of what people did, kept as a version, and gone back from."""

import pytest

from tests.knowledge.learning.asking import Desk
from tests.knowledge.retrieving.shelf import Shelf
from tests.world import World
from ticketyard.knowledge.learning.errors import RankingNotFound
from ticketyard.knowledge.learning.judging import judge_found, list_judged
from ticketyard.knowledge.learning.ranking_versions import (
    RankingVersion,
    learn_when_enough,
    list_rankings,
    use_ranking,
)
from ticketyard.knowledge.retrieving.learning import QUESTIONS_MIN, Judged
from ticketyard.knowledge.retrieving.rankings import ranking_of
from ticketyard.knowledge.retrieving.shipped import SHIPPED

THINGS = ("printer", "laptop", "router", "badge", "phone", "scanner", "monitor", "camera")
ASKS = ("restart the {}", "how do I restart the {}", "please help me with the {}",
        "what to do with a broken {}")  # fmt: skip


async def judge(world: World, document_id: int, question: str, kind: str = "helpful") -> None:
    file_id = await Desk.north(world).run(
        "select file_id from knowledge_document where id = :id", id=document_id
    )
    async with world.resources.db.transaction(world.company_id) as session:
        await judge_found(
            session,
            file_id=file_id,
            question=question,
            kind=kind,  # type: ignore[arg-type]
            by=world.as_person(world.ana),
        )


async def used(world: World) -> None:
    """Of two texts that say the same, people say that the one helped whose title does not name it."""
    shelf = Shelf(world.resources, world.company_id)
    for thing in THINGS:
        await shelf.put(f"All about the {thing}", f"Restart the {thing} and wait a minute.")
        right = await shelf.put("Restart and wait", f"Restart the {thing}, wait a minute or two.")
        for ask in ASKS:
            await judge(world, right, ask.format(thing))


async def versions(world: World) -> list[RankingVersion]:
    async with world.resources.db.transaction(world.company_id) as session:
        return await list_rankings(session)


async def judged(world: World) -> list[Judged]:
    async with world.resources.db.transaction(world.company_id) as session:
        return await list_judged(session)


async def test_what_is_learned_by_night_is_used_gone_back_from_and_not_learned_again_at_once(
    world: World,
) -> None:
    resources, company_id = world.resources, world.company_id
    await used(world)

    lesson = await learn_when_enough(resources, company_id)

    assert lesson is not None
    assert lesson.kept
    assert lesson.after > lesson.before
    (version,) = await versions(world)
    assert (version.version, version.verdict, version.is_in_use) == (1, "used", True)
    assert version.questions == len(THINGS) * len(ASKS) == len(await judged(world))
    admin = world.as_person(world.admin)
    async with resources.db.transaction(company_id) as session:
        taught = await ranking_of(session)
        await use_ranking(session, version=None, by=admin)
        assert await ranking_of(session) == SHIPPED
    assert await learn_when_enough(resources, company_id) is None
    async with resources.db.transaction(company_id) as session:
        assert await ranking_of(session) == SHIPPED
        await use_ranking(session, version=1, by=admin)
        assert await ranking_of(session) == taught
    assert [each.chosen_by for each in await versions(world)] == [admin.name]
    async with resources.db.transaction(world.other_company_id) as session:
        assert await list_rankings(session) == []
        assert await ranking_of(session) == SHIPPED
        with pytest.raises(RankingNotFound):
            await use_ranking(session, version=1, by=admin)


async def test_too_little_teaches_nothing(world: World) -> None:
    right = await Shelf(world.resources, world.company_id).put("Printer", "Restart the printer.")
    for number in range(QUESTIONS_MIN - 1):
        await judge(world, right, f"restart the printer number {number}")

    assert await learn_when_enough(world.resources, world.company_id) is None
    assert await versions(world) == []


async def test_a_version_that_was_not_better_cannot_be_used(world: World) -> None:
    await Desk.north(world).run(
        "insert into knowledge_ranking_version values (current_company(), 4, 'kept_out', '{a}', '{1}',"
        " 0, 30, 30, 0.9, 0.8, now())"
    )
    async with world.resources.db.transaction(world.company_id) as session:
        for version in (4, 5):
            with pytest.raises(RankingNotFound):
                await use_ranking(session, version=version, by=world.as_person(world.admin))


async def test_what_is_judged_comes_from_clicks_confirmed_chats_and_closed_gaps(
    world: World,
) -> None:
    north, shelf = Desk.north(world), Shelf(world.resources, world.company_id)
    jam = await shelf.put("How do I clear a paper jam?", "Open the rear tray. Pull it out.")
    vpn = await shelf.put("VPN", "Update the VPN client.")
    file_id = await north.run("select file_id from knowledge_document where id = :id", id=vpn)
    mark = f"[article:{file_id}#{file_id}-0]"
    await judge(world, jam, "paper jam once more", "opened")
    await judge(world, jam, "the paper jam again", "helpful")
    await judge(world, jam, "no paper in it at all", "unhelpful")
    for outcome in ("resolved_confirmed", "left"):
        await north.chat(
            f"The VPN drops, {outcome}", answered=True, citations=[mark], outcome=outcome
        )
    await north.chat("How to clear a paper jam in the hall?")
    await north.gather()
    await north.run(
        "update knowledge_gap set state = 'answered', document_id = :id, answered_by_id = :id",
        id=jam,
    )

    assert {each.query: sorted(each.right) for each in await judged(world)} == {
        "paper jam once more": [jam],
        "the paper jam again": [jam],
        "The VPN drops, resolved_confirmed": [vpn],
        "How to clear a paper jam in the hall?": [jam],
    }
    await north.run("update knowledge_document set publication = 'archived'")
    assert await judged(world) == []
