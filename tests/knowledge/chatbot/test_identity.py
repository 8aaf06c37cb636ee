"""Who somebody is: a code by mail before anything of theirs is shown."""

import re
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import text

from tests.knowledge.chatbot.test_dialogue import rows
from tests.knowledge.chatbot.visitor import Visitor, offered
from tests.world import World
from ticketyard.notify.sending import CODE_GONE
from ticketyard.notify.servers import MailOut, SmtpServer
from ticketyard.tickets.commenting import add_comment

OUT = MailOut(server=SmtpServer(host="127.0.0.1", port=9), from_email="desk@north.example")


@pytest.fixture
async def visitor(world: World, client: httpx2.AsyncClient) -> Visitor:
    world.put(MailOut, OUT)
    return await Visitor.enter(client)


async def code_of(world: World, email: str = "rita@example.com") -> str:
    """The code in the last mail to this address."""
    mails = await rows(
        world,
        "select body_text from outgoing_mail where kind = 'chat_code' and recipient_key = :email"
        " order by id desc limit 1",
        email=email,
    )
    found = re.search(r"\d{6}", mails[0]["body_text"])
    assert found
    return found[0]


async def prove(world: World, visitor: Visitor, email: str = "rita@example.com") -> None:
    """Prove an address through the boxes of the page."""
    assert (await visitor.post("identity", email=email)).status_code == 202
    answer = await visitor.post("identity/code", code=await code_of(world, email))
    assert answer.status_code == 200, answer.text


async def test_own_tickets_are_shown_once_the_address_is_proven(
    visitor: Visitor, world: World
) -> None:
    mine = await world.open("My screen is dark", requester_email="Rita@example.com")
    other = await world.open("Salary list", requester_email="bob@example.com")
    (asks,) = await visitor.say("my tickets")
    assert (asks["asks"], asks["state"]) == ("email", "asking")
    (sent,) = await visitor.say("rita@example.com")
    assert sent["asks"] == "code"
    (shown,) = await visitor.say(await code_of(world))
    assert mine.number in shown["text"]
    assert "My screen is dark" in shown["text"]
    assert other.number not in shown["text"]
    (refused,) = await visitor.say(f"status of {other.number}")
    assert "Salary" not in refused["text"]
    assert refused["text"] == "Among your tickets there is none of that number."
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.ana)
        await add_comment(session, ticket_id=mine.id, body="Press the switch.", by=by)
        await add_comment(session, ticket_id=mine.id, body="A fool.", by=by, is_internal=True)
    (one,) = await visitor.say(f"status of {mine.number.lower()}")
    assert "Press the switch." in one["text"]
    assert "fool" not in one["text"]


async def test_another_company_shows_nothing(
    visitor: Visitor, world: World, client: httpx2.AsyncClient
) -> None:
    await world.open("My screen is dark")
    stranger = await Visitor.enter(client, "south")
    await stranger.say("my tickets")
    await stranger.say("rita@example.com")
    async with world.resources.db.transaction(world.other_company_id) as session:
        body = await session.scalar(text("select body_text from outgoing_mail"))
    found = re.search(r"\d{6}", str(body))
    assert found
    (shown,) = await stranger.say(found[0])
    assert "There is no ticket of this address." in shown["text"]


async def test_nobody_is_told_who_is_known(visitor: Visitor, world: World) -> None:
    await world.open()
    answers = [
        await visitor.post("identity", email=email)
        for email in ("rita@example.com", "nobody@example.com")
    ]
    told = [each.json()["messages"] for each in answers]
    for (message,) in told:
        message.pop("id")
        message.pop("at")
    assert [each.status_code for each in answers] == [202, 202]
    assert told[0] == told[1]


