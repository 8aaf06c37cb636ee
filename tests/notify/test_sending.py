import asyncio
import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.mailboxes.test_tokens import Issuer, issuer
from tests.notify.conftest import Desk
from tests.notify.sink import PASSWORD, USER, Sink, open_sink
from ticketyard.core.clock import utc_now
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.resources import Resources
from ticketyard.core.sealing import Sealer
from ticketyard.mailboxes.boxes.secrets import seal_secret
from ticketyard.notify.sending import Postman
from ticketyard.notify.sending_again import send_again
from ticketyard.notify.servers import MailOut, SmtpServer

__all__ = ["issuer"]

HERE = Path(__file__).parent


def sending_to(resources: Resources, sink: Sink, **given: Any) -> Resources:
    """The program with another server to send to."""
    server = SmtpServer(host="127.0.0.1", port=sink.port, **{"security": "none", **given})
    out = dataclasses.replace(resources.part(MailOut), server=server)
    return dataclasses.replace(
        resources,
        parts={**resources.parts, MailOut: out, Postman: Postman(utc_now, Outgoing(["127.0.0.1"]))},
    )


async def send(resources: Resources, company_id: int) -> None:
    await resources.part(Postman).send_due(resources, company_id)


async def queue(desk: Desk, count: int = 1) -> None:
    """Mails that are due, unsent."""
    ticket = await desk.open()
    desk.sink.refuse_data = "451 not yet"
    for each in range(count):
        await desk.answer(ticket, f"Answer {each}")
    await desk.run()
    desk.sink.refuse_data = ""
    await desk.rows("update outgoing_mail set attempts = 0")
    await desk.make_due()


async def test_a_server_that_is_busy_gets_the_same_message_later(desk: Desk) -> None:
    ticket = await desk.open()
    desk.sink.refuse_data = "451 4.7.1 Greylisted, come back"
    await desk.answer(ticket)
    await desk.run()
    (mail,) = await desk.rows(
        "select *, ready_at - now() as wait from outgoing_mail where state = 'waiting'"
    )
    assert mail.reason == "451 4.7.1 Greylisted, come back"
    assert 50 < mail.wait.total_seconds() <= 60
    await desk.run()
    assert (await desk.mails())[0].attempts == 1, "it is not due yet"

    desk.sink.refuse_data = ""
    await desk.make_due()
    await send(desk.world.resources, desk.world.company_id)
    (mail,) = await desk.mails()
    assert (mail.state, mail.attempts, mail.reason) == ("sent", 2, None)
    assert desk.sink.deliveries[0].mail["Message-ID"] == f"<{mail.message_id}>"
    tried = await desk.rows("select accepted, code from send_attempt order by id")
    assert [tuple(each) for each in tried] == [(False, 451), (True, 250)]


async def test_a_refusal_for_good_is_kept_with_the_servers_words_and_can_be_sent_again(
    desk: Desk,
) -> None:
    ticket = await desk.open()
    desk.sink.refuse_recipients["rita@example.com"] = "550 5.1.1 No such user here"
    await desk.answer(ticket)
    await desk.run()
    (mail,) = await desk.mails()
    assert (mail.state, mail.attempts) == ("failed", 1)
    assert mail.reason == "Refused for rita@example.com: 550 5.1.1 No such user here"
    assert await desk.rows("select from event where type = 'mail.failed'")

    desk.sink.refuse_recipients.clear()
    world = desk.world
    async with world.resources.db.transaction(world.company_id) as session:
        out = world.resources.part(MailOut)
        await send_again(session, mail_id=mail.id, out=out, by=world.as_person(world.ana))
    await desk.run()
    (again,) = await desk.mails()
    assert (again.state, again.message_id) == ("sent", mail.message_id)
    assert len(desk.sink.deliveries) == 1


async def test_of_two_readers_only_the_refused_one_is_tried_again(desk: Desk) -> None:
    ticket = await desk.open()
    await desk.take_part(ticket, "cy@example.com")
    desk.sink.refuse_recipients["cy@example.com"] = "452 mailbox full"
    await desk.answer(ticket)
    await desk.run()
    assert [each.recipients for each in desk.sink.deliveries] == [["rita@example.com"]]
    assert (await desk.mails())[0].state == "waiting"

    desk.sink.refuse_recipients["cy@example.com"] = "550 gone"
    await desk.make_due()
    await send(desk.world.resources, desk.world.company_id)
    (mail,) = await desk.mails()
    assert mail.state == "sent"
    assert mail.reason == "Refused for cy@example.com: 550 gone"
    assert len(desk.sink.deliveries) == 1


