"""What is told to a real broker: which words, when, in which order, and what trouble costs."""

import asyncio
from datetime import datetime
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import text

from tests.outlet.conftest import Desk, RedisServer
from tests.world import World
from ticketyard.core.resources import Resources
from ticketyard.outlet.broker import Broker, BrokerAt, BrokerFailed, Parcel
from ticketyard.outlet.resting import REFUSALS_MAX
from ticketyard.triage.engines import Engines

FILE = "0b7a4a0e-5d0c-4a55-9c8f-2f6f5f5f0001"


async def tell(desk: Desk, type_: str, file_id: str) -> None:
    """What the knowledge package tells of a file."""
    told = [{"type": type_, "ticket_id": None, "payload": {"file_id": file_id}, "listeners": []}]
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await session.execute(
            text("select emit_events(cast(:events as jsonb), cast(:by as jsonb), now())"),
            {
                "events": orjson.dumps(told).decode(),
                "by": '{"kind": "system", "id": null, "name": "T"}',
            },
        )


async def keep_file(desk: Desk, file_id: str = FILE, kind: str = "pdf") -> None:
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await session.execute(
            text(
                """
                insert into knowledge_document (company_id, file_id, source_type, kind, title,
                  original_name, content_type, size_bytes, sha256, blob_key)
                values (current_company(), :file, 'file', :kind, 'Guide', 'Guide to VPN.pdf',
                  'application/pdf', 4711, :sha256, '1/ab/abcdef')
                """
            ),
            {"file": file_id, "kind": kind, "sha256": file_id},
        )


async def test_a_triaged_ticket_is_told_in_the_words_of_spec_4(
    desk: Desk, broker_server: RedisServer
) -> None:
    ticket_id = await desk.open_and_triage("Printer is jammed", description="It beeps: error 13.")
    await desk.send()
    (told,) = broker_server.messages()
    payload = told["payload"]
    assert told["headers"]["task"] == "rag.process_ticket_created"
    assert told["headers"]["id"] == payload["event_id"] == str(UUID(payload["event_id"]))
    assert list(payload) == [
        "event", "event_id", "ticket_id", "company_id", "title", "description", "category",
        "priority", "created_at", "need_admin", "bert_category", "bert_confidence",
        "similarity_score", "assigned_team_id",
    ]  # fmt: skip
    assert payload["event"] == "ticket.created"
    assert payload["ticket_id"] == ticket_id
    assert payload["company_id"] == desk.world.company_id
    assert payload["title"] == "Printer is jammed"
    assert payload["description"] == "It beeps: error 13."
    assert isinstance(payload["category"], str)
    assert payload["priority"] in ("low", "medium", "high", "urgent", "critical")
    assert datetime.fromisoformat(payload["created_at"]).tzinfo is not None
    assert isinstance(payload["need_admin"], bool)
    for name, kinds in (
        ("bert_category", str), ("bert_confidence", float), ("similarity_score", float),
        ("assigned_team_id", int),
    ):  # fmt: skip
        assert payload[name] is None or isinstance(payload[name], kinds), name
    (message,) = await desk.messages()
    assert (message.state, message.attempts) == ("sent", 1)
    assert str(message.event_id) == payload["event_id"]


async def test_what_triage_found_is_told(desk: Desk, broker_server: RedisServer) -> None:
    opened = await desk.world.open()
    await desk.triage()
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        team_id = await session.scalar(text("select id from team limit 1"))
        await session.execute(
            text(
                """
                update analysis set topic = 'Hardware', topic_confidence = 0.75, need_admin = false,
                  team_similarity = 0.5, team_id = :team, team_is_sure = true where ticket_id = :id
                """
            ),
            {"team": team_id, "id": opened.id},
        )
        await session.execute(
            text("update ticket set category = 'printer' where id = :id"), {"id": opened.id}
        )
    await desk.send()
    (payload,) = broker_server.payloads()
    assert payload["category"] == "printer"
    assert (payload["bert_category"], payload["bert_confidence"]) == ("Hardware", 0.75)
    assert (payload["similarity_score"], payload["assigned_team_id"]) == (0.5, team_id)
    assert payload["need_admin"] is False


async def test_a_ticket_waits_until_triage_has_looked(
    desk: Desk, broker_server: RedisServer
) -> None:
    await desk.world.open()
    await desk.send()
    assert broker_server.payloads() == []
    await desk.triage()
    await desk.send()
    assert len(broker_server.payloads()) == 1


