"""Nobody's question is kept longer than a year, nor what somebody said in a chat."""

from tests.knowledge.learning.asking import Desk
from tests.world import World
from ticketyard.knowledge.learning.pruning import prune_learning


async def test_what_is_a_year_old_goes_and_the_rest_stays(world: World) -> None:
    north, south = Desk.north(world), Desk.south(world)
    for desk in (north, south):
        await desk.chat("Where do I get a parking permit?")
        await desk.chat("The VPN drops at home")
        await desk.gather()
        for table, column in (
            ("unanswered_question", "asked_at"),
            ("knowledge_gap", "last_asked_at"),
        ):
            await desk.run(
                f"update {table} set {column} = {column} - make_interval(days => 366)"
                f" where id = (select min(id) from {table})"
            )

    await prune_learning(world.resources, world.company_id)

    assert await north.run("select string_agg(title, ',') from knowledge_gap") == (
        "The VPN drops at home"
    )
    assert await north.run("select count(*) from unanswered_question") == 1
    assert await south.run("select count(*) from unanswered_question") == 2


async def test_conversations_go_a_year_after_their_last_word_and_codes_after_a_day(
    world: World,
) -> None:
    north, south = Desk.north(world), Desk.south(world)
    for desk in (north, south):
        await desk.chat("Where do I park?", at=desk.ago(days=366))
        with_a_person = await desk.chat("The scanner smokes", at=desk.ago(days=366))
        await desk.run("update conversation set updated_at = :at", at=desk.ago(days=366))
        await desk.run(
            "update chat set updated_at = now() where conversation_id = :id", id=with_a_person
        )
        for hours in (2, 25):
            await desk.run(
                "insert into chat_code (company_id, conversation_id, email, code_hash, sent_at,"
                " expires_at) values (current_company(), :id, 'mia@example.com', 'x', :at, :at)",
                id=with_a_person,
                at=desk.ago(hours=hours),
            )

    await prune_learning(world.resources, world.company_id)

    kept = "select string_agg(question, ',' order by id) from chat_question"
    assert await north.run(kept) == "The scanner smokes"
    assert await north.run("select count(*) from conversation") == 1
    assert await north.run("select count(*) from chat_code") == 1
    assert await south.run(kept) == "Where do I park?,The scanner smokes"
    assert await south.run("select count(*) from chat_code") == 2
