"""What a test of triage is worth: texts it was taught, and labels nobody can answer."""

from sqlalchemy import text

from tests.tickets.test_categorizing import change
from tests.triage.learning.lessons import all_texts
from tests.triage.learning.test_versions import train
from tests.world import World
from ticketyard.ai.embedding import NoEmbedder
from ticketyard.triage.engines import Engines
from ticketyard.triage.learning.evaluating import taught_places
from ticketyard.triage.learning.examples import Example, digest_of
from ticketyard.triage.learning.trying_out import try_out

PAIRS = all_texts()


async def test_what_was_taught_is_told_from_what_was_not(world: World) -> None:
    world.resources.part(Engines).embedder = NoEmbedder()
    untaught = await try_out(world.resources, world.company_id, [Example("No wifi", "network")])
    assert (untaught.taught, untaught.unknown, untaught.texts) == (0, 0, 1)

    await train(world, PAIRS[:120])
    rows = [Example(*pair) for pair in PAIRS[:40]]
    copy = Example(f"{PAIRS[0][0].upper()}!!", PAIRS[0][1])
    strange = Example("Somebody sat on my chair", "furniture")
    others = [Example(*pair) for pair in PAIRS[200:230]]
    tried = await try_out(world.resources, world.company_id, [*rows, copy, strange, *others])
    assert (tried.texts, tried.taught) == (72, 41)
    assert (tried.unknown, tried.unknown_labels) == (1, ("furniture",))
    assert tried.untaught
    assert tried.untaught.texts == 31
    assert tried.untaught.accuracy < tried.accuracy

    only = await try_out(world.resources, world.company_id, rows)
    assert (only.taught, only.untaught) == (40, None)


async def test_a_renamed_category_is_known_by_its_old_name_and_what_was_taught_of_it(
    world: World,
) -> None:
    world.resources.part(Engines).embedder = NoEmbedder()
    await train(world, PAIRS[:120])
    await change(world, "badge", name="Doors and cards")
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("delete from taught_example"))
    rows = [Example(*pair) for pair in PAIRS[:40]]
    # The file may still say the old word.
    tried = await try_out(world.resources, world.company_id, rows)
    assert (tried.taught, tried.unknown) == (40, 0)


def test_a_text_is_known_under_whatever_label_and_when_it_is_kept_no_more() -> None:
    rows = [Example("Toner is low", "b"), Example("TONER is low.", "a"), Example("No wifi", "a")]
    learned = {digest_of("Toner is low", "a")}
    assert taught_places(rows, ("a", "b"), learned, ()) == {0}
    assert taught_places(rows, ("a", "b"), learned, ("Toner is low",)) == {0, 1}
    assert taught_places(rows, (), (), ()) == frozenset()