async def test_a_ticket_that_triage_breaks_on_is_told_all_the_same(
    desk: Desk, broker_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Engines):
        async def analyse(self, *_: object) -> list[object]:  # type: ignore[override]
            raise RuntimeError("no model")

    monkeypatch.setitem(desk.world.resources.parts, Engines, Broken())  # type: ignore[arg-type]
    await desk.open_and_triage()
    await desk.send()
    (payload,) = broker_server.payloads()
    assert payload["need_admin"] is True
    assert payload["category"] == "back"
    assert payload["bert_category"] is None


async def test_a_ticket_that_triage_never_gets_to_is_told_after_ten_minutes(
    desk: Desk, broker_server: RedisServer
) -> None:
    await desk.world.open()
    desk.later(minutes=9)
    await desk.send()
    assert broker_server.payloads() == []
    desk.later(minutes=2)
    await desk.send()
    (payload,) = broker_server.payloads()
    assert payload["need_admin"] is True
    # Triage comes late: the ticket is not told a second time.
    await desk.triage()
    await desk.send()
    assert len(broker_server.payloads()) == 1


async def test_a_file_is_told_in_the_words_of_spec_4(
    desk: Desk, broker_server: RedisServer
) -> None:
    await keep_file(desk)
    await tell(desk, "file.uploaded", FILE)
    await desk.send()
    await tell(desk, "file.deleted", FILE)
    await desk.send()
    uploaded, deleted = broker_server.payloads()
    assert broker_server.tasks() == ["rag.process_file_uploaded", "rag.process_file_deleted"]
    at = datetime.fromisoformat(uploaded.pop("uploaded_at"))
    assert at.tzinfo is not None
    path = uploaded.pop("file_path")
    assert path.startswith("/")
    assert path.endswith("/blobs/1/ab/abcdef")
    assert uploaded == {
        "event": "file_uploaded",
        "event_id": uploaded["event_id"],
        "file_id": FILE,
        "company_id": desk.world.company_id,
        "file_relative_path": "1/ab/abcdef",
        "original_name": "Guide to VPN.pdf",
        "kind": "pdf",
        "size_bytes": 4711,
        "content_type": "application/pdf",
    }
    assert deleted == {
        "event": "file_deleted",
        "event_id": deleted["event_id"],
        "file_id": FILE,
        "company_id": desk.world.company_id,
    }
    assert UUID(deleted["event_id"]) != UUID(uploaded["event_id"])


async def test_a_file_keeps_its_order_though_its_upload_was_refused_first(
    desk: Desk, broker_server: RedisServer
) -> None:
    await keep_file(desk)
    await tell(desk, "file.uploaded", FILE)
    await tell(desk, "file.deleted", FILE)
    broker_server.kill()
    await desk.send()
    broker_server.start()
    # The broker's rest is over, the upload's own is not.
    desk.later(seconds=3)
    await desk.send()
    assert broker_server.payloads() == []
    desk.later(seconds=3)
    await desk.send()
    assert broker_server.tasks() == ["rag.process_file_uploaded", "rag.process_file_deleted"]


@pytest.mark.parametrize("kind", [None, "markdown"])
async def test_a_file_that_is_gone_or_that_spec_4_does_not_know_is_not_told(
    desk: Desk, broker_server: RedisServer, kind: str | None
) -> None:
    if kind:
        await keep_file(desk, kind=kind)
    await tell(desk, "file.uploaded", FILE)
    await desk.send()
    assert broker_server.payloads() == []
    assert [each.state for each in await desk.messages()] == ["dropped"]


async def test_what_was_undone_is_told_to_nobody(desk: Desk) -> None:
    happens = text(
        "insert into event (company_id, type, ticket_id, payload, by_kind, by_name)"
        " values (current_company(), 'ticket.opened', 1, '{}', 'system', 'T')"
    )
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await session.execute(happens)
        await session.rollback()
    assert await desk.messages() == []


async def test_several_hundred_go_in_order(desk: Desk, broker_server: RedisServer) -> None:
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        for number in range(250):
            await session.execute(
                text(
                    "insert into event (company_id, type, payload, by_kind, by_name) values"
                    " (current_company(), 'file.deleted',"
                    "  jsonb_build_object('file_id', cast(:id as text)), 'system', 'T')"
                ),
                {"id": f"file-{number:03}"},
            )
    await desk.send()
    told = [each["file_id"] for each in broker_server.payloads()]
    assert told == [f"file-{number:03}" for number in range(250)]
    assert {each.state for each in await desk.messages()} == {"sent"}


