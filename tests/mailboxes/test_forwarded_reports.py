"""Somebody who asks what a delivery report means is not taken for the machine that wrote it."""

import pytest

from tests.mailboxes.post import keep, row_of
from tests.world import World
from ticketyard.mailboxes.filing import file_waiting

REPORT = """\
From: {sender}
To: support@desk.example
Subject: What is this?
Message-ID: <asking@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain

I get this when I write to Bob.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; bob@other.example
Action: failed
Status: 5.1.1

--x--
"""


@pytest.mark.parametrize(
    ("sender", "outcome", "state"),
    [
        ("rita", "waiting", "needs_look"),
        ("MAILER-DAEMON@mx.example", "refused", "refused"),
    ],
)
async def test_a_person_shows_a_report(world: World, sender: str, outcome: str, state: str) -> None:
    address = world.rita.email if sender == "rita" else sender
    raw = REPORT.format(sender=address).replace("\n", "\r\n").encode()
    inbound = await keep(world, raw)

    await file_waiting(world.resources, world.company_id)

    row = await row_of(world, inbound)
    assert (row.outcome, row.state) == (outcome, state)
