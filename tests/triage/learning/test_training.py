import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from tests.world import World
from ticketyard.ai.embedding import Vectors
from ticketyard.ai.training import ENOUGH_EXAMPLES
from ticketyard.core.jobs import Worker
from ticketyard.tickets.queries import get_ticket, list_categories
from ticketyard.triage.correcting import correct_category
from ticketyard.triage.engines import Engines
from ticketyard.triage.errors import BadExamples, CannotTrain
from ticketyard.triage.learning.errors import TrainingUnderWay
from ticketyard.triage.learning.evaluating import evaluate
from ticketyard.triage.learning.examples import Example, parse_examples
from ticketyard.triage.learning.gathering import list_unlabelled
from ticketyard.triage.learning.keeping import find_vectors
from ticketyard.triage.learning.queries import list_versions
from ticketyard.triage.learning.remembering import Remembering
from ticketyard.triage.learning.training import train_from_csv, train_from_history
from ticketyard.triage.queries import CATEGORY, current_version, get_analysis

THINGS = ("card", "bank card", "debit card", "new card", "gold card", "second card", "credit card")
ROWS = [
    *((f"Where is my {thing}? It has not arrived yet.", "card_arrival") for thing in THINGS),
    *((f"I was charged twice for my {thing} in a shop.", "double_charge") for thing in THINGS),
    *((f"How do I change the PIN of my {thing}?", "change_pin") for thing in THINGS),
]
CSV = "text,category\n" + "\n".join(f'"{line}",{label}' for line, label in ROWS)


async def test_a_trained_model_files_tickets_under_the_new_categories(
    world: World, worker: Worker
) -> None:
    trained = await train_from_csv(world.resources, world.company_id, CSV.encode(), by=world.system)
    assert (trained.version, trained.examples, trained.labels) == (1, 21, 3)
    assert trained.new_categories == ("card_arrival", "change_pin", "double_charge")
    opened = await world.open("My new card did not arrive, where is it?")
    await worker.run_pending()
    async with world.resources.db.transaction(world.company_id) as session:
        ticket, analysis = (
            await get_ticket(session, opened.id),
            await get_analysis(session, opened.id),
        )
        names = [each.name for each in await list_categories(session)]
    assert ticket.category == "card_arrival"
    assert (analysis.engine, analysis.model_version) == ("classifier", 1)
    assert analysis.category_ranking[0][0] == "card_arrival"
    assert names[:2] == ["network", "hardware"]
    assert {"card_arrival", "change_pin", "double_charge"} <= set(names)


async def test_a_category_taken_off_the_list_is_never_answered(
    world: World, worker: Worker
) -> None:
    await train_from_csv(world.resources, world.company_id, CSV.encode(), by=world.system)
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text("update category set is_active = false where name = 'card_arrival'")
        )
    opened = await world.open("My new card did not arrive, where is it?")
    await worker.run_pending()
    async with world.resources.db.transaction(world.company_id) as session:
        analysis = await get_analysis(session, opened.id)
        assert "card_arrival" not in [name for name, _ in analysis.category_ranking]
        assert (await get_ticket(session, opened.id)).category != "card_arrival"


async def test_the_newest_version_is_current_and_the_old_ones_stay(world: World) -> None:
    for _ in range(2):
        await train_from_csv(world.resources, world.company_id, CSV.encode(), by=world.system)
    async with world.resources.db.transaction(world.company_id) as session:
        models = [each.model for each in await list_versions(session, embedder="")]
        assert [(each.version, each.is_current) for each in models] == [(2, True), (1, False)]
        assert models[0].metrics["accuracy"] > 0.8


@pytest.mark.parametrize(("room", "is_kept"), [(10**9, True), (1, False)])
async def test_models_are_kept_while_there_is_room(world: World, room: int, is_kept: bool) -> None:
    for _ in range(2):
        await train_from_csv(world.resources, world.company_id, CSV.encode(), by=world.system)
    engines = Engines(world.resources.part(Engines).embedder, room=room)
    async with world.resources.db.transaction(world.company_id) as session:
        first, _, again = [await engines.model(session, CATEGORY, each) for each in (1, 2, 1)]
    assert (again.weights is first.weights) is is_kept
    assert first.nbytes > first.weights.nbytes


async def test_a_training_leaves_its_vectors_to_the_next(world: World) -> None:
    embedder = world.resources.part(Engines).embedder
    if not embedder.dimensions:
        pytest.skip("no weights: run `make weights`")
    await train_from_csv(world.resources, world.company_id, CSV.encode(), by=world.system)
    async with world.resources.db.transaction(world.company_id) as session:
        kept = await find_vectors(session, CATEGORY, embedder.name)
        assert await find_vectors(session, CATEGORY, "another model") == b""
    following = Remembering(Unasked(embedder.name, embedder.dimensions), kept)
    assert following.embed([text for text, _ in ROWS]).shape == (len(ROWS), embedder.dimensions)


