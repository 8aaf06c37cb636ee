"""Asking a map service: a real HTTP server that answers like Nominatim, or does not."""

import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from tests.world import World
from ticketyard.core.config import Settings
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.resources import Resources
from ticketyard.people.roster import (
    ListedAgent,
    ListedOffice,
    keep_agents,
    keep_offices,
    office_ids,
)
from ticketyard.routing.geocoding import Geocoder
from ticketyard.routing.queries import find_place, get_assignment

Run = Callable[[], Awaitable[None]]


class FakeMap(ThreadingHTTPServer):
    """Knows one village; counts who asks; can be told to fail."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.questions: list[str] = []
        self.failures = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answering(BaseHTTPRequestHandler):
    server: FakeMap

    def do_GET(self) -> None:
        question = parse_qs(urlsplit(self.path).query)["q"][0]
        self.server.questions.append(question)
        if self.server.failures:
            self.server.failures -= 1
            self.send_error(503)
            return
        known = question.startswith("Караой, ")
        found = [{"lat": "43.47", "lon": "76.74", "display_name": "Караой, Алматинская область"}]
        body = json.dumps(found if known else []).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def fake_map() -> Iterator[FakeMap]:
    server = FakeMap()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def geocoder(fake_map: FakeMap) -> Geocoder:
    return Geocoder(
        fake_map.url,
        "test",
        Outgoing(["127.0.0.1"]),
        pause_seconds=0.01,
        waits_seconds=(0.01, 0.01, 0.01),
    )


@pytest.fixture
async def resources(resources: Resources, geocoder: Geocoder, settings: Settings) -> Resources:
    """The program's parts, with the map switched on."""
    return Resources(
        db=resources.db, blobs=resources.blobs, parts={**resources.parts, Geocoder: geocoder}
    )


@pytest.fixture
async def staffed(world: World) -> World:
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("update agent set is_available = false"))
        await keep_offices(session, [ListedOffice("Астана", ""), ListedOffice("Алматы", "")])
        ids = await office_ids(session)
        people = [
            ListedAgent(n, ids[n.casefold()], "Специалист", ("ENG",), 0)
            for n in ("Астана", "Алматы")
        ]
        await keep_agents(session, people, by=world.system)
    return world


async def test_a_village_the_gazetteer_lacks_is_asked_for_once(
    staffed: World, fake_map: FakeMap, run_jobs: Run
) -> None:
    ids = [(await staffed.open(address={"city": "Караой", "street": "Мира"})).id for _ in range(3)]
    await run_jobs()
    assert fake_map.questions == ["Мира, Караой, Казахстан", "Караой, Казахстан"]
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        for id_ in ids:
            place = await find_place(session, id_)
            assert place is not None
            assert (place.latitude, place.place, place.how) == (43.47, "Караой", "map")
            receipt = (await get_assignment(session, id_)).receipt
            assert receipt["decision"]["office_because"] == "nearest"


async def test_what_the_map_does_not_know_is_remembered_too(
    staffed: World, fake_map: FakeMap, run_jobs: Run
) -> None:
    for _ in range(2):
        await staffed.open(address={"city": "Нигдеево"})
        await run_jobs()
    assert fake_map.questions == ["Нигдеево, Казахстан"]
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        reasons = list(
            await session.scalars(
                text("select receipt -> 'decision' ->> 'office_because' from assignment")
            )
        )
    assert reasons == ["in turn", "in turn"]


async def test_who_lives_abroad_or_in_a_known_town_is_never_asked_for(
    staffed: World, fake_map: FakeMap, run_jobs: Run
) -> None:
    await staffed.open(address={"country": "Россия", "city": "Караой"})
    await staffed.open(address={"city": "Алматы"})
    await staffed.open(address={})
    await run_jobs()
    assert fake_map.questions == []
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        assert await session.scalar(text("select count(*) from assignment where agent_id > 0")) == 3


async def test_a_map_that_fails_is_asked_again_and_then_done_without(
    staffed: World, fake_map: FakeMap, run_jobs: Run
) -> None:
    fake_map.failures = 2
    await staffed.open(address={"city": "Караой"})
    await run_jobs()
    assert len(fake_map.questions) == 3

    fake_map.failures = 99
    await staffed.open(address={"city": "Другое"})
    await run_jobs()
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        # Not reached is no answer: it is not remembered, and the ticket is routed all the same.
        kept = list(await session.scalars(text("select question from geocode_cache")))
        given = await session.scalar(text("select count(*) from assignment where agent_id > 0"))
    assert kept == ["Караой, Казахстан"]
    assert given == 2


async def test_without_a_url_nobody_is_asked() -> None:
    assert not Geocoder("", "agent").is_on
    assert not Geocoder("https://map.example", "").is_on
