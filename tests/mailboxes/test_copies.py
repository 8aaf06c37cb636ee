"""Copies of a mail: filed once, and never in the place of the mail itself."""

from tests.mailboxes.post import AUTHSERV, add_mailbox, deliver, mail, sent
from tests.world import World

ID = "<answer@example.com>"


def checked(word: str) -> str:
    return f"{AUTHSERV}; dmarc={word} header.from=example.com"


async def test_a_forged_copy_that_comes_first_keeps_no_answer_from_its_ticket(world: World) -> None:
    box = await add_mailbox(world)
    first = await deliver(world, mail(authentication_results=checked("pass")), box)
    ours = await sent(world, first.ticket_id or 0, first.number or "")

    def answer(word: str) -> bytes:
        return mail(
            "Yes, still.",
            message_id=ID,
            in_reply_to=f"<{ours}>",
            authentication_results=checked(word),
        )

    forged = await deliver(world, answer("fail"), box)
    genuine = await deliver(world, answer("pass"), box)
    forged_again = await deliver(world, answer("fail"), box)
    genuine_again = await deliver(world, answer("pass"), box)

    assert forged.created
    assert (genuine.ticket_id, genuine.landing.kind) == (first.ticket_id, "join")
    assert forged_again.landing.kind == genuine_again.landing.kind == "duplicate"
    assert genuine_again.ticket_id == first.ticket_id


async def test_a_mail_whose_doubted_copy_opened_a_ticket_opens_no_second_one(world: World) -> None:
    box = await add_mailbox(world)
    copy = await deliver(world, mail(message_id=ID, authentication_results=checked("fail")), box)

    genuine = await deliver(world, mail(message_id=ID, authentication_results=checked("pass")), box)

    assert (genuine.ticket_id, genuine.landing.kind) == (copy.ticket_id, "join")


async def test_two_scans_of_one_name_and_id_are_two_mails(world: World) -> None:
    first = await deliver(world, mail("Scan", message_id=ID, files={"scan.pdf": b"page one"}))
    same = await deliver(world, mail("Scan", message_id=ID, files={"scan.pdf": b"page one"}))
    other = await deliver(world, mail("Scan", message_id=ID, files={"scan.pdf": b"page two"}))

    assert same.landing.kind == "duplicate"
    assert other.landing.kind == "join"
    assert other.ticket_id == first.ticket_id


async def test_our_answer_that_comes_back_from_no_mailbox_of_ours_is_refused(world: World) -> None:
    """FROM_EMAIL need not be a mailbox; and who is asked may be in our own domain."""
    box = await add_mailbox(world)
    first = await deliver(world, mail(sender="rita@desk.example"), box)
    ours = await sent(world, first.ticket_id or 0, first.number or "")

    back = await deliver(world, mail(sender="noreply@desk.example", message_id=f"<{ours}>"), box)

    assert back.landing.kind == "refuse"