async def test_after_four_days_it_is_given_up(desk: Desk) -> None:
    await queue(desk)
    await desk.rows("update outgoing_mail set queued_at = now() - interval '4 days'")
    desk.sink.refuse_data = "451 never now"
    await send(desk.world.resources, desk.world.company_id)
    (mail,) = await desk.mails()
    assert mail.state == "failed"
    assert mail.reason == "Given up after 4 days. 451 never now"


async def test_a_server_that_is_away_is_asked_once_for_all(desk: Desk) -> None:
    await queue(desk, 3)
    async with open_sink() as gone:
        away = sending_to(desk.world.resources, gone)
    await send(away, desk.world.company_id)
    mails = await desk.mails()
    assert [each.state for each in mails] == ["waiting"] * 3
    assert sum(each.attempts for each in mails) == 1
    await desk.make_due()
    await send(desk.world.resources, desk.world.company_id)
    assert [each.state for each in await desk.mails()] == ["sent"] * 3


async def test_a_dropped_connection_costs_a_try_and_no_mail(desk: Desk) -> None:
    await queue(desk, 2)
    desk.sink.drop = True
    await send(desk.world.resources, desk.world.company_id)
    desk.sink.drop = False
    await desk.make_due()
    await send(desk.world.resources, desk.world.company_id)
    assert [each.state for each in await desk.mails()] == ["sent", "sent"]
    assert len(desk.sink.deliveries) == 2


async def test_a_server_that_stalls_is_left_after_the_time_out(desk: Desk) -> None:
    await queue(desk)
    desk.sink.stall = 5
    patient = sending_to(desk.world.resources, desk.sink, timeout_seconds=0.2)
    await asyncio.wait_for(send(patient, desk.world.company_id), 3)
    (mail,) = await desk.mails()
    assert mail.state == "waiting"
    assert "imed out" in mail.reason or "ime-out" in mail.reason
    (tried,) = await desk.rows("select * from send_attempt order by id desc limit 1")
    assert not tried.accepted


async def test_one_connection_serves_a_batch(desk: Desk) -> None:
    await queue(desk, 5)
    before = desk.sink.connections
    await send(desk.world.resources, desk.world.company_id)
    assert len(desk.sink.deliveries) == 5
    assert desk.sink.connections - before == 1


async def test_two_workers_never_send_one_mail_twice(desk: Desk) -> None:
    await queue(desk, 30)
    desk.sink.stall = 0.01
    resources = desk.world.resources
    workers = [sending_to(resources, desk.sink) for _ in range(3)]
    await asyncio.gather(*(send(each, desk.world.company_id) for each in workers))
    ids = [each.mail["Message-ID"] for each in desk.sink.deliveries]
    assert len(ids) == len(set(ids)) == 30
    assert len({each.peer for each in desk.sink.deliveries}) == 3, "all of them took part"


async def test_in_one_process_one_sender_a_way_is_enough(desk: Desk) -> None:
    await queue(desk, 10)
    desk.sink.stall = 0.01
    postman = desk.world.resources
    await asyncio.gather(*(send(postman, desk.world.company_id) for _ in range(4)))
    assert len(desk.sink.deliveries) == 10
    assert len({each.peer for each in desk.sink.deliveries}) == 1


async def test_killed_after_the_server_took_it_the_same_message_is_sent_again(
    desk: Desk, database_url: str
) -> None:
    """At least once: nobody can know whether the 250 was ours to keep."""
    await queue(desk)
    sender = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-m", "tests.notify.sender", database_url, str(desk.sink.port),
         str(desk.world.company_id)],
        cwd=HERE.parents[1],
    )  # fmt: skip
    desk.sink.on_taken = lambda: os.kill(sender.pid, signal.SIGKILL)
    await asyncio.to_thread(sender.wait, 30)
    desk.sink.on_taken = None
    assert sender.returncode == -signal.SIGKILL
    (mail,) = await desk.mails()
    assert (mail.state, mail.attempts) == ("waiting", 1)

    await send(desk.world.resources, desk.world.company_id)
    assert len(desk.sink.deliveries) == 1, "the lease of the dead still holds"
    await desk.rows("update outgoing_mail set claimed_until = now() - interval '1 second'")
    await send(desk.world.resources, desk.world.company_id)
    first, second = desk.sink.deliveries
    assert first.content == second.content
    assert (await desk.mails())[0].state == "sent"