async def test_a_code_is_good_once_for_one_conversation_and_five_tries(
    visitor: Visitor, world: World, client: httpx2.AsyncClient
) -> None:
    await visitor.post("identity", email="rita@example.com")
    code = await code_of(world)
    stranger = await Visitor.enter(client)
    assert (await stranger.post("identity/code", code=code)).status_code == 409
    assert (await visitor.post("identity/code", code=code)).status_code == 200
    assert (await visitor.post("identity/code", code=code)).status_code == 409
    await visitor.post("identity", email="rita@example.com")
    code = await code_of(world)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    answers = [await visitor.post("identity/code", code=wrong) for _ in range(5)]
    assert [each.status_code for each in answers] == [422, 422, 422, 422, 409]
    assert (await visitor.post("identity/code", code=code)).status_code == 409


async def test_a_code_is_good_for_ten_minutes(visitor: Visitor, world: World) -> None:
    await visitor.post("identity", email="rita@example.com")
    code = await code_of(world)
    now = world.resources.db.clock()
    world.resources.db.clock = lambda: now + timedelta(minutes=10, seconds=1)
    assert (await visitor.post("identity/code", code=code)).status_code == 409


async def test_only_the_last_code_is_good_and_none_is_kept(visitor: Visitor, world: World) -> None:
    await visitor.post("identity", email="rita@example.com")
    first = await code_of(world)
    await visitor.post("identity", email="rita@example.com")
    if first != await code_of(world):
        assert (await visitor.post("identity/code", code=first)).status_code == 422
    for kept in await rows(world, "select * from chat_code"):
        assert first not in str(kept["code_hash"])
    said = [each["text"] for each in await visitor.messages()]
    assert first not in " ".join(said)


async def test_codes_are_paced(visitor: Visitor, world: World, client: httpx2.AsyncClient) -> None:
    codes = [await visitor.post("identity", email="rita@example.com") for _ in range(6)]
    assert [each.status_code for each in codes] == [202] * 5 + [429]
    assert int(codes[-1].headers["retry-after"]) > 0
    # From elsewhere it looks as always, but the address gets no more mail, and no code fits.
    other = await Visitor.enter(client)
    assert (await other.post("identity", email="RITA@example.com")).status_code == 202
    assert len(await rows(world, "select id from outgoing_mail")) == 5
    for code in ("000000", await code_of(world)):
        assert (await other.post("identity/code", code=code)).status_code == 422


async def test_a_mail_of_ours_is_sent_no_code(visitor: Visitor, world: World) -> None:
    assert (await visitor.post("identity", email="desk@north.example")).status_code == 202
    assert not await rows(world, "select id from outgoing_mail")


async def test_what_the_desk_answers_is_read_here_once_proven(
    visitor: Visitor, world: World
) -> None:
    await visitor.say("human please")
    await visitor.say("The scanner on floor 3 eats paper and burns it.")
    (over,) = await visitor.say("rita@example.com")
    (ticket,) = await rows(world, "select id from ticket")
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.ana)
        await add_comment(session, ticket_id=ticket["id"], body="I come at nine.", by=by)
        await add_comment(session, ticket_id=ticket["id"], body="Bah.", by=by, is_internal=True)
    assert "I come at nine." not in str(await visitor.messages())
    assert offered(over) == ["verify", "again"]
    await visitor.choose("verify")
    await visitor.say(await code_of(world))
    shown = (await visitor.messages())[-1]
    assert (shown["text"], shown["author"]) == ("I come at nine.", world.ana.name)
    assert "Bah." not in str(await visitor.messages())
    assert len(await visitor.messages()) == len(await visitor.messages())
    await visitor.say("Thank you, I wait there.")
    (comment,) = await rows(
        world, "select author_id from comment where body = 'Thank you, I wait there.'"
    )
    assert comment["author_id"] == world.rita.id


async def test_a_code_that_has_left_is_not_kept(
    visitor: Visitor, world: World, client: httpx2.AsyncClient
) -> None:
    await visitor.post("identity", email="rita@example.com")
    code = await code_of(world)
    (mail,) = await rows(world, "select id, subject from outgoing_mail")
    assert code not in mail["subject"]
    await world.log_in(client, world.admin)
    answer = await client.get(f"/api/mail/outgoing/{mail['id']}")
    assert answer.json()["body_text"] == CODE_GONE
