import hashlib
import io
import json
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from tests.triage.learning.lessons import FURNITURE, all_texts, flipped, texts_of
from tests.world import World
from ticketyard.ai.classifying import FORMAT, ModelUnreadable
from ticketyard.ai.embedding import Embedder, NoEmbedder
from ticketyard.core.jobs import Worker
from ticketyard.tickets.categorizing import add_categories
from ticketyard.tickets.errors import UnknownCategory
from ticketyard.tickets.queries import get_ticket
from ticketyard.triage.correcting import correct_category
from ticketyard.triage.engines import Engines
from ticketyard.triage.errors import CannotTrain
from ticketyard.triage.learning.deciding import accept_examples, dismiss_examples
from ticketyard.triage.learning.errors import CannotPromote, ExampleNotFound, VersionNotFound
from ticketyard.triage.learning.gathering import count_fresh, gather
from ticketyard.triage.learning.models import ShadowFinding, TaughtExample
from ticketyard.triage.learning.queries import (
    ShadowReport,
    find_shadow_report,
    get_version,
    list_aside,
    list_trainings,
    list_versions,
)
from ticketyard.triage.learning.setting import LearningSettings, set_learning_settings
from ticketyard.triage.learning.shadowing import is_proven, promote_proven_shadow
from ticketyard.triage.learning.storing import Trained
from ticketyard.triage.learning.training import train_from_csv, train_from_history
from ticketyard.triage.learning.versions import RULES, promote_version, roll_back
from ticketyard.triage.models import TriageModel
from ticketyard.triage.queries import (
    CATEGORY,
    current_version,
    get_analysis,
    get_model_threshold,
    threshold_keeping,
)

PAIRS = all_texts()


def embedder_of(world: World) -> Embedder:
    return world.resources.part(Engines).embedder


def csv_of(pairs: list[tuple[str, str]]) -> bytes:
    return "\n".join(["text,category", *(f'"{text}",{label}' for text, label in pairs)]).encode()


async def train(world: World, pairs: list[tuple[str, str]], **how: Any) -> Trained:
    return await train_from_csv(
        world.resources, world.company_id, csv_of(pairs), by=world.as_person(world.admin), **how
    )


async def events(session: AsyncSession, kind: str) -> list[dict[str, Any]]:
    rows = await session.scalars(
        text("select payload from event where type = :kind order by id"), {"kind": kind}
    )
    return list(rows)


async def test_a_later_training_does_not_forget_what_a_file_taught(world: World) -> None:
    await train(world, PAIRS[:200])
    trained = await train(world, PAIRS[200:300])
    assert (trained.version, trained.examples) == (2, 300)
    async with world.resources.db.transaction(world.company_id) as session:
        assert len(list(await session.scalars(select(TaughtExample)))) == 300
        assert await count_fresh(session, CATEGORY) == 0
        lore = await gather(session, CATEGORY)
        assert len(lore.learned) == 300 * 8


async def test_a_poisoned_file_is_held_back_and_an_admin_decides(world: World) -> None:
    await train(world, PAIRS[:300])
    with pytest.raises(CannotTrain, match="contradict what is known"):
        # In capitals, as a label may be written: what is decided about it must be found again.
        await train(world, [(words, label.upper()) for words, label in flipped(PAIRS[:60])])
    db = world.resources.db
    async with db.transaction(world.company_id) as session:
        assert await current_version(session) == 1
        (run, _) = await list_trainings(session)
        assert (run.state, run.version) == ("refused", None)
        held = await list_aside(session, limit=100)
        assert len(held) == 60
        assert held[0].by_name == "Ada Admin"
        by = world.as_person(world.admin)
        await accept_examples(session, [held[0].id], by=by)
        await dismiss_examples(session, [held[1].id], by=by)
        with pytest.raises(ExampleNotFound):
            await accept_examples(session, [999_999], by=by)
    async with db.transaction(world.company_id) as session:
        assert [each.id for each in await list_aside(session, state="accepted")] == [held[0].id]
        lore = await gather(session, CATEGORY)
        (accepted,) = [each for each in lore.examples if each.is_accepted]
        assert (accepted.text, accepted.label) == (held[0].content, held[0].label)
        assert await count_fresh(session, CATEGORY) == 1
        decided = await events(session, "triage.example_decided")
        assert [each["state"] for each in decided] == ["accepted", "dismissed"]


