"""A label is the same in capitals: to the model, to the count of what is new, and to what is held back."""

from tests.triage.learning.lessons import all_texts
from tests.triage.learning.test_versions import embedder_of, train
from tests.world import World
from ticketyard.ai.embedding import NoEmbedder
from ticketyard.triage.engines import Engines
from ticketyard.triage.learning.examples import Example, called_today, spelled_alike
from ticketyard.triage.learning.gathering import count_fresh, gather
from ticketyard.triage.learning.versions import roll_back
from ticketyard.triage.queries import CATEGORY

PAIRS = all_texts()


async def test_a_file_in_capitals_is_learned_once_and_held_back_with_its_version(
    world: World,
) -> None:
    world.resources.part(Engines).embedder = NoEmbedder()
    await train(world, PAIRS[:100])
    trained = await train(world, [(words, label.upper()) for words, label in PAIRS[100:160]])
    assert (trained.state, trained.new_categories) == ("promoted", ()), trained.reason
    async with world.resources.db.transaction(world.company_id) as session:
        assert await count_fresh(session, CATEGORY) == 0
        await roll_back(session, by=world.system, embedder=embedder_of(world))
        assert len((await gather(session, CATEGORY, with_held=False)).examples) == 100


def test_a_former_name_is_known_in_capitals_too() -> None:
    present, first = {"vpn": "Remote access", "Tunnel": "Remote access"}, {"Remote access": "vpn"}
    rows = [Example("x", label) for label in ("VPN", "tunnel", "REMOTE ACCESS", "vpn")]
    called = called_today(rows, present, first)
    assert {(each.label, each.key) for each in called} == {("Remote access", "vpn")}
    assert len({each.digest for each in called}) == 1


def test_of_spellings_nobody_knows_the_commonest_stands() -> None:
    rows = [Example("x", label) for label in ("Chair", "chair", "Chair", "PRINTER")]
    spelled = [each.label for each in spelled_alike(rows, ["printer"])]
    assert spelled == ["Chair", "Chair", "Chair", "printer"]
