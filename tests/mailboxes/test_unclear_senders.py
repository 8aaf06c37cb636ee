"""Mail that does not plainly say who sent it, and mail servers' words that were tampered with."""

import pytest
from sqlalchemy import text

from tests.mailboxes.post import AUTHSERV, add_mailbox, deliver, mail
from tests.mailboxes.test_hostile_senders import FAIL, RITA, Victim, victim
from tests.world import World

__all__ = ["victim"]

SAYS = f"Authentication-Results: {AUTHSERV};"
OF_EVIL = f"{SAYS} dmarc=pass header.from=evil.example\r\n"
RITAS = "From: rita@example.com\r\n"

UNCLEAR = {
    "two senders": "From: rita@example.com, mallory@evil.example\r\n",
    "two headers": "From: rita@example.com\r\nFrom: mallory@evil.example\r\n",
    "two in brackets": "From: <mallory@evil.example> <rita@example.com>\r\n",
    "another one as its name": "From: mallory@evil.example <rita@example.com>\r\n",
    "a group": "From: friends: rita@example.com, mallory@evil.example;\r\n",
    "an encoded address": "From: =?utf-8?q?rita=40example.com?=\r\n",
    "an encoded address beside a name": "From: =?utf-8?q?=3Crita=40example.com=3E?= Mallory\r\n",
    "none, but Reply-To": "Reply-To: rita@example.com\r\n",
    "an empty one, but Reply-To": "From: \r\nReply-To: rita@example.com\r\n",
    "none, but Sender": "Sender: rita@example.com\r\n",
    "none, but Return-Path": "Return-Path: <rita@example.com>\r\n",
    "NUL": "From: rita@example.com\0@evil.example\r\n",
}
TAMPERED = {
    "a pass for another domain": OF_EVIL + RITAS,
    "a pass in quotes": f'{SAYS} spf=fail smtp.mailfrom="a; dmarc=pass;"@evil.example; dmarc=fail\r\n'
    + RITAS,
    "a pass out of a comment": f'{SAYS} spf=none (of "a) ; dmarc=pass ; (b"@evil.example) ; dmarc=fail\r\n'
    + RITAS,
    "a fail between lone quotes": f'{SAYS} spf=none (a"b) ; dmarc=fail ; x=y (c"d)\r\n' + RITAS,
    "a pass below the fail": f"{SAYS} dmarc=fail\r\n{SAYS} dmarc=pass\r\n{RITAS}",
    "a fail in ARC's shadow": f"{SAYS} dmarc=fail\r\nARC-Authentication-Results: i=1; {AUTHSERV};"
    f" dmarc=pass\r\n{RITAS}",
}


def letter(head: str, victim: Victim, *, in_reply_to: str = "") -> bytes:
    told = f"In-Reply-To: <{in_reply_to}>\r\n" if in_reply_to else ""
    return (
        f"{head}To: support@desk.example\r\nSubject: Re: [{victim.number}]\r\n{told}"
        "Message-ID: <attack@evil.example>\r\n\r\nI am in.\r\n"
    ).encode()


@pytest.mark.parametrize("head", [*UNCLEAR.values(), *TAMPERED.values()], ids=[*UNCLEAR, *TAMPERED])
async def test_it_does_not_join(victim: Victim, head: str) -> None:
    placed = await deliver(victim.world, letter(head, victim), victim.box)

    assert placed.created
    assert placed.ticket_id != victim.ticket_id
    assert await victim.public_words() == []


@pytest.mark.parametrize(
    "head",
    [
        f"{OF_EVIL}From: ana@example.com, mallory@evil.example\r\n",
        f"{OF_EVIL}From: ana@example.com\r\nFrom: mallory@evil.example\r\n",
        f'{SAYS} spf=pass smtp.mailfrom="a; dmarc=pass;"@evil.example\r\nFrom: ana@example.com\r\n',
        f'{SAYS} dkim=pass header.d=evil.example header.i="@example.com"\r\nFrom: ana@example.com\r\n',
    ],
)
async def test_a_pass_of_somebody_elses_makes_no_agent(victim: Victim, head: str) -> None:
    await deliver(victim.world, letter(head, victim, in_reply_to=victim.token), victim.box)

    assert await victim.public_words() == []


async def test_a_forged_opening_copies_nobody_in(world: World) -> None:
    box = await add_mailbox(world)
    raw = mail(sender=RITA, cc="mallory@evil.example", authentication_results=FAIL)

    placed = await deliver(world, raw, box)

    assert placed.created
    async with world.resources.db.transaction(world.company_id) as session:
        assert list(await session.scalars(text("select email_key from mail_participant"))) == []
