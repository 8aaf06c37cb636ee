"""What was learned, at the desk: versions, trainings, what is held back, what is allowed."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, text

from tests.triage.learning.lessons import all_texts
from tests.world import World
from ticketyard.ai.chat.model import ChatModel
from ticketyard.ai.chat.question import ChatServer
from ticketyard.ai.training import train
from ticketyard.people.queries import get_company
from ticketyard.triage.engines import Engines
from ticketyard.triage.learning.models import ExampleAside, TrainingRun
from ticketyard.triage.models import TriageModel

Client = httpx2.AsyncClient
HOME = "/triage/models"
EVIL = "<img src=x onerror=alert(1)>"
LESSON = "text,category\n" + "".join(
    f"The printer on floor {n} is jammed again,printer\nNo network in room {n},network\n"
    for n in range(30)
)


@pytest.fixture
async def admin(client: Client, world: World) -> Client:
    await world.log_in(client, world.admin)
    return client


def taught(world: World) -> bytes:
    """A real model: what cannot be read is not put in use."""
    embedder = world.resources.part(Engines).embedder
    texts, labels = zip(*all_texts()[:40], strict=True)
    return train(texts, labels, embedder).classifier.to_bytes()


async def version(world: World, number: int, state: str, **fields: Any) -> None:
    """A version, as a training leaves it."""
    row = {
        "field": "category",
        "model": b"arrays",
        "learned": b"",
        "labels": ["network", "vpn"],
        "examples": 1_200,
        "embedder": world.resources.part(Engines).embedder.name,
        "metrics": {"accuracy": 0.914, "calibration_error": 0.021, "texts": 300},
        "thresholds": {"0.03": 0.72},
        "origin": "history",
        "parent": number - 1 or None,
        "verdict": {"passed": state != "rejected", "reason": f"The reason of {number}."},
        "trained_by": "Ada Admin",
        "trained_at": world.resources.clock(),
        **fields,
    }
    async with world.resources.db.transaction(world.company_id) as session:
        session.add(TriageModel(company_id=world.company_id, version=number, state=state, **row))
        await session.flush()
        await session.execute(text("update triage_model set sha256 = sha256(model)"))


async def set_aside(world: World, content: str = "My screen is black") -> int:
    async with world.resources.db.transaction(world.company_id) as session:
        example = ExampleAside(
            company_id=world.company_id, field="category", digest=content.encode()[:8],
            content=content, label="vpn", says="hardware", certainty=0.93, state="aside",
            reason="Eight of its ten nearest say otherwise.", run_id=1, by_kind="person",
            by_id=world.bo.id, by_name="Bo Agent", set_aside_at=world.resources.clock(),
        )  # fmt: skip
        session.add(example)
        await session.flush()
        return example.id


async def states(world: World) -> dict[int, str]:
    async with world.resources.db.transaction(world.company_id) as session:
        rows = await session.execute(select(TriageModel.version, TriageModel.state))
        return {row.version: row.state for row in rows}


async def test_an_empty_page_says_what_to_do(admin: Client) -> None:
    page = (await admin.get(HOME)).text
    for said in ("Nothing was taught yet", "Nothing was trained yet", "makes the first version",
                 "Nothing is held back"):  # fmt: skip
        assert said in page


async def test_versions_show_state_figures_verdict_and_lineage(admin: Client, world: World) -> None:
    await version(world, 1, "retired")
    await version(world, 2, "current", promoted_at=world.resources.clock(), promoted_by="Ada Admin")
    await version(world, 3, "rejected", verdict={"reason": EVIL})
    await version(world, 4, "retired", embedder="another one")
    page = (await admin.get(HOME)).text
    assert EVIL not in page
    for said in ("In use", "Rejected", "The reason of 2.", "from version 1", "91%", "2.1",
                 "1,200", "put in use by Ada Admin", "72%", "taught with another one",
                 "Go back to version 1"):  # fmt: skip
        assert said in page, said
    assert "/triage/models/versions/3/use" not in page
    assert "/triage/models/versions/4/use" not in page


async def test_a_version_is_put_in_use_and_gone_back_from(admin: Client, world: World) -> None:
    model = taught(world)
    await version(world, 1, "current", model=model)
    await version(world, 2, "candidate", model=model)
    answer = await admin.post(f"{HOME}/versions/2/use", follow_redirects=True)
    assert "Version 2 answers from now on." in answer.text
    assert await states(world) == {1: "retired", 2: "current"}
    answer = await admin.post(f"{HOME}/rollback", follow_redirects=True)
    assert "Version 1 answers again." in answer.text
    assert await states(world) == {1: "current", 2: "retired"}
    why = {"to": "rules", "reason": f"It sorts too boldly. {EVIL}"}
    answer = await admin.post(f"{HOME}/rollback", data=why, follow_redirects=True)
    assert "Rules answer again." in answer.text
    assert "No version is in use" in answer.text
    assert "Ada Admin went back from it" in answer.text
    assert "It sorts too boldly." in answer.text
    assert EVIL not in answer.text
    assert await states(world) == {1: "retired", 2: "retired"}
    answer = await admin.post(f"{HOME}/rollback", follow_redirects=True)
    assert "nothing to go back from" in answer.text
    answer = await admin.post(f"{HOME}/versions/1/use", follow_redirects=True)
    assert "Version 1 answers from now on." in answer.text
    assert await states(world) == {1: "current", 2: "retired"}
    for unknown in (7, 2**62):
        assert (await admin.post(f"{HOME}/versions/{unknown}/use")).status_code == 404
    answer = await admin.post(f"{HOME}/versions/1/use", follow_redirects=True)
    assert "Version 1 is in use already." in answer.text


async def test_a_file_teaches_and_its_training_is_seen_to_run(
    admin: Client, world: World, run_jobs: Callable[[], Awaitable[None]]
) -> None:
    files = {"file": ("lesson.csv", LESSON.encode(), "text/csv")}
    answer = await admin.post(f"{HOME}/training", files=files, follow_redirects=True)
    assert "It begins in a moment" in answer.text
    assert "waits for its turn" in answer.text
    assert 'hx-get="/triage/models/trainings"' in answer.text
    again = await admin.post(f"{HOME}/training", follow_redirects=True)
    assert "wait for its end" in again.text
    running = await admin.get(f"{HOME}/trainings")
    assert "hx-refresh" not in running.headers
    await run_jobs()
    over = await admin.get(f"{HOME}/trainings")
    assert over.headers["hx-refresh"] == "true"
    page = (await admin.get(HOME)).text
    assert "Version 1" in page
    assert "from a file" in page
    assert 'hx-get="/triage/models/trainings"' not in page


async def test_what_cannot_be_learned_from_is_told(admin: Client, world: World) -> None:
    for content, said in (
        (b"a,b\n1,2\n", "has no text column"), (b"\xff\xfe\x00\x01\x98", "neither UTF-8"),
    ):  # fmt: skip
        answer = await admin.post(
            f"{HOME}/training",
            files={"file": ("x.csv", content, "text/csv")},
            follow_redirects=True,
        )
        assert said in answer.text
    async with world.resources.db.transaction(world.company_id) as session:
        assert await session.scalar(select(TrainingRun.id)) is None


async def test_progress_is_drawn(admin: Client, world: World) -> None:
    await admin.post(f"{HOME}/training")
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text("update training_run set state = 'running', stage = 'weighing', progress = 0.42")
        )
    part = (await admin.get(f"{HOME}/trainings")).text
    assert "weighing" in part
    assert 'aria-valuenow="42"' in part


async def test_what_is_held_back_is_learned_or_dropped(admin: Client, world: World) -> None:
    good, bad = await set_aside(world, "Good one"), await set_aside(world, EVIL)
    page = (await admin.get(HOME)).text
    assert EVIL not in page
    for said in ("Bo Agent says", "hardware", "93%", "Eight of its ten nearest"):
        assert said in page
    for example, decision, said in (
        (good, "accept", "1 example is learned by the next training."),
        (bad, "drop", "1 example is never learned."),
        (10**6, "drop", "was not set aside here"),
    ):
        answer = await admin.post(
            f"{HOME}/aside",
            data={"decision": decision, "example": str(example)},
            follow_redirects=True,
        )
        assert said in answer.text
    async with world.resources.db.transaction(world.company_id) as session:
        rows = await session.execute(select(ExampleAside.id, ExampleAside.state))
        assert {row.id: row.state for row in rows} == {good: "accepted", bad: "dismissed"}
    none = await admin.post(f"{HOME}/aside", data={"decision": "drop"}, follow_redirects=True)
    assert "Tick the examples" in none.text


async def test_what_is_allowed_is_settled(admin: Client, world: World) -> None:
    answer = await admin.post(
        f"{HOME}/settings",
        data={"max_error": "5", "threshold": "62,5", "shadow": "1", "language_model": "all"},
        follow_redirects=True,
    )
    assert "Saved; it holds" in answer.text
    async with world.resources.db.transaction(world.company_id) as session:
        settings = (await get_company(session)).settings
    assert settings["triage_max_error"] == 0.05
    assert settings["triage_threshold"] == 0.625
    assert settings["triage_shadow"] is True
    page = answer.text
    assert '<option value="5" selected>' in page
    assert 'value="62.5"' in page
    assert "or people have judged 50 of their tickets" in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"max_error": "50"}, "Say a number from 1 to 20, in a hundred."),
        ({"max_error": "x"}, "Say a number from 1 to 20, in a hundred."),
        ({"max_error": "nan"}, "Say a number from 1 to 20, in a hundred."),
        *(
            ({"max_error": "7", "threshold": typed}, "Say a number from 0 to 100, or nothing.")
            for typed in ("abc", "150", "-5", "nan", "101", "inf")
        ),
    ],
)
async def test_what_cannot_be_allowed_is_said_beside_what_was_typed(
    admin: Client, world: World, given: dict[str, str], said: str
) -> None:
    answer = await admin.post(f"{HOME}/settings", data={**given, "shadow": "1"})
    assert answer.status_code == 422
    form = answer.text.split('action="/triage/models/settings#settings"')[1].split("</form>")[0]
    assert said in form
    assert "Nothing was saved yet." in form
    assert f'value="{given.get("threshold", "")}"' in form
    assert 'name="shadow" value="1" checked' in form
    if "threshold" in given:
        assert "selected>7.0 %" in form
    async with world.resources.db.transaction(world.company_id) as session:
        assert "triage_max_error" not in (await get_company(session)).settings


async def test_a_version_that_was_forced_says_so(admin: Client, world: World) -> None:
    await version(world, 1, "current")
    assert "put in use anyway" not in (await admin.get(HOME)).text
    await version(world, 2, "candidate", verdict={"is_forced": True, "reason": "It is worse."})
    assert (await admin.get(HOME)).text.count("put in use anyway") == 1


async def test_a_language_model_is_offered_where_one_is_configured(
    admin: Client, world: World
) -> None:
    assert 'name="language_model"' not in (await admin.get(HOME)).text
    chat = ChatModel(ChatServer(url="http://127.0.0.1:1/v1", model="little-one"))
    world.put(ChatModel, chat)
    assert "little-one is asked" in (await admin.get(HOME)).text
    await admin.post(f"{HOME}/settings", data={"max_error": "3", "language_model": "off"})
    assert '<option value="off" selected>' in (await admin.get(HOME)).text


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/trainings"), ("POST", "/training"), ("POST", "/versions/1/use"),
     ("POST", "/rollback"), ("POST", "/aside"), ("POST", "/settings")],
)  # fmt: skip
async def test_agents_may_not(client: Client, world: World, method: str, path: str) -> None:
    await world.log_in(client, world.ana)
    answer = await client.request(method, f"{HOME}{path}")
    assert answer.status_code in (403, 422)
    assert answer.status_code == 403 or path == "/aside"
    assert 'href="/triage/models"' not in (await client.get("/triage/review")).text