@dataclass(frozen=True)
class Unasked:
    """An embedder that nobody should need."""

    name: str
    dimensions: int

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise AssertionError(texts)


async def test_of_two_trainings_at_once_the_second_is_told_of_the_first(world: World) -> None:
    results = await asyncio.gather(
        *(
            train_from_csv(world.resources, world.company_id, CSV.encode(), by=world.system)
            for _ in range(3)
        ),
        return_exceptions=True,
    )
    refused = [each for each in results if isinstance(each, TrainingUnderWay)]
    assert len(refused) == 2
    assert all("Training 1 is running since" in each.detail for each in refused)
    async with world.resources.db.transaction(world.company_id) as session:
        assert await current_version(session) == 1


async def test_a_damaged_model_gives_way_to_rules_that_say_so(world: World, worker: Worker) -> None:
    await train_from_csv(world.resources, world.company_id, CSV.encode(), by=world.system)
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("update triage_model set model = 'broken'"))
    opened = await world.open("The printer prints blank pages, toner is new")
    await worker.run_pending()
    async with world.resources.db.transaction(world.company_id) as session:
        analysis = await get_analysis(session, opened.id)
    assert (analysis.state, analysis.category, analysis.model_version) == ("done", "printer", None)
    assert analysis.engine in ("rules", "descriptions")


async def test_what_people_filed_is_learned_but_not_what_triage_filed(
    world: World, worker: Worker
) -> None:
    with pytest.raises(CannotTrain, match="no example to learn from"):
        await train_from_history(world.resources, world.company_id, by=world.system)
    for line, label in ROWS[:14]:
        opened = await world.open(line)
        name = "email" if label == "card_arrival" else "vpn"
        async with world.resources.db.transaction(world.company_id) as session:
            await correct_category(session, ticket_id=opened.id, category=name, by=world.system)
    await world.open("The printer prints blank pages")
    await worker.run_pending()
    trained = await train_from_history(world.resources, world.company_id, by=world.system)
    assert (trained.examples, trained.labels) == (14, 2)


async def test_what_nobody_labelled_lends_its_words_while_examples_are_few(world: World) -> None:
    """A word that only unlabelled tickets use is known to the model that learned beside them."""
    if not world.resources.part(Engines).embedder.dimensions:
        pytest.skip("no weights: run `make weights`")
    for line, _ in ROWS[:6]:
        await world.open(f"{line}, says Wendelin")
    await world.open("Labelled by its source", category="hardware")
    taught = "text,category\n" + "\n".join(f"{line},{label}" for line, label in ROWS[6:])
    await train_from_csv(world.resources, world.company_id, taught.encode(), by=world.system)
    async with world.resources.db.transaction(world.company_id) as session:
        profile = await world.resources.part(Engines).profile(session)
        few = [Example(line, label) for line, label in ROWS]
        others = await list_unlabelled(session, CATEGORY, few)
        newest = await list_unlabelled(session, CATEGORY, few, limit=2)
        assert await list_unlabelled(session, CATEGORY, few * ENOUGH_EXAMPLES) == []
    assert profile.model
    assert "=wendelin" in profile.model.index.numbers
    assert len(others) == 6
    assert all("says Wendelin" in each for each in others)
    assert newest == others[:2]


async def test_evaluation_counts_what_would_be_filed(world: World) -> None:
    await train_from_csv(world.resources, world.company_id, CSV.encode(), by=world.system)
    engines = world.resources.part(Engines)
    async with world.resources.db.transaction(world.company_id) as session:
        profile = await engines.profile(session)
    result = evaluate([Example(*row) for row in ROWS], profile, engines.embedder)
    assert result.texts == 21
    assert result.accuracy > 0.9
    assert sum(each.texts for each in result.labels) == 21
    assert result.engines == ("classifier",)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"text,category\nhello,a\n", [("hello", "a")]),
        ("\ufefftext;category\nпривет;б\n".encode(), [("привет", "б")]),
        ("Описание\tКатегория\nпривет\tб\n".encode("cp1251"), [("привет", "б")]),
        (b'Label,Text\na,"two\nlines"\n,skipped\nb,\nc,x,,\n', [("two\nlines", "a"), ("x", "c")]),
    ],
)
def test_examples_are_read_as_people_save_them(
    data: bytes, expected: list[tuple[str, str]]
) -> None:
    assert [(each.text, each.label) for each in parse_examples(data)] == expected


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no text column"),
        (b"text,category\n", "no row"),
        (b"text,colour\nx,y\n", "no label column"),
        (b"text,category\n" + b"\n".join(b"t,l%d" % each for each in range(600)), "600 different"),
        (b"text,category\nx," + b"y" * 101, "at most 100"),
        (b"text,category\nHello, the printer fails,printer\n", "Line 2 has more cells"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(data: bytes, problem: str) -> None:
    with pytest.raises(BadExamples, match=problem):
        parse_examples(data)
