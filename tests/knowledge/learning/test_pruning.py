"""Nobody's question is kept longer than a year."""

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