def misfiled(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Forty texts of three labels, all as a fourth."""
    wrong = [text for text, label in pairs if label in ("printer", "vpn", "password")]
    return [(text, "badge") for text in wrong[:40]]


@pytest.fixture
def without_vectors(world: World) -> None:
    """Words alone learn slowly: a desk that is easily misled."""
    world.resources.part(Engines).embedder = NoEmbedder()


@pytest.mark.usefixtures("without_vectors")
async def test_a_worse_candidate_is_rejected_unless_it_is_wanted_anyway(world: World) -> None:
    pairs = all_texts(2)
    await train(world, pairs[:60])
    trained = await train(world, misfiled(pairs[60:]))
    assert (trained.state, trained.version) == ("rejected", 2), trained.reason
    db = world.resources.db
    async with db.transaction(world.company_id) as session:
        assert await current_version(session) == 1
        (rejected, _) = await list_versions(session, embedder="")
        assert (rejected.model.state, rejected.problem) == ("rejected", None)
        assert rejected.model.verdict["anchor"]["lost"] > 2
        (told,) = await events(session, "triage.model_rejected")
        assert told["reason"] == rejected.model.verdict["reason"]
        with pytest.raises(CannotPromote, match="only its figures are kept"):
            await promote_version(session, version=2, by=world.system, embedder=embedder_of(world))
    forced = await train(world, misfiled(pairs[60:]), is_forced=True)
    async with db.transaction(world.company_id) as session:
        assert (forced.state, forced.version) == ("promoted", 3)
        assert await current_version(session) == 3
        promoted = await events(session, "triage.model_promoted")
        assert promoted[-1]["is_forced"] is True


@pytest.mark.usefixtures("without_vectors")
async def test_a_good_candidate_is_promoted(world: World) -> None:
    pairs = all_texts(2)
    await train(world, pairs[:60])
    trained = await train(world, pairs[60:90])
    assert (trained.state, trained.version) == ("promoted", 2), trained.reason
    async with world.resources.db.transaction(world.company_id) as session:
        assert await current_version(session) == 2
        (seen, _) = await list_versions(session, embedder=NoEmbedder.name)
        assert seen.model.verdict["anchor"]["lost"] == 0
        assert seen.model.verdict["is_forced"] is False


async def test_rolling_back_and_forth(world: World) -> None:
    for until in (100, 200, 300):
        await train(world, PAIRS[:until])
    db, by = world.resources.db, world.as_person(world.admin)
    async with db.transaction(world.company_id) as session:
        with pytest.raises(CannotPromote, match="in use already"):
            await promote_version(session, version=3, by=by, embedder=embedder_of(world))
        for version in (2, 1):
            back = await roll_back(session, by=by, embedder=embedder_of(world))
            assert back
            assert back.version == version
        forth = await roll_back(session, to=3, by=by, embedder=embedder_of(world))
        assert forth
        assert forth.version == 3
        with pytest.raises(VersionNotFound):
            await roll_back(session, to=9, by=by, embedder=embedder_of(world))
    async with db.transaction(world.company_id) as session:
        seen = await list_versions(session, embedder=world.resources.part(Engines).embedder.name)
        assert [(each.model.version, each.model.state, each.model.parent) for each in seen] == [
            (3, "current", 2), (2, "retired", 1), (1, "retired", None),
        ]  # fmt: skip
        assert seen[0].model.promoted_by == "Ada Admin"
        assert [each["version"] for each in await events(session, "triage.model_rolled_back")] == [
            2, 1, 3,
        ]  # fmt: skip


@pytest.mark.usefixtures("without_vectors")
async def test_before_the_first_version_rules_answered_and_do_again(
    world: World, worker: Worker
) -> None:
    trained = await train(world, PAIRS[:100])
    assert trained.state == "promoted", trained.reason
    waiting = await world.open("Zzzz qqqq xxxx")
    await worker.run_pending()
    db, by = world.resources.db, world.as_person(world.admin)
    async with db.transaction(world.company_id) as session:
        assert (await get_analysis(session, waiting.id)).engine == "classifier"
        back = await roll_back(session, by=by, embedder=embedder_of(world), reason="Too bold.")
        assert back is None
    await worker.run_pending()
    async with db.transaction(world.company_id) as session:
        assert await current_version(session) is None
        assert (await get_analysis(session, waiting.id)).engine != "classifier"
        (told,) = await events(session, "triage.model_rolled_back")
        assert (told["version"], told["before"], told["reason"]) == (None, 1, "Too bold.")
        said = (await get_version(session, 1)).verdict["went_back"]
        assert (said["by"], said["reason"]) == ("Ada Admin", "Too bold.")
        # What it was taught is held back, until it is put in use again.
        assert (await gather(session, CATEGORY, with_held=False)).examples == []
        with pytest.raises(CannotPromote, match="No version is in use"):
            await roll_back(session, by=by, embedder=embedder_of(world))
    async with db.transaction(world.company_id) as session:
        await promote_version(session, version=1, by=by, embedder=embedder_of(world))
        (_, promoted) = await events(session, "triage.model_promoted")
        assert (promoted["version"], promoted["before"]) == (1, None)
        assert "went_back" not in (await get_version(session, 1)).verdict
    await worker.run_pending()
    async with db.transaction(world.company_id) as session:
        assert (await get_analysis(session, waiting.id)).engine == "classifier"


@pytest.mark.usefixtures("without_vectors")
async def test_from_any_version_to_the_rules_at_once(world: World) -> None:
    for until in (60, 120):
        await train(world, PAIRS[:until])
    async with world.resources.db.transaction(world.company_id) as session:
        back = await roll_back(session, to=RULES, by=world.system, embedder=embedder_of(world))
        assert back is None
        assert await current_version(session) is None
    # Nothing of it is learned anew by itself, and what answers meanwhile is no version.
    with pytest.raises(CannotTrain, match="no example to learn from"):
        await train_from_history(world.resources, world.company_id, by=world.system)


@pytest.mark.usefixtures("without_vectors")
async def test_what_cannot_be_read_is_not_put_in_use(world: World) -> None:
    """Damaged, written by an earlier program, or taught with other vectors."""
    for until in (60, 90):
        await train(world, PAIRS[:until])
    db, by = world.resources.db, world.system
    async with db.transaction(world.company_id) as session:
        stored = await session.scalar(select(TriageModel.model).where(TriageModel.version == 1))
        assert stored
    for spoilt, reason in (
        (b"broken", "damaged"),
        (_of_format(stored, 1), "has format 1"),
        (_of_format(stored, embedder="another"), "another"),
    ):
        async with db.transaction(world.company_id) as session:
            await session.execute(
                update(TriageModel)
                .where(TriageModel.version == 1)
                .values(model=spoilt, sha256=hashlib.sha256(spoilt).digest())
            )
        async with db.transaction(world.company_id) as session:
            with pytest.raises(CannotPromote, match=f"Version 1 cannot be read here: .*{reason}"):
                await promote_version(session, version=1, by=by, embedder=embedder_of(world))
            with pytest.raises(CannotPromote, match=reason):
                await roll_back(session, by=by, embedder=embedder_of(world))
            assert await current_version(session) == 2
    async with db.transaction(world.company_id) as session:
        await session.execute(update(TriageModel).values(model=stored + b"x"))
        with pytest.raises(CannotPromote, match="damaged"):
            await roll_back(session, by=by, embedder=embedder_of(world))


def _of_format(stored: bytes, number: int = FORMAT, **changed: str) -> bytes:
    with np.load(io.BytesIO(stored)) as arrays:
        kept = dict(arrays)
    about = json.loads(kept["about"].tobytes()) | {"format": number} | changed
    kept["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **kept)
    return buffer.getvalue()


async def test_a_company_without_a_model_has_nothing_to_go_back_from(world: World) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        with pytest.raises(CannotPromote, match="No version is in use"):
            await roll_back(session, by=world.system, embedder=embedder_of(world))


async def test_the_list_says_what_cannot_be_read(world: World) -> None:
    await train(world, PAIRS[:100])
    async with world.resources.db.transaction(world.company_id) as session:
        (seen,) = await list_versions(session, embedder="another")
        assert "was taught with" in (seen.problem or "")
        (seen,) = await list_versions(session, embedder=seen.model.embedder)
        assert seen.problem is None


async def test_bytes_that_changed_are_noticed_when_they_are_loaded(world: World) -> None:
    await train(world, PAIRS[:100])
    engines = world.resources.part(Engines)
    async with world.resources.db.transaction(world.company_id) as session:
        await engines.model(session, CATEGORY, 1)
        # What can still be read, and is not what was stored.
        await session.execute(update(TriageModel).values(sha256=b"x" * 32))
        with pytest.raises(ModelUnreadable, match="damaged"):
            await Engines(engines.embedder).model(session, CATEGORY, 1)


async def test_what_waits_is_looked_at_again_after_a_promotion_and_nothing_else(
    world: World, worker: Worker
) -> None:
    chair = await world.open("My chair is broken at home")
    closed = await world.open("A drawer is stuck in room 12")
    await worker.run_pending()
    db = world.resources.db
    async with db.transaction(world.company_id) as session:
        assert (await get_analysis(session, chair.id)).need_admin
        await session.execute(
            text("update ticket set status = 'closed' where id = :id"), {"id": closed.id}
        )
    await train(world, [*PAIRS[:100], *texts_of("furniture", FURNITURE)])
    await worker.run_pending()
    async with db.transaction(world.company_id) as session:
        assert (await get_analysis(session, chair.id)).model_version == 1
        assert (await get_analysis(session, chair.id)).category == "furniture"
        assert (await get_analysis(session, closed.id)).model_version is None


# -- in the shadow -----------------------------------------------------------------------------------


async def test_a_shadow_answers_without_effect_and_is_promoted_when_it_has_proven_itself(
    world: World, worker: Worker
) -> None:
    db, by = world.resources.db, world.as_person(world.admin)
    await train(world, [pair for pair in PAIRS[:300] if pair[1] != "badge"])
    async with db.transaction(world.company_id) as session:
        await set_learning_settings(session, LearningSettings(shadow=True), by=by)
    trained = await train(world, PAIRS[:300])
    assert trained.state == "shadow", trained.reason
    opened = [await world.open(words) for words, _ in texts_of("badge")[:5]]
    await worker.run_pending()
    async with db.transaction(world.company_id) as session:
        assert await current_version(session) == 1
        found = list(await session.scalars(select(ShadowFinding)))
        assert [each.label for each in found] == ["badge"] * 5
        assert (await get_analysis(session, opened[0].id)).model_version != 2
        assert (await get_ticket(session, opened[0].id)).category != "badge"
        assert await find_shadow_report(session) == ShadowReport(2, 5, 0, 0, 0)
        # What only the shadow knows is no category yet, unless somebody adds it.
        with pytest.raises(UnknownCategory):
            await correct_category(session, ticket_id=opened[0].id, category="badge", by=by)
        await add_categories(session, ["badge"])
    for each in opened[:3]:
        async with db.transaction(world.company_id) as session:
            await correct_category(session, ticket_id=each.id, category="badge", by=by)
    async with db.transaction(world.company_id) as session:
        assert await find_shadow_report(session) == ShadowReport(2, 5, 3, 3, 0)
        assert await promote_proven_shadow(session, embedder_of(world)) is None
        await promote_version(session, version=2, by=by, embedder=embedder_of(world))
    async with db.transaction(world.company_id) as session:
        assert await current_version(session) == 2
        assert await find_shadow_report(session) is None


@pytest.mark.parametrize(
    ("judged", "right", "current_right", "expected"),
    [(50, 45, 45, True), (50, 44, 45, False), (49, 49, 0, False), (0, 0, 0, False)],
)
def test_a_shadow_is_proven_by_enough_judged_tickets(
    judged: int, right: int, current_right: int, expected: bool
) -> None:
    assert is_proven(ShadowReport(2, 100, judged, right, current_right)) is expected


# -- from which confidence on ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("thresholds", "max_error", "expected"),
    [
        ({"0.01": 0.95, "0.03": 0.8, "0.10": 0.6}, 0.03, 0.8),
        ({"0.01": 0.95, "0.03": 0.8, "0.10": 0.6}, 0.04, 0.8),
        ({"0.01": 0.95, "0.03": 0.8, "0.10": 0.6}, 0.2, 0.6),
        ({"0.03": 0.8}, 0.02, 0.98),
        ({}, 0.03, 0.97),
        ({"0.03": 0.21}, 0.03, 0.5),
    ],
)
def test_the_threshold_keeps_the_wanted_error(
    thresholds: dict[str, float], max_error: float, expected: float
) -> None:
    assert threshold_keeping(thresholds, max_error) == pytest.approx(expected)


async def test_a_threshold_set_by_hand_wins(world: World) -> None:
    await train(world, PAIRS)
    by = world.as_person(world.admin)
    async with world.resources.db.transaction(world.company_id) as session:
        learned = await get_model_threshold(session, 1)
        await set_learning_settings(session, LearningSettings(threshold=0.66), by=by)
        assert await get_model_threshold(session, 1) == 0.66
        profile = await world.resources.part(Engines).profile(session)
        assert (profile.threshold, profile.model_threshold) == (0.66, 0.66)
        await set_learning_settings(session, LearningSettings(max_error=0.2), by=by)
        assert await get_model_threshold(session, 1) <= learned
        profile = await world.resources.part(Engines).profile(session)
        assert profile.threshold == 0.5


async def test_teams_are_learned_from_what_people_said(world: World) -> None:
    with pytest.raises(CannotTrain, match="no example to learn from"):
        await train_from_history(world.resources, world.company_id, by=world.system, field="team")
    async with world.resources.db.transaction(world.company_id) as session:
        (run,) = await list_trainings(session, field="team")
        assert run.state == "refused"
