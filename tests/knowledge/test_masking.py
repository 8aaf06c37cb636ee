"""What is about people is struck out, and what is about the matter stays."""

import pytest

from ticketyard.knowledge.masking import mask

NAMES = ("Rita O'Neil", "Иван Петров", "Al")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to rita.o+x@mail.example.com, please", "Write to [e-mail], please"),
        ("Call +7 (701) 555-12-34 today", "Call [phone] today"),
        ("Call 8 701 555 1234 today", "Call [phone] today"),
        ("Call 0049 30 123456 today", "Call [phone] today"),
        ("IBAN DE44 5001 0517 5407 3249 31 is mine", "IBAN [account] is mine"),
        ("Card 4111 1111 1111 1111 was charged", "Card [card] was charged"),
        ("My id is 880101300123.", "My id is [personal number]."),
        ("Rita O'Neil's laptop, says rita", "[name] laptop, says [name]"),
        ("Иван Петров пишет, Петров ждёт", "[name] пишет, [name] ждёт"),
        ("Al is too short to be struck out; so is al dente", None),
        (
            "From: Rita <r@x.example>\nReceived: 2026-01-02 10:00 UTC\n\nIt is broken.",
            "It is broken.",
        ),
        ("The password is Qwerty123!, log in", "The password is [secret], log in"),
        ("Use https://ana:pw1@x.example/repo", "Use https://[log-in]@x.example/repo"),
        ("Key: sk-live-abcdefghijklmnop123456", "Key: [token]"),
        ("Account 44 5001 0517 is [E-MAIL 7]'s", "Account [phone] is [E-MAIL 7]'s"),
        ("Open 10.0.0.1 or port 8080, error 0x80070005, version 12.4.1", None),
        ("Ticket TKT-20251215-001, 15.12.2025 at 10:30, 2025-12-15 10:30", None),
        ("Restart it twice, then wait 120 seconds. See https://x.example/kb/12345", None),
    ],
)
def test_a_text(text: str, masked: str | None) -> None:
    assert mask(text, NAMES) == (text if masked is None else masked)


def test_without_names_nothing_is_struck_out_but_numbers_and_addresses() -> None:
    assert mask("Rita has it", ["", "  "]) == "Rita has it"
