"""The screens of mail that came in: harmless frames, downloads, moving, what the thread says."""

import httpx2
import pytest
from sqlalchemy import text

from tests.mailboxes.post import add_mailbox, deliver, mail, sent
from tests.world import World

NASTY = (
    '<p onclick="x()">Hello <script>alert(1)</script><b>there</b></p>'
    '<img src="https://tracker.example/p.gif"><iframe src="https://evil.example"></iframe>'
)


@pytest.fixture
async def ana(client: httpx2.AsyncClient, world: World) -> httpx2.AsyncClient:
    await world.log_in(client, world.ana)
    return client


async def latest(world: World) -> int:
    async with world.resources.db.transaction(world.company_id) as session:
        return int(await session.scalar(text("select max(inbound_id) from mail_message")) or 0)


async def test_the_frame_has_no_rights(ana: httpx2.AsyncClient, world: World) -> None:
    placed = await deliver(world, mail(html=NASTY))
    href = f"/tickets/{placed.number}/mails/{await latest(world)}/body"

    answer = await ana.get(href)

    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'; sandbox"
    )
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    for word in ("<script", "onclick", "<iframe", ' src="https:'):
        assert word not in answer.text
    assert "<b>there</b>" in answer.text

    with_images = await ana.get(f"{href}?images=true")
    assert ' src="https://tracker.example/p.gif"' in with_images.text
    assert "img-src data: https: http:" in with_images.headers["content-security-policy"]
    assert (
        "http:"
        not in (await ana.get(f"{href}?images=true&as_text=true")).headers[
            "content-security-policy"
        ]
    )


async def test_the_raw_mail_is_only_saved(ana: httpx2.AsyncClient, world: World) -> None:
    raw = mail(html=NASTY)
    placed = await deliver(world, raw)
    inbound_id = await latest(world)
    for href in (f"/tickets/{placed.number}/mails/{inbound_id}/raw", f"/mails/{inbound_id}/raw"):
        answer = await ana.get(href)
        assert answer.content == raw
        assert answer.headers["content-type"] == "message/rfc822"
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_mail_is_shown_under_its_own_ticket_only(
    ana: httpx2.AsyncClient, world: World
) -> None:
    await deliver(world, mail())
    other = await world.open("Other")
    for what in ("body", "raw"):
        answer = await ana.get(f"/tickets/{other.number}/mails/{await latest(world)}/{what}")
        assert answer.status_code == 404


async def test_a_requester_sees_nothing_of_it(client: httpx2.AsyncClient, world: World) -> None:
    placed = await deliver(world, mail("Hello\n\nOn Monday Bo wrote:\n> secret", html=NASTY))
    await world.log_in(client, world.rita)
    inbound_id = await latest(world)
    for path in (f"/tickets/{placed.number}/mails/{inbound_id}", f"/mails/{inbound_id}"):
        assert (await client.get(f"{path}/body")).status_code == 403
        assert (await client.get(f"{path}/raw")).status_code == 403
        assert (await client.post(f"{path}/move")).status_code == 403
    own = await client.get(f"/my/{placed.number}")
    assert own.status_code == 200
    assert "By mail from" not in own.text


async def test_the_thread_says_how_it_came_and_why(ana: httpx2.AsyncClient, world: World) -> None:
    mailbox = await add_mailbox(world)
    opened = await deliver(world, mail(cc="Cy <cy@elsewhere.example>"), mailbox)
    ours = await sent(world, opened.ticket_id or 0, opened.number or "")
    await deliver(world, mail("More.", in_reply_to=f"<{ours}>"), mailbox)

    page = (await ana.get(f"/tickets/{opened.number}")).text

    assert page.count("By mail from rita@example.com to support@desk.example") == 2
    assert "cc cy@elsewhere.example" in page
    assert "It names no ticket: a new one." in page
    assert "In-Reply-To names it; from the requester." in page
    assert "Proven: from the requester, answers a mail of ours" in page
    assert 'sandbox=""' in page


async def test_a_hint_moves_with_one_click(ana: httpx2.AsyncClient, world: World) -> None:
    target = await world.open("Rita's", requester_email="rita@example.com")
    stray = mail("Me too", sender="sam@elsewhere.example", subject=f"Re: [{target.number}] x")
    placed = await deliver(world, stray)
    assert placed.ticket_id != target.id
    page = (await ana.get(f"/tickets/{placed.number}")).text
    assert f"It may belong to {target.number}" in page

    answer = await ana.post(
        f"/tickets/{placed.number}/mails/{await latest(world)}/move",
        data={"to": target.number, "close": "1"},
    )

    assert answer.headers["location"] == f"/tickets/{target.number}"
    page = (await ana.get(f"/tickets/{target.number}")).text
    assert "Me too" in page
    assert f"Ana Agent moved it from {placed.number} to {target.number}" in page
    assert "It may belong to" not in page
    left = (await ana.get(f"/tickets/{placed.number}")).text
    assert "The mail that opened this ticket was moved to" in left
    assert "False positive" in left


async def test_a_wrong_number_is_said_where_it_was_typed(
    ana: httpx2.AsyncClient, world: World
) -> None:
    placed = await deliver(world, mail())
    here = f"/tickets/{placed.number}"
    answer = await ana.post(f"{here}/mails/{await latest(world)}/move", data={"to": "TKT-1"})
    assert answer.headers["location"] == here
    assert "There is no such ticket." in (await ana.get(here)).text


async def test_our_answers_say_whether_they_left(ana: httpx2.AsyncClient, world: World) -> None:
    opened = await deliver(world, mail())
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text(
                "insert into outgoing_mail (company_id, ticket_id, kind, message_id, sender_email,"
                " recipients, subject, body_text, state, reason) values"
                " (current_company(), :id, 'acknowledgement', 'a@x', 'd@x', :to, 's', 'b', 'bounced',"
                " 'It came back: 5.1.1 <nobody> lives here')"
            ),
            {"id": opened.ticket_id, "to": '[{"email": "Rita@example.com", "state": "bounced"}]'},
        )
    page = (await ana.get(f"/tickets/{opened.number}")).text
    assert "Mail to rita@example.com came back" in page
    assert "Acknowledgement: Came back from Rita@example.com" in page
    assert "5.1.1 &lt;nobody&gt; lives here" in page


async def test_what_broke_its_reader_is_not_read_here(
    ana: httpx2.AsyncClient, world: World
) -> None:
    placed = await deliver(world, mail())
    inbound_id = await latest(world)
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text(
                "update mail_message set attempts = 5, outcome = 'waiting' where inbound_id = :id"
            ),
            {"id": inbound_id},
        )
    href = f"/tickets/{placed.number}/mails/{inbound_id}"
    assert (await ana.get(f"{href}/body")).status_code == 409
    assert (await ana.get(f"{href}/raw")).status_code == 200
