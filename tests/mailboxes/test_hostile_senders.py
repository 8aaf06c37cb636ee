"""People who want to get into tickets that are not theirs: none of these mails may join."""

import pytest
from sqlalchemy import text

from tests.mailboxes.post import AUTHSERV, add_mailbox, deliver, mail, sent
from tests.world import World
from ticketyard.mailboxes.landing.placing import Placed

MALLORY = "Mallory <mallory@evil.example>"
RITA = "Rita Requester <rita@example.com>"
PASS = f"{AUTHSERV}; dmarc=pass"
FAIL = f"{AUTHSERV}; dmarc=fail"


class Victim:
    """A ticket of Rita's about which we wrote to her once."""

    def __init__(self, world: World, box: int, opened: Placed, token: str) -> None:
        self.world, self.box, self.token = world, box, token
        self.ticket_id, self.number = opened.ticket_id, opened.number or ""

    async def public_words(self) -> list[str]:
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            found = await session.scalars(
                text("select body from comment where ticket_id = :id and not is_internal"),
                {"id": self.ticket_id},
            )
            return list(found)

    async def listeners(self) -> set[str]:
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            found = await session.scalars(
                text("select email_key from mail_participant where ticket_id = :id"),
                {"id": self.ticket_id},
            )
            return set(found)


@pytest.fixture
async def victim(world: World) -> Victim:
    box = await add_mailbox(world)
    opened = await deliver(world, mail("My secret.", message_id="<first@example.com>"), box)
    token = await sent(world, opened.ticket_id or 0, opened.number or "")
    return Victim(world, box, opened, token)


ATTACKS = {
    "forged number in the subject": {"subject": "Re: [{number}] Printer", "sender": MALLORY},
    "forged number in In-Reply-To": {"in_reply_to": "<{number}@desk.example>", "sender": MALLORY},
    "forged number in References": {
        "references": "<a@b.example> <{number}-reply@desk.example>",
        "sender": MALLORY,
    },
    "forged token": {
        "in_reply_to": "<{number}.ffffffffffffffffffffffffffffffff@desk.example>",
        "sender": MALLORY,
    },
    "stolen References": {"references": "<first@example.com> <{token}>", "sender": MALLORY},
    "stolen In-Reply-To with authentication of its own": {
        "in_reply_to": "<{token}>",
        "sender": MALLORY,
        "authentication_results": PASS,
    },
    "the victim's Message-ID": {"message_id": "<first@example.com>", "sender": MALLORY},
    "the victim's own thread": {"in_reply_to": "<first@example.com>", "sender": MALLORY},
    "forged sender that fails authentication": {
        "subject": "Re: [{number}]",
        "sender": RITA,
        "authentication_results": FAIL,
    },
    "forged sender, stolen token, failed authentication": {
        "in_reply_to": "<{token}>",
        "sender": RITA,
        "authentication_results": FAIL,
    },
    "forged sender with a forged result below the real one": {
        "subject": "Re: [{number}]",
        "sender": RITA,
        "authentication_results": FAIL,
        "arc_authentication_results": PASS,
    },
    "Reply-To of the victim": {"subject": "Re: [{number}]", "sender": MALLORY, "reply_to": RITA},
    "Sender header of the victim": {
        "subject": "Re: [{number}]",
        "sender": MALLORY,
        "resent_from": RITA,
    },
    "the victim as display name": {
        "subject": "Re: [{number}]",
        "sender": '"rita@example.com" <mallory@evil.example>',
    },
    "the victim copied in": {"subject": "Re: [{number}]", "sender": MALLORY, "cc": RITA},
    "a look-alike address": {
        "subject": "Re: [{number}]",
        "sender": "rita@example.com.evil.example",
    },
    "an address with the victim's in a comment": {
        "subject": "Re: [{number}]",
        "sender": "mallory@evil.example (rita@example.com)",
    },
    "control headers": {
        "sender": MALLORY,
        "x_ticket_id": "{number}",
        "x_ticketyard_ticket": "{number}",
        "x_otrs_ticketnumber": "{number}",
        "x_zammad_ticket_number": "{number}",
        "x_priority": "1",
    },
    "spoofed agent by number": {"subject": "Re: [{number}]", "sender": "Ana <ana@example.com>"},
    "spoofed agent by number who passes": {
        "subject": "Re: [{number}]",
        "sender": "Ana <ana@example.com>",
        "authentication_results": PASS,
    },
    "a number in the body": {"body": "[{number}] {token}", "sender": MALLORY},
    "folded subject": {"subject": "Re:  [{number}]   something", "sender": MALLORY},
}