@pytest.mark.parametrize(
    ("tls", "security", "sent"),
    [
        ("none", "starttls", False),  # it offers no STARTTLS: not in the clear then
        ("starttls", "starttls", False),  # nobody signed its certificate
        ("tls", "tls", False),
        ("none", "none", True),
    ],
)
async def test_mail_is_handed_over_safely_or_not_at_all(
    desk: Desk, tls: str, security: str, sent: bool
) -> None:
    await queue(desk)
    async with open_sink(tls=tls) as sink:
        given = sending_to(desk.world.resources, sink, security=security)
        await send(given, desk.world.company_id)
        assert bool(sink.deliveries) == sent
    (mail,) = await desk.mails()
    assert mail.state == ("sent" if sent else "waiting")


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_certificate_that_is_known_is_believed(
    desk: Desk, tls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queue(desk)
    async with open_sink(tls=tls) as sink:
        monkeypatch.setenv("SSL_CERT_FILE", str(sink.certificate))
        given = sending_to(desk.world.resources, sink, security=tls)
        await send(given, desk.world.company_id)
        assert len(sink.deliveries) == 1
    assert (await desk.mails())[0].state == "sent"


@pytest.mark.parametrize(("password", "state"), [(PASSWORD, "sent"), ("wrong", "waiting")])
async def test_a_server_that_wants_a_log_in_gets_it(
    desk: Desk, password: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong password is no reason to give a mail up: it is mended, and the mail leaves."""
    await queue(desk)
    async with open_sink(tls="starttls", needs_login=True) as sink:
        monkeypatch.setenv("SSL_CERT_FILE", str(sink.certificate))
        given = sending_to(
            desk.world.resources, sink, security="starttls", username=USER, password=password
        )
        await send(given, desk.world.company_id)
        assert sink.logins == (state == "sent")
    (mail,) = await desk.mails()
    assert mail.state == state
    assert password not in (mail.reason or "")
    if state == "waiting":
        assert "535" in mail.reason


async def test_an_address_no_server_can_take_fails_at_once(desk: Desk) -> None:
    ticket = await desk.open(requester_email="rita @ example . com")
    await desk.answer(ticket)
    await desk.run()
    (mail,) = await desk.mails()
    assert (mail.state, mail.reason) == ("failed", "No mail can be sent to this address.")


async def test_letters_beyond_ascii_reach_a_server_that_takes_them(desk: Desk) -> None:
    ticket = await desk.open(requester_email="jörg@exämple.com")
    await desk.answer(ticket)
    await desk.run()
    assert desk.sink.deliveries[0].recipients == ["jörg@xn--exmple-cua.com"]


async def told(desk: Desk) -> set[tuple[str, str | None]]:
    """What became of the acknowledgement and the answer."""
    return {(mail.state, mail.reason) for mail in await desk.mails()}


async def test_a_mailbox_with_a_token_sends_with_it(desk: Desk, issuer: Issuer) -> None:
    resources = desk.world.resources
    async with open_sink() as own:
        own.token = "a2"
        box = await desk.add_mailbox("support@desk.example", smtp=own.port)
        await desk.rows(
            "update mailbox set auth = 'xoauth2', username = :user, secret = :secret",
            user=USER, secret=seal_secret(resources.part(Sealer), issuer.secret),
        )  # fmt: skip
        ticket = await desk.mail_in("Printer", mailbox_id=box)
        await desk.answer(ticket)
        await desk.run()
        assert await told(desk) == {("waiting", "535 5.7.8 token refused")}

        # It was withdrawn before its time: the next try asks for another.
        issuer.answer = {"access_token": "a2", "expires_in": "soon", "refresh_token": "r2"}
        await desk.make_due()
        await send(resources, desk.world.company_id)
        assert await told(desk) == {("sent", None)}
        assert (len(own.deliveries), own.logins, len(desk.sink.deliveries)) == (2, 1, 0)


async def test_a_dead_token_is_told_and_the_mail_waits(desk: Desk, issuer: Issuer) -> None:
    resources = desk.world.resources
    issuer.status, issuer.answer = 400, {"error": "invalid_grant"}
    box = await desk.add_mailbox("support@desk.example", smtp=desk.sink.port)
    await desk.rows(
        "update mailbox set auth = 'xoauth2', username = :user, secret = :secret",
        user=USER, secret=seal_secret(resources.part(Sealer), issuer.secret),
    )  # fmt: skip
    await desk.answer(await desk.mail_in("Printer", mailbox_id=box))
    await desk.run()

    assert {state for state, _ in await told(desk)} == {"waiting"}
    assert "says invalid_grant" in str(await told(desk))