async def test_two_lanes_at_once_send_nothing_twice(
    desk: Desk, broker_server: RedisServer, resources: Resources
) -> None:
    for number in range(20):
        await tell(desk, "file.deleted", f"file-{number}")
    other = type(desk.lane)(resources)
    await asyncio.gather(desk.send(), other.send_due(), desk.send(), other.send_due())
    other.close()
    assert len(broker_server.payloads()) == 20


async def test_a_broker_that_is_away_for_an_hour_costs_nothing_but_time(
    desk: Desk, broker_server: RedisServer
) -> None:
    broker_server.kill()
    tries, rests = 0, []
    for minute in range(60):
        if minute % 10 == 0:
            await desk.open_and_triage(f"Ticket of minute {minute}")
        before = (await desk.standing()).rests_until
        await desk.send()
        standing = await desk.standing()
        if standing.rests_until != before and standing.rests_until is not None:
            tries += 1
            rests.append((standing.rests_until - desk.world.resources.clock()).total_seconds())
        desk.later(minutes=1)
    standing = await desk.standing()
    assert (standing.waiting, standing.sent, standing.failed) == (6, 0, 0)
    assert standing.problem == "The broker did not take it (OperationalError)."
    assert standing.failing_since is not None
    # The pauses grow, up to five minutes.
    assert tries < 20
    assert rests[0] < 3
    assert 290 < rests[-1] <= 300
    broker_server.start()
    desk.later(minutes=5)
    await desk.send()
    await desk.send()
    titles = [each["title"] for each in broker_server.payloads()]
    assert sorted(titles) == [f"Ticket of minute {minute:}" for minute in range(0, 60, 10)]
    assert len({each["event_id"] for each in broker_server.payloads()}) == 6
    standing = await desk.standing()
    assert (standing.waiting, standing.sent, standing.problem) == (0, 6, None)


async def test_a_broker_that_was_started_again_without_its_data_is_told_on(
    desk: Desk, broker_server: RedisServer
) -> None:
    await desk.open_and_triage("Before")
    await desk.send()
    broker_server.kill()
    broker_server.forget()
    broker_server.start()
    await desk.open_and_triage("After")
    for _ in range(3):
        await desk.send()
        desk.later(seconds=10)
    # Also where nobody has bound the queue to an exchange anew.
    assert [each["title"] for each in broker_server.payloads()] == ["After"]


async def test_a_broker_that_was_started_again_with_its_data_has_everything(
    desk: Desk, broker_server: RedisServer
) -> None:
    await desk.open_and_triage("Before")
    await desk.send()
    broker_server.kill()
    broker_server.start()
    await desk.open_and_triage("After")
    for _ in range(3):
        await desk.send()
        desk.later(seconds=10)
    assert [each["title"] for each in broker_server.payloads()] == ["Before", "After"]


async def test_one_message_that_is_never_taken_is_given_up_and_holds_up_no_other(
    desk: Desk, broker_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a broker with a limit on the size of a message does it."""
    send = Broker.send

    def refusing(self: Broker, parcel: Parcel) -> None:
        if parcel.payload["file_id"] == "bad":
            raise BrokerFailed("Too large.")
        send(self, parcel)

    monkeypatch.setattr(Broker, "send", refusing)
    await tell(desk, "file.deleted", "bad")
    for number in range(REFUSALS_MAX + 5):
        await tell(desk, "file.deleted", f"good-{number}")
        await desk.send()
        desk.later(seconds=3)
        await desk.send()
        desk.later(seconds=3)
        await desk.send()
    assert len(broker_server.payloads()) == REFUSALS_MAX + 5
    (bad,) = [each for each in await desk.messages() if each.state == "failed"]
    assert (bad.subject, bad.problem) == ("bad", "Too large.")
    assert (await desk.standing()).failed == 1


async def test_no_password_of_the_broker_is_told(desk: Desk) -> None:
    broker = Broker(BrokerAt("redis://:s3cret-pass@127.0.0.1:1/0", "rag_events"))
    with pytest.raises(BrokerFailed) as failed:
        broker.send(Parcel(str(uuid4()), "rag.process_file_deleted", {"file_id": "x"}))
    assert "s3cret" not in str(failed.value)
    assert "s3cret" not in repr(BrokerAt("redis://:s3cret-pass@127.0.0.1:1/0"))


async def test_the_other_company_is_told_of_its_own_alone(
    desk: Desk, world: World, broker_server: RedisServer
) -> None:
    await desk.open_and_triage()
    async with world.resources.db.transaction(world.other_company_id) as session:
        assert await session.scalar(text("select count(*) from outlet_message")) == 0
        assert await session.scalar(text("select count(*) from outlet")) == 0
    await desk.send()
    assert {each["company_id"] for each in broker_server.payloads()} == {world.company_id}