@pytest.mark.parametrize("attack", ATTACKS, ids=list(ATTACKS))
async def test_it_does_not_join(victim: Victim, attack: str) -> None:
    given = {
        name: value.replace("{number}", victim.number).replace("{token}", victim.token)
        for name, value in ATTACKS[attack].items()
    }
    body = given.pop("body", "I am in.")

    placed = await deliver(victim.world, mail(body, **given), victim.box)  # type: ignore[arg-type]

    assert placed.ticket_id != victim.ticket_id
    assert placed.created
    assert await victim.public_words() == []
    assert not await victim.listeners() & {"mallory@evil.example"}


async def test_a_stranger_who_answers_for_the_requester_copies_nobody_in(victim: Victim) -> None:
    """Nobody vouches for the sender: what they say is added, whom they copy in is not."""
    raw = mail(
        "Please copy my lawyer in.",
        sender=RITA,
        subject=f"Re: [{victim.number}]",
        cc="mallory@evil.example",
    )

    placed = await deliver(victim.world, raw, victim.box)

    assert placed.ticket_id == victim.ticket_id
    assert await victim.listeners() == set()


async def test_a_spoofed_agent_with_a_stolen_token_writes_a_note_at_most(victim: Victim) -> None:
    raw = mail(
        "Your account number, please.",
        sender="Ana <ana@example.com>",
        in_reply_to=f"<{victim.token}>",
    )

    await deliver(victim.world, raw, victim.box)

    assert await victim.public_words() == []


async def test_an_agent_who_is_vouched_for_answers_by_mail(victim: Victim) -> None:
    raw = mail(
        "We are on our way.",
        sender="Ana <ana@example.com>",
        in_reply_to=f"<{victim.token}>",
        authentication_results=PASS,
    )

    await deliver(victim.world, raw, victim.box)

    assert await victim.public_words() == ["We are on our way."]


async def test_the_requester_is_let_in_after_all_of_this(victim: Victim) -> None:
    raw = mail(
        "It is me.", sender=RITA, in_reply_to=f"<{victim.token}>", authentication_results=PASS
    )

    placed = await deliver(victim.world, raw, victim.box)

    assert placed.ticket_id == victim.ticket_id


async def test_another_companys_number_means_nothing_here(world: World, victim: Victim) -> None:
    from dataclasses import replace

    south = replace(world, company_id=world.other_company_id)

    placed = await deliver(south, mail(sender=RITA, subject=f"Re: [{victim.number}]"))

    assert placed.created
    assert await victim.public_words() == []


WIDE = "".join(chr(0x4E00 + each * 7 % 20_000) for each in range(3_000))
LONG = "".join(f"{each * 7919 % 99_991:x}" for each in range(2_000))


@pytest.mark.parametrize(
    "head",
    [
        f"Message-ID: <{WIDE[:985]}@x>\r\n",
        f"References: <{WIDE[:985]}@x>\r\n",
        f"Message-ID: <{LONG}@x.example>\r\n",
        f"Cc: {LONG}@x.example\r\n",
        f"Cc: {WIDE}@x.example\r\n",
        "References: " + " ".join(f"<{each}@x.example>" for each in range(10_000)) + "\r\n",
    ],
    ids=["wide id", "wide reference", "long id", "long address", "wide address", "many ids"],
)
async def test_what_fits_into_no_index_holds_nothing_up(world: World, head: str) -> None:
    raw = f"{head}From: mallory@evil.example\r\nSubject: Hello\r\n\r\nHello.\r\n".encode()

    placed = await deliver(world, raw, await add_mailbox(world))

    assert placed.created
